"""A recording: all evidence of a run in one compressed JSON file, with the hash of each record set in a manifest.

    {"format": "asbuilt recording", "schema": 1, "manifest": {...}, "snapshots": {"system/variant": {...}},
     "sha256": "of the manifest", "envelope": null or a DSSE envelope around the statement about the manifest}

The manifest says who read what, when, and what the verdicts were. Evidence is redacted before it is recorded.
"""

from __future__ import annotations

import datetime
import gzip
import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asbuilt.evidence import TargetError
from asbuilt.snapshot import Snapshot, from_plain

FORMAT = "asbuilt recording"
SCHEMA = 1  # raised where a reader of the schema before would misread a file
MAGIC = b"\x1f\x8b"  # of gzip
MOST_BYTES = 2 << 30  # of an unpacked file; more is no recording of an account


@dataclass(frozen=True)
class Recording:
    """The content of a recording: `manifest`, `snapshots` and `envelope` as JSON values.

    `sha256` is that of the file, `manifest_sha256` that of the manifest as the file states it.
    """

    path: Path
    manifest: Mapping[str, Any]
    snapshots: Mapping[str, Any]
    envelope: Mapping[str, Any] | None = None
    sha256: str = ""
    manifest_sha256: str = ""
    schema: int = SCHEMA
    deployments: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)

    @property
    def now(self) -> datetime.datetime:
        """The time at which the facts were judged (aware, UTC)."""
        return datetime.datetime.fromisoformat(self.manifest["now"])

    def variants(self, system: str) -> tuple[str, ...]:
        """The variants of a system that the recording holds ("" for an architecture without variants)."""
        return tuple(variant for held, variant in self.deployments if held == system)

    def held(self) -> str:
        """The deployments of the recording, for messages."""
        return ", ".join(name_of(*key) for key in self.deployments)

    def snapshot(self, system: str, variant: str) -> Snapshot:
        """The evidence of a deployment.

        Raises `KeyError` for one that the recording does not hold, and `TargetError` for records that are broken.
        """
        raw = self.snapshots[name_of(system, variant)]
        try:
            return from_plain(raw)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise TargetError(f"{self.path} is a broken recording: {name_of(system, variant)} has {error}") from None


def name_of(system: str, variant: str) -> str:
    """The name of a deployment in a recording: `campushub360/tier1`, or `studybunny` without variants."""
    return f"{system}/{variant}" if variant else system


def set_hashes(snapshot: Mapping[str, Any]) -> dict[str, str]:
    """The SHA-256 of each record set of a snapshot (its JSON values), by kind; its other parts go by `(name)`."""
    parts = dict(snapshot["answers"])
    parts |= {f"({name})": part for name, part in snapshot.items() if name != "answers"}
    return {name: digest(part) for name, part in sorted(parts.items())}


