"""The rows of the table of semantics in docs/iam.md that are about conditions."""

from __future__ import annotations

import pytest

from tests.iam.builders import MEDIA, Item, admits, allow, ask, deny, grant, identity, implies, within


def test_operators_and_keys_are_anded_values_ored() -> None:
    """All operators and keys must hold; any value will do."""
    block = {"StringEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"], "s3:prefix": "a"}}
    assert admits(block, {"aws:RequestedRegion": "eu-west-1", "s3:prefix": "a"})
    assert not admits(block, {"aws:RequestedRegion": "eu-west-1", "s3:prefix": "b"})
    assert not admits(block, {"aws:RequestedRegion": "eu-west-2", "s3:prefix": "a"})


def test_negated_operators_want_none_of_the_values() -> None:
    """Negated operators are a NOR."""
    block = {"StringNotEquals": {"s3:prefix": ["a", "b"]}}
    assert not admits(block, {"s3:prefix": "b"})
    assert admits(block, {"s3:prefix": "c"})


def test_key_names_ignore_case_also_in_tags() -> None:
    """Key names match in any case."""
    assert admits({"StringEquals": {"AWS:principaltag/Team": "x"}}, {"aws:PrincipalTag/team": "x"})


@pytest.mark.parametrize(
    ("block", "holds"),
    [
        ({"StringEquals": {"s3:prefix": "a"}}, False),
        ({"StringNotEquals": {"s3:prefix": "a"}}, True),
        ({"StringNotLike": {"s3:prefix": "*"}}, True),
        ({"StringEqualsIfExists": {"s3:prefix": "a"}}, True),
        ({"StringNotEqualsIfExists": {"s3:prefix": "a"}}, True),
        ({"NumericLessThan": {"s3:max-keys": "5"}}, False),
        ({"NumericNotEquals": {"s3:max-keys": "5"}}, True),
        ({"NumericLessThanIfExists": {"s3:max-keys": "5"}}, True),
        ({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, False),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
        ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}}, False),
        ({"ArnNotLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}}, True),
        ({"Null": {"s3:prefix": "true"}}, True),
        ({"Null": {"s3:prefix": "false"}}, False),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}, True),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}}, False),
        ({"ForAnyValue:StringNotEquals": {"aws:TagKeys": "a"}}, False),
    ],
)
def test_missing_keys(block: Item, holds: bool) -> None:
    """Each kind of operator has its own answer for a key that is absent."""
    key = next(iter(next(iter(block.values()))))
    assert admits(block, {}, absent=(key,)) is holds


@pytest.mark.parametrize(
    ("operator", "wanted", "given", "holds"),
    [
        ("StringEquals", "a*", "ab", False),
        ("StringEquals", "a*", "a*", True),
        ("StringEquals", "a", "A", False),
        ("StringEqualsIgnoreCase", "aB", "Ab", True),
        ("StringNotEqualsIgnoreCase", "aB", "Ab", False),
        ("StringLike", "a*", "abc", True),
        ("StringLike", "a?", "a", False),
        ("StringLike", "A*", "abc", False),
        ("StringLike", "a${*}", "a*", True),
        ("StringLike", "a${*}", "ab", False),
        ("StringNotLike", "a*", "b", True),
        ("NumericEquals", "10", "10.0", True),
        ("NumericLessThan", "2.5", "2.49", True),
        ("NumericLessThanEquals", "10", "9", True),
        ("NumericGreaterThan", "9", "10", True),
        ("NumericGreaterThanEquals", "10", "9.99", False),
        ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", True),
    ],
)
def test_text_and_number_operators(operator: str, wanted: str, given: str, holds: bool) -> None:
    """Equals has no wildcards, Like has them; numbers compare as numbers."""
    assert admits({operator: {"s3:anything": wanted}}, {"s3:anything": given}) is holds


@pytest.mark.parametrize(
    ("wanted", "given", "holds"),
    [
        ("arn:aws:sns:*:1:t", "arn:aws:sns:us-east-1:1:t", True),
        ("arn:aws:sns:*:t", "arn:aws:sns:us-east-1:1:t", None),
        ("arn:aws:sns:us-*:1:t", "arn:aws:sns:us-east-1:1:x:t", False),
        ("arn:aws:sns:us-east-1:1:*", "arn:aws:sns:us-east-1:1:x:t", True),
        ("arn:aws:sns:us-east-?:1:t", "arn:aws:sns:us-east-1:1:t", True),
        ("arn:*:*:*:*:*", "arn:aws:s3:::b", True),
        ("arn:aws:s3:::b", "arn:aws:S3:::b", False),
    ],
)
def test_arn_operators(wanted: str, given: str, holds: bool | None) -> None:
    """Six parts, one by one; Equals is Like; fewer parts are undefined."""
    for operator in ("ArnLike", "ArnEquals"):
        if holds is None:
            block = {**allow(resources=MEDIA), "Condition": {operator: {"aws:SourceArn": wanted}}}
            assert within(block, facts={"aws:SourceArn": given}) == "unknown"
        else:
            assert admits({operator: {"aws:SourceArn": wanted}}, {"aws:SourceArn": given}) is holds
            negated = operator.replace("Arn", "ArnNot")
            assert admits({negated: {"aws:SourceArn": wanted}}, {"aws:SourceArn": given}) is not holds


