"""Checks of distributions, with edge cases of cache policies and path patterns."""

from __future__ import annotations

from dataclasses import replace

import pytest

from asbuilt_content.checks.edge import cloudfront
from asbuilt_content.checks.edge.endpoints import subjects_at
from tests.records import account, entry, record

KIND = "cloudfront:distribution"
POLICIES = "cloudfront:cache-policy"
BUCKET = entry({"Name": "files"}, "s3:bucket", ["files"])
BALANCER = entry({"DNSName": "front-1.us-east-1.elb.amazonaws.com"}, "elbv2:load-balancer", ["front"])
FROM_BUCKET = {"Id": "b", "DomainName": "files.s3.eu-west-1.amazonaws.com", "S3OriginConfig": {}}
FROM_BALANCER = {
    "Id": "a",
    "DomainName": "front-1.us-east-1.elb.amazonaws.com",
    "CustomOriginConfig": {"OriginProtocolPolicy": "https-only"},
}


def behaviour(pattern="", origin="a", viewers="https-only", **more):
    """A cache behaviour."""
    return {"PathPattern": pattern, "TargetOriginId": origin, "ViewerProtocolPolicy": viewers, **more}


def distribution(*behaviours, default=None, **more):
    """A distribution with a load balancer and a bucket as origins."""
    items = {"Quantity": len(behaviours), "Items": list(behaviours)} if behaviours else {"Quantity": 0}
    origins = {"Quantity": 2, "Items": [FROM_BALANCER, FROM_BUCKET]}
    data = {"Origins": origins, "DefaultCacheBehavior": default or behaviour(), "CacheBehaviors": items, **more}
    return record(data, KIND)


def seeing(*policies):
    """An account with cache policies and the two subjects."""
    return account({POLICIES: policies}, {"files": [BUCKET], "front": [BALANCER]})


def policy(name, longest, *headers):
    """A cache policy with these headers in its cache key."""
    chosen = {"HeaderBehavior": "whitelist", "Headers": {"Quantity": len(headers), "Items": list(headers)}}
    key = {"HeadersConfig": chosen if headers else {"HeaderBehavior": "none"}}
    config = {"Name": name, "MaxTTL": longest, "ParametersInCacheKeyAndForwardedToOrigin": key}
    return entry({"Id": name, "CachePolicyConfig": config}, POLICIES, [name])


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("files.s3.amazonaws.com", "files"),
        ("files.s3.eu-west-1.amazonaws.com", "files"),
        ("files.s3-us-gov-west-1.amazonaws.com", "files"),
        ("files.s3-website.eu-west-1.amazonaws.com", "files"),
        ("files.s3-website-us-east-1.amazonaws.com", "files"),
        ("files.s3.dualstack.eu-west-1.amazonaws.com", "files"),
        ("files.s3.cn-north-1.amazonaws.com.cn", "files"),
        ("files.s3.other.s3.eu-west-1.amazonaws.com", ""),
        ("files.s3.eu-west-1.s3.amazonaws.com", ""),
        ("files.s3.eu-west-1.amazonaws.com.example.com", ""),
        ("other.files.s3.amazonaws.com", ""),
        ("s3.amazonaws.com", ""),
    ],
)
def test_a_bucket_is_met_at_its_own_hosts_only(host, found):
    """Names of buckets have dots, so that another bucket can be called `files.s3.other`."""
    assert subjects_at(host, seeing()) == {found or host}


def test_a_policy_that_is_called_like_anothers_id_does_not_replace_it():
    """Whether responses are cached is in the policy of this id, in whatever order AWS lists them."""
    caching = policy("caching", 60)
    forged = replace(policy("forged", 0), names=("caching",))
    for listed in ([caching, forged], [forged, caching]):
        assert cloudfront.cached(distribution(default=behaviour(CachePolicyId="caching")), seeing(*listed), "/")


def test_state_of_a_distribution():
    """State, price class and aliases are the distribution's fields."""
    on = record({"Enabled": True, "Status": "Deployed", "PriceClass": "PriceClass_All", "Aliases": {"Items": ["a.b"]}})
    off = record({"Enabled": False, "Status": "InProgress", "PriceClass": "PriceClass_100", "Aliases": {"Quantity": 0}})
    assert (cloudfront.enabled(on), cloudfront.deployed(on), cloudfront.price_class(on)) == (
        True,
        True,
        "PriceClass_All",
    )
    assert (cloudfront.enabled(off), cloudfront.deployed(off)) == (False, False)
    assert cloudfront.answers_for(on) == {"a.b"}
    assert cloudfront.answers_for(off) == frozenset()


