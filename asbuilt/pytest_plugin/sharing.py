"""The deployments of one pytest session. Workers of a distributed run share the snapshots that the first one reads.

Evidence stays in memory: the worker that read a snapshot answers the others on 127.0.0.1. The folder of the run holds
locks and port numbers only, so that nothing of the account stays on disk, also where the run is killed.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from asbuilt import verification
from asbuilt.judging.judge import Verdict
from asbuilt.results.deployment import Deployment
from asbuilt.snapshot import Snapshot, loads
from asbuilt.spec.model import Fact, Spec
from asbuilt.targets import Target

_THIS_MACHINE = "127.0.0.1"
_WAIT = 10.0  # seconds for the answer of a worker that has the snapshot; without one the snapshot is read again


class Run:
    """Reads each deployment once and keeps it.

    `now` is the time at which facts are judged (aware, UTC). `shared` is the name of the distributed run, under which
    its workers find each other's snapshots, or "" for a run in one process.
    """

    def __init__(self, target: Target, now: datetime.datetime, shared: str = "") -> None:
        self.target = target
        self.now = now
        self.shared = shared
        self.deployments: dict[tuple[Path, str], Deployment] = {}

    def read(self, spec: Spec, variant: str, facts: Sequence[Fact]) -> None:
        """Read all evidence that the facts need. Raises `TargetError` where the target cannot be used at all."""

        def kept(take: Callable[[], Snapshot]) -> Snapshot:
            return _shared(self.shared, f"{spec.system}-{variant}", take)

        asked = (spec, variant, self.target, self.now, facts)
        read = verification.read(*asked, kept=kept) if self.shared else verification.read(*asked)
        self.deployments[spec.path, variant] = read

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
        text = _asked_for(port, run)
        if text is None:
            snapshot = take()
            text = snapshot.dumps()
            _answer_others(text.encode(), port, run)
        return loads(text)


def _answer_others(snapshot: bytes, port: Path, run: str) -> None:
    """Answer each worker of the run with the snapshot, until this process ends; write the port to its file."""
    from multiprocessing.connection import Connection, Listener, answer_challenge, deliver_challenge

    listener = Listener((_THIS_MACHINE, 0))

    def answer(connection: Connection) -> None:
        # another process that does not know the run's name gets nothing, and a worker that went away asks no more
        with connection, contextlib.suppress(OSError, EOFError, _refused()):
            deliver_challenge(connection, run.encode())
            answer_challenge(connection, run.encode())
            connection.send_bytes(snapshot)

    def listen() -> None:
        while True:
            with contextlib.suppress(OSError):
                threading.Thread(target=answer, args=(listener.accept(),), daemon=True).start()

    threading.Thread(target=listen, name="share", daemon=True).start()
    written = os.open(port, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(written, "w") as file:
        file.write(str(listener.address[1]))


def _asked_for(port: Path, run: str) -> str | None:
    """The snapshot of the worker that listens at the port in a file; None where none does."""
    from multiprocessing.connection import Client

    try:
        with Client((_THIS_MACHINE, int(port.read_text())), authkey=run.encode()) as connection:
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
