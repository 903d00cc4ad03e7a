"""Every row of the table of semantics in docs/iam.md, as verdicts of the prover."""

from __future__ import annotations

from typing import Any

import pytest

from asbuilt.iam.proof.prover import prove
from tests.iam.builders import MEDIA, USER, allow, ask, deny, document, grant, granted, identity, within

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


def test_star_at_the_end_of_an_arn_part_matches_colons() -> None:
    """`arn:aws:sqs:*` is every queue."""
    assert granted(allow("sqs:SendMessage", "arn:aws:sqs:*"), grant("sqs:SendMessage", QUEUE)) == "granted"
    assert granted(allow("sqs:SendMessage", "arn:aws:*:jobs"), grant("sqs:SendMessage", QUEUE)) == "granted"


def test_not_action_covers_other_services() -> None:
    """Allow with NotAction allows all other actions, of every service."""
    row = {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}
    proof = ask("containment", row, grant("s3:*"))
    assert proof.verdict == "exceeds"
    assert proof.counterexample is not None
    assert not proof.counterexample.action.startswith("s3:")
    assert within(row, grant("s3:*"), grant("*")) == "subset"
    assert granted(row, grant("s3:GetObject")) == "missing"


def test_not_resource_matches_what_is_in_none_of_its_patterns() -> None:
    """NotResource excludes all that it lists."""
    row = {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": [MEDIA, HOME + "*"]}
    assert granted(row, grant("s3:GetObject", "arn:aws:s3:::other/*")) == "granted"
    assert granted(row, grant("s3:GetObject", "arn:aws:s3:::home/x")) == "missing"


def test_not_resource_without_resource_is_unknown() -> None:
    """AWS does not define whether NotResource covers a request without a resource."""
    row = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "NotResource": MEDIA}
    assert within(row) == "unknown"


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


def test_free_action_needs_no_grant() -> None:
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
    """AWS does not define what an ARN with fewer than six parts matches."""
    assert within(allow("sqs:SendMessage", resource)) == "unknown"


def test_star_inside_an_arn_part_across_a_colon_is_unknown() -> None:
    """A star inside a part is decided where it need not match a colon."""
    row = allow("sqs:SendMessage", "arn:aws:sqs:us-*-1:123456789012:jobs")
    assert granted(row, grant("sqs:SendMessage", QUEUE)) == "granted"
    assert within(allow("s3:GetObject", "arn:aws:s3*media:::x/y")) == "unknown"


def test_action_that_the_catalogue_lacks_is_reported() -> None:
    """An action that the catalogue lacks counts, and is reported."""
    proof = ask("containment", allow("s3:FrobnicateQuanta", "*"), grant("s3:Get*"))
    assert proof.verdict == "exceeds"
    assert proof.counterexample is not None
    assert proof.counterexample.action == "s3:FrobnicateQuanta"
    assert "not in the catalogue" in proof.reason
    assert [p.note for p in proof.problems] == [True]
    assert within(allow("newservice:*", "*"), grant("newservice:Get*")) == "exceeds"
    assert within(allow("newservice:Get*", "*"), grant("newservice:*")) == "subset"


def test_grant_that_covers_no_request_proves_nothing() -> None:
    """A documented grant without any possible request is not granted vacuously."""
    proof = ask("required", EVERYTHING, grant("s3:GetObject", "arn:aws:s3:::media"))
    assert proof.verdict == "unknown"
    assert "no possible request" in proof.reason


def test_reason_names_the_statement_that_decides() -> None:
    """The reason holds the policy, the index and the Sid."""
    row = allow("s3:PutObject", MEDIA) | {"Sid": "Upload"}
    item = {"type": "identity", "name": "app", "document": document(allow("s3:GetObject", MEDIA), row)}
    proof = prove({"id": 7, "kind": "containment", "policies": [item], "allowance": [grant(resources=MEDIA)]})
    assert proof.id == "7"
    assert "policies[0] (identity 'app') Statement[1] 'Upload'" in proof.reason
