"""What is decided before any load is sent: scenario files, caps, and the host."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from asbuilt.load.plan.arrivals import LoadStage
from asbuilt.load.plan.safety import (
    RunRefusedError,
    announcement,
    enough_cores,
    enough_files,
    enough_ports,
    host_of,
    is_loopback,
    looks_like_production,
    permitted,
    within_caps,
    writable,
)
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


@pytest.fixture
def _world(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name is resolved: all hosts are other machines."""
    monkeypatch.setattr("asbuilt.load.plan.safety.is_loopback", lambda host: False)


def test_this_machine_needs_no_confirmation() -> None:
    """Loopback is allowed under any of its names."""
    for url in ("http://127.0.0.1:8000", "http://localhost", "http://[::1]:80"):
        permitted(url, "", "")
    assert not is_loopback("203.0.113.7")


@pytest.mark.parametrize(
    ("url", "confirm", "production", "words"),
    [
        ("https://staging.example.edu", "", "", "--confirm staging.example.edu"),
        ("https://staging.example.edu", "other.example.edu", "", "--confirm"),
        ("https://www.example.edu", "www.example.edu", "", "--production www.example.edu"),
        ("https://example.edu", "example.edu", "", "--production"),
        ("ftp://example.edu", "", "", "no URL"),
        ("example.edu", "", "", "no URL"),
        ("http://127.0.0.1:port", "", "", "no URL"),
    ],
)
@pytest.mark.usefixtures("_world")
def test_a_host_elsewhere_is_refused_until_it_was_confirmed(
    url: str, confirm: str, production: str, words: str
) -> None:
    """By its name, and once more where it looks like production."""
    with pytest.raises(RunRefusedError, match=words):
        permitted(url, confirm, production)


@pytest.mark.usefixtures("_world")
def test_confirmed_hosts_are_permitted() -> None:
    """By the options that the messages ask for."""
    permitted("https://staging.example.edu", "staging.example.edu", "")
    permitted("https://www.example.edu", "www.example.edu", "www.example.edu")
    assert looks_like_production("api.prod.example.edu")
    assert host_of("https://a.example.edu:8443/x") == "a.example.edu"


def _settings(rate: float = 100, seconds: float = 10, users: int = 100, host: str = "http://127.0.0.1:1") -> Settings:
    return Settings("x", "", host, (), "target", (LoadStage(rate, rate, seconds),), users)


@pytest.mark.parametrize(
    ("settings", "option"),
    [
        (_settings(rate=2000), "--most-rate"),
        (_settings(users=5000), "--most-users"),
        (_settings(seconds=99_999), "--most-seconds"),
    ],
)
def test_a_run_beyond_its_caps_is_refused(settings: Settings, option: str) -> None:
    """With the option that raises the cap."""
    within_caps(_settings(), 1000, 1000, 1000)
    with pytest.raises(RunRefusedError, match=option):
        within_caps(settings, 1000, 1000, 1000)


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
    enough_ports(100, "127.0.0.1")
    if sys.platform == "linux":
        with pytest.raises(RunRefusedError, match="ip_local_port_range"):
            enough_ports(70_000, "127.0.0.1")


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


def test_what_will_be_sent_and_cost_is_said_first() -> None:
    """The number of requests; and the cost, where the target is not this machine."""
    here = "\n".join(announcement(_settings(), 2))
    assert "1,000 requests in 10 s" in here
    assert "USD" not in here
    assert "USD" in "\n".join(announcement(_settings(host="https://203.0.113.7"), 2))


def test_settings_that_differ_have_different_fingerprints() -> None:
    """The host and the number of processes do not count; the load does."""
    assert _settings().fingerprint() == _settings(host="https://elsewhere.example").fingerprint()
    assert _settings().fingerprint() != _settings(rate=101).fingerprint()
