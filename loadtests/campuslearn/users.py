"""CampusLearn: learners who read, ask, chat and call each other; and the load balancer's health check."""

from __future__ import annotations

from time import monotonic
from typing import Any, ClassVar

import socketio
from locust.exception import StopUser

from asbuilt.load.users.openloop import task
from asbuilt.load.users.scenario_users import BrowsingUser, JourneyUser


class Learner(JourneyUser):
    """Reads topics, and asks tutors."""

    arrivals = 0.7
    weight = 7
    most_requests = 2

    @task(4)
    def read(self) -> None:
        """Read the list, then a topic."""
        self.ask("topics")
        self.ask("topic")

    @task(1)
    def ask_tutor(self) -> None:
        """Ask a tutor a question."""
        self.ask("ask_tutor")


class Chatter(JourneyUser):
    """Keeps a Socket.IO connection open, writes messages, and calls others."""

    arrivals = 0.3
    weight = 3
    most_requests = 3  # a message, and what keeps its connection open
    requests_to_start = 6  # the upgrade, the messages that connect, and those that end the connection

    def on_start(self) -> None:
        """Sign in, then connect with the token."""
        super().on_start()
        settings = self.generator.settings
        token = self.client.headers.get("Authorization", "").removeprefix("Bearer ")
        self.socket: Any = socketio.Client(reconnection=False, ssl_verify=settings.verify_tls)
        try:
            self.socket.connect(
                settings.host,
                auth={"token": token},
                transports=["websocket"],
                socketio_path=str(self.scenario.options["socket_path"]),
                wait_timeout=settings.timeout_seconds,
            )
        except socketio.exceptions.ConnectionError as error:
            raise StopUser(f"Socket.IO: {error}") from None

    def on_stop(self) -> None:
        """Disconnect."""
        self.socket.disconnect()

    @task(4)
    def chat(self) -> None:
        """Send a message, and wait until the server acknowledges it."""
        self._call("message", "chat", {"room": self.row("topic"), "text": "hello"})

    @task(1)
    def call_somebody(self) -> None:
        """Offer a video call, and wait until the server has passed it on."""
        self._call("signal", "signalling", {"room": self.row("topic"), "type": "offer", "sdp": "v=0"})

    def _call(self, option: str, flow: str, data: dict[str, str]) -> None:
        began, error = monotonic(), ""
        try:
            answer = self.socket.call(
                str(self.scenario.options[option]), data, timeout=self.generator.settings.timeout_seconds
            )
            if not (isinstance(answer, dict) and answer.get("ok")):
                error = "the server did not accept it"
        except socketio.exceptions.TimeoutError:
            error = "no acknowledgement"
        except socketio.exceptions.SocketIOError as failure:
            error = f"Socket.IO: {failure}"
        self.record(flow, monotonic() - began, flow=flow, error=error, from_due=True, counted=True)


class HealthCheck(BrowsingUser):
    """The load balancer's health check, exactly every 30 seconds, apart from all other load."""

    routes: ClassVar[tuple[str, ...]] = ("health",)
    every_seconds = 30.0
    fixed_count = 1
    signed_in = False
