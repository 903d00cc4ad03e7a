"""A fact is judged on the evidence of its subject's region, and a subject that it names on that of its own."""

from __future__ import annotations

import dataclasses
import datetime

import pytest

from asbuilt.account import Account
from asbuilt.evidence import Record, Trace, Unknown
from asbuilt.snapshot import Answer, Snapshot, loads
from tests.records import entry

NOW = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
DB, PARAMETER = "rds:db", "rds:db.parameter"


def _snapshot():
    """A database with one parameter at home, and one of the same name with another parameter elsewhere."""
    home, there = Snapshot(), Snapshot()
    for snapshot, region, value in ((home, "", "1"), (there, "eu-west-1", "2")):
        one = dataclasses.replace(entry({"DBInstanceIdentifier": "db"}, DB, ["db"]), id=f"{region}|db", region=region)
        detail = dataclasses.replace(
            entry({"ParameterValue": value}, PARAMETER, ["p"]), id=f"{region}|p", parent=one.id, region=region
        )
        snapshot.add(DB, "", Answer((one,)))
        snapshot.add(PARAMETER, one.id, Answer((detail,)))
    home.elsewhere["eu-west-1"] = there
    return home


@pytest.mark.parametrize("copy", [lambda snapshot: snapshot, lambda snapshot: loads(snapshot.dumps())])
def test_each_region_has_its_own_records(copy):
    """Also after the snapshot was written and read; details follow their record, from whatever region is asked."""
    snapshot = copy(_snapshot())
    for here in (snapshot, snapshot.of_region("eu-west-1")):
        for region, value in (("", "1"), ("eu-west-1", "2")):
            [one] = here.of_region(region).entries(DB)
            account = Account(here, Trace(), [PARAMETER], {})
            assert account.detail(PARAMETER, Record(one, Trace()))["ParameterValue"] == value


def test_a_region_that_was_not_read_is_unknown():
    """And never empty."""
    with pytest.raises(Unknown, match="was not read"):
        _snapshot().of_region("ap-east-1").entries(DB)


def test_a_record_elsewhere_can_be_changed():
    """For the proofs that facts can fail; the home region keeps its own."""
    snapshot = _snapshot()
    [there] = snapshot.of_region("eu-west-1").entries(DB)
    changed = snapshot.changed(there, {"DBInstanceIdentifier": "other"})
    assert changed.of_region("eu-west-1").entries(DB)[0].data == {"DBInstanceIdentifier": "other"}
    assert changed.entries(DB) == snapshot.entries(DB)
