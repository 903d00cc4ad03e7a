"""Every row of the table of semantics in docs/iam.md, as verdicts of the prover."""

from __future__ import annotations

from typing import Any

import pytest
from asking import ROLE, USER, allow, ask, deny, document, grant, granted, identity, limit, within

from checks.iam.prover import prove

MEDIA = "arn:aws:s3:::media/*"
HOME = "arn:aws:s3:::home/"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:jobs"
KEY = "arn:aws:kms:us-east-1:123456789012:key/k"
FOREIGN = "arn:aws:sqs:us-east-1:999999999999:jobs"
EVERYTHING = allow("*")


def test_statement_may_be_one_object() -> None:
    """A lone statement need not be in a list."""
    one = {"type": "identity", "document": {"Version": "2012-10-17", "Statement": allow("s3:GetObject", MEDIA)}}
    assert within([one], grant("s3:GetObject", MEDIA)) == "subset"
    assert within([one]) == "exceeds"


@pytest.mark.parametrize("field", ["Action", "Resource"])
def test_empty_list_makes_the_statement_void(field: str) -> None:
    """An empty list of actions or resources matches nothing, and is reported."""
    proof = ask("containment", allow() | {field: []})
    assert proof.verdict == "subset"
    assert [p.field for p in proof.problems] == [field]


@pytest.mark.parametrize("value", ["true", True, ["true"], [True]])
def test_condition_values_are_strings_booleans_or_lists(value: Any) -> None:
    """JSON true is "true", alone or in a list."""
    assert within(allow(Bool={"aws:SecureTransport": value}), grant(Bool={"aws:SecureTransport": "true"})) == "subset"


def test_condition_values_may_be_numbers() -> None:
    """A JSON number compares as a number."""
    row = allow("s3:ListBucket", NumericEquals={"s3:max-keys": 10})
    assert within(row, grant("s3:ListBucket", NumericEquals={"s3:max-keys": "10.0"})) == "subset"


@pytest.mark.parametrize("version", [None, "2008-10-17"])
def test_old_version_has_no_variables(version: str | None) -> None:
    """Without the 2012 version `${...}` is plain text."""
    row = allow("s3:GetObject", HOME + "${aws:username}/*")
    assert within(identity(row, version=version), grant("s3:GetObject", HOME + "bob/*"), principal=USER) == "exceeds"
    assert within(identity(row), grant("s3:GetObject", HOME + "bob/*"), principal=USER) == "subset"


@pytest.mark.parametrize(
    "action", ["S3:GETOBJECT", "s3:getobject", "S3:g*Object", "s?:GetObject", "*:GetObject", "s3:Get??ject"]
)
def test_actions_ignore_case_and_take_wildcards_anywhere(action: str) -> None:
    """Prefix and name match in any case."""
    assert granted(allow(action, MEDIA), grant("s3:GetObject", MEDIA)) == "granted"


@pytest.mark.parametrize(
    ("given", "documented", "verdict"),
    [
        ("media/*", "media/*", "subset"),
        ("Media/*", "media/*", "exceeds"),
        ("media/a/b/*", "media/*", "subset"),
        ("media*", "media/*", "exceeds"),
        ("media/*x", "media/*", "subset"),
        ("media/?", "media/*", "subset"),
        ("media/*", "media/?*", "subset"),
        ("media/*", "media/??*", "exceeds"),
        ("media/??", "media/?", "exceeds"),
        ("media/a*", "media/*a", "exceeds"),
        ("media/a*a", "media/a*", "subset"),
        ("media/${*}", "media/?", "subset"),
        ("media/x", "media/${*}", "exceeds"),
        ("media/${?}", "media/${?}", "subset"),
        ("media/${$}", "media/$", "subset"),
        ("media/*", "media/${*}*", "exceeds"),
    ],
)
def test_resource_patterns(given: str, documented: str, verdict: str) -> None:
    """Case counts; a star is any text, a question mark one character; escaped wildcards are text."""
    proof = ask("containment", allow(resources=f"arn:aws:s3:::{given}"), grant(resources=f"arn:aws:s3:::{documented}"))
    assert proof.verdict == verdict


def test_star_ending_an_arn_part_runs_past_colons() -> None:
    """`arn:aws:sqs:*` is every queue."""
    assert granted(allow("sqs:SendMessage", "arn:aws:sqs:*"), grant("sqs:SendMessage", QUEUE)) == "granted"
    assert granted(allow("sqs:SendMessage", "arn:aws:*:jobs"), grant("sqs:SendMessage", QUEUE)) == "granted"