def test_certificate_is_the_named_subject_or_its_arn():
    """A certificate that is no subject is its ARN; CloudFront's default certificate is none."""
    ours = entry({}, "acm:certificate", ["a.b"], arn="arn:ours")
    seen = account({}, {"certificate": [ours]})
    assert cloudfront.certificate(record({"ViewerCertificate": {"ACMCertificateArn": "arn:ours"}}), seen) == {
        "certificate"
    }
    assert cloudfront.certificate(record({"ViewerCertificate": {"ACMCertificateArn": "arn:old"}}), seen) == {"arn:old"}
    own = record({"ViewerCertificate": {"CloudFrontDefaultCertificate": True}})
    assert cloudfront.certificate(own, seen) == frozenset()


def test_origins_are_subjects_or_host_names():
    """A bucket and a load balancer are recognised by their host names; any other origin is its host name."""
    stranger = {
        "Id": "c",
        "DomainName": "old.example.org",
        "CustomOriginConfig": {"OriginProtocolPolicy": "match-viewer"},
    }
    found = record({"Origins": {"Items": [FROM_BALANCER, FROM_BUCKET, stranger]}})
    assert cloudfront.origins(found, seeing()) == {"front", "files", "old.example.org"}
    assert cloudfront.origin_protocols(found) == {"https-only", "match-viewer"}


@pytest.mark.parametrize(
    ("path", "origin"),
    [("/media/a.jpg", "files"), ("media/a.jpg", "files"), ("/Media/a.jpg", "front"), ("/a/media/b", "front")],
)
def test_the_first_matching_pattern_decides(path, origin):
    """Patterns match whole paths, case-sensitively, with or without a leading slash."""
    found = distribution(behaviour("media/*", "b"), behaviour("/media/a*", "a"))
    assert cloudfront.path_origin(found, seeing(), path) == {origin}


def test_viewer_protocols_of_every_behaviour():
    """The answer includes every behaviour's policy."""
    assert cloudfront.viewer_protocols(distribution()) == {"https-only"}
    assert "allow-all" in cloudfront.viewer_protocols(distribution(behaviour("/old/*", viewers="allow-all")))


@pytest.mark.parametrize(
    ("longest", "headers", "kept", "private"),
    [(0, [], False, True), (60, [], True, False), (60, ["authorization"], True, True), (60, ["Accept"], True, False)],
)
def test_a_cache_policy_decides_what_is_cached(longest, headers, kept, private):
    """A path is private if it is not cached, or if Authorization is in its cache key."""
    found = distribution(default=behaviour(CachePolicyId="p"))
    seen = seeing(policy("p", longest, *headers))
    assert cloudfront.cached(found, seen, "/api/") is kept
    assert cloudfront.private_to_caller(found, seen, "/api/") is private


def test_the_older_form_of_a_behaviour_is_understood():
    """With forwarded values, forwarding all headers disables caching, and the default limit is a year."""
    everything = behaviour(ForwardedValues={"Headers": {"Quantity": 1, "Items": ["*"]}})
    nothing = behaviour(ForwardedValues={"Headers": {"Quantity": 0}})
    assert cloudfront.private_to_caller(distribution(default=everything), seeing(), "/") is True
    assert cloudfront.private_to_caller(distribution(default=nothing), seeing(), "/") is False


@pytest.mark.parametrize(
    ("pattern", "private"),
    [("/api/public/*", False), ("*.jpg", False), ("/ap*", False), ("/static/*", True), ("/api", True)],
)
def test_earlier_behaviours_count_below_a_path(pattern, private):
    """An earlier behaviour without Authorization in its key caches for all callers."""
    found = distribution(behaviour(pattern, CachePolicyId="kept"), behaviour("/api/*", CachePolicyId="not"))
    seen = seeing(policy("kept", 60), policy("not", 0))
    assert cloudfront.private_to_caller(found, seen, "/api/") is private
    assert cloudfront.private_to_caller(found, seen, "/api/users") is (pattern != "/ap*")


@pytest.mark.parametrize(
    ("controls", "signed"),
    [
        (["always"], True),
        (["no-override"], True),
        (["never"], False),
        (["always", "never"], False),
        (["always", ""], False),
        ([], False),
    ],
)
def test_requests_to_buckets_are_signed(controls, signed):
    """An access control that never signs does not count; a distribution without S3 origins signs nothing."""
    kind = "cloudfront:origin-access-control"
    origins = [{"S3OriginConfig": {}, "OriginAccessControlId": name} for name in controls]
    found = record({"Origins": {"Items": [*origins, {"CustomOriginConfig": {}}]}}, "cloudfront:distribution")
    seen = account(
        {kind: [entry({"SigningBehavior": name}, kind, [name]) for name in ("always", "no-override", "never")]}
    )
    assert cloudfront.signs_bucket_requests(found, seen) is signed
