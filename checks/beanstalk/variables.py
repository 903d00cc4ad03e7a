"""Questions about the variables that an Elastic Beanstalk environment gives its application."""

from __future__ import annotations

import re
from collections.abc import Iterator

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record
from asbuilt.sources.redaction import PLACEHOLDER, SECRET, SECRET_NAME

from .settings import SETTINGS, settings_of

_KIND = "elasticbeanstalk:environment"
_PLAIN = "aws:elasticbeanstalk:application:environment"
_REFERENCES = "aws:elasticbeanstalk:application:environmentsecrets"
_ACCESS_KEYS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECRET_KEY"}
_SAMPLE = re.compile(r"(?i)<?your[-_ ]")  # under a name that says nothing of a secret it is not redacted
_MOVE = (
    "aws elasticbeanstalk update-environment --environment-name {name} "
    f"--option-settings Namespace={_REFERENCES},OptionName=<variable>,Value=<secret> "
    f"--options-to-remove Namespace={_PLAIN},OptionName=<variable>"
)


def _variables(environment: Record, account: Account, *namespaces: str) -> Iterator[Record]:
    """The variables in force, and those of a draft, which the console shows as well."""
    settings_of(environment, account)  # without any in force nothing is known
    for settings in account.details(SETTINGS, environment):
        yield from (item for item in settings["OptionSettings"] if item["Namespace"] in namespaces)


@check(_KIND, severity="high", reads=[SETTINGS], names_subjects=True, fix=_MOVE)
def referenced_secrets(environment: Record, account: Account) -> frozenset[str]:
    """The subjects (else ARNs) that variables are filled from when an instance starts: secrets and parameters."""
    known = {record.entry.arn: name for name, record in account.subjects() if record.entry.arn}
    options = settings_of(environment, account)["OptionSettings"]
    values = [item["Value"] for item in options if item["Namespace"] == _REFERENCES]
    return frozenset(known.get(value, value) for value in values)


@check(_KIND, severity="critical", reads=[SETTINGS], fix=_MOVE)
def free_of_plain_secrets(environment: Record, account: Account) -> bool:
    """Whether no plain variable, which the console shows, is named like a secret or holds what looks like one."""
    return not any(_is_secret(item) for item in _variables(environment, account, _PLAIN))


def _is_secret(variable: Record) -> bool:
    value = variable.get("Value", "")  # Beanstalk leaves the value of an empty variable out
    if value in (SECRET, PLACEHOLDER):
        return True
    # the ARN of a secret is no secret, and an empty variable holds none
    return bool(value) and not value.startswith("arn:") and SECRET_NAME.search(variable["OptionName"]) is not None


@check(_KIND, severity="critical", reads=[SETTINGS], fix=_MOVE)
def free_of_sample_credentials(environment: Record, account: Account) -> bool:
    """Whether no variable holds a credential as guides print them: `your-secret-key` and its like."""
    values = [item.get("Value", "") for item in _variables(environment, account, _PLAIN, _REFERENCES)]
    return not any(value == PLACEHOLDER or _SAMPLE.match(value) for value in values)


@check(_KIND, severity="critical", reads=[SETTINGS], fix="Take the keys out of {name}, and let its instance role act.")
def free_of_access_keys(environment: Record, account: Account) -> bool:
    """Whether no variable, plain or filled from a secret, is one of AWS's access keys."""
    found = _variables(environment, account, _PLAIN, _REFERENCES)
    return not _ACCESS_KEYS & {item["OptionName"] for item in found}