def test_not_action_reaches_other_services() -> None:
    """Allow with NotAction allows everything else."""
    row = {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}
    proof = ask("containment", row, grant("s3:*"))
    assert proof.verdict == "exceeds"
    assert proof.counterexample is not None
    assert not proof.counterexample.action.startswith("s3:")
    assert within(row, grant("s3:*"), grant("*")) == "subset"
    assert granted(row, grant("s3:GetObject")) == "missing"


def test_not_resource_matches_what_is_in_none_of_its_patterns() -> None:
    """NotResource leaves out all that it lists."""
    row = {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": [MEDIA, HOME + "*"]}
    assert granted(row, grant("s3:GetObject", "arn:aws:s3:::other/*")) == "granted"
    assert granted(row, grant("s3:GetObject", "arn:aws:s3:::home/x")) == "missing"


def test_not_resource_without_resource_is_unknown() -> None:
    """Whether NotResource covers a request without a resource is nowhere said."""
    row = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "NotResource": MEDIA}
    assert within(row) == "unknown"


@pytest.mark.parametrize("kind", ["identity", "boundary", "session", "scp"])
def test_deny_of_any_type_wins(kind: str) -> None:
    """One matching Deny is enough, wherever it stands."""
    policies = [identity(allow("s3:GetObject", MEDIA)), limit(kind, EVERYTHING, deny("s3:GetObject", MEDIA))]
    assert within(policies[:1]) == "exceeds"
    assert granted(policies, grant("s3:GetObject", MEDIA)) == "missing"


def test_conditional_deny_removes_only_what_it_matches() -> None:
    """A Deny with a condition leaves the rest allowed."""
    rows = identity(allow("s3:GetObject", MEDIA), deny("s3:*", Bool={"aws:SecureTransport": "false"}))
    assert within(rows, grant("s3:GetObject", MEDIA, Bool={"aws:SecureTransport": "true"})) == "subset"
    assert within(rows) == "exceeds"
    assert granted(rows, grant("s3:GetObject", MEDIA)) == "missing"
    assert granted(rows, grant("s3:GetObject", MEDIA, Bool={"aws:SecureTransport": True})) == "granted"


def test_allows_add_up_on_both_sides() -> None:
    """The union of the policies is held against the union of the grants."""
    halves = [identity(allow("s3:GetObject", MEDIA)), identity(allow("s3:PutObject", MEDIA))]
    assert within(halves, grant("s3:GetObject", MEDIA), grant("s3:PutObject", MEDIA)) == "subset"
    by_ssl = [grant(resources=MEDIA, Bool={"aws:SecureTransport": v}) for v in ("true", "false")]
    assert within(allow("s3:GetObject", MEDIA), *by_ssl) == "subset"
    assert within(allow("s3:GetObject", MEDIA), by_ssl[0]) == "exceeds"


def test_boundary_and_session_only_limit() -> None:
    """They intersect and grant nothing themselves."""
    for kind in ("boundary", "session"):
        assert within([limit(kind, EVERYTHING)]) == "subset"
        both = [identity(EVERYTHING), limit(kind, allow("s3:GetObject", MEDIA))]
        assert within(both, grant("s3:GetObject", MEDIA)) == "subset"
        assert granted(both, grant("s3:GetObject", HOME + "*")) == "missing"


def test_every_scp_level_must_allow_and_policies_of_a_level_add_up() -> None:
    """Levels intersect; within a level Allows add up."""
    root = limit("scp", allow("s3:*"), level="root")
    unit = [limit("scp", allow("s3:Get*"), level="unit"), limit("scp", allow("s3:Put*"), level="unit")]
    policies = [identity(EVERYTHING), root, *unit]
    assert within(policies, grant("s3:Get*"), grant("s3:Put*")) == "subset"
    assert granted(policies, grant("s3:PutObject")) == "granted"
    assert granted(policies, grant("s3:DeleteObject")) == "missing"
    assert granted(policies, grant("sqs:SendMessage")) == "missing"


def test_scps_spare_service_linked_roles_and_the_management_account() -> None:
    """A service-linked role and the management account's principals are beyond SCPs."""
    policies = [identity(allow("s3:GetObject", MEDIA)), limit("scp", deny("*"), level="root")]
    linked = "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
    assert granted(policies, grant("s3:GetObject", MEDIA), principal=ROLE) == "missing"
    assert granted(policies, grant("s3:GetObject", MEDIA), principal=linked) == "granted"
    master = {"aws:PrincipalOrgMasterAccountId": "123456789012"}
    assert granted(policies, grant("s3:GetObject", MEDIA), principal=ROLE, facts=master) == "granted"


