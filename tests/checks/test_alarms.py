"""Checks of the alarms on a resource, of published metrics and of cost control."""

from __future__ import annotations

import datetime

import pytest

from asbuilt.evidence import Unknown
from asbuilt_content.checks.account import cost
from asbuilt_content.checks.watch import alarms, metrics
from tests.records import account, entry, record

ACCOUNT = record({"Account": "1"}, "aws:account")
ARN = "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/front/1"
BALANCER = record({"LoadBalancerArn": ARN, "LoadBalancerName": "front"}, "elbv2:load-balancer", ["front"])
DIMENSIONS = [{"Name": "LoadBalancer", "Value": "app/front/1"}]
TOPIC = "arn:aws:sns:us-east-1:1:watch"
SCALES = "arn:aws:autoscaling:us-east-1:1:scalingPolicy:x"


def alarm(metric="RequestCount", **more):
    """An alarm on the load balancer that notifies the topic."""
    return {
        "Namespace": "AWS/ApplicationELB",
        "MetricName": metric,
        "Dimensions": DIMENSIONS,
        "Threshold": 80.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "ActionsEnabled": True,
        "AlarmActions": [TOPIC],
        **more,
    }


def seeing(*found, subscription=f"{TOPIC}:1", kinds=("cloudwatch:alarm", "sns:subscription")):
    """Alarms, and one subscription to the topic."""
    listener = entry({"TopicArn": TOPIC, "SubscriptionArn": subscription}, kinds[1], ["s"])
    return account({kinds[0]: [entry(item, kinds[0], [str(n)]) for n, item in enumerate(found)], kinds[1]: [listener]})


def test_limits_above_which_an_alarm_fires():
    """Only alarms on this resource that fire above count, without those of scaling policies."""
    seen = seeing(
        alarm(Threshold=80.0),
        alarm(Threshold=90.0, ComparisonOperator="GreaterThanOrEqualToThreshold"),
        alarm(Threshold=10.0, ComparisonOperator="LessThanThreshold"),
        alarm(Threshold=70.0, AlarmActions=[SCALES]),
        alarm(Threshold=60.0, Dimensions=[{"Name": "LoadBalancer", "Value": "app/other/2"}]),
        alarm(Threshold=50.0, Namespace="Other"),
        alarm("ProcessedBytes", Threshold=40.0),
    )
    assert alarms.alarms_above(BALANCER, seen, "RequestCount") == {80, 90}
    assert alarms.alarmed_metrics(BALANCER, seen) == {"RequestCount", "ProcessedBytes"}


def test_an_alarm_on_an_expression_watches_its_metrics():
    """An alarm on an error rate, an expression over two metrics, watches both."""
    metric = {"Namespace": "AWS/ApplicationELB", "MetricName": "HTTPCode_Target_5XX_Count", "Dimensions": DIMENSIONS}
    rate = {name: value for name, value in alarm().items() if name not in ("MetricName", "Namespace", "Dimensions")}
    rate["Metrics"] = [{"Id": "rate", "Expression": "e/r"}, {"Id": "e", "MetricStat": {"Metric": metric}}]
    assert alarms.alarms_on_errors(BALANCER, seeing(rate)) is True
    assert alarms.alarms_on_errors(BALANCER, seeing(alarm())) is False


@pytest.mark.parametrize(
    ("found", "subscription", "notifies"),
    [
        ([alarm()], f"{TOPIC}:1", True),
        ([alarm()], "PendingConfirmation", False),
        ([alarm(ActionsEnabled=False)], f"{TOPIC}:1", False),
        ([alarm(), alarm(AlarmActions=[])], f"{TOPIC}:1", False),
        ([alarm(), alarm(AlarmActions=[SCALES])], f"{TOPIC}:1", True),
        ([alarm(AlarmActions=[SCALES])], f"{TOPIC}:1", False),
        ([], f"{TOPIC}:1", False),
    ],
)
def test_alarms_notify(found, subscription, notifies):
    """Each alarm needs a topic with a confirmed subscription; without alarms the answer is no."""
    assert alarms.alarms_notify(BALANCER, seeing(*found, subscription=subscription)) is notifies


def _measured(requests, own, targets):
    kinds = {metrics._REQUESTS: requests, metrics._OWN_ERRORS: own, metrics._TARGET_ERRORS: targets}
    return account(
        {
            kind: [entry({"Sum": value}, kind, [str(n)], BALANCER.entry.id) for n, value in enumerate(values)]
            for kind, values in kinds.items()
        }
    )


