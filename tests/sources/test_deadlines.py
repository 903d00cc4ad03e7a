"""The program against an endpoint that hangs, drips or never comes to an end; and interrupted while it reads."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import signal
import subprocess
import threading
import time

import pytest

from tests.programs import ASBUILT, verify
from tests.sources.fake_aws import json, serving, spec, xml

QUEUES, SECRETS = "queues.count = 0", "secrets.count = 0"
LONG = 600  # seconds; no run waits that long


@pytest.fixture
def never():
    """An event that is set at the end of the test, on which answers that never come wait."""
    event = threading.Event()
    yield event
    event.set()


def _hanging(never):
    return lambda request, body: never.wait(LONG) and None


def _dripping(never):
    """One byte at a time, so that the client's time limit for a read is never exceeded."""

    def answer(request, body):
        request.send_response(200)
        request.send_header("Content-Type", "application/x-amz-json-1.0")
        request.send_header("Content-Length", "100000")
        request.end_headers()
        while not never.wait(0.2):
            request.wfile.write(b" ")

    return answer


@pytest.mark.realtime
@pytest.mark.parametrize("slow", [_hanging, _dripping])
def test_an_endpoint_that_never_answers_is_unknown(tmp_path, never, slow):
    """What did not come within the deadline is unknown, with what was waited for; the rest is judged."""
    started = time.monotonic()
    with serving(ListQueues=slow(never)) as url:
        ended = verify(tmp_path, spec(tmp_path, QUEUES, SECRETS), "--endpoint-url", url, "--deadline", "15")
    assert ended.statuses == {"queues.count": "unknown", "secrets.count": "passed"}, ended.out + ended.err
    assert "the run's 15 s were over (waited for sqs:ListQueues" in ended.results["facts"][0]["reason"]
    assert ended.code == 6
    assert time.monotonic() - started < LONG / 4
    assert re.search(r"^asbuilt: \d of 3 calls done after \d+ s; waiting for ", ended.err)


@pytest.mark.parametrize("cycle", [1, 2, 3])
def test_pages_that_lead_to_one_that_was_read_are_unknown(tmp_path, cycle):
    """A token of any earlier page, not of the last one only."""
    tokens = itertools.cycle(f"page-{number}" for number in range(cycle))

    def answer(request, body):
        return json(f'{{"SecretList": [], "NextToken": "{next(tokens)}"}}')

    with serving(ListSecrets=answer) as url:
        ended = verify(tmp_path, spec(tmp_path, SECRETS), "--endpoint-url", url)
    [fact] = ended.results["facts"]
    assert (fact["status"], ended.code) == ("unknown", 6), ended.out
    assert "could not be read to its last page" in fact["reason"]


def test_pages_without_an_end_are_unknown(tmp_path):
    """Each page has another token; the bound can be set."""
    tokens = itertools.count()

    def answer(request, body):
        return json(f'{{"SecretList": [], "NextToken": "page-{next(tokens)}"}}')

    with serving(ListSecrets=answer) as url:
        ended = verify(tmp_path, spec(tmp_path, SECRETS), "--endpoint-url", url, "--max-pages", "7")
    [fact] = ended.results["facts"]
    assert "secretsmanager:ListSecrets has more than 7 pages: raise --max-pages" in fact["reason"]
    assert next(tokens) == 8


def test_a_body_without_an_end_is_unknown_and_not_kept_in_memory(tmp_path):
    """It comes at full speed, so that no time limit is exceeded before the memory is full."""
    sent = []

    def answer(request, body):
        request.send_response(200)
        request.send_header("Content-Type", "application/x-amz-json-1.1")
        request.end_headers()
        with contextlib.suppress(OSError):  # the program closes the connection
            while True:
                request.wfile.write(b" " * (1 << 20))
                sent.append(1)

    with serving(ListSecrets=answer) as url:
        ended = verify(tmp_path, spec(tmp_path, SECRETS), "--endpoint-url", url)
    [fact] = ended.results["facts"]
    assert (fact["status"], ended.code) == ("unknown", 6), ended.out
    assert "the answer has more than 64 MiB" in fact["reason"]
    assert len(sent) < 128  # MiB, with what the sockets hold


def test_a_list_that_says_it_is_cut_is_unknown(tmp_path):
    """An answer that is truncated and names no next page."""
    cut = (
        '<DistributionList xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Marker/><MaxItems>100</MaxItems>'
        "<IsTruncated>true</IsTruncated><Quantity>0</Quantity></DistributionList>"
    )
    with serving(ListDistributions=xml(cut)) as url:
        ended = verify(tmp_path, spec(tmp_path, "distributions.count = 0"), "--endpoint-url", url)
    assert ended.code == 6, ended.out


@pytest.mark.parametrize("options", [("--deadline", "soon"), ("--deadline", "-1"), ("--max-pages", "0")])
def test_a_limit_that_is_none_is_refused(tmp_path, options):
    """Wrong usage, with what to write."""
    ended = verify(tmp_path, spec(tmp_path, QUEUES), "--mock", *options)
    assert ended.code == 4
    assert f"{options[0]} '{options[1]}' is not a number from" in ended.out + ended.err


@pytest.mark.realtime
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["one process", "two processes"])
def test_a_signal_ends_the_reading(tmp_path, never, number, more):
    """Exit code 2 within two seconds and what this machine takes to notice, and no results of a full run."""
    asked = threading.Event()

    def answer(request, body):
        asked.set()
        never.wait(LONG)

    with serving(ListQueues=answer) as url:
        command = [*ASBUILT, "verify", spec(tmp_path, QUEUES, SECRETS), "--endpoint-url", url, *more]
        program = subprocess.Popen(
            [*command, "--out", str(tmp_path / "out")],
            cwd=tmp_path,
            env={**os.environ, "AWS_EC2_METADATA_DISABLED": "true"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert asked.wait(LONG / 10)
        sent = time.monotonic()
        program.send_signal(number)
        out, _ = program.communicate(timeout=LONG / 10)
        took = time.monotonic() - sent
    assert program.returncode == 2, out
    assert took < 10, out  # two seconds by design; a busy machine needs longer to run what ends the process
    assert not (tmp_path / "out" / "results.json").exists()
