"""Judging: subjects, every status, and the text of a failure."""

from __future__ import annotations

import dataclasses
import datetime

import pytest

from asbuilt.judging.judge import judge
from asbuilt.judging.mutation import prove
from asbuilt.judging.plan import plan
from asbuilt.snapshot import Answer, Snapshot, loads
from asbuilt.sources import shapes
from asbuilt.sources.table import rows_by_kind
from asbuilt.spec.loading import load
from tests.records import entry

NOW = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
SPEC = """\
[architecture]
name = "Demo"
document = "The demo's document"
region = "us-east-1"

[subjects]
database = { kind = "rds:db", name = "demo-db" }
databases = { kind = "rds:db", name = "demo-*", many = true }
tagged = { kind = "rds:db", tags = { Tier = "one" } }
zoned = { kind = "rds:db", where = { multi_az = true } }

[[claim]]
section = "Step 1"
says = "Two zones."
database.multi_az = true
databases.multi_az = true
databases.count = 2
tagged.exists = true
zoned.exists = true

[[claim]]
section = "Step 2"
says = "Perhaps a proxy."
optional = true
database.exists = true
"""


@pytest.fixture
def judged(tmp_path):
    """Judge every fact on these databases; a text is the reason why they could not be read."""

    def run(databases):
        path = tmp_path / "demo" / "spec.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(SPEC, encoding="utf-8")
        spec, snapshot = load(path), Snapshot()
        if isinstance(databases, str):
            snapshot.add("rds:db", "", Answer(problem=databases, permission="rds:DescribeDBInstances"))
        else:
            snapshot.add("rds:db", "", Answer(entries=tuple(databases)))
        return {fact.name: judge(fact, spec.subjects[""], snapshot, NOW) for fact in spec.facts}

    return run


def _db(name="demo-db", **fields):
    data = {
        "DBInstanceIdentifier": name,
        "DBInstanceStatus": "available",
        "MultiAZ": True,
        "TagList": [{"Key": "Tier", "Value": "one"}],
        **fields,
    }
    return entry(data, "rds:db", [name], arn=f"arn:aws:rds:us-east-1:123456789012:db:{name}")


def _statuses(verdicts):
    return {name: verdict.status for name, verdict in verdicts.items()}


def test_evidence_that_agrees_passes_and_says_what_it_read(judged):
    """A passed fact carries its evidence."""
    verdict = judged([_db()])["database.multi_az"]
    assert verdict.status == "passed"
    assert [(read.operation, read.path, read.value) for read in verdict.findings[0].reads] == [
        ("rds:db:Read", ("MultiAZ",), True)
    ]


def test_evidence_that_disagrees_fails_with_a_fix(judged):
    """The finding has the answer, the resource, the evidence and a fix."""
    verdict = judged([_db(MultiAZ=False)])["database.multi_az"]
    assert (verdict.status, verdict.findings[0].found) == ("failed", False)
    assert "--db-instance-identifier demo-db --multi-az" in verdict.findings[0].fix


def test_a_fix_quotes_hostile_names():
    """A resource's name cannot run as a command when its fix is pasted."""
    from asbuilt.judging.fix import fix_for

    check = dataclasses.make_dataclass("Check", ["fix"])("aws x --id {name}")
    claim = dataclasses.make_dataclass("Claim", ["fix"])("")
    expected = dataclasses.make_dataclass("Expected", ["raw"])(True)
    fact = dataclasses.make_dataclass("Fact", ["check", "claim", "expected", "parameter"])(check, claim, expected, "")
    assert fix_for(fact, [_db("a; rm -rf ~")]) == "aws x --id 'a; rm -rf ~'"


def test_one_bad_of_many_fails(judged):
    """The fact must hold for every record; the finding names the one that fails."""
    verdict = judged([_db(), _db("demo-two", MultiAZ=False)])["databases.multi_az"]
    assert verdict.status == "failed"
    assert [finding.status for finding in verdict.findings] == ["passed", "failed"]


