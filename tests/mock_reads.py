"""The calls by which an auditor reads CampsHub360's account, to compare two states of it or two ways to read it."""

from __future__ import annotations

import json
from typing import Any

from asbuilt_content.fixtures.aws import Aws

BUCKETS = ["campushub-media", "campushub-backups", "campushub-logs"]
CLUSTER = {"cluster": "campushub-cluster"}
ECS = {"ServiceNamespace": "ecs"}
MONTH = {"TimePeriod": {"Start": "2026-01-01", "End": "2026-03-01"}, "Granularity": "MONTHLY"}
READS: list[tuple[str, str, dict[str, Any]]] = [
    ("acm", "list_certificates", {}),
    ("application_autoscaling", "describe_scalable_targets", ECS),
    ("application_autoscaling", "describe_scaling_policies", ECS),
    ("application_autoscaling", "describe_scheduled_actions", ECS),
    ("ce", "get_cost_and_usage", {**MONTH, "Metrics": ["UnblendedCost"]}),
    ("cloudfront", "list_distributions", {}),
    ("cloudfront", "list_cache_policies", {"Type": "managed"}),
    ("cloudtrail", "describe_trails", {}),
    ("cloudtrail", "get_trail_status", {"Name": "campushub-trail"}),
    ("cloudwatch", "describe_alarms", {}),
    ("cloudwatch", "list_metrics", {}),
    ("cloudwatch", "list_dashboards", {}),
    ("cloudwatch", "get_dashboard", {"DashboardName": "campushub-cost"}),
    ("config", "describe_configuration_recorders", {}),
    ("config", "describe_configuration_recorder_status", {}),
    ("ec2", "describe_vpcs", {}),
    ("ec2", "describe_subnets", {}),
    ("ec2", "describe_route_tables", {}),
    ("ec2", "describe_security_groups", {}),
    ("ec2", "describe_vpc_endpoints", {}),
    ("ec2", "describe_flow_logs", {}),
    ("ec2", "describe_instances", {}),
    ("ec2", "describe_internet_gateways", {}),
    ("ecr", "describe_repositories", {}),
    ("ecr", "describe_images", {"repositoryName": "campushub"}),
    ("ecs", "describe_clusters", {"clusters": ["campushub-cluster"], "include": ["SETTINGS", "STATISTICS"]}),
    ("ecs", "describe_services", {**CLUSTER, "services": ["campushub-service"]}),
    ("ecs", "list_tasks", CLUSTER),
    ("ecs", "describe_task_definition", {"taskDefinition": "campushub-task"}),
    ("elasticache", "describe_replication_groups", {}),
    ("elasticache", "describe_cache_clusters", {"ShowCacheNodeInfo": True}),
    ("elasticache", "describe_cache_subnet_groups", {}),
    ("elasticache", "describe_reserved_cache_nodes", {}),
    ("elbv2", "describe_load_balancers", {}),
    ("elbv2", "describe_target_groups", {}),
    ("iam", "list_roles", {}),
    ("iam", "list_users", {}),
    ("iam", "get_account_authorization_details", {}),
    ("logs", "describe_log_groups", {}),
    ("logs", "describe_log_streams", {"logGroupName": "/ecs/campushub"}),
    ("logs", "describe_metric_filters", {}),
    ("logs", "filter_log_events", {"logGroupName": "/ecs/campushub"}),
    ("rds", "describe_db_instances", {}),
    ("rds", "describe_db_subnet_groups", {}),
    ("rds", "describe_db_parameters", {"DBParameterGroupName": "campushub-postgres16"}),
    ("rds", "describe_db_proxies", {}),
    ("rds", "describe_reserved_db_instances", {}),
    ("rds", "describe_pending_maintenance_actions", {}),
    ("route53", "list_hosted_zones", {}),
    ("s3", "list_buckets", {}),
    *(
        ("s3", operation, {"Bucket": bucket})
        for bucket in BUCKETS
        for operation in (
            "get_bucket_location",
            "get_bucket_encryption",
            "get_bucket_versioning",
            "get_bucket_policy",
            "get_bucket_policy_status",
            "get_bucket_lifecycle_configuration",
            "get_bucket_ownership_controls",
            "get_bucket_acl",
            "get_public_access_block",
        )
    ),
    ("savingsplans", "describe_savings_plans", {}),
    ("secretsmanager", "list_secrets", {}),
    ("sns", "list_topics", {}),
    ("sns", "list_subscriptions", {}),
    ("sts", "get_caller_identity", {}),
]


def read_all(aws: Aws) -> dict[str, Any]:
    """Every answer by its call, or the code of its error; without times and details of the transport."""
    return {key(each): read(aws, *each) for each in [*READS, *found(aws)]}


def key(asked: tuple[str, str, dict[str, Any]]) -> str:
    """The call as text."""
    service, name, given = asked
    return f"{service}.{name}({json.dumps(given)})"


def read(aws: Aws, service: str, name: str, given: dict[str, Any]) -> Any:
    """One answer, or the code of the error."""
    try:
        answer = getattr(getattr(aws, service), name)(**given)
    except Exception as problem:
        code = getattr(problem, "response", {}).get("Error", {}).get("Code")
        if code is None:
            raise
        return code
    return _steady(answer)


def found(aws: Aws) -> list[tuple[str, str, dict[str, Any]]]:
    """The reads of resources whose ids the mock chooses."""
    balancers = [each["LoadBalancerArn"] for each in aws.elbv2.describe_load_balancers()["LoadBalancers"]]
    groups = [each["TargetGroupArn"] for each in aws.elbv2.describe_target_groups()["TargetGroups"]]
    distributions = aws.cloudfront.list_distributions()["DistributionList"].get("Items", [])
    zones = [each["Id"] for each in aws.route53.list_hosted_zones()["HostedZones"]]
    certificates = [each["CertificateArn"] for each in aws.acm.list_certificates()["CertificateSummaryList"]]
    tasks = aws.ecs.list_tasks(cluster="campushub-cluster")["taskArns"]
    account = {"AccountId": aws.account}
    return [
        *(("elbv2", "describe_load_balancer_attributes", {"LoadBalancerArn": each}) for each in balancers),
        *(("elbv2", "describe_listeners", {"LoadBalancerArn": each}) for each in balancers),
        *(("elbv2", "describe_target_health", {"TargetGroupArn": each}) for each in groups),
        *(("cloudfront", "get_distribution_config", {"Id": each["Id"]}) for each in distributions),
        *(("route53", "list_resource_record_sets", {"HostedZoneId": each}) for each in zones),
        *(("acm", "describe_certificate", {"CertificateArn": each}) for each in certificates),
        *(("ecs", "describe_tasks", {"cluster": "campushub-cluster", "tasks": tasks}) for _ in tasks[:1]),
        ("budgets", "describe_budgets", account),
    ]


def _steady(value: Any) -> Any:
    moving = ("ResponseMetadata", "LatestRestorableTime", "LatestDeliveryTime", "LatestDeliveryAttemptTime")
    if isinstance(value, dict):
        return {key: _steady(each) for key, each in value.items() if key not in moving}
    if isinstance(value, list):
        return [_steady(each) for each in value]
    return str(value) if hasattr(value, "isoformat") else value
