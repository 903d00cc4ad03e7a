"""Metrics, alarms, dashboards, logs, trails, configuration recorders and threat detectors."""

from typing import Any

from asbuilt.sources.row import Row

# The namespace of a resource's metrics, and the dimensions that identify the resource.
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


_HOUR, _DAY = 3600, 86400
_MONTH = 30 * _DAY


def _metrics(kind: str, detail: str, operation: str, records: str, **static: Any) -> Row:
    """The answer of a CloudWatch operation about a resource's metrics; `Namespace` replaces the resource's own."""
    namespace, dimensions = MEASURED[kind]
    return Row(
        f"{kind}.{detail}",
        "cloudwatch",
        operation,
        records,
        per=kind,
        static={"Namespace": namespace, **static},
        params={"Dimensions": dimensions},
    )


def _published(kind: str, detail: str = "metrics", **static: Any) -> Row:
    """The metrics that a resource published in the last two weeks."""
    return _metrics(kind, detail, "list_metrics", "Metrics[]", **static)


def _recently_published(kind: str) -> Row:
    """The metrics that a resource published in the last three hours."""
    return _published(kind, "recent-metrics", RecentlyActive="PT3H")


def _statistics(kind: str, detail: str, metric: str, statistic: str, since: str, period: int, **static: Any) -> Row:
    """A statistic of a resource's metric since a time (`now-30d`), for each period in seconds."""
    span = {"StartTime": since, "EndTime": "now", "Period": period}
    names = {"MetricName": metric, "Statistics": [statistic]}
    return _metrics(kind, detail, "get_metric_statistics", "Datapoints[]", **names, **span, **static)


def _month(kind: str, detail: str, metric: str, statistic: str, period: int = _MONTH) -> Row:
    """A statistic of a resource's metric over the last 30 days."""
    return _statistics(kind, detail, metric, statistic, "now-30d", period)


def _day(kind: str, detail: str, metric: str, **static: Any) -> Row:
    """The hourly averages of a resource's metric over the last day."""
    return _statistics(kind, detail, metric, "Average", "now-1d", _HOUR, **static)


ROWS = (
    Row("cloudtrail:trail", "cloudtrail", "describe_trails", "trailList[]", names="[Name]", arn="TrailARN"),
    Row(
        "cloudtrail:trail.status",
        "cloudtrail",
        "get_trail_status",
        "@",
        per="cloudtrail:trail",
        params={"Name": "TrailARN"},
        whole=["IsLogging"],
    ),
    Row(
        "config:recorder",
        "config",
        "describe_configuration_recorder_status",
        "ConfigurationRecordersStatus[]",
        ids="[name]",
    ),
    Row("cloudwatch:alarm", "cloudwatch", "describe_alarms", "MetricAlarms[]", ids="[AlarmName]", arn="AlarmArn"),
    # AWS publishes charges in one region only, so alarms on them are there as well.
    Row(
        "cloudwatch:billing-alarm",
        "cloudwatch",
        "describe_alarms",
        "MetricAlarms[?Namespace == 'AWS/Billing']",
        ids="[AlarmName]",
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
        ids="[DashboardName]",
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
        whole=["DashboardBody"],
        echoes={"DashboardName": "DashboardName"},
    ),
    Row("logs:log-group", "logs", "describe_log_groups", "logGroups[]", ids="[logGroupName]", arn="arn"),
    Row(
        "logs:log-group.filters",
        "logs",
        "describe_metric_filters",
        "metricFilters[]",
        per="logs:log-group",
        params={"logGroupName": "logGroupName"},
        names="[filterName]",
        echoes={"logGroupName": "logGroupName"},
    ),
    # A log group keeps a stream for every task that ever ran, so only the latest few are read.
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
    # Log lines can hold personal data, so only their form is kept.
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
    Row("guardduty:detector.ids", "guardduty", "list_detectors", "DetectorIds[].{DetectorId: @}", ids="[DetectorId]"),
    Row(
        "guardduty:detector",
        "guardduty",
        "get_detector",
        "@",
        per="guardduty:detector.ids",
        params={"DetectorId": "DetectorId"},
        inherit={"DetectorId": "DetectorId"},
        ids="[DetectorId]",
        whole=["Status"],
    ),
    # Custom metrics have names, but belong to no AWS resource.
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
    _day("autoscaling:group", "memory", "mem_used_percent", Namespace="CWAgent"),
    _day("autoscaling:group", "disk", "disk_used_percent", Namespace="CWAgent"),
    _published("autoscaling:group", "agent-metrics", Namespace="CWAgent"),
    _published("elasticbeanstalk:environment"),
    # Namespaces of AWS services are left out: applications and agents publish the others.
    Row(
        "cloudwatch:custom-metric",
        "cloudwatch",
        "list_metrics",
        "Metrics[?!starts_with(Namespace, 'AWS/')]",
        names="[Namespace, MetricName]",
    ),
    _recently_published("ecs:service"),
    _recently_published("elbv2:load-balancer"),
)
