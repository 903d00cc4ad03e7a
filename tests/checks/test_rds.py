"""Checks of RDS instances, subnet groups and proxies."""

from __future__ import annotations

import datetime

import pytest

from asbuilt.evidence import ResourceId, Unknown
from asbuilt_content.checks.data import rds
from tests.records import account, entry, record

YEAR = rds.YEAR


@pytest.mark.parametrize(
    ("question", "data", "answer"),
    [
        (rds.multi_az, {"MultiAZ": False}, False),
        (rds.engine, {"Engine": "postgres"}, "postgres"),
        (rds.instance_class, {"DBInstanceClass": "db.t3.medium"}, "db.t3.medium"),
        (rds.allocated_gib, {"AllocatedStorage": 100}, 100),
        (rds.backup_days, {"BackupRetentionPeriod": 0}, 0),
        (rds.master_user, {"MasterUsername": "postgres"}, "postgres"),
        (rds.port, {"Endpoint": {"Port": 5433}}, 5433),
        (rds.publicly_accessible, {"PubliclyAccessible": True}, True),
        (rds.encrypted_at_rest, {"StorageEncrypted": False}, False),
        (rds.subnet_group, {"DBSubnetGroup": {"DBSubnetGroupName": "g"}}, "g"),
        (rds.upgrades_itself, {"AutoMinorVersionUpgrade": False}, False),
        (rds.maintenance_window, {"PreferredMaintenanceWindow": "sun:05:00-sun:06:00"}, "sun:05:00-sun:06:00"),
        (rds.description, {"DBSubnetGroupDescription": "d"}, "d"),
    ],
)
def test_fields(question, data, answer):
    """The answer is the field; without the field it is unknown."""
    assert question(record(data)) == answer
    with pytest.raises(Unknown):
        question(record({}))


@pytest.mark.parametrize(
    ("question", "data", "answer", "without"),
    [
        (rds.database_name, {"DBName": "app"}, "app", None),
        (rds.replica_of, {"ReadReplicaSourceDBInstanceIdentifier": "db"}, "db", None),
        (rds.log_exports, {"EnabledCloudwatchLogsExports": ["postgresql"]}, {"postgresql"}, frozenset()),
        (rds.master_password_managed, {"MasterUserSecret": {"SecretArn": "x"}}, True, False),
    ],
)
def test_fields_whose_absence_means_something(question, data, answer, without):
    """AWS omits these fields where there is no value."""
    assert question(record(data)) == answer
    assert question(record({})) == without


@pytest.mark.parametrize(("days", "latest", "possible"), [(7, True, True), (0, True, False), (7, False, False)])
def test_point_in_time_recovery(days, latest, possible):
    """Both backups and a latest restorable time are needed."""
    data = {"BackupRetentionPeriod": days}
    data |= {"LatestRestorableTime": datetime.datetime.now(datetime.UTC)} if latest else {}
    assert rds.point_in_time_recovery(record(data)) is possible


@pytest.mark.parametrize(
    ("states", "effective"),
    [(["in-sync"], True), (["pending-reboot"], False), (["in-sync", "applying"], False), ([], False)],
)
def test_parameters_in_effect(states, effective):
    """A parameter that waits for a reboot is not in effect."""
    groups = [{"ParameterApplyStatus": state} for state in states]
    assert rds.parameters_in_effect(record({"DBParameterGroups": groups})) is effective


def _db(data=None, **details):
    db = entry(data or {}, "rds:db", ["db"])
    kinds = {}
    for kind, items in details.items():
        full = {"parameters": "rds:db.parameter", "maintenance": "rds:db.maintenance"}[kind]
        kinds[full] = [entry(item, full, [str(number)], parent=db.id) for number, item in enumerate(items)]
    seen = account({"rds:db": [db], **kinds})
    return seen.find("rds:db", ResourceId("db")), seen


def test_parameter():
    """A parameter that is set, left to the engine, or not in the group."""
    seen = _db(parameters=[{"ParameterName": "a", "ParameterValue": "1"}, {"ParameterName": "b"}])
    assert [rds.parameter(*seen, name) for name in ("a", "b", "c")] == ["1", None, None]


def test_pending_maintenance():
    """Pending actions are counted."""
    assert rds.pending_maintenance(*_db(maintenance=[{"Action": "system-update"}])) == 1
    assert rds.pending_maintenance(*_db(maintenance=[])) == 0


@pytest.mark.parametrize(
    ("replica", "available"),
    [
        ({"DBInstanceStatus": "available"}, 1),
        ({"DBInstanceStatus": "available", "StatusInfos": [{"Normal": True}]}, 1),
        ({"DBInstanceStatus": "available", "StatusInfos": [{"Normal": False}]}, 0),
        ({"DBInstanceStatus": "creating"}, 0),
    ],
)
def test_available_replicas(replica, available):
    """Replicas that stopped replicating, are not yet available or are in another region do not count."""
    names = ["replica", "arn:aws:rds:eu-west-1:1:db:far"]
    db = entry({"ReadReplicaDBInstanceIdentifiers": names}, "rds:db", ["db"])
    seen = account({"rds:db": [db, entry(replica, "rds:db", ["replica"])]})
    assert rds.available_replicas(seen.find("rds:db", ResourceId("db")), seen) == available


@pytest.mark.parametrize(
    ("reservation", "years"),
    [
        ({}, 1),
        ({"Duration": 3 * YEAR}, 3),
        ({"DBInstanceClass": "db.t3.large"}, 1),
        ({"DBInstanceClass": "db.r5.large"}, None),
        ({"State": "retired"}, None),
        ({"ProductDescription": "mysql"}, None),
        ({"ProductDescription": "aurora postgresql"}, None),
    ],
)
def test_reserved_years(reservation, years):
    """Only active reservations of the same family and engine count."""
    of = {"DBInstanceClass": "db.t3.medium", "ProductDescription": "postgresql"}
    held = {"State": "active", "Duration": YEAR, **of, **reservation}
    db = entry({"DBInstanceClass": "db.t3.medium", "Engine": "postgres"}, "rds:db", ["db"])
    seen = account({"rds:db": [db], "rds:reservation": [entry(held, "rds:reservation", ["r"])]})
    assert rds.reserved_years(seen.find("rds:db", ResourceId("db")), seen) == years


@pytest.mark.parametrize(
    ("status", "states", "serves"),
    [
        ("available", ["AVAILABLE"], True),
        ("available", ["UNAVAILABLE"], False),
        ("available", ["AVAILABLE", "REGISTERING"], False),
        ("creating", ["AVAILABLE"], False),
        ("available", [], False),
    ],
)
def test_proxies(status, states, serves):
    """The proxy's databases, and whether all are available; a proxy without databases serves none."""
    proxy = entry({"Status": status}, "rds:proxy", ["p"])
    targets = [
        entry(
            {"Type": "RDS_INSTANCE", "RdsResourceId": "db", "TargetHealth": {"State": state}},
            "rds:proxy.target",
            [str(number)],
            parent=proxy.id,
        )
        for number, state in enumerate(states)
    ]
    seen = account({"rds:proxy": [proxy], "rds:proxy.target": targets})
    assert rds.serves(seen.find("rds:proxy", ResourceId("p")), seen) is serves
    assert rds.pools(seen.find("rds:proxy", ResourceId("p")), seen) == ({"db"} if states else frozenset())
