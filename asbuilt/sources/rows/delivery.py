"""How releases come about: pipelines, builds, stacks, deployments; and the limits and ways out that they need."""

from asbuilt.sources.row import Row
from asbuilt.sources.rows.compute import MISSING
from asbuilt.sources.rows.watch import MEASURED


def _recent(kind: str) -> Row:
    """The metrics that a resource has published in the last three hours."""
    namespace, dimensions = MEASURED[kind]
    return Row(
        f"{kind}.recent-metrics",
        "cloudwatch",
        "list_metrics",
        "Metrics[]",
        per=kind,
        static={"Namespace": namespace, "RecentlyActive": "PT3H"},
        params={"Dimensions": dimensions},
    )


ROWS = (
    Row("codepipeline:pipeline.names", "codepipeline", "list_pipelines", "pipelines[]", names="[name]"),
    Row(
        "codepipeline:pipeline",
        "codepipeline",
        "get_pipeline",
        "@",
        per="codepipeline:pipeline.names",
        params={"name": "name"},
        names="[pipeline.name]",
        arn="metadata.pipelineArn",
    ),
    Row(
        "codepipeline:pipeline.runs",
        "codepipeline",
        "list_pipeline_executions",
        "pipelineExecutionSummaries[]",
        per="codepipeline:pipeline",
        params={"pipelineName": "pipeline.name"},
        names="[pipelineExecutionId]",
    ),
    Row(
        "codepipeline:pipeline.actions",
        "codepipeline",
        "list_action_executions",
        "actionExecutionDetails[]",
        per="codepipeline:pipeline",
        params={"pipelineName": "pipeline.name"},
        names="[actionExecutionId]",
    ),
    Row("codepipeline:webhook", "codepipeline", "list_webhooks", "webhooks[]", names="[definition.name]", arn="arn"),
    Row("codebuild:project.names", "codebuild", "list_projects", "projects[].{name: @}", names="[name]"),
    Row(
        "codebuild:project",
        "codebuild",
        "batch_get_projects",
        "projects[]",
        per="codebuild:project.names",
        batch="names",
        gone="projectsNotFound",
        params={"names": "name"},
        names="[name]",
        arn="arn",
    ),
    Row(
        "cloudformation:stack",
        "cloudformation",
        "describe_stacks",
        "Stacks[]",
        names="[StackName]",
        arn="StackId",
    ),
    Row(
        "cloudformation:stack.resources",
        "cloudformation",
        "list_stack_resources",
        "StackResourceSummaries[]",
        per="cloudformation:stack",
        params={"StackName": "StackName"},
        names="[PhysicalResourceId]",
    ),
    Row(
        "ecs:service.deployment-names",
        "ecs",
        "list_service_deployments",
        "serviceDeployments[]",
        per="ecs:service",
        params={"service": "serviceArn", "cluster": "clusterArn"},
        names="[serviceDeploymentArn]",
    ),
    Row(
        "ecs:service.deployment",
        "ecs",
        "describe_service_deployments",
        "serviceDeployments[]",
        per="ecs:service.deployment-names",
        batch="serviceDeploymentArns",
        gone=MISSING,
        batch_size=20,
        params={"serviceDeploymentArns": "serviceDeploymentArn"},
        arn="serviceDeploymentArn",
    ),
    Row("ecr:registry", "ecr", "get_registry_scanning_configuration", "@", names="[registryId]"),
    Row(
        "elbv2:target-group.attributes",
        "elbv2",
        "describe_target_group_attributes",
        "@",
        per="elbv2:target-group",
        params={"TargetGroupArn": "TargetGroupArn"},
    ),
    Row("iam:account-summary", "iam", "get_account_summary", "SummaryMap"),
    Row(
        "service-quotas:fargate",
        "service-quotas",
        "list_service_quotas",
        "Quotas[]",
        static={"ServiceCode": "fargate"},
        names="[QuotaCode, QuotaName]",
        arn="QuotaArn",
    ),
    # Namespaces of AWS's own services are left out: what remains, somebody publishes on purpose.
    Row(
        "cloudwatch:custom-metric",
        "cloudwatch",
        "list_metrics",
        "Metrics[?!starts_with(Namespace, 'AWS/')]",
        names="[Namespace, MetricName]",
    ),
    Row("route53:health-check", "route53", "list_health_checks", "HealthChecks[]", names="[Id]"),
    # Not AWS's answers but the DNS's, where it is asked at all: where host names lead.
    Row(
        "acm:certificate.hosts",
        "dns",
        "lookup_hosts",
        "Hosts[]",
        per="acm:certificate",
        params={"Names": "SubjectAlternativeNames"},
        names="[Name]",
    ),
    Row(
        "elbv2:load-balancer.hosts",
        "dns",
        "lookup_hosts",
        "Hosts[]",
        per="elbv2:load-balancer",
        params={"Names": "[DNSName]"},
        names="[Name]",
    ),
    _recent("ecs:service"),
    _recent("elbv2:load-balancer"),
)
