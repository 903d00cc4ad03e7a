"""What an answer must hold: nulls, counts, identities and witnesses, on plain dictionaries."""

from __future__ import annotations

import pytest

from asbuilt.evidence import Unknown
from asbuilt.sources.documents import refuse_other_documents
from asbuilt.sources.row import Row
from asbuilt.sources.shapes import operation_model
from asbuilt.sources.table import is_aws, rows_by_kind
from asbuilt.sources.wholeness import check_batch, check_named, check_record, found_in


def _row(records, **more):
    return Row("a:b", "rds", "describe_b", records, **more)


def _found(row, body, about=None):
    return found_in(row, {"ResponseMetadata": about or {}}, body, "rds:DescribeB", aws=True)


@pytest.mark.parametrize(
    ("records", "body", "reason"),
    [
        ("A[]", {"A": [{}, None]}, r"null in A\[\]"),
        ("A[]", {"A": {"x": 1}}, "answered with dict, expected a list"),
        ("A[]", {"A": None}, "answered without A"),
        ("A[].B[]", {"A": [{"B": [{}]}, {}]}, r"an entry of A\[\] that has no B"),
        ("A[].B[]", {"A": [{"B": [None]}]}, r"null in A\[\].B\[\]"),
        ("A[].B[]", {"A": ["text"]}, "answered with str, expected a structure"),
        ("A.B[]", {"A": {}}, "answered without A.B"),
        ("A.B[].C", {"A": {"B": [{"C": 1}, {"C": None}]}}, "has no C"),
        ("A[].{b: @}", {"A": [None]}, r"null in A\[\]"),
        ("A[?!Gone]", {"A": [None]}, "expected a structure"),
        ("A[?!Gone]", {"A": {"x": 1}}, "expected a list"),
        ("A", {}, "answered without A"),
    ],
)
def test_nothing_is_dropped_on_the_way_to_the_records(records, body, reason):
    """JMESPath leaves nulls and entries without the member out; each is a malformed answer."""
    with pytest.raises(Unknown, match=reason):
        _found(_row(records), body)


@pytest.mark.parametrize(
    ("records", "body", "expected"),
    [
        ("A[]", {"A": []}, []),
        ("A[].B[]", {"A": [{"B": [{"x": 1}]}, {"B": []}]}, [{"x": 1}]),
        ("A[].{b: @}", {"A": ["x"]}, [{"b": "x"}]),
        ("A[?!Gone]", {"A": [{"Gone": "y"}, {"x": 1}]}, [{"x": 1}]),
        ("@", {"x": 1}, [{"x": 1}]),
    ],
)
def test_whole_lists_are_read(records, body, expected):
    """Empty lists and filters are no gaps."""
    assert _found(_row(records), body) == expected


WHOLE = {"RequestId": "1", "HTTPHeaders": {"content-type": "application/x-amz-json-1.1"}}


@pytest.mark.parametrize(
    ("row", "body", "about", "empty"),
    [
        (_row("A[]", may_omit=True), {}, WHOLE, True),
        (_row("A[]", may_omit=True), {}, {**WHOLE, "RequestId": ""}, False),
        (_row("A[]", may_omit=True), {}, {**WHOLE, "HTTPHeaders": {"content-type": "text/html"}}, False),
        (_row("A[]", may_omit=True, witness="N"), {"N": 0}, {}, True),
        (_row("A[]", may_omit=True, witness="N"), {"N": 2}, {}, False),
        (_row("A[]", may_omit=True, witness="N"), {}, WHOLE, False),
        (_row("A[]", may_omit=True, witness="Cut"), {"Cut": False}, {}, True),
    ],
)
def test_an_omitted_list_needs_a_witness(row, body, about, empty):
    """A count of none, a field that is always there, or a request id with the content type."""
    if empty:
        assert _found(row, body, about) == []
    else:
        with pytest.raises(Unknown, match="answered without A"):
            _found(row, body, about)


