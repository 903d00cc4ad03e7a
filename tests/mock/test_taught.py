"""What the mock was taught is AWS-like, marked, and changed by the calls that change it in AWS."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from asbuilt.mock.account import KEYS, mock_account
from asbuilt_content.fixtures import state, taught
from asbuilt_content.fixtures.aws import Aws
from asbuilt_content.fixtures.taught import elbv2
from asbuilt_content.fixtures.taught.lesson import HEADER, LESSONS, RefusedError, amend
from asbuilt_content.fixtures.taught.shapes import ImpossibleAnswerError, check_answer

MONTH = {
    "TimePeriod": {"Start": "2026-01-01", "End": "2026-03-01"},
    "Granularity": "MONTHLY",
    "Metrics": ["UnblendedCost"],
}
DAY = {"StartTime": "2026-01-01", "EndTime": "2026-01-02"}
CLUSTER = {"cluster": "campushub-cluster"}
# What to ask for each taught read, where nothing is not enough; a function is given the account.
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
    ("rds", "ApplyPendingMaintenanceAction"): lambda aws: _waiting(aws),
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
BEANSTALK = {"ApplicationName": "lesson"}
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

# What CampsHub360 has no use for is asked on the accounts of the systems that have.
ELSEWHERE = {"cloudformation", "codepipeline", "elasticbeanstalk", "service-quotas"}

taught.install()


@pytest.fixture(scope="module")
def built():
    """Tier 2's account, and its state as built."""
    with mock_account("campushub360", "tier2") as session:
        yield Aws(session), state.save()


@pytest.fixture
def aws(built):
    """The account as built, whatever a test did to it before."""
    state.restore(built[1])
    return built[0]


def _offered(offerings, name):
    """The id of the first offering, as the argument that purchases it."""
    return {f"{name}Id": offerings[f"{name}s"][0][f"{name}Id"]}


def _role(aws):
    return {"Arn": aws.iam.get_role(RoleName="ecsTaskExecutionRole")["Role"]["Arn"]}


def _environments(aws, asked):
    """Two environments of an application with one version, and what is asked about them."""
    aws.elasticbeanstalk.create_application(**BEANSTALK)
    aws.elasticbeanstalk.create_application_version(**BEANSTALK, VersionLabel="1")
    for name in ("stage-one", "stage-two"):
        stack = "64bit Amazon Linux 2023 v4.6.0 running Python 3.11"
        aws.elasticbeanstalk.create_environment(**BEANSTALK, EnvironmentName=name, SolutionStackName=stack)
    return asked


def _waiting(aws):
    """An upgrade that waits for its window, as RDS itself would announce it."""
    from moto.rds.models import rds_backends

    from asbuilt_content.fixtures.taught.lesson import kept

    database = aws.rds.describe_db_instances()["DBInstances"][0]["DBInstanceArn"]
    action = {"Action": "system-update", "Description": "New operating system update"}
    kept(rds_backends[aws.account][aws.region], "maintenance")[database] = action
    waiting = aws.rds.describe_pending_maintenance_actions()["PendingMaintenanceActions"]
    assert waiting == [{"ResourceIdentifier": database, "PendingMaintenanceActionDetails": [action]}]
    return {"ResourceIdentifier": database, "ApplyAction": "system-update", "OptInType": "immediate"}


def _ask(aws, service, operation):
    client = getattr(aws, service)
    method = {name: call for call, name in client.meta.method_to_api_mapping.items()}[operation]
    asked: Any = ASKED.get((service, operation), {})
    return getattr(client, method)(**(asked(aws) if callable(asked) else asked))


@pytest.mark.parametrize(
    "lesson",
    [each for each in LESSONS.values() if each.supplies and each.service not in ELSEWHERE],
    ids=lambda each: f"{each.service}:{each.operation}",
)
def test_every_supplied_answer_is_possible_and_marked(aws, lesson):
    """Each lesson's answer fits botocore's output shape, which it is checked against, and says what it supplied."""
    answer = _ask(aws, lesson.service, lesson.operation)
    assert answer["ResponseMetadata"]["HTTPHeaders"][HEADER] == ", ".join(lesson.supplies)


def test_motos_own_answers_are_not_marked(aws):
    """No mark, no teaching."""
    assert HEADER not in aws.ec2.describe_vpcs()["ResponseMetadata"]["HTTPHeaders"]


def test_what_nobody_taught_fails_loudly(aws):
    """An operation that moto lacks is an error, never an empty list."""
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
    """Unknown members, wrong types and values outside an enumeration are errors of the lesson."""
    client = boto3.Session(**KEYS, region_name="us-east-1").client("rds")
    shape = client.meta.service_model.operation_model("DescribeDBInstances").output_shape
    with pytest.raises(ImpossibleAnswerError, match=problem):
        check_answer(shape, answer)
    with pytest.raises(ImpossibleAnswerError):
        check_answer(shape, answer, ["DBInstances"])


