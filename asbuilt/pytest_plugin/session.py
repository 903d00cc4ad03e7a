"""The results of a pytest session that verifies: collect the records of all facts, write them, set the exit code."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from asbuilt.judging.judge import unjudged
from asbuilt.pytest_plugin.discovery import is_spec
from asbuilt.pytest_plugin.loaded import loaded
from asbuilt.pytest_plugin.session_folder import SessionFolder
from asbuilt.pytest_plugin.sharing import forget
from asbuilt.results import record as results
from asbuilt.results.exit_codes import ExitCode, exit_code
from asbuilt.session.outcome import Outcome
from asbuilt.session.selection import Selection
from asbuilt.sources import ambient
from asbuilt.spec.loading import load
from asbuilt.spec.model import Fact, Spec


class Session:
    """A plugin of the running session. In a distributed run the controlling process collects the results.

    - `outcome`: the records of facts and deployments, and the files that are written.
    - `problems`: the mistakes in specs.
    - `other_tests`, `other_failures`: the number of tests that are not facts, and of their failures.
    - `selection`: the facts that were selected; `folder`: of the results.
    - `shared`: the name of the distributed run, or "".
    - `selected`: the facts that were selected, by node id, each with its spec where this process loaded it.
    """

    def __init__(self, config: pytest.Config, outcome: Outcome, folder: SessionFolder) -> None:
        self.config = config
        self.outcome = outcome
        self.folder = folder
        self.selection = Selection(by=folder.run.selected_by)
        self.selected_elsewhere: dict[str, Any] = {}  # by the workers of a distributed run
        self.notes: list[str] = []
        self.problems: list[str] = []
        self.other_failures = 0
        self.other_tests = 0
        self.shared = ""
        self.selected: dict[str, tuple[Spec, Fact] | None] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Remove earlier results where this session's will lie."""
        self.folder.begin()

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Collect the record of a fact from its report; count any other test."""
        record = getattr(report, "asbuilt", None)
        if record is not None:
            self.outcome.facts.append({**record, "duration_seconds": round(report.duration, 6)})
        elif report.nodeid in self.selected and report.when != "teardown":
            pass  # without a record, the fact is added as unknown at the end
        elif report.failed:
            self.other_failures += 1
        elif report.when == "call":
            self.other_tests += "asbuilt" not in report.keywords

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Count a file that could not be collected as a failure."""
        self.other_failures += report.failed

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Keep the name under which the workers share snapshots, to remove them at the end."""
        self.shared = node.workerinput["testrunuid"]

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """Note the facts that a distributed run selected."""
        files = {nodeid.partition("::")[0] for nodeid in ids}
        specs = {file for file in files if file.endswith(".toml") and is_spec(self.config.rootpath / file)}
        for nodeid in ids:
            if nodeid.partition("::")[0] in specs:
                self.selected.setdefault(nodeid, None)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Collect the deployments that a worker of a distributed run read, and the mistakes in specs that it found."""
        output = getattr(node, "workeroutput", {})
        for deployment in output.get("asbuilt_deployments", []):
            self.outcome.deployments.setdefault((deployment["system"], deployment["variant"]), deployment)
        self.problems += [text for text in output.get("asbuilt_problems", []) if text not in self.problems]
        self.outcome.recorder.add(output.get("asbuilt_recorded", ()))
        self.selected_elsewhere = output.get("asbuilt_selection", self.selected_elsewhere)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the results and set the exit code. A worker of a distributed run passes its results on instead."""
        facts, deployments = self.outcome.facts, self.outcome.deployments
        self.outcome.add_deployments()
        output = getattr(self.config, "workeroutput", None)
        if output is not None:
            output["asbuilt_deployments"] = list(deployments.values())
            output["asbuilt_problems"] = self.problems
            output["asbuilt_selection"] = self.selection.record()
            output["asbuilt_recorded"] = self.outcome.recorder.collect()
            return
        if not self.problems and (facts or exitstatus in (0, 1)):
            self._add_missing(session, exitstatus)
        if self.problems:
            session.exitstatus = ExitCode.USAGE
        elif facts and exitstatus in (0, 1, 5):
            session.exitstatus = self._exit_code()
        self.folder.run.selection = self.selected_elsewhere or self.selection.record()
        if self.problems:
            self.folder.run.message = "\n".join(self.problems)
        for record in deployments.values():
            of_target = ambient.record(self.outcome.run.target, os.environ)
            record["target"]["ambient"] |= {**of_target, **loaded(self.config)}
        if facts:
            session.exitstatus = self.outcome.write(ExitCode(int(session.exitstatus)))
        if self.shared:
            forget(self.shared)
        self.notes += self.folder.end(int(session.exitstatus))

    def _add_missing(self, session: pytest.Session, exitstatus: int) -> None:
        """Add each selected fact that has no record as unknown, so that no fact is lost."""
        judged = {fact["nodeid"] for fact in self.outcome.facts}
        reason = "the fact was not judged: its test ended without a verdict"
        if exitstatus == ExitCode.INTERRUPTED or session.shouldstop or session.shouldfail:
            reason = (
                f"the fact was not reached: {session.shouldfail or session.shouldstop or 'the run was interrupted'}"
            )
        for nodeid, known in self.selected.items():
            if nodeid not in judged:
                spec, fact = known or self._loaded(nodeid)
                strict = self.config.option.strict_reading
                record = results.fact_record(spec, unjudged(fact, reason), nodeid, strict)
                self.outcome.facts.append({**record, "duration_seconds": 0.0})

    def _loaded(self, nodeid: str) -> tuple[Spec, Fact]:
        """The spec and the fact of a node id that another process collected."""
        file, _, name = nodeid.partition("::")
        path = self.config.rootpath / file
        shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
        spec = load(shown, strict=self.config.option.strict_reading)
        return spec, next(fact for fact in spec.facts if fact.id == name)

    def _exit_code(self) -> ExitCode:
        code = exit_code(self.outcome.facts)
        if self.other_failures:
            return ExitCode.FAILED
        return ExitCode.PASSED if code == ExitCode.NOTHING and self.other_tests else code

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show the counts of each architecture, then the facts that did not pass, worst first."""
        for line in self.problems if self.config.option.verbose < 0 else ():
            terminalreporter.write_line(line)
        if self.outcome.results:
            terminalreporter.ensure_newline()
        for line in self.outcome.summary(full=self.config.option.tbstyle == "no"):
            terminalreporter.write_line(line)
        for line in self.notes:
            terminalreporter.write_line(line)
