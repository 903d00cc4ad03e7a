"""What one run is to do, settled before it starts, and handed to every process that takes part."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass

from asbuilt.load.measure.gate import Objective
from asbuilt.load.plan.arrivals import Arrivals, Stage

# two runs may differ in these and still be compared: where the target is, how many processes load it, which files
NOT_COMPARED = frozenset(
    ("host", "stand_in", "allowed_hosts", "out", "kill_file", "workers", "ca_file", "verify_tls", "abort")
)


@dataclass(frozen=True)
class Settings:
    """A run: rates are requests a second, times seconds. `scenario` is the text of its file, so that every process
    asks the same; `stand_in` says that `host` is this suite's own stand-in; `writes` says whether routes that change
    data may be asked.
    """

    system: str
    variant: str
    host: str
    allowed_hosts: tuple[str, ...]
    profile: str
    stages: tuple[Stage, ...]
    users: int
    stand_in: bool = False
    objectives: tuple[Objective, ...] = ()
    seed: int = 1
    timeout_seconds: float = 10.0
    ready_seconds: float = 60.0
    slot_seconds: float = 1.0
    ca_file: str = ""
    verify_tls: bool = True
    scenario: str = ""
    writes: bool = True
    most_lag_ms: float = 0.0
    out: str = ""
    kill_file: str = ""
    most_bytes: int = 50 * 1024**3
    workers: int = 0
    abort: bool = True

    @property
    def arrivals(self) -> Arrivals:
        """When requests are due."""
        return Arrivals(self.stages)

    @property
    def silence_seconds(self) -> float:
        """How long a process may say nothing before it is given up: who allows more lag allows longer pauses, too."""
        return 2.5 + self.most_lag_ms / 1000

    @property
    def slots(self) -> int:
        """How many slots the run has."""
        return max(1, round(self.arrivals.seconds / self.slot_seconds + 0.499999))

    def slot(self, seconds: float) -> int:
        """In which slot a moment lies; what comes after the end belongs to the last."""
        return min(self.slots - 1, max(0, int(seconds / self.slot_seconds)))

    def counts(self, slot: int) -> bool:
        """Whether a slot counts for a verdict: warming up does not."""
        middle = (slot + 0.5) * self.slot_seconds
        return any(begin <= middle < end for begin, end in self.arrivals.measured())

    def fingerprint(self) -> str:
        """Settings that two runs must share to be compared: all but where, how many processes and which files."""
        same = {key: value for key, value in dataclasses.asdict(self).items() if key not in NOT_COMPARED}
        return hashlib.sha256(json.dumps(same, sort_keys=True, default=str).encode()).hexdigest()[:16]

    def dumps(self) -> str:
        """As JSON text, for another process."""
        return json.dumps(dataclasses.asdict(self))


def loads(text: str) -> Settings:
    """Read back what `Settings.dumps` gave."""
    raw = json.loads(text)
    return Settings(
        **{
            **raw,
            "allowed_hosts": tuple(raw["allowed_hosts"]),
            "stages": tuple(Stage(**stage) for stage in raw["stages"]),
            "objectives": tuple(Objective(**item) for item in raw["objectives"]),
        }
    )


def slot_seconds(seconds: float) -> float:
    """How finely a run of that length is kept: a second up to 20 minutes, then coarser, 10 s at most."""
    return min(10.0, max(1.0, float(round(seconds / 1200))))