def digest(value: Any) -> str:
    """The SHA-256 of a JSON value, written with sorted keys and without spaces."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def write(
    path: Path,
    manifest: Mapping[str, Any],
    snapshots: Mapping[str, Any],
    envelope: Mapping[str, Any] | None = None,
    schema: int = SCHEMA,
) -> None:
    """Write a recording aside, and rename it. Only its owner can read it. Raises `OSError`."""
    content = {
        "format": FORMAT,
        "schema": schema,
        "manifest": manifest,
        "snapshots": snapshots,
        "sha256": digest(manifest),
        "envelope": envelope,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(gzip.compress(text, mtime=0))
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def read(path: Path) -> Recording:
    """A recording whose hashes fit. Raises `TargetError` for another file, and for one that was changed."""
    found = parse(path)
    problems = changed(found)
    if problems:
        raise TargetError(f"{path} was changed after it was recorded: {'; '.join(problems)}")
    return found


def parse(path: Path) -> Recording:
    """A recording as it is, without a look at its hashes. Raises `TargetError` for a file that is none."""
    try:
        raw = path.read_bytes()
        with gzip.open(path) as file:
            text = file.read(MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            raise ValueError(f"it has more than {MOST_BYTES:,} bytes when it is unpacked")
        content = json.loads(text)
    except (OSError, EOFError, ValueError, RecursionError) as error:
        raise TargetError(f"{path} is no recording ({error}): name a file that --record wrote") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise TargetError(f"{path} is no recording: name a file that --record wrote")
    schema = content.get("schema")
    if type(schema) is not int or not 1 <= schema <= SCHEMA:
        raise TargetError(f"{path} has schema {schema!r}, and this version reads 1 to {SCHEMA}: take a later version")
    try:
        manifest, snapshots = content["manifest"], content["snapshots"]
        deployments = {(one["system"], one["variant"]): one for one in manifest["deployments"]}
        about = (hashlib.sha256(raw).hexdigest(), str(content["sha256"]), schema, deployments)
        found = Recording(path, manifest, snapshots, content.get("envelope"), *about)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TargetError(f"{path} is a broken recording: its manifest has no usable {error}") from None
    broken = next(_broken(content), "")
    if broken:
        raise TargetError(f"{path} is a broken recording: {broken}")
    return found


_OF_DEPLOYMENT = {"system": str, "variant": str, "region": str, "account": str, "caller": str, "seconds": int | float,
                  "whole": list, "sets": dict, "facts": list, "started": str, "spec": dict}  # fmt: skip
_OF_MANIFEST = {"suite": str, "now": str, "recorded": str, "target": dict}
_OF_TARGET = {"kind": str, "name": str}
_OF_FACT = {"id": str, "outcome": str, "kind": str, "subject": str, "resources": list}
_OF_SPEC = {"file": str, "sha256": str}


def _broken(content: Mapping[str, Any]) -> Iterator[str]:
    """What is missing in a recording or of another type, so that no reader has to ask."""
    manifest, snapshots, envelope = content["manifest"], content["snapshots"], content.get("envelope")
    yield from _lacking("the manifest", manifest, _OF_MANIFEST)
    yield from _lacking("the target", manifest["target"], _OF_TARGET)
    yield from _lacking("the file", {"snapshots": snapshots, "envelope": envelope or {}}, _OF_FILE)
    if isinstance(envelope, Mapping) and not isinstance(envelope.get("signatures", []), list):
        yield "the envelope has no list of signatures"
    times = [manifest["now"]]
    for one in manifest["deployments"]:
        yield from _lacking("a deployment", one, _OF_DEPLOYMENT)
        yield from _lacking("a spec", one["spec"], _OF_SPEC)
        for fact in one["facts"]:
            yield from _lacking("a fact", fact, _OF_FACT)
        times.append(one["started"])
    for name, snapshot in snapshots.items():
        yield from _lacking(f"snapshot {name}", snapshot, {"answers": dict, "calls": list})
    for text in times:
        if not _is_time(text):
            yield f"{text!r} is no time with its distance from UTC"


_OF_FILE = {"snapshots": dict, "envelope": dict}


def _lacking(what: str, found: Any, fields: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(found, dict):
        yield f"{what} is no JSON object"
        return
    yield from (f"{what} has no usable {name}" for name, of in fields.items() if not isinstance(found.get(name), of))


def _is_time(text: str) -> bool:
    try:
        return datetime.datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def changed(found: Recording) -> list[str]:
    """The record sets whose hashes do not fit the manifest, and those that only one of the two has."""
    problems = [] if digest(found.manifest) == found.manifest_sha256 else ["the hash of the manifest does not fit"]
    names = {name_of(*key) for key in found.deployments}
    problems += [f"{name} is in the file and not in the manifest" for name in sorted(found.snapshots.keys() - names)]
    for key, about in found.deployments.items():
        name = name_of(*key)
        stated = about["sets"]
        there = set_hashes(found.snapshots[name]) if name in found.snapshots else {}
        wrong = sorted(part for part in stated.keys() | there.keys() if stated.get(part) != there.get(part))
        problems += [f"the hash of {part} of {name} does not fit" for part in wrong]
    return problems


def statement(found: Recording) -> dict[str, Any]:
    """The in-toto statement about a recording: record sets by name and SHA-256; the manifest is the predicate."""
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": _subjects(found.manifest["deployments"]),
        "predicateType": "urn:asbuilt:recording:1",
        "predicate": {"schema": found.schema, "manifest": found.manifest},
    }


def _subjects(deployments: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"name": f"{name_of(one['system'], one['variant'])}/{part}", "digest": {"sha256": sha256}}
        for one in deployments
        for part, sha256 in one["sets"].items()
    ]
