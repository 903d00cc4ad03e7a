"""What an organization leaves a role: policies that are read, that are not read, and that do not exist."""

from __future__ import annotations

import pytest

from asbuilt.check import checks_of
from asbuilt.evidence import Unknown
from asbuilt.iam.records.organization import READS
from asbuilt.snapshot import Answer
from asbuilt.spec.expectation import expectation
from tests.records import account, entry, record

ROLE = "arn:aws:iam::123456789012:role/app"
LINKED = "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/app"
ME = entry({"Account": "123456789012"}, "aws:account", ["123456789012"])
PARENTS = [("ou-a", "ORGANIZATIONAL_UNIT"), ("r-1", "ROOT")]
LEVELS = ["123456789012", "ou-a", "r-1"]
BOTH = {"SERVICE_CONTROL_POLICY": "ENABLED", "RESOURCE_CONTROL_POLICY": "ENABLED"}
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:q"
MEDIA = "arn:aws:s3:::media/*"
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
GRANT = [f"s3:GetObject on {MEDIA}"]


def allow(action, resource="*", **condition):
    """A statement that allows; `condition` is operator=block."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition}


def deny(action, resource="*", **condition):
    """A statement that denies."""
    return {**allow(action, resource, **condition), "Effect": "Deny"}


def _attached(kind, level, name, *statements):
    one = entry({"Name": name, "Id": f"p-{name}", "TargetId": level}, kind, [name], parent=level)
    content = {"Version": "2012-10-17", "Statement": list(statements)}
    return one, entry({"Content": content}, f"{kind}.document", parent=one.id)


def member(scps=(), rcps=(), types=BOTH, parents=PARENTS, empty="", allows=None, **organization):
    """The records of a member account; `scps` and `rcps` are (level, statement) beside those that allow everything."""
    about = {"Id": "o-1", "Account": "123456789012", "MasterAccountId": "999999999999", "FeatureSet": "ALL"}
    made = {
        "aws:account": [ME],
        "organizations:organization": [entry(about | organization, "organizations:organization", parent=ME.id)],
        "organizations:root": [
            entry({"Id": "r-1", "PolicyTypes": [{"Type": one, "Status": status} for one, status in types.items()]})
        ],
        "organizations:ancestor": [entry({"Id": one, "Type": sort}, ids=[one]) for one, sort in parents],
    }
    for kind, more in (("organizations:scp", scps), ("organizations:rcp", rcps)):
        full = [(level, "Full", (allows or {}).get(level, ALL)) for level in LEVELS if level != empty]
        both = [_attached(kind, *each) for each in [*full, *((level, "own", row) for level, row in more)]]
        made |= {kind: [one for one, _ in both], f"{kind}.document": [said for _, said in both]}
    return made


ALONE = {**dict.fromkeys(READS, ()), "aws:account": [ME]}
MANAGEMENT = member([("r-1", deny("*"))], MasterAccountId="123456789012")
SHARED_BILLS = member([("r-1", deny("*"))], FeatureSet="CONSOLIDATED_BILLING")


def ask(name, expected, statements, records, problem="", arn=ROLE):
    """Ask a check of a role, and judge its answer; `problem`: why the ancestors were not read."""
    check = checks_of("iam:role")[name]
    wanted = expectation(expected, check, {})
    own = {"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)}}
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    data = {"Arn": arn, "RolePolicyList": [own], "AttachedManagedPolicies": [], "AssumeRolePolicyDocument": trust}
    seen = account({"iam:policy": [], "iam:role": [], "iam:user": [], "iam:group": [], **records})
    if problem:
        seen._snapshot.add(
            "organizations:ancestor", "", Answer(problem=problem, permission="organizations:ListParents")
        )
    answer = check.ask(record(data, "iam:role", ["app"], arn=arn), account=seen, expected=wanted.asked)
    return " ".join(answer), wanted.holds(answer)


@pytest.mark.parametrize("records", [ALONE, MANAGEMENT, SHARED_BILLS, member(types={}), member()])
def test_accounts_that_no_organization_policy_limits(records):
    """No organization, its management account, consolidated billing, no policies, or policies that allow everything."""
    assert ask("allows", GRANT, [allow("s3:GetObject", MEDIA)], records) == ("", True)
    assert not ask("allows", GRANT, [allow("s3:GetObject", "arn:aws:s3:::other/*")], records)[1]
    assert not ask("allows_at_most", GRANT, [allow("s3:*", MEDIA)], records)[1]


@pytest.mark.parametrize("level", LEVELS)
def test_a_deny_at_any_level_counts(level):
    """It counts for missing and for excess grants, and does not apply to a service-linked role."""
    denied = member([(level, deny("s3:GetObject"))])
    answer, holds = ask("allows", GRANT, [allow("s3:*", MEDIA)], denied)
    assert not holds
    assert "denied by" in answer
    assert "(scp 'own')" in answer
    assert ask("allows", GRANT, [allow("s3:GetObject", MEDIA)], denied, arn=LINKED)[1]
    wide = [allow(["s3:GetObject", "s3:PutObject"], MEDIA)]
    assert ask("allows_at_most", [f"s3:PutObject on {MEDIA}"], wide, denied)[1]
    assert not ask("allows_at_most", [f"s3:PutObject on {MEDIA}"], wide, denied, arn=LINKED)[1]


def test_requests_say_which_organization_and_where():
    """Conditions of the role on its organization are decided."""
    paths = {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-1/ou-a/*"}}
    for condition, holds in (
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, True),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-2"}}, False),
        (paths, True),
    ):
        assert ask("allows", GRANT, [allow("s3:GetObject", MEDIA, **condition)], member())[1] is holds


def test_every_level_must_allow():
    """A level that lists what it allows stops everything else."""
    narrow = member(allows={"ou-a": allow("sqs:*")})
    assert ask("allows", [f"sqs:SendMessage on {QUEUE}"], [ALL], narrow)[1]
    answer, holds = ask("allows", GRANT, [ALL], narrow)
    assert not holds
    assert "not allowed by the organization's level 'ou-a'" in answer


def test_policies_that_were_not_read_leave_grants_unknown():
    """What the role lacks fails, what it grants is unknown; an excess grant fails with a note."""
    denied = "organizations:ListParents was denied"
    with pytest.raises(Unknown, match=r"may stop it: the policies of organization o-1 were not read.*denied") as raised:
        ask("allows", GRANT, [allow("s3:GetObject", MEDIA)], member(), denied)
    assert raised.value.permission == "organizations:ListParents"
    assert not ask("allows", GRANT, [], member(), denied)[1]
    assert ask("allows_at_most", GRANT, [allow("s3:GetObject", MEDIA)], member(), denied)[1]
    answer, holds = ask("allows_at_most", GRANT, [allow("s3:*", MEDIA)], member(), denied)
    assert not holds
    assert "what an organization denies is not counted: the policies of organization o-1 were not read" in answer
    assert ask("allows", GRANT, [allow("s3:GetObject", MEDIA)], member(), denied, arn=LINKED)[1]


@pytest.mark.parametrize(
    "records",
    [
        member(parents=[]),
        member(parents=PARENTS[:1]),
        member(parents=[("r-2", "ROOT")]),
        member(types={**BOTH, "SERVICE_CONTROL_POLICY": "PENDING_ENABLE"}),
        member(empty="ou-a"),
        {**member(), "organizations:root": []},
        {**member(), "organizations:scp.document": []},
    ],
)
def test_an_answer_that_is_not_whole_is_unknown(records):
    """Parents that end before the root, a level without a policy, and a type in an unclear state are unknown."""
    with pytest.raises(Unknown):
        ask("allows", GRANT, [allow("s3:GetObject", MEDIA)], records)


def test_escalation_is_asked_within_the_organization():
    """A path that SCPs close is not open; where SCPs were not read, the answer says so."""
    own = [allow("iam:PutRolePolicy", ROLE)]
    assert not ask("no_escalation", True, own, ALONE)[1]
    assert ask("no_escalation", True, own, member([("r-1", deny("iam:Put*"))]))[1]
    answer, holds = ask("no_escalation", True, own, member(), "denied")
    assert not holds
    assert "is not counted" in answer
    assert ask("no_escalation", True, [allow("s3:GetObject", MEDIA)], member(), "denied")[1]


ABROAD = deny("s3:*", StringNotEquals={"aws:RequestedRegion": ["eu-west-1"]})
OTHERS = deny("*", StringNotEqualsIfExists={"aws:ResourceOrgID": "${aws:PrincipalOrgID}"})


@pytest.mark.parametrize(
    ("scp", "grant", "status"),
    [
        (ABROAD, f"s3:GetObject on {MEDIA}", "unknown"),
        (ABROAD, f"s3:GetObject on {MEDIA} if aws:RequestedRegion = eu-west-1", "passed"),
        ({**ABROAD, "Action": "sqs:*"}, f"sqs:SendMessage on {QUEUE}", "passed"),
        ({**ABROAD, "Action": "sqs:*"}, f"sqs:SendMessage on {QUEUE.replace('eu', 'us')}", "failed"),
        (deny("s3:*", StringEquals={"aws:RequestedRegion": "us-east-2"}), f"s3:GetObject on {MEDIA}", "unknown"),
        (OTHERS, f"s3:GetObject on {MEDIA}", "passed"),
        (OTHERS, f"sqs:SendMessage on {QUEUE}", "passed"),
        (OTHERS, "s3:GetObject on *", "unknown"),
        (deny("*", StringNotEquals={"aws:PrincipalOrgID": "o-1"}), f"s3:GetObject on {MEDIA}", "passed"),
        (deny("*", StringNotEquals={"aws:PrincipalOrgID": "o-2"}), f"s3:GetObject on {MEDIA}", "failed"),
        (deny("*", StringNotEquals={"aws:ResourceAccount": "123456789012"}), f"sqs:SendMessage on {QUEUE}", "passed"),
    ],
)
def test_regions_and_owners_that_a_grant_leaves_open(scp, grant, status):
    """A grant does not name its region or the resource's owner; what its ARNs and conditions name settles them."""
    if status == "unknown":
        with pytest.raises(Unknown, match="in some regions, or on the resources of others"):
            ask("allows", [grant], [ALL], member([("ou-a", scp)]))
    else:
        assert ask("allows", [grant], [ALL], member([("ou-a", scp)]))[1] is (status == "passed")


