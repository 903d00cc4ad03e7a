"""Users of an open-loop test: their classes define what they do, and scheduled arrivals define when."""

from __future__ import annotations

import contextlib
import itertools
import logging
import random
from collections import deque
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any, ClassVar

import gevent
from gevent.pool import Group
from locust import User
from locust.exception import StopUser
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING

from asbuilt.load.plan.request_plan import SIGN_IN_ATTEMPTS, UserClass
from asbuilt.load.plan.settings import Settings
from asbuilt.load.run.generator import LoadGenerator
from asbuilt.load.users.client import HttpClient, Response
from asbuilt.load.users.mass import MassPool, MassRequest

_LOG = logging.getLogger("asbuilt.load")


class ServedUser(User):
    """A user that waits for arrivals. `arrivals` is its class's share of the run's rate (journeys, not requests);
    `every_seconds` instead gives the class an exact interval of its own. `most_requests` is how many requests (and
    messages of a WebSocket) one arrival makes at most, redirects and polls included; `requests_to_start` the same of a
    user that gets ready, its sign-in apart. A run ends before it makes more than these say in all.
    """

    abstract = True
    arrivals: float = 1.0
    every_seconds: float = 0.0
    flow = "api"
    most_requests: int = 10
    requests_to_start: int = 0

    @property
    def generator(self) -> LoadGenerator:
        """The generator that this user is part of."""
        generator: LoadGenerator = self.environment.asbuilt_generator
        return generator

    @classmethod
    def interval(cls, settings: Settings) -> float:
        """The exact interval of this class's arrivals in this run, 0 where it has a share of the rate."""
        return cls.every_seconds

    @classmethod
    def planned(cls, settings: Settings, users: int) -> UserClass:
        """What so many users of this class make at most."""
        interval = cls.interval(settings)
        return UserClass(cls.__name__, cls.arrivals, interval, users, cls.most_requests, False, cls.requests_to_start)

    @classmethod
    def make_pool(cls, generator: LoadGenerator) -> Any:
        """Where this class's free users wait."""
        raise NotImplementedError

    def start(self, group: Group) -> Any:
        """Start the greenlet that serves (Locust calls this)."""
        self._greenlet = group.spawn(_serve, self)
        self._group = group
        return self._greenlet

    def serve(self) -> None:
        """Get ready, then serve until stopped."""
        raise NotImplementedError


def _serve(user: ServedUser) -> None:
    """The function of a user's greenlet; Locust expects the user as its first argument."""
    try:
        user.serve()
    except StopUser:
        gevent.get_hub().switch()  # it is counted as a failed user; Locust counts it as running until the end


class JourneyPool:
    """The free users of a journey class; the one that has been free the longest serves next."""

    def __init__(self, generator: LoadGenerator, cls: type[OpenLoopUser], every_seconds: float) -> None:
        self.name, self.share, self.every_seconds, self.users = cls.__name__, cls.arrivals, every_seconds, 0
        self.under_way = 0  # the generator counts the requests of its users' clients
        self.endpoint = generator.statistics.endpoint(cls.__name__, "ARRIVAL", cls.flow)
        self._idle: deque[OpenLoopUser] = deque()
        in_turn = generator.settings.profile == "smoke"
        self._turns: Iterator[Callable[[Any], Any]] | None = (
            itertools.cycle(dict.fromkeys(cls.tasks)) if in_turn else None
        )

    def task(self, user: OpenLoopUser) -> Callable[[Any], Any]:
        """The next task of a user: drawn by weight, but in turn in a smoke run, which needs each once."""
        tasks: list[Callable[[Any], Any]] = user.tasks
        return next(self._turns) if self._turns else random.choice(tasks)  # noqa: S311  # by weight, no secret

    def free(self, user: OpenLoopUser) -> None:
        """The user can take the next arrival."""
        self._idle.append(user)

    def leave(self, user: OpenLoopUser) -> None:
        """Remove a user that ended."""
        if user in self._idle:
            self._idle.remove(user)

    def arrive(self, due: float, now: float) -> None:
        """Wake the user that has been free the longest."""
        try:
            user = self._idle.popleft()
        except IndexError:
            self.endpoint.dropped()
            return
        user.wake(due)


