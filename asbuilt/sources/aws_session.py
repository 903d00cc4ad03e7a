"""Clients for AWS: retries, notes on how the target is reached, and the hook that refuses unlisted operations."""

from __future__ import annotations

import contextlib
import datetime
import email.utils
import functools
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from asbuilt.sources.bounded_bodies import BoundedBodies
from asbuilt.sources.credentials import open_session
from asbuilt.sources.documents import refuse_other_documents
from asbuilt.sources.rows import allowed_operations
from asbuilt.targets import Target, without_password

if TYPE_CHECKING:
    import boto3


class AwsClients:
    """Clients for one target and region that call only the operations in the table of rows.

    `session` is an open boto3 session to use in place of the target's own. Raises `TargetError` where the target's
    profile, role or credentials cannot be used, or where a setting of the machine would decide what is read.

    `access` says how the target is reached, once it is known:

    - `credentials`: the profile, the method by which botocore found them, the role that is assumed, when they end;
    - `proxy`, `ca_bundle`: as accounts.toml names them; `partition`: that of the region;
    - `endpoint`: where STS answered; `clock_skew_seconds`: how far its clock is ahead of this machine's.
    """

    def __init__(
        self, target: Target, region: str, session: boto3.Session | None = None, access: dict[str, Any] | None = None
    ) -> None:
        import botocore.config

        self._target = target
        self._region = region
        self._opened = session is None
        self.access = {} if access is None else access
        if session is None:
            session, credentials = open_session(target, region)
            self.access["credentials"] = credentials
            self.access["proxy"] = without_password(target.proxy)
            self.access["ca_bundle"] = target.ca_bundle
            self.access["partition"] = session.get_partition_for_region(region)
        self._session = session
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()
        self._config = botocore.config.Config(
            retries={"mode": "adaptive", "max_attempts": 6},
            max_pool_connections=32,
            connect_timeout=5,
            read_timeout=20,
            user_agent_extra="asbuilt",
        )

    def client(self, service: str, region: str) -> Any:
        """A boto3 client of a service, made once.

        `region` is that of a global service's API, or "" for the target's region. A call of an operation outside the
        table of rows raises `PermissionError`.
        """
        region = region or self._region
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._made(service, region)
            return self._clients[service, region]

    def _made(self, service: str, region: str) -> Any:
        endpoint = {"endpoint_url": self._target.endpoint_url} if self._target.endpoint_url else {}
        client = self._session.client(service, region_name=region, config=self._config, **endpoint)
        client.meta.events.register_first("before-call", _refuse_unlisted)
        client.meta.events.register_first("before-sign", functools.partial(_refuse_signature, service))
        client.meta.events.register_first("before-parse", refuse_other_documents)
        client._endpoint.http_session = BoundedBodies(client._endpoint.http_session)
        if service == "sts" and self._opened:
            client.meta.events.register("after-call", self._note_endpoint)
        return client

    def _note_endpoint(self, http_response: Any, **_: Any) -> None:
        """Note who answered, and the difference between its clock and this one."""
        parts = urlsplit(without_password(http_response.url))
        self.access["endpoint"] = f"{parts.scheme}://{parts.netloc}"
        with contextlib.suppress(TypeError, ValueError):  # an answer without a date says nothing about clocks
            date = email.utils.parsedate_to_datetime(http_response.headers.get("date"))
            ahead = (date - datetime.datetime.now(datetime.UTC)).total_seconds() + 0.5  # a date is cut to the second
            self.access["clock_skew_seconds"] = round(ahead)


def _refuse_unlisted(model: Any, **_: Any) -> None:
    """Raise `PermissionError` for an operation that is not in the table of rows, so that it is not sent."""
    from botocore import xform_name

    asked = (model.service_model.service_name, xform_name(model.name))
    if asked not in allowed_operations():
        raise PermissionError(f"{asked[0]}:{model.name} is not in the table of rows: asbuilt only reads")


def _refuse_signature(service: str, operation_name: str, **_: Any) -> None:
    """Raise `PermissionError` for a signature of such an operation, so that no presigned URL or form is made of it."""
    from botocore import xform_name

    if (service, xform_name(operation_name)) not in allowed_operations():
        raise PermissionError(
            f"{service}:{operation_name} is not in the table of rows: asbuilt signs no request for it"
        )
