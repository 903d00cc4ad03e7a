"""Checks of SQS queues (`sqs:ListQueues`, `sqs:GetQueueAttributes`)."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown
from asbuilt.iam.records.policies import THIS_ACCOUNT, let_in

_ATTRIBUTES = "sqs:queue.attributes"


@check(
    "sqs:queue",
    severity="critical",
    reads=[_ATTRIBUTES],
    controls=["AWS FSBP SQS.3"],
    fix="aws sqs set-queue-attributes --queue-url {QueueUrl} --attributes file://attributes.json",
)
def reachable_by(queue: Record, account: Account) -> frozenset[str]:
    """Who the queue's policy grants access (services, others by ARN or account id, `*`), and `this account`."""
    attributes = account.detail(_ATTRIBUTES, queue)
    if attributes is None:
        raise Unknown(f"the attributes of {queue['QueueUrl']} were not read")
    # a queue without a policy has no such attribute
    return THIS_ACCOUNT | let_in(attributes.get("Policy"), attributes["QueueArn"])
