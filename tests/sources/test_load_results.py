"""Load results as a source of evidence: the deployment and the target that they belong to."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from asbuilt.evidence import Entry, Unknown, Untested
from asbuilt.load.verdict import judging
from asbuilt.load.verdict.evidence import records
from asbuilt.load.verdict.result import document, write
from asbuilt.snapshot import Answer, Snapshot
from asbuilt.sources.load import connect
from asbuilt.sources.provenance import OWNERS, withheld
from asbuilt.sources.source import EvidenceRequest
from asbuilt.sources.table import SourceClients, kinds_of
from asbuilt.spec.loading import load
from asbuilt.targets import NONE, Target
from tests.load.measured import SPEC, measured, settings_of
from tests.programs import verify

DATABASE = """
[subjects.database]
kind = "rds:db"
name = "campushub-db"

[[claim]]
section = "Database"
says = "A standby waits in a second zone."
database.multi_az = true
"""


@pytest.fixture
def spec(tmp_path: Path) -> Any:
    """A spec with facts about load and one about the account."""
    path = tmp_path / "campushub360" / "spec.toml"
    path.parent.mkdir()
    path.write_text(SPEC + DATABASE, encoding="utf-8")
    return load(path)


def _left(spec: Any, folder: Path, *, stand_in: bool) -> str:
    """The path of a load result of tier 1 whose p95 is 250 ms."""
    settings = replace(settings_of(), stand_in=stand_in)
    began = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=20)).isoformat(timespec="seconds")
    result = document(
        spec, settings, judging.load_facts(spec, "tier1"), measured(settings, ms=250.0, began=began), False
    )
    write(result, "x", folder)
    return str(folder / "load-result.json")


def test_a_stand_ins_result_is_joined_to_the_mock_account(spec: Any, tmp_path: Path) -> None:
    """Its facts are judged together with the account's; the facts of the other tier are untested."""
    path = _left(spec, tmp_path, stand_in=True)
    joined = verify(tmp_path, str(spec.path), "--mock", "--load-result", path)
    assert joined.code == 1
    assert joined.statuses["load.p95_ms[tier1]"] == "failed"
    assert joined.statuses["load.requests_per_second[tier1]"] == "passed"
    assert joined.statuses["database.multi_az[tier1]"] == "passed"
    facts = {(fact["fact"], fact["variant"]): fact for fact in joined.results["facts"]}
    other = facts["load.p95_ms", "tier2"]
    assert (other["status"], "--load-result" in other["reason"]) == ("untested", True)
    assert facts["load.p95_ms", "tier1"]["source"] == "load"


def test_a_result_without_an_account_reads_no_mock_account(spec: Any, tmp_path: Path) -> None:
    """Only the facts about load are judged, as facts of the host; the reason of the others names the options."""
    alone = verify(
        tmp_path, str(spec.path), "--variant", "tier1", "--load-result", _left(spec, tmp_path, stand_in=False)
    )
    [deployment] = alone.results["deployments"]
    assert (alone.code, deployment["target"]["kind"], deployment["account"]) == (1, "none", "")
    assert {call["operation"].partition(":")[0] for call in deployment["api_calls"]} == {"load"}
    assert alone.statuses["load.p95_ms[tier1]"] == "failed"
    assert "(no account, measured at 127.0.0.1, " in alone.out
    database = next(fact for fact in alone.results["facts"] if fact["fact"] == "database.multi_az")
    assert (database["status"], "--account" in database["reason"]) == ("untested", True)


def test_a_stand_ins_result_alone_proves_nothing(spec: Any, tmp_path: Path) -> None:
    """It belongs to the mock account, which has to be named."""
    path = _left(spec, tmp_path, stand_in=True)
    alone = verify(tmp_path, str(spec.path), "--variant", "tier1", "--load-result", path)
    assert alone.code == 5
    assert set(alone.statuses.values()) == {"untested"}
    assert "which proves facts of a mock account only, not of no account: add --mock" in alone.out


@pytest.mark.parametrize(
    ("kind", "stand_in", "joined"),
    [
        ("mock", True, True),
        ("mock", False, False),
        ("endpoint", True, False),
        ("endpoint", False, True),
        ("account", True, False),
        ("account", False, True),
        ("none", True, False),
        ("none", False, True),
    ],
)
def test_a_result_goes_with_what_it_measured(
    spec: Any, tmp_path: Path, kind: str, stand_in: bool, joined: bool
) -> None:
    """A stand-in's result belongs to the mock account only; a host's belongs to any other account."""
    path, now = _left(spec, tmp_path, stand_in=stand_in), datetime.datetime.now(datetime.UTC)
    target = Target(kind, "it", given={"load": (path,)})
    clients = SourceClients(target, "us-east-1", None, "campushub360", "tier1")
    assert clients.client("load", "").read_runs()["runs"][0]["samples"] == 2000
    snapshot = Snapshot(provenance=clients.provenance)
    snapshot.add("load:run", "", Answer((Entry("load:run|x", "load:run", "load:Run", {}),)))
    balancer = Entry("b", "elbv2:load-balancer", "", {"DNSName": "127.0.0.1"})
    snapshot.add("elbv2:load-balancer", "", Answer((balancer,)))
    for empty in OWNERS | {"route53:zone"}:
        snapshot.answers.setdefault(empty, {})
    fitting = withheld(snapshot, {"load": kinds_of("load")}, target, now)
    if joined:
        assert len(fitting.entries("load:run")) == 1
    else:
        with pytest.raises(Untested, match="measures"):
            fitting.entries("load:run")


def test_a_load_result_that_is_none_is_no_evidence(tmp_path: Path) -> None:
    """A broken file, one without a system, one of another system, and two of the same give no evidence."""
    whole, flows = records(measured(settings_of()))
    good = {"format": 3, "system": "campushub360", "variant": "tier1", "runs": [whole], "flows": flows}
    good |= {"started": "", "finished": "", "version": "0", "inputs": {}}
    good["target"] = {"host": "http://127.0.0.1:1", "stand_in": True}
    broken, fine, nobodys = (tmp_path / f"{name}.json" for name in ("broken", "fine", "nobodys"))
    broken.write_text("{", encoding="utf-8")
    nobodys.write_text(json.dumps({key: good[key] for key in good.keys() - {"target"}}), encoding="utf-8")
    fine.write_text(json.dumps(good), encoding="utf-8")

    def asked(paths: Sequence[Path], system: str) -> Any:
        request = EvidenceRequest(NONE, "us-east-1", system, "tier1", tuple(map(str, paths)))
        return connect(request)("load", "")

    assert asked([fine], "campushub360").read_runs()["runs"][0]["samples"] == 2000
    for paths, system, error in (
        ([broken], "campushub360", Unknown),
        ([nobodys], "campushub360", Unknown),
        ([fine], "apranova", Untested),
        ([], "campushub360", Untested),
        ([fine, fine], "campushub360", Unknown),
    ):
        with pytest.raises(error):
            asked(paths, system)
