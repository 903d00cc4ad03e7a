"""Where a load balancer's listeners lead."""

from __future__ import annotations

from checks import entrance
from tests.records import account, entry, record


def entrance_with(*rules, certificates=(), protocol="HTTPS", port=443):
    """A load balancer with one listener, its rules, and the target groups `web` and `api` as subjects."""
    balancer = record({}, "elbv2:load-balancer", ["front"])
    data = {"Port": port, "Protocol": protocol, "Certificates": [{"CertificateArn": arn} for arn in certificates]}
    listener = entry(data, "elbv2:load-balancer.listener", ["l"], parent=balancer.entry.id)
    held = [
        entry(rule, "elbv2:load-balancer.listener.rule", [str(n)], parent=listener.id) for n, rule in enumerate(rules)
    ]
    groups = {name: [entry({"TargetGroupArn": name.upper()}, "elbv2:target-group", [name])] for name in ("web", "api")}
    kinds = {"elbv2:load-balancer.listener": [listener], "elbv2:load-balancer.listener.rule": held}
    return balancer, account(kinds, groups)


def rule(group, *patterns, priority="1", field="path-pattern"):
    """A rule that forwards what matches to a group."""
    conditions = [{"Field": field, "PathPatternConfig": {"Values": list(patterns)}}] if patterns else []
    return {"Priority": priority, "Conditions": conditions, "Actions": [{"Type": "forward", "TargetGroupArn": group}]}


DEFAULT = rule("WEB", priority="default")


def test_a_path_leads_where_the_first_rule_for_it_sends():
    """The lower number first, the default last; rules about something else are passed over."""
    front = entrance_with(DEFAULT, rule("API", "/api", "/api/*", priority="20"))
    assert entrance.path_leads_to(*front, "/api/users") == "api"
    assert entrance.path_leads_to(*front, "/") == "web"
    both = entrance_with(DEFAULT, rule("API", "/api/*", priority="20"), rule("WEB", "/api/docs", priority="3"))
    assert entrance.path_leads_to(*both, "/api/docs") == "web"
    by_host = entrance_with(DEFAULT, rule("API", "/api/*", field="host-header"))
    assert entrance.path_leads_to(*by_host, "/api/users") == "web"


def test_a_path_leads_nowhere_without_a_rule_or_without_tls():
    """A redirect is no target, either."""
    assert entrance.path_leads_to(*entrance_with(), "/") is None
    assert entrance.path_leads_to(*entrance_with(DEFAULT, protocol="HTTP", port=80), "/") is None
    redirect = {"Priority": "default", "Conditions": [], "Actions": [{"Type": "redirect"}]}
    assert entrance.path_leads_to(*entrance_with(redirect), "/") is None
    assert entrance.path_leads_to(*entrance_with(rule("OTHER", priority="default")), "/") == "OTHER"


def test_certificates_of_acm_are_counted():
    """Those uploaded to IAM are not among them."""
    arns = ["arn:aws:acm:eu-west-1:1:certificate/x", "arn:aws:iam::1:server-certificate/y"]
    assert entrance.acm_certificates(*entrance_with(certificates=arns), "443") == 1
    assert entrance.acm_certificates(*entrance_with(certificates=arns), "8443") == 0
    assert entrance.acm_certificates(*entrance_with(), "443") == 0
