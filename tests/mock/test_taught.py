"""The extensions of the mock: valid answers, marked as supplied, and changed by the calls that change them in AWS."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from asbuilt.mock.account import KEYS
from asbuilt_content.fixtures import taught
from asbuilt_content.fixtures.taught import elbv2
from asbuilt_content.fixtures.taught.extension import EXTENSIONS, HEADER, RefusedError, amend
from asbuilt_content.fixtures.taught.shapes import ImpossibleAnswerError, check_answer

DEPLOYMENT = ("campushub360", "tier2")

MONTH = {
    "TimePeriod": {"Start": "2026-01-01", "End": "2026-03-01"},
    "Granularity": "MONTHLY",
    "Metrics": ["UnblendedCost"],
}
DAY = {"StartTime": "2026-01-01", "EndTime": "2026-01-02"}
CLUSTER = {"cluster": "campushub-cluster"}
# The parameters of each extended operation that needs some, or a function of the account that returns them.
ASKED = {
    ("acm", "DescribeCertificate"): lambda aws: {"CertificateArn": aws.certificate("yourdomain.com")},
    ("application-autoscaling", "DescribeScalingActivities"): {"ServiceNamespace": "ecs"},
    ("ce", "GetCostAndUsage"): MONTH,
    ("cloudfront", "GetCachePolicy"): {"Id": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"},
    ("cloudfront", "GetDistribution"): lambda aws: {"Id": aws.distribution("yourdomain.com")},
    ("cloudfront", "GetDistributionConfig"): lambda aws: {"Id": aws.distribution("yourdomain.com")},
    ("cloudfront", "GetOriginRequestPolicy"): {"Id": "216adef6-5c7f-47e4-b989-5492eafa07d3"},
    ("cloudwatch", "GetMetricData"): {"MetricDataQueries": [], **DAY},
    ("cloudwatch", "GetMetricStatistics"): {
        "Namespace": "AWS/RDS",
        "MetricName": "ReadLatency",
        "Period": 300,
        "Statistics": ["Sum"],
        **DAY,
    },
    ("ecr", "DescribeImageScanFindings"): {"repositoryName": "campushub", "imageId": {"imageTag": "latest"}},
    ("ecs", "DescribeClusters"): {"clusters": ["campushub-cluster"]},
    ("ecs", "DescribeServices"): {**CLUSTER, "services": ["campushub-service"]},
    ("ecs", "DescribeTasks"): lambda aws: {**CLUSTER, "tasks": aws.ecs.list_tasks(**CLUSTER)["taskArns"]},
    ("ecs", "DescribeServiceDeployments"): {"serviceDeploymentArns": ["arn:aws:ecs:us-east-1:123456789012:none"]},
    ("ecs", "ListServiceDeployments"): {**CLUSTER, "service": "campushub-service"},
    ("ecs", "ListTasks"): CLUSTER,
    ("elasticache", "PurchaseReservedCacheNodesOffering"): lambda aws: _offered(
        aws.elasticache.describe_reserved_cache_nodes_offerings(), "ReservedCacheNodesOffering"
    ),
    ("elbv2", "DescribeListeners"): lambda aws: {"LoadBalancerArn": aws.load_balancer("campushub-alb")},
    ("elbv2", "DescribeTargetHealth"): lambda aws: {"TargetGroupArn": aws.target_group("campushub-targets")},
    ("iam", "GenerateServiceLastAccessedDetails"): lambda aws: _role(aws),
    ("iam", "GetCredentialReport"): lambda aws: aws.iam.generate_credential_report() and {},
    ("iam", "GetServiceLastAccessedDetails"): lambda aws: {
        "JobId": aws.iam.generate_service_last_accessed_details(**_role(aws))["JobId"]
    },
    ("rds", "ApplyPendingMaintenanceAction"): lambda aws: _pending(aws),
    ("rds", "DescribeDBProxyTargets"): {"DBProxyName": "campushub-db-proxy"},
    ("rds", "DescribeDBParameters"): {"DBParameterGroupName": "campushub-postgres16"},
    ("rds", "PurchaseReservedDBInstancesOffering"): lambda aws: _offered(
        aws.rds.describe_reserved_db_instances_offerings(), "ReservedDBInstancesOffering"
    ),
    ("savingsplans", "CreateSavingsPlan"): lambda aws: {
        "savingsPlanOfferingId": aws.savingsplans.describe_savings_plans_offerings()["searchResults"][0]["offeringId"],
        "commitment": "1.0",
    },
    ("savingsplans", "ReturnSavingsPlan"): lambda aws: {
        "savingsPlanId": aws.savingsplans.describe_savings_plans()["savingsPlans"][0]["savingsPlanId"]
    },
}
BEANSTALK = {"ApplicationName": "extension"}
ASKED |= {
    ("elasticbeanstalk", operation): lambda aws, more=more: _environments(aws, more)
    for operation, more in {
        "UpdateApplicationResourceLifecycle": {**BEANSTALK, "ResourceLifecycleConfig": {}},
        "CreateApplicationVersion": {**BEANSTALK, "VersionLabel": "2"},
        "DeleteApplicationVersion": {**BEANSTALK, "VersionLabel": "1"},
        "UpdateEnvironment": {"EnvironmentName": "stage-one", "VersionLabel": "1"},
        "SwapEnvironmentCNAMEs": {"SourceEnvironmentName": "stage-one", "DestinationEnvironmentName": "stage-two"},
        "TerminateEnvironment": {"EnvironmentName": "stage-one"},
        "DescribeConfigurationSettings": {**BEANSTALK, "EnvironmentName": "stage-one"},
        "DescribeEnvironmentResources": {"EnvironmentName": "stage-one"},
    }.items()
}

# Services that CampsHub360 does not use, which are tested on the accounts of systems that do.
ELSEWHERE = {"cloudformation", "codepipeline", "elasticbeanstalk", "service-quotas"}

taught.install()


def _offered(offerings, name):
    """The id of the first offering, as the argument that purchases it."""
    return {f"{name}Id": offerings[f"{name}s"][0][f"{name}Id"]}


def _role(aws):
    return {"Arn": aws.iam.get_role(RoleName="ecsTaskExecutionRole")["Role"]["Arn"]}


def _environments(aws, asked):
    """Create two environments of an application with one version, and return the parameters unchanged."""
    aws.elasticbeanstalk.create_application(**BEANSTALK)
    aws.elasticbeanstalk.create_application_version(**BEANSTALK, VersionLabel="1")
    for name in ("stage-one", "stage-two"):
        stack = "64bit Amazon Linux 2023 v4.6.0 running Python 3.11"
        aws.elasticbeanstalk.create_environment(**BEANSTALK, EnvironmentName=name, SolutionStackName=stack)
    return asked


def _pending(aws):
    """Record a pending upgrade, as RDS announces it."""
    from moto.rds.models import rds_backends

    from asbuilt_content.fixtures.taught.extension import kept

    database = aws.rds.describe_db_instances()["DBInstances"][0]["DBInstanceArn"]
    action = {"Action": "system-update", "Description": "New operating system update"}
    kept(rds_backends[aws.account][aws.region], "maintenance")[database] = action
    pending = aws.rds.describe_pending_maintenance_actions()["PendingMaintenanceActions"]
    assert pending == [{"ResourceIdentifier": database, "PendingMaintenanceActionDetails": [action]}]
    return {"ResourceIdentifier": database, "ApplyAction": "system-update", "OptInType": "immediate"}


def _ask(aws, service, operation):
    client = getattr(aws, service)
    method = {name: call for call, name in client.meta.method_to_api_mapping.items()}[operation]
    asked: Any = ASKED.get((service, operation), {})
    return getattr(client, method)(**(asked(aws) if callable(asked) else asked))


@pytest.mark.parametrize(
    "extension",
    [each for each in EXTENSIONS.values() if each.supplies and each.service not in ELSEWHERE],
    ids=lambda each: f"{each.service}:{each.operation}",
)
def test_every_supplied_answer_is_possible_and_marked(aws, extension):
    """Each answer fits botocore's output shape, which the mock checks, and names the supplied fields."""
    answer = _ask(aws, extension.service, extension.operation)
    assert answer["ResponseMetadata"]["HTTPHeaders"][HEADER] == ", ".join(extension.supplies)


