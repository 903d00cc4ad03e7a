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
from asbuilt.recording import Recording, read

_ROLE = ValueType(
    "a role's ARN such as arn:aws:iam::123456789012:role/asbuilt",
    lambda value: isinstance(value, str) and re.fullmatch(r"arn:[\w-]+:iam::\d{12}:role/\S+", value) is not None,
)
_ACCOUNT_ID = ValueType(
    'twelve digits in quotes, such as "123456789012"',
    lambda value: isinstance(value, str) and re.fullmatch(r"\d{12}", value) is not None,
)
_CALLED = ValueType(
    "a name, an ARN, a glob, or a table such as { tags = { ... } }",
    lambda value: LINE.fits(value) or (isinstance(value, dict) and bool(value)),
)
_ACCOUNT_ID = ValueType(
    'twelve digits in quotes, such as "123456789012"',
    lambda value: isinstance(value, str) and re.fullmatch(r"\d{12}", value) is not None,
)
_PROXY = ValueType(
    "the URL of a proxy, such as http://proxy.example:3128",
    lambda value: isinstance(value, str) and re.fullmatch(r"https?://[^\s/]+/?", value) is not None,
)
ACCOUNT = {
    "account_id": Rule(_ACCOUNT_ID),
    "profile": Rule(LINE),
    "role_arn": Rule(_ROLE),
    "external_id": Rule(LINE),
    "region": Rule(LINE, choices=regions),
    "variant": Rule(LINE),
    "subjects": Rule(TABLE, each=Rule(_CALLED)),
    "endpoint_url": Rule(LINE),
    "proxy": Rule(_PROXY),
    "ca_bundle": Rule(LINE),
}
_ACCOUNTS = {"accounts": Rule(TABLE, needed=True, each=Rule(TABLE, keys=ACCOUNT))}
_SUBJECT = {
    "name": Rule(LINE),
    "region": Rule(LINE, choices=regions),
    "arn": Rule(LINE),
    "tags": Rule(TABLE, each=Rule(ANY_TEXT)),
}


EVIDENCE_DAYS = 30


@dataclass(frozen=True)
class Target:
    """Where evidence is read.

    - `kind`: mock, endpoint, account, replay or none.
    - `account_id`: the account that must answer, or "" for any.
    - `proxy`: the URL of the proxy to read through, or "" for none.
    - `ca_bundle`: the file of certificate authorities to trust, or "" for those that botocore brings.
    - `subjects`: the names, ARNs or tags that the spec's subjects have here, by subject.
    - `given`: the values of the options of each other source, by the source's name.
    - `recording`: what is judged again in place of an account (the kind is then replay).
    - `evidence_days`: for how many days a file that is given as evidence proves facts.
    """

    kind: str
    name: str
    region: str = ""
    variant: str = ""
    account_id: str = ""
    profile: str = ""
    role_arn: str = ""
    external_id: str = ""
    endpoint_url: str = ""
    proxy: str = ""
    ca_bundle: str = ""
    subjects: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    evidence_days: int = EVIDENCE_DAYS
    recording: Recording | None = None

    @property
    def evidence_kind(self) -> str:
        """What the evidence of the account is of: mock, endpoint, account or none."""
        return str(self.recording.manifest["target"]["kind"]) if self.recording else self.kind


MOCK = Target("mock", "mock account")
NONE = Target("none", "no account")


def choose(account: str, endpoint_url: str, accounts_file: Path, default: Target = MOCK, replay: str = "") -> Target:
    """The target that the options name, or the default.

    Connects to an endpoint once, to see that it listens. Raises `TargetError` with the mistake and its correction.
    """
    if replay:
        if endpoint_url:
            raise TargetError("give one of --replay and --endpoint-url")
        return replayed(Path(replay), _from_accounts(account, accounts_file) if account else None)
    if account:
        target = _from_accounts(account, accounts_file)
        if endpoint_url:
            raise TargetError("give --account or --endpoint-url, not both (an account can set endpoint_url itself)")
        if target.endpoint_url and not target.proxy:  # through a proxy, only the proxy reaches it
            _probe(target.endpoint_url)
        return target
    if endpoint_url:
        _probe(endpoint_url)
        return Target("endpoint", without_password(endpoint_url), endpoint_url=endpoint_url)
    return default


def without_password(url: str) -> str:
    """The URL without the `user:password@` before its host."""
    return re.sub(r"(?<=://)[^/?#]*@", "", url)


def replayed(path: Path, account: Target | None) -> Target:
    """The target of a recording, with the names that `account` gives to subjects, else those of the recording.

    Raises `TargetError` for a file that is no whole recording, and for one of another account than `account`.
    """
    found = read(path)
    about = found.manifest["target"]
    if account is None:
        named = {"subjects": about["subjects"], "variant": "", "region": about["region"]}
    else:
        _same_account(found, account)
        named = {"subjects": account.subjects, "variant": account.variant, "region": account.region}
    return Target("replay", str(path), recording=found, **named)


def _same_account(found: Recording, account: Target) -> None:
    held = sorted({str(one["account"]) for one in found.deployments.values()})
    if not account.account_id:
        raise TargetError(
            f"--account {account.name} has no account_id to compare with that of {found.path} ({', '.join(held)}): "
            f"set account_id under [accounts.{account.name}], or leave out --account"
        )
    if held != [account.account_id]:
        raise TargetError(
            f"{found.path} is a recording of account {', '.join(held)}, and [accounts.{account.name}] is "
            f"{account.account_id}: name the recording of that account"
        )


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
    if "ca_bundle" in plain:
        plain["ca_bundle"] = str(Path(plain["ca_bundle"]).expanduser())
    subjects = {subject: _rebound(called) for subject, called in accounts[name].get("subjects", {}).items()}
    return Target(kind="account", name=name, subjects=subjects, **plain)


def _check_account(file: InputFile, key: Key, about: Mapping[str, Any]) -> None:
    """Note the mistakes in an account other than the type of each key."""
    written = file.data["accounts"][key[1]]
    if not {"profile", "role_arn", "endpoint_url"} & set(written):
        file.wrong(key, f"{file.place(key)}needs a profile or a role_arn")
    if "external_id" in about and "role_arn" not in written:
        file.wrong((*key, "external_id"), f"{file.place(key)}external_id needs a role_arn")
    if "ca_bundle" in about and not Path(about["ca_bundle"]).expanduser().is_file():
        file.wrong((*key, "ca_bundle"), f"{file.place((*key, 'ca_bundle'))}there is no file {about['ca_bundle']!r}")
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
    shown, parts = without_password(url), urlsplit(url)
    wrong = TargetError(f"--endpoint-url {shown!r} is not a URL: write one such as http://127.0.0.1:5000")
    if parts.scheme not in ("http", "https") or not parts.hostname or any(map(str.isspace, url)):
        raise wrong
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise wrong from None
    try:
        socket.create_connection((parts.hostname, port), timeout=5).close()
    except OSError as error:
        raise TargetError(f"nothing listens at {shown} ({error}): start the endpoint, or correct the URL") from None