def _queue(principal: Any, attached: str = QUEUE, **more: Any) -> dict[str, Any]:
    row = {"Effect": "Allow", "Principal": principal, "Action": "sqs:SendMessage", "Resource": attached} | more
    return limit("resource", row, attached_to=attached)


@pytest.mark.parametrize(
    ("principal", "alone", "with_identity"),
    [
        ({"AWS": ROLE}, "granted", "granted"),
        ("*", "granted", "granted"),
        ({"AWS": "*"}, "granted", "granted"),
        ({"AWS": "arn:aws:iam::123456789012:root"}, "missing", "granted"),
        ({"AWS": "123456789012"}, "missing", "granted"),
        ({"AWS": "arn:aws:iam::123456789012:role/other"}, "missing", "granted"),
        ({"Service": "sns.amazonaws.com"}, "missing", "granted"),
    ],
)
def test_resource_policy_of_the_same_account(principal: Any, alone: str, with_identity: str) -> None:
    """Naming the role is enough; naming the account only delegates."""
    wanted = grant("sqs:SendMessage", QUEUE)
    assert granted([_queue(principal)], wanted, principal=ROLE) == alone
    both = [identity(allow("sqs:SendMessage", QUEUE)), _queue(principal)]
    assert granted(both, wanted, principal=ROLE) == with_identity


@pytest.mark.parametrize("principal", [{"AWS": ROLE}, {"AWS": "123456789012"}, "*"])
def test_resource_policy_of_another_account_needs_both_sides(principal: Any) -> None:
    """Across accounts neither side is enough."""
    wanted = grant("sqs:SendMessage", FOREIGN)
    own = identity(allow("sqs:SendMessage", FOREIGN))
    assert granted([_queue(principal, FOREIGN)], wanted, principal=ROLE) == "missing"
    assert granted([own, _queue(principal, FOREIGN)], wanted, principal=ROLE) == "granted"
    stranger = _queue({"AWS": "arn:aws:iam::999999999999:root"}, FOREIGN)
    assert granted([own, stranger], wanted, principal=ROLE) == "missing"


def test_not_principal() -> None:
    """A Deny with NotPrincipal spares only who is listed together with the account."""
    row = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    own = identity(allow("sqs:SendMessage", QUEUE))
    other = limit("resource", row | {"NotPrincipal": {"AWS": "arn:aws:iam::1:role/x"}}, attached_to=QUEUE)
    spared = [ROLE, "arn:aws:iam::123456789012:root"]
    listed = limit("resource", row | {"NotPrincipal": {"AWS": spared}}, attached_to=QUEUE)
    assert granted([own, other], grant("sqs:SendMessage", QUEUE), principal=ROLE) == "missing"
    assert granted([own, listed], grant("sqs:SendMessage", QUEUE), principal=ROLE) == "granted"


def test_resource_grant_beyond_a_boundary_is_unknown_for_roles() -> None:
    """AWS's text and reports differ for roles; a named user is not limited."""
    policies = [_queue({"AWS": [ROLE, USER]}), limit("boundary", allow("s3:*"))]
    assert granted(policies, grant("sqs:SendMessage", QUEUE), principal=ROLE) == "unknown"
    assert granted(policies, grant("sqs:SendMessage", QUEUE), principal=USER) == "granted"


@pytest.mark.parametrize("action", ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"])
def test_roles_need_their_trust_policy_to_agree(action: str) -> None:
    """To assume a role, its session's tags and its source identity: an identity policy alone is not enough."""
    other = "arn:aws:iam::123456789012:role/other"
    row = {"Effect": "Allow", "Action": action, "Principal": {"AWS": ROLE}}
    own, wanted = identity(allow(action, other)), grant(action, other)
    assert granted([own], wanted, principal=ROLE) == "unknown"
    assert granted([own, limit("resource", row, attached_to=other)], wanted, principal=ROLE) == "granted"
    stranger = {**row, "Principal": {"AWS": USER}}
    assert granted([own, limit("resource", stranger, attached_to=other)], wanted, principal=ROLE) == "missing"


def test_keys_need_their_own_policy_to_agree() -> None:
    """For KMS an identity policy alone is not enough; delegating to the account is."""
    row = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    delegates = limit("resource", row | {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}}, attached_to=KEY)
    other = limit("resource", row | {"Principal": {"AWS": "arn:aws:iam::123456789012:role/x"}}, attached_to=KEY)
    own, wanted = identity(allow("kms:Decrypt", KEY)), grant("kms:Decrypt", KEY)
    assert granted([own, delegates], wanted, principal=ROLE) == "granted"
    assert granted([own, other], wanted, principal=ROLE) == "missing"
    assert within([own, other], principal=ROLE) == "subset"
    assert granted([own], wanted, principal=ROLE) == "unknown"
    assert within([own], principal=ROLE) == "exceeds"


