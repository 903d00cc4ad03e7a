"""The mock account of CampsHub360 is built as documented, in both tiers."""

from __future__ import annotations

import json

import boto3
import jmespath
import pytest

from tests.mock.conftest import documented
from tests.mock_reads import read_all

TIERS = ["tier1", "tier2"]
# service, operation, where in the answer, and what is documented: for both tiers, or each its own.
DOCUMENTED = [
    ("ec2", "describe_vpcs", "Vpcs[?!IsDefault].CidrBlock", ["10.0.0.0/16"]),
    ("ec2", "describe_flow_logs", "FlowLogs[].[FlowLogStatus, TrafficType]", [["ACTIVE", "ALL"]]),
    ("rds", "describe_db_instances", "DBInstances[].MultiAZ", [True, False]),
    ("rds", "describe_db_instances", "DBInstances[].StorageEncrypted", [True, True]),
    ("rds", "describe_db_instances", "DBInstances[].PubliclyAccessible", [False, False]),
    ("rds", "describe_db_instances", "DBInstances[].BackupRetentionPeriod", [7, 0]),
    ("rds", "describe_db_instances", "DBInstances[].DBInstanceClass", (["db.t3.medium"] * 2, ["db.r5.large"] * 2)),
    ("rds", "describe_db_instances", "DBInstances[0].ReadReplicaDBInstanceIdentifiers", ["campushub-db-replica-1"]),
    ("rds", "describe_db_instances", "DBInstances[].MasterUserSecret", []),
    ("rds", "describe_reserved_db_instances", "ReservedDBInstances[].State", ["active"]),
    ("elasticache", "describe_replication_groups", "ReplicationGroups[0].ClusterEnabled", (False, True)),
    ("elasticache", "describe_replication_groups", "ReplicationGroups[0].AutomaticFailover", ("disabled", "enabled")),
    ("elasticache", "describe_cache_clusters", "length(CacheClusters)", (1, 4)),
    ("elasticache", "describe_cache_clusters", "CacheClusters[0].NumCacheNodes", 1),
    ("elasticache", "describe_cache_clusters", "CacheClusters[0].CacheNodeType", ("cache.t3.micro", "cache.r5.large")),
    ("elasticache", "describe_cache_clusters", "CacheClusters[0].TransitEncryptionEnabled", True),
    (
        "elbv2",
        "describe_load_balancers",
        "LoadBalancers[].[Scheme, Type, State.Code]",
        [["internet-facing", "application", "active"]],
    ),
    (
        "elbv2",
        "describe_target_groups",
        "TargetGroups[].[Protocol, Port, TargetType, HealthCheckPath]",
        [["HTTP", 8000, "ip", "/health/"]],
    ),
    ("acm", "list_certificates", "CertificateSummaryList[].[Status, InUse]", [["ISSUED", True]]),
    (
        "cloudfront",
        "list_distributions",
        "DistributionList.Items[].[Status, Enabled, PriceClass]",
        [["Deployed", True, "PriceClass_All"]],
    ),
    (
        "cloudfront",
        "list_distributions",
        "DistributionList.Items[0].CacheBehaviors.Items[].PathPattern",
        ["/api/*", "/static/*", "/media/*"],
    ),
    ("config", "describe_configuration_recorder_status", "ConfigurationRecordersStatus[].recording", [True]),
    ("cloudtrail", "describe_trails", "trailList[].[IsMultiRegionTrail, LogFileValidationEnabled]", [[True, True]]),
    ("logs", "describe_log_groups", "logGroups[].[logGroupName, retentionInDays]", [["/ecs/campushub", 90]]),
    ("savingsplans", "describe_savings_plans", "savingsPlans[].[savingsPlanType, state]", [["Compute", "active"]]),
    ("sns", "list_subscriptions", "length(Subscriptions)", 1),
]


@pytest.fixture(scope="module", params=TIERS)
def account(request):
    """Each tier in turn, and which one it is."""
    with documented("campushub360", request.param) as (aws, _):
        yield aws, request.param


def test_documented_values_are_read_back(account):
    """A reader finds the documented values."""
    aws, tier = account
    answers = {}
    for service, operation, path, expected in DOCUMENTED:
        if (service, operation) not in answers:
            answers[service, operation] = getattr(getattr(aws, service), operation)()
        wanted = expected[TIERS.index(tier)] if isinstance(expected, tuple) else expected
        assert jmespath.search(path, answers[service, operation]) == wanted, path


def test_no_read_is_refused(account):
    """Every read of an auditor is answered without an error."""
    aws, _ = account
    refused = {call: answer for call, answer in read_all(aws).items() if isinstance(answer, str)}
    assert refused == {}