def test_uptime_over_thirty_days():
    """Errors of targets and of the balancer count, missing errors are none, and missing days are unknown."""
    assert metrics.uptime_percent(BALANCER, _measured([1000] * 30, [], [])) == 100
    assert metrics.uptime_percent(BALANCER, _measured([990] * 30, [300], [300])) == 98
    for days in (29, 0):
        with pytest.raises(Unknown):
            metrics.uptime_percent(BALANCER, _measured([1000] * days, [], []))
    with pytest.raises(Unknown, match="got no request"):
        metrics.uptime_percent(BALANCER, _measured([0] * 30, [], []))


def test_published_metrics():
    """Only metrics of the same resource count."""
    kind = "elbv2:load-balancer.metrics"
    seen = account({kind: [entry({"MetricName": "RequestCount"}, kind, ["m"], BALANCER.entry.id)]})
    assert metrics.metrics(BALANCER, seen) == {"RequestCount"}
    assert metrics.metrics(BALANCER, account({kind: []})) == frozenset()


def test_a_cache_is_measured_by_its_members():
    """A group has the metrics of its clusters, a single cluster its own; without metrics hits are unknown."""
    names = ("g-1", "g-2", "lone")
    data = [{"CacheClusterId": name} | ({} if name == "lone" else {"ReplicationGroupId": "g"}) for name in names]
    clusters = [entry(item, "elasticache:cluster", [item["CacheClusterId"]]) for item in data]
    hits = [entry({"Sum": 10.0**n}, "elasticache:cluster.hits", ["h"], each.id) for n, each in enumerate(clusters)]
    seen = account({"elasticache:cluster": clusters, "elasticache:cluster.hits": hits})
    assert metrics.hits(record({"ReplicationGroupId": "g"}, "elasticache:cache"), seen) == 11
    assert metrics.hits(record({"CacheClusterId": "lone"}, "elasticache:cache"), seen) == 100
    with pytest.raises(Unknown):
        metrics.hits(record({"CacheClusterId": "new"}, "elasticache:cache"), seen)


def test_peak_connections():
    """The maximum of the month; without samples it is unknown."""
    db, kind = record({"DBInstanceIdentifier": "d"}, "rds:db", ["d"]), "rds:db.connections"
    points = [entry({"Maximum": value}, kind, [str(value)], db.entry.id) for value in (3.0, 7.0)]
    assert metrics.peak_connections(db, account({kind: points})) == 7
    with pytest.raises(Unknown):
        metrics.peak_connections(db, account({kind: []}))


def test_billing_alerts_have_subscribers():
    """A budget without a notification, a budget that has ended and an alarm without a subscriber do not count."""
    now = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)
    years = {"told": 2087, "silent": 2087, "ended": 2025}
    periods = {name: {"TimePeriod": {"End": now.replace(year=year)}} for name, year in years.items()}
    budgets = [entry(period, "budgets:budget", [name]) for name, period in periods.items()]
    notices = [entry({}, "budgets:budget.notifications", ["n"], budgets[number].id) for number in (0, 2)]
    kinds = ("cloudwatch:billing-alarm", "sns:billing-subscription")
    for subscription, count in ((f"{TOPIC}:1", 2), ("PendingConfirmation", 1)):
        listener = entry({"TopicArn": TOPIC, "SubscriptionArn": subscription}, kinds[1], ["s"])
        seen = account(
            {
                "budgets:budget": budgets,
                "budgets:budget.notifications": notices,
                kinds[0]: [entry(alarm("EstimatedCharges"), kinds[0], ["a"])],
                kinds[1]: [listener],
            }
        )
        assert cost.billing_alerts(ACCOUNT, seen, now) == count


def test_charges_costs_and_plans():
    """Published charges, a month in Cost Explorer, and active Savings Plans."""
    metric = entry({"MetricName": "EstimatedCharges"}, "cloudwatch:billing-metric", ["m"])
    month = entry({"Total": {"UnblendedCost": {"Amount": "1"}}}, "ce:month", ["m"])
    states = [("active", "Compute"), ("retired", "EC2Instance")]
    plans = [entry({"state": s, "savingsPlanType": t}, "savingsplans:plan", [t]) for s, t in states]
    full = account({"cloudwatch:billing-metric": [metric], "ce:month": [month], "savingsplans:plan": plans})
    none = account({"cloudwatch:billing-metric": [], "ce:month": [], "savingsplans:plan": []})
    assert (cost.publishes_charges(ACCOUNT, full), cost.publishes_charges(ACCOUNT, none)) == (True, False)
    assert (cost.analyses_costs(ACCOUNT, full), cost.analyses_costs(ACCOUNT, none)) == (True, False)
    assert cost.savings_plans(ACCOUNT, full) == {"Compute"}
    assert cost.savings_plans(ACCOUNT, none) == frozenset()
