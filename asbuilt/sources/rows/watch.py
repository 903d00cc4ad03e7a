"""Metrics, alarms, dashboards, logs, trails, configuration records."""

from typing import Any

from asbuilt.sources.row import Row

# What measures a resource: its metrics' namespace, and the dimensions that single it out.
MEASURED = {
    "ecs:service": (
        "AWS/ECS",
        "[{Name: 'ClusterName', Value: after(clusterArn, '/')}, {Name: 'ServiceName', Value: serviceName}]",
    ),
    "rds:db": ("AWS/RDS", "[{Name: 'DBInstanceIdentifier', Value: DBInstanceIdentifier}]"),
    "elasticache:cluster": ("AWS/ElastiCache", "[{Name: 'CacheClusterId', Value: CacheClusterId}]"),
    "elbv2:load-balancer": (
        "AWS/ApplicationELB",
        "[{Name: 'LoadBalancer', Value: after(LoadBalancerArn, ':loadbalancer/')}]",
    ),
    "cloudfront:distribution": ("AWS/CloudFront", "[{Name: 'DistributionId', Value: Id}]"),
    "autoscaling:group": ("AWS/EC2", "[{Name: 'AutoScalingGroupName', Value: AutoScalingGroupName}]"),
    "elasticbeanstalk:environment": ("AWS/ElasticBeanstalk", "[{Name: 'EnvironmentName', Value: EnvironmentName}]"),
}


def _published(kind: str) -> Row:
    """The metrics that a resource has published in the last two weeks."""
    namespace, dimensions = MEASURED[kind]
    return Row(
        f"{kind}.metrics",
        "cloudwatch",
        "list_metrics",
        "Metrics[]",
        per=kind,
        static={"Namespace": namespace},
        params={"Dimensions": dimensions},
    )


_DAY, _MONTH = 86400, 30 * 86400


def _month(kind: str, detail: str, metric: str, statistic: str, period: int = _MONTH) -> Row:
    """A metric of a resource over thirty days, one figure for each period."""
    namespace, dimensions = MEASURED[kind]
    static: dict[str, Any] = {
        "Namespace": namespace,
        "MetricName": metric,
        "Statistics": [statistic],
        "StartTime": "now-30d",
        "EndTime": "now",
        "Period": period,
    }
    return Row(
        f"{kind}.{detail}",
        "cloudwatch",
        "get_metric_statistics",
        "Datapoints[]",
        per=kind,
        static=static,
        params={"Dimensions": dimensions},
    )


def _day(kind: str, detail: str, metric: str, namespace: str = "") -> Row:
    """A metric of a resource over the last day, hour by hour; `namespace` where another than its own measures it."""
    own, dimensions = MEASURED[kind]
    static: dict[str, Any] = {
        "Namespace": namespace or own,
        "MetricName": metric,
        "Statistics": ["Average"],
        "StartTime": "now-1d",
        "EndTime": "now",
        "Period": 3600,
    }
    return Row(
        f"{kind}.{detail}",
        "cloudwatch",
        "get_metric_statistics",
        "Datapoints[]",
        per=kind,
        static=static,
        params={"Dimensions": dimensions},
    )


