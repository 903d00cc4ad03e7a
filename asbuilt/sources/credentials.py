"""A boto3 session for a target: the credentials that accounts.toml names, and no other setting of the machine."""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from asbuilt.evidence import TargetError
from asbuilt.problems import nearest
from asbuilt.problems.regions import api_domains
from asbuilt.sources.ambient import PROXIES, endpoint_settings, endpoint_variables, present, profile_chain
from asbuilt.targets import Target

if TYPE_CHECKING:
    import boto3

SOON = datetime.timedelta(seconds=120)  # a reading may take so long
# the settings of botocore that say where credentials are; all others keep botocore's defaults
_KEPT = ("profile", "config_file", "credentials_file", "metadata_service_", "ec2_metadata_", "imds_")
# where botocore renews the credentials of `aws login`, which has domains of its own
_SIGN_IN = (
    ".signin.aws.amazon.com",
    ".signin.amazonaws.cn",
    ".signin.amazonaws-us-gov.com",
    ".signin.amazonaws-eusc.eu",
    ".oauth.signin.aws",
)
# how botocore finds credentials that no profile holds
_AMBIENT = ("env", "container-role", "iam-role", "ec2-credentials-file", "boto-config")
# the fields of a profile in which tools note when its session token ends
_EXPIRES = ("aws_expiration", "aws_session_expiration", "x_security_token_expires", "expiration")


def open_session(target: Target, region: str) -> tuple[boto3.Session, dict[str, Any]]:
    """A session for the target, and how its credentials were found: profile, method, role and expiry.

    Credentials are obtained before this returns. Raises `TargetError` where an ambient setting would decide which
    endpoint is read, where a profile asks for a second factor, and where credentials cannot be had or have ended.
    """
    import botocore.exceptions as errors

    if target.kind == "endpoint" or (target.endpoint_url and not target.profile and not target.role_arn):
        return _with_made_up_keys(target, region), {"profile": "", "method": "made up", "role": "", "expires": ""}
    where = f"[accounts.{target.name}]"
    core = _core(target, region)
    profile = str(target.profile or core.get_config_variable("profile") or "default")
    try:
        _refuse_endpoints(target, core, profile)
        _refuse_second_factor(where, core, profile)
        return _with_credentials(target, region, core, profile)
    except errors.ProfileNotFound:
        known = nearest(profile, core.available_profiles)
        raise TargetError(f"{where} there is no profile {profile!r}: {known}") from None
    except (errors.ConnectionError, errors.HTTPClientError) as error:
        ignored = ", ".join(present(PROXIES, os.environ))
        hint = f' ({ignored} was ignored: write proxy = "http://..." there to read through it)' if ignored else ""
        raise TargetError(f"{where} the credentials could not be obtained: {error}{hint}") from None
    except (errors.BotoCoreError, errors.ClientError, RuntimeError) as error:
        raise TargetError(f"{where} the credentials could not be obtained: {error}") from None


def _core(target: Target, region: str) -> Any:
    """A botocore session that takes nothing but profiles and credentials from the machine's settings."""
    import botocore.config
    from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES as VARIABLES

    from asbuilt.sources.service_models import core_session

    core = core_session()
    if target.kind == "account" and not target.endpoint_url:
        core.get_component("event_emitter").register_first("before-send", _refuse_other_hosts)
    store = core.get_component("config_store")
    for name, (_, _, default, _) in VARIABLES.items():
        if not name.startswith(_KEPT):
            store.set_config_variable(name, default)
    for section in ("s3", "proxies_config"):
        store.set_config_variable(section, None)
    store.set_config_variable("region", region)
    store.set_config_variable("ca_bundle", target.ca_bundle or True)
    store.set_config_variable("ignore_configured_endpoint_urls", True)
    proxies = {scheme: target.proxy for scheme in ("http", "https") if target.proxy}
    # for every client of the session, also those with which botocore obtains credentials
    core.set_default_client_config(
        botocore.config.Config(
            proxies=proxies,
            ignore_configured_endpoint_urls=True,
            use_fips_endpoint=False,
            use_dualstack_endpoint=False,
            connect_timeout=5,
            read_timeout=30,
        )
    )
    return core


def _refuse_other_hosts(request: Any, **_: Any) -> None:
    """Raise `TargetError` for a request to a host that is not AWS's, so that it is not sent.

    Nothing is known that leads there; this is the last place at which a setting that nobody thought of is seen.
    """
    host = urlsplit(request.url).hostname or ""
    if not host.endswith((*api_domains(), *_SIGN_IN)):
        raise TargetError(f"a request to {host!r} was not sent: it is no host of AWS, and accounts.toml names no other")


def _with_made_up_keys(target: Target, region: str) -> boto3.Session:
    """A session for an endpoint that is not AWS: it never gets the user's own keys."""
    import boto3

    core = _core(target, region)
    store = core.get_component("config_store")
    for name, value in (("profile", None), ("config_file", os.devnull), ("credentials_file", os.devnull)):
        store.set_config_variable(name, value)
    return boto3.Session("asbuilt", "asbuilt", botocore_session=core, region_name=region)


