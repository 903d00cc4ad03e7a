"""Checks of caches in both of AWS's forms: replication groups and single clusters."""

from __future__ import annotations

import pytest

from asbuilt.evidence import ResourceId, Unknown
from asbuilt_content.checks.data import elasticache
from tests.records import account, entry, record

MEMBER = {"CacheClusterId": "g-001", "Engine": "redis", "CacheSubnetGroupName": "subnets"}
LONE = {
    "CacheClusterId": "c",
    "Engine": "redis",
    "CacheSubnetGroupName": "subnets",
    "CacheNodeType": "cache.t3.micro",
    "NumCacheNodes": 1,
    "CacheClusterStatus": "available",
    "TransitEncryptionEnabled": False,
    "CacheNodes": [{"Endpoint": {"Address": "c.host", "Port": 6379}}],
}
GROUP = {
    "ReplicationGroupId": "g",
    "CacheNodeType": "cache.r5.large",
    "MemberClusters": ["g-001"],
    "ClusterEnabled": False,
    "Status": "available",
    "AutomaticFailover": "enabled",
    "TransitEncryptionEnabled": True,
    "NodeGroups": [{"PrimaryEndpoint": {"Address": "g.host", "Port": 6379}}],
}


def _cache(data, *members, **more):
    cache = entry(data, "elasticache:cache", ["x"])
    kinds = {"elasticache:cluster": [entry(each, "elasticache:cluster", [each["CacheClusterId"]]) for each in members]}
    seen = account({"elasticache:cache": [cache], **kinds, **more})
    return seen.find("elasticache:cache", ResourceId("x")), seen


@pytest.mark.parametrize("seen", [_cache(LONE), _cache(GROUP, MEMBER)])
def test_fields_of_members(seen):
    """Engine and subnet group come from a group's members, or from the single cluster."""
    assert elasticache.engine(*seen) == "redis"
    assert elasticache.subnet_group(*seen) == "subnets"


def test_a_member_that_was_not_read_is_unknown():
    """A group names its members; if they are missing from the answer, the answer is unknown."""
    with pytest.raises(Unknown):
        elasticache.engine(*_cache(GROUP))


def test_shape_in_both_forms():
    """Type, nodes, port, mode and state of both forms."""
    for data, nodes, mode in (
        (LONE, 1, "disabled"),
        (GROUP, 1, "disabled"),
        ({**GROUP, "ClusterEnabled": True}, 1, "enabled"),
    ):
        cache = record(data)
        assert elasticache.node_type(cache) == data["CacheNodeType"]
        assert elasticache.nodes(cache) == nodes
        assert elasticache.cluster_mode(cache) == mode
        assert elasticache.port(cache) == 6379
        assert elasticache.available(cache)
    assert elasticache.nodes(record({**GROUP, "MemberClusters": ["a", "b"]})) == 2
    assert not elasticache.available(record({**GROUP, "Status": "modifying"}))
    assert not elasticache.available(record({**LONE, "CacheClusterStatus": "creating"}))


def test_endpoints_in_every_form():
    """A sharded cache has one endpoint, a group one for each primary, a single cluster one for each node."""
    sharded = {**GROUP, "ConfigurationEndpoint": {"Address": "all.host", "Port": 6379}}
    for data, host in ((LONE, "c.host"), (GROUP, "g.host"), (sharded, "all.host")):
        assert [endpoint["Address"] for endpoint in elasticache.endpoints(record(data))] == [host]


@pytest.mark.parametrize(
    ("data", "encrypted"),
    [
        (LONE, False),
        ({**LONE, "TransitEncryptionEnabled": True}, True),
        (GROUP, True),
        ({**GROUP, "TransitEncryptionMode": "required"}, True),
        ({**GROUP, "TransitEncryptionMode": "preferred"}, False),
        ({**GROUP, "TransitEncryptionEnabled": False}, False),
    ],
)
def test_encrypted_in_transit(data, encrypted):
    """A cache that also accepts plain connections is not encrypted."""
    assert elasticache.encrypted_in_transit(record(data)) is encrypted


@pytest.mark.parametrize(
    ("data", "automatic"),
    [
        (LONE, False),
        (GROUP, True),
        ({**GROUP, "AutomaticFailover": "disabled"}, False),
        ({**GROUP, "AutomaticFailover": "enabling"}, False),
    ],
)
def test_automatic_failover(data, automatic):
    """Failover counts once it is enabled, not while it is being enabled."""
    assert elasticache.automatic_failover(record(data)) is automatic


@pytest.mark.parametrize(
    ("change", "years"),
    [
        ({}, 1),
        ({"State": "retired"}, None),
        ({"CacheNodeType": "cache.r5.4xlarge"}, 1),
        ({"CacheNodeType": "cache.r6g.large"}, None),
        ({"CacheNodeType": "cache.t3.micro"}, None),
    ],
)
def test_reserved_years(change, years):
    """Only active reservations of the node family count, whatever their size."""
    held = {"State": "active", "CacheNodeType": "cache.r5.large", "Duration": elasticache.YEAR, **change}
    reservations = {"elasticache:reservation": [entry(held, "elasticache:reservation", ["r"])]}
    assert elasticache.reserved_years(*_cache(GROUP, **reservations)) == years


def test_description():
    """The description is the subnet group's field."""
    assert elasticache.description(record({"CacheSubnetGroupDescription": "d"})) == "d"
