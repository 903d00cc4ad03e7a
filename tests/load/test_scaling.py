"""Scaling under load, from two sources: the stages of a run, and the scaling activities of the account."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace

import pytest

from asbuilt.load.plan.scenario import parse, shipped
from asbuilt.load.plan.settings import settle
from asbuilt.load.verdict.evidence import records
from asbuilt.mock.account import mock_account
from asbuilt.sources.load import FORMAT
from asbuilt.sources.table import SourceClients
from asbuilt.targets import MOCK
from asbuilt.verification import read
from asbuilt_content.fixtures.aws import Aws
from asbuilt_content.fixtures.taught.application_autoscaling import scaled
from tests.accounts import facts_of, spec_of

SYSTEM, BEGAN = "apranova", datetime.datetime(2026, 11, 2, 10, 0, tzinfo=datetime.UTC)
SERVICE = "service/production-cluster/production-backend"


@pytest.fixture(scope="module")
def account():
    """The documented account, without scaling activities."""
    with mock_account(SYSTEM, "") as session:
        yield Aws(session)


def _result(folder, profile):
    """The result file of a run of this profile that began at BEGAN, without samples."""
    text = shipped(SYSTEM).read_text(encoding="utf-8")
    settings = settle(parse(text, SYSTEM), text=text, host="http://127.0.0.1:1", profile_name=profile)
    raw = {"settings": json.loads(settings.dumps()), "began": BEGAN.isoformat(), "endpoints": []}
    whole, flows = records({**raw, "invalid": [], "aborted": "", "users": {"steady": 0}})
    path = folder / "load-result.json"
    target = {"host": settings.host, "stand_in": True}
    result = {"format": FORMAT, "system": SYSTEM, "variant": "", "target": target, "runs": [whole], "flows": flows}
    now = datetime.datetime.now(datetime.UTC).isoformat()
    result |= {"started": now, "finished": now, "version": "0", "inputs": {}}
    path.write_text(json.dumps(result), encoding="utf-8")
    return path


def _verdict(account, *files):
    fact = next(fact for fact in facts_of(SYSTEM, "") if fact.name == "backend.scaled_out_while")
    target, now = replace(MOCK, given={"load": tuple(map(str, files))}), datetime.datetime.now(datetime.UTC)
    clients = SourceClients(target, account.region, account.session, SYSTEM)
    verdict = read(spec_of(SYSTEM), "", target, now, [fact], clients=clients).judge(fact)
    return verdict.status, verdict.findings[0].reason or verdict.findings[0].found


def test_a_service_must_grow_above_its_trigger_and_not_below(account, tmp_path):
    """2,000 requests a minute for a task: 90 % of it for six minutes, then 120 % for nine."""
    run = _result(tmp_path, "autoscale")
    assert _verdict(account, run) == ("failed", frozenset())
    scaled(account.account, account.region, SERVICE, 3, BEGAN + datetime.timedelta(minutes=10))
    assert _verdict(account, run) == ("passed", frozenset({"above the scaling trigger"}))
    scaled(account.account, account.region, SERVICE, 4, BEGAN + datetime.timedelta(minutes=2))
    scaled(account.account, account.region, SERVICE, 2, BEGAN + datetime.timedelta(minutes=5), "Low")
    assert _verdict(account, run)[0] == "failed"


def test_without_an_autoscale_run_scaling_is_untested(account, tmp_path):
    """No run, or one of another profile: untested, whatever the account did."""
    assert _verdict(account)[0] == "untested"
    status, reason = _verdict(account, _result(tmp_path, "target"))
    assert (status, "--profile autoscale" in reason) == ("untested", True)
