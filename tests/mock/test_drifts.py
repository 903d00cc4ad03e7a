"""Restoring a mock account undoes all drifts."""

from __future__ import annotations

from asbuilt_content.fixtures import state
from asbuilt_content.fixtures.drifts import drifts
from tests.mock.conftest import documented
from tests.mock_reads import read_all


def test_restoring_undoes_all_changes():
    """After each restore, all reads have the same answers as before the drifts."""
    all_of = drifts("campushub360", "tier2")
    with documented("campushub360", "tier2") as (aws, saved):
        before = read_all(aws)
        for some in all_of[:3], all_of[-3:]:
            for each in some:
                each.apply(aws)
            aws.sqs.create_queue(QueueName="new-service")
            aws.s3.create_bucket(Bucket="new-bucket")
            assert read_all(aws) != before
            state.restore(saved)
            assert read_all(aws) == before
            assert "QueueUrls" not in aws.sqs.list_queues()
