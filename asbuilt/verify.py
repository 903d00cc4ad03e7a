"""`asbuilt verify`: pytest on the chosen specs, quiet, with its results where the next tool looks for them."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Sequence
from pathlib import Path

USAGE = 4
_IDLE_PLUGINS = ("hypothesispytest", "logging", "unraisableexception", "threadexception")  # for tests of code
ROOT = Path(__file__).resolve().parent.parent


def verify(options: argparse.Namespace, passed_on: Sequence[str]) -> int:
    """Verify, and return the exit code; `passed_on` are options for pytest itself."""
    import pytest

    # service models and moto's tables are hundreds of thousands of objects that live to the end: collecting
    # among them by the default thresholds takes a quarter of the run and frees nothing
    gc.set_threshold(50_000, 50, 100)

    found, problems = _specs(options.systems)
    if problems:
        sys.stderr.write("".join(f"asbuilt: {problem}\n" for problem in problems))
        return USAGE
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
                *("-p", "asbuilt.plugin", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT)),
                *(f"-pno:{name}" for name in _IDLE_PLUGINS),
                *("-q", "--no-header", "--no-summary", "--tb=no", "--show-capture=no", "--assert=plain"),
                *("--out", str(out), "--junitxml", str(out / "junit.xml"), "-o", "junit_family=xunit1"),
                *("--html", str(out / "run-log.html"), "--self-contained-html"),
                *arguments,
                *passed_on,
                *(str(path) for path in found),
            ]
        )
    )
    gc.freeze()  # the last collection at exit would walk all of it once more
    return code


def _specs(systems: Sequence[str]) -> tuple[list[Path], list[str]]:
    """The specs that the names or paths stand for, and what is wrong with those that stand for none."""
    from asbuilt.spec import nearest

    shipped = {path.parent.name: path for path in sorted((ROOT / "specs").glob("*/spec.toml"))}
    if not systems:
        return list(shipped.values()), [] if shipped else [f"no spec below {ROOT / 'specs'}"]
    found, problems = [], []
    for system in systems:
        path = Path(system.partition("::")[0])
        if system in shipped:
            found.append(shipped[system])
        elif path.exists():
            found.append(Path(system))
        else:
            problems.append(f"no spec is called {system!r} and no file is there: {nearest(system, shipped)}")
    return found, problems
