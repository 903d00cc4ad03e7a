"""Use of the root user, and unused grants of roles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from asbuilt.evidence import Record, Trace, Unknown
from asbuilt_content.checks.account import root_user as root_use
from asbuilt_content.checks.iam import usage as iam_usage
from tests.records import account, entry, record

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REPORT, ROLE, ACCESSED, POLICIES = "iam:credential-report", "iam:role", "iam:role.last-accessed", "iam:policy"
UNUSED = {"password_last_used": "no_information"} | {f"access_key_{n}_last_used_date": "N/A" for n in (1, 2)}


def ago(days):
    """The time this many days before now."""
    return NOW - timedelta(days=days)


def report(**root):
    """A credential report with the root user and a user who signed in today."""
    ann = entry({"user": "ann", "password_last_used": NOW}, REPORT, ["ann"])
    return account({REPORT: [entry({**UNUSED, **root}, REPORT, ["<root_account>"]), ann]})


@pytest.mark.parametrize(
    ("root", "within"),
    [
        ({}, False),
        ({"password_last_used": "N/A"}, False),
        ({"password_last_used": ago(91)}, False),
        ({"password_last_used": ago(89)}, True),
        ({"access_key_1_last_used_date": ago(1)}, True),
        ({"access_key_2_last_used_date": ago(1), "password_last_used": ago(900)}, True),
        ({"access_key_2_last_used_date": ago(900)}, False),
    ],
)
def test_root_use(root, within):
    """A password or an access key was used; one that was never used or does not exist was not."""
    assert root_use.root_used_within_days(record({}), report(**root), NOW, "90") is within


@pytest.mark.parametrize("column", UNUSED)
@pytest.mark.parametrize("value", ["not_supported", "", "true", "2026-01-01"])
def test_root_use_that_is_not_told(column, value):
    """A text that is neither a time nor AWS's word for "none" leaves it unknown, also beside an old time."""
    root = {"password_last_used": ago(900), "access_key_1_last_used_date": ago(900), column: value}
    with pytest.raises(Unknown, match="as the root user's last use, which is no date"):
        root_use.root_used_within_days(record({}), report(**root), NOW, "90")


def test_a_report_without_the_root_user():
    """Without its row or its column nothing is known."""
    with pytest.raises(Unknown, match="no row for the root user"):
        root_use.root_used_within_days(record({}), account({REPORT: []}), NOW, "90")
    bare = account({REPORT: [entry({"password_last_used": NOW}, REPORT, ["<root_account>"])]})
    with pytest.raises(Unknown, match="access_key_1_last_used_date"):
        root_use.root_used_within_days(record({}), bare, NOW, "90")


def unused(services, *actions, age=400):
    """The unused services of a role of this age with these actions; `services`: days since the last use, or None."""
    statement = {"Effect": "Allow", "Action": list(actions) or "s3:*", "Resource": "*"}
    policy = {"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    data = {
        "Arn": "arn:aws:iam::123456789012:role/app",
        "CreateDate": ago(age),
        "AssumeRolePolicyDocument": {"Statement": []},
        "RolePolicyList": [policy],
        "AttachedManagedPolicies": [],
    }
    role = entry(data, ROLE, ["app"], arn=data["Arn"])
    rows = [
        {"ServiceNamespace": name} | ({} if days is None else {"LastAuthenticated": ago(days)})
        for name, days in services.items()
    ]
    of = [entry(row, ACCESSED, [row["ServiceNamespace"]], role.id) for row in rows]
    seen = account({ACCESSED: of, POLICIES: [], ROLE: [role]})
    return iam_usage.unused_services(Record(role, Trace()), seen, NOW)


@pytest.mark.parametrize(
    ("services", "left"),
    [
        ({"s3": 1, "sqs": 89}, set()),
        ({"s3": 1, "sqs": 91}, {"sqs"}),
        ({"s3": 1, "ecs": None}, {"ecs"}),
        ({"s3": 399, "ecs": None}, {"s3", "ecs"}),
    ],
)
def test_unused_services(services, left):
    """A service counts that was used long ago, or never by a role that is old enough."""
    assert unused(services) == left


def test_a_report_of_nothing_is_not_that_all_is_used():
    """The report of a role with policies names services; that of a role without policies names none."""
    with pytest.raises(Unknown, match=r"names no service, although .*role/app has policies"):
        unused({})
    bare = record({"RolePolicyList": [], "AttachedManagedPolicies": [], "CreateDate": ago(200)}, ROLE, ["bare"])
    assert iam_usage.unused_services(bare, account({ACCESSED: [], POLICIES: []}), NOW) == frozenset()


def test_a_young_role():
    """A service that a young role never used is unknown."""
    with pytest.raises(Unknown, match="not 90 days old, so whether it needs ecs, sqs is not known"):
        unused({"s3": 1, "sqs": None, "ecs": None}, age=89)
    assert unused({"s3": 1, "sqs": 2}, age=3) == frozenset()


def test_passing_roles_is_no_use_of_iam():
    """IAM is not unused where passing roles is all that is granted of it."""
    assert unused({"iam": None}, "iam:PassRole", "ecs:*") == frozenset()
    assert unused({"iam": 200}, "iam:PassRole") == {"iam"}
    assert unused({"iam": None}, "iam:PassRole", "iam:GetRole") == {"iam"}
    assert unused({"iam": None, "s3": 1}, "iam:PassRole", age=1) == frozenset()
