"""Threads that make calls. A thread that hangs is given up, and keeps no process alive."""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from asbuilt.evidence import Unknown


class Task:
    """One call.

    - `run`: makes it; the task is its argument, so that it can say that a page came.
    - `label`: the operation; `service`: of which only so many calls are made at a time.
    - `started`, `heard`: when it was begun and when its last page came; `pages`: how many came.
    - `finished`: whether there is a result or an error.
    """

    def __init__(self, label: str, run: Callable[[Task], Any], service: str = "") -> None:
        self.label = label
        self.service = service
        self.run = run
        self.started = 0.0
        self.heard = 0.0
        self.pages = 0
        self.finished = False
        self.given_up = False
        self._result: Any = None
        self._error: BaseException | None = None

    def page(self) -> None:
        """Note that a page came. Raises `Unknown` in a task that was given up, so that its thread ends."""
        self.pages += 1
        self.heard = time.monotonic()
        if self.given_up:
            raise Unknown("the call was given up")

    def give_up(self, reason: str) -> None:
        """Wait no longer: `result` raises `Unknown` with the reason, whatever the thread comes to."""
        self._error, self.given_up, self.finished = Unknown(reason), True, True

    def end(self, result: Any, error: BaseException | None) -> None:
        """Set the result or the error, unless the task was given up."""
        if not self.given_up:
            self._result, self._error, self.finished = result, error, True

    def result(self) -> Any:
        """The result. Raises the error that the call ended with."""
        if self._error is not None:
            raise self._error
        return self._result


class Pool:
    """Up to `workers` threads, as needed. `done` gets each task that ends.

    At most `each` calls of one service are made at a time, so that a service that throttles slows no other one. A
    thread that hangs counts no longer.
    """

    def __init__(self, workers: int, each: int = 0) -> None:
        self.done: queue.SimpleQueue[Task] = queue.SimpleQueue()
        self._waiting: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._free = workers
        self._threads = 0
        self._each = each or workers
        self._lock = threading.Lock()
        self._under_way: Counter[str] = Counter()
        self._held: dict[str, deque[Task]] = {}

    def submit(self, task: Task) -> None:
        """Make the call when a thread is free, and when few enough calls of its service are under way."""
        with self._lock:
            if self._under_way[task.service] >= self._each:
                self._held.setdefault(task.service, deque()).append(task)
                return
            self._under_way[task.service] += 1
        self._waiting.put(task)
        if self._free:
            self._free -= 1
            self._begin()

    def replace_one(self, task: Task) -> None:
        """Begin one more thread in place of the one that hangs in the task."""
        self._let_next(task)
        self._begin()

    def close(self) -> None:
        """Begin no further call, and let the threads end when their calls do. Does not wait for them."""
        with self._lock:
            self._held.clear()
        while True:
            try:
                self._waiting.get_nowait()
            except queue.Empty:
                break
        for _ in range(self._threads):
            self._waiting.put(None)

    def _begin(self) -> None:
        self._threads += 1
        threading.Thread(target=self._work, name=f"read-{self._threads}", daemon=True).start()

    def _let_next(self, task: Task) -> None:
        """Let the next held call of the task's service go on."""
        with self._lock:
            held = self._held.get(task.service)
            if held:
                self._waiting.put(held.popleft())
            else:
                self._under_way[task.service] -= 1

    def _work(self) -> None:
        while (task := self._waiting.get()) is not None:
            if task.given_up:
                self._let_next(task)
                continue
            task.started = task.heard = time.monotonic()
            result, failure = None, None
            try:
                result = task.run(task)
            except BaseException as error:  # noqa: BLE001  # it is raised where the result is asked for
                failure = error
            if task.given_up:
                return  # another thread took its place
            self._let_next(task)
            task.end(result, failure)
            self.done.put(task)
