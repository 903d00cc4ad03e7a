"""The mock account over HTTP: same answers as in process, faults in AWS's form, and usage errors."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from asbuilt.mock.account import KEYS
from asbuilt.mock.faults import UnknownOperationError, denied
from asbuilt.mock.server import serve, served
from asbuilt_content.fixtures.accounts import campushub360
from asbuilt_content.fixtures.aws import Aws
from tests.mock_reads import read_all

DENIED = {  # one operation of each protocol, and the code of its refusal
    "ec2:DescribeAddresses": ("describe_addresses", {}, "UnauthorizedOperation"),
    "rds:DescribeDBSnapshots": ("describe_db_snapshots", {}, "AccessDenied"),
    "s3:GetBucketTagging": ("get_bucket_tagging", {"Bucket": "campushub-media"}, "AccessDenied"),
    "route53:ListHealthChecks": ("list_health_checks", {}, "AccessDenied"),
    "ecs:ListServices": ("list_services", {"cluster": "campushub-cluster"}, "AccessDeniedException"),
    "backup:ListBackupPlans": ("list_backup_plans", {}, "AccessDeniedException"),
}
ONCE = Config(retries={"total_max_attempts": 1})


@pytest.fixture(scope="module")
def here_and_there():
    """One account in process, and over HTTP with some operations denied and one throttled."""
    with served("campushub360", "tier1", deny=list(DENIED), throttle=["sns:ListSubscriptionsByTopic"]) as url:
        session = boto3.Session(**KEYS, region_name="us-east-1")
        yield Aws(session), Aws(session, endpoint_url=url, config=ONCE)


def test_answers_are_the_same_over_http(here_and_there):
    """Every read has the same answer in process and over HTTP."""
    here, there = here_and_there
    assert read_all(there) == read_all(here)


def test_the_mark_travels(here_and_there):
    """Supplied fields are named in the response header over HTTP too."""
    _, there = here_and_there
    headers = there.rds.describe_reserved_db_instances()["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-asbuilt-supplied"] == "*"
    headers = there.ecs.list_tasks(cluster="campushub-cluster")["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-asbuilt-supplied"] == "taskArns"


def test_a_client_can_change_the_served_account(here_and_there):
    """A change over HTTP is visible in process, including the state of extensions."""
    here, there = here_and_there
    there.rds.modify_db_instance(DBInstanceIdentifier="campushub-db", MultiAZ=False, EnablePerformanceInsights=False)
    database = here.rds.describe_db_instances()["DBInstances"][0]
    assert (database["MultiAZ"], database["PerformanceInsightsEnabled"]) == (False, False)
    there.rds.modify_db_instance(DBInstanceIdentifier="campushub-db", MultiAZ=True, EnablePerformanceInsights=True)


@pytest.mark.parametrize("name", DENIED)
def test_denied_operations_are_refused_in_their_services_words(here_and_there, name):
    """A denied operation is refused over HTTP and in process; other operations of its service work."""
    here, there = here_and_there
    method, given, code = DENIED[name]
    service = name.partition(":")[0]
    with pytest.raises(ClientError) as caught:
        getattr(getattr(there, service), method)(**given)
    assert caught.value.response["Error"]["Code"] == code
    with denied(here.session, name):
        client = here.session.client(service)
        with pytest.raises(ClientError) as caught:
            getattr(client, method)(**given)
    assert caught.value.response["Error"]["Code"] == code
    if service != "s3":  # S3 answers an error for a bucket without tags
        assert getattr(client, method)(**given)["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_denial_is_for_one_operation(here_and_there):
    """Operations that are not denied are answered."""
    here, _ = here_and_there
    with denied(here.rds, "rds:DescribeDBInstances"):
        with pytest.raises(ClientError, match="not authorized to perform: rds:DescribeDBInstances"):
            here.rds.describe_db_instances()
        assert here.rds.describe_db_subnet_groups()["DBSubnetGroups"]
    assert here.rds.describe_db_instances()["DBInstances"]


def test_throttled_operations_say_so(here_and_there):
    """A throttled operation answers with the service's throttling code."""
    _, there = here_and_there
    topic = there.sns.list_topics()["Topics"][0]["TopicArn"]
    with pytest.raises(ClientError) as caught:
        there.sns.list_subscriptions_by_topic(TopicArn=topic)
    assert caught.value.response["Error"]["Code"] == "Throttling"


