"""Workers of a distributed run share the snapshots that the first one reads.

Evidence stays in memory: the worker that read a snapshot answers the others on 127.0.0.1. The folder of the run holds
locks, port numbers and keys only, so that nothing of the account stays on disk, also where the run is killed.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from asbuilt.session.run import Kept
from asbuilt.snapshot import Snapshot, loads

_THIS_MACHINE = "127.0.0.1"
_WAIT = 10.0  # seconds for the answer of a worker that has the snapshot; without one the snapshot is read again


def kept_for(run: str) -> Kept:
    """What keeps the snapshots of a distributed run: the first worker reads, the others get what it read."""
    return lambda system, variant, take, which: _shared(run, f"{system}-{variant}-{which}", take)


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
