"""Checks of CloudFront distributions (`cloudfront:ListDistributions`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

from .endpoints import subjects_at

_POLICIES, _CONTROLS = "cloudfront:cache-policy", "cloudfront:origin-access-control"
_YEAR = 31536000  # CloudFront's default for the longest time to live, in seconds


@check(
    "cloudfront:distribution",
    severity="high",
    fix="Enable distribution {name}: CloudFront console, or update-distribution with Enabled true.",
)
def enabled(distribution: Record) -> bool:
    """Whether the distribution is enabled."""
    return distribution["Enabled"]


@check("cloudfront:distribution", severity="medium", fix="aws cloudfront wait distribution-deployed --id {Id}")
def deployed(distribution: Record) -> bool:
    """Whether the last change is deployed to all edge locations."""
    return distribution["Status"] == "Deployed"


@check(
    "cloudfront:distribution", severity="low", fix="Set the price class of distribution {name} to the documented one."
)
def price_class(distribution: Record) -> str:
    """The price class, which selects the edge locations: `PriceClass_All` selects all of them."""
    return distribution["PriceClass"]


@check(
    "cloudfront:distribution",
    severity="high",
    fix="Add the documented host names to the aliases of distribution {name}.",
)
def answers_for(distribution: Record) -> frozenset[str]:
    """The alternate host names (aliases) of the distribution."""
    return frozenset(distribution["Aliases"].get("Items", ()))


@check(
    "cloudfront:distribution",
    severity="high",
    names_subjects=True,
    controls=["AWS FSBP CloudFront.7"],
    fix="Set the documented ACM certificate as the viewer certificate of distribution {name}.",
)
def certificate(distribution: Record, account: Account) -> frozenset[str]:
    """The subject (else ARN) that is its viewer certificate; empty if it uses CloudFront's default certificate."""
    arn = distribution["ViewerCertificate"].get_reference("ACMCertificateArn")
    return frozenset({account.named(arn)} if arn else ())


@check(
    "cloudfront:distribution",
    severity="high",
    names_subjects=True,
    fix="Make the documented resources the origins of distribution {name}.",
)
def origins(distribution: Record, account: Account) -> frozenset[str]:
    """The subjects (else host names) that are its origins."""
    return frozenset().union(*(subjects_at(item["DomainName"], account) for item in distribution["Origins"]["Items"]))


@check(
    "cloudfront:distribution",
    severity="medium",
    names_subjects=True,
    fix="Give distribution {name} a cache behaviour that sends {parameter} to the documented origin.",
)
def path_origin(distribution: Record, account: Account, path: str) -> frozenset[str]:
    """The subject (else host name) that is the origin for a path."""
    wanted = _behaviour(distribution, path)["TargetOriginId"]
    found = [item for item in distribution["Origins"]["Items"] if item["Id"] == wanted]
    return frozenset().union(*(subjects_at(item["DomainName"], account) for item in found))


@check(
    "cloudfront:distribution",
    severity="high",
    controls=["AWS FSBP CloudFront.3"],
    fix="Set every cache behaviour of distribution {name} to redirect-to-https.",
)
def viewer_protocols(distribution: Record) -> frozenset[str]:
    """The viewer protocol policies of its cache behaviours: `allow-all` admits plain HTTP."""
    return frozenset(behaviour["ViewerProtocolPolicy"] for behaviour in _behaviours(distribution))


@check(
    "cloudfront:distribution",
    severity="high",
    controls=["AWS FSBP CloudFront.9"],
    fix="Set the origin protocol policy of every custom origin of distribution {name} to https-only.",
)
def origin_protocols(distribution: Record) -> frozenset[str]:
    """The protocol policies of its custom origins: only `https-only` excludes plain HTTP."""
    custom = [item["CustomOriginConfig"] for item in distribution["Origins"]["Items"] if "CustomOriginConfig" in item]
    return frozenset(item["OriginProtocolPolicy"] for item in custom)