def test_a_lesson_is_given_once():
    """Two lessons for one operation would hide each other."""
    with pytest.raises(ValueError, match="rds:DescribeDBInstances has two lessons"):
        amend("rds", "DescribeDBInstances", supplies=[])(lambda call, answer: None)
    assert taught.install() == taught.install()


def test_performance_insights_follow_the_api(aws):
    """A taught field is state: the call that changes it in AWS changes it here."""
    aws.rds.modify_db_instance(DBInstanceIdentifier="campushub-db", EnablePerformanceInsights=False)
    database, replica = aws.rds.describe_db_instances()["DBInstances"]
    assert "PerformanceInsightsRetentionPeriod" not in database
    assert (database["PerformanceInsightsEnabled"], replica["PerformanceInsightsEnabled"]) == (False, True)


def test_nothing_can_be_restored_without_backups(aws):
    """Without backups there is no point in time to go back to."""
    assert "LatestRestorableTime" in aws.rds.describe_db_instances()["DBInstances"][0]
    aws.rds.modify_db_instance(DBInstanceIdentifier="campushub-db", BackupRetentionPeriod=0)
    assert "LatestRestorableTime" not in aws.rds.describe_db_instances()["DBInstances"][0]


def test_the_service_replaces_and_scales_its_tasks(aws):
    """A stopped task is replaced, fewer wanted tasks are fewer, and a deleted service leaves none."""
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
    """The deployment fails and the tasks before it stay."""
    before = aws.ecs.list_tasks(**CLUSTER)["taskArns"]
    images = aws.ecr.list_images(repositoryName="campushub")["imageIds"]
    aws.ecr.batch_delete_image(repositoryName="campushub", imageIds=images)
    aws.ecs.update_service(**CLUSTER, service="campushub-service", forceNewDeployment=True)
    service = aws.ecs.describe_services(**CLUSTER, services=["campushub-service"])["services"][0]
    assert service["deployments"][0]["rolloutState"] == "FAILED"
    assert aws.ecs.list_tasks(**CLUSTER)["taskArns"] == before


def test_cluster_settings_change(aws):
    """Settings that moto can't change are changed."""
    setting = {"name": "containerInsights", "value": "disabled"}
    aws.ecs.update_cluster_settings(cluster="campushub-cluster", settings=[setting])
    found = aws.ecs.describe_clusters(clusters=["campushub-cluster"], include=["SETTINGS"])["clusters"][0]
    assert found["settings"] == [setting]


def test_members_follow_their_replication_group(aws):
    """Member clusters show the group's settings and go with it; a lone cluster stays alone."""
    aws.elasticache.create_cache_cluster(
        CacheClusterId="alone", Engine="redis", CacheNodeType="cache.t3.micro", NumCacheNodes=1
    )
    aws.elasticache.modify_replication_group(ReplicationGroupId="campushub-redis", CacheNodeType="cache.r6g.large")
    clusters = {each["CacheClusterId"]: each for each in aws.elasticache.describe_cache_clusters()["CacheClusters"]}
    assert clusters["campushub-redis-0002-002"]["CacheNodeType"] == "cache.r6g.large"
    assert clusters["alone"]["AtRestEncryptionEnabled"] is False
    one = aws.elasticache.describe_cache_clusters(CacheClusterId="campushub-redis-0001-001")["CacheClusters"]
    assert [each["PreferredAvailabilityZone"] for each in one] == ["us-east-1a"]
    aws.elasticache.delete_replication_group(ReplicationGroupId="campushub-redis")
    assert [each["CacheClusterId"] for each in aws.elasticache.describe_cache_clusters()["CacheClusters"]] == ["alone"]


def test_target_health_is_what_was_marked(aws):
    """The documented poke is what the balancer reports."""
    group = aws.target_group("campushub-targets")
    target = aws.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"][0]["Target"]["Id"]
    elbv2.mark(aws.account, aws.region, group, target, {"State": "unhealthy", "Reason": "Target.Timeout"})
    found = aws.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert [each["TargetHealth"]["State"] for each in found] == ["unhealthy", "healthy", "healthy"]


def test_refusals_read_as_the_services_own(aws):
    """A lesson refuses with the service's code, as a client error."""
    with pytest.raises(aws.rds.exceptions.ReservedDBInstancesOfferingNotFoundFault):
        aws.rds.purchase_reserved_db_instances_offering(ReservedDBInstancesOfferingId="none")
    with pytest.raises(aws.cloudfront.exceptions.NoSuchCachePolicy):
        aws.cloudfront.get_cache_policy(Id="none")
    assert RefusedError("A", "b").code == "A"


def test_taught_lists_come_in_pages(aws):
    """A reader that pages gets all of a taught list, once each."""
    pages = list(
        aws.rds.get_paginator("describe_reserved_db_instances_offerings").paginate(PaginationConfig={"PageSize": 20})
    )
    names = [each["ReservedDBInstancesOfferingId"] for page in pages for each in page["ReservedDBInstancesOfferings"]]
    assert len(pages) == 2
    assert len(names) == len(set(names)) == 36