def test_a_count_and_the_list_must_agree():
    """A page that says three and holds one is cut; a row that asks for the first few only holds fewer."""
    row = _row("A[]", witness="N")
    with pytest.raises(Unknown, match="1 records where N says 3"):
        _found(row, {"A": [{}], "N": 3})
    assert _found(_row("A[]", witness="N", static={"PaginationConfig": {"MaxItems": 1}}), {"A": [{}], "N": 3}) == [{}]


def test_an_answer_about_another_resource_is_no_answer():
    """The record repeats what was asked for."""
    row = _row("A[]", echoes={"Name": "Called"})
    check_record(row, {"Called": "mine"}, {"Name": "mine"}, "x")
    check_record(row, {"Called": "mine"}, {"Name": ["mine", "other"]}, "x")
    for record in ({"Called": "other"}, {}):
        with pytest.raises(Unknown, match="Called"):
            check_record(row, record, {"Name": "mine"}, "x")


def test_a_record_must_be_named():
    """A record without name and ARN could be the one that is looked for."""
    with pytest.raises(Unknown, match="has no"):
        check_named(_row("A[]", names="[Name]"), [], "", "x")


BATCH = _row("A[]", batch="Names", gone="Gone", echoes={"Names": "Name"})


@pytest.mark.parametrize(
    ("answered", "gone", "reason"),
    [
        (["a", "c"], [], "was asked for 2 and answered with 2: b is missing"),
        (["a"], [], "answered with 1"),
        (["a", "b", "b"], [], "the same record twice"),
        (["a"], ["b"], ""),
    ],
)
def test_a_batch_is_compared_by_identity(answered, gone, reason):
    """As many records as were asked for are not those that were asked for."""
    records, pages = [{"Name": name} for name in answered], [{"Gone": gone}]
    if not reason:
        check_batch(BATCH, {"Names": ["a", "b"]}, records, pages, "x")
        return
    with pytest.raises(Unknown, match=reason):
        check_batch(BATCH, {"Names": ["a", "b"]}, records, pages, "x")


def test_every_row_says_what_makes_its_answer_whole():
    """A row that reads the whole answer as one record names a field that is always there, or the root element."""
    for rows in rows_by_kind().values():
        for row in rows:
            if row.records == "@":
                assert row.whole or row.echoes or row.root, row
            assert not row.batch or row.batch in row.echoes, row
            if (
                row.may_omit
                and is_aws(row)
                and operation_model(row.service, row.operation).service_model.protocol
                in (
                    "query",
                    "ec2",
                    "rest-xml",
                )
            ):
                assert row.witness, row


@pytest.mark.parametrize(
    ("service", "operation", "status", "body", "whole"),
    [
        ("rds", "describe_db_instances", 200, b"<?xml version='1.0'?>\n<DescribeDBInstancesResponse/>", True),
        ("rds", "describe_db_instances", 200, b"<DescribeDBClustersResponse/>", False),
        ("ec2", "describe_vpcs", 400, b"<Response><Errors><Error><Code>X</Code></Error></Errors></Response>", True),
        ("ec2", "describe_vpcs", 400, b"<Response/>", False),
        ("s3", "get_bucket_policy", 200, b"{}", True),
        ("s3", "get_bucket_policy", 200, b" ", False),
        ("route53", "list_hosted_zones", 200, b"<!-- --><x:ListHostedZonesResponse/>", True),
        ("cloudfront", "list_distributions", 200, b"<DistributionList/>", True),
        ("ecs", "list_clusters", 400, b'{"__type": "X"}', True),
        ("ecs", "list_clusters", 400, b"{}", False),
        ("ecs", "list_clusters", 200, b'{"clusterArns": {}}', False),
        ("ecs", "list_clusters", 503, b"<html>", True),
    ],
)
def test_the_document_decides(service, operation, status, body, whole):
    """The SDK retries answers from status 500 on, so that they are left to it."""
    from botocore.parsers import ResponseParserError

    answer = {"status_code": status, "body": body, "headers": {}}
    model = operation_model(service, operation)
    if whole:
        refuse_other_documents(operation_model=model, response_dict=answer)
    else:
        with pytest.raises(ResponseParserError):
            refuse_other_documents(operation_model=model, response_dict=answer)