@check(
    "cloudfront:distribution",
    severity="low",
    reads=[_POLICIES],
    fix="Give {parameter} a cache behaviour with a caching policy on distribution {name}.",
)
def cached(distribution: Record, account: Account, path: str) -> bool:
    """Whether responses for a path can be cached at the edge."""
    return _cache_key(_behaviour(distribution, path), account)[0]


@check(
    "cloudfront:distribution",
    severity="critical",
    reads=[_POLICIES],
    fix="Set CachingDisabled on the behaviour for {parameter} of distribution {name}, "
    "or add Authorization to its cache key.",
)
def private_to_caller(distribution: Record, account: Account, path: str) -> bool:
    """Whether no caller gets a response cached for another: not cached, or with Authorization in the cache key.

    A path that ends in `/` includes all paths below it.
    """
    keys = [_cache_key(behaviour, account) for behaviour in _behaviours_at(distribution, path)]
    return all(not caches or "authorization" in headers for caches, headers in keys)


def _behaviours(distribution: Record) -> Iterator[Record]:
    yield distribution["DefaultCacheBehavior"]
    yield from distribution["CacheBehaviors"].get("Items", ())


def _behaviour(distribution: Record, path: str) -> Record:
    """The behaviour that CloudFront uses: the first whose pattern matches, else the default."""
    *_, last = _behaviours_at(distribution, path)
    return last


def _behaviours_at(distribution: Record, path: str) -> Iterator[Record]:
    """The behaviours that can apply below a path, and last the one that applies to the path itself."""
    bare = path.lstrip("/")
    for behaviour in distribution["CacheBehaviors"].get("Items", ()):
        written = behaviour["PathPattern"].lstrip("/")
        if re.fullmatch(re.escape(written).replace(r"\*", ".*").replace(r"\?", "."), bare):
            yield behaviour
            return
        start = re.split(r"[*?]", written)[0]
        if path.endswith("/") and (start.startswith(bare) or ("*" in written and bare.startswith(start))):
            yield behaviour
    yield distribution["DefaultCacheBehavior"]


def _cache_key(behaviour: Record, account: Account) -> tuple[bool, set[str]]:
    """Whether a behaviour caches responses, and the headers in its cache key, in lower case."""
    headers: Any
    if "CachePolicyId" in behaviour:
        policy = account.get(_POLICIES, behaviour.reference("CachePolicyId"))["CachePolicyConfig"]
        headers = policy["ParametersInCacheKeyAndForwardedToOrigin"]["HeadersConfig"].get("Headers", {})
        longest = policy.get("MaxTTL", _YEAR)
    else:  # the older form, in which the behaviour itself holds the settings of a cache policy
        headers, longest = behaviour["ForwardedValues"].get("Headers", {}), behaviour.get("MaxTTL", _YEAR)
    names = {name.lower() for name in headers.get("Items", ())}
    return longest > 0 and "*" not in names, names  # a behaviour that forwards all headers caches nothing


@check(
    "cloudfront:distribution",
    severity="high",
    reads=[_CONTROLS],
    controls=["AWS FSBP CloudFront.13"],
    fix="Give every bucket origin of distribution {name} an origin access control.",
)
def signs_bucket_requests(distribution: Record, account: Account) -> bool:
    """Whether it has S3 origins, and signs its requests to each of them with an origin access control."""
    buckets = [item for item in distribution["Origins"]["Items"] if "S3OriginConfig" in item]
    # AWS omits the field, or leaves it empty, where an origin has no access control
    ids = [item.get_reference("OriginAccessControlId") for item in buckets]
    return bool(ids) and all(one and account.get(_CONTROLS, one)["SigningBehavior"] != "never" for one in ids)


@check(
    "cloudfront:distribution",
    severity="low",
    fix="Enable compression in every cache behaviour of distribution {name}.",
)
def compresses(distribution: Record) -> bool:
    """Whether every cache behaviour compresses responses."""
    return all(behaviour["Compress"] for behaviour in _behaviours(distribution))
