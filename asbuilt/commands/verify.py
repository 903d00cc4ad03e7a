"""`asbuilt verify`: pytest on the chosen specs, quiet, with its results where the next tool looks for them."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Sequence
from pathlib import Path

from asbuilt import content
from asbuilt.results.exit_codes import ExitCode
from asbuilt.spec.loading import find_spec
from asbuilt.spec.model import SpecError

_IDLE_PLUGINS = ("hypothesispytest", "logging", "unraisableexception", "threadexception")  # for tests of code
_SETTINGS = content.ENGINE / "pytest_plugin" / "pytest.ini"  # neither a user's pyproject.toml nor conftest.py decides


def verify(options: argparse.Namespace, passed_on: Sequence[str]) -> int:
    """Verify, and return the exit code; `passed_on` are options for pytest itself."""
    import pytest

    # service models and moto's tables are hundreds of thousands of objects that live to the end: collecting
    # among them by the default thresholds takes a quarter of the run and frees nothing
    gc.set_threshold(50_000, 50, 100)

    try:
        found = _specs(options.systems)
    except SpecError as error:
        sys.stderr.write("".join(f"asbuilt: {problem}\n" for problem in error.problems))
        return ExitCode.USAGE
    out = Path(options.out)
    given = {
        "--account": options.account,
        "--accounts-file": options.accounts_file,
        "--endpoint-url": options.endpoint_url,
        "--variant": options.variant,
    }
    arguments = [part for name, value in given.items() if value for part in (name, value)]
    arguments += [part for path in options.load_result for part in ("--load-result", path)]
    if options.strict:
        arguments.append("--strict-reading")
    code = int(
        pytest.main(
            [
                *("-p", "asbuilt.pytest_plugin.plugin", "--noconftest", "-c", str(_SETTINGS)),
                *("--rootdir", str(_root(found)), "-o", f"cache_dir={Path.cwd() / '.pytest_cache'}"),
                *(f"-pno:{name}" for name in _IDLE_PLUGINS),
                *("-q", "--no-header", "--no-summary", "--tb=no", "--show-capture=no", "--assert=plain"),
                *("--out", str(out), "--junitxml", str(out / "junit.xml"), "-o", "junit_family=xunit1"),
                *("--html", str(out / "run-log.html"), "--self-contained-html"),
                *arguments,
                *passed_on,
                *found,
            ]
        )
    )
    gc.freeze()  # the last collection at exit would walk all of it once more
    return code


def _specs(systems: Sequence[str]) -> list[str]:
    """What pytest is asked to collect: the specs that the names or paths stand for, each with its `::fact` if any.

    Raises `SpecError` with all names that stand for none.
    """
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
