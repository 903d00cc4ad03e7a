"""Checks of the environment variables that an Elastic Beanstalk environment sets for its application."""

from __future__ import annotations

from collections.abc import Iterator

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record
from asbuilt.sources.redaction import ACCESS_KEYS, is_sample, is_secret

from .settings import SETTINGS, settings_of

_KIND = "elasticbeanstalk:environment"
_PLAIN = "aws:elasticbeanstalk:application:environment"
_REFERENCES = "aws:elasticbeanstalk:application:environmentsecrets"
_ACCESS_KEYS = ACCESS_KEYS | {"AWS_SECRET_KEY"}
_MOVE = (
    "aws elasticbeanstalk update-environment --environment-name {name} "
    f"--option-settings Namespace={_REFERENCES},OptionName=<variable>,Value=<secret> "
    f"--options-to-remove Namespace={_PLAIN},OptionName=<variable>"
)


def _variables(environment: Record, account: Account, *namespaces: str) -> Iterator[Record]:
    """The deployed variables, and those of a draft, which the console shows as well."""
    settings_of(environment, account)  # raises Unknown where no settings are deployed
    for settings in account.details(SETTINGS, environment):
        yield from (item for item in settings["OptionSettings"] if item["Namespace"] in namespaces)


@check(_KIND, severity="high", reads=[SETTINGS], names_subjects=True, fix=_MOVE)
def referenced_secrets(environment: Record, account: Account) -> frozenset[str]:
    """The subjects (else ARNs) that are the secrets and parameters which variables take their values from."""
    options = settings_of(environment, account)["OptionSettings"]
    values = [item.reference("Value") for item in options if item["Namespace"] == _REFERENCES]
    return frozenset(account.named(value) for value in values)


@check(_KIND, severity="critical", reads=[SETTINGS], fix=_MOVE)
def free_of_plain_secrets(environment: Record, account: Account) -> bool:
    """Whether no plain variable, which the console shows, is named like a secret or has a value that looks like one."""
    variables = _variables(environment, account, _PLAIN)
    # all are looked at, so that the evidence names every one; Elastic Beanstalk omits the value of an empty variable
    found = [is_secret(item["OptionName"], item.kept("Value")) for item in variables]
    return not any(found)


@check(_KIND, severity="critical", reads=[SETTINGS], fix=_MOVE)
def free_of_sample_credentials(environment: Record, account: Account) -> bool:
    """Whether no variable holds a sample credential from a guide, such as `your-secret-key`."""
    values = [item.kept("Value") for item in _variables(environment, account, _PLAIN, _REFERENCES)]
    return not any(is_sample(value) for value in values)


@check(_KIND, severity="critical", reads=[SETTINGS], fix="Remove the keys from {name}, and use its instance role.")
def free_of_access_keys(environment: Record, account: Account) -> bool:
    """Whether no variable, plain or from a secret, is an AWS access key."""
    found = _variables(environment, account, _PLAIN, _REFERENCES)
    return not _ACCESS_KEYS & {item["OptionName"] for item in found}
