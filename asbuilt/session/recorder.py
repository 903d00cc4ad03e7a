"""Records the evidence of a session in one file (`--record FILE`), signed where a key is given."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from asbuilt import recording
from asbuilt.evidence import TargetError
from asbuilt.results import recorded, signing
from asbuilt.session.run import Run


class Recorder:
    """Collects what a session records. `path` is the file, or None where nothing is recorded.

    `options` are parsed options, with `record` and `sign_key`. Raises `TargetError` where they cannot be met.

    In a distributed run the workers read, and pass on what the manifest says of their deployments.
    """

    def __init__(self, options: Any, run: Run) -> None:
        self.path = Path(options.record) if options.record else None
        self._key = Path(options.sign_key) if options.sign_key else None
        self._run = run
        self.entries: dict[tuple[str, str], dict[str, Any]] = {}
        self._snapshots: dict[str, str] = {}
        if self._key and not self.path:
            raise TargetError("nothing is recorded to sign: add --record FILE, or sign one with asbuilt evidence sign")
        if self.path and run.target.recording:
            raise TargetError("give one of --record and --replay")
        if self.path and not self.path.absolute().parent.is_dir():
            raise TargetError(f"--record {self.path}: there is no folder {self.path.parent}")
        if self.path and self.path.exists() and not self.path.is_file():
            raise TargetError(f"--record {self.path}: is a folder or a device: name a file")
        if self._key:
            signing.private_key(self._key)

    def collect(self) -> list[dict[str, Any]]:
        """What the manifest says of the deployments that this process read, each with its snapshot as JSON text."""
        if not self.path:
            return []
        deployments = self._run.deployments.values()
        return [{**recorded.deployment_entry(one), "snapshot": one.snapshot.dumps()} for one in deployments]

    def add(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """Take what a process says of its deployments."""
        for entry in entries:
            key = entry["system"], entry["variant"]
            self.entries.setdefault(key, {name: value for name, value in entry.items() if name != "snapshot"})
            self._snapshots.setdefault(recording.name_of(*key), entry["snapshot"])

    def write(self, facts: Sequence[Mapping[str, Any]], selection: Mapping[str, Any]) -> str:
        """Write the recording. Returns what to say about it. Raises `OSError`."""
        if not self.path or not self.entries:
            return ""
        manifest = recorded.manifest(self.entries.values(), facts, self._run.target, self._run.now, selection)
        recording.write(self.path, manifest, {name: json.loads(text) for name, text in self._snapshots.items()})
        signed = ""
        if self._key:
            signed = f", signed with key {signing.sign(self.path, self._key)}"
        return f"recorded  {self.path}{signed}"
