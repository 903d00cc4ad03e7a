"""What a role may do, against what is documented: grants as expectations, departures as answers."""

from __future__ import annotations

import json

import pytest

from asbuilt.check import checks_of
from asbuilt.evidence import Entry, Trace, Unknown
from asbuilt.iam.records.organization import READS
from asbuilt.iam.records.policies import OWN_POLICIES
from asbuilt.iam.records.principals import principal_of
from asbuilt.sources.redaction import SECRET
from asbuilt.spec.expectation import BadExpectation, expectation
from asbuilt_content.checks.iam import role as iam_role
from tests.records import account, entry, record

ARN = "arn:aws:iam::123456789012:role/app"
KINDS = {
    "media": "s3:bucket",
    "key": "secretsmanager:secret",
    "group": "logs:log-group",
    "cluster": "ecs:cluster",
    "task_role": "iam:role",
    "lock": "kms:key",
    "network": "ec2:vpc",
}
LOGS = "arn:aws:logs:us-east-1:123456789012:log-group:web"
SECRET_ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:key"
SUBJECTS = {
    "media": [entry({}, "s3:bucket", ["media"], arn="arn:aws:s3:::media")],
    "key": [entry({}, "secretsmanager:secret", ["key"], arn=f"{SECRET_ARN}-AbCdEf")],
    "group": [entry({}, "logs:log-group", ["web"], arn=f"{LOGS}:*")],
    "cluster": [entry({}, "ecs:cluster", ["c"], arn="arn:aws:ecs:us-east-1:123456789012:cluster/c")],
    "task_role": [entry({}, "iam:role", ["task"], arn="arn:aws:iam::123456789012:role/task")],
}
ALONE = {**dict.fromkeys(READS, ()), "aws:account": [entry({}, "aws:account")]}  # in no organization
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}


