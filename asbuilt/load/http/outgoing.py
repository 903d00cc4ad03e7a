"""What may leave a process of a run: where to, with which methods, and how many requests."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

from asbuilt.load.plan.confirmation import READS
from asbuilt.load.plan.settings import Settings

_READ_LINES = tuple(f"{method} ".encode() for method in READS)
_NEVER = b"\0"  # no request begins with it
_HTTP2 = b"PRI "


class OutgoingRequests:
    """The limits of one process, and the requests that left it.

    `writes` says whether requests that change data may leave; `sign_in` is the method and path (with the prefix of the
    host) of the one that may without it, "" where there is none. `stopped` says which cap ended the run, "" while none
    did; `refused` counts what else was not sent, by its reason.
    """

    def __init__(self, settings: Settings, sign_in: str = "", ended: Callable[[], None] = lambda: None) -> None:
        processes = max(1, settings.workers)
        self.writes = settings.writes
        self.sent = 0
        self.stopped = ""
        self.refused: Counter[str] = Counter()
        self._sign_in = f"{sign_in} ".encode() if sign_in else _NEVER
        self._ended = ended
        self._most = settings.most_requests // processes if settings.most_requests else math.inf
        self._most_a_second = settings.most_rate / processes if settings.most_rate else math.inf
        self._second_ends = self._in_second = 0.0
        share = f", {self._most:,.0f} of them this process" if processes > 1 else ""
        self._cap = f"the run may send {settings.most_requests:,} requests{share} (--most-requests)"
        self._rate_cap = f"the run may send {settings.most_rate:,g} requests a second (--most-rate)"

    def refusal(self, data: bytes, now: float) -> str:
        """Why a request, given as its bytes or their beginning, may not leave at the moment `now` (monotonic clock).

        "" where it may: then it is counted as sent.
        """
        if not (self.writes or data.startswith(_READ_LINES)):
            refused = self._write(data)
            if refused:
                return refused
        if self.sent >= self._most:
            return self._stop(self._cap)
        if now >= self._second_ends:
            self._second_ends, self._in_second = now + 1, 0
        if self._in_second >= self._most_a_second:
            return self._stop(self._rate_cap)
        self._in_second += 1
        self.sent += 1
        return ""

    def keeps(self, method: str, path: str) -> bool:
        """Whether a request is a write that this run does not send."""
        return not (self.writes or method in READS or f"{method} {path} ".encode().startswith(self._sign_in))

    def refuse(self, reason: str) -> str:
        """Note something that was not sent; returns the reason."""
        self.refused[reason] += 1
        return reason

    def _write(self, data: bytes) -> str:
        if data.startswith(self._sign_in):
            return ""
        method = data.partition(b" ")[0].decode("latin-1")
        return self.refuse(f"{method} requests may change data and are not sent to this host (--allow-writes)")

    def _stop(self, reason: str) -> str:
        if not self.stopped:
            self.stopped = f"a cap was reached: {reason}"
            self._ended()
        return self.stopped


def uncountable(data: bytes) -> bool:
    """Whether the bytes begin HTTP/2, whose requests cannot be told apart."""
    return data.startswith(_HTTP2)
