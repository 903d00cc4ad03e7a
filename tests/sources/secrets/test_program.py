"""The program on an account full of secrets: none of them in its files, on the terminal, or in temporary folders."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess

import boto3
import pytest

from tests.accounts import ROOT
from tests.programs import ASBUILT, verify
from tests.sources.secrets.kinds import BY_FORM, BY_NAME

SYSTEM, VARIANT = "campushub360", "tier1"
KEYS = {"aws_access_key_id": "mock", "aws_secret_access_key": "mock", "region_name": "us-east-1"}
_TOKEN = "ghp_" + "x7Kp2Vq9Rw4Tz8Ly3Nb6x7Kp2Vq9Rw4Tz8Ly"
_URL_PASSWORD = "hunter2-of-the-endpoint"
CHOSEN = [row for row in [*BY_FORM, *BY_NAME] if "\n" not in row[2]]


@pytest.fixture(scope="module")
def endpoint():
    """The address of the documented account with a secret of each kind in its task, and a token in other places."""
    command = [*ASBUILT, "mock", SYSTEM, "--variant", VARIANT, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        try:
            line = server.stdout.readline()
            address = next(word for word in line.split() if word.startswith("http://127.0.0.1:"))
            _plant(lambda service: boto3.Session(**KEYS).client(service, endpoint_url=address))
            yield address
        finally:
            server.terminate()


def _plant(client):
    ecs = client("ecs")
    now = ecs.describe_task_definition(taskDefinition="campushub-task")["taskDefinition"]
    fields = ("family", "networkMode", "requiresCompatibilities", "cpu", "memory", "executionRoleArn", "taskRoleArn")
    [container, *others] = now["containerDefinitions"]
    container["environment"] += [
        {"name": name or f"V{i}", "value": value} for i, (_, name, value, _) in enumerate(CHOSEN)
    ]
    container |= {
        "command": ["serve", "--db-password", "hunter2flag", _TOKEN],
        "dockerLabels": {"token": "hunter2label"},
    }
    made = ecs.register_task_definition(
        **{field: now[field] for field in fields if field in now}, containerDefinitions=[container, *others]
    )
    ecs.update_service(
        cluster="campushub-cluster",
        service="campushub-service",
        taskDefinition=made["taskDefinition"]["taskDefinitionArn"],
    )
    client("rds").add_tags_to_resource(
        ResourceName="arn:aws:rds:us-east-1:123456789012:db:campushub-db",
        Tags=[{"Key": "DB_PASS", "Value": "hunter2tag"}],
    )
    client("logs").create_log_group(logGroupName=f"/app/{_TOKEN}")
    client("cloudwatch").put_metric_alarm(
        AlarmName=f"alarm {_TOKEN}",
        AlarmDescription="password: hunter2alarm",
        Namespace="AWS/ECS",
        MetricName="CPUUtilization",
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )


SECRETS = [
    _TOKEN,
    _URL_PASSWORD,
    "hunter2flag",
    "hunter2label",
    "hunter2tag",
    "hunter2alarm",
    *(row[3] for row in CHOSEN),
]


def _leaked(*texts):
    """The secrets in texts, also as JSON and HTML show them."""
    forms = {secret: {secret, json.dumps(secret)[1:-1], secret.replace("&", "&amp;")} for secret in SECRETS}
    return [secret for secret, shown in forms.items() if any(form in text for form in shown for text in texts)]


def _files(*folders):
    return [
        path.read_text(encoding="utf-8", errors="replace")
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file()
    ]


def _address(endpoint):
    return endpoint.replace("http://", f"http://auditor:{_URL_PASSWORD}@")


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_a_run_tells_no_secret(tmp_path, endpoint, workers):
    """The facts about secrets fail and name no value; files, terminal and temporary folders hold none."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    arguments = ("--variant", VARIANT, "--endpoint-url", _address(endpoint))
    ended = verify(tmp_path, SYSTEM, *arguments, *workers, env={"TMPDIR": str(temporary)})
    assert ended.code == 1, ended.out
    assert "].value (KUBECONFIG)" in ended.out  # the variable's name, since its value is not shown
    assert ended.statuses["web.free_of_plain_secrets[tier1]"] == "failed"
    kept = _files(tmp_path / "out", temporary)
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"results.json", "junit.xml"}
    assert _leaked(ended.out, ended.err, *kept) == []
    assert ended.results["deployments"][0]["target"]["endpoint_url"] == endpoint  # without user and password
    assert not list(temporary.glob("asbuilt-*"))


def test_an_endpoint_that_is_down_is_told_without_its_password(tmp_path):
    """The message names the endpoint, and exit code 4 says that nothing was read."""
    ended = verify(tmp_path, SYSTEM, "--variant", VARIANT, "--endpoint-url", _address("http://127.0.0.1:1"))
    assert ended.code == 4
    assert "nothing listens at http://127.0.0.1:1" in ended.out + ended.err
    assert _leaked(ended.out, ended.err) == []


def test_a_killed_run_leaves_no_evidence(tmp_path, endpoint):
    """After the first fact was judged, every process is killed: no file that stays holds a record of the account."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    command = [*ASBUILT, "verify", SYSTEM, "--variant", VARIANT, "--endpoint-url", endpoint, "-n", "2"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with subprocess.Popen(
        [*command, "--out", str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=tmp_path,
        env={**environment, "TMPDIR": str(temporary), "AWS_CONFIG_FILE": "/nonexistent"},
        start_new_session=True,
    ) as run:
        try:
            shown = b""
            while not re.search(rb"^[.sxF]+", shown, re.MULTILINE):  # the progress of the first facts
                more = os.read(run.stdout.fileno(), 4096)
                assert more, shown
                shown += more
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(run.pid, signal.SIGKILL)
        shown += run.stdout.read()
    kept = _files(temporary, tmp_path)
    assert _leaked(shown.decode(), *kept) == []
    assert not [text for text in kept if "campushub-db" in text and "DBInstanceIdentifier" in text]
    assert all(path.stat().st_mode & 0o077 == 0 for path in temporary.glob("asbuilt-*/*"))
