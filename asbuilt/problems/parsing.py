"""Read input files: bytes to text, and text to data. A file that cannot be parsed gives one-line mistakes as well."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any, NoReturn

from asbuilt.problems import InputError
from asbuilt.problems.file import InputFile, dotted
from asbuilt.problems.lines import Lines


def text_of(path: Path, error: type[InputError] = InputError) -> str:
    """The text of an input file, with lines ended by `\\n`. Raises `error` where it cannot be read or is not UTF-8."""
    try:
        raw = path.read_bytes()
    except IsADirectoryError:
        raise error([f"{path}: expected a file, found a folder"]) from None
    except (OSError, ValueError) as reason:
        raise error([f"{path}: cannot be read: {getattr(reason, 'strerror', None) or reason}"]) from None
    return decoded(raw, path, error)


def decoded(raw: bytes, path: Path | str, error: type[InputError] = InputError) -> str:
    """Bytes as text, with lines ended by `\\n`. Raises `error` where they are not UTF-8."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        line = raw.count(b"\n", 0, bad.start) + 1
        byte = f"0x{raw[bad.start]:02x}"
        raise error([f"{path}:{line}: is not UTF-8 text (byte {byte}): save the file as UTF-8"]) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def toml(text: str, path: Path | str, error: type[InputError] = InputError) -> InputFile:
    """A TOML file, parsed. Raises `error` where it is not valid TOML. A key that is set twice is noted as a mistake."""
    repeated: list[tuple[int, str]] = []
    rest = text
    while True:
        try:
            file = InputFile(path, text, tomllib.loads(rest), error)
        except RecursionError:
            raise error([f"{path}: is nested too deeply"]) from None
        except ValueError as bad:
            said, line = _said(str(bad), rest)
            again = _again(Lines(rest), line) if said.startswith("Cannot") else None
            if again is None:
                mistakes = [*repeated, (line, f"not valid TOML: {said}")]
                raise error(f"{path}:{at}: {message}" for at, message in sorted(mistakes)) from None
            repeated.append((again[0], again[2]))
            rest = _without(rest, *again[:2])
        else:
            for at, message in repeated:
                file.wrong_in(at, message)
            return file


def _again(lines: Lines, line: int) -> tuple[int, int, str] | None:
    """The first and last line of the second setting of a key, and its message; None where no key is set twice."""
    if line in lines.headers:
        later = [header for header in lines.headers if header > line]
        message = "this table is set above: write it once, or write [[...]] each time where there are several"
        return line, later[0] - 1 if later else lines.last, message
    twice = max((found for found in lines.repeated if found[0] <= line), default=None)
    return (twice[0], line, f"{dotted(twice[2])} is set twice: first on line {twice[1]}") if twice else None


def _said(message: str, text: str) -> tuple[str, int]:
    """The message of the TOML parser, and the line that it is about."""
    found = re.fullmatch(r"(.*) \((?:at line (\d+), column \d+|at end of document)\)", message, re.DOTALL)
    if found is None:
        return message[:100], 1
    said = found[1].replace("Cannot overwrite a value", "Cannot set a key again that is set above")
    return said, int(found[2] or text.count("\n") + 1)


def _without(text: str, first: int, last: int) -> str:
    """The text with these lines (from 1) made empty."""
    lines = text.split("\n")
    lines[first - 1 : last] = [""] * (last - first + 1)
    return "\n".join(lines)


def json_text(text: str, path: Path | str, error: type[InputError] = InputError) -> InputFile:
    """A JSON file, parsed. Raises `error` where it is not valid JSON, or sets a key twice."""
    try:
        return InputFile(
            path, text, json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant), error, True
        )
    except RecursionError:
        raise error([f"{path}: is nested too deeply"]) from None
    except json.JSONDecodeError as bad:
        raise error([f"{path}:{bad.lineno}: is not JSON: {bad.msg} (column {bad.colno})"]) from None
    except ValueError as bad:
        line = min((twice[0] for twice in Lines(text, True).repeated), default=1)
        raise error([f"{path}:{line}: is not JSON: {bad}"]) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if key in seen:
            raise ValueError(f"the key {key!r} is set twice in one object: remove one")
        seen[key] = value
    return seen


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")
