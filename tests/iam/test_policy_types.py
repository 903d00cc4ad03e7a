"""The rows of the table of semantics in docs/iam.md that are about how policies of several types work together."""

from __future__ import annotations

from typing import Any

import pytest

from tests.iam.builders import MEDIA, ROLE, USER, allow, deny, grant, granted, identity, limit, within

HOME = "arn:aws:s3:::home/"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:jobs"
KEY = "arn:aws:kms:us-east-1:123456789012:key/k"
FOREIGN = "arn:aws:sqs:us-east-1:999999999999:jobs"
EVERYTHING = allow("*")


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
    """The union of the policies is compared with the union of the grants."""
    halves = [identity(allow("s3:GetObject", MEDIA)), identity(allow("s3:PutObject", MEDIA))]
    assert within(halves, grant("s3:GetObject", MEDIA), grant("s3:PutObject", MEDIA)) == "subset"
    by_ssl = [grant(resources=MEDIA, Bool={"aws:SecureTransport": v}) for v in ("true", "false")]
    assert within(allow("s3:GetObject", MEDIA), *by_ssl) == "subset"
    assert within(allow("s3:GetObject", MEDIA), by_ssl[0]) == "exceeds"


def test_boundary_and_session_only_limit() -> None:
    """They intersect with identity policies and grant nothing."""
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


def test_scps_do_not_apply_to_service_linked_roles_and_the_management_account() -> None:
    """SCPs limit neither service-linked roles nor principals of the management account."""
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
    """Across accounts, both the identity policy and the resource policy must allow."""
    wanted = grant("sqs:SendMessage", FOREIGN)
    own = identity(allow("sqs:SendMessage", FOREIGN))
    assert granted([_queue(principal, FOREIGN)], wanted, principal=ROLE) == "missing"
    assert granted([own, _queue(principal, FOREIGN)], wanted, principal=ROLE) == "granted"
    stranger = _queue({"AWS": "arn:aws:iam::999999999999:root"}, FOREIGN)
    assert granted([own, stranger], wanted, principal=ROLE) == "missing"


def test_not_principal() -> None:
    """A Deny with NotPrincipal excludes a principal that is listed together with its account."""
    row = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    own = identity(allow("sqs:SendMessage", QUEUE))
    other = limit("resource", row | {"NotPrincipal": {"AWS": "arn:aws:iam::1:role/x"}}, attached_to=QUEUE)
    spared = [ROLE, "arn:aws:iam::123456789012:root"]
    listed = limit("resource", row | {"NotPrincipal": {"AWS": spared}}, attached_to=QUEUE)
    assert granted([own, other], grant("sqs:SendMessage", QUEUE), principal=ROLE) == "missing"
    assert granted([own, listed], grant("sqs:SendMessage", QUEUE), principal=ROLE) == "granted"


def test_resource_grant_beyond_a_boundary_is_unknown_for_roles() -> None:
    """AWS's documentation leaves it open for roles; a boundary does not limit a user whom the resource policy names."""
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
