"""`asbuilt verify`: verify the chosen specs, print the summary, and write the results to a folder."""

from __future__ import annotations

import argparse
import contextlib
import gc
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from asbuilt import content
from asbuilt.commands.interruption import ending_soon
from asbuilt.evidence import TargetError
from asbuilt.results.exit_codes import ExitCode
from asbuilt.results.run_folder import DEFAULT, RunFolder, keep_count, refusal, refuse
from asbuilt.run_options import RUN_OPTIONS
from asbuilt.sources.ambient import without_tool_settings
from asbuilt.sources.redaction import redact_text
from asbuilt.sources.source import Option
from asbuilt.sources.table import options as source_options

_SETTINGS = content.ENGINE / "pytest_plugin" / "pytest.ini"  # in place of a user's pytest configuration
_PLUGIN = "asbuilt.pytest_plugin.plugin"
_IDLE_PLUGINS = (
    "hypothesispytest",
    "logging",
    "unraisableexception",
    "threadexception",
)  # for tests of code
# common options of pytest, which need no --
_COMMON = (
    ("-k", "WORDS", "verify only facts with these words in their names, such as 'database and not cost'"),
    ("-m", "MARKS", "verify only facts with these marks (severity, system, variant, kind, source), such as high"),
    ("-n", "N", "use this number of processes"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options to a parser: its own, those of the sources of evidence, and pytest's common ones."""
    parser.add_argument(
        "systems", nargs="*", metavar="SPEC", help="a shipped system or the path of a spec; default: all shipped"
    )
    parser.add_argument("--strict", action="store_true", help="judge the stricter of two documented readings")
    parser.add_argument(
        "--out",
        metavar="DIR",
        default=str(DEFAULT),
        help="folder of the results; default: %(default)s, which points to a folder of the run's own",
    )
    sources = parser.add_argument_group(
        "sources of evidence", "Without any, each spec is verified on its mock account."
    )
    add_options(parser, RUN_OPTIONS)
    add_options(sources, source_options())
    pytest = parser.add_argument_group("options of pytest", "All other options of pytest follow --.")
    for name, value, about in _COMMON:
        pytest.add_argument(name, metavar=value, help=about)


def add_options(group: argparse._ActionsContainer, options: Iterable[Option]) -> None:
    """Add options of a table to a parser or one of its groups."""
    for option in options:
        group.add_argument(option.flag, **option.keywords)


def run(options: argparse.Namespace) -> int:
    """Verify. Returns the exit code (see `ExitCode`)."""
    folder = RunFolder(Path(options.out), selected_by=_selected_by(options))
    try:
        folder.open()
    except OSError as error:
        return _cannot_hold(folder, error)
    code: int = ExitCode.INTERNAL
    summary: list[str] = []
    try:
        code, summary = _verified(options, folder)
    except BaseException as error:
        code = ExitCode.INTERRUPTED if isinstance(error, KeyboardInterrupt) else ExitCode.INTERNAL
        folder.discard()
        raise
    finally:
        try:
            summary += folder.publish(code)
        except OSError as error:
            summary, code = [], code if code == ExitCode.USAGE else _cannot_hold(folder, error)
    sys.stdout.write("".join(f"{line}\n" for line in summary))  # last: a closed pipe must not change what is published
    return code


def refused(arguments: Sequence[str]) -> None:
    """Leave no earlier results where the command line itself is wrong."""
    refuse(arguments, DEFAULT)


def _cannot_hold(folder: RunFolder, error: OSError) -> int:
    sys.stderr.write(f"asbuilt: --out {folder.out}: cannot hold results: {refusal(error)}\n")
    return ExitCode.USAGE


def _selected_by(options: argparse.Namespace) -> tuple[str, ...]:
    """The given options that select among the facts of a spec."""
    named = [f"::{system.partition('::')[2]}" for system in options.systems if "::" in system]
    of_mock = options.variant and not (options.account or options.endpoint_url or options.replay)
    given = [f"{name} {getattr(options, name[1:])}" for name in ("-k", "-m") if getattr(options, name[1:])]
    return (*given, *([f"--variant {options.variant}"] if of_mock else []), *named)


def _verified(options: argparse.Namespace, folder: RunFolder) -> tuple[int, list[str]]:
    """Verify, and write the results to the hidden folder. Returns the exit code, and the lines to print at the end.

    pytest runs the facts only where it is needed: to select among them, or for its own options.
    """
    from asbuilt.spec.model import SpecError

    try:
        folder.keep = _keep(options.keep_runs)
        found = _specs(options.systems or _recorded_systems(options.replay))
        with without_tool_settings(), ending_soon(lambda: _interrupted(folder)):
            if _needs_pytest(options, found):
                return _with_pytest(options, folder, found), []
            with _without_collection():
                from asbuilt.session.direct import verify

                return verify([Path(path) for path in found], _root(found), options, folder)
    except TargetError as error:
        problems = [redact_text(str(error))]
    except SpecError as error:
        problems = list(error.problems)
    folder.message = "\n".join(problems)
    sys.stderr.write("".join(f"asbuilt: {problem}\n" for problem in problems))
    return ExitCode.USAGE, []


@contextlib.contextmanager
def _without_collection() -> Iterator[None]:
    """Collect no garbage: what a run reads stays to its end, and collecting took a tenth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # else the next collection would visit all of it once more
        gc.enable()


def _keep(text: str) -> int:
    try:
        return keep_count(text)
    except ValueError as error:
        raise TargetError(str(error)) from None


def _interrupted(folder: RunFolder) -> None:
    folder.discard()
    folder.publish(ExitCode.INTERRUPTED)


def _needs_pytest(options: argparse.Namespace, found: Sequence[str]) -> bool:
    given = any(getattr(options, name.strip("-")) is not None for name, _, _ in _COMMON)
    return given or bool(options.passed_on) or any("::" in path for path in found)


def _with_pytest(options: argparse.Namespace, folder: RunFolder, found: Sequence[str]) -> int:
    import pytest

    # service models and moto's tables are hundreds of thousands of objects that are kept to the end; with the default
    # thresholds, garbage collection takes a quarter of the run and frees nothing
    gc.set_threshold(50_000, 50, 100)
    given = [*_quiet(folder, found), *_given(options), *options.passed_on, *found]
    code = int(pytest.main(given, plugins=[folder]))
    gc.freeze()  # else the collection at exit would visit all objects once more
    return code


def _quiet(folder: RunFolder, found: Sequence[str]) -> Iterator[str]:
    """Options that turn off pytest's own report and write the results to the hidden folder of the run."""
    yield from ("-p", _PLUGIN, "--noconftest", "-c", str(_SETTINGS), "--rootdir", str(_root(found)))
    yield from ("-o", f"cache_dir={Path.cwd() / '.pytest_cache'}")
    yield from (f"-pno:{name}" for name in _IDLE_PLUGINS)
    yield from ("-q", "--no-header", "--no-summary", "--tb=no", "--show-capture=no", "--assert=plain")
    yield from ("--out", str(folder.out))


def _given(options: argparse.Namespace) -> Iterator[str]:
    """The given options, as arguments of pytest and its plugin."""
    if options.strict:
        yield "--strict-reading"
    for option in (*RUN_OPTIONS, *source_options()):
        value = getattr(options, option.name)
        if isinstance(value, bool):
            yield from [option.flag] * value
            continue
        for text in [value] if isinstance(value, str) else value:
            yield from (option.flag, text) if text else ()
    for name, _, _ in _COMMON:
        if getattr(options, name.strip("-")) is not None:
            yield from (name, getattr(options, name.strip("-")))


def _recorded_systems(replay: str | None) -> list[str]:
    """The specs of the deployments that a recording holds: their files, or the shipped specs of their names."""
    if not replay:
        return []
    from asbuilt.recording import parse

    held = parse(Path(replay)).deployments
    files = {system: Path(about["spec"]["file"]) for (system, _), about in held.items()}
    return [str(file) if file.is_file() else system for system, file in files.items()]


def _specs(systems: Sequence[str]) -> list[str]:
    """The arguments that pytest collects: the spec file of each name or path, with its `::fact` where it has one.

    Raises `SpecError` with all names and paths for which there is no spec.
    """
    from asbuilt.spec.loading import find_spec
    from asbuilt.spec.model import SpecError

    found, problems = [], []
    for system in systems or content.shipped_specs():
        name, mark, fact = system.partition("::")
        try:
            found.append(f"{find_spec(name)}{mark}{fact}")
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError(problems)
    return found


def _root(found: Sequence[str]) -> Path:
    """The folder to which node ids are relative: that of the shipped specs, or the current one."""
    shipped = content.folder()
    return shipped if all(Path(path).is_relative_to(shipped) for path in found) else Path.cwd()