def test_motos_own_answers_are_not_marked(aws):
    """Answers of moto itself carry no mark."""
    assert HEADER not in aws.ec2.describe_vpcs()["ResponseMetadata"]["HTTPHeaders"]


def test_an_operation_without_a_model_is_an_error(aws):
    """An operation that neither moto nor an extension models is an error, never an empty list."""
    with pytest.raises(NotImplementedError):
        aws.rds.describe_db_engine_versions()
    with pytest.raises(ClientError, match="Not yet implemented"):
        aws.session.client("accessanalyzer").list_analyzers()


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"DBInstances": [{"MultiAz": True}]}, r"DBInstances\[0\] has no member 'MultiAz'"),
        ({"DBInstances": [{"MultiAZ": "true"}]}, r"DBInstances\[0\].MultiAZ must be a boolean, not 'true'"),
        ({"DBInstances": [{"AllocatedStorage": True}]}, "must be a integer, not True"),
        ({"DBInstances": [{"NetworkType": 4}]}, "must be a string, not 4"),
        ({"DBInstances": {}}, "must be a list"),
        ({"DBInstances": [{"ActivityStreamStatus": "on"}]}, "must be one of"),
    ],
)
def test_impossible_answers_are_refused(answer, problem):
    """Unknown members, wrong types and values outside an enumeration are errors of the extension."""
    client = boto3.Session(**KEYS, region_name="us-east-1").client("rds")
    shape = client.meta.service_model.operation_model("DescribeDBInstances").output_shape
    with pytest.raises(ImpossibleAnswerError, match=problem):
        check_answer(shape, answer)
    with pytest.raises(ImpossibleAnswerError):
        check_answer(shape, answer, ["DBInstances"])


