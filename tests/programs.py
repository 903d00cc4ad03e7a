"""Run the program as a user does: a process, its exit code, its output, its files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
ASBUILT = (sys.executable, "-m", "asbuilt")


@dataclass(frozen=True)
class Ended:
    """An ended process: its exit code and its output."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def results(self) -> dict[str, Any]:
        """results.json of the run."""
        return json.loads((self.folder / "out" / "results.json").read_text(encoding="utf-8"))

    @property
    def statuses(self) -> dict[str, str]:
        """The status of each fact, by fact and variant."""
        return {fact["id"].partition("/")[2]: fact["status"] for fact in self.results["facts"]}


def asbuilt(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Ended:
    """Run the command line in a folder, without any AWS configuration of this machine."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    nowhere = {"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}
    done = subprocess.run(
        [*ASBUILT, *arguments],
        cwd=folder,
        env={**clean, **nowhere, "AWS_EC2_METADATA_DISABLED": "true", **(env or {})},
        capture_output=True,
        text=True,
        timeout=600,  # seconds; no working program takes that long
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr, folder)


@contextmanager
def served(system: str, variant: str = "", *options: str) -> Iterator[str]:
    """The address of a mock account that `asbuilt mock` serves within the block."""
    command = [*ASBUILT, "mock", system, *(["--variant", variant] if variant else []), "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        try:
            line = server.stdout.readline()
            yield next(word for word in line.split() if word.startswith("http://127.0.0.1:"))
        finally:
            server.terminate()


def verify(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Ended:
    """Run `asbuilt verify` with its results in `out` below the folder."""
    return asbuilt(folder, "verify", "--out", str(folder / "out"), *arguments, env=env)