def test_a_missing_field_is_unknown(judged):
    """The facts that do not read the field are judged all the same."""
    broken = _db()
    del broken.data["MultiAZ"]
    verdicts = judged([broken])
    assert verdicts["database.multi_az"].status == "unknown"
    assert "no field MultiAZ" in verdicts["database.multi_az"].findings[0].reason
    assert verdicts["tagged.exists"].status == "passed"


def test_an_unreadable_list_is_unknown_for_every_fact(judged):
    """Facts that hold for an empty list are unknown as well."""
    verdicts = judged("rds:DescribeDBInstances was denied")
    assert set(_statuses(verdicts).values()) == {"unknown"}
    assert verdicts["databases.count"].findings[0].permission == "rds:DescribeDBInstances"


def test_an_absent_subject_fails_and_says_what_is_there(judged):
    """A fact of an optional claim is not applicable instead."""
    verdicts = judged([_db("other", TagList=[], MultiAZ=False)])
    assert _statuses(verdicts) == {
        "database.multi_az": "failed",
        "databases.multi_az": "failed",
        "databases.count": "failed",
        "tagged.exists": "failed",
        "zoned.exists": "failed",
        "database.exists": "not applicable",
    }
    assert "there is 'other'" in verdicts["database.multi_az"].findings[0].reason


def test_two_matches_where_one_is_meant_are_unknown(judged):
    """Neither of the two records is judged, since it could be the wrong one."""
    verdict = judged([_db(), _db("demo-two")])["tagged.exists"]
    assert verdict.status == "unknown"
    assert "which must match one" in verdict.findings[0].reason


BINDING = """\
[architecture]
name = "Demo"
document = "The demo's document"
region = "us-east-1"

[subjects]
zone = { kind = "route53:zone", name = "demo.example" }
store = { kind = "efs:file-system", name = "fs-0123456789abcdef0" }
stores = { kind = "efs:file-system", name = "files", many = true }
worker = { kind = "ecs:service", name = "worker", cluster = "live" }
series = { kind = "cloudwatch:metric", name = "Time", namespace = "App" }

[[claim]]
section = "Step 1"
says = "It is there."
zone.exists = true
store.exists = true
stores.exists = true
worker.exists = true
series.exists = true
"""


@pytest.fixture
def bound(tmp_path):
    """The finding on the existence of a subject, where its kind has these entries."""

    def run(subject, *entries):
        path = tmp_path / "binding" / "spec.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(BINDING, encoding="utf-8")
        spec, snapshot = load(path), Snapshot()
        snapshot.add(spec.subjects[""][subject].kind, "", Answer(entries=entries))
        [fact] = [fact for fact in spec.facts if fact.subject.name == subject]
        return judge(fact, spec.subjects[""], snapshot, NOW).findings[0]

    return run


def test_several_matches_are_told_apart_by_their_ids(bound):
    """A public and a private zone can have one name: the message prints the id of each, and the name."""
    zones = [entry({"Id": one}, "route53:zone", [one], names=["demo.example"]) for one in ("Z1", "Z2")]
    found = bound("zone", *zones)
    assert found.status == "unknown"
    assert "('Z1' (named 'demo.example'), 'Z2' (named 'demo.example'))" in found.reason


def _files(ident, *names):
    return entry({"FileSystemId": ident, "LifeCycleState": "available"}, "efs:file-system", [ident], names=names)


@pytest.mark.parametrize("turn", [1, -1])
def test_an_id_that_is_also_another_records_name_is_unknown(bound, turn):
    """The document says either, so that neither record is the one; in whatever order AWS lists them."""
    files = [_files("fs-0123456789abcdef0", "files"), _files("fs-0000000000000000f", "fs-0123456789abcdef0")]
    found = bound("store", *files[::turn])
    assert found.status == "unknown"
    for ident in ("'fs-0123456789abcdef0' (named 'files')", "'fs-0000000000000000f' (named 'fs-0123456789abcdef0')"):
        assert ident in found.reason


