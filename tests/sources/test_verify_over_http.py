"""The program against the mock account over HTTP: verdicts, drifts, denials, exit codes, files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import boto3
import jsonschema
import pytest

from tests.accounts import ROOT
from tests.programs import asbuilt, served, verify

SYSTEM, VARIANT = "campushub360", "tier1"
KEYS = {"aws_access_key_id": "mock", "aws_secret_access_key": "mock", "region_name": "us-east-1"}


def _served(*options):
    return served(SYSTEM, VARIANT, *options)


@pytest.fixture(scope="module")
def url():
    """The documented account. A test that changes it restores it."""
    with _served() as address:
        yield address


def _verify(tmp_path, url, *arguments):
    return verify(tmp_path, SYSTEM, "--variant", VARIANT, "--endpoint-url", url, *arguments)


def test_the_documented_account_holds_as_in_process(tmp_path, url):
    """The verdicts equal those in process, each call is made once, and the results meet their schema."""
    served = _verify(tmp_path, url)
    assert served.code == 0, served.out
    (tmp_path / "own").mkdir()
    assert served.statuses == verify(tmp_path / "own", SYSTEM, "--variant", VARIANT).statuses
    calls = served.results["deployments"][0]["api_calls"]
    asked = [(call["operation"], call["region"], call["asked"]) for call in calls]
    assert len(asked) == len(set(asked))
    schema = json.loads((tmp_path / "out" / "results.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(served.results, schema)


def test_an_account_holds_as_an_endpoint(tmp_path, url):
    """Its identity is read before all else; no call is made twice, and every verdict is the same."""
    (tmp_path / "accounts.toml").write_text(
        f'[accounts.test]\nendpoint_url = "{url}"\nvariant = "tier1"\naccount_id = "123456789012"\n'
    )
    ended = verify(tmp_path, SYSTEM, "--account", "test")
    assert ended.code == 0, ended.out
    calls = ended.results["deployments"][0]["api_calls"]
    assert len(calls) == len({(call["operation"], call["region"], call["asked"]) for call in calls})
    (tmp_path / "other").mkdir()
    assert ended.statuses == _verify(tmp_path / "other", url).statuses


def test_a_drift_prints_exactly_what_turned(tmp_path, url):
    """Without Multi-AZ one fact fails, with claim, expected, found and a fix, and exit code 1."""
    rds = boto3.Session(**KEYS).client("rds", endpoint_url=url)
    rds.modify_db_instance(DBInstanceIdentifier="campushub-db", MultiAZ=False, ApplyImmediately=True)
    try:
        ended = _verify(tmp_path, url)
    finally:
        rds.modify_db_instance(DBInstanceIdentifier="campushub-db", MultiAZ=True, ApplyImmediately=True)
    assert ended.code == 1
    failed = [fact for fact in ended.results["facts"] if fact["status"] == "failed" and not fact["disputed"]]
    assert [fact["fact"] for fact in failed] == ["database.multi_az"]
    assert failed[0]["found"] is False
    assert {"operation": "rds:DescribeDBInstances", "field": "MultiAZ", "value": False}.items() <= failed[0][
        "evidence"
    ][-1].items()
    for word in ("FAILED", "expected  true", "rds:DescribeDBInstances > MultiAZ", "--multi-az"):
        assert word in ended.out
    assert "Traceback" not in ended.out


def test_a_denied_operation_makes_its_facts_unknown(tmp_path):
    """No other fact is unknown; the missing permission is named; the exit code is 6."""
    with _served("--deny", "rds:DescribeDBInstances") as address:
        ended = _verify(tmp_path, address)
    assert ended.code == 6
    unknown = [fact for fact in ended.results["facts"] if fact["status"] == "unknown"]
    assert unknown
    assert {fact["permission"] for fact in unknown} == {"rds:DescribeDBInstances"}
    assert all("was denied" in fact["reason"] for fact in unknown)
    assert {fact["status"] for fact in ended.results["facts"] if fact["subject"] == "load_balancer"} == {"passed"}
    assert "grant     rds:DescribeDBInstances" in ended.out


def test_a_selection_reads_only_what_it_needs(tmp_path, url):
    """-k for the database's class calls for databases and the caller's identity only."""
    ended = _verify(tmp_path, url, "-k", "database and instance_class")
    assert ended.code == 0
    operations = {call["operation"] for call in ended.results["deployments"][0]["api_calls"]}
    assert operations == {"rds:DescribeDBInstances", "sts:GetCallerIdentity"}


def test_workers_share_what_the_first_one_reads(tmp_path, url):
    """With two workers each call is made once, and the verdicts are the same."""
    ended = _verify(tmp_path, url, "-n", "2", "-k", "database")
    assert ended.code == 0, ended.out + ended.err
    calls = ended.results["deployments"][0]["api_calls"]
    assert len(calls) == len({(call["operation"], call["asked"]) for call in calls})
    assert len(ended.results["deployments"]) == 1
    assert len(ended.statuses) == len(ended.results["facts"]) > 5


def test_one_of_two_tiers_must_be_named(tmp_path, url):
    """The program requires --variant for an account, which is built as one variant."""
    ended = verify(tmp_path, SYSTEM, "--endpoint-url", url)
    assert ended.code == 4
    assert "--variant (tier1, tier2)" in ended.err


def test_a_renamed_resource_is_found_by_the_accounts_file(tmp_path, url):
    """A rebound subject is looked up by its new name; where it is missing, the message names what exists."""
    (tmp_path / "accounts.toml").write_text(
        f'[accounts.test]\nendpoint_url = "{url}"\nvariant = "tier1"\n[accounts.test.subjects]\ndatabase = "prod-db"\n'
    )
    ended = verify(tmp_path, SYSTEM, "--account", "test", "-k", "database.multi_az")
    assert ended.code == 1
    assert "no rds:db 'prod-db' was found; there is 'campushub-db'" in ended.out


def test_marks_and_junit_carry_the_claim(tmp_path, url):
    """-m selects by severity; JUnit holds claim and section."""
    ended = _verify(tmp_path, url, "-m", "high and rds_db")
    assert {fact["severity"] for fact in ended.results["facts"]} == {"high"}
    properties = set(
        re.findall(r'<property name="(\w+)"', (tmp_path / "out" / "junit.xml").read_text(encoding="utf-8"))
    )
    assert {"claim", "section", "severity", "expected", "found"} <= properties
    log = tmp_path / "run-log.html"
    _verify(tmp_path, url, "-m", "high and rds_db", "--", "--html", str(log))
    assert "Section" in log.read_text(encoding="utf-8")


def test_plain_pytest_verifies_too(tmp_path, url):
    """`pytest specs/<system>` does all that `asbuilt verify` does."""
    command = [sys.executable, "-m", "pytest", f"specs/{SYSTEM}", "--variant", VARIANT, "--endpoint-url", url]
    done = subprocess.run(
        [*command, "-k", "database.multi_az", "--out", str(tmp_path), "-v", "-p", "no:cacheprovider"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=dict(os.environ),
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert f"specs/{SYSTEM}/spec.toml::database.multi_az[tier1] PASSED" in done.stdout
    assert (tmp_path / "results.json").exists()


def test_the_mock_refuses_what_it_does_not_have(tmp_path):
    """An unknown system, variant or operation gives one line and exit code 4."""
    for arguments in (
        ["campushub"],
        [SYSTEM, "--variant", "tier9"],
        [SYSTEM, "--variant", VARIANT, "--deny", "rds:Nope"],
    ):
        ended = asbuilt(tmp_path, "mock", *arguments, "--port", "0")
        assert ended.code == 4
        assert len((ended.out + ended.err).strip().splitlines()) == 1
