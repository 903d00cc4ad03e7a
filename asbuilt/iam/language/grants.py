"""Grants by the names that architecture documents give them, each with the actions that it stands for.

Each row names the AWS managed policy that its list of actions comes from, and says what the reading leaves out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asbuilt.iam.language.reading import PolicyError, Problem, near


@dataclass(frozen=True)
class NamedGrant:
    """The actions of a named grant; `source`: the managed policy they come from; `reading`: how the name is read."""

    actions: tuple[str, ...]
    source: str
    reading: str


NAMED_GRANTS: dict[str, NamedGrant] = {
    "ECR:ReadOnly": NamedGrant(
        (
            "ecr:GetAuthorizationToken",
            "ecr:BatchCheckLayerAvailability",
            "ecr:GetDownloadUrlForLayer",
            "ecr:GetRepositoryPolicy",
            "ecr:DescribeRepositories",
            "ecr:ListImages",
            "ecr:DescribeImages",
            "ecr:BatchGetImage",
            "ecr:GetLifecyclePolicy",
            "ecr:GetLifecyclePolicyPreview",
            "ecr:ListTagsForResource",
            "ecr:DescribeImageScanFindings",
        ),
        "AmazonEC2ContainerRegistryReadOnly",
        "Pulling and listing images; a role that has only this grant cannot push images.",
    ),
    "ECS:FullAccess": NamedGrant(
        ("ecs:*",),
        "AmazonECS_FullAccess",
        "The service's own actions; the managed policy also reaches load balancers, Auto Scaling, CloudFormation "
        "and iam:PassRole, which the name does not promise.",
    ),
    "CloudWatch:PutLogs": NamedGrant(
        ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
        "AWSLambdaBasicExecutionRole",
        "There is no action PutLogs; writing a log takes a group, a stream and events.",
    ),
    "CloudWatch:PutLogEvents": NamedGrant(
        ("logs:PutLogEvents",),
        "AWSLambdaBasicExecutionRole",
        "The action belongs to CloudWatch Logs: its prefix is logs, not cloudwatch.",
    ),
    "CloudWatch:PutMetricData": NamedGrant(("cloudwatch:PutMetricData",), "CloudWatchAgentServerPolicy", "As named."),
    "IAM:PassRole": NamedGrant(
        ("iam:PassRole",),
        "AmazonECS_FullAccess",
        "Without a role and a service in the document it is a way to any role's permissions: limit it by both.",
    ),
    "SecretsManager:GetSecretValue": NamedGrant(
        ("secretsmanager:GetSecretValue",), "SecretsManagerReadWrite", "Reading values, not listing secrets."
    ),
    "S3:ReadOnly": NamedGrant(
        ("s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*"),
        "AmazonS3ReadOnlyAccess",
        "Every bucket, unless resources say which.",
    ),
}


def named_grant(
    name: str, resources: Sequence[str] = ("*",), condition: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A named grant as an entry of an allowance. Raises `PolicyError` with the nearest name for an unknown name."""
    if name not in NAMED_GRANTS:
        raise PolicyError([Problem("", "grant", f"{name!r} is not a named grant{near(name, NAMED_GRANTS)}")])
    entry: dict[str, Any] = {"actions": list(NAMED_GRANTS[name].actions), "resources": list(resources)}
    return entry | ({"condition": dict(condition)} if condition else {})
