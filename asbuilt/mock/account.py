"""The mock account of a documented system, in process. `asbuilt.mock.account.server` offers the same one over HTTP."""

from __future__ import annotations

import functools
import gc
import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from asbuilt import content
from asbuilt.mock.models import import_ec2, loader, shared

DEFAULT_ACCOUNT = "123456789012"
DEFAULT_REGION = "us-east-1"
# Nothing of the machine's own AWS set-up may reach a mock, or a mock's calls the real AWS.
ENVIRONMENT = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
}
LEFT_OUT = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE")
KEYS = {"aws_access_key_id": "AKIAASBUILTMOCK00000", "aws_secret_access_key": "not-a-secret"}


class MockError(Exception):
    """The mock asked for can't be had; the message is one line for the user."""


def builder(system: str, variant: str) -> ModuleType:
    """The module that builds this system's account.

    It has `build(session, variant)` and `VARIANTS`, and may have `ACCOUNT_ID` and `REGION`.
    Raises MockError for a system without a mock account, or a variant its document doesn't have.
    """
    module = _module(system)
    if variant not in module.VARIANTS:
        raise MockError(f"{system} has no variant {variant!r}; it has {', '.join(module.VARIANTS)}")
    return module


def first_variant(system: str) -> str:
    """The variant that a system's document describes first, or "". Raises MockError as `builder` does."""
    return str(_module(system).VARIANTS[0])


def _module(system: str) -> ModuleType:
    names = content.names("fixtures.accounts")
    if system not in names:
        raise MockError(f"no mock account for {system!r}; there is one for {', '.join(names)}")
    return content.module(f"fixtures.accounts.{system}")


@contextmanager
def mock_account(system: str, variant: str) -> Iterator[Any]:
    """A boto3 session on a fresh mock account of `system` as documented; nothing outlives the block.

    moto's state belongs to the process, so there is one mock account at a time: RuntimeError for a second.
    Raises MockError as `builder` does.
    """
    with account_of(builder(system, variant), variant) as session:
        yield session


@contextmanager
def account_of(module: Any, variant: str) -> Iterator[Any]:
    """As `mock_account`, for any module that has what `builder` says of one: a literal account, say."""
    account = getattr(module, "ACCOUNT_ID", DEFAULT_ACCOUNT)
    with mock.patch.dict(os.environ, {**ENVIRONMENT, "MOTO_ACCOUNT_ID": account}):
        for name in LEFT_OUT:
            os.environ.pop(name, None)
        # moto read the variable when it was imported, perhaps for another account before this one
        with shared(), _moto(), _rarely_collected(), mock.patch("moto.iam.models.DEFAULT_ACCOUNT_ID", account):
            session = _session(getattr(module, "REGION", DEFAULT_REGION))
            module.build(session, variant)
            yield session


@contextmanager
def _moto() -> Iterator[None]:
    """moto, taught and set up: certificates issued at once, tasks that stay as they are put."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from moto import mock_aws, settings
    from moto.core.models import MockAWS
    from moto.moto_api import state_manager
    from moto.s3.models import S3Backend

    if MockAWS._nested_count:
        raise RuntimeError("one mock account at a time: moto keeps its state per process")
    import_ec2()
    content.module("fixtures.taught").install()
    waits = mock.patch.object(settings, "ACM_VALIDATION_WAIT", -1)
    # certificates and KMS keys of a mock protect nothing: one key of each size does for all, and each costs 0.1 s
    keys = mock.patch.object(rsa, "generate_private_key", _private_key(rsa.generate_private_key))
    # how moto would answer the library `requests`, which nobody here asks with: 0.1 s an account
    other_clients: Any = mock.patch("moto.core.models.RESPONSES_METHODS", [])
    # moto loads these anew for each request to S3, and for a moment of it other threads find them missing
    addresses = mock.patch.object(S3Backend, "_url_module", importlib.import_module("moto.s3.urls"))
    with waits, keys, other_clients, addresses, mock_aws():
        state_manager.set_transition("ecs::task", {"progression": "manual", "times": 10**9})
        try:
            yield
        finally:
            state_manager.unset_transition("ecs::task")


@contextmanager
def _rarely_collected() -> Iterator[None]:
    """Look for garbage less often: an account is built of objects that stay, and looking took a tenth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@functools.cache
def _private_key(generate: Any) -> Any:
    return functools.cache(generate)


def _session(region: str) -> Any:
    """A session with made-up keys whose calls moto answers or nobody does."""
    import boto3
    import botocore.session

    core = botocore.session.Session()
    core.register_component("data_loader", loader())
    session = boto3.Session(botocore_session=core, region_name=region, **KEYS)
    session.events.register_first("before-send", _refuse)
    return session


def _refuse(request: Any, **_: Any) -> None:
    """Stop a request to a host that moto doesn't answer for, lest it be sent to whoever is there."""
    host = urlsplit(request.url).hostname or ""
    if not host.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        raise MockError(f"the mock account answers nothing at {request.url}")
