"""A pytest session that verifies: gathers the facts' records wherever they were judged, and ends with our exit code."""

from __future__ import annotations

from typing import Any

import pytest

from asbuilt.pytest_plugin.sharing import Run, forget
from asbuilt.results import record as results
from asbuilt.results import terminal as tell
from asbuilt.results.exit_codes import ExitCode, exit_code
from asbuilt.results.writers import Night, WriterError, write


class Session:
    """Registered as a plugin of the running session; on a distributed run the controlling process gathers."""

    def __init__(self, config: pytest.Config, run: Run) -> None:
        self.config = config
        self.run = run
        self.facts: list[dict[str, Any]] = []
        self.deployments: dict[tuple[str, str], dict[str, Any]] = {}
        self.problems: list[str] = []
        self.other_failures = 0
        self.other_tests = 0
        self.results: dict[str, Any] = {}
        self.unwritten: list[str] = []
        self.shared = ""

    def pytest_runtest_logreport(self, report: Any) -> None:
        """A fact's report carries its record; any other test of the session counts as pytest counts it."""
        record = getattr(report, "asbuilt", None)
        if record is not None:
            self.facts.append({**record, "duration_seconds": round(report.duration, 6)})
        elif report.failed:
            self.other_failures += 1
        elif report.when == "call":
            self.other_tests += "asbuilt" not in report.keywords

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that could not be collected is a failure, whoever's it is."""
        self.other_failures += report.failed

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Learn under which name the workers share what they read, to clear it away at the end."""
        self.shared = node.workerinput["testrunuid"]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """A worker of a distributed run hands over what it read, and the specs' mistakes that it met."""
        output = getattr(node, "workeroutput", {})
        for deployment in output.get("asbuilt_deployments", []):
            self.deployments.setdefault((deployment["system"], deployment["variant"]), deployment)
        self.problems += [text for text in output.get("asbuilt_problems", []) if text not in self.problems]

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the results and settle the exit code, once, where the session is controlled."""
        for deployment in self.run.deployments.values():
            record = results.deployment_record(deployment)
            self.deployments.setdefault((record["system"], record["variant"]), record)
        output = getattr(self.config, "workeroutput", None)
        if output is not None:
            output["asbuilt_deployments"] = list(self.deployments.values())
            output["asbuilt_problems"] = self.problems
            return
        if self.shared:
            forget(self.shared)
        if self.problems:
            session.exitstatus = ExitCode.USAGE
        elif self.facts and exitstatus in (0, 1, 5):
            session.exitstatus = self._exit_code()
        if self.facts:
            code = int(session.exitstatus)
            self.results = results.document(self.facts, list(self.deployments.values()), self.run.now, code)
            names = {deployment["system"]: deployment["architecture"] for deployment in self.deployments.values()}
            try:
                write(Night(self.results, architectures=names), self.config.option.out)
            except WriterError as error:
                self.unwritten = str(error).splitlines()
                session.exitstatus = ExitCode.INTERNAL

    def _exit_code(self) -> ExitCode:
        code = exit_code(self.facts)
        if self.other_failures:
            return ExitCode.FAILED
        return ExitCode.PASSED if code == ExitCode.NOTHING and self.other_tests else code

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Per architecture the counts, then what is wrong, worst first."""
        for line in self.problems if self.config.option.verbose < 0 else ():
            terminalreporter.write_line(line)
        for line in self.unwritten:
            terminalreporter.write_line(line)
        if self.results:
            terminalreporter.ensure_newline()
            for line in tell.summary(self.results, self.config.option.out, full=self.config.option.tbstyle == "no"):
                terminalreporter.write_line(line)
