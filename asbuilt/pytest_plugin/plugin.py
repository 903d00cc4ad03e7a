"""The pytest plugin: each fact of a spec is one test item. The evidence of all facts is read before the first one."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from asbuilt.check import SEVERITIES
from asbuilt.evidence import TargetError
from asbuilt.progress import Progress
from asbuilt.pytest_plugin.discovery import SPEC_FILE, is_spec
from asbuilt.pytest_plugin.session import Session
from asbuilt.pytest_plugin.session_folder import SessionFolder
from asbuilt.pytest_plugin.sharing import kept_for
from asbuilt.results.record import marks, properties
from asbuilt.results.run_folder import DEFAULT
from asbuilt.results.terminal import failure_text
from asbuilt.run_options import RUN_OPTIONS
from asbuilt.session.outcome import Outcome
from asbuilt.session.recorder import Recorder
from asbuilt.session.run import Run
from asbuilt.session.selection import chosen_variants, offered_variants
from asbuilt.sources.redaction import redact_text
from asbuilt.sources.table import options
from asbuilt.spec.loading import load
from asbuilt.spec.model import Fact, Spec, SpecError

RUN = pytest.StashKey[Run]()
SESSION = pytest.StashKey[Session]()


class _NotKnown(Exception):  # noqa: N818  # named for the status
    """Raised in an item's setup, so that pytest counts an error: the evidence could not be read."""


class _NotAsDocumented(Exception):  # noqa: N818  # as above
    """Raised by an item's test: evidence was read and disagrees."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of a verification. Without any of them, each spec is verified on its own mock account."""
    group = parser.getgroup("asbuilt", "verify accounts against their documents")
    for option in (*options(), *RUN_OPTIONS):
        group.addoption(option.flag, **option.keywords)
    group.addoption("--strict-reading", action="store_true", help="judge the stricter of two documented readings")
    group.addoption("--out", type=Path, default=DEFAULT, metavar="DIR", help="folder of the results")


def pytest_configure(config: pytest.Config) -> None:
    """Settle the target before anything is collected, and register the marks that facts carry."""
    for severity in SEVERITIES:
        config.addinivalue_line("markers", f"{severity}: facts of this severity")
    folder = SessionFolder(config)
    worker = getattr(config, "workerinput", {})
    try:
        progress, shared = Progress(functools.partial(_past_capture, config)), worker.get("testrunuid")
        kept = kept_for(shared) if shared else None
        run = Run.chosen(config.option, progress, strict=config.option.strict_reading, kept=kept)
        recorder = Recorder(config.option, run)
    except TargetError as error:
        message = redact_text(str(error))
        folder.refuse(message)
        raise pytest.UsageError(message) from None
    config.stash[RUN] = run
    config.stash[SESSION] = Session(config, Outcome(run, recorder, folder.run), folder)
    config.pluginmanager.register(config.stash[SESSION], "asbuilt-session")
    if config.pluginmanager.hasplugin("html"):
        from asbuilt.pytest_plugin.run_log import RunLog

        config.pluginmanager.register(RunLog(), "asbuilt-run-log")


