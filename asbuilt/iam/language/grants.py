"""Grant names as architecture documents write them, and the actions each is read as.

Each row says which AWS managed policy the list was taken from and what the reading leaves out. `resources` is what a
document that names none means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asbuilt.iam.language.reading import PolicyError, Problem, near


@dataclass(frozen=True)
class Named:
    """A grant by name: its actions, where the list comes from, and how the name was read."""

    actions: tuple[str, ...]
    source: str
    reading: str


NAMED: dict[str, Named] = {
    "ECR:ReadOnly": Named(
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
        "Pulling and looking; a role that has only this cannot push images.",
    ),
    "ECS:FullAccess": Named(
        ("ecs:*",),
        "AmazonECS_FullAccess",
        "The service's own actions; the managed policy also reaches load balancers, Auto Scaling, CloudFormation "
        "and iam:PassRole, which the name does not promise.",
    ),
    "CloudWatch:PutLogs": Named(
        ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
        "AWSLambdaBasicExecutionRole",
        "There is no action PutLogs; writing a log takes a group, a stream and events.",
    ),
    "CloudWatch:PutLogEvents": Named(
        ("logs:PutLogEvents",),
        "AWSLambdaBasicExecutionRole",
        "The action belongs to CloudWatch Logs: its prefix is logs, not cloudwatch.",
    ),
    "CloudWatch:PutMetricData": Named(("cloudwatch:PutMetricData",), "CloudWatchAgentServerPolicy", "As named."),
    "IAM:PassRole": Named(
        ("iam:PassRole",),
        "AmazonECS_FullAccess",
        "Without a role and a service in the document it is a way to any role's permissions: limit it by both.",
    ),
    "SecretsManager:GetSecretValue": Named(
        ("secretsmanager:GetSecretValue",), "SecretsManagerReadWrite", "Reading values, not listing secrets."
    ),
    "S3:ReadOnly": Named(
        ("s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*"),
        "AmazonS3ReadOnlyAccess",
        "Every bucket, unless resources say which.",
    ),
}


def documented(
    name: str, resources: Sequence[str] = ("*",), condition: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A named grant as an entry of an allowance. Raises `PolicyError`, with the nearest name, for an unknown one."""
    if name not in NAMED:
        raise PolicyError([Problem("", "grant", f"{name!r} is no named grant{near(name, NAMED)}")])
    entry: dict[str, Any] = {"actions": list(NAMED[name].actions), "resources": list(resources)}
    return entry | ({"condition": dict(condition)} if condition else {})
