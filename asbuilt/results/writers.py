"""Report formats, found by name: each module of `reports/` writes one with `write(night, folder)`.

A night holds the results of one or many deployments. Every writer is called for every night, and writes no file where
the night holds nothing that it reports.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from asbuilt import content


@dataclass(frozen=True)
class Night:
    """The results to report.

    - `results`: the content of results.json, for one or many systems; None where there is none.
    - `load`: the content of load-result.json of each load run.
    - `architectures`: the name of each architecture, by system.
    """

    results: Mapping[str, Any] | None = None
    load: Sequence[Mapping[str, Any]] = ()
    architectures: Mapping[str, str] | None = None

    def architecture(self, system: str) -> str:
        """The name of a system's architecture (`CampsHub360` for campushub360), or the system where it is not known."""
        return (self.architectures or {}).get(system, system)

    def load_file(self, name: str, result: Mapping[str, Any]) -> str:
        """The name of a file about one load run: `name` for a single run, else `stem-system-variant.suffix`."""
        if len(self.load) == 1:
            return name
        stem, _, suffix = name.rpartition(".")
        return "-".join(part for part in (stem, result["system"], result["variant"]) if part) + f".{suffix}"


Writer = Callable[[Night, Path], None]


class WriterError(Exception):
    """Some report formats could not be written. The message has a line for each; all others were written."""


def writers() -> dict[str, Writer]:
    """What writes the format of each module of `reports/`, by the module's name."""
    return {name: partial(_write_one, name) for name in content.names("reports")}


def _write_one(name: str, night: Night, folder: Path) -> None:
    """Write one format; a module without `write` is no format."""
    module = content.module(f"reports.{name}")
    if hasattr(module, "write"):
        module.write(night, folder)


def write(night: Night, folder: Path, only: Sequence[str] = ()) -> None:
    """Write every format into the folder, which is created where it is missing; `only` names some of them.

    Raises `WriterError` after all formats were tried, where any of them failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    problems = []
    for name, writer in writers().items():
        if only and name not in only:
            continue
        try:
            writer(night, folder)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # the other formats are written all the same
            problems.append(f"the report format {name!r} failed: {type(error).__name__}: {error}")
    if problems:
        raise WriterError("\n".join(problems))