def test_an_operation_has_one_extension():
    """A second extension for an operation is an error."""
    with pytest.raises(ValueError, match="rds:DescribeDBInstances has two extensions"):
        amend("rds", "DescribeDBInstances", supplies=[])(lambda call, answer: None)
    assert taught.install() == taught.install()


def test_performance_insights_follow_the_api(aws):
    """An extended field is state: the call that changes it in AWS changes it here."""
    aws.rds.modify_db_instance(DBInstanceIdentifier="campushub-db", EnablePerformanceInsights=False)
    database, replica = aws.rds.describe_db_instances()["DBInstances"]
    assert "PerformanceInsightsRetentionPeriod" not in database
    assert (database["PerformanceInsightsEnabled"], replica["PerformanceInsightsEnabled"]) == (False, True)


def test_nothing_can_be_restored_without_backups(aws):
    """Without backups there is no restorable time."""
    assert "LatestRestorableTime" in aws.rds.describe_db_instances()["DBInstances"][0]
    aws.rds.modify_db_instance(DBInstanceIdentifier="campushub-db", BackupRetentionPeriod=0)
    assert "LatestRestorableTime" not in aws.rds.describe_db_instances()["DBInstances"][0]


def test_the_service_replaces_and_scales_its_tasks(aws):
    """A stopped task is replaced, a lower desired count stops tasks, and a deleted service leaves none."""
    first = aws.ecs.list_tasks(**CLUSTER)["taskArns"]
    aws.ecs.stop_task(**CLUSTER, task=first[0])
    second = aws.ecs.list_tasks(**CLUSTER)["taskArns"]
    assert len(second) == 3
    assert first[0] not in second
    aws.ecs.update_service(**CLUSTER, service="campushub-service", desiredCount=2)
    group = aws.target_group("campushub-targets")
    assert len(aws.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]) == 2
    aws.ecs.delete_service(**CLUSTER, service="campushub-service", force=True)
    assert aws.ecs.list_tasks(**CLUSTER)["taskArns"] == []


