"""One request ahead of a run, so that a dead host or a wrong password is reported before any load."""

from __future__ import annotations

import http.client
import json
import ssl
from urllib.parse import urlsplit

from asbuilt.load.http.target_host import connected, port_of, tls_context
from asbuilt.load.plan.confirmation import READS, RunRefusedError
from asbuilt.load.plan.scenario import Login, Scenario, filled
from asbuilt.load.plan.settings import Settings

_SECONDS = 10.0


def probe(settings: Settings, scenario: Scenario) -> None:
    """Sign one user in, or request one page. Raises `RunRefusedError` where that fails."""
    parts = urlsplit(settings.host)
    login = scenario.login if scenario.login is not None and may_sign_in(settings, scenario.login) else None
    try:
        connection = _connection(settings)
        connection.connect()
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or error.reason or error
        raise RunRefusedError(
            f"{settings.host}: TLS failed: {reason} (--ca-file FILE names another authority)"
        ) from None
    except OSError as error:
        raise RunRefusedError(f"{settings.host} does not answer: {error}") from None
    try:
        if login is not None:
            _sign_in(connection, login, parts.path.rstrip("/"))
        else:
            connection.request("GET", parts.path or "/")
            connection.getresponse().read()
    except (OSError, http.client.HTTPException) as error:
        raise RunRefusedError(f"{settings.host} does not answer as a web server does: {error!r}") from None
    finally:
        connection.close()


def may_sign_in(settings: Settings, login: Login) -> bool:
    """Whether the sign-in may be sent: a POST always, since no load is possible without it; else as any request."""
    return settings.writes or login.method in (*READS, "POST")


def _connection(settings: Settings) -> http.client.HTTPConnection:
    """A connection to an address that was confirmed, under the name of the host."""
    parts = urlsplit(settings.host)
    name, port = parts.hostname or "", port_of(settings.host)
    connection = (
        http.client.HTTPConnection(name, port, timeout=_SECONDS)
        if parts.scheme == "http"
        else http.client.HTTPSConnection(name, port, timeout=_SECONDS, context=tls_context(settings))
    )
    connection._create_connection = lambda *_: connected(settings.pinned, port, _SECONDS)  # type: ignore[attr-defined]
    return connection


def _sign_in(connection: http.client.HTTPConnection, login: Login, prefix: str) -> None:
    account = login.account(1)
    body = json.dumps(filled(login.body, account))
    connection.request(login.method, prefix + login.path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    if answer.status not in login.expect:
        raise RunRefusedError(
            f"{login.method} {login.path} as {account['user']!r} was answered {answer.status}: "
            "put credentials that work under [login]"
        )
