"""The fix of a finding is filled from the evidence, and is safe to paste."""

from __future__ import annotations

import re

import jmespath
import pytest

from asbuilt.check import all_checks
from asbuilt.evidence import search
from asbuilt.judging.fix import _GAP, _OF_KIND, fix_for
from asbuilt.spec.expectation import would_do
from asbuilt.spec.model import Claim, Fact, Subject
from tests.records import entry

FIXES = {f"{check.kind}.{check.name}": check.fix for check in all_checks().values()}
KNOWN = {"name", "arn", "parameter", "expected", "instead", "wanted"}
LISTENERS = [
    entry(
        {"Port": port, "Protocol": protocol, "ListenerArn": f"arn:l{port}"}, "elbv2:load-balancer.listener", [protocol]
    )
    for port, protocol in ((80, "HTTP"), (443, "HTTPS"))
]


def fix(of, data=None, expected=True, parameter="", named=None, read=()):
    """The fix that a check gives for a record."""
    check = all_checks()[tuple(of.rsplit(".", 1))]
    wanted = type("Expected", (), {"raw": expected})()
    fact = Fact("f", "", Subject("s", check.kind), check, parameter, wanted, Claim("", "", 1), 1)
    return fix_for(fact, [entry(data or {}, check.kind, ["it"], arn="arn:it")], None, named, read)


@pytest.mark.parametrize(
    ("filled", "text"),
    [
        (fix("rds:db.backup_days", expected=">= 7"), "--backup-retention-period 7"),
        (fix("rds:db.backup_days", expected="< 7"), "--backup-retention-period <days>"),
        (fix("rds:db.allocated_gib", expected={"between": [100, 200]}), "--allocated-storage 100"),
        (
            fix("ecs:service.scales_from", {"clusterArn": "arn:aws:ecs:r:1:cluster/main"}, 2),
            "service/main/it --min-cap",
        ),
        (fix("ecs:service.scales_from", expected=2), "service/<cluster>/it --min-capacity 2"),
        (
            fix("rds:db.reachable_only_from", {"VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1"}]}),
            "--group-ids sg-1, ",
        ),
        (fix("elbv2:load-balancer.open_ports", {"SecurityGroups": ["sg-1", "sg-2"]}), "--group-ids sg-1 sg-2, "),
        (fix("ec2:instance.open_ports", {"SecurityGroups": [{"GroupId": "sg-1"}]}), "--group-ids sg-1, "),
        (fix("elasticache:cache.open_ports"), "--group-ids <groups>, "),
        (fix("elbv2:load-balancer.http_only_redirects", read=LISTENERS), "--listener-arn arn:l80 "),
        (fix("elbv2:load-balancer.http_only_redirects"), "--listener-arn <listener> "),
        (fix("elbv2:load-balancer.presents", parameter="443", read=LISTENERS), "--listener-arn arn:l443 "),
        (fix("elbv2:load-balancer.presents", parameter="8443", read=LISTENERS), "--listener-arn <listener> "),
        (fix("elbv2:load-balancer.presents", parameter="443' || '", read=LISTENERS), "--listener-arn <listener> "),
        (fix("lambda:function.variable", expected="30", parameter="LIMIT"), "'Variables={LIMIT=30}'"),
        (fix("rds:db.point_in_time_recovery"), "--backup-retention-period <days>"),
        (fix("elasticbeanstalk:environment.deployments_await_health"), "OptionName=IgnoreHealthCheck,Value=false"),
        (fix("elasticbeanstalk:environment.vcpus", expected=1), "OptionName=InstanceTypes,Value=<type>"),
        (fix("ecs:service.circuit_breaker"), "'deploymentCircuitBreaker={enable=true,rollback=true}'"),
    ],
)
def test_what_the_evidence_knows_is_filled_in(filled, text):
    """Placeholders are filled from the expectation and the records; others keep their description."""
    assert text in filled


def test_a_subject_that_is_wanted_is_named_by_its_arn():
    """An expected subject is written as its ARN, since commands do not know the spec's names."""
    role = entry({}, "iam:role", ["build"], arn="arn:aws:iam::1:role/build")
    named = {"build_role": ("iam:role", [role])}
    filled = fix("codebuild:project.builds_as", expected="build_role", named=named)
    assert filled.endswith("--service-role arn:aws:iam::1:role/build")


def test_what_evidence_says_is_quoted():
    """Values are quoted, also where they hold braces."""
    data = {"DBParameterGroups": [{"DBParameterGroupName": "a; rm -rf ~ {name}"}]}
    assert "'a; rm -rf ~ {name}'" in fix("rds:db.parameter", data, "1", "p")


def test_every_gap_says_what_belongs_there():
    """Descriptions have the form `<words>`, and the paths of placeholders are valid JMESPaths."""
    for name, text in FIXES.items():
        assert not re.search(r"<(?![a-z]+(?: [a-z]+)*>|[A-Za-z]*>)", text.replace("<=", "")), (name, text)
        assert not re.search(r"<(documented|its|the|same)\b", text), (name, text)
        for gap in _GAP.finditer(text):
            path = _OF_KIND.fullmatch(gap[1])
            if gap[2] and gap[1] not in KNOWN:
                jmespath.compile(path[2] if path else gap[1])
                search(path[2] if path else gap[1], [] if path else {}) if "after(" not in gap[1] else None


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (True, "true"),
        (7, "7"),
        ("postgres", "postgres"),
        (">= 7", "7"),
        ("<= 7", "7"),
        ("!= 0", None),
        ("< 200", None),
        (["a"], "a"),
        (["a", "b"], None),
        ({"includes": ["a"]}, "a"),
        ({"any_of": ["a", "b"]}, "a"),
        ({"excludes": ["a"]}, None),
        ({"matches": "a.*"}, None),
    ],
)
def test_a_value_that_would_do(raw, value):
    """The value comes from the expectation, where it names one."""
    assert would_do(raw) == value


def test_no_command_is_told_that_true_is_a_value():
    """The fix of a check that answers yes or no does not use the answer as a setting."""
    asked = {(check.kind, check.name): check for check in all_checks().values() if check.answers is bool}
    assert [key for key, check in asked.items() if "{wanted" in check.fix] == []
