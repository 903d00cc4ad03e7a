"""Public access to buckets, and questions about parameters, trails and log filters."""

from __future__ import annotations

import pytest

from asbuilt.evidence import Unknown
from asbuilt_content.checks.account import cloudtrail as trail
from asbuilt_content.checks.data import s3_access, s3_content, ssm
from asbuilt_content.checks.edge import cloudfront
from asbuilt_content.checks.watch import log_alarms
from tests.records import account, entry, record

BUCKET = entry({"Name": "b"}, "s3:bucket", ["b"], arn="arn:aws:s3:::b")
BLOCK, POLICY, ACL, CORS = "s3:bucket.public-access", "s3:bucket.policy", "s3:bucket.acl", "s3:bucket.cors"
OWNERSHIP, GROUPS = "s3:bucket.ownership", "http://acs.amazonaws.com/groups/global/"
BOTH = {"s3:GetObject", "s3:PutObject"}
READ = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}


def bucket():
    """The record of the bucket."""
    return record(BUCKET.data, BUCKET.kind, ["b"], arn=BUCKET.arn)


def opened(statements=None, block=None, grants=None, ownership="BucketOwnerEnforced"):
    """What a check reads of the bucket: policy, public access block and access list (permission → grantee)."""

    def of(kind, data):
        return [] if data is None else [entry(data, kind, parent=BUCKET.id)]

    policy = None if statements is None else {"Policy": {"Version": "2012-10-17", "Statement": statements}}
    groups = (grants or {}).items()
    listed = {"Grants": [{"Grantee": {"URI": GROUPS + name}, "Permission": one} for one, name in groups]}
    return account(
        {
            POLICY: of(POLICY, policy),
            BLOCK: of(BLOCK, block),
            ACL: of(ACL, listed),
            OWNERSHIP: of(OWNERSHIP, {"ObjectOwnership": ownership} if ownership else None),
            "aws:account": [entry({"Account": "123456789012"}, "aws:account")],
        }
    )


