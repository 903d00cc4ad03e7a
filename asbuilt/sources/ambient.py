"""Settings of the shell and of AWS's configuration files that could decide what is read, and what is done with them.

None of them decides whose evidence a run reads: endpoint URLs are refused, proxies and other settings are ignored
unless accounts.toml asks for them, and credentials of the environment are taken only where it names no profile.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from fnmatch import fnmatchcase
from typing import Any

from asbuilt.targets import Target

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
_ENDPOINT = "AWS_ENDPOINT_URL"
_FILES = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")  # they hold the profiles that accounts.toml names
_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_*",
    "AWS_EC2_METADATA_*",
    "AWS_CREDENTIAL_FILE",
    "BOTO_CONFIG",
)
_OTHER_SOURCES = ("ATLAS_*",)
_OF_PYTEST = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")
_OF_LOCUST = ("LOCUST_*",)
_SETTINGS = ("AWS_*", "BOTOCORE_*", *PROXIES, "NO_PROXY", "no_proxy")
_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")

_removed: ContextVar[tuple[str, ...]] = ContextVar("removed variables", default=())


def present(patterns: tuple[str, ...], environment: Mapping[str, str]) -> list[str]:
    """The names of the variables that are set and match one of the patterns (`*` stands for any text), sorted."""
    return sorted(
        name for name, value in environment.items() if value and any(fnmatchcase(name, each) for each in patterns)
    )


def record(target: Target, environment: Mapping[str, str]) -> dict[str, list[str]]:
    """The names of the variables that are set and could matter to a run on this target, by what became of them.

    `used`: they name configuration files or credentials that this target takes. `ignored`: they changed nothing. Values
    are never part of it.
    """
    used: tuple[str, ...] = (*_OTHER_SOURCES, *_OF_PYTEST)
    if target.kind == "account" and not _has_made_up_keys(target):
        used += _FILES if target.profile else (*_FILES, *_CREDENTIALS)
    taken = present(used, environment)
    of_sessions = (*_SETTINGS, *_CERTIFICATES, *_CREDENTIALS) if target.kind in ("account", "endpoint") else ()
    ignored = {*present((*of_sessions, *_OF_LOCUST), environment), *_removed.get()} - {*taken}
    return {"used": taken, "ignored": sorted(ignored)}


def _has_made_up_keys(target: Target) -> bool:
    return target.kind == "endpoint" or bool(target.endpoint_url and not target.profile and not target.role_arn)


@contextlib.contextmanager
def without_tool_settings() -> Iterator[None]:
    """Remove the variables with which pytest and Locust are configured while the block runs, and note their names."""
    names = present((*_OF_PYTEST, *_OF_LOCUST), os.environ)
    before = _removed.set(tuple(names))
    values = {name: os.environ.pop(name) for name in names}
    try:
        yield
    finally:
        os.environ.update(values)
        _removed.reset(before)


def without_locust(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without the variables that set options of Locust."""
    left_out = present(_OF_LOCUST, environment)
    return {name: value for name, value in environment.items() if name not in left_out}


def endpoint_variables(endpoint_url: str, environment: Mapping[str, str]) -> list[str]:
    """The variables that name another endpoint of the AWS API than `endpoint_url` ("" for AWS's own)."""
    named = present((_ENDPOINT, f"{_ENDPOINT}_*"), environment)
    return [name for name in named if not same_url(environment[name], endpoint_url)]


def endpoint_settings(config: Mapping[str, Any], profile: str, endpoint_url: str) -> list[tuple[str, str]]:
    """The sections of AWS's configuration files that name another endpoint than `endpoint_url` for a profile.

    `config` is `full_config` of a botocore session. Each is (the section's name without its kind, words for the
    setting); the profile, the profiles that it takes credentials from, and their `services` sections are looked at.
    """
    found = []
    for name, section in profile_chain(config, profile):
        if not same_url(section.get("endpoint_url", endpoint_url), endpoint_url):
            found.append((name, f"endpoint_url of profile {name!r}"))
        services = section.get("services", "")
        for service, settings in config.get("services", {}).get(services, {}).items():
            url = settings.get("endpoint_url", endpoint_url) if isinstance(settings, dict) else endpoint_url
            if not same_url(url, endpoint_url):
                found.append((services, f"endpoint_url of {service} in [services {services}] of profile {name!r}"))
    return found


def profile_chain(config: Mapping[str, Any], profile: str) -> list[tuple[str, Mapping[str, Any]]]:
    """A profile and those that it takes credentials from (`source_profile`), in order, each with its settings."""
    chain: dict[str, Mapping[str, Any]] = {}
    while profile and profile not in chain and profile in config.get("profiles", {}):
        chain[profile] = config["profiles"][profile]
        profile = str(chain[profile].get("source_profile", ""))
    return list(chain.items())


def same_url(one: str, other: str) -> bool:
    """Whether two URLs are the same but for a slash at the end."""
    return one.strip().rstrip("/") == other.strip().rstrip("/")