def allow(action, resource="*", **more):
    """A statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def _role(*statements, **more):
    own = {"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)}}
    data = {"Arn": ARN, "RolePolicyList": [own], "AttachedManagedPolicies": [], "AssumeRolePolicyDocument": TRUST}
    return {**data, **more}


def _policy(arn, *statements):
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return entry({"PolicyVersionList": [{"IsDefaultVersion": True, "Document": document}]}, "iam:policy", arn=arn)


def ask(name, data, expected, policies=(), others=(), subjects=SUBJECTS, details=None):
    """Ask a check as the engine does, and judge its answer; `details` are the policies that resources have."""
    check = checks_of("iam:role")[name]
    wanted = expectation(expected, check, KINDS)
    own = dict.fromkeys(OWN_POLICIES.values(), ()) if details is None else details
    kinds = {"iam:policy": policies, "iam:role": others, "iam:user": [], "iam:group": [], **ALONE, **own}
    seen = account(kinds, {name: of for name, of in subjects.items() if name in wanted.subjects})
    answer = check.ask(record(data, "iam:role", ["app"], arn=ARN), account=seen, expected=wanted.asked)
    return answer, wanted.holds(answer)


@pytest.mark.parametrize(
    ("statement", "grants", "found"),
    [
        (allow("s3:GetObject", "arn:aws:s3:::media/*"), ["s3:GetObject on media/*"], ""),
        (
            allow("s3:GetObject", "arn:aws:s3:::media*"),
            ["s3:GetObject on media/*"],
            "s3:GetObject on arn:aws:s3:::mediax/x",
        ),
        (allow("s3:*", "arn:aws:s3:::media"), ["s3:ListBucket on media"], " on arn:aws:s3:::media"),
        (allow("logs:PutLogEvents", f"{LOGS}:*"), ["logs:PutLogEvents on group"], ""),
        (allow("logs:PutLogEvents", f"{LOGS}:*"), ["CloudWatch:PutLogs on group"], ""),
        (allow("secretsmanager:GetSecretValue", f"{SECRET_ARN}-??????"), ["secretsmanager:GetSecretValue on key"], ""),
        (
            allow("secretsmanager:GetSecretValue", f"{SECRET_ARN}-*"),
            ["secretsmanager:GetSecretValue on key"],
            "secret:key-",
        ),
        (allow("ecr:GetAuthorizationToken"), ["ECR:ReadOnly on arn:aws:ecr:*:{account}:repository/x"], ""),
        (
            allow("iam:PassRole", "arn:aws:iam::123456789012:role/t"),
            ["iam:PassRole on arn:aws:iam::{account}:role/t"],
            "",
        ),
        (allow("s3:GetObject", "arn:aws:s3:::media/*"), [], "allowed by own Statement[0]"),
        (
            allow("iam:PassRole", "arn:aws:iam::123456789012:role/task"),
            ["iam:PassRole on task_role if iam:PassedToService = ecs-tasks.amazonaws.com"],
            "iam:PassRole on arn:aws:iam::123456789012:role/task",
        ),
        (
            allow(
                "ecs:StopTask",
                "*",
                Condition={"ArnEquals": {"ecs:cluster": "arn:aws:ecs:us-east-1:123456789012:cluster/c"}},
            ),
            ["ecs:StopTask on * if ecs:cluster = cluster"],
            "",
        ),
    ],
)
def test_what_is_allowed_beyond_the_grants(statement, grants, found):
    """Nothing where the grants cover it; else a request, and the statement that lets it through."""
    answer, holds = ask("allows_at_most", _role(statement), grants)
    assert holds is (found == "")
    assert found in " ".join(answer)


def test_every_statement_too_wide_is_named_once():
    """Each with a request of its own; the fix is the policy that would be as documented."""
    data = _role(allow("s3:GetObject", "arn:aws:s3:::media/*"), allow("sqs:*"), allow(["s3:Get*", "s3:PutObject"]))
    answer, holds = ask("allows_at_most", data, ["s3:GetObject on media/*"])
    assert not holds
    assert sorted(text.partition(": allowed by ")[2] for text in answer) == ["own Statement[1]", "own Statement[2]"]
    assert json.loads(answer.instead)["Statement"] == [
        {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::media/*"}
    ]


def test_boundaries_and_attached_policies_count():
    """A boundary takes away; a policy that was not read makes the answer unknown."""
    wide, narrow = (
        _policy("arn:wide", allow("s3:*")),
        _policy("arn:narrow", allow("s3:GetObject", "arn:aws:s3:::media/*")),
    )
    attached = {"AttachedManagedPolicies": [{"PolicyName": "wide", "PolicyArn": "arn:wide"}]}
    bounded = {"PermissionsBoundary": {"PermissionsBoundaryArn": "arn:narrow"}}
    grants = ["s3:GetObject on media/*"]
    assert not ask("allows_at_most", _role(**attached), grants, [wide])[1]
    assert ask("allows_at_most", _role(**attached, **bounded), grants, [wide, narrow])[1]
    answer, holds = ask("allows", _role(**attached, **bounded), ["s3:PutObject on media/*"], [wide, narrow])
    assert not holds
    assert "not allowed by the boundary policies[2]" in " ".join(answer)
    with pytest.raises(Unknown):
        ask("allows_at_most", _role(**attached), grants)


@pytest.mark.parametrize(
    ("statements", "grants", "found"),
    [
        ([allow("s3:GetObject", "arn:aws:s3:::media/*")], ["s3:GetObject on media/*"], ""),
        ([allow("s3:GetObject", "arn:aws:s3:::media/a/*")], ["s3:GetObject on media/*"], "nothing allows it"),
        ([allow("s3:*"), {**allow("s3:GetObject"), "Effect": "Deny"}], ["s3:GetObject on media/*"], "denied by"),
        (
            [allow("secretsmanager:GetSecretValue", f"{SECRET_ARN}-AbCdEf")],
            ["secretsmanager:GetSecretValue on key"],
            "",
        ),
    ],
)
def test_what_the_role_lacks(statements, grants, found):
    """Nothing where all is granted; else a request of the grant, and what stops it."""
    answer, holds = ask("allows", _role(*statements), grants)
    assert holds is (found == "")
    assert found in " ".join(answer)


def test_a_grant_on_something_absent_is_not_there_to_be_had():
    """It fails, and is no reason to let anything else pass."""
    data = _role(allow("s3:GetObject", "arn:aws:s3:::media/*"))
    absent: dict[str, list[Entry]] = {"media": []}
    assert "is not there" in " ".join(ask("allows", data, ["s3:GetObject on media/*"], subjects=absent)[0])
    both = ["s3:GetObject on arn:aws:s3:::media/*, media/*"]
    assert not ask("allows", data, both, subjects=absent)[1]  # the half that is there does not make up for the other
    limited = ["ecs:StopTask on * if ecs:cluster = cluster"]
    asked = {"ecs:cluster": "cluster"}  # the word is no value of the key
    stops = _role(allow("ecs:StopTask", Condition={"StringEquals": asked}))
    assert not ask("allows", stops, limited, subjects={"cluster": []})[1]
    assert not ask("allows_at_most", stops, limited, subjects={"cluster": []})[1]
    assert not ask("allows_at_most", data, ["s3:GetObject on media/*"], subjects=absent)[1]


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
    """In actions, and for resources where the action could name one."""
    answer, holds = ask("no_wildcards", _role(statement), True)
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
    """However it is written."""
    assert ask("no_admin", _role(*statements), True)[1] is holds


def test_ways_to_more():
    """By its own policies, by another role, or by being an administrator already; none among those known."""
    admin = entry({**_role(allow("*")), "Arn": "arn:aws:iam::123456789012:role/admin"}, "iam:role", ["admin"])
    passing = _role(allow(["iam:PassRole", "ec2:RunInstances"]))
    answer, holds = ask("no_escalation", passing, True, others=[admin])
    assert not holds
    assert "run an instance as the role (arn:aws:iam::123456789012:role/admin)" in " ".join(answer)
    assert ask("no_escalation", passing, True)[1]
    assert not ask("no_escalation", _role(allow("*")), True)[1]
    assert ask("no_escalation", _role(allow("s3:GetObject")), True, others=[admin])[1]


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
    """By names that a spec can hold."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    trust = {"Statement": [{**statement, "Condition": condition} if condition else statement]}
    assert iam_role.assumable_only_by(record({"Arn": ARN, "AssumeRolePolicyDocument": trust})) == names


