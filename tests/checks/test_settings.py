"""Checks of registries, target groups, quotas, DNS routing, logs and recent metrics."""

from __future__ import annotations

import datetime

import pytest

from asbuilt_content.checks.account import managed_stores, quotas
from asbuilt_content.checks.delivery import ecr
from asbuilt_content.checks.ecs import environment
from asbuilt_content.checks.edge import route53
from asbuilt_content.checks.elb import target_group
from asbuilt_content.checks.watch import logs, metrics
from tests.records import account, entry, record

REGISTRY, IMAGES, RECORDS = "ecr:registry", "ecr:repository.image", "route53:zone.records"


@pytest.mark.parametrize(
    ("on_push", "rules", "scanned"),
    [
        (True, [], True),
        (False, [], False),
        (True, "ENHANCED", False),
        (True, [{"scanFrequency": "CONTINUOUS_SCAN", "repositoryFilters": [{"filter": "*"}]}], True),
        (False, [{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "*"}]}], True),
        (False, [{"scanFrequency": "CONTINUOUS_SCAN", "repositoryFilters": [{"filter": "app"}]}], True),
        (False, [{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "other*"}]}], False),
        (False, [{"scanFrequency": "MANUAL", "repositoryFilters": [{"filter": "*"}]}], False),
    ],
)
def test_scanned_on_push(on_push, rules, scanned):
    """The repository's setting or a matching rule of the registry scans its images."""
    repository = record({"repositoryName": "app", "imageScanningConfiguration": {"scanOnPush": on_push}})
    settings = {"scanType": "BASIC", "rules": rules} if isinstance(rules, list) else {"scanType": rules}
    seen = account({REGISTRY: [entry({"scanningConfiguration": settings}, REGISTRY, ["1"])]})
    assert ecr.scanned_on_push(repository, seen) is scanned


