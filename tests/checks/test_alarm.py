"""Checks of single alarms, of dashboards, and of the values of a metric."""

from __future__ import annotations

import datetime

import pytest

from asbuilt.evidence import Unknown
from asbuilt_content.checks.watch import alarm, alarms, metrics
from asbuilt_content.checks.watch import dashboards as dashboard_checks
from tests.records import account, entry, record

GIB = 1024**3


def lone(**data):
    """An alarm on one metric."""
    settings = {"Namespace": "AWS/RDS", "MetricName": "CPUUtilization", "Period": 300, "EvaluationPeriods": 2}
    return record(
        {**settings, "ComparisonOperator": "GreaterThanThreshold", "Threshold": 90, **data}, "cloudwatch:alarm"
    )


def stat(ident, metric):
    """A metric query of an alarm on an expression."""
    return {
        "Id": ident,
        "MetricStat": {"Metric": {"Namespace": "N", "MetricName": metric}, "Period": 60},
        "ReturnData": False,
    }


RATE = {
    "Metrics": [stat("m0", "Errors"), stat("m1", "Requests"), {"Id": "e", "Expression": "100 * FILL(m0, 0) / m1"}],
    "EvaluationPeriods": 3,
}


def test_an_alarm_names_its_metrics_and_formula():
    """A plain alarm has one metric and no formula; an expression has several, and names replace their ids."""
    assert alarm.watches(lone()) == {"AWS/RDS CPUUtilization"}
    assert alarm.watches(record(RATE)) == {"N Errors", "N Requests"}
    assert alarm.formula(lone()) is None
    assert alarm.formula(record(RATE)) == "100 * FILL(Errors, 0) / Requests"


def test_an_alarm_measures_subjects():
    """Dimensions identify a subject by the fields that AWS documents; other values stay as they are."""
    pairs = [{"Name": "DBInstanceIdentifier", "Value": "main"}, {"Name": "LoadBalancer", "Value": "app/front/1"}]
    database = entry({"DBInstanceIdentifier": "main"}, "rds:db", ["main"])
    balancing = "arn:aws:elasticloadbalancing:eu-west-1:1"
    balancer = entry({"LoadBalancerArn": f"{balancing}:loadbalancer/app/front/1"}, "elbv2:load-balancer")
    targets = entry({"TargetGroupArn": f"{balancing}:targetgroup/web/2"}, "elbv2:target-group")
    subjects = {"database": [database], "balancer": [balancer], "targets": [targets]}
    assert alarm.measures(lone(Dimensions=pairs), account({}, subjects)) == {"database", "balancer"}
    assert alarm.measures(lone(Dimensions=pairs), account({}, {})) == {"main", "app/front/1"}
    of_targets = lone(Dimensions=[{"Name": "TargetGroup", "Value": "targetgroup/web/2"}])
    assert alarm.measures(of_targets, account({}, subjects)) == {"targets"}
    assert alarm.measures(lone(), account({}, subjects)) == set()


def test_a_dimension_is_a_subject_only_with_its_cluster_and_its_own_name():
    """A service of another cluster, or a dimension of another kind, can have the same value."""
    web = entry({"serviceName": "web", "clusterArn": "arn:aws:ecs:eu-west-1:1:cluster/live"}, "ecs:service", ["web"])
    cluster = entry({"clusterName": "live"}, "ecs:cluster", ["live"])
    subjects = account({}, {"service": [web], "place": [cluster]})

    def measured(**pairs):
        return alarm.measures(lone(Dimensions=[{"Name": n, "Value": v} for n, v in pairs.items()]), subjects)

    assert measured(ServiceName="web", ClusterName="live") == {"service", "place"}
    assert measured(ServiceName="web", ClusterName="other") == {"web", "other"}
    assert measured(FunctionName="web", QueueName="live") == {"web", "live"}
    assert measured(QueueName="service") == {"service (no subject of this name)"}


@pytest.mark.parametrize(
    ("operator", "side"),
    [
        ("GreaterThanThreshold", "above"),
        ("GreaterThanOrEqualToThreshold", "at or above"),
        ("LessThanThreshold", "below"),
        ("LessThanOrEqualToThreshold", "at or below"),
        ("GreaterThanUpperThreshold", "outside"),
    ],
)
def test_an_alarm_fires_on_one_side(operator, side):
    """Each operator has its side; anomaly detection fires outside a band."""
    assert alarm.fires(lone(ComparisonOperator=operator)) == side
    assert alarm.threshold(lone()) == 90.0


