"""load-result.json: what a load run measured and its verdicts, and the JSON Schema that the file keeps to."""

from __future__ import annotations

import json
from pathlib import Path

from asbuilt.results.writers import Night


def write(night: Night, folder: Path) -> None:
    """Write one file for each load run."""
    if not night.load:
        return  # without the import of the load engine
    from asbuilt.load.verdict.result import RESULT, SCHEMA

    for result in night.load:
        text = json.dumps(result, indent=1, allow_nan=False)
        (folder / night.load_file(RESULT, result)).write_text(f"{text}\n", encoding="utf-8")
        (folder / SCHEMA.name).write_text(SCHEMA.read_text(encoding="utf-8"), encoding="utf-8")