def _past_capture(config: pytest.Config, text: str) -> None:
    """Write to the process's own standard error, which pytest captures while it collects."""
    capture = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
        sys.stderr.write(text)
        sys.stderr.flush()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a `.toml` file that the command line names, and each `spec.toml` in a folder, as its facts."""
    named = file_path.suffix == ".toml" and parent.session.isinitpath(file_path)
    if named or (file_path.name == SPEC_FILE and is_spec(file_path)):
        file: SpecFile = SpecFile.from_parent(parent, path=file_path)
        if _is_asked_for(parent.config, file_path):
            parent.config.stash[SESSION].selection.files.append(file.offer)
        return file
    return None


def _is_asked_for(config: pytest.Config, path: Path) -> bool:
    """Whether a file is an argument of the session, or below one: pytest looks at the files beside an argument, too."""
    arguments = (config.invocation_params.dir / argument.partition("::")[0] for argument in config.args)
    return any(path.is_relative_to(os.path.normpath(argument)) for argument in arguments)


class SpecFile(pytest.File):
    """One spec. A spec with mistakes is a usage error that lists all of them."""

    def collect(self) -> Iterator[pytest.Item]:
        """The facts, in the document's order."""
        spec, variants = self.offer()
        facts = [fact for fact in spec.facts if fact.variant in variants]
        for mark in sorted({mark for fact in facts for mark in marks(spec, fact)}):
            self.config.addinivalue_line(
                "markers", f"{mark}: facts with this severity, system, variant, kind or source"
            )
        for fact in facts:
            yield FactItem.from_parent(self, name=fact.id, spec=spec, fact=fact)

    def offer(self) -> tuple[Spec, tuple[str, ...]]:
        """The spec and the variants to verify; the facts that could be verified are counted."""
        run, selection = self.config.stash[RUN], self.config.stash[SESSION].selection
        selection.files = [offer for offer in selection.files if offer != self.offer]
        spec = load(_shown(self.path), strict=self.config.option.strict_reading)
        variants = chosen_variants(spec, self.config.option.variant or run.target.variant, run.target)
        selection.offer(spec, offered_variants(spec, variants, run.target))
        return spec, variants

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show mistakes in a spec as one line each, without a traceback."""
        if isinstance(excinfo.value, SpecError):
            self.config.stash[SESSION].problems += excinfo.value.problems
            return str(excinfo.value)
        return super().repr_failure(excinfo)


def _shown(path: Path) -> Path:
    """The path relative to the current folder where it lies below it, else unchanged."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


class FactItem(pytest.Item):
    """One fact of one variant."""

    def __init__(self, *, spec: Spec, fact: Fact, **more: Any) -> None:
        super().__init__(**more)
        self.spec, self.fact = spec, fact
        self.record: dict[str, Any] = {}
        for mark in marks(spec, fact):
            self.add_marker(mark)

    def setup(self) -> None:
        """Judge the fact. Evidence that could not be read is an error in pytest's terms, not a failure."""
        self.record = self.config.stash[RUN].record(self.spec, self.fact, self.nodeid)
        self.user_properties += properties(self.record)
        if self.record["status"] == "unknown":
            raise _NotKnown

    def runtest(self) -> None:
        """Report the verdict as pytest's outcome."""
        status = self.record["status"]
        if status in ("not applicable", "untested"):
            pytest.skip(f"{status}: {self.record['findings'][0]['reason']}")
        if status == "failed" and self.fact.disputed and not self.config.option.strict_reading:
            pytest.xfail(f"disputed: {self.fact.disputed}")
        if status != "passed":
            raise _NotAsDocumented

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The text of a fact's failure, in place of a traceback."""
        if isinstance(excinfo.value, _NotAsDocumented | pytest.xfail.Exception):
            return failure_text(self.record, self.spec.name)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The file and line (from 0) of the claim, and the heading of its failure."""
        # pytest would split a bare id at its dots
        return self.path, self.fact.line - 1, f"{self.spec.name} {self.fact.id}"


def pytest_collection_finish(session: pytest.Session) -> None:
    """Read all evidence that the selected facts need, once."""
    if session.config.option.collectonly:
        return
    selected = session.config.stash[SESSION].selected
    chosen: dict[tuple[Path, str], tuple[Spec, list[Fact]]] = {}
    session.config.stash[SESSION].selection.settle(sum(isinstance(item, FactItem) for item in session.items))
    for item in session.items:
        if isinstance(item, FactItem):
            selected[item.nodeid] = (item.spec, item.fact)
            chosen.setdefault((item.spec.path, item.fact.variant), (item.spec, []))[1].append(item.fact)
    capture = session.config.pluginmanager.getplugin("capturemanager")
    shown = capture.global_and_fixture_disabled() if capture else contextlib.nullcontext()  # warnings of the reading
    try:
        with shown:
            for (_, variant), (spec, facts) in chosen.items():
                session.config.stash[RUN].read(spec, variant, facts)
    except TargetError as error:
        message = session.config.stash[SESSION].folder.run.message = redact_text(str(error))
        raise pytest.UsageError(message) from None


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Attach the fact's record to its report, and replace a traceback with the text of the failure."""
    report: Any = yield
    if not isinstance(item, FactItem) or not item.record:
        return report
    if call.excinfo is not None and isinstance(call.excinfo.value, _NotKnown | _NotAsDocumented):
        report.longrepr = failure_text(item.record, item.spec.name)
    if call.when == "call" or (call.when == "setup" and report.failed):
        report.asbuilt = item.record
    return report
