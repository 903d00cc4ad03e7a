"""End a command soon after SIGINT or SIGTERM, whatever it waits for."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

from asbuilt.results.exit_codes import ExitCode

GRACE = 1.5  # seconds for an orderly end


@contextlib.contextmanager
def ending_soon() -> Iterator[None]:
    """Raise `KeyboardInterrupt` for SIGINT and SIGTERM within the block, and end the process `GRACE` seconds later.

    Outside the main thread, where no signal arrives, the block runs as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    watches: list[threading.Timer] = []

    def end(*_: Any) -> None:
        if not watches:
            watches.append(threading.Timer(GRACE, os._exit, (int(ExitCode.INTERRUPTED),)))
            watches[0].daemon = True
            watches[0].start()
            raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for watch in watches:
            watch.cancel()
