"""Atlas as an optional source: read over digest authentication where keys are given, untested where they are not."""

from __future__ import annotations

import datetime

import pytest

from asbuilt.evidence import Unknown, Untested
from asbuilt.judging.judge import judge
from asbuilt.judging.mutation import prove
from asbuilt.judging.plan import plan
from asbuilt.results.record import fact_record
from asbuilt.snapshot import loads
from asbuilt.sources import shapes
from asbuilt.sources.atlas import KEYS, PAGE, client_of
from asbuilt.sources.reader import Reader
from asbuilt.sources.table import rows_by_kind, source_of
from asbuilt.spec.loading import load
from tests.accounts import SYSTEMS, spec_of
from tests.atlas_stand_in import BASE, CLUSTER, atlas

NOW = datetime.datetime(2026, 11, 20, 12, tzinfo=datetime.UTC)
SPEC = """
[architecture]
name = "A"
document = "D"
region = "us-east-1"

[subjects]
cluster = { kind = "atlas:cluster", name = "studybunny" }
users = { kind = "atlas:user", name = "*", many = true }
peering = { kind = "atlas:peering", name = "*" }

[[claim]]
section = "Database"
says = "A paid replica set of three in the same region, backed up and reached over TLS."
cluster.clouds = ["AWS"]
cluster.cluster_regions = ["us-east-1"]
cluster.electable_nodes = 3
cluster.cluster_type = "REPLICASET"
cluster.tier = ">= 10"
cluster.cloud_backups = true
cluster.point_in_time_recovery = true
cluster.restore_window_days = ">= 7"
cluster.snapshot_hours = "<= 6"
cluster.snapshot_days = ">= 30"
cluster.connection_scheme = "mongodb+srv"
cluster.oldest_tls = "TLS1_2"
cluster.suggested_indexes = 0
users.count = ">= 1"
peering.peering_status = "AVAILABLE"
"""
# A change of the project → the facts that fail.
CHANGES = {
    "fewer nodes": (lambda it: _spec(it).update(nodeCount=1), {"cluster.electable_nodes"}),
    "the free size": (lambda it: _spec(it).update(instanceSize="M0"), {"cluster.tier"}),
    "a size without a number": (lambda it: _spec(it).update(instanceSize="FLEX"), {"cluster.tier"}),
    "another cloud": (lambda it: _region(it).update(providerName="GCP"), {"cluster.clouds"}),
    "another region": (lambda it: _region(it).update(regionName="EU_WEST_1"), {"cluster.cluster_regions"}),
    "shards": (lambda it: _cluster(it).update(clusterType="SHARDED"), {"cluster.cluster_type"}),
    "no backups": (lambda it: _cluster(it).update(backupEnabled=False), {"cluster.cloud_backups"}),
    "no log": (lambda it: _cluster(it).update(pitEnabled=False), {"cluster.point_in_time_recovery"}),
    "old TLS": (
        lambda it: _cluster(it)["advancedConfiguration"].update(minimumEnabledTlsProtocol="TLS1_0"),
        {"cluster.oldest_tls"},
    ),
    "plain address": (
        lambda it: _cluster(it)["connectionStrings"].update(standardSrv="mongodb://x.invalid"),
        {"cluster.connection_scheme"},
    ),
    "a short window": (lambda it: _schedule(it).update(restoreWindowDays=1), {"cluster.restore_window_days"}),
    "daily snapshots": (lambda it: _items(it).pop(0), {"cluster.snapshot_hours"}),
    "short retention": (lambda it: _items(it)[1].update(retentionValue=29), {"cluster.snapshot_days"}),
    "nothing scheduled": (lambda it: _items(it).clear(), {"cluster.snapshot_hours", "cluster.snapshot_days"}),
    "slow queries": (lambda it: _advice(it).append({"namespace": "studybunny.tasks"}), {"cluster.suggested_indexes"}),
    "nobody": (lambda it: it.answers[f"{BASE}/databaseUsers"].clear(), {"users.count"}),
    "peering gone": (
        lambda it: it.answers[f"{BASE}/peers"][0].update(statusName="TERMINATING"),
        {"peering.peering_status"},
    ),
}


def _cluster(server):
    return server.answers[f"{BASE}/clusters"][0]


def _region(server):
    return _cluster(server)["replicationSpecs"][0]["regionConfigs"][0]


def _spec(server):
    return _region(server)["electableSpecs"]


def _schedule(server):
    return server.answers[f"{BASE}/clusters/studybunny/backup/schedule"]


def _items(server):
    return _schedule(server)["policies"][0]["policyItems"]


def _advice(server):
    path = f"{BASE}/clusters/studybunny/performanceAdvisor/suggestedIndexes"
    return server.answers[path]["suggestedIndexes"]


@pytest.fixture
def stand_in():
    """A stand-in for one test."""
    with atlas() as server:
        yield server


@pytest.fixture
def spec(tmp_path):
    """A spec that uses every check of Atlas."""
    path = tmp_path / "spec.toml"
    path.write_text(SPEC)
    return load(path)


def _client(environment):
    def client(service, region):
        if service == "mongodbatlas":
            return client_of(environment)
        raise Unknown("no AWS here")

    return client