def test_what_was_taken_for_a_secret_is_not_known():
    """A redacted tag is no value of the tag, and a redacted policy is not the policy."""
    tagged = _role(
        allow("s3:GetObject", "arn:aws:s3:::media/${aws:PrincipalTag/token}/*"),
        Tags=[{"Key": "token", "Value": SECRET}],
    )
    seen = account({"iam:policy": []})
    assert principal_of(record(tagged), seen).facts == {}
    with pytest.raises(Unknown, match="looks like a secret"):
        principal_of(record(_role(allow("s3:GetObject", SECRET))), seen)


@pytest.mark.parametrize(
    ("name", "raw", "message"),
    [
        ("allows_at_most", "s3:GetObject on media/*", "takes a list of grants"),
        ("allows_at_most", ["s3:GetObject"], "is no grant: write ACTION"),
        ("allows_at_most", [7], "7 is no grant"),
        ("allows_at_most", ["s3:GetObject on meida/*"], "'meida' is no subject, ARN or *; did you mean media?"),
        ("allows_at_most", ["s3:GetObjekt on media/*"], "did you mean s3:GetObject?"),
        ("allows_at_most", ["S3:ReadOnyl on media"], "S3:ReadOnly"),
        ("allows_at_most", ["s3:Frob* on media"], "matches no action"),
        ("allows_at_most", ["GetObject on media/*"], "'GetObject' is no action"),
        ("allows_at_most", ["s3:GetObject on media"], "cannot act on media: they act on"),
        ("allows_at_most", ["ecr:GetAuthorizationToken on media"], "grant it on *"),
        ("allows_at_most", ["s3:GetObject on media/* if x"], "is no condition"),
        ("allows_at_most", ["s3:GetObject on arn:aws::x"], "is not an ARN"),
        ("allows_at_most", ["iam:PassRole on arn:aws:iam::{acount}:role/x"], "only {account} does"),
        ("allows", [], "names no grant"),
        ("no_admin", False, "write true"),
    ],
)
def test_mistakes_in_grants(name, raw, message):
    """Each is told with the nearest valid name, before anything is read."""
    with pytest.raises(BadExpectation) as caught:
        expectation(raw, checks_of("iam:role")[name], KINDS)
    assert message in str(caught.value)


def test_every_field_of_a_policy_is_evidence():
    """So that the mutation self-test can change exactly what decided."""
    trace = Trace()
    data = _role(allow("s3:GetObject", "arn:aws:s3:::media/*"))
    from asbuilt.evidence import Record

    principal_of(Record(Entry("r", "iam:role", "iam:Get", data), trace), account({"iam:policy": []}))
    fields = {read.path[-1] for read in trace.reads.values()}
    assert {"Action", "Resource", "Effect", "Version"} <= fields


MEDIA, KEY = SUBJECTS["media"][0], SUBJECTS["key"][0]
READS_MEDIA = allow("s3:GetObject", "arn:aws:s3:::media/*")
ORG = {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}


def deny(**more):
    """A statement of the bucket's policy that denies the role reading."""
    refused = allow("s3:GetObject", "arn:aws:s3:::media/*", Principal={"AWS": ARN})
    return {**refused, "Effect": "Deny", **more}


