"""The program on answers that break what reads or judges them: each fact has a record in the end, and says why."""

from __future__ import annotations

from tests.accounts import ROOT
from tests.programs import verify
from tests.sources import fake_aws
from tests.sources.fake_aws import serving, spec

FACTS = ("media.versioned = true", "media.tls_only = true", "queues.count = 0", "secrets.count = 0")


def test_a_policy_nested_too_deep_ends_nothing(tmp_path):
    """The facts about the policy are unknown; the others are judged."""
    deep = '{"Statement":' + "[" * 5000 + "]" * 5000 + "}"
    with serving(GetBucketPolicy=fake_aws.xml(deep)) as url:
        ended = verify(tmp_path, spec(tmp_path, "media.tls_only = true", "queues.count = 0"), "--endpoint-url", url)
    assert ended.statuses == {"media.tls_only": "unknown", "queues.count": "passed"}, ended.out + ended.err
    assert (
        "nested too deep" in ended.results["facts"][0]["reason"] or "recursion" in ended.results["facts"][0]["reason"]
    )
    assert ended.code == 6


def test_a_policy_of_no_form_ends_nothing(tmp_path):
    """The check fails on a policy whose statements are numbers."""
    with serving(GetBucketPolicy=fake_aws.xml('{"Statement": [3, null]}')) as url:
        ended = verify(tmp_path, spec(tmp_path, "media.tls_only = true"), "--endpoint-url", url)
    assert (ended.statuses, ended.code) == ({"media.tls_only": "unknown"}, 6), ended.out + ended.err


def test_facts_that_were_not_reached_are_named(tmp_path):
    """With -x the run stops at the first failure, and has a record of each selected fact all the same."""
    with serving() as url:
        ended = verify(tmp_path, spec(tmp_path, *FACTS), "--endpoint-url", url, "--", "-x")
    assert ended.statuses == {
        "media.versioned": "failed",
        "media.tls_only": "unknown",
        "queues.count": "unknown",
        "secrets.count": "unknown",
    }
    assert ended.code == 1
    assert "UNKNOWN   It  3 facts: the fact was not reached: stopping after 1 failures" in ended.out


def test_a_fact_whose_test_ends_without_a_verdict_is_unknown(tmp_path):
    """An error in the plugin itself, in one process and in two."""
    with serving() as url:
        for more in ((), ("-n", "2")):
            (tmp_path / "breaks.py").write_text(BREAKS)
            ended = verify(
                tmp_path,
                spec(tmp_path, *FACTS),
                "--endpoint-url",
                url,
                *more,
                "--",
                "-p",
                "breaks",
                env={"PYTHONPATH": f"{tmp_path}:{ROOT}"},
            )
            assert ended.statuses["queues.count"] == "unknown", ended.out + ended.err
            assert len(ended.statuses) == len(FACTS)


BREAKS = """
import pytest


def pytest_runtest_setup(item):
    if item.name == "queues.count":
        raise KeyError("broken")
"""
