"""Where to look: a mock account (the default), any endpoint that speaks AWS's API, or a live account."""

from __future__ import annotations

import importlib
import os
import socket
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from asbuilt.collector import OTHER_SOURCES
from asbuilt.collectors import allowed_operations
from asbuilt.evidence import Untested
from asbuilt.spec import nearest
from asbuilt.unreadable import TargetError

if TYPE_CHECKING:
    import boto3

ACCOUNT_KEYS = ("profile", "role_arn", "external_id", "region", "variant", "subjects", "endpoint_url")
SUBJECT_KEYS = ("name", "arn", "tags")


@dataclass(frozen=True)
class Target:
    """Where evidence is read: `kind` is mock, endpoint or account; `subjects` rebinds the spec's nouns."""

    kind: str
    name: str
    region: str = ""
    variant: str = ""
    profile: str = ""
    role_arn: str = ""
    external_id: str = ""
    endpoint_url: str = ""
    subjects: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    load_results: tuple[Path, ...] = ()


MOCK = Target("mock", "mock account")


def choose(account: str, endpoint_url: str, accounts_file: Path) -> Target:
    """The target that the options name. Raises `TargetError` with what is wrong and what would be right."""
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
    return MOCK


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


class Connection:
    """Clients for one target and region that can only do what the collector table lists."""

    def __init__(
        self, target: Target, region: str, session: boto3.Session | None = None, system: str = "", variant: str = ""
    ) -> None:
        import botocore.config

        self._deployment = (system, variant)

        self._target = target
        self._region = target.region or region
        self._session = session or _session(target, self._region)
        self._config = botocore.config.Config(
            retries={"mode": "adaptive", "max_attempts": 6},
            max_pool_connections=32,
            connect_timeout=5,
            read_timeout=30,
            user_agent_extra="asbuilt",
        )

    def client(self, service: str, region: str) -> Any:
        """A boto3 client; `region` where a global service wants its own, else the target's.

        Raises `Untested` for a service that is none of AWS's and that this run has no way to ask.
        """
        if service == "load":
            from loadtests.evidence import LoadResults

            return LoadResults(self._target.load_results, *self._deployment)
        if service in OTHER_SOURCES:
            source = OTHER_SOURCES[service]
            if self._target.kind == "mock":
                raise Untested(f"a mock account has no {source} beside it: judge an account or an endpoint")
            return importlib.import_module(f"asbuilt.{source}").connect(os.environ)
        endpoint = {"endpoint_url": self._target.endpoint_url} if self._target.endpoint_url else {}
        client = self._session.client(service, region_name=region or self._region, config=self._config, **endpoint)
        client.meta.events.register_first("before-call", _refuse_unlisted)
        return client


def _refuse_unlisted(model: Any, **_: Any) -> None:
    """Read-only by construction: whatever is not in the collector table is not sent."""
    from botocore import xform_name

    asked = (model.service_model.service_name, xform_name(model.name))
    if asked not in allowed_operations():
        raise PermissionError(f"{asked[0]}:{model.name} is not in the collector table: asbuilt only reads")


def _session(target: Target, region: str) -> boto3.Session:
    import boto3
    import botocore.exceptions

    if target.kind == "endpoint" or (target.endpoint_url and not target.profile and not target.role_arn):
        # what listens there is no AWS: real keys have no business with it
        return boto3.Session(aws_access_key_id="asbuilt", aws_secret_access_key="asbuilt", region_name=region)  # noqa: S106
    try:
        source = boto3.Session(profile_name=target.profile or None, region_name=region)
        session = _assume(source, target, region) if target.role_arn else source
        if region not in session.get_available_regions("ec2"):
            known = nearest(region, session.get_available_regions("ec2"))
            raise TargetError(f"[accounts.{target.name}] there is no region {region!r}: {known}")
        if session.get_credentials() is None:
            raise TargetError(
                f"[accounts.{target.name}] no credentials were found: name a profile that exists, or sign in first"
            )
    except botocore.exceptions.ProfileNotFound:
        known = nearest(target.profile, boto3.Session().available_profiles)
        raise TargetError(f"[accounts.{target.name}] there is no profile {target.profile!r}: {known}") from None
    except botocore.exceptions.BotoCoreError as error:
        raise TargetError(f"[accounts.{target.name}] {error}") from None
    return session


def _assume(source: boto3.Session, target: Target, region: str) -> boto3.Session:
    """A session that assumes the role, renewing as needed, by the SDK's own credential machinery."""
    import boto3
    import botocore.session
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

    credentials = source.get_credentials()
    if credentials is None:
        raise TargetError(f"[accounts.{target.name}] no credentials to assume {target.role_arn} with: sign in first")
    extra = {"RoleSessionName": "asbuilt"} | ({"ExternalId": target.external_id} if target.external_id else {})
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=source._session.create_client,
        source_credentials=credentials,
        role_arn=target.role_arn,
        extra_args=extra,
    )
    inner = botocore.session.get_session()
    inner._credentials = DeferredRefreshableCredentials(refresh_using=fetcher.fetch_credentials, method="assume-role")
    return boto3.Session(botocore_session=inner, region_name=region)