@pytest.mark.parametrize(
    ("service", "method", "given"),
    [
        ("rds", "describe_db_engine_versions", {}),
        ("cloudtrail", "lookup_events", {}),
        ("accessanalyzer", "list_analyzers", {}),
    ],
)
def test_an_operation_without_a_model_is_501_over_http(here_and_there, capsys, service, method, given):
    """The client gets an error with a status that it does not retry."""
    _, there = here_and_there
    with pytest.raises(ClientError) as caught:
        getattr(getattr(there, service), method)(**given)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert caught.value.response["Error"]["Code"] == "NotImplemented"
    assert "the mock cannot answer this" in capsys.readouterr().err


def test_faults_name_real_operations(here_and_there):
    """A misspelt operation is an error that names the nearest one."""
    here, _ = here_and_there
    for name, said in {
        "rds:DescribeDBInstance": "rds has no operation 'DescribeDBInstance': did you mean DescribeDBInstances?",
        "rdz:DescribeDBInstances": "'rdz:DescribeDBInstances' is not SERVICE:Operation: did you mean rds?",
    }.items():
        with pytest.raises(UnknownOperationError) as caught, denied(here.rds, name):
            pass
        assert str(caught.value) == said


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("nowhere", "tier1", 0, {}), "no mock account for 'nowhere'"),
        (("campushub360", "tier9", 0, {}), "campushub360 has no variant 'tier9'"),
        (("campushub360", "tier1", 70000, {}), "70000 is not a port"),
        (("campushub360", "tier1", 0, {"deny": ["rds:Describe"]}), "rds has no operation 'Describe'"),
    ],
)
def test_what_cannot_be_served_is_one_line_and_exit_4(capsys, asked, said):
    """A usage error is one line on stderr, with exit code 4."""
    system, variant, port, more = asked
    assert serve(system, variant, port, **more) == 4
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"asbuilt mock: {said}")
    assert shown.err.count("\n") == 1


def test_a_taken_port_is_said(capsys, monkeypatch):
    """No account is built if the port is taken."""
    monkeypatch.setattr(campushub360, "build", lambda *_: pytest.fail("built for nothing"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert serve("campushub360", "tier1", port) == 4
    assert f"port {port} is in use" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_interrupted(number):
    """The command prints the URL and no variable of AWS, ends on an interrupt, and adds latency to each answer."""
    code = (
        "import sys; from asbuilt.mock.server import serve; sys.exit(serve('campushub360', 'tier1', 0, latency_ms=50))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # a shell's job ignores it
    ) as process:  # fmt: skip
        try:
            line = process.stdout.readline()
            assert line.startswith("campushub360 tier1 at http://127.0.0.1:")
            url = line.split()[-1]
            told = [process.stdout.readline() for _ in range(2)]
            assert f"asbuilt verify campushub360 --variant tier1 --endpoint-url {url}\n" in told[0]
            assert f"aws --endpoint-url {url} --region us-east-1 " in told[1]
            assert not re.search("AWS_|export", "".join(told))
            client = boto3.Session(**KEYS, region_name="us-east-1").client("rds", endpoint_url=url)
            client.describe_db_instances()
            started = time.perf_counter()
            assert client.describe_db_instances()["DBInstances"]
            assert time.perf_counter() - started > 0.05
            os.kill(process.pid, number)
            assert process.wait(300) == 0
            assert process.stdout.read() == ""
        finally:
            process.kill()  # ends the process of a failed test
