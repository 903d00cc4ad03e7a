"""The pytest plugin: each fact of a spec is one test item. The evidence of all facts is read before the first one."""

from __future__ import annotations

import datetime
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from asbuilt.check import SEVERITIES
from asbuilt.evidence import TargetError
from asbuilt.judging.judge import Verdict
from asbuilt.problems import nearest
from asbuilt.pytest_plugin.discovery import SPEC_FILE, is_spec
from asbuilt.pytest_plugin.session import Session
from asbuilt.pytest_plugin.sharing import Run
from asbuilt.results.record import fact_record, marks, properties
from asbuilt.results.terminal import failure_text
from asbuilt.run_options import RUN_OPTIONS
from asbuilt.sources.redaction import redact_text
from asbuilt.sources.table import chosen_target, options
from asbuilt.spec.loading import load
from asbuilt.spec.model import Fact, Spec, SpecError

RUN = pytest.StashKey[Run]()
SESSION = pytest.StashKey[Session]()
_VERDICT = pytest.StashKey[Verdict]()


class _NotKnown(Exception):  # noqa: N818  # named for the status
    """Raised in an item's setup, so that pytest counts an error: the evidence could not be read."""


class _NotAsDocumented(Exception):  # noqa: N818  # as above
    """Raised by an item's test: evidence was read and disagrees."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of a verification. Without any of them, each spec is verified on its own mock account."""
    group = parser.getgroup("asbuilt", "verify accounts against their documents")
    for option in (*options(), *RUN_OPTIONS):
        if not option.metavar:
            group.addoption(option.flag, action="store_true", help=option.help)
        elif option.many:
            group.addoption(option.flag, action="append", default=[], metavar=option.metavar, help=option.help)
        else:
            group.addoption(option.flag, default=option.default, metavar=option.metavar, help=option.help)
    group.addoption("--strict-reading", action="store_true", help="judge the stricter of two documented readings")
    group.addoption("--out", type=Path, default=Path("reports/out/latest"), metavar="DIR", help="folder of the results")


def pytest_configure(config: pytest.Config) -> None:
    """Settle the target before anything is collected, and register the marks that facts carry."""
    for severity in SEVERITIES:
        config.addinivalue_line("markers", f"{severity}: facts of this severity")
    try:
        target = chosen_target(vars(config.option))
    except TargetError as error:
        raise pytest.UsageError(redact_text(str(error))) from None
    worker = getattr(config, "workerinput", {})
    config.stash[RUN] = Run(target, datetime.datetime.now(datetime.UTC), worker.get("testrunuid", ""))
    config.stash[SESSION] = Session(config, config.stash[RUN])
    config.pluginmanager.register(config.stash[SESSION], "asbuilt-session")
    if config.pluginmanager.hasplugin("html"):
        from asbuilt.pytest_plugin.run_log import RunLog

        config.pluginmanager.register(RunLog(), "asbuilt-run-log")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a `.toml` file that the command line names, and each `spec.toml` in a folder, as its facts."""
    named = file_path.suffix == ".toml" and parent.session.isinitpath(file_path)
    if named or (file_path.name == SPEC_FILE and is_spec(file_path)):
        return SpecFile.from_parent(parent, path=file_path)
    return None


class SpecFile(pytest.File):
    """One spec. A spec with mistakes is a usage error that lists all of them."""

    def collect(self) -> Iterator[pytest.Item]:
        """The facts, in the document's order."""
        run = self.config.stash[RUN]
        spec = load(_shown(self.path), strict=self.config.option.strict_reading)
        variants = _chosen_variants(spec, self.config.option.variant or run.target.variant, run)
        facts = [fact for fact in spec.facts if fact.variant in variants]
        for mark in sorted({mark for fact in facts for mark in marks(spec, fact)}):
            self.config.addinivalue_line(
                "markers", f"{mark}: facts with this severity, system, variant, kind or source"
            )
        for fact in facts:
            yield FactItem.from_parent(self, name=fact.id, spec=spec, fact=fact)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show mistakes in a spec as one line each, without a traceback."""
        if isinstance(excinfo.value, SpecError):
            self.config.stash[SESSION].problems += excinfo.value.problems
            return str(excinfo.value)
        return super().repr_failure(excinfo)


def _shown(path: Path) -> Path:
    """The path relative to the current folder where it lies below it, else unchanged."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _chosen_variants(spec: Spec, wanted: str, run: Run) -> tuple[str, ...]:
    if not spec.variants:
        return ("",)  # --variant does not apply to an architecture without variants
    if wanted and wanted not in spec.variants:
        raise SpecError([f"{spec.path}: no variant {wanted!r}: {nearest(wanted, spec.variants)}"])
    if not wanted and len(spec.variants) > 1 and run.target.kind not in ("mock", "none"):
        names = ", ".join(spec.variants)
        raise SpecError([f"{spec.path}: needs the variant that the account is built as: add --variant ({names})"])
    return (wanted,) if wanted else spec.variants


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
        verdict = self.config.stash[RUN].judge(self.fact, self.spec)
        self.stash[_VERDICT] = verdict
        self.record = fact_record(self.spec, verdict, self.nodeid, self.config.option.strict_reading)
        self.user_properties += properties(self.record)
        if verdict.status == "unknown":
            raise _NotKnown

    def runtest(self) -> None:
        """Report the verdict as pytest's outcome."""
        verdict = self.stash[_VERDICT]
        if verdict.status in ("not applicable", "untested"):
            pytest.skip(f"{verdict.status}: {verdict.findings[0].reason}")
        if verdict.status == "failed" and self.fact.disputed and not self.config.option.strict_reading:
            pytest.xfail(f"disputed: {self.fact.disputed}")
        if verdict.status != "passed":
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
    chosen: dict[tuple[Path, str], tuple[Spec, list[Fact]]] = {}
    for item in session.items:
        if isinstance(item, FactItem):
            chosen.setdefault((item.spec.path, item.fact.variant), (item.spec, []))[1].append(item.fact)
    if session.config.option.collectonly:
        return
    try:
        for (_, variant), (spec, facts) in chosen.items():
            session.config.stash[RUN].read(spec, variant, facts)
    except TargetError as error:
        raise pytest.UsageError(redact_text(str(error))) from None


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Attach the fact's record to its report, and replace a traceback with the text of the failure."""
    report: Any = yield
    if not isinstance(item, FactItem) or _VERDICT not in item.stash:
        return report
    if call.excinfo is not None and isinstance(call.excinfo.value, _NotKnown | _NotAsDocumented):
        report.longrepr = failure_text(item.record, item.spec.name)
    if call.when == "call" or (call.when == "setup" and report.failed):
        report.asbuilt = item.record
    return report