def _refuse_endpoints(target: Target, core: Any, profile: str) -> None:
    """Raise `TargetError` where a variable or the profile names an endpoint that accounts.toml does not name."""
    found = endpoint_variables(target.endpoint_url, os.environ)
    files = _sections(core)
    for section, words in endpoint_settings(core.full_config, profile, target.endpoint_url):
        where = [file for file, names in files.items() if section in names]
        found.append(f"{words} in {' or '.join(where)}")
    if found:
        said = "another" if target.endpoint_url else "no"
        raise TargetError(
            f"[accounts.{target.name}] {'; '.join(found)} names an endpoint of the AWS API, and the account has {said} "
            "endpoint_url: remove that setting, or write the same endpoint_url to accounts.toml"
        )


def _sections(core: Any) -> dict[str, set[str]]:
    """The names of the sections of each of AWS's configuration files that exist, without `profile` or `services`."""
    from botocore.configloader import raw_config_parse
    from botocore.exceptions import ConfigNotFound

    found = {}
    for name in ("config_file", "credentials_file"):
        path = str(Path(core.get_config_variable(name)).expanduser())
        try:
            found[path] = {section.split(maxsplit=1)[-1].strip("\"'") for section in raw_config_parse(path)}
        except ConfigNotFound:
            continue
    return found


def _refuse_second_factor(where: str, core: Any, profile: str) -> None:
    """Raise `TargetError` for a profile whose role asks for a code of an MFA device, which nobody can be asked for."""
    for name, section in profile_chain(core.full_config, profile):
        if "mfa_serial" in section and "role_arn" in section:
            raise TargetError(
                f"{where} profile {name!r} wants a second factor (mfa_serial), which asbuilt cannot ask for: sign in "
                f"with `aws sts get-caller-identity --profile {name}`, and name a profile here that has "
                f"credential_process = aws configure export-credentials --profile {name}"
            )


def _with_credentials(target: Target, region: str, core: Any, profile: str) -> tuple[boto3.Session, dict[str, Any]]:
    import boto3

    where = f"[accounts.{target.name}]"
    session = boto3.Session(botocore_session=core, profile_name=target.profile or None, region_name=region)
    credentials = session.get_credentials()
    if credentials is None:
        role = f" to assume {target.role_arn} with" if target.role_arn else ""
        raise TargetError(f"{where} no credentials{role} were found: name a profile that exists, or sign in first")
    if target.profile and credentials.method in _AMBIENT:
        raise TargetError(
            f"{where} profile {profile!r} holds no credentials (those of {credentials.method} were found instead): "
            "add them to the profile, or leave profile out and name a role_arn"
        )
    credentials.get_frozen_credentials()
    _check_expiry(where, _ends(credentials, core, profile))
    about = {"profile": "" if credentials.method in _AMBIENT else profile, "method": credentials.method}
    if target.role_arn:
        session = _assumed(session, target, region)
        credentials = session.get_credentials()
        credentials.get_frozen_credentials()
    ends = _ends(credentials, core, profile)
    shown = ends.isoformat(timespec="seconds") if ends else ""
    return session, {**about, "role": target.role_arn, "expires": shown}


def _ends(credentials: Any, core: Any, profile: str) -> datetime.datetime | None:
    """When credentials end (aware), or None where that is not known."""
    known = getattr(credentials, "_expiry_time", None)
    if isinstance(known, datetime.datetime):
        return known
    if credentials.method not in ("shared-credentials-file", "config-file"):
        return None
    section: Mapping[str, Any] = core.full_config.get("profiles", {}).get(profile, {})
    for name in _EXPIRES:
        try:
            ends = datetime.datetime.fromisoformat(str(section.get(name, "")).replace(" UTC", "+00:00"))
        except ValueError:
            continue
        return ends if ends.tzinfo else ends.replace(tzinfo=datetime.UTC)
    return None


def _check_expiry(where: str, ends: datetime.datetime | None) -> None:
    """Raise `TargetError` for credentials that have ended; warn on standard error of those that soon will."""
    if ends is None:
        return
    left = ends - datetime.datetime.now(datetime.UTC)
    if left <= datetime.timedelta(0):
        raise TargetError(f"{where} the credentials ended at {ends.isoformat(timespec='seconds')}: sign in again")
    if left < SOON:
        sys.stderr.write(
            f"asbuilt: {where} the credentials end in {left.seconds} s, at {ends.isoformat(timespec='seconds')}: what "
            "is not read by then will be unknown\n"
        )


def _assumed(source: boto3.Session, target: Target, region: str) -> boto3.Session:
    """A session that assumes the role. botocore's own credential classes renew its credentials as needed."""
    import boto3
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

    def client(service: str, **given: Any) -> Any:
        return source.client(service, endpoint_url=target.endpoint_url or None, **given)

    extra = {"RoleSessionName": "asbuilt"} | ({"ExternalId": target.external_id} if target.external_id else {})
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=client, source_credentials=source.get_credentials(), role_arn=target.role_arn, extra_args=extra
    )
    core = _core(target, region)
    core._credentials = DeferredRefreshableCredentials(refresh_using=fetcher.fetch_credentials, method="assume-role")
    return boto3.Session(botocore_session=core, region_name=region)
