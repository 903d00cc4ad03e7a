"""The outcome of a session: the records of its facts and deployments, the files that are written, what is said."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from asbuilt.results import record, terminal
from asbuilt.results.exit_codes import ExitCode
from asbuilt.results.run_folder import RunFolder
from asbuilt.results.writers import Night, WriterError, write
from asbuilt.session.recorder import Recorder
from asbuilt.session.run import Run


class Outcome:
    """Collects the records of a session, and writes them.

    - `facts`: the records of the facts; `deployments`: the records of the deployments, by system and variant.
    - `results`: the content of results.json, once it is written.
    - `said`: lines for the user that are no part of the results, such as a report format that failed.
    """

    def __init__(self, run: Run, recorder: Recorder, folder: RunFolder) -> None:
        self.run = run
        self.recorder = recorder
        self.folder = folder
        self.facts: list[dict[str, Any]] = []
        self.deployments: dict[tuple[str, str], dict[str, Any]] = {}
        self.results: dict[str, Any] = {}
        self.said: list[str] = []

    def add_deployments(self) -> None:
        """Add the records of the deployments that this process read."""
        for deployment in self.run.deployments.values():
            one = record.deployment_record(deployment)
            self.deployments.setdefault((one["system"], one["variant"]), one)

    def write(self, code: ExitCode) -> ExitCode:
        """Write the recording, if one was asked for, and every report format. Returns the exit code of the session.

        results.json states that exit code, also where a file cannot be written.
        """
        deployments = list(self.deployments.values())
        self.results = record.document(self.facts, deployments, self.folder.started, int(code), self.folder.selection)
        self._record()
        names = {deployment["system"]: deployment["architecture"] for deployment in deployments}
        night = Night(self.results, architectures=names)
        try:
            write(night, self.folder.part)
        except WriterError as error:
            self.said += str(error).splitlines()
            self.results["run"]["exit_code"] = int(ExitCode.INTERNAL)
            with contextlib.suppress(WriterError):
                write(night, self.folder.part, only=("results_json",))
        return ExitCode(self.results["run"]["exit_code"])

    def _record(self) -> None:
        self.recorder.add(self.recorder.collect())
        try:
            said = self.recorder.write(self.facts, self.folder.selection)
            self.said += [said] if said else []
        except OSError as error:
            self.said.append(f"--record {self.recorder.path}: cannot be written: {error.strerror}")
            self.results["run"]["exit_code"] = int(ExitCode.USAGE)

    def summary(self, *, full: bool) -> Iterator[str]:
        """The lines of the summary. `full` shows the whole text of each failure."""
        if self.results:
            yield from terminal.summary(self.results, self.folder.place, full)
        yield from self.said
