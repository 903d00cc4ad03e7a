"""Checks of load balancers, listeners, rules, target groups and targets."""

from __future__ import annotations

import pytest

from asbuilt.evidence import ResourceId, Unknown
from asbuilt_content.checks.elb import load_balancer, target_group
from tests.records import account, entry, record

REDIRECT = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS"}}
FORWARD = {"Type": "forward", "TargetGroupArn": "arn:t"}


def _balancer(*listeners, subjects=None, attributes=()):
    """A load balancer with listeners as (port, protocol, certificates, actions of each rule)."""
    balancer = entry({}, "elbv2:load-balancer", ["alb"])
    found, rules = [], []
    for port, protocol, certificates, actions in listeners:
        data = {"Port": port, "Protocol": protocol}
        data |= {"Certificates": [{}] * certificates} if certificates else {}
        listener = entry(data, "elbv2:load-balancer.listener", [str(port)], parent=balancer.id)
        found.append(listener)
        kind = "elbv2:load-balancer.listener.rule"
        rules += [entry({"Actions": [a]}, kind, [str(id(a))], parent=listener.id) for a in actions]
    pairs = [{"Key": key, "Value": value} for key, value in attributes]
    held = entry({"Attributes": pairs}, "elbv2:load-balancer.attributes", parent=balancer.id)
    kinds = {"elbv2:load-balancer.listener": found, "elbv2:load-balancer.listener.rule": rules}
    seen = account({"elbv2:load-balancer": [balancer], **kinds, "elbv2:load-balancer.attributes": [held]}, subjects)
    return seen.find("elbv2:load-balancer", ResourceId("alb")), seen


def test_balancer_facts():
    """The answers are AWS's fields."""
    balancer = record({"Type": "application", "State": {"Code": "active"}, "Scheme": "internal"})
    assert load_balancer.balancer_type(balancer) == "application"
    assert load_balancer.state(balancer) == "active"
    assert load_balancer.scheme(balancer) == "internal"


def test_listener_protocol_and_certificates():
    """Only the listener on that port counts."""
    seen = _balancer((443, "HTTPS", 1, [FORWARD]), (80, "HTTP", 0, [REDIRECT]))
    assert load_balancer.listener_protocol(*seen, "443") == "HTTPS"
    assert load_balancer.listener_protocol(*seen, "8443") is None
    assert [load_balancer.certificates(*seen, port) for port in ("443", "80", "8443")] == [1, 0, 0]


@pytest.mark.parametrize(
    ("listeners", "only"),
    [
        ([(443, "HTTPS", 1, [FORWARD])], True),
        ([(443, "HTTPS", 1, [FORWARD]), (80, "HTTP", 0, [REDIRECT])], True),
        ([(80, "HTTP", 0, [FORWARD])], False),
        ([(80, "HTTP", 0, [REDIRECT, FORWARD])], False),
        ([(80, "HTTP", 0, [{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTP"}}])], False),
        ([(80, "HTTP", 0, [])], False),
        ([], False),
    ],
)
def test_http_only_redirects(listeners, only):
    """Every rule of every HTTP listener must redirect; without listeners the answer is no."""
    assert load_balancer.http_only_redirects(*_balancer(*listeners)) is only


def test_forwards_to_subjects_by_weight():
    """A group with weight 0 does not count; a group that is no subject is its ARN."""
    targets = entry({"TargetGroupArn": "arn:t"}, "elbv2:target-group", ["arn:t"])
    weighed = [{"TargetGroupArn": "arn:t", "Weight": 100}, {"TargetGroupArn": "arn:green", "Weight": 0}]
    split = [{"TargetGroupArn": "arn:t", "Weight": 50}, {"TargetGroupArn": "arn:green", "Weight": 50}]
    for action, groups in [
        (FORWARD, {"targets"}),
        ({"Type": "forward", "ForwardConfig": {"TargetGroups": weighed}}, {"targets"}),
        ({"Type": "forward", "ForwardConfig": {"TargetGroups": split}}, {"targets", "arn:green"}),
        (REDIRECT, set()),
    ]:
        seen = _balancer((443, "HTTPS", 1, [action]), subjects={"targets": [targets]})
        assert load_balancer.forwards_to(*seen) == groups


def test_access_logs():
    """Enabled, disabled, and not set, which is disabled."""
    assert load_balancer.access_logs(*_balancer(attributes=[("access_logs.s3.enabled", "true")]))
    assert not load_balancer.access_logs(*_balancer(attributes=[("access_logs.s3.enabled", "false")]))
    assert not load_balancer.access_logs(*_balancer())


def test_target_group_facts():
    """The answers are AWS's fields."""
    group = record(
        {"Protocol": "HTTP", "Port": 8000, "TargetType": "ip", "HealthCheckEnabled": False, "HealthCheckPath": "/"}
    )
    assert (target_group.protocol(group), target_group.port(group)) == ("HTTP", 8000)
    assert target_group.target_type(group) == "ip"
    assert not target_group.health_checked(group)
    assert target_group.health_path(group) == "/"
    with pytest.raises(Unknown):
        target_group.health_checked(record({}))


@pytest.mark.parametrize(
    ("states", "healthy"),
    [
        (["healthy", "healthy"], True),
        (["healthy", "draining"], True),
        (["healthy", "unhealthy"], False),
        (["initial"], False),
        (["unused"], False),
        (["draining"], False),
        ([], False),
    ],
)
def test_all_targets_healthy(states, healthy):
    """All targets except draining ones must be healthy, and there must be one."""
    group = entry({}, "elbv2:target-group", ["t"])
    kind = "elbv2:target-group.health"
    health = [
        entry({"TargetHealth": {"State": state}}, kind, [str(number)], parent=group.id)
        for number, state in enumerate(states)
    ]
    seen = account({"elbv2:target-group": [group], kind: health})
    assert target_group.all_targets_healthy(seen.find("elbv2:target-group", ResourceId("t")), seen) is healthy
