"""The settings of a run: decided before it starts, and sent to every process that takes part."""

from __future__ import annotations

import dataclasses
import hashlib
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asbuilt.load.measure.gate import Objective
from asbuilt.load.plan.arrivals import PROFILES, Arrivals, LoadStage, profile
from asbuilt.load.plan.confirmation import RunRefusedError, addresses_of, confirmed, host_of, on_this_machine
from asbuilt.load.plan.scenario import Scenario, ScenarioError, parse, text_of
from asbuilt.problems import nearest

# two runs may differ in these and still be compared: where the target is, how many processes load it, which files
NOT_COMPARED = frozenset(
    (
        *("host", "addresses", "stand_in", "out", "kill_file", "workers", "ca_file", "verify_tls", "abort"),
        *("most_requests", "most_rate"),
    )
)


@dataclass(frozen=True)
class Settings:
    """One run, in requests a second and in seconds. `scenario` is the text of its file, so that every process sends the
    same requests; `stand_in` says that `host` is this suite's own stand-in; `writes` says whether requests that change
    data may be sent. `addresses` are the IP addresses of the host, looked up once, when it was confirmed;
    `most_requests` and `most_rate` are what all processes together may send at most, 0 where that is not limited.
    """

    system: str
    variant: str
    host: str
    addresses: tuple[str, ...]
    profile: str
    stages: tuple[LoadStage, ...]
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
    writes: bool = False
    most_requests: int = 0
    most_rate: float = 0.0
    most_lag_ms: float = 0.0
    out: str = ""
    kill_file: str = ""
    most_bytes: int = 50 * 1024**3
    workers: int = 0
    abort: bool = True

    @property
    def pinned(self) -> tuple[str, ...]:
        """The addresses to connect to. Raises `RunRefusedError` where the host is a name that was not looked up yet."""
        if self.addresses:
            return self.addresses
        host = host_of(self.host)
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise RunRefusedError(
                f"{host} was not looked up when it was confirmed: its addresses are unknown"
            ) from None
        return addresses_of(host)

    @property
    def arrivals(self) -> Arrivals:
        """When arrivals are due."""
        return Arrivals(self.stages)

    @property
    def silence_seconds(self) -> float:
        """How long a process may send nothing before it counts as lost: a run that allows lag allows pauses, too."""
        return 2.5 + self.most_lag_ms / 1000

    @property
    def slots(self) -> int:
        """How many slots of `slot_seconds` the run has."""
        return max(1, round(self.arrivals.seconds / self.slot_seconds + 0.499999))

    def slot(self, seconds: float) -> int:
        """The slot of a moment; a moment after the end belongs to the last."""
        return min(self.slots - 1, max(0, int(seconds / self.slot_seconds)))

    def counts(self, slot: int) -> bool:
        """Whether a slot counts for a verdict: the ramp does not."""
        middle = (slot + 0.5) * self.slot_seconds
        return any(begin <= middle < end for begin, end in self.arrivals.measured())

    def fingerprint(self) -> str:
        """A hash of the settings that two runs must share to be compared."""
        same = {key: value for key, value in dataclasses.asdict(self).items() if key not in NOT_COMPARED}
        return hashlib.sha256(json.dumps(same, sort_keys=True, default=str).encode()).hexdigest()[:16]

    def dumps(self) -> str:
        """The settings as JSON text, for another process."""
        return json.dumps(dataclasses.asdict(self))


def loads(text: str) -> Settings:
    """Read back what `Settings.dumps` gave."""
    raw = json.loads(text)
    return Settings(
        **{
            **raw,
            "addresses": tuple(raw["addresses"]),
            "stages": tuple(LoadStage(**stage) for stage in raw["stages"]),
            "objectives": tuple(Objective(**item) for item in raw["objectives"]),
        }
    )


def slot_seconds(seconds: float) -> float:
    """The length of a slot in a run of so many seconds: 1 s up to 20 minutes, then longer, 10 s at most."""
    return min(10.0, max(1.0, float(round(seconds / 1200))))


def settle(
    scenario: Scenario,
    *,
    text: str,
    host: str,
    addresses: tuple[str, ...] = (),
    variant: str = "",
    profile_name: str = "",
    rate: float = 0.0,
    seconds: float = 0.0,
    ramp: float = -1.0,
    users: int = 0,
    **more: Any,
) -> Settings:
    """The settings of a run: what is not given is taken from the load that the document states.

    Raises `ScenarioError` on a profile or variant that does not exist.
    """
    if scenario.variants and variant not in scenario.variants:
        raise ScenarioError([f"no variant {variant!r}: {nearest(variant, scenario.variants)}"])
    stated = scenario.stated(variant)
    name = profile_name or str(stated.get("profile", "target"))
    if name not in PROFILES:
        raise ScenarioError([f"no profile {name!r}: {nearest(name, PROFILES)}"])
    arrivals = _arrivals(stated, name, rate, seconds, ramp)
    return Settings(
        system=scenario.system,
        variant=variant,
        host=host.rstrip("/"),
        addresses=addresses,
        profile=name,
        stages=arrivals.stages,
        users=users or int(stated["users"]),
        timeout_seconds=float(stated.get("timeout_seconds", 10.0)),
        slot_seconds=slot_seconds(arrivals.seconds),
        scenario=text,
        **more,
    )


def _arrivals(stated: Mapping[str, Any], name: str, rate: float, seconds: float, ramp: float) -> Arrivals:
    stated_rate = stated["trigger_rate" if name == "autoscale" and "trigger_rate" in stated else "rate"]
    return profile(
        name,
        rate or float(stated_rate),
        seconds or float(stated.get("seconds", 0.0)) * (name == "target"),
        float(stated.get("ramp_seconds", 10.0)) if ramp < 0 else ramp,
        str(stated.get("spacing", "constant")),
    )


def standalone(environment: Any) -> Settings:
    """The settings of a test that Locust's own command started, from Locust's options.

    Raises `RunRefusedError` where its host may not be loaded.
    """
    options = environment.parsed_options
    file = Path(options.locustfile.partition(",")[0]).with_name("scenario.toml")
    text = text_of(file)
    scenario = parse(text, file.parent.name, file)
    host = environment.host or options.host or ""
    addresses = confirmed(host, options.confirm, options.production)
    return settle(
        scenario,
        text=text,
        host=host,
        addresses=addresses,
        writes=options.allow_writes or on_this_machine(addresses),
        most_requests=options.most_requests,
        most_rate=options.most_rate,
        variant=options.load_variant or next(iter(scenario.variants), ""),
        profile_name=options.load_profile,
        rate=options.load_rate,
        seconds=options.load_seconds,
        users=environment.runner.target_user_count or 1,
        abort=False,
    )