def test_tasks_run_the_newest_image_in_two_zones_behind_the_balancer(account):
    """The service's tasks run in two zones, registered and with the newest image."""
    aws, tier = account
    service = aws.ecs.describe_services(cluster="campushub-cluster", services=["campushub-service"])["services"][0]
    assert (service["runningCount"], service["deployments"][0]["rolloutState"]) == (3, "COMPLETED")
    arns = aws.ecs.list_tasks(cluster="campushub-cluster", serviceName="campushub-service")["taskArns"]
    tasks = aws.ecs.describe_tasks(cluster="campushub-cluster", tasks=arns)["tasks"]
    images = aws.ecr.describe_images(repositoryName="campushub")["imageDetails"]
    newest = max(images, key=lambda image: image["imagePushedAt"])["imageDigest"]
    assert {each["containers"][0]["imageDigest"] for each in tasks} == {newest}
    assert {each["availabilityZone"] for each in tasks} == {"us-east-1a", "us-east-1b"}
    assert {each["cpu"] for each in tasks} == {{"tier1": "2048", "tier2": "4096"}[tier]}
    group = aws.target_group("campushub-targets")
    health = aws.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    addresses = {
        detail["value"] for each in tasks for detail in each["attachments"][0]["details"] if "IPv4" in detail["name"]
    }
    assert {each["Target"]["Id"] for each in health} == addresses
    assert {each["TargetHealth"]["State"] for each in health} == {"healthy"}


def test_data_is_in_subnets_without_a_route_to_the_internet(account):
    """Only the load balancer's subnets have a route to an internet gateway, not those of database and cache."""
    aws, _ = account
    tables = {each["RouteTableId"]: each["Routes"] for each in aws.ec2.describe_route_tables()["RouteTables"]}

    def routed_out(cidr):
        return any(route.get("GatewayId", "").startswith("igw-") for route in tables[aws.route_table(cidr)])

    routed = [routed_out(f"10.0.{block}.0/24") for block in (1, 2, 11, 12)]
    assert routed == [True, True, False, False]
    groups = aws.rds.describe_db_subnet_groups()["DBSubnetGroups"][0]["Subnets"]
    found = aws.elasticache.describe_cache_subnet_groups()["CacheSubnetGroups"][0]["Subnets"]
    private = {aws.subnet("10.0.11.0/24"), aws.subnet("10.0.12.0/24")}
    assert {each["SubnetIdentifier"] for each in groups} == {each["SubnetIdentifier"] for each in found} == private
    assert {each["SubnetAvailabilityZone"]["Name"] for each in found} == {"us-east-1a", "us-east-1b"}


def test_the_task_definition_holds_no_secrets(account):
    """Passwords and keys come from Secrets Manager; the other documented variables are plain."""
    aws, _ = account
    definition = aws.ecs.describe_task_definition(taskDefinition="campushub-task")["taskDefinition"]
    container = definition["containerDefinitions"][0]
    plain = {each["name"]: each["value"] for each in container["environment"]}
    assert plain["POSTGRES_HOST"].startswith("campushub-db.")
    assert plain["POSTGRES_HOST"].endswith(".us-east-1.rds.amazonaws.com")
    assert plain["REDIS_URL"].startswith("rediss://")
    assert not [name for name in plain if any(word in name for word in ("PASSWORD", "SECRET", "TOKEN", "ACCESS_KEY"))]
    assert {each["name"] for each in container["secrets"]} >= {"SECRET_KEY", "POSTGRES_PASSWORD"}


def test_statements_of_policies_are_scoped(account):
    """No role may do everything, and only actions without resources have a wildcard resource."""
    aws, _ = account
    for role in aws.iam.get_account_authorization_details()["RoleDetailList"]:
        for policy in role["RolePolicyList"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                assert statement["Resource"] != "*" or statement["Action"] == "ecr:GetAuthorizationToken"


def test_a_month_of_metrics_is_there(account):
    """Metrics are listed once each, in all documented namespaces."""
    aws, _ = account
    metrics = aws.cloudwatch.list_metrics()["Metrics"]
    assert len(metrics) == len({json.dumps(each) for each in metrics})
    assert {"AWS/ECS", "AWS/RDS", "AWS/ElastiCache", "AWS/ApplicationELB", "AWS/Billing"} <= {
        each["Namespace"] for each in metrics
    }


def test_aws_looks_up_by_name(account):
    """A failed look-up names what was not found."""
    aws, _ = account
    assert isinstance(aws.session, boto3.Session)
    with pytest.raises(LookupError, match="0 resources match 'no-such-group'"):
        aws.security_group("no-such-group")
