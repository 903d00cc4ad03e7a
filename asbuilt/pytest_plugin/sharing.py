"""The deployments of one pytest session. Workers of a distributed run share the snapshots that the first one reads.

Evidence stays in memory: the worker that read a snapshot answers the others on 127.0.0.1. The folder of the run holds
locks, port numbers and keys only, so that nothing of the account stays on disk, also where the run is killed.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from asbuilt import verification
from asbuilt.judging.judge import Verdict
from asbuilt.progress import Progress
from asbuilt.results.deployment import Deployment
from asbuilt.snapshot import Snapshot, loads
from asbuilt.sources.limits import Limits
from asbuilt.spec.model import Fact, Spec
from asbuilt.targets import Target

_THIS_MACHINE = "127.0.0.1"
_WAIT = 10.0  # seconds for the answer of a worker that has the snapshot; without one the snapshot is read again


class Run:
    """Reads each deployment once and keeps it.

    `now` is the time at which facts are judged (aware, UTC). `shared` is the name of the distributed run, under which
    its workers find each other's snapshots, or "" for a run in one process. `limits`, `progress`, `once` and `strict`
    are those of `verification.read`.
    """

    def __init__(
        self,
        target: Target,
        now: datetime.datetime,
        shared: str = "",
        limits: Limits | None = None,
        progress: Progress | None = None,
        *,
        once: bool = False,
        strict: bool = False,
    ) -> None:
        self.target = target
        self.now = now
        self.shared = shared
        self._more: Any = {"limits": limits, "progress": progress, "once": once, "strict": strict}
        self.deployments: dict[tuple[Path, str], Deployment] = {}

    def read(self, spec: Spec, variant: str, facts: Sequence[Fact]) -> None:
        """Read all evidence that the facts need. Raises `TargetError` where the target cannot be used at all."""

        def kept(take: Callable[[], Snapshot], which: str) -> Snapshot:
            return _shared(self.shared, f"{spec.system}-{variant}-{which}", take)

        asked = (spec, variant, self.target, self.now, facts)
        if self.shared:
            self._more["kept"] = kept
        read = verification.read(*asked, **self._more)
        self.deployments[spec.path, variant] = read

    def first(self, fact: Fact, spec: Spec) -> Verdict | None:
        """The verdict before the evidence was read again; None where it was read once."""
        return self.deployments[spec.path, fact.variant].first.get(fact.id)

    def judge(self, fact: Fact, spec: Spec) -> Verdict:
        """The verdict on a fact whose deployment was read. Raises `KeyError` where it was not."""
        return self.deployments[spec.path, fact.variant].judge(fact)


def _shared(run: str, name: str, take: Callable[[], Snapshot]) -> Snapshot:
    """The snapshot of a deployment. The first worker reads the evidence; the others wait, and get it from there.

    A worker that ended no longer answers; the next one then reads the evidence again.
    """
    from filelock import FileLock

    folder = shared_folder(run)
    folder.mkdir(mode=0o700, exist_ok=True)
    port = folder / f"{name}.port"
    with FileLock(folder / f"{name}.lock", mode=0o600):
        text = _asked_for(port)
        if text is None:
            snapshot = take()
            text = snapshot.dumps()
            _answer_others(text.encode(), port)
        return loads(text)


def _answer_others(snapshot: bytes, port: Path) -> None:
    """Answer each worker of the run with the snapshot, until this process ends; write port and key to a file."""
    from multiprocessing.connection import Connection, Listener, answer_challenge, deliver_challenge

    listener, key = Listener((_THIS_MACHINE, 0)), secrets.token_hex(32)

    def answer(connection: Connection) -> None:
        # a process that cannot read the file with the key gets nothing, and a worker that went away asks no more
        with connection, contextlib.suppress(OSError, EOFError, _refused()):
            deliver_challenge(connection, key.encode())
            answer_challenge(connection, key.encode())
            connection.send_bytes(snapshot)

    def listen() -> None:
        while True:
            with contextlib.suppress(OSError):
                threading.Thread(target=answer, args=(listener.accept(),), daemon=True).start()

    threading.Thread(target=listen, name="share", daemon=True).start()
    written = os.open(port, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(written, "w") as file:
        file.write(f"{listener.address[1]} {key}")


def _asked_for(port: Path) -> str | None:
    """The snapshot of the worker that listens at the port in a file; None where none does."""
    from multiprocessing.connection import Client

    try:
        number, key = port.read_text(encoding="ascii").split()
        with Client((_THIS_MACHINE, int(number)), authkey=key.encode()) as connection:
            return connection.recv_bytes().decode() if connection.poll(_WAIT) else None
    except (OSError, EOFError, ValueError, _refused()):
        return None


def _refused() -> type[Exception]:
    from multiprocessing import AuthenticationError

    return AuthenticationError


def shared_folder(run: str) -> Path:
    """The folder with the locks and ports by which the workers of a distributed run find each other's snapshots."""
    return Path(tempfile.gettempdir()) / f"asbuilt-{run}"


def forget(run: str) -> None:
    """Remove the folder of a distributed run."""
    shutil.rmtree(shared_folder(run), ignore_errors=True)