PERIMETER = {**deny("s3:*", StringNotEqualsIfExists={"aws:PrincipalOrgID": "o-1"}), "Principal": "*"}


@pytest.mark.parametrize(
    ("rcp", "grant", "known"),
    [
        ({**deny("s3:*"), "Principal": "*"}, f"s3:GetObject on {MEDIA}", False),
        ({**deny("s3:*", "arn:aws:s3:::other/*"), "Principal": "*"}, f"s3:GetObject on {MEDIA}", True),
        ({**deny("s3:*"), "Principal": "*"}, f"sqs:SendMessage on {QUEUE}", True),
        (PERIMETER, f"s3:GetObject on {MEDIA}", True),
    ],
)
def test_a_resource_control_policy_may_stop_a_grant(rcp, grant, known):
    """A grant that an RCP may cover is unknown, any other is granted; an RCP does not narrow a role."""
    records = member(rcps=[("r-1", rcp)])
    if known:
        assert ask("allows", [grant], [ALL], records)[1]
    else:
        with pytest.raises(Unknown, match="a resource control policy may stop it: not s3:GetObject"):
            ask("allows", [grant], [ALL], records)
    assert not ask("allows_at_most", [f"sqs:* on {QUEUE}"], [allow("s3:*", MEDIA)], records)[1]
