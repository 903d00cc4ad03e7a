"""Whatever drifts do to a mock account, restoring undoes it."""

from __future__ import annotations

from asbuilt.mock.account import mock_account
from asbuilt_content.fixtures import state
from asbuilt_content.fixtures.aws import Aws
from asbuilt_content.fixtures.drifts import drifts
from tests.mock_reads import read_all


def test_restoring_puts_everything_back():
    """All reads after a restore are what they were, however much was changed, and as often as wanted."""
    told = drifts("campushub360", "tier2")
    with mock_account("campushub360", "tier2") as session:
        aws = Aws(session)
        saved = state.save()
        before = read_all(aws)
        for some in told[:3], told[-3:]:
            for each in some:
                each.apply(aws)
            aws.sqs.create_queue(QueueName="new-service")
            assert read_all(aws) != before
            state.restore(saved)
            assert read_all(aws) == before
            assert "QueueUrls" not in aws.sqs.list_queues()