@pytest.mark.parametrize(
    ("action", "resource", "verdict"),
    [
        ("s3:GetObject", "arn:aws:s3:::media", "subset"),
        ("s3:ListBucket", "arn:aws:s3:::media/*", "subset"),
        ("s3:ListBucket", "arn:aws:s3:::media", "exceeds"),
        ("logs:PutLogEvents", "arn:aws:logs:us-east-1:123456789012:log-group:g", "subset"),
        ("logs:PutLogEvents", "arn:aws:logs:us-east-1:123456789012:log-group:g:*", "exceeds"),
        ("s3:ListAllMyBuckets", "arn:aws:s3:::*", "subset"),
        ("s3:ListAllMyBuckets", "*", "exceeds"),
        ("ecr:GetAuthorizationToken", "arn:aws:ecr:*:*:repository/*", "subset"),
        ("ec2:RunInstances", "arn:aws:s3:::*", "subset"),
    ],
)
def test_requests_carry_arns_of_types_the_action_supports(action: str, resource: str, verdict: str) -> None:
    """A pattern that no possible resource of the action matches allows nothing."""
    assert within(allow(action, resource)) == verdict


def test_free_action_is_left_out() -> None:
    """sts:GetCallerIdentity needs no permission."""
    assert within(allow("sts:GetCallerIdentity")) == "subset"
    assert granted(identity(deny("*")), grant("sts:GetCallerIdentity")) == "granted"


def test_pass_role_is_limited_by_role_and_service() -> None:
    """PassRole is a permission on a role's ARN with iam:PassedToService."""
    role = "arn:aws:iam::123456789012:role/task"
    wanted = grant("iam:PassRole", role, StringEquals={"iam:PassedToService": "ecs-tasks.amazonaws.com"})
    assert (
        within(allow("iam:PassRole", role, StringEquals={"iam:PassedToService": "ecs-tasks.amazonaws.com"}), wanted)
        == "subset"
    )
    assert within(allow("iam:PassRole", role), wanted) == "exceeds"
    assert (
        within(allow("iam:PassRole", "*", StringEquals={"iam:PassedToService": "ecs-tasks.amazonaws.com"}), wanted)
        == "exceeds"
    )


@pytest.mark.parametrize("resource", ["arn:aws:sqs", "arn:aws:sqs:us-east-1"])
def test_short_arns_are_unknown(resource: str) -> None:
    """With fewer than six parts it is not defined what an ARN matches."""
    assert within(allow("sqs:SendMessage", resource)) == "unknown"


def test_star_inside_a_part_across_a_colon_is_unknown() -> None:
    """A star in the middle of a part is decided as long as it need not cross a colon."""
    row = allow("sqs:SendMessage", "arn:aws:sqs:us-*-1:123456789012:jobs")
    assert granted(row, grant("sqs:SendMessage", QUEUE)) == "granted"
    assert within(allow("s3:GetObject", "arn:aws:s3*media:::x/y")) == "unknown"


def test_action_unknown_to_the_catalogue_is_a_finding() -> None:
    """A name newer than the catalogue counts and is reported."""
    proof = ask("containment", allow("s3:FrobnicateQuanta", "*"), grant("s3:Get*"))
    assert proof.verdict == "exceeds"
    assert proof.counterexample is not None
    assert proof.counterexample.action == "s3:FrobnicateQuanta"
    assert "not in the catalogue" in proof.reason
    assert [p.note for p in proof.problems] == [True]
    assert within(allow("newservice:*", "*"), grant("newservice:Get*")) == "exceeds"
    assert within(allow("newservice:Get*", "*"), grant("newservice:*")) == "subset"


def test_grant_that_no_request_fits_proves_nothing() -> None:
    """A documented grant without any possible request is not granted vacuously."""
    proof = ask("required", EVERYTHING, grant("s3:GetObject", "arn:aws:s3:::media"))
    assert proof.verdict == "unknown"
    assert "no possible request" in proof.reason


def test_reason_names_the_statement_that_let_it_through() -> None:
    """The reason holds the policy, the index and the Sid."""
    row = allow("s3:PutObject", MEDIA) | {"Sid": "Upload"}
    item = {"type": "identity", "name": "app", "document": document(allow("s3:GetObject", MEDIA), row)}
    proof = prove({"id": 7, "kind": "containment", "policies": [item], "allowance": [grant(resources=MEDIA)]})
    assert proof.id == "7"
    assert "policies[0] (identity 'app') Statement[1] 'Upload'" in proof.reason
