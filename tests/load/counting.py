"""A server on loopback that keeps every request, and programs that run with a resolver of their own.

No test contacts another machine: 127.0.0.2 is this machine, and the programs are made to take it for another one.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.load.running import LONG, ROOT, environment

HERE, ELSEWHERE, NAME = "127.0.0.1", "127.0.0.2", "staging.example.invalid"
# looked up once, a name has the first answer, and the later ones after that; the second address is taken for another
# machine's
_SITE = """
import ipaddress, os, _socket
asked, real, loopback = [], _socket.getaddrinfo, ipaddress.IPv4Address.is_loopback.fget
answers = os.environ["ANSWERS"].split()
def getaddrinfo(host, port, *arguments, **options):
    if host in ("staging.example.invalid", b"staging.example.invalid"):
        host = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        return [found for one in host.split(",") for found in real(one, port, *arguments, **options)]
    return real(host, port, *arguments, **options)
_socket.getaddrinfo = getaddrinfo
ipaddress.IPv4Address.is_loopback = property(lambda one: str(one) != os.environ["ELSEWHERE"] and loopback(one))
"""


@dataclass
class Received:
    """The requests that a server received, as "METHOD path", and the values of their Host header."""

    port: int = 0
    requests: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    @property
    def methods(self) -> Counter[str]:
        """Method → how many requests."""
        return Counter(request.partition(" ")[0] for request in self.requests)


@contextlib.contextmanager
def server(address: str = HERE, port: int = 0) -> Iterator[Received]:
    """A server that answers everything with what the request hopes for, while the block lasts."""
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self.rfile.read(length)
            received.requests.append(f"{self.command} {self.path}")
            received.hosts.add(self.headers.get("Host", ""))
            status = 201 if self.command == "POST" and "login" not in self.path else 200
            body = b'{"access": "token", "schedule": 1}'
            if self.path.startswith("/away"):
                self.send_response(302)
                self.send_header("Location", f"http://{HERE}:{self.path.rpartition('/')[2]}/landed")
                body = b""
            else:
                self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = answer  # noqa: N815  # as the class names them

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 500
        daemon_threads = True

    with Server((address, port), Handler) as made:
        received.port = made.server_address[1]
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield received
        finally:
            made.shutdown()
            thread.join()


def resolving(folder: Path, *answers: str) -> dict[str, str]:
    """The environment of a program in which looking NAME up gives these addresses, one answer after the other."""
    site = folder / "site"
    site.mkdir(exist_ok=True)
    (site / "sitecustomize.py").write_text(_SITE, encoding="utf-8")
    path = os.pathsep.join((str(site), str(ROOT)))
    return {**environment(folder), "PYTHONPATH": path, "ANSWERS": " ".join(answers), "ELSEWHERE": ELSEWHERE}


def locust(
    folder: Path, users: str, scenario: str, *arguments: str, env: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a Locust file of these users with Locust's own command."""
    system = folder / "system"
    system.mkdir(exist_ok=True)
    (system / "users.py").write_text(users, encoding="utf-8")
    (system / "scenario.toml").write_text(scenario, encoding="utf-8")
    command = [sys.executable, "-m", "locust", "-f", str(system / "users.py"), "--headless", "--loglevel", "ERROR"]
    return subprocess.run(
        [*command, *arguments], cwd=folder, capture_output=True, text=True, timeout=LONG, check=False, env=env
    )
