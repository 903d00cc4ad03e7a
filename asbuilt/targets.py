"""Targets: a mock account (the default), an endpoint of the AWS API, or a live account of accounts.toml."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from asbuilt.evidence import TargetError
from asbuilt.problems import InputError, nearest
from asbuilt.problems.file import InputFile
from asbuilt.problems.lines import Key
from asbuilt.problems.parsing import text_of, toml
from asbuilt.problems.regions import regions
from asbuilt.problems.rules import ANY_TEXT, LINE, TABLE, Rule, ValueType

_ROLE = ValueType(
    "a role's ARN such as arn:aws:iam::123456789012:role/asbuilt",
    lambda value: isinstance(value, str) and re.fullmatch(r"arn:[\w-]+:iam::\d{12}:role/\S+", value) is not None,
)
_CALLED = ValueType(
    "a name, an ARN, a glob, or a table such as { tags = { ... } }",
    lambda value: LINE.fits(value) or (isinstance(value, dict) and bool(value)),
)
ACCOUNT = {
    "profile": Rule(LINE),
    "role_arn": Rule(_ROLE),
    "external_id": Rule(LINE),
    "region": Rule(LINE, choices=regions),
    "variant": Rule(LINE),
    "subjects": Rule(TABLE, each=Rule(_CALLED)),
    "endpoint_url": Rule(LINE),
}
_ACCOUNTS = {"accounts": Rule(TABLE, needed=True, each=Rule(TABLE, keys=ACCOUNT))}
_SUBJECT = {
    "name": Rule(LINE),
    "region": Rule(LINE, choices=regions),
    "arn": Rule(LINE),
    "tags": Rule(TABLE, each=Rule(ANY_TEXT)),
}


@dataclass(frozen=True)
class Target:
    """Where evidence is read.

    - `kind`: mock, endpoint, account or none.
    - `subjects`: the names, ARNs or tags that the spec's subjects have here, by subject.
    - `given`: the values of the options of each other source, by the source's name.
    """

    kind: str
    name: str
    region: str = ""
    variant: str = ""
    profile: str = ""
    role_arn: str = ""
    external_id: str = ""
    endpoint_url: str = ""
    subjects: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


MOCK = Target("mock", "mock account")
NONE = Target("none", "no account")


def choose(account: str, endpoint_url: str, accounts_file: Path, default: Target = MOCK) -> Target:
    """The target that the options name, or the default.

    Connects to an endpoint once, to see that it listens. Raises `TargetError` with the mistake and its correction.
    """
    if account:
        target = _from_accounts(account, accounts_file)
        if endpoint_url:
            raise TargetError("give --account or --endpoint-url, not both (an account can set endpoint_url itself)")
        if target.endpoint_url:
            _probe(target.endpoint_url)
        return target
    if endpoint_url:
        _probe(endpoint_url)
        return Target("endpoint", endpoint_url, endpoint_url=endpoint_url)
    return default


def _from_accounts(name: str, path: Path) -> Target:
    """An account of the file. Raises `TargetError` with all mistakes in the file, also those in other accounts."""
    if not path.exists():
        raise TargetError(f"--account {name}: there is no file {path}: copy accounts.example.toml to it and fill it in")
    try:
        file = toml(text_of(path), path)
        file.no_control_characters()
        accounts = file.table((), _ACCOUNTS, file.data).get("accounts", {})
        for other, about in accounts.items():
            _check_account(file, ("accounts", other), about)
        written = file.data.get("accounts", {})
        if isinstance(written, dict) and name not in written:
            file.wrong(("accounts",), f"no [accounts.{name}]: {nearest(name, written)}")
        file.finish()
    except InputError as error:
        raise TargetError(str(error)) from None
    plain = {key: value for key, value in accounts[name].items() if key != "subjects"}
    subjects = {subject: _rebound(called) for subject, called in accounts[name].get("subjects", {}).items()}
    return Target(kind="account", name=name, subjects=subjects, **plain)


def _check_account(file: InputFile, key: Key, about: Mapping[str, Any]) -> None:
    """Note the mistakes in an account other than the type of each key."""
    written = file.data["accounts"][key[1]]
    if not {"profile", "role_arn", "endpoint_url"} & set(written):
        file.wrong(key, f"{file.place(key)}needs a profile or a role_arn")
    if "external_id" in about and "role_arn" not in written:
        file.wrong((*key, "external_id"), f"{file.place(key)}external_id needs a role_arn")
    for subject, called in about.get("subjects", {}).items():
        if isinstance(called, dict):
            # the spec knows the subject's kind, and with it the further keys that are valid
            rules = {**dict.fromkeys(called, Rule(LINE)), **_SUBJECT}
            file.table((*key, "subjects", subject), rules, called)


def _rebound(called: str | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(called, str):
        return {"arn": called} if called.startswith("arn:") else {"name": called}
    return called


def _probe(url: str) -> None:
    """Connect once, so that an endpoint that is down gives one message and not one for each API call."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise TargetError(f"--endpoint-url {url!r} is not a URL: write one such as http://127.0.0.1:5000")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname, port), timeout=5).close()
    except OSError as error:
        raise TargetError(f"nothing listens at {url} ({error}): start the endpoint, or correct the URL") from None
