"""Write results.json, which holds all facts with their evidence, and the JSON Schema of that file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from asbuilt.results.record import SCHEMA
from asbuilt.results.writers import Night

NAME = "results.json"


def write(night: Night, folder: Path) -> None:
    """Write the file with one line for each fact and deployment, so that line-based tools can compare two files."""
    if night.results is None:
        return
    parts = [f"{_dumps(key)}: {_lines(value)}" for key, value in night.results.items()]
    (folder / NAME).write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")
    (folder / SCHEMA.name).write_text(SCHEMA.read_text(encoding="utf-8"), encoding="utf-8")


def _lines(value: Any) -> str:
    if not isinstance(value, list):
        return _dumps(value)
    return "[\n" + ",\n".join(map(_dumps, value)) + "\n]"


def _dumps(value: Any) -> str:
    """A value as JSON. Half a surrogate pair, which an account can send, becomes U+FFFD: strict parsers refuse it."""
    text = json.dumps(value)
    if "\\ud" not in text:
        return text
    whole = json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return json.dumps(json.loads(whole))