@pytest.mark.parametrize(
    ("operator", "wanted", "given", "holds"),
    [
        ("DateEquals", "2024-01-01T00:00:00Z", "1704067200", True),
        ("DateEquals", "2024-01-01", "2024-01-01T01:00:00+01:00", True),
        ("DateLessThan", "2024-01-01T00:00:00Z", "2023-12-31T23:59:59Z", True),
        ("DateGreaterThan", "1704067200", "2024-01-01T00:00:00.5Z", True),
        ("DateNotEquals", "2024-01-01", "2024-01-01T00:00:00Z", False),
    ],
)
def test_dates_compare_as_points_in_time(operator: str, wanted: str, given: str, holds: bool) -> None:
    """ISO 8601 or seconds since 1970."""
    assert admits({operator: {"aws:CurrentTime": wanted}}, {"aws:CurrentTime": given}) is holds


@pytest.mark.parametrize(
    ("wanted", "given", "holds"),
    [
        ("10.0.0.0/8", "10.255.255.255", True),
        ("10.0.0.0/8", "11.0.0.0", False),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.1.2.3", "10.1.2.4", False),
        ("2001:db8::/32", "2001:db8::1", True),
        ("0.0.0.0/0", "2001:db8::1", False),
        ("10.1.2.3/8", "10.200.0.1", True),
    ],
)
def test_addresses(wanted: str, given: str, holds: bool) -> None:
    """Ranges of either version; a lone address is itself."""
    assert admits({"IpAddress": {"aws:SourceIp": wanted}}, {"aws:SourceIp": given}) is holds
    assert admits({"NotIpAddress": {"aws:SourceIp": wanted}}, {"aws:SourceIp": given}) is not holds


@pytest.mark.parametrize(
    ("key", "always"),
    [
        ("aws:SecureTransport", True),
        ("aws:RequestedRegion", True),
        ("aws:CurrentTime", True),
        ("aws:EpochTime", True),
        ("aws:PrincipalAccount", True),
        ("aws:PrincipalArn", True),
        ("aws:PrincipalType", True),
        ("aws:userid", True),
        ("aws:UserAgent", True),
        ("aws:ViaAWSService", True),
        ("aws:SourceIp", False),
        ("aws:username", False),
        ("aws:PrincipalOrgID", False),
        ("aws:MultiFactorAuthPresent", False),
        ("aws:CalledVia", False),
        ("aws:ResourceTag/team", False),
    ],
)
def test_which_keys_are_in_every_request(key: str, always: bool) -> None:
    """Every request meets a condition that such a key is present; for another key, some do not."""
    assert implies({}, {"Null": {key: "false"}}) is always
    assert implies({"Null": {key: "true"}}, {"StringEquals": {"s3:prefix": "a"}}) is always


@pytest.mark.parametrize("key", ["aws:SourceIp", "aws:TagKeys"])
def test_if_exists_holds_for_a_missing_key_under_any_qualifier(key: str) -> None:
    """This includes ForAnyValue, which a missing key fails without IfExists."""
    operator = "IpAddress" if key == "aws:SourceIp" else "ForAnyValue:StringEquals"
    value = "10.0.0.0/8" if key == "aws:SourceIp" else "a"
    assert not admits({operator: {key: value}}, {}, absent=(key,))
    assert admits({f"{operator}IfExists": {key: value}}, {}, absent=(key,))


def test_source_ip_may_be_absent() -> None:
    """Requests through a VPC endpoint have no aws:SourceIp, so that all addresses together are not all requests."""
    proof = ask(
        "containment", allow(resources=MEDIA), grant(resources=MEDIA, IpAddress={"aws:SourceIp": ["0.0.0.0/0", "::/0"]})
    )
    assert proof.verdict == "exceeds"
    assert proof.counterexample is not None
    assert "aws:SourceIp" not in proof.counterexample.context


