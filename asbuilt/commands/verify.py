"""`asbuilt verify`: pytest on the chosen specs, quiet, with its results where the next tool looks for them."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from asbuilt import content
from asbuilt.results.exit_codes import ExitCode
from asbuilt.sources.table import options as source_options

_SETTINGS = content.ENGINE / "pytest_plugin" / "pytest.ini"  # neither a user's pyproject.toml nor conftest.py decides
_PLUGIN = "asbuilt.pytest_plugin.plugin"
_IDLE_PLUGINS = ("hypothesispytest", "logging", "unraisableexception", "threadexception")  # for tests of code
# pytest's options that are common enough to stand before the --
_COMMON = (
    ("-k", "WORDS", "only facts with these words, as database, or 'database and not cost'"),
    ("-m", "MARKS", "only facts with these marks: a severity, as high, a system, a variant, a kind, a source"),
    ("-n", "N", "in so many processes"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options to a parser: its own, those of the sources of evidence, and pytest's common ones."""
    parser.add_argument("systems", nargs="*", metavar="SPEC", help="a documented system, or a path; default: all")
    parser.add_argument("--variant", metavar="NAME", help="only this variant (its tier)")
    parser.add_argument("--strict", action="store_true", help="judge the stricter of two documented readings")
    parser.add_argument("--out", metavar="DIR", default="reports/out/latest", help="default: reports/out/latest")
    sources = parser.add_argument_group("sources of evidence", "without any, each spec is verified on its mock account")
    for option in source_options():
        if not option.metavar:
            sources.add_argument(option.flag, action="store_true", help=option.help)
        elif option.many:
            sources.add_argument(option.flag, action="append", default=[], metavar=option.metavar, help=option.help)
        else:
            sources.add_argument(option.flag, metavar=option.metavar, help=option.help)
    pytest = parser.add_argument_group("pytest's own", "all others of pytest's go behind --")
    for name, value, about in _COMMON:
        pytest.add_argument(name, metavar=value, help=about)


def run(options: argparse.Namespace) -> int:
    """Verify, and return the exit code."""
    import pytest

    from asbuilt.spec.model import SpecError

    # service models and moto's tables are hundreds of thousands of objects that live to the end: collecting
    # among them by the default thresholds takes a quarter of the run and frees nothing
    gc.set_threshold(50_000, 50, 100)
    try:
        found = _specs(options.systems)
    except SpecError as error:
        sys.stderr.write("".join(f"asbuilt: {problem}\n" for problem in error.problems))
        return ExitCode.USAGE
    code = int(pytest.main([*_quiet(Path(options.out), found), *_given(options), *options.passed_on, *found]))
    gc.freeze()  # the last collection at exit would walk all of it once more
    return code


def _quiet(out: Path, found: Sequence[str]) -> Iterator[str]:
    """pytest's options for a run whose summary is ours."""
    yield from ("-p", _PLUGIN, "--noconftest", "-c", str(_SETTINGS), "--rootdir", str(_root(found)))
    yield from ("-o", f"cache_dir={Path.cwd() / '.pytest_cache'}")
    yield from (f"-pno:{name}" for name in _IDLE_PLUGINS)
    yield from ("-q", "--no-header", "--no-summary", "--tb=no", "--show-capture=no", "--assert=plain")
    yield from ("--out", str(out), "--junitxml", str(out / "junit.xml"), "-o", "junit_family=xunit1")
    yield from ("--html", str(out / "run-log.html"), "--self-contained-html")


def _given(options: argparse.Namespace) -> Iterator[str]:
    """The command's options as the pytest plugin takes them."""
    if options.variant:
        yield from ("--variant", options.variant)
    if options.strict:
        yield "--strict-reading"
    for option in source_options():
        value = getattr(options, option.name)
        if isinstance(value, bool):
            yield from [option.flag] * value
            continue
        for text in [value] if isinstance(value, str) else value or ():
            yield from (option.flag, text)
    for name, _, _ in _COMMON:
        if getattr(options, name.strip("-")) is not None:
            yield from (name, getattr(options, name.strip("-")))


def _specs(systems: Sequence[str]) -> list[str]:
    """What pytest is asked to collect: the specs that the names or paths stand for, each with its `::fact` if any.

    Raises `SpecError` with all names that stand for none.
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
    """The folder that node ids begin from: the shipped specs' own, or the current one."""
    shipped = content.folder()
    return shipped if all(Path(path).is_relative_to(shipped) for path in found) else Path.cwd()