def test_repository():
    """Encryption, URI, time of creation and number of tagged images."""
    made = datetime.datetime(2026, 1, 1, 14, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    data = {"encryptionConfiguration": {"encryptionType": "KMS"}, "repositoryUri": "r/app", "createdAt": made}
    repository = record(data, "ecr:repository", ["app"])
    images = [{"imageTags": ["1"]}, {"imageTags": []}, {}]
    of = [entry(image, IMAGES, [str(number)], repository.entry.id) for number, image in enumerate(images)]
    assert ecr.image_encryption(repository) == "KMS"
    assert ecr.uri(repository) == "r/app"
    assert ecr.created(repository) == "2026-01-01T12:30:00Z"
    assert ecr.tagged_images(repository, account({IMAGES: of})) == 1
    assert ecr.tagged_images(repository, account({IMAGES: []})) == 0


def test_target_group():
    """Health check port and interval, sticky sessions, and the number of healthy targets."""
    group = record({"HealthCheckPort": "traffic-port", "Port": 5000, "HealthCheckIntervalSeconds": 30}, ids=["g"])
    assert target_group.health_port(group) == 5000
    assert target_group.health_port(record({"HealthCheckPort": "9100", "Port": 5000})) == 9100
    assert target_group.health_interval_seconds(group) == 30
    kind = "elbv2:target-group.attributes"
    for value, sticks in [("true", True), ("false", False)]:
        attributes = {"Attributes": [{"Key": "stickiness.enabled", "Value": value}]}
        assert target_group.sticky(group, account({kind: [entry(attributes, kind, ["a"], group.entry.id)]})) is sticks
    kind = "elbv2:target-group.health"
    states = ["healthy", "unhealthy", "healthy", "draining"]
    of = [
        entry({"TargetHealth": {"State": state}}, kind, [str(number)], group.entry.id)
        for number, state in enumerate(states)
    ]
    assert target_group.healthy_targets(group, account({kind: of})) == 2
    assert target_group.healthy_targets(group, account({kind: []})) == 0


def test_quota():
    """The quota's applied value."""
    assert quotas.quota(record({"Value": 6.0})) == 6.0


FIRST, SECOND = {"Failover": "PRIMARY"}, {"Failover": "SECONDARY"}


@pytest.mark.parametrize(
    ("records", "fails_over", "by_place"),
    [
        ([{**FIRST, "HealthCheckId": "h"}, SECOND], True, False),
        ([{**FIRST, "AliasTarget": {"EvaluateTargetHealth": True}}, SECOND], True, False),
        ([{**FIRST, "AliasTarget": {"EvaluateTargetHealth": False}}, SECOND], False, False),
        ([FIRST, SECOND], False, False),
        ([{**FIRST, "HealthCheckId": "h"}, {**SECOND, "Name": "b.a.org."}], False, False),
        ([{**FIRST, "HealthCheckId": "h"}, {**SECOND, "Type": "AAAA"}], False, False),
        ([{**FIRST, "HealthCheckId": "h"}, {}], False, False),
        ([{"GeoLocation": {"CountryCode": "ZA"}}], False, True),
        ([{"GeoProximityLocation": {"AWSRegion": "af-south-1"}}], False, True),
        ([{}], False, False),
        ([], False, False),
    ],
)
def test_dns_routing(records, fails_over, by_place):
    """Failover pairs and geolocation records are recognised; a plain record is neither."""
    zone = record({"Id": "Z"}, "route53:zone", ["a.org"])
    of = [
        entry({"Name": "a.org.", "Type": "A", **item}, RECORDS, [str(n)], zone.entry.id)
        for n, item in enumerate(records)
    ]
    seen = account({RECORDS: of})
    assert route53.answers_by_failover(zone, seen) is fails_over
    assert route53.answers_by_place(zone, seen) is by_place


@pytest.mark.parametrize(
    ("ask", "kind"),
    [
        (managed_stores.managed_caches, "elasticache:cache"),
    ],
)
def test_counts_of_the_account(ask, kind):
    """Counts of none and of some."""
    assert ask(record({}), account({kind: []})) == 0
    assert ask(record({}), account({kind: [entry({}, kind, ["1"]), entry({}, kind, ["2"])]})) == 2


def test_databases_with_and_without_instances():
    """A cluster counts by its instances, or by itself if it has none."""
    kinds = ("rds:db", "rds:cluster")
    members: list[list[dict[str, str]]] = [[], [{}]]
    bare, full = (entry({"DBClusterMembers": of}, kinds[1], [str(len(of))]) for of in members)
    assert managed_stores.managed_databases(record({}), account({kinds[0]: [], kinds[1]: []})) == 0
    seen = account({kinds[0]: [entry({}, kinds[0], ["1"])], kinds[1]: [bare, full]})
    assert managed_stores.managed_databases(record({}), seen) == 2


def test_enabled_health_checks():
    """Disabled health checks do not count."""
    kind = "route53:health-check"
    held = [entry({"HealthCheckConfig": about}, kind, [str(about)]) for about in ({}, {"Disabled": True})]
    assert route53.health_checks(record({}), account({kind: held})) == 1
    assert route53.health_checks(record({}), account({kind: []})) == 0


def test_custom_namespaces():
    """Each namespace counts once, however many metrics it has."""
    kind = "cloudwatch:custom-metric"
    of = [
        entry({"Namespace": name}, kind, [str(number)])
        for number, name in enumerate(["App", "App", "Web", "ECS/ContainerInsights"])
    ]
    assert metrics.custom_namespaces(record({}), account({kind: of})) == 2
    assert metrics.custom_namespaces(record({}), account({kind: []})) == 0


def test_logs_and_recent_metrics():
    """Class and size of a log group; the metrics of this resource only."""
    group = record({"logGroupClass": "INFREQUENT_ACCESS", "storedBytes": 7})
    assert (logs.log_class(group), logs.stored_bytes(group)) == ("INFREQUENT_ACCESS", 7)
    service, kind = record({}, "ecs:service", ["web"]), "ecs:service.recent-metrics"
    of = [
        entry({"MetricName": "CPUUtilization"}, kind, ["1"], service.entry.id),
        entry({"MetricName": "Other"}, kind, ["2"], "another"),
    ]
    assert metrics.recent_metrics(service, account({kind: of})) == {"CPUUtilization"}
    assert metrics.recent_metrics(service, account({kind: []})) == frozenset()


def test_secret_references():
    """The references of all containers are counted."""
    service, kind = record({}, "ecs:service", ["web"]), "ecs:service.task-definition"
    containers = [{"secrets": [{"name": "A"}, {"name": "B"}]}, {}]
    seen = account({kind: [entry({"containerDefinitions": containers}, kind, ["web"], service.entry.id)]})
    assert environment.secret_references(service, seen) == 2
    seen = account({kind: [entry({"containerDefinitions": [{}]}, kind, ["web"], service.entry.id)]})
    assert environment.secret_references(service, seen) == 0