def test_an_alarm_fires_after_its_periods():
    """The periods that must breach count; of an expression's periods, the longest."""
    assert alarm.minutes(lone()) == 10
    assert alarm.minutes(lone(DatapointsToAlarm=1)) == 5
    assert alarm.minutes(record(RATE)) == 3


def test_an_alarm_notifies_the_subscribers_of_its_topics():
    """Confirmed subscriptions of its own topics count, and none while its actions are disabled."""
    subscriptions = [
        entry(
            {"TopicArn": topic, "Protocol": protocol, "Endpoint": end, "SubscriptionArn": arn},
            "sns:subscription",
            [end],
        )
        for topic, protocol, end, arn in [
            ("t", "email", "a@example.com", "arn:aws:sns:x"),
            ("t", "https", "https://pager.example.com/hook", "arn:aws:sns:y"),
            ("t", "sms", "+1", "PendingConfirmation"),
            ("other", "lambda", "arn:aws:lambda:z", "arn:aws:sns:z"),
        ]
    ]
    seen = account({"sns:subscription": subscriptions})
    assert alarm.tells(lone(ActionsEnabled=True, AlarmActions=["t"]), seen) == {"email", "https pager.example.com"}
    assert alarm.tells(lone(ActionsEnabled=False, AlarmActions=["t"]), seen) == set()
    assert alarm.tells(lone(ActionsEnabled=True, AlarmActions=[]), seen) == set()


def test_free_storage_alarms_are_shares_of_the_disk():
    """Only alarms on this database that fire below their threshold count."""
    database = record({"DBInstanceIdentifier": "main", "AllocatedStorage": 100}, "rds:db", ["main"])

    def on(name, **data):
        pairs = [{"Name": "DBInstanceIdentifier", "Value": name}]
        free = {"MetricName": "FreeStorageSpace", "ComparisonOperator": "LessThanThreshold", "AlarmActions": []}
        return entry(lone(Dimensions=pairs, **{**free, **data}).entry.data, "cloudwatch:alarm", [str(data)])

    mine = [on("main", Threshold=20 * GIB), on("main", Threshold=GIB, ComparisonOperator="GreaterThanThreshold")]
    seen = account({"cloudwatch:alarm": [*mine, on("other", Threshold=50 * GIB)]})
    assert alarms.free_storage_alarms_percent(database, seen) == {20.0}
    assert alarms.free_storage_alarms_percent(database, account({"cloudwatch:alarm": []})) == set()


def dashboards(*lines, **properties):
    """A dashboard with one widget."""
    own = record({}, "cloudwatch:dashboard", ["d"])
    body = {"DashboardBody": {"widgets": [{"type": "text"}, {"properties": {"metrics": list(lines), **properties}}]}}
    held = entry(body, "cloudwatch:dashboard.body", ["d"], parent=own.entry.id)
    return (own,), account({"cloudwatch:dashboard.body": [held]})


def test_statistics_and_dimensions_of_lines_are_read():
    """The statistic is the line's, the widget's or CloudWatch's default; abbreviated lines are expanded."""
    shown = dashboards(
        ["N", "Time", "Service", "a", {"stat": "p50"}],
        ["...", {"stat": "p99"}],
        [".", ".", "Service", "b"],
        ["N", "Other", "Zone", "z"],
        stat="p95",
    )
    assert dashboard_checks.statistics_shown(*shown, "Time") == {"p50", "p95", "p99"}
    assert dashboard_checks.shown_by(*shown, "Time") == {"Service"}
    assert dashboard_checks.shown_by(*shown, "Other") == {"Zone"}
    assert dashboard_checks.statistics_shown(*shown, "Absent") == set()
    assert dashboard_checks.statistics_shown(*dashboards(["N", "Time"]), "Time") == {"Average"}


def test_a_months_average_weighs_days_by_their_samples():
    """Without samples the average is unknown."""
    metric = record({"MetricName": "Idle"}, "cloudwatch:metric", ["Idle"])
    day = datetime.datetime(2030, 6, 3, tzinfo=datetime.UTC)
    days = [(10.0, 1.0), (40.0, 3.0)]
    held = [
        entry(
            {"Average": average, "SampleCount": count, "Timestamp": day},
            "cloudwatch:metric.month",
            [str(count)],
            parent=metric.entry.id,
        )
        for average, count in days
    ]
    assert metrics.month_average(metric, account({"cloudwatch:metric.month": held})) == 32.5
    with pytest.raises(Unknown):
        metrics.month_average(metric, account({"cloudwatch:metric.month": []}))
