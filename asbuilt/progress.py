"""What a long command tells of itself on standard error: how much is done, and what it waits for."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence

SILENT = 2.0  # seconds from the start until the first line
LIVE, PLAIN = 0.2, 10.0  # seconds between two lines, on a terminal and elsewhere
_NAMED = 3
_STANDARD_ERROR = 2


def _to_standard_error(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


class Progress:
    """A line that is kept up to date on a terminal; elsewhere, a plain line from time to time.

    - `write`: writes a text, by default to standard error.
    - `live`: whether the lines go to a terminal.
    - `clock`: seconds; a run that ends before `SILENT` seconds says nothing.
    """

    def __init__(
        self,
        write: Callable[[str], None] = _to_standard_error,
        live: bool | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write, self._clock = write, clock
        self.live = os.isatty(_STANDARD_ERROR) if live is None else live
        self._started = clock()
        self._next = self._started + SILENT
        self._shown = False

    def show(self, done: int, planned: int, waiting_for: Callable[[], Sequence[str]], noun: str = "calls") -> None:
        """Tell, where it is time to, that `done` of `planned` are done, and what is waited for, longest first."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + (LIVE if self.live else PLAIN)
        awaited = list(waiting_for())
        more = f" and {len(awaited) - _NAMED} more" if len(awaited) > _NAMED else ""
        waiting = f"; waiting for {', '.join(awaited[:_NAMED])}{more}" if awaited else ""
        text = f"asbuilt: {done} of {planned} {noun} done after {now - self._started:.0f} s{waiting}"
        if self.live:
            width = shutil.get_terminal_size().columns - 1
            self._write(f"\r\x1b[K{text[:width]}")
            self._shown = True
        else:
            self._write(f"{text}\n")

    def clear(self) -> None:
        """Remove the line from a terminal, before anything else is written there."""
        if self._shown:
            self._write("\r\x1b[K")
            self._shown = False
