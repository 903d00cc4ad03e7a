"""Clients for AWS: sessions, roles, retries, and the hook that refuses every operation outside the table of rows."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from asbuilt.evidence import TargetError
from asbuilt.problems import nearest
from asbuilt.sources.rows import allowed_operations
from asbuilt.targets import Target

if TYPE_CHECKING:
    import boto3


class AwsClients:
    """Clients for one target and region that call only the operations in the table of rows.

    `session` is an open boto3 session to use in place of the target's own. Raises `TargetError` where the target's
    profile, role or credentials cannot be used.
    """

    def __init__(self, target: Target, region: str, session: boto3.Session | None = None) -> None:
        import botocore.config

        self._target = target
        self._region = region
        self._session = session or _session(target, region)
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()
        self._config = botocore.config.Config(
            retries={"mode": "adaptive", "max_attempts": 6},
            max_pool_connections=32,
            connect_timeout=5,
            read_timeout=30,
            user_agent_extra="asbuilt",
        )

    def client(self, service: str, region: str) -> Any:
        """A boto3 client of a service, made once.

        `region` is that of a global service's API, or "" for the target's region. A call of an operation outside the
        table of rows raises `PermissionError`.
        """
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._made(service, region)
            return self._clients[service, region]

    def _made(self, service: str, region: str) -> Any:
        endpoint = {"endpoint_url": self._target.endpoint_url} if self._target.endpoint_url else {}
        client = self._session.client(service, region_name=region or self._region, config=self._config, **endpoint)
        client.meta.events.register_first("before-call", _refuse_unlisted)
        return client


def _refuse_unlisted(model: Any, **_: Any) -> None:
    """Raise `PermissionError` for an operation that is not in the table of rows, so that it is not sent."""
    from botocore import xform_name

    asked = (model.service_model.service_name, xform_name(model.name))
    if asked not in allowed_operations():
        raise PermissionError(f"{asked[0]}:{model.name} is not in the table of rows: asbuilt only reads")


def _new_session(**settings: Any) -> boto3.Session:
    """A session that reads prepared service models."""
    import boto3

    from asbuilt.sources.service_models import core_session

    return boto3.Session(botocore_session=core_session(), **settings)


def _session(target: Target, region: str) -> boto3.Session:
    import boto3
    import botocore.exceptions

    if target.kind == "endpoint" or (target.endpoint_url and not target.profile and not target.role_arn):
        # an endpoint that is not AWS gets made-up keys, never the user's own
        return _new_session(aws_access_key_id="asbuilt", aws_secret_access_key="asbuilt", region_name=region)  # noqa: S106
    try:
        source = _new_session(profile_name=target.profile or None, region_name=region)
        session = _assume(source, target, region) if target.role_arn else source
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
    """A session that assumes the role. botocore's own credential classes renew its credentials as needed."""
    import boto3
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

    from asbuilt.sources.service_models import core_session

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
    inner = core_session()
    inner._credentials = DeferredRefreshableCredentials(refresh_using=fetcher.fetch_credentials, method="assume-role")
    return boto3.Session(botocore_session=inner, region_name=region)
