"""Routing of a load balancer's listeners, and their certificates."""

from __future__ import annotations

import pytest

from asbuilt.evidence import Unknown
from asbuilt_content.checks.elb import routing
from tests.records import account, entry, record


def balancer_with(*rules, certificates=(), protocol="HTTPS", port=443):
    """A load balancer with one listener, its rules, and the target groups `web` and `api` as subjects."""
    balancer = record({}, "elbv2:load-balancer", ["front"])
    data = {"Port": port, "Protocol": protocol, "Certificates": [{"CertificateArn": arn} for arn in certificates]}
    listener = entry(data, "elbv2:load-balancer.listener", ["l"], parent=balancer.entry.id)
    held = [
        entry(rule, "elbv2:load-balancer.listener.rule", [str(n)], parent=listener.id) for n, rule in enumerate(rules)
    ]
    groups = {
        name: [entry({"TargetGroupArn": name.upper()}, "elbv2:target-group", [name.upper()])] for name in ("web", "api")
    }
    kinds = {"elbv2:load-balancer.listener": [listener], "elbv2:load-balancer.listener.rule": held}
    return balancer, account(kinds, groups)


def rule(group, *patterns, priority="1", field="path-pattern"):
    """A rule that forwards matching requests to a group."""
    conditions = [{"Field": field, "PathPatternConfig": {"Values": list(patterns)}}] if patterns else []
    return {"Priority": priority, "Conditions": conditions, "Actions": [{"Type": "forward", "TargetGroupArn": group}]}


DEFAULT = rule("WEB", priority="default")


def test_the_first_matching_rule_decides():
    """Rules apply in order of priority, the default rule last."""
    front = balancer_with(DEFAULT, rule("API", "/api", "/api/*", priority="20"))
    assert routing.path_leads_to(*front, "/api/users") == "api"
    assert routing.path_leads_to(*front, "/") == "web"
    both = balancer_with(DEFAULT, rule("API", "/api/*", priority="20"), rule("WEB", "/api/docs", priority="3"))
    assert routing.path_leads_to(*both, "/api/docs") == "web"


def test_a_condition_beyond_the_path_makes_the_target_unknown():
    """Unless the rule has the same target, comes after one that always applies, or is for other paths."""
    by_host = rule("API", "api.example.org", field="host-header", priority="1")
    with pytest.raises(Unknown, match="rule 1"):
        routing.path_leads_to(*balancer_with(DEFAULT, by_host), "/users")
    assert routing.path_leads_to(*balancer_with(rule("API", priority="default"), by_host), "/users") == "api"
    first = rule("WEB", "/*", priority="1")
    assert routing.path_leads_to(*balancer_with(DEFAULT, first, {**by_host, "Priority": "2"}), "/users") == "web"
    other = {**by_host, "Conditions": [*by_host["Conditions"], *rule("API", "/api/*")["Conditions"]]}
    assert routing.path_leads_to(*balancer_with(DEFAULT, other), "/users") == "web"


def test_listeners_with_different_targets_have_no_common_one():
    """Every HTTPS listener counts."""
    balancer, seen = balancer_with(DEFAULT)
    kinds = ("elbv2:load-balancer.listener", "elbv2:load-balancer.listener.rule")
    second = entry({"Port": 8443, "Protocol": "HTTPS"}, kinds[0], ["m"], parent=balancer.entry.id)
    way = entry(rule("API", priority="default"), kinds[1], ["x"], parent=second.id)
    entries = {kind: [item.entry for item in seen.all(kind)] for kind in kinds}
    both = account({kinds[0]: [*entries[kinds[0]], second], kinds[1]: [*entries[kinds[1]], way]})
    assert routing.path_leads_to(balancer, both, "/") is None


def test_a_path_without_a_rule_or_without_tls_has_no_target():
    """A redirect is no target either."""
    assert routing.path_leads_to(*balancer_with(), "/") is None
    assert routing.path_leads_to(*balancer_with(DEFAULT, protocol="HTTP", port=80), "/") is None
    redirect = {"Priority": "default", "Conditions": [], "Actions": [{"Type": "redirect"}]}
    assert routing.path_leads_to(*balancer_with(redirect), "/") is None
    assert routing.path_leads_to(*balancer_with(rule("OTHER", priority="default")), "/") == "OTHER"


def test_acm_certificates_are_counted():
    """Certificates uploaded to IAM do not count."""
    arns = ["arn:aws:acm:eu-west-1:1:certificate/x", "arn:aws:iam::1:server-certificate/y"]
    assert routing.acm_certificates(*balancer_with(certificates=arns), "443") == 1
    assert routing.acm_certificates(*balancer_with(certificates=arns), "8443") == 0
    assert routing.acm_certificates(*balancer_with(), "443") == 0
