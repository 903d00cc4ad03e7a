"""Whether a resource is infrastructure as code: part of a CloudFormation stack."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

_STACKS, _RESOURCES = "cloudformation:stack", "cloudformation:stack.resources"
_TYPES = {"ecs:service": "AWS::ECS::Service", "elbv2:load-balancer": "AWS::ElasticLoadBalancingV2::LoadBalancer"}


@check(
    *_TYPES,
    severity="medium",
    reads=[_STACKS, _RESOURCES],
    fix="aws cloudformation create-change-set --change-set-type IMPORT --resources-to-import file://resources.json "
    "--stack-name <stack> --change-set-name import --template-body file://template.yaml",
)
def kept_as_code(record: Record, account: Account) -> bool:
    """Whether a CloudFormation stack in a stable state (`..._COMPLETE`) contains it."""
    # a stack whose creation was rolled back has no resources left
    finished = [stack for stack in account.all(_STACKS) if stack["StackStatus"].endswith("_COMPLETE")]
    sound = [stack for stack in finished if stack["StackStatus"] not in ("ROLLBACK_COMPLETE", "DELETE_COMPLETE")]
    resources = [item for stack in sound for item in account.details(_RESOURCES, stack)]
    # a resource that was deleted or removed stays listed, and one that was never created has no id
    present = [item for item in resources if not item["ResourceStatus"].startswith("DELETE_")]
    # a custom resource chooses its own physical id, so that the type counts as well
    own_type = _TYPES[record.entry.kind]
    return any(
        item.get("PhysicalResourceId") == record.entry.arn and item["ResourceType"] == own_type for item in present
    )
