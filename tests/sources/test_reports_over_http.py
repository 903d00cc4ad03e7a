"""Facts that need a generated report, verified by the program against a mock account over HTTP."""

from __future__ import annotations

import boto3

from asbuilt.mock.account import KEYS
from asbuilt.mock.server import served
from asbuilt_content.fixtures.accounts.campuslearn.documented import BUILD_ROLE
from asbuilt_content.fixtures.aws import Aws
from asbuilt_content.fixtures.drifts.granting import add, allow
from tests.programs import verify

SYSTEM = "campuslearn"


def test_both_reports_over_http(tmp_path):
    """The facts are those of a run in process; a granted service that is never used fails its fact."""
    with served(SYSTEM, "") as url:
        asked = ("--endpoint-url", url, "-k", "root_used or unused_services")
        held = verify(tmp_path, SYSTEM, *asked)
        assert held.code == 0, held.out
        assert set(held.statuses.values()) == {"passed"}
        assert len(held.statuses) == 3
        evidence = [each for fact in held.results["facts"] for each in fact["evidence"]]
        assert {each["supplied"] for each in evidence if each["operation"].startswith("iam:GetCred")} == {True}
        calls = [call["operation"] for call in held.results["deployments"][0]["api_calls"]]
        assert calls.count("iam:GenerateCredentialReport") == 1
        assert calls.count("iam:GenerateServiceLastAccessedDetails") == 2
        there = Aws(boto3.Session(**KEYS, region_name="af-south-1"), endpoint_url=url)
        add(there, BUILD_ROLE, allow("sqs:SendMessage", "*"))
        turned = verify(tmp_path, SYSTEM, *asked)
    assert turned.code == 1
    failed = [fact for fact in turned.results["facts"] if fact["status"] == "failed"]
    assert [(fact["fact"], fact["found"]) for fact in failed] == [("build_role.unused_services", ["sqs"])]


def test_a_report_that_may_not_be_made_is_unknown_over_http(tmp_path):
    """The summary names both permissions to grant."""
    with served(SYSTEM, "", deny=["iam:GenerateCredentialReport"]) as url:
        ended = verify(tmp_path, SYSTEM, "--endpoint-url", url, "-k", "root_used or root_mfa")
    assert ended.code == 6
    assert ended.statuses == {"account.root_used_within_days.90": "unknown", "account.root_mfa": "passed"}
    assert "grant     iam:GenerateCredentialReport, iam:GetCredentialReport to the role that reads" in ended.out