ROWS = (
    Row("cloudtrail:trail", "cloudtrail", "describe_trails", "trailList[]", names="[Name]", arn="TrailARN"),
    Row(
        "cloudtrail:trail.status",
        "cloudtrail",
        "get_trail_status",
        "@",
        per="cloudtrail:trail",
        params={"Name": "TrailARN"},
    ),
    Row(
        "config:recorder",
        "config",
        "describe_configuration_recorder_status",
        "ConfigurationRecordersStatus[]",
        names="[name]",
    ),
    Row("cloudwatch:alarm", "cloudwatch", "describe_alarms", "MetricAlarms[]", names="[AlarmName]", arn="AlarmArn"),
    # Charges are published, and so can be alarmed on, in one region alone.
    Row(
        "cloudwatch:billing-alarm",
        "cloudwatch",
        "describe_alarms",
        "MetricAlarms[?Namespace == 'AWS/Billing']",
        names="[AlarmName]",
        arn="AlarmArn",
        region="us-east-1",
    ),
    Row(
        "cloudwatch:billing-metric",
        "cloudwatch",
        "list_metrics",
        "Metrics[]",
        static={"Namespace": "AWS/Billing", "MetricName": "EstimatedCharges"},
        region="us-east-1",
    ),
    Row("sns:subscription", "sns", "list_subscriptions", "Subscriptions[]", names="[SubscriptionArn, TopicArn]"),
    Row(
        "sns:billing-subscription",
        "sns",
        "list_subscriptions",
        "Subscriptions[]",
        names="[SubscriptionArn, TopicArn]",
        region="us-east-1",
    ),
    Row(
        "cloudwatch:dashboard",
        "cloudwatch",
        "list_dashboards",
        "DashboardEntries[]",
        names="[DashboardName]",
        arn="DashboardArn",
    ),
    Row(
        "cloudwatch:dashboard.body",
        "cloudwatch",
        "get_dashboard",
        "@",
        per="cloudwatch:dashboard",
        params={"DashboardName": "DashboardName"},
        json=["DashboardBody"],
    ),
    Row("logs:log-group", "logs", "describe_log_groups", "logGroups[]", names="[logGroupName]", arn="arn"),
    Row(
        "logs:log-group.filters",
        "logs",
        "describe_metric_filters",
        "metricFilters[]",
        per="logs:log-group",
        params={"logGroupName": "logGroupName"},
        names="[filterName]",
    ),
    # A group gathers a stream for every task that ever ran: the latest few tell what is written now.
    Row(
        "logs:log-group.streams",
        "logs",
        "describe_log_streams",
        "logStreams[]",
        per="logs:log-group",
        static={"orderBy": "LastEventTime", "descending": True, "PaginationConfig": {"MaxItems": 3}},
        params={"logGroupName": "logGroupName"},
        inherit={"logGroupName": "logGroupName"},
        names="[logStreamName]",
    ),
    # What people's requests left in a log is nobody's business here: only the form of a line is kept.
    Row(
        "logs:log-group.streams.lines",
        "logs",
        "get_log_events",
        "events[].{timestamp: timestamp, isObject: starts_with(message, '{') && ends_with(message, '}')}",
        per="logs:log-group.streams",
        static={"limit": 100, "startFromHead": False},
        params={"logGroupName": "logGroupName", "logStreamName": "logStreamName"},
    ),
    _published("ecs:service"),
    _published("rds:db"),
    _published("elasticache:cluster"),
    _published("elbv2:load-balancer"),
    _month("rds:db", "connections", "DatabaseConnections", "Maximum"),
    _month("elasticache:cluster", "hits", "CacheHits", "Sum"),
    _month("elbv2:load-balancer", "requests", "RequestCount", "Sum", _DAY),
    _month("elbv2:load-balancer", "own-errors", "HTTPCode_ELB_5XX_Count", "Sum"),
    _month("elbv2:load-balancer", "target-errors", "HTTPCode_Target_5XX_Count", "Sum"),
    Row("guardduty:detector.ids", "guardduty", "list_detectors", "DetectorIds[].{DetectorId: @}", names="[DetectorId]"),
    Row(
        "guardduty:detector",
        "guardduty",
        "get_detector",
        "@",
        per="guardduty:detector.ids",
        params={"DetectorId": "DetectorId"},
        inherit={"DetectorId": "DetectorId"},
        names="[DetectorId]",
    ),
    # What an application measures itself has a name, and nothing of AWS's that it belongs to.
    Row(
        "cloudwatch:metric",
        "cloudwatch",
        "list_metrics",
        "Metrics[]",
        names="[MetricName]",
        within={"namespace": "Namespace"},
    ),
    Row(
        "cloudwatch:metric.month",
        "cloudwatch",
        "get_metric_statistics",
        "Datapoints[]",
        per="cloudwatch:metric",
        static={
            "StartTime": "now-30d",
            "EndTime": "now",
            "Period": 86400,
            "Statistics": ["Average", "SampleCount"],
        },
        params={"Namespace": "Namespace", "MetricName": "MetricName", "Dimensions": "Dimensions"},
    ),
    _published("autoscaling:group"),
    _day("autoscaling:group", "cpu", "CPUUtilization"),
    _day("autoscaling:group", "memory", "mem_used_percent", "CWAgent"),
    _day("autoscaling:group", "disk", "disk_used_percent", "CWAgent"),
    Row(
        "autoscaling:group.agent-metrics",
        "cloudwatch",
        "list_metrics",
        "Metrics[]",
        per="autoscaling:group",
        static={"Namespace": "CWAgent"},
        params={"Dimensions": MEASURED["autoscaling:group"][1]},
    ),
    _published("elasticbeanstalk:environment"),
)
