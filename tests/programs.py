"""Running the program as a user does: a process, its exit code, its output, its files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ASBUILT = (sys.executable, "-m", "asbuilt")


@dataclass(frozen=True)
class Ended:
    """How a program ended, and what it wrote."""

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
        """Fact and variant → status."""
        return {fact["id"].partition("/")[2]: fact["status"] for fact in self.results["facts"]}


def asbuilt(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Ended:
    """Run the command line in a folder; no AWS configuration of this machine reaches it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    nowhere = {"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}
    done = subprocess.run(
        [*ASBUILT, *arguments],
        cwd=folder,
        env={**clean, **nowhere, "AWS_EC2_METADATA_DISABLED": "true", **(env or {})},
        capture_output=True,
        text=True,
        timeout=600,  # to end what would never end; no machine is that slow
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr, folder)


def verify(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Ended:
    """Run `asbuilt verify` with its results below the folder."""
    return asbuilt(folder, "verify", "--out", str(folder / "out"), *arguments, env=env)
