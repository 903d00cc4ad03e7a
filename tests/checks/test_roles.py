"""The roles of ECS tasks, and the root user."""

from __future__ import annotations

import pytest

from asbuilt_content.checks.account import root_user as root_use
from asbuilt_content.checks.iam import task_roles as iam_task_roles
from tests.records import account, entry, record

DEFINITIONS, SUMMARY = "ecs:service.task-definition", "iam:account-summary"


def test_given_to_tasks_as():
    """The role is what the task definitions of services use it for."""
    definitions = [{"executionRoleArn": "arn:role"}, {"taskRoleArn": "arn:role"}, {"taskRoleArn": "arn:other"}]
    role = record({"Arn": "arn:role"}, "iam:role", ["r"])
    of = [entry(data, DEFINITIONS, [str(number)]) for number, data in enumerate(definitions)]
    assert iam_task_roles.given_to_tasks_as(role, account({DEFINITIONS: of[:1]})) == {"execution"}
    assert iam_task_roles.given_to_tasks_as(role, account({DEFINITIONS: of})) == {"execution", "task"}
    assert iam_task_roles.given_to_tasks_as(role, account({DEFINITIONS: of[2:]})) == frozenset()


@pytest.mark.parametrize(
    ("arn", "sort"),
    [
        ("arn:aws:iam::1:root", "root"),
        ("arn:aws:iam::1:user/a", "user"),
        ("arn:aws:sts::1:assumed-role/auditor/me", "assumed-role"),
    ],
)
def test_read_as(arn, sort):
    """Root is a kind of caller of its own."""
    assert root_use.read_as(record({"Arn": arn})) == sort


@pytest.mark.parametrize(("keys", "mfa", "second"), [(0, 1, True), (1, 0, False)])
def test_root_user(keys, mfa, second):
    """Access keys are counted, and the second factor is present or absent."""
    summary = {"AccountAccessKeysPresent": keys, "AccountMFAEnabled": mfa}
    seen = account({SUMMARY: [entry(summary, SUMMARY)]})
    assert root_use.root_access_keys(record({}), seen) == keys
    assert root_use.root_mfa(record({}), seen) is second