def _judged(spec, environment):
    """Verdicts by fact, with a client for this environment and without AWS."""
    snapshot = Reader(_client(environment), NOW).read(plan(spec.facts, spec.subjects[""], rows_by_kind()))
    return {fact.name: judge(fact, spec.subjects[""], snapshot, NOW) for fact in spec.facts}, snapshot


def test_a_project_as_documented_passes(stand_in, spec):
    """Every fact passes, and each path is read once, after its challenge."""
    verdicts, snapshot = _judged(spec, stand_in.environment)
    assert {name: verdict.status for name, verdict in verdicts.items() if verdict.status != "passed"} == {}
    asked = [call.operation for call in snapshot.calls if call.operation.startswith("mongodbatlas:")]
    assert len(asked) == len(set(asked)) == 5


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_turns_its_facts_and_no_other(stand_in, spec, change):
    """Each change of the project fails the facts about it and no others."""
    make, expected = CHANGES[change]
    make(stand_in)
    verdicts, _ = _judged(spec, stand_in.environment)
    assert {name for name, verdict in verdicts.items() if verdict.status == "failed"} == expected
    assert {verdict.status for verdict in verdicts.values()} <= {"passed", "failed"}


@pytest.mark.parametrize("missing", KEYS)
def test_without_a_key_everything_is_untested(stand_in, spec, missing):
    """The facts are neither passed nor failed nor unknown, and the reason names the key."""
    environment = {name: value for name, value in stand_in.environment.items() if name != missing}
    verdicts, snapshot = _judged(spec, environment)
    assert {verdict.status for verdict in verdicts.values()} == {"untested"}
    assert all(missing in verdict.findings[0].reason for verdict in verdicts.values())
    assert stand_in.asked == []
    again = loads(snapshot.dumps())
    assert judge(spec.facts[0], spec.subjects[""], again, NOW).status == "untested"


def test_a_wrong_key_is_unknown(stand_in, spec):
    """A refused key gives unknown facts, not untested ones."""
    verdicts, _ = _judged(spec, {**stand_in.environment, "ATLAS_PRIVATE_KEY": "another"})
    assert {verdict.status for verdict in verdicts.values()} == {"unknown"}
    assert "the API key is not valid" in verdicts["cluster.tier"].findings[0].reason


def test_a_denied_path_names_the_role(stand_in, spec):
    """Only the facts that need the path are unknown, and the reason names the role to grant."""
    stand_in.refused.add(f"{BASE}/clusters/studybunny/backup/schedule")
    verdicts, _ = _judged(spec, stand_in.environment)
    unknown = {name for name, verdict in verdicts.items() if verdict.status == "unknown"}
    assert unknown == {"cluster.restore_window_days", "cluster.snapshot_hours", "cluster.snapshot_days"}
    assert verdicts["cluster.snapshot_days"].findings[0].permission == "Project Read Only"


def test_an_answer_of_another_shape_is_unknown(stand_in, spec):
    """A list of the wrong shape, or a deleted project, never counts as empty."""
    del stand_in.answers[f"{BASE}/databaseUsers"]
    stand_in.answers[f"{BASE}/peers"] = {"something": "else"}
    verdicts, _ = _judged(spec, stand_in.environment)
    assert verdicts["users.count"].status == "unknown"
    assert verdicts["peering.peering_status"].status == "unknown"


def test_a_dead_address_is_unknown(stand_in, spec):
    """An address that does not answer gives unknown facts, within the time to connect."""
    verdicts, _ = _judged(spec, {**stand_in.environment, "ATLAS_API_URL": "http://127.0.0.1:9"})
    assert {verdict.status for verdict in verdicts.values()} == {"unknown"}


def test_lists_are_read_to_their_last_page(stand_in):
    """All items of several pages are read."""
    stand_in.answers[f"{BASE}/clusters"] = [{**CLUSTER, "name": f"c{number}"} for number in range(2 * PAGE)]
    assert len(client_of(stand_in.environment).list_clusters()["results"]) == 2 * PAGE


def test_results_name_the_source(stand_in, spec):
    """The evidence in the results names Atlas as its source."""
    verdicts, _ = _judged(spec, stand_in.environment)
    record = fact_record(spec, verdicts["cluster.tier"], "", strict=False)
    assert record["source"] == "atlas"
    assert "atlas" in record["marks"]
    assert "account" not in record["marks"]
    assert record["evidence"][-1]["operation"] == "mongodbatlas:ListClusters"


def test_no_environment_is_untested():
    """The client reports which keys are missing."""
    with pytest.raises(Untested, match="set ATLAS_PUBLIC_KEY, ATLAS_PRIVATE_KEY, ATLAS_PROJECT_ID in"):
        client_of({})


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_shipped_facts_hold_there_and_can_fail(stand_in, system):
    """The shipped facts pass on a project as documented, and a change of the evidence fails each."""
    shipped = spec_of(system)
    for variant, subjects in shipped.subjects.items():
        facts = [fact for fact in shipped.facts if fact.variant == variant and source_of(fact.subject.kind) == "atlas"]
        snapshot = Reader(_client(stand_in.environment), NOW).read(plan(facts, subjects, rows_by_kind()))
        for fact in facts:
            assert judge(fact, subjects, snapshot, NOW).status == "passed", fact.id
            assert prove(fact, subjects, snapshot, NOW, shapes).killed_by, fact.id