def test_an_image_that_is_gone_cannot_be_deployed(aws):
    """The deployment fails and the tasks before it keep running."""
    before = aws.ecs.list_tasks(**CLUSTER)["taskArns"]
    images = aws.ecr.list_images(repositoryName="campushub")["imageIds"]
    aws.ecr.batch_delete_image(repositoryName="campushub", imageIds=images)
    aws.ecs.update_service(**CLUSTER, service="campushub-service", forceNewDeployment=True)
    service = aws.ecs.describe_services(**CLUSTER, services=["campushub-service"])["services"][0]
    assert service["deployments"][0]["rolloutState"] == "FAILED"
    assert aws.ecs.list_tasks(**CLUSTER)["taskArns"] == before


def test_cluster_settings_change(aws):
    """The extension changes settings that moto does not change."""
    setting = {"name": "containerInsights", "value": "disabled"}
    aws.ecs.update_cluster_settings(cluster="campushub-cluster", settings=[setting])
    found = aws.ecs.describe_clusters(clusters=["campushub-cluster"], include=["SETTINGS"])["clusters"][0]
    assert found["settings"] == [setting]


def test_members_follow_their_replication_group(aws):
    """Member clusters have the group's settings and are deleted with it; a single cluster stays."""
    aws.elasticache.create_cache_cluster(
        CacheClusterId="single", Engine="redis", CacheNodeType="cache.t3.micro", NumCacheNodes=1
    )
    aws.elasticache.modify_replication_group(ReplicationGroupId="campushub-redis", CacheNodeType="cache.r6g.large")
    clusters = {each["CacheClusterId"]: each for each in aws.elasticache.describe_cache_clusters()["CacheClusters"]}
    assert clusters["campushub-redis-0002-002"]["CacheNodeType"] == "cache.r6g.large"
    assert clusters["single"]["AtRestEncryptionEnabled"] is False
    one = aws.elasticache.describe_cache_clusters(CacheClusterId="campushub-redis-0001-001")["CacheClusters"]
    assert [each["PreferredAvailabilityZone"] for each in one] == ["us-east-1a"]
    aws.elasticache.delete_replication_group(ReplicationGroupId="campushub-redis")
    assert [each["CacheClusterId"] for each in aws.elasticache.describe_cache_clusters()["CacheClusters"]] == ["single"]


def test_target_health_is_what_was_marked(aws):
    """The load balancer reports the health that was marked."""
    group = aws.target_group("campushub-targets")
    target = aws.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"][0]["Target"]["Id"]
    elbv2.mark(aws.account, aws.region, group, target, {"State": "unhealthy", "Reason": "Target.Timeout"})
    found = aws.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert [each["TargetHealth"]["State"] for each in found] == ["unhealthy", "healthy", "healthy"]


def test_refusals_read_as_the_services_own(aws):
    """A extension refuses with the service's code, as a client error."""
    with pytest.raises(aws.rds.exceptions.ReservedDBInstancesOfferingNotFoundFault):
        aws.rds.purchase_reserved_db_instances_offering(ReservedDBInstancesOfferingId="none")
    with pytest.raises(aws.cloudfront.exceptions.NoSuchCachePolicy):
        aws.cloudfront.get_cache_policy(Id="none")
    assert RefusedError("A", "b").code == "A"


def test_extended_lists_come_in_pages(aws):
    """A reader that pages gets all items of a list, once each."""
    pages = list(
        aws.rds.get_paginator("describe_reserved_db_instances_offerings").paginate(PaginationConfig={"PageSize": 20})
    )
    names = [each["ReservedDBInstancesOfferingId"] for page in pages for each in page["ReservedDBInstancesOfferings"]]
    assert len(pages) == 2
    assert len(names) == len(set(names)) == 36
