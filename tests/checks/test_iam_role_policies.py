"""What the policies of a role amount to: wildcards, administrators, escalation, trust, and the evidence of these."""

from __future__ import annotations

import pytest

from asbuilt.evidence import Entry, Record, Trace, Unknown
from asbuilt.iam.records.principals import principal_of
from asbuilt.sources.redaction import SECRET
from asbuilt_content.checks.iam import role as iam_role
from tests.checks.iam_role_records import ARN, allow, ask, role
from tests.records import account, entry, record


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (allow("cloudwatch:PutMetricData"), ""),
        (allow("s3:GetObject", "arn:aws:s3:::media/*"), ""),
        (allow("s3:Get*", "arn:aws:s3:::media/*"), "s3:Get*"),
        (allow("s3:GetObject"), "s3:GetObject on *"),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "all actions but iam:*"),
        ({"Effect": "Deny", "Action": "*", "Resource": "*"}, ""),
    ],
)
def test_wildcards(statement, found):
    """Wildcards count in actions, and in resources where the action can name one."""
    answer, holds = ask("no_wildcards", role(statement), True)
    assert holds is (found == "")
    assert found in " ".join(answer)


@pytest.mark.parametrize(
    ("statements", "holds"),
    [
        ([allow("*")], False),
        ([allow("s3:*"), {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}], False),
        ([allow("*"), {**allow("s3:DeleteBucket"), "Effect": "Deny"}], False),
        ([allow("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})], False),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], True),
        ([allow("s3:*")], True),
        ([allow("*", "arn:aws:s3:::media/*")], True),
    ],
)
def test_administrators(statements, holds):
    """An administrator is found in whatever way the policies say so."""
    assert ask("no_admin", role(*statements), True)[1] is holds


def test_ways_to_more():
    """A role escalates by its own policies, by another role, or is an administrator already."""
    admin = entry({**role(allow("*")), "Arn": "arn:aws:iam::123456789012:role/admin"}, "iam:role", ["admin"])
    passing = role(allow(["iam:PassRole", "ec2:RunInstances"]))
    answer, holds = ask("no_escalation", passing, True, others=[admin])
    assert not holds
    assert "run an instance as the role (arn:aws:iam::123456789012:role/admin)" in " ".join(answer)
    assert ask("no_escalation", passing, True)[1]
    assert not ask("no_escalation", role(allow("*")), True)[1]
    assert ask("no_escalation", role(allow("s3:GetObject")), True, others=[admin])[1]


@pytest.mark.parametrize(
    ("principal", "condition", "names"),
    [
        ({"Service": ["ec2.amazonaws.com", "ecs.amazonaws.com"]}, {}, {"ec2.amazonaws.com", "ecs.amazonaws.com"}),
        ({"AWS": "arn:aws:iam::123456789012:root"}, {}, {"this account"}),
        ({"AWS": ["arn:aws:iam::123456789012:role/ci", "999999999999"]}, {}, {"role/ci", "999999999999"}),
        ({"AWS": "arn:aws:iam::999999999999:role/ci"}, {}, {"arn:aws:iam::999999999999:role/ci"}),
        ("*", {}, {"*"}),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": "o-ours"}}, {"* under conditions"}),
    ],
)
def test_who_may_assume(principal, condition, names):
    """Principals are called by names that a spec can hold."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    trust = {"Statement": [{**statement, "Condition": condition} if condition else statement]}
    assert iam_role.assumable_only_by(record({"Arn": ARN, "AssumeRolePolicyDocument": trust})) == names


def test_what_was_taken_for_a_secret_is_not_known():
    """A redacted tag is no value of the tag, and a redacted policy is not the policy."""
    tagged = role(
        allow("s3:GetObject", "arn:aws:s3:::media/${aws:PrincipalTag/token}/*"),
        Tags=[{"Key": "token", "Value": SECRET}],
    )
    seen = account({"iam:policy": []})
    assert principal_of(record(tagged), seen).facts == {}
    with pytest.raises(Unknown, match="looks like a secret"):
        principal_of(record(role(allow("s3:GetObject", SECRET))), seen)


def test_every_field_of_a_policy_is_evidence():
    """The mutation self-test can then change exactly the fields that decide."""
    trace = Trace()
    data = role(allow("s3:GetObject", "arn:aws:s3:::media/*"))
    principal_of(Record(Entry("r", "iam:role", "iam:Get", data), trace), account({"iam:policy": []}))
    fields = {read.path[-1] for read in trace.reads.values()}
    assert {"Action", "Resource", "Effect", "Version"} <= fields
