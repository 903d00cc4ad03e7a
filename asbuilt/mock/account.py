"""The mock account of a documented system, in process. `asbuilt.mock.server` serves the same account over HTTP."""

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
# These settings keep the machine's own AWS configuration away from the mock, and the mock's calls away from AWS.
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
    """There is no such mock account, or it cannot be served. The message is one line for the user."""


def builder(system: str, variant: str) -> ModuleType:
    """The module that builds this system's account.

    It has `build(session, variant)` and `VARIANTS`, and can have `ACCOUNT_ID` and `REGION`. Raises `MockError` for a
    system without a mock account, or a variant that its document does not have.
    """
    module = _module(system)
    if variant not in module.VARIANTS:
        raise MockError(f"{system} has no variant {variant!r}; it has {', '.join(module.VARIANTS)}")
    return module


def first_variant(system: str) -> str:
    """The first variant in a system's document, or "" where it has none.

    Raises `MockError` for a system without a mock account.
    """
    return str(_module(system).VARIANTS[0])


def _module(system: str) -> ModuleType:
    names = content.names("fixtures.accounts")
    if system not in names:
        raise MockError(f"no mock account for {system!r}; there is one for {', '.join(names)}")
    return content.module(f"fixtures.accounts.{system}")


@contextmanager
def mock_account(system: str, variant: str) -> Iterator[Any]:
    """A boto3 session on a new mock account of `system` as documented. The account ends with the block.

    moto keeps its state per process, so that there is one mock account at a time. Raises `RuntimeError` for a second
    one, and `MockError` as `builder` does.
    """
    with account_of(builder(system, variant), variant) as session:
        yield session


@contextmanager
def account_of(module: Any, variant: str) -> Iterator[Any]:
    """As `mock_account`, for a module with the functions and constants that `builder` describes.

    Raises `RuntimeError` where a mock account is open already.
    """
    account = getattr(module, "ACCOUNT_ID", DEFAULT_ACCOUNT)
    with mock.patch.dict(os.environ, {**ENVIRONMENT, "MOTO_ACCOUNT_ID": account}):
        for name in LEFT_OUT:
            os.environ.pop(name, None)
        # moto reads the variable only when it is imported, which may have been for another account
        with shared(), _moto(), _rarely_collected(), mock.patch("moto.iam.models.DEFAULT_ACCOUNT_ID", account):
            session = _session(getattr(module, "REGION", DEFAULT_REGION))
            module.build(session, variant)
            yield session


@contextmanager
def _moto() -> Iterator[None]:
    """moto with extensions and settings: certificates are issued at once, tasks keep the state that they are given."""
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
    # making a key takes 0.1 s; since certificates and KMS keys of a mock protect nothing, all share a key of each size
    keys = mock.patch.object(rsa, "generate_private_key", _private_key(rsa.generate_private_key))
    # setting up moto's answers to the library `requests`, which no code here uses, would take 0.1 s an account
    other_clients: Any = mock.patch("moto.core.models.RESPONSES_METHODS", [])
    # moto reloads this module for each request to S3; meanwhile other threads would find its addresses missing
    addresses = mock.patch.object(S3Backend, "_url_module", importlib.import_module("moto.s3.urls"))
    with waits, keys, other_clients, addresses, mock_aws():
        state_manager.set_transition("ecs::task", {"progression": "manual", "times": 10**9})
        try:
            yield
        finally:
            state_manager.unset_transition("ecs::task")


@contextmanager
def _rarely_collected() -> Iterator[None]:
    """Collect garbage less often: the objects of an account stay, and collecting took a tenth of the time."""
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
    """A session with made-up keys. moto answers its calls; a call to another host raises `MockError`."""
    import boto3
    import botocore.session

    core = botocore.session.Session()
    core.register_component("data_loader", loader())
    session = boto3.Session(botocore_session=core, region_name=region, **KEYS)
    session.events.register_first("before-send", _refuse)
    return session


def _refuse(request: Any, **_: Any) -> None:
    """Raise `MockError` for a request to a host that moto does not answer for, so that it is not sent there."""
    host = urlsplit(request.url).hostname or ""
    if not host.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        raise MockError(f"the mock account does not answer {request.url}: it answers hosts of amazonaws.com only")