def test_where_all_matches_count_an_id_and_a_name_are_not_mixed(bound):
    """Also a subject with `many` means one sort of text: the records of a name, or the record of an id."""
    own, other = _files("files"), _files("fs-0000000000000000f", "files")
    assert bound("stores", own).status == bound("stores", other).status == "passed"
    found = bound("stores", own, other)
    assert found.status == "unknown"
    assert "the id of one efs:file-system and the name that somebody gave to another" in found.reason


def test_a_name_does_not_take_the_place_of_an_id_that_is_gone(bound):
    """A document that names a resource by the id that AWS assigned means no other resource."""
    found = bound("store", _files("fs-0000000000000000f", "fs-0123456789abcdef0"))
    assert found.status == "failed"
    assert "there is 'fs-0000000000000000f' (named 'fs-0123456789abcdef0')" in found.reason


@pytest.mark.parametrize(
    ("cluster", "status"),
    [
        ("arn:aws:ecs:us-east-1:1:cluster/live", "passed"),
        ("arn:aws:ecs:us-east-1:1:cluster/old/live", "failed"),
        ("arn:aws:ecs:us-east-1:1:cluster/other", "failed"),
        (None, "failed"),
    ],
)
def test_a_cluster_is_meant_by_its_whole_name(bound, cluster, status):
    """A name that only ends like the documented one is another."""
    data = {"status": "ACTIVE", "clusterArn": cluster}
    assert bound("worker", entry(data, "ecs:service", names=["worker"], arn="arn:w")).status == status


@pytest.mark.parametrize(("namespace", "status"), [("App", "passed"), ("Old/App", "failed"), ("arn:App", "failed")])
def test_a_namespace_is_meant_by_its_whole_name(bound, namespace, status):
    """Namespaces have slashes, so that the part after one is another namespace."""
    assert bound("series", entry({"Namespace": namespace}, "cloudwatch:metric", names=["Time"])).status == status


@pytest.mark.parametrize("value", ["yes", 1, [True]])
def test_a_value_of_another_type_never_passes(judged, value):
    """An answer of an unexpected type fails."""
    assert judged([_db(MultiAZ=value)])["database.multi_az"].status != "passed"


def test_a_snapshot_survives_being_written(judged):
    """A snapshot that was written and read back gives the same verdicts."""
    when = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    snapshot = Snapshot()
    snapshot.add("rds:db", "", Answer(entries=(_db(InstanceCreateTime=when, Blob=b"\x00\xff"),)))
    snapshot.add("s3:bucket", "p", Answer(problem="denied", permission="s3:ListAllMyBuckets"))
    assert loads(snapshot.dumps()) == snapshot


def test_a_fact_that_cannot_fail_is_found_out(tmp_path):
    """No mutant makes a vacuous check fail, and one makes a useful check fail."""
    path = tmp_path / "demo" / "spec.toml"
    path.parent.mkdir()
    path.write_text(SPEC, encoding="utf-8")
    spec, snapshot = load(path), Snapshot()
    snapshot.add("rds:db", "", Answer(entries=(_db(),)))
    fact = next(fact for fact in spec.facts if fact.name == "database.multi_az")
    assert prove(fact, spec.subjects[""], snapshot, NOW, shapes).killed_by

    def always(db):
        return db["MultiAZ"] in (True, False)

    vacuous = dataclasses.replace(fact, check=dataclasses.replace(fact.check, ask=always))
    assert prove(vacuous, spec.subjects[""], snapshot, NOW, shapes).killed_by == ""


def test_only_what_the_facts_need_is_planned(tmp_path):
    """The plan holds the kinds of the selected facts, and the caller's identity."""
    path = tmp_path / "demo" / "spec.toml"
    path.parent.mkdir()
    path.write_text(SPEC, encoding="utf-8")
    spec = load(path)
    assert plan(spec.facts[:1], spec.subjects[""], rows_by_kind()).kinds == {"aws:account", "rds:db"}
