"""Questions about who may do what: bucket policies and lists, parameters, trails, counted lines."""

from __future__ import annotations

import pytest

from checks import cloudfront, log_alarms, s3_access, s3_content, ssm, trail
from tests.records import account, entry, record

BUCKET = entry({"Name": "b"}, "s3:bucket", ["b"], arn="arn:aws:s3:::b")
BLOCK, POLICY, ACL, CORS = "s3:bucket.public-access", "s3:bucket.policy", "s3:bucket.acl", "s3:bucket.cors"
EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
READ = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}


def bucket():
    """The bucket as a check is given it."""
    return record(BUCKET.data, BUCKET.kind, ["b"], arn=BUCKET.arn)


def opened(statements=None, block=None, grantees=()):
    """What a check sees of the bucket's policy, public access block and access list."""

    def of(kind, data):
        return [] if data is None else [entry(data, kind, parent=BUCKET.id)]

    policy = None if statements is None else {"Policy": {"Statement": statements}}
    listed = {"Grants": [{"Grantee": {"URI": EVERYBODY}, "Permission": one} for one in grantees]}
    return account({POLICY: of(POLICY, policy), BLOCK: of(BLOCK, block), ACL: of(ACL, listed)})


@pytest.mark.parametrize(
    ("seen", "actions"),
    [
        (opened([READ]), {"s3:GetObject"}),
        (
            opened([{**READ, "Principal": {"AWS": "*"}, "Action": ["s3:GetObject", "s3:ListBucket"]}]),
            {"s3:GetObject", "s3:ListBucket"},
        ),
        (opened([READ], {"RestrictPublicBuckets": True}), set()),
        (opened([{**READ, "Effect": "Deny"}]), set()),
        (opened([{**READ, "Principal": {"Service": "cloudfront.amazonaws.com"}}]), set()),
        (opened(), set()),
        (opened(grantees=["READ"]), {"s3:ListBucket"}),
        (opened(grantees=["WRITE"]), {"s3:PutObject", "s3:DeleteObject"}),
        (opened(None, {"IgnorePublicAcls": True}, ["FULL_CONTROL"]), set()),
    ],
)
def test_anonymous_actions(seen, actions):
    """By policy or by access list, unless the public access block takes it back."""
    assert s3_access.anonymous_actions(bucket(), seen) == actions


def test_policies():
    """Whether there is one, and whom it admits."""
    seen = opened([READ, {**READ, "Principal": {"Service": "cloudfront.amazonaws.com"}}, {**READ, "Effect": "Deny"}])
    assert s3_access.has_policy(bucket(), seen) is True
    assert s3_access.has_policy(bucket(), opened()) is False
    assert s3_access.policy_admits(bucket(), seen) == {"*", "Service cloudfront.amazonaws.com"}
    assert s3_access.policy_admits(bucket(), opened()) == frozenset()


@pytest.mark.parametrize(
    ("methods", "closed"), [([], True), (["GET", "HEAD"], True), (["PUT"], False), (["GET", "POST"], False)]
)
def test_closed_to_browser_uploads(methods, closed):
    """Reading by pages of other origins is no upload."""
    rules = [entry({"AllowedMethods": methods}, CORS, parent=BUCKET.id)] if methods else []
    assert s3_access.closed_to_browser_uploads(bucket(), account({CORS: rules})) is closed


def test_old_version_days():
    """Rules in force only, the shortest of them."""
    kind = "s3:bucket.lifecycle"

    def days(*rules):
        found = [
            entry(
                {"Status": status, **({"NoncurrentVersionExpiration": {"NoncurrentDays": n}} if n else {})},
                kind,
                [str(i)],
                parent=BUCKET.id,
            )
            for i, (status, n) in enumerate(rules)
        ]
        return s3_content.old_version_days(bucket(), account({kind: found}))

    assert days(("Enabled", 90), ("Enabled", 30), ("Disabled", 1)) == 30
    assert days(("Enabled", 0)) is None


@pytest.mark.parametrize(
    ("found", "holds"),
    [([("index.html", 9)], True), ([("index.html", 0)], False), ([("index.html.bak", 9)], False), ([], False)],
)
def test_holds_index_page(found, holds):
    """The page itself, with something in it."""
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
    """As it is."""
    assert ssm.parameter_type(record({"Type": "SecureString"})) == "SecureString"


@pytest.mark.parametrize(("arn", "kept"), [("arn:logs:one:*", True), ("arn:logs:gone:*", False), (None, False)])
def test_trail_kept_in_logs(arn, kept):
    """In a group that is there."""
    group = entry({"arn": "arn:logs:one:*"}, "logs:log-group", ["one"])
    assert trail.kept_in_logs(record({"CloudWatchLogsLogGroupArn": arn}), account({"logs:log-group": [group]})) is kept


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
    """The word in pattern or name, and an alarm on the metric that the filter counts."""
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


@pytest.mark.parametrize(("control", "signed"), [("E1", True), ("", False)])
def test_bucket_origins_are_signed(control, signed):
    """Every bucket origin; other origins have no such control."""
    origins = [{"S3OriginConfig": {}, "OriginAccessControlId": control}, {"CustomOriginConfig": {}}]
    assert cloudfront.signs_bucket_requests(record({"Origins": {"Items": origins}})) is signed
    assert cloudfront.signs_bucket_requests(record({"Origins": {"Items": origins[1:]}})) is False


@pytest.mark.parametrize("compress", [True, False])
def test_distribution_compresses(compress):
    """Every behaviour, the default one too."""
    behaviours = {"DefaultCacheBehavior": {"Compress": True}, "CacheBehaviors": {"Items": [{"Compress": compress}]}}
    assert cloudfront.compresses(record(behaviours)) is compress