@pytest.mark.parametrize(
    ("operator", "given", "holds"),
    [
        ("ForAllValues:StringEquals", ["a"], True),
        ("ForAllValues:StringEquals", ["a", "b"], True),
        ("ForAllValues:StringEquals", ["a", "c"], False),
        ("ForAllValues:StringEquals", [], True),
        ("ForAnyValue:StringEquals", ["c", "b"], True),
        ("ForAnyValue:StringEquals", ["c"], False),
        ("ForAnyValue:StringEquals", [], False),
        ("ForAllValues:StringNotEquals", ["c", "d"], True),
        ("ForAllValues:StringNotEquals", ["c", "a"], False),
        ("ForAnyValue:StringNotEquals", ["a", "c"], True),
        ("ForAnyValue:StringNotEquals", ["a", "b"], False),
        ("ForAnyValue:StringEqualsIfExists", ["c"], False),
        ("ForAllValues:StringLike", ["a", "b"], True),
    ],
)
def test_many_values(operator: str, given: list[str], holds: bool) -> None:
    """ForAllValues: every value matches; ForAnyValue: some value does."""
    assert admits({operator: {"aws:TagKeys": ["a", "b"]}}, {"aws:TagKeys": given}) is holds


@pytest.mark.parametrize(
    ("block", "other", "holds"),
    [
        ({"StringLike": {"s3:prefix": "home/*"}}, {"StringLike": {"s3:prefix": "h*"}}, True),
        ({"StringLike": {"s3:prefix": "h*"}}, {"StringLike": {"s3:prefix": "home/*"}}, False),
        ({"StringEquals": {"s3:prefix": ["a", "b"]}}, {"StringLike": {"s3:prefix": "?"}}, True),
        ({"NumericLessThan": {"s3:max-keys": "5"}}, {"NumericLessThanEquals": {"s3:max-keys": "5"}}, True),
        ({"NumericLessThanEquals": {"s3:max-keys": "5"}}, {"NumericLessThan": {"s3:max-keys": "5"}}, False),
        (
            {"DateGreaterThan": {"aws:CurrentTime": "2025-01-01"}},
            {"DateGreaterThan": {"aws:CurrentTime": "2024-01-01"}},
            True,
        ),
        ({"IpAddress": {"aws:SourceIp": "10.1.0.0/16"}}, {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, True),
        (
            {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
            {"IpAddress": {"aws:SourceIp": ["10.0.0.0/9", "10.128.0.0/9"]}},
            True,
        ),
        (
            {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
            {"IpAddress": {"aws:SourceIp": ["10.0.0.0/9", "10.129.0.0/16"]}},
            False,
        ),
        ({}, {"Null": {"aws:SecureTransport": "false"}}, True),
        ({}, {"Null": {"s3:prefix": "false"}}, False),
        ({"StringEquals": {"s3:prefix": "a"}}, {"Null": {"s3:prefix": "false"}}, True),
        ({}, {"Bool": {"aws:ViaAWSService": ["true", "false"]}}, True),
        ({}, {"Bool": {"aws:MultiFactorAuthPresent": ["true", "false"]}}, False),
        ({}, {"BoolIfExists": {"aws:MultiFactorAuthPresent": ["true", "false"]}}, True),
        ({"StringEquals": {"s3:prefix": "a"}}, {"StringEqualsIfExists": {"s3:prefix": "a"}}, True),
        ({"StringEqualsIfExists": {"s3:prefix": "a"}}, {"StringEquals": {"s3:prefix": "a"}}, False),
        (
            {"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}},
            {"ForAllValues:StringEquals": {"aws:TagKeys": "a"}},
            False,
        ),
        (
            {"ForAllValues:StringEquals": {"aws:TagKeys": "a"}},
            {"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}},
            False,
        ),
        (
            {"ForAllValues:StringEquals": {"aws:TagKeys": "a"}, "Null": {"aws:TagKeys": "false"}},
            {"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}},
            True,
        ),
        (
            {"ForAllValues:StringLike": {"aws:TagKeys": "a*"}},
            {"ForAllValues:StringLike": {"aws:TagKeys": ["a*", "b*"]}},
            True,
        ),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:1:t"}}, {"ArnLike": {"aws:SourceArn": "arn:aws:s*:*:*:*"}}, True),
        ({"StringEquals": {"s3:prefix": "a"}}, {"StringEqualsIgnoreCase": {"s3:prefix": "A"}}, True),
    ],
)
def test_conditions_imply_each_other(block: Item, other: Item, holds: bool) -> None:
    """Containment over every possible context, not over samples."""
    assert implies(block, other) is holds


def test_deny_by_region_and_always_present_keys() -> None:
    """aws:RequestedRegion is in every request, so the two halves are the whole."""
    rows = identity(allow(resources=MEDIA), deny(StringNotEquals={"aws:RequestedRegion": "eu-west-1"}))
    assert within(rows, grant(resources=MEDIA, StringEquals={"aws:RequestedRegion": "eu-west-1"})) == "subset"


def test_single_value_operator_on_many_values_is_unknown() -> None:
    """AWS does not define it; the verdict is decided where it does not matter."""
    row = allow(resources=MEDIA, StringEquals={"aws:TagKeys": "a"})
    assert within(row) == "unknown"
    assert within(row, grant(resources=MEDIA)) == "subset"
    assert within(row, grant(resources=MEDIA, StringEquals={"aws:TagKeys": "a"})) == "subset"
