"""Report formats, found by name: each module of `reports/` writes one with `write(night, folder)`.

A night holds the results of one or many deployments. Every format is asked for every night, and writes nothing where
the night holds nothing for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asbuilt import content


@dataclass(frozen=True)
class Night:
    """What there is to report.

    - `results`: the content of results.json (its `facts` and `deployments` are of one or many systems), or None.
    - `load`: the contents of load-result.json, one a load run.
    - `architectures`: the name of each architecture, by system.
    """

    results: Mapping[str, Any] | None = None
    load: Sequence[Mapping[str, Any]] = ()
    architectures: Mapping[str, str] | None = None

    def architecture(self, system: str) -> str:
        """The architecture's own name: `CampsHub360` for campushub360."""
        return (self.architectures or {}).get(system, system)

    def load_file(self, name: str, result: Mapping[str, Any]) -> str:
        """The name of a file about one load run: as given for the only one, with system and variant among several."""
        if len(self.load) == 1:
            return name
        stem, _, suffix = name.rpartition(".")
        return "-".join(part for part in (stem, result["system"], result["variant"]) if part) + f".{suffix}"


Writer = Callable[[Night, Path], None]


class WriterError(Exception):
    """Report formats that could not be written; the message has a line for each, and all others were written."""


def writers() -> dict[str, Writer]:
    """The `write` of every module of `reports/`, by the module's name."""
    found = {name: content.module(f"reports.{name}") for name in content.names("reports")}
    return {name: module.write for name, module in found.items() if hasattr(module, "write")}


def write(night: Night, folder: Path) -> None:
    """Write every format into the folder, which is made if it is missing.

    Raises `WriterError` once all formats were tried, if any of them failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    problems = []
    for name, writer in writers().items():
        try:
            writer(night, folder)
        except Exception as error:  # noqa: BLE001  # one format that fails must not cost the others
            problems.append(f"the report format {name!r} failed: {type(error).__name__}: {error}")
    if problems:
        raise WriterError("\n".join(problems))
