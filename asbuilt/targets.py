"""Where to look: a mock account (the default), any endpoint that speaks AWS's API, or a live account."""

from __future__ import annotations

import socket
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from asbuilt.evidence import TargetError
from asbuilt.problems import nearest

ACCOUNT_KEYS = ("profile", "role_arn", "external_id", "region", "variant", "subjects", "endpoint_url")
SUBJECT_KEYS = ("name", "arn", "tags")


@dataclass(frozen=True)
class Target:
    """Where evidence is read: `kind` is mock, endpoint, account or none.

    `subjects` rebinds the spec's subjects. `given` holds what the options give for each other source, by its name.
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

    Raises `TargetError` with what is wrong and what would be right.
    """
    if account:
        target = _from_accounts(account, accounts_file)
        if endpoint_url:
            raise TargetError("give --account or --endpoint-url, not both (an account may set endpoint_url itself)")
        if target.endpoint_url:
            _probe(target.endpoint_url)
        return target
    if endpoint_url:
        _probe(endpoint_url)
        return Target("endpoint", endpoint_url, endpoint_url=endpoint_url)
    return default


def _from_accounts(name: str, path: Path) -> Target:
    if not path.exists():
        raise TargetError(f"--account {name}: there is no {path}: copy accounts.example.toml and fill it in")
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TargetError(f"{path}: not valid TOML: {error}") from None
    accounts = raw.get("accounts", {})
    problems = [f"unknown table {key!r}: {nearest(key, ['accounts'])}" for key in raw if key != "accounts"]
    if not isinstance(accounts, dict) or name not in accounts:
        raise TargetError(f"{path}: no [accounts.{name}]: {nearest(name, accounts)}")
    about = accounts[name]
    problems += [
        f"[accounts.{name}] unknown key {key!r}: {nearest(key, ACCOUNT_KEYS)}"
        for key in about
        if key not in ACCOUNT_KEYS
    ]
    problems += [
        f"[accounts.{name}] {key} must be a text"
        for key in ACCOUNT_KEYS
        if key != "subjects" and not isinstance(about.get(key, ""), str)
    ]
    if not (about.get("profile") or about.get("role_arn") or about.get("endpoint_url")):
        problems.append(f"[accounts.{name}] needs a profile or a role_arn: whose eyes is the account read with?")
    if about.get("external_id") and not about.get("role_arn"):
        problems.append(f"[accounts.{name}] external_id goes with a role_arn, and there is none")
    subjects, wrong = _rebound(name, about.get("subjects", {}))
    problems += wrong
    if problems:
        raise TargetError("\n".join(f"{path}: {problem}" for problem in problems))
    plain = {key: value for key, value in about.items() if key != "subjects"}
    return Target(kind="account", name=name, subjects=subjects, **plain)


def _rebound(account: str, raw: Any) -> tuple[dict[str, dict[str, Any]], list[str]]:
    if not isinstance(raw, dict):
        return {}, [f"[accounts.{account}.subjects] must be a table"]
    subjects: dict[str, dict[str, Any]] = {}
    problems = []
    for subject, called in raw.items():
        if isinstance(called, str):
            subjects[subject] = {"arn": called} if called.startswith("arn:") else {"name": called}
        elif isinstance(called, dict) and called:
            subjects[subject] = called
        else:
            problems.append(
                f"[accounts.{account}.subjects] {subject} must be a name, an ARN, a glob or a table with tags"
            )
    return subjects, problems


def _probe(url: str) -> None:
    """Ask whether anybody listens, so that a dead endpoint is one message and not one an API call."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise TargetError(f"--endpoint-url {url!r} is no URL: write http://127.0.0.1:5000")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname, port), timeout=5).close()
    except OSError as error:
        raise TargetError(f"nobody answers at {url} ({error}): is the endpoint started?") from None