class OpenLoopUser(ServedUser):
    """The journey lane: each arrival runs one `@task` of a free user, as plain code with `self.client`."""

    abstract = True
    client: HttpClient

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self._woken: Any = None

    @classmethod
    def make_pool(cls, generator: LoadGenerator) -> JourneyPool:
        """Where this class's free users wait."""
        return JourneyPool(generator, cls, cls.interval(generator.settings))

    def record(
        self,
        name: str,
        seconds: float,
        *,
        flow: str = "",
        error: str = "",
        from_due: bool = False,
        counted: bool = False,
    ) -> None:
        """Count a step that is no request of `client`, by its duration; `error` says what was wrong with it.

        `from_due` adds the lag of the arrival. `counted` counts it among the run's requests.
        """
        endpoint = self.generator.statistics.endpoint(name, "STEP", flow or self.flow, counted=counted)
        endpoint.counts.sent += 1
        lag = max(0.0, self._began - self._due) if from_due else 0.0
        endpoint.answered((seconds + lag) * 1000, seconds * 1000, error)

    def wake(self, due: float) -> None:
        """Serve an arrival (called in the event loop)."""
        self._due = self.client.due = due
        self._woken.switch()

    def serve(self) -> None:
        """Get ready, then run one task for each arrival."""
        generator = self.generator
        pool: JourneyPool = generator.pools[type(self).__name__]  # type: ignore[assignment]
        self.client = HttpClient(generator, self.flow, _listener(self.environment))
        self._state = LOCUST_STATE_RUNNING
        self._woken, hub = gevent.getcurrent(), gevent.get_hub()
        self._due = self._began = 0.0
        try:
            self._get_ready(generator)
            pool.users += 1
            try:
                while self._state != LOCUST_STATE_STOPPING:
                    self._state = LOCUST_STATE_WAITING
                    pool.free(self)
                    hub.switch()
                    self._state = LOCUST_STATE_RUNNING
                    self._began = monotonic()
                    pool.endpoint.lag.append(max(0.0, self._began - self._due) * 1000)
                    self._run(pool.task(self), generator)
            finally:
                pool.users -= 1
                pool.leave(self)
        finally:
            with contextlib.suppress(Exception):  # an error in a scenario's `on_stop` does not end the run
                self.on_stop()
            self.client.close()

    def _get_ready(self, generator: LoadGenerator) -> None:
        for attempt in range(SIGN_IN_ATTEMPTS):
            try:
                self.on_start()
            except StopUser as error:
                if attempt + 1 == SIGN_IN_ATTEMPTS:
                    generator.failed_users.append(f"{type(self).__name__}: {error or 'gave up'}")
                    raise
                gevent.sleep(0.5 * (attempt + 1))
            else:
                generator.ready += 1
                return

    def _run(self, task: Callable[[Any], Any], generator: LoadGenerator) -> None:
        generator.in_flight += 1
        try:
            task(self)
        except StopUser:
            raise
        except Exception as error:  # noqa: BLE001  # an error in a scenario counts as a failure, and never leaves a sample out
            _LOG.exception("task of %s", type(self).__name__)
            endpoint = generator.statistics.endpoint(type(self).__name__, "TASK", self.flow)
            endpoint.counts.sent += 1
            endpoint.unanswered(f"{type(error).__name__}: {error}"[:200])
        finally:
            generator.in_flight -= 1


class MassUser(ServedUser):
    """The mass lane: a user is a connection, and its class's prebuilt requests are sent on the free ones."""

    abstract = True
    most_requests = 1
    tasks: ClassVar[list[Any]] = [lambda user: None]  # Locust requires one; the pool sends the requests

    @classmethod
    def make_pool(cls, generator: LoadGenerator) -> MassPool:
        """Where this class's free connections wait."""
        return MassPool(cls.__name__, cls.arrivals, cls.interval(generator.settings))

    @classmethod
    def requests(cls, generator: LoadGenerator) -> Iterator[MassRequest]:
        """An endless sequence of requests, in the order of sending. Called once, when the first user is ready."""
        raise NotImplementedError

    def serve(self) -> None:
        """Open the connection, and give it to the pool."""
        generator = self.generator
        pool: MassPool = generator.pools[type(self).__name__]  # type: ignore[assignment]
        self._state = LOCUST_STATE_WAITING
        connection = generator.hold(generator.target.connection(pool))
        hub, me = gevent.get_hub(), gevent.getcurrent()
        problem: list[str] = []

        def opened(reason: str) -> None:
            problem.append(reason)
            if gevent.getcurrent() is not me:
                me.switch()

        try:
            connection.connect(opened)
            if not problem:
                hub.switch()
            if problem[0]:
                generator.failed_users.append(f"{type(self).__name__}: {problem[0]}")
                raise StopUser(problem[0])
            with pool.preparing:
                if not pool.users:
                    pool.requests = self.requests(generator)
            pool.join(connection)
            generator.ready += 1
            try:
                hub.switch()  # until killed
            finally:
                pool.leave(connection)
        finally:
            generator.release(connection)


def _listener(environment: Any) -> Any:
    """A function that fires Locust's `request` event for each request; None where only Locust itself listens."""
    own = [handler for handler in environment.events.request._handlers if handler.__module__ != "locust.runners"]
    if not own:
        return None

    def tell(endpoint: Any, response: Response, seconds: float) -> None:
        for handler in own:
            handler(
                request_type=endpoint.method,
                name=endpoint.name,
                response_time=seconds * 1000,
                response_length=len(response.body),
                response=response,
                context={},
                exception=RuntimeError(response.error) if response.error else None,
                start_time=0.0,
                url=endpoint.name,
            )

    return tell