NAMED_GRANTS = {"AWS": "arn:aws:iam::123456789012:role/app"}
DENY = {**READ, "Effect": "Deny"}
OVER_HTTP = {**DENY, "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}


def of_all_but(statement, principal):
    """A statement about everyone but one principal."""
    return {**{key: value for key, value in statement.items() if key != "Principal"}, "NotPrincipal": principal}


def under(statement, operator, **keys):
    """A statement under a condition."""
    return {**statement, "Condition": {operator: {key.replace("_", ":"): value for key, value in keys.items()}}}


@pytest.mark.parametrize(
    ("statements", "actions"),
    [
        (None, set()),
        ([READ], {"s3:GetObject"}),
        ([{**READ, "Action": "s3:getobject"}], {"s3:GetObject"}),
        ([{**READ, "Principal": {"AWS": ["*"]}, "Action": ["s3:GetObject", "s3:PutObject"]}], BOTH),
        ([{**READ, "Action": "s3:*MultipartUpload"}], {"s3:AbortMultipartUpload"}),
        ([{**READ, "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b"}], {"s3:ListBucket"}),
        ([{**READ, "Resource": "arn:aws:s3:::b/shown/*"}], {"s3:GetObject in part"}),
        ([{**READ, "Resource": "arn:aws:s3:::another/*"}], set()),
        ([{**READ, "Principal": {"Service": "cloudfront.amazonaws.com"}}], set()),
        ([{**READ, "Principal": NAMED_GRANTS}], set()),
        ([of_all_but(READ, NAMED_GRANTS)], {"s3:GetObject"}),
        ([DENY], set()),
        ([READ, DENY], set()),
        ([READ, {**DENY, "Principal": NAMED_GRANTS}], {"s3:GetObject"}),
        ([READ, of_all_but(DENY, NAMED_GRANTS)], set()),
        ([READ, {**DENY, "Resource": "arn:aws:s3:::b/hidden/*"}], {"s3:GetObject in part"}),
        ([READ, OVER_HTTP], {"s3:GetObject"}),
        ([under(READ, "IpAddress", aws_SourceIp="203.0.113.0/24")], set()),
        ([under(READ, "IpAddress", aws_SourceIp=["0.0.0.0/1", "128.0.0.0/1"])], {"s3:GetObject in part"}),
        ([under(READ, "IpAddress", aws_SourceIp="0.0.0.0/1")], {"s3:GetObject in part"}),
        ([under(READ, "StringEquals", aws_SourceVpce="vpce-1")], set()),
        ([under(READ, "StringEquals", aws_PrincipalOrgID="o-1")], set()),
        ([under(READ, "StringLike", aws_Referer="https://example.org/*")], {"s3:GetObject in part"}),
    ],
)
def test_anonymous_actions_by_policy(statements, actions):
    """The actions that the policy allows everyone; "in part" where it does not allow all requests."""
    assert s3_access.anonymous_actions(bucket(), opened(statements)) == actions


@pytest.mark.parametrize(
    ("seen", "actions"),
    [
        (opened([READ], {"RestrictPublicBuckets": True}), set()),
        (opened([READ], {"RestrictPublicBuckets": False}), {"s3:GetObject"}),
        (opened(grants={"READ": "AllUsers"}, ownership="ObjectWriter"), {"s3:ListBucket"}),
        (opened(grants={"READ": "AuthenticatedUsers"}, ownership="ObjectWriter"), {"s3:ListBucket"}),
        (opened(grants={"WRITE": "AllUsers"}, ownership=None), {"s3:PutObject", "s3:DeleteObject"}),
        (opened(grants={"WRITE": "AllUsers"}), set()),
        (opened(None, {"IgnorePublicAcls": True}, {"FULL_CONTROL": "AllUsers"}, "ObjectWriter"), set()),
    ],
)
def test_anonymous_actions_by_access_list(seen, actions):
    """An access list counts unless the public access block or the bucket's ownership disables it."""
    assert s3_access.anonymous_actions(bucket(), seen) == actions


def test_anonymous_actions_where_objects_may_have_lists_of_their_own():
    """Access lists of objects are not read, so the answer is unknown."""
    for ownership in ("ObjectWriter", "BucketOwnerPreferred", None):
        with pytest.raises(Unknown, match="their own ACLs"):
            s3_access.anonymous_actions(bucket(), opened(ownership=ownership))


def test_policies():
    """Whether there is a policy, and which principals it names."""
    seen = opened([READ, {**READ, "Principal": {"Service": "cloudfront.amazonaws.com"}}, {**READ, "Effect": "Deny"}])
    assert s3_access.has_policy(bucket(), seen) is True
    assert s3_access.has_policy(bucket(), opened()) is False
    assert s3_access.policy_admits(bucket(), seen) == {"*", "Service cloudfront.amazonaws.com"}
    assert s3_access.policy_admits(bucket(), opened()) == frozenset()
    assert s3_access.policy_admits(bucket(), opened([of_all_but(READ, NAMED_GRANTS)])) == {"*"}


@pytest.mark.parametrize(
    ("methods", "closed"), [([], True), (["GET", "HEAD"], True), (["PUT"], False), (["GET", "POST"], False)]
)
def test_closed_to_browser_uploads(methods, closed):
    """A rule that lets other origins read allows no upload."""
    rules = [entry({"AllowedMethods": methods}, CORS, parent=BUCKET.id)] if methods else []
    assert s3_access.closed_to_browser_uploads(bucket(), account({CORS: rules})) is closed


def test_old_version_days():
    """Rules in force only, for all objects; the shortest of them."""
    kind = "s3:bucket.lifecycle"

    def days(*rules, **narrowed):
        found = [
            entry(
                {"Status": status, **narrowed, **({"NoncurrentVersionExpiration": {"NoncurrentDays": n}} if n else {})},
                kind,
                [str(i)],
                parent=BUCKET.id,
            )
            for i, (status, n) in enumerate(rules)
        ]
        return s3_content.old_version_days(bucket(), account({kind: found}))

    assert days(("Enabled", 90), ("Enabled", 30), ("Disabled", 1)) == 30
    assert days(("Enabled", 30), Filter={"Prefix": ""}) == days(("Enabled", 30), Prefix="") == 30
    for narrowed in ({"Filter": {"Prefix": "tmp/"}}, {"Filter": {"Tag": {"Key": "k"}}}, {"Prefix": "tmp/"}):
        assert days(("Enabled", 30), **narrowed) is None
    assert days(("Enabled", 0)) is None


@pytest.mark.parametrize(
    ("found", "holds"),
    [([("index.html", 9)], True), ([("index.html", 0)], False), ([("index.html.bak", 9)], False), ([], False)],
)
def test_holds_index_page(found, holds):
    """The index page exists and is not empty."""
    kind = "s3:bucket.index-page"
    pages = [entry({"Key": key, "Size": size}, kind, [key], parent=BUCKET.id) for key, size in found]
    assert s3_content.holds_index_page(bucket(), account({kind: pages})) is holds


def test_replication():
    """In force, and to another region; the oldest region has no name."""
    location = "s3:bucket.location"
    buckets = {name: entry({"Name": name}, "s3:bucket", [name]) for name in ("here", "there", "near")}
    regions = {"here": None, "there": "us-west-2", "near": None}
    held = [entry({"LocationConstraint": regions[name]}, location, parent=one.id) for name, one in buckets.items()]
    seen = account({"s3:bucket": list(buckets.values()), location: held})
    for target, status, answers in [("there", "Enabled", (True, True)), ("near", "Disabled", (False, False))]:
        rule = record({"Status": status, "SourceBucket": "here", "Destination": {"Bucket": f"arn:aws:s3:::{target}"}})
        assert (s3_content.replicating(rule), s3_content.copies_to_another_region(rule, seen)) == answers


def test_parameter_type():
    """The type as AWS returns it."""
    assert ssm.parameter_type(record({"Type": "SecureString"})) == "SecureString"


@pytest.mark.parametrize(("arn", "kept"), [("arn:logs:one:*", True), ("arn:logs:gone:*", False), (None, False)])
def test_trail_kept_in_logs(arn, kept):
    """The group exists, and the trail records and delivers to it."""
    kind, group = "cloudtrail:trail.status", entry({"arn": "arn:logs:one:*"}, "logs:log-group", ["one"])
    one = record({"CloudWatchLogsLogGroupArn": arn}, "cloudtrail:trail", ["t"])
    failing = {"IsLogging": True, "LatestCloudWatchLogsDeliveryError": "AccessDenied"}
    for status, works in (({"IsLogging": True}, True), ({"IsLogging": False}, False), (failing, False)):
        seen = account({"logs:log-group": [group], kind: [entry(status, kind, parent=one.entry.id)]})
        assert trail.kept_in_logs(one, seen) is (kept and works)


@pytest.mark.parametrize(
    ("word", "metric", "found"),
    [
        ("connection", "Failures", True),
        ("TIMEOUT", "Failures", True),
        ("disk", "Failures", False),
        ("connection", "Other", False),
    ],
)
def test_alarms_on_counted_lines(word, metric, found):
    """The pattern or the name has the word, and an alarm watches the metric."""
    kind = "logs:log-group.filters"
    group = entry({"logGroupName": "g"}, "logs:log-group", ["g"])
    counts = {
        "filterName": "connections",
        "filterPattern": "?Timeout",
        "metricTransformations": [{"metricNamespace": "App", "metricName": "Failures"}],
    }
    alarm = entry({"Namespace": "App", "MetricName": metric}, "cloudwatch:alarm", ["a"])
    seen = account({kind: [entry(counts, kind, ["f"], parent=group.id)], "cloudwatch:alarm": [alarm]})
    assert log_alarms.alarms_on(record(group.data, group.kind, ["g"]), seen, word) is found


@pytest.mark.parametrize("compress", [True, False])
def test_distribution_compresses(compress):
    """Every behaviour counts, the default one included."""
    behaviours = {"DefaultCacheBehavior": {"Compress": True}, "CacheBehaviors": {"Items": [{"Compress": compress}]}}
    assert cloudfront.compresses(record(behaviours)) is compress
