"""Threads that hang are given up; their late results count for nothing."""

from __future__ import annotations

import datetime
import threading
from functools import partial
from types import SimpleNamespace

import pytest

from asbuilt.evidence import Unknown
from asbuilt.progress import Progress
from asbuilt.sources.limits import Limits
from asbuilt.sources.pool import Pool, Task
from asbuilt.sources.reader import Reader
from asbuilt.sources.row import Plan

NOW = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)


class _Client:
    """Lists queues, after an event where it has one."""

    meta = SimpleNamespace(
        method_to_api_mapping={"list_queues": "ListQueues", "get_caller_identity": "GetCallerIdentity"}
    )

    def __init__(self, wait: threading.Event) -> None:
        self._wait = wait

    def can_paginate(self, operation):
        return False

    def list_queues(self):
        self._wait.wait(60)
        return {"QueueUrls": ["https://sqs.us-east-1.amazonaws.com/1/late"]}

    def get_caller_identity(self):
        return {"Account": "1", "Arn": "a"}


@pytest.fixture
def never():
    """An event that is set at the end of the test."""
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(call=0.5), "sqs:ListQueues gave no whole answer within 0.5 s: no answer came"),
        (Limits(row=0.5), "sqs:ListQueues did not come to its last page within 0.5 s"),
    ],
)
def test_a_call_beyond_its_limit_is_unknown(never, limits, reason):
    """The other calls are made all the same, also with a single thread; the call is in the list of calls, once."""
    read = Reader(lambda service, region: _Client(never), NOW, 1, limits).read(
        Plan(frozenset({"sqs:queue", "aws:account"}))
    )
    with pytest.raises(Unknown, match=reason):
        read.entries("sqs:queue")
    assert [call.operation for call in read.calls].count("sqs:ListQueues") == 1
    never.set()
    with pytest.raises(Unknown):
        read.entries("sqs:queue")


def test_a_run_that_is_over_begins_nothing(never):
    """What was not asked for is unknown as well."""
    over = Limits(end=0, seconds=3)
    read = Reader(lambda service, region: _Client(never), NOW, 1, over).read(Plan(frozenset({"sqs:queue"})))
    with pytest.raises(Unknown, match=r"the run's 3 s were over .*ListQueues|list_queues"):
        read.entries("sqs:queue")


def test_a_thread_that_hangs_keeps_nobody_waiting(never):
    """Another takes its place, and closing waits for none."""
    pool = Pool(1)
    slow, quick = Task("slow", lambda task: never.wait(60)), Task("quick", lambda task: "done")
    pool.submit(slow)
    pool.submit(quick)
    slow.give_up("too slow")
    pool.replace_one(slow)
    assert pool.done.get(timeout=60) is quick
    assert quick.result() == "done"
    with pytest.raises(Unknown, match="too slow"):
        slow.result()
    pool.close()


def test_a_service_that_waits_slows_no_other_one(never):
    """Of four threads, two may call one service; a third call of it is made once one of these ends."""
    first = threading.Event()
    pool = Pool(4, each=2)
    waiting = [Task(f"slow {number}", lambda task: never.wait(60), "slow") for number in range(1, 5)]
    held = Task("held", lambda task: "held", "slow")
    pool.submit(Task("slow 0", lambda task: first.wait(60), "slow"))
    for task in (waiting[0], held, *waiting[1:]):
        pool.submit(task)
    quick = [Task(f"quick {number}", lambda task: "done", "quick") for number in range(20)]
    for task in quick:
        pool.submit(task)
    assert {pool.done.get(timeout=60).label for _ in quick} == {task.label for task in quick}
    assert not held.started
    first.set()
    assert [pool.done.get(timeout=60).label for _ in range(2)] == ["slow 0", "held"]
    assert sum(task.started > 0 for task in waiting[2:]) == 0
    waiting[0].give_up("too slow")
    pool.replace_one(waiting[0])
    pool.close()


def test_progress_is_told_from_time_to_time():
    """Nothing for two seconds; then a line each ten seconds, or one that is kept up to date on a terminal."""
    for live, expected in ((False, 2), (True, 58)):
        now: list[float] = [0.0]
        lines: list[str] = []
        progress = Progress(lines.append, live, partial(now.__getitem__, 0))
        for tick in range(130):
            now[0] = tick / 8
            progress.show(tick, 130, lambda: ["a", "b", "c", "d"])
        progress.clear()
        assert "of 130 calls done after 2 s; waiting for a, b, c and 1 more" in lines[0]
        assert len(lines) == expected
        assert (lines[-1] == "\r\x1b[K") is live
