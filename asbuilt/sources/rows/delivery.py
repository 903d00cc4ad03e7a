"""How releases come about: pipelines, builds, stacks, deployments; and the limits and ways out that they need."""

from asbuilt.sources.row import Collector
from asbuilt.sources.rows.compute import MISSING
from asbuilt.sources.rows.watch import MEASURED


def _recent(kind: str) -> Collector:
    """The metrics that a resource has published in the last three hours."""
    namespace, dimensions = MEASURED[kind]
    return Collector(
        f"{kind}.recent-metrics",
        "cloudwatch",
        "list_metrics",
        "Metrics[]",
        per=kind,
        static={"Namespace": namespace, "RecentlyActive": "PT3H"},
        params={"Dimensions": dimensions},
    )


ROWS = (
    Collector("codepipeline:pipeline.names", "codepipeline", "list_pipelines", "pipelines[]", names="[name]"),
    Collector(
        "codepipeline:pipeline",
        "codepipeline",
        "get_pipeline",
        "@",
        per="codepipeline:pipeline.names",
        params={"name": "name"},
        names="[pipeline.name]",
        arn="metadata.pipelineArn",
    ),
    Collector(
        "codepipeline:pipeline.runs",
        "codepipeline",
        "list_pipeline_executions",
        "pipelineExecutionSummaries[]",
        per="codepipeline:pipeline",
        params={"pipelineName": "pipeline.name"},
        names="[pipelineExecutionId]",
    ),
    Collector(
        "codepipeline:pipeline.actions",
        "codepipeline",
        "list_action_executions",
        "actionExecutionDetails[]",
        per="codepipeline:pipeline",
        params={"pipelineName": "pipeline.name"},
        names="[actionExecutionId]",
    ),
    Collector(
        "codepipeline:webhook", "codepipeline", "list_webhooks", "webhooks[]", names="[definition.name]", arn="arn"
    ),
    Collector("codebuild:project.names", "codebuild", "list_projects", "projects[].{name: @}", names="[name]"),
    Collector(
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
    Collector(
        "cloudformation:stack",
        "cloudformation",
        "describe_stacks",
        "Stacks[]",
        names="[StackName]",
        arn="StackId",
    ),
    Collector(
        "cloudformation:stack.resources",
        "cloudformation",
        "list_stack_resources",
        "StackResourceSummaries[]",
        per="cloudformation:stack",
        params={"StackName": "StackName"},
        names="[PhysicalResourceId]",
    ),
    Collector(
        "ecs:service.deployment-names",
        "ecs",
        "list_service_deployments",
        "serviceDeployments[]",
        per="ecs:service",
        params={"service": "serviceArn", "cluster": "clusterArn"},
        names="[serviceDeploymentArn]",
    ),
    Collector(
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
    Collector("ecr:registry", "ecr", "get_registry_scanning_configuration", "@", names="[registryId]"),
    Collector(
        "elbv2:target-group.attributes",
        "elbv2",
        "describe_target_group_attributes",
        "@",
        per="elbv2:target-group",
        params={"TargetGroupArn": "TargetGroupArn"},
    ),
    Collector("iam:account-summary", "iam", "get_account_summary", "SummaryMap"),
    Collector(
        "service-quotas:fargate",
        "service-quotas",
        "list_service_quotas",
        "Quotas[]",
        static={"ServiceCode": "fargate"},
        names="[QuotaCode, QuotaName]",
        arn="QuotaArn",
    ),
    # Namespaces of AWS's own services are left out: what remains, somebody publishes on purpose.
    Collector(
        "cloudwatch:custom-metric",
        "cloudwatch",
        "list_metrics",
        "Metrics[?!starts_with(Namespace, 'AWS/')]",
        names="[Namespace, MetricName]",
    ),
    Collector("route53:health-check", "route53", "list_health_checks", "HealthChecks[]", names="[Id]"),
    # Not AWS's answers but the DNS's, where it is asked at all: where host names lead.
    Collector(
        "acm:certificate.hosts",
        "dns",
        "lookup_hosts",
        "Hosts[]",
        per="acm:certificate",
        params={"Names": "SubjectAlternativeNames"},
        names="[Name]",
    ),
    Collector(
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
