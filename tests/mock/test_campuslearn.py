"""CampusLearn's mock account: extended operations answer as AWS does and follow the calls that change them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from asbuilt_content.fixtures.accounts.campuslearn.documented import CLUSTER, DOMAIN, PIPELINE, SERVICE, VPC
from asbuilt_content.fixtures.taught.acm import age
from asbuilt_content.fixtures.taught.ecs_deployments import deployed
from asbuilt_content.fixtures.taught.extension import HEADER
from asbuilt_content.fixtures.taught.sts import sign_in

DEPLOYMENT = ("campuslearn", "")


def _marked(answer):
    return HEADER in answer["ResponseMetadata"]["HTTPHeaders"]


def test_the_account_is_the_documented_one(aws):
    """Account id and region are as documented, and the VPC is not the region's default one."""
    assert (aws.account, aws.region) == ("559935790394", "af-south-1")
    [vpc] = aws.ec2.describe_vpcs(VpcIds=[VPC])["Vpcs"]
    assert vpc["IsDefault"] is False
    subnets = aws.ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [VPC]}])["Subnets"]
    assert len(subnets) == 4


def test_webhooks(aws):
    """Webhooks are created, listed with masked secrets, and deleted; their pipeline must exist."""
    answer = aws.codepipeline.list_webhooks()
    assert _marked(answer)
    [webhook] = answer["webhooks"]
    assert webhook["definition"]["authenticationConfiguration"] == {"SecretToken": "****"}
    aws.codepipeline.delete_webhook(name=webhook["definition"]["name"])
    assert aws.codepipeline.list_webhooks()["webhooks"] == []
    definition = {**webhook["definition"], "targetPipeline": "none"}
    with pytest.raises(ClientError, match="PipelineNotFound"):
        aws.codepipeline.put_webhook(webhook=definition)


def test_a_pipeline_hides_its_token(aws):
    """The token is masked in answers, as in AWS."""
    answer = aws.codepipeline.get_pipeline(name=PIPELINE)
    assert _marked(answer)
    source = answer["pipeline"]["stages"][0]["actions"][0]
    assert source["configuration"]["OAuthToken"] == "****"


def test_runs(aws):
    """Runs are listed newest first, each with its actions."""
    runs = aws.codepipeline.list_pipeline_executions(pipelineName=PIPELINE)["pipelineExecutionSummaries"]
    assert [run["status"] for run in runs].count("Failed") == 1
    assert runs == sorted(runs, key=lambda run: run["startTime"], reverse=True)
    actions = aws.codepipeline.list_action_executions(pipelineName=PIPELINE)["actionExecutionDetails"]
    assert len(actions) == 3 * len(runs)
    assert all(action["startTime"] < action["lastUpdateTime"] for action in actions)


def test_stacks(aws):
    """Imported resources belong to the stack and outlive it; only imports are supported."""
    [stack] = aws.cloudformation.describe_stacks()["Stacks"]
    held = aws.cloudformation.list_stack_resources(StackName=stack["StackName"])["StackResourceSummaries"]
    assert {"AWS::ECS::Service", "AWS::ElasticLoadBalancingV2::LoadBalancer"} <= {each["ResourceType"] for each in held}
    aws.cloudformation.delete_stack(StackName=stack["StackName"])
    assert aws.cloudformation.describe_stacks()["Stacks"] == []
    assert aws.ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"]
    with pytest.raises(ClientError, match="does not exist"):
        aws.cloudformation.list_stack_resources(StackName=stack["StackName"])
    with pytest.raises(ClientError, match="IMPORT"):
        aws.cloudformation.create_change_set(
            StackName="x", ChangeSetName="x", ChangeSetType="CREATE", TemplateBody="{}"
        )


def test_quotas(aws):
    """Raised quotas have the new value, others the default; unknown ones are refused."""
    values = {
        each["QuotaCode"]: each["Value"]
        for each in aws.service_quotas.list_service_quotas(ServiceCode="fargate")["Quotas"]
    }
    assert values == {"L-3032A538": 32.0, "L-36FBB829": 6.0}
    with pytest.raises(ClientError, match="NoSuchResource"):
        aws.service_quotas.list_service_quotas(ServiceCode="none")
    with pytest.raises(ClientError, match="NoSuchResource"):
        aws.service_quotas.request_service_quota_increase(ServiceCode="fargate", QuotaCode="L-0", DesiredValue=1.0)


def test_classes_of_log_groups(aws):
    """The class is the given one, by default STANDARD."""
    aws.logs.create_log_group(logGroupName="/rare", logGroupClass="INFREQUENT_ACCESS")
    classes = {each["logGroupName"]: each["logGroupClass"] for each in aws.logs.describe_log_groups()["logGroups"]}
    assert classes.pop("/rare") == "INFREQUENT_ACCESS"
    assert set(classes.values()) == {"STANDARD"}


def test_deployments(aws):
    """Only requested states are listed, and a rollback has its start."""
    service = aws.ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]["serviceArn"]
    deployed(aws.account, aws.region, service, datetime.now(UTC), timedelta(minutes=9), rollback=timedelta(minutes=2))
    listed = aws.ecs.list_service_deployments(cluster=CLUSTER, service=SERVICE, status=["ROLLBACK_SUCCESSFUL"])
    arns = [each["serviceDeploymentArn"] for each in listed["serviceDeployments"]]
    assert len(arns) == 2
    found = aws.ecs.describe_service_deployments(serviceDeploymentArns=arns[:1])["serviceDeployments"]
    took = found[0]["finishedAt"] - found[0]["rollback"]["startedAt"]
    assert round(took.total_seconds()) == 120


def test_certificates_age(aws):
    """A used certificate is eligible for renewal, a failed renewal is reported, and options can be changed."""
    arn = aws.certificate(DOMAIN)
    found = aws.acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert found["NotBefore"] <= datetime.now(UTC) < found["NotAfter"]
    assert (found["RenewalEligibility"], found.get("RenewalSummary")) == ("ELIGIBLE", None)
    age(aws.account, aws.region, arn, datetime.now(UTC) + timedelta(days=3), "FAILED")
    found = aws.acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert found["RenewalSummary"]["RenewalStatus"] == "FAILED"
    options = {"CertificateTransparencyLoggingPreference": "DISABLED"}
    aws.acm.update_certificate_options(CertificateArn=arn, Options=options)
    assert options.items() <= aws.acm.describe_certificate(CertificateArn=arn)["Certificate"]["Options"].items()


def test_recent_metrics(aws):
    """A metric that was last published hours ago is not recent."""
    old = datetime.now(UTC) - timedelta(hours=5)
    datum = {"MetricName": "Old", "Value": 1.0, "Timestamp": old}
    aws.cloudwatch.put_metric_data(Namespace="Some", MetricData=[datum])
    assert aws.cloudwatch.list_metrics(Namespace="Some")["Metrics"]
    assert aws.cloudwatch.list_metrics(Namespace="Some", RecentlyActive="PT3H")["Metrics"] == []


def test_the_caller(aws):
    """The caller is the identity that was set."""
    sign_in(aws.account, aws.region, f"arn:aws:iam::{aws.account}:root")
    assert aws.sts.get_caller_identity()["Arn"].endswith(":root")
