"""Recognize secrets, and remove them from evidence as it is read, so that no later step can leak them."""

from __future__ import annotations

import re
from typing import Any

SECRET = "[redacted: a secret]"  # noqa: S105  # the text that replaces a secret
PLACEHOLDER = "[redacted: a placeholder credential]"

ACCESS_KEYS = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"})
_SECRET_NAME = re.compile(r"(?i)passw(or)?d|secret|token|api_?key|access_?key|private_?key|credential")
_SECRET_VALUE = re.compile(
    r"(?:AKIA|ASIA)[A-Z0-9]{16}|-----BEGIN [A-Z ]*PRIVATE KEY-----|://[^/\s:@]*:[^/\s@]+@|\bgh[opsu]_\w{30,}|\beyJ[\w-]{10,}\."
)
_PLACEHOLDER = re.compile(r"(?i)change-?me|^your[-_ ]?|yoursecure|example|placeholder|^xxx+|^<.*>$|^password1?2?3?!?$")
_WHOLLY_SECRET = {"UserData", "userData", "SecretString", "SecretBinary", "MasterUserPassword", "AuthToken"}
_VARIABLE_MAPS = {"Variables", "environmentVariables"}
_VALUE_FIELDS = {
    "name": "value",
    "Name": "Value",
    "OptionName": "Value",
    "Key": "Value",
    "ParameterKey": "ParameterValue",
}


def redact(data: Any, field: str = "", user_named: bool = False) -> Any:
    """A copy of the data with likely secrets replaced by `SECRET` or `PLACEHOLDER`.

    A text is a likely secret where a user chose the name of its field (`user_named`) and the name is that of a secret,
    where AWS always keeps a secret in the field, or where the text itself looks like an access key, a private key, a
    token or a URL with a password. An ARN in a user's variable is a reference and is kept.
    """
    if isinstance(data, dict):
        named = next((data[key] for key in _VALUE_FIELDS if isinstance(data.get(key), str)), "")
        value_field = next((of for key, of in _VALUE_FIELDS.items() if key in data and of in data), None)
        return {
            key: redact(value, named, True) if key == value_field else redact(value, key, field in _VARIABLE_MAPS)
            for key, value in data.items()
        }
    if isinstance(data, list):
        return [redact(item, field, user_named) for item in data]
    return _redacted_text(data, field, user_named) if isinstance(data, str) and data else data


def _redacted_text(text: str, field: str, user_named: bool) -> str:
    if user_named and _has_secret_name(field, text):
        return PLACEHOLDER if _PLACEHOLDER.search(text) else SECRET
    return SECRET if field in _WHOLLY_SECRET or _SECRET_VALUE.search(text) else text


def is_secret(name: str, value: str) -> bool:
    """Whether a variable of redacted evidence holds a secret: it was redacted, or it has a secret's name and a value.

    The ARN of a secret is a reference and not a secret. An empty variable holds no secret.
    """
    return value in (SECRET, PLACEHOLDER) or (bool(value) and _has_secret_name(name, value))


def _has_secret_name(name: str, value: str) -> bool:
    return _SECRET_NAME.search(name) is not None and not value.startswith("arn:")
