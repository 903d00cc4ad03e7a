"""End a command soon after SIGINT or SIGTERM, whatever it waits for."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

from asbuilt.results.exit_codes import ExitCode

GRACE = 1.2  # seconds for an orderly end
_LAST = 0.5  # seconds for `at_end` after that


@contextlib.contextmanager
def ending_soon(at_end: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Raise `KeyboardInterrupt` for SIGINT and SIGTERM within the block, and end the process `GRACE` seconds later.

    Where the block did not end by then, `at_end` is called in another thread before the process ends.

    Outside the main thread, where no signal arrives, the block runs as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    watches: list[threading.Timer] = []

    def end(*_: Any) -> None:
        if not watches:
            watches.append(threading.Timer(GRACE, _end, (at_end,)))
            watches.append(threading.Timer(GRACE + _LAST, os._exit, (int(ExitCode.INTERRUPTED),)))
            for watch in watches:
                watch.daemon = True
                watch.start()
            raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for watch in watches:
            watch.cancel()


def _end(at_end: Callable[[], object]) -> None:
    try:
        at_end()
    finally:
        os._exit(int(ExitCode.INTERRUPTED))
