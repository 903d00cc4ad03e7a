"""What is decided before any load is sent: scenario files, and caps."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from asbuilt.load.plan.arrivals import LoadStage
from asbuilt.load.plan.confirmation import RunRefusedError
from asbuilt.load.plan.safety import enough_cores, enough_files, enough_ports, within_caps, writable
from asbuilt.load.plan.scenario import ScenarioError, filled, parse, shipped, systems, text_of
from asbuilt.load.plan.settings import Settings, loads, settle
from asbuilt.load.run import processes

SHIPPED = systems()


@pytest.mark.parametrize("system", SHIPPED)
def test_every_shipped_scenario_is_whole(system: str) -> None:
    """It parses, and makes settings for each of its variants that can be sent to another process."""
    text = text_of(shipped(system))
    scenario = parse(text, system)
    for variant in scenario.variants or ("",):
        settings = settle(scenario, text=text, host="http://127.0.0.1:1", variant=variant)
        assert loads(settings.dumps()) == settings
        assert settings.arrivals.count > 0


@pytest.mark.parametrize(("field", "value"), [("profile_name", "targt"), ("variant", "tier3")])
def test_an_unknown_profile_or_variant_is_refused(field: str, value: str) -> None:
    """With the nearest valid one."""
    text = text_of(shipped("campushub360"))
    given: dict[str, Any] = {"variant": "tier1", field: value}
    with pytest.raises(ScenarioError, match=r"did you mean|valid"):
        settle(parse(text, "campushub360"), text=text, host="http://x", **given)


def test_templates_are_filled_throughout() -> None:
    """Texts anywhere in a structure; unknown names stay."""
    assert filled({"a": ["{n}", {"b": "{m}"}], "c": 3}, {"n": "7"}) == {"a": ["7", {"b": "{m}"}], "c": 3}


def _settings(
    rate: float = 100, seconds: float = 10, users: int = 100, host: str = "http://127.0.0.1:1", most_rate: float = 0
) -> Settings:
    return Settings("x", "", host, (), "target", (LoadStage(rate, rate, seconds),), users, most_rate=most_rate)


@pytest.mark.parametrize(
    ("settings", "option"),
    [
        (_settings(rate=2000, most_rate=1000), "--most-rate"),
        (_settings(users=5000), "--most-users"),
        (_settings(seconds=99_999), "--most-seconds"),
    ],
)
def test_a_run_beyond_its_caps_is_refused(settings: Settings, option: str) -> None:
    """With the option that raises the cap."""
    within_caps(_settings(most_rate=1000), 1000, 1000)
    with pytest.raises(RunRefusedError, match=option):
        within_caps(settings, 1000, 1000)


def test_more_workers_than_cores_are_refused() -> None:
    """They would wait for each other."""
    with pytest.raises(RunRefusedError, match="cores"):
        enough_cores(100_000)


def test_more_users_than_open_files_are_refused() -> None:
    """With the limit that is needed."""
    with pytest.raises(RunRefusedError, match="ulimit -n"):
        enough_files(2_000_000_000, 1)


def test_more_users_than_ports_are_refused() -> None:
    """Each connection to one address takes a port of this machine."""
    enough_ports(100, "127.0.0.1", 1)
    if sys.platform == "linux":
        with pytest.raises(RunRefusedError, match="ip_local_port_range"):
            enough_ports(70_000, "127.0.0.1", 1)


def test_as_many_files_as_allowed_may_be_opened() -> None:
    """The soft limit of most shells is far below what a machine allows; programs that are started inherit it."""
    program = (
        "import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (256, r.getrlimit(r.RLIMIT_NOFILE)[1]));"
        "from asbuilt.load.plan.safety import enough_files; enough_files(1, 1); print(r.getrlimit(r.RLIMIT_NOFILE)[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=processes.environment()
    )
    assert int(done.stdout) > 256


def test_results_that_could_not_be_written_are_refused_first(tmp_path: Path) -> None:
    """Before the ten minutes that they take."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(RunRefusedError, match="cannot be written"):
        writable(tmp_path / "file" / "load")
    writable(tmp_path / "new" / "load")


def test_settings_that_differ_have_different_fingerprints() -> None:
    """The host and the number of processes do not count; the load does."""
    assert _settings().fingerprint() == _settings(host="https://elsewhere.example").fingerprint()
    assert _settings().fingerprint() != _settings(rate=101).fingerprint()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_file_cannot_say_that_a_write_is_none(method: str) -> None:
    """A route writes by its method; the file may say so of a read, and not the contrary."""
    text = f'[load]\nrate = 1\nusers = 1\n[routes.x]\nmethod = "{method}"\npath = "/"\n'
    assert parse(text, "x").routes["x"].writes
    with pytest.raises(ScenarioError, match=f"a {method} is a write by its method"):
        parse(text + "changes = false\n", "x")
    assert parse('[routes.x]\npath = "/"\nchanges = true\n', "x").routes["x"].writes