def with_policy(*statements, grants=("s3:GetObject on media/*",), own=(READS_MEDIA,)):
    """Ask whether the role is allowed what the bucket's policy has a say in, too."""
    policy = {"Policy": {"Version": "2012-10-17", "Statement": list(statements)}}
    read = [entry(policy, "s3:bucket.policy", parent=MEDIA.id)] if statements else []
    return ask("allows", _role(*own), list(grants), details={"s3:bucket.policy": read})


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        ([], ""),
        ([deny()], "denied by policies[1] (resource 'policy of media') Statement[0]"),
        ([deny(Principal="*")], "denied by"),
        ([deny(Principal={"AWS": "arn:aws:iam::123456789012:root"})], "denied by"),
        ([deny(Action="s3:*", Resource="arn:aws:s3:::media/private/*")], "arn:aws:s3:::media/private/"),
        ([deny(Principal={"AWS": "arn:aws:iam::123456789012:role/other"})], ""),
        ([deny(Action="s3:PutObject")], ""),
        ([deny(Resource="arn:aws:s3:::media")], ""),
        ([{**deny(), "Effect": "Allow"}], ""),
        # of the role itself, which the condition is about
        ([deny(Principal="*", Condition={"ArnNotEquals": {"aws:PrincipalArn": ARN}})], ""),
        ([deny(Principal="*", Condition={"ArnEquals": {"aws:PrincipalArn": ARN}})], "denied by"),
        # nobody's SDK leaves TLS out
        ([deny(Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})], ""),
        ([deny(Principal="*", Condition={"Bool": {"aws:SecureTransport": "true"}})], "denied by"),
        ([deny(Condition=ORG), deny()], "denied by"),
    ],
)
def test_what_a_bucket_denies_is_not_allowed(statements, found):
    """Whatever the role's own policies say; what the bucket allows adds nothing."""
    answer, holds = with_policy(*statements)
    assert holds is (found == "")
    assert found in " ".join(answer)


def test_what_a_bucket_denies_under_conditions_is_unknown():
    """From elsewhere than a network, or without a header: the grant leaves it open."""
    for condition in ({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, ORG):
        with pytest.raises(Unknown, match=r"media.*may stop it"):
            with_policy(deny(Condition=condition))


def test_what_the_role_lacks_is_failed_before_what_a_bucket_may_deny():
    """Its own policies fall short, whether or not the bucket's was read."""
    assert "not s3:GetObject" in " ".join(with_policy(deny(Condition=ORG), own=())[0])
    assert not ask("allows", _role(), ["s3:GetObject on media/*"], details={})[1]


def test_a_bucket_policy_that_was_not_read_is_unknown():
    """It may deny."""
    unread = entry({}, "s3:bucket.policy", parent=MEDIA.id)
    with pytest.raises(Unknown, match="has no field Policy"):
        ask("allows", _role(READS_MEDIA), ["s3:GetObject on media/*"], details={"s3:bucket.policy": [unread]})


def test_what_a_secret_denies_is_not_allowed():
    """A secret without a policy is answered for without the field."""
    own = _role(allow("secretsmanager:GetSecretValue", KEY.arn))
    refused = {"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*"}
    for policy, holds in (({}, True), ({"ResourcePolicy": {"Version": "2012-10-17", "Statement": refused}}, False)):
        read = {"secretsmanager:secret.policy": [entry(policy, "secretsmanager:secret.policy", parent=KEY.id)]}
        assert ask("allows", own, ["secretsmanager:GetSecretValue on key"], details=read)[1] is holds


@pytest.mark.parametrize(
    ("statement", "own", "holds"),
    [
        ({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}, True, True),
        ({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}, False, False),
        ({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/other"}}, True, False),
        ({"Effect": "Deny", "Principal": "*"}, True, False),
    ],
)
def test_a_keys_own_policy_decides_too(statement, own, holds):
    """It must let the account's policies decide, or name the role; and not deny."""
    key = entry({}, "kms:key", ["k"], arn="arn:aws:kms:us-east-1:123456789012:key/k")
    policy = {"Version": "2012-10-17", "Statement": [{**statement, "Action": "kms:*", "Resource": "*"}]}
    read = {"kms:key.policy": [entry({"Policy": policy}, "kms:key.policy", parent=key.id)]}
    data = _role(*([allow("kms:Decrypt", key.arn)] if own else []))
    assert ask("allows", data, ["kms:Decrypt on lock"], subjects={"lock": [key]}, details=read)[1] is holds
