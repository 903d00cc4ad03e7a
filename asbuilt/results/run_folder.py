"""The folder of a run's results: written aside, then renamed, so that nothing of an earlier run is taken for this one.

A run writes to a hidden folder. At its end the folder becomes `<parent>/<run id>/`, and `latest` beside it, a symbolic
link, is renamed over the old one. A folder that the user names gets the files themselves, in place of those of the
earlier run. Each run leaves a manifest that says how it ended, also where it has no results.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import itertools
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DEFAULT = Path("reports/out/latest")  # the pointer to the run folder of the last full run
KEPT = 30
RUN_ID = re.compile(r"\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{6}(-earlier)?")
ABANDONED_SECONDS = 24 * 3600  # a folder that a killed run left is removed after this time
_ENDS = {0: "", 1: "", 2: "interrupted", 3: "internal error", 4: "wrong usage", 5: "nothing was verified", 6: ""}


@dataclass(frozen=True)
class Files:
    """The files of a kind of run: the manifest, and those that a version without a manifest wrote."""

    manifest: str
    known: tuple[str, ...]


VERIFICATION = Files("run.json", ("results.json", "results.schema.json", "junit.xml", "run-log.html"))
LOAD = Files("load-run.json", ("load-result.json", "load-result.schema.json", "load.html", "load-junit.xml"))


@dataclass(eq=False)
class RunFolder:
    """The folder of one run.

    - `out`: the folder or pointer that the user names; `keep`: how many run folders to keep beside a pointer.
    - `selection`: `selected`, `of` and `by`, as results.json states them; empty where it is not known.
    - `selected_by`: the options that select among facts, as given.
    - `message`: why the run has no results.
    - `begun`: whether the run began to verify. A command that only lists leaves earlier results alone.
    """

    out: Path
    files: Files = VERIFICATION
    keep: int = KEPT
    selection: Mapping[str, Any] = field(default_factory=dict)
    selected_by: tuple[str, ...] = ()
    message: str = ""
    begun: bool = False
    started: datetime.datetime = field(default_factory=lambda: datetime.datetime.now(datetime.UTC))

    def __post_init__(self) -> None:
        self.run_id = f"{self.started:%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(3)}"
        self.pointed = self.out.is_symlink() or Path.cwd() / self.out == Path.cwd() / DEFAULT
        self.parent = self.out.parent if self.pointed else self.out
        self.part = self.parent / f".{self.run_id}.part"

    @property
    def partial(self) -> bool:
        """Whether the run verifies a selection of the facts. Where that is not known, the options tell."""
        if self.selection:
            return int(self.selection["selected"]) < int(self.selection["of"])
        return bool(self.selected_by)

    @property
    def place(self) -> Path:
        """Where a reader finds the results: the pointer, or the folder that the user named."""
        return self._pointer() if self.pointed else self.out

    def open(self) -> None:
        """Make the hidden folder. Raises `OSError` where the results cannot be written."""
        self.part.mkdir(parents=True)

    def begin(self) -> None:
        """Say that the run verifies. Files of an earlier run in a folder that the user named are removed at once.

        Raises `OSError` where that cannot be done.
        """
        self.begun = True
        if not self.pointed:
            with _alone_in(self.out):
                self._clear()

    def discard(self) -> None:
        """Remove the files of a run that ended before all of them were written, since they can say that it passed."""
        for path in self.part.glob("*"):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def publish(self, exit_code: int) -> list[str]:
        """Give the results their final place, and remove old run folders. Returns what to say about it.

        Raises `OSError` where the files cannot be renamed; the folder then holds no results.
        """
        if not self.begun and exit_code in (0, 5):
            shutil.rmtree(self.part)
            return []
        try:
            return self._published(exit_code)
        finally:
            shutil.rmtree(self.part, ignore_errors=True)  # what could not be renamed

    def _published(self, exit_code: int) -> list[str]:
        self._write_manifest(exit_code)
        if not self.pointed:
            with _alone_in(self.out):
                self._clear()
                self._fill()
            return []
        place = self.parent / self.run_id
        self.part.rename(place)
        _point(self._pointer(), place)
        return self._pruned()

    def _pointer(self) -> Path:
        return self.out.with_name(f"{self.out.name}-selection") if self.partial else self.out

    def _write_manifest(self, exit_code: int) -> None:
        manifest = {
            "run": self.run_id,
            "started": self.started.isoformat(timespec="seconds"),
            "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "exit_code": int(exit_code),
            "message": self.message or _ENDS.get(exit_code, ""),
            "selection": dict(self.selection),
            "files": sorted(path.name for path in self.part.iterdir()),
        }
        (self.part / self.files.manifest).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")

    def _clear(self) -> None:
        """Remove the files of an earlier run, and its manifest last."""
        manifest = self.out / self.files.manifest
        for name in (*self.files.known, *_listed(manifest)):
            path = self.out / name
            if path.is_dir() and not path.is_symlink() and name not in self.files.known:
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        manifest.unlink(missing_ok=True)

    def _fill(self) -> None:
        """Rename the new files into the folder that the user named, and the manifest last."""
        names = [path.name for path in self.part.iterdir() if path.name != self.files.manifest]
        try:
            for name in (*names, self.files.manifest):
                (self.part / name).rename(self.out / name)
        except OSError:
            self._clear()
            raise

    def _pruned(self) -> list[str]:
        """Remove the oldest run folders beyond those to keep, and what killed runs left."""
        pointers = (self.out, self.out.with_name(f"{self.out.name}-selection"))
        pointed = {path.resolve().name for path in pointers}
        runs = sorted(path for path in self.parent.iterdir() if RUN_ID.fullmatch(path.name) and path.is_dir())
        old = [path for path in runs[: -self.keep] if path.name not in pointed]
        parts = self.parent.glob(".*.part")
        for path in (*old, *(part for part in parts if _age(part) > ABANDONED_SECONDS)):
            shutil.rmtree(path, ignore_errors=True)  # another run may remove the same one
        folders = f"{len(old)} old run {'folder' if len(old) == 1 else 'folders'}"
        return [f"removed   {folders} in {self.parent}: the newest {self.keep} are kept"] if old else []


def keep_count(text: str) -> int:
    """The number of run folders to keep, as `--keep-runs` gives it. Raises `ValueError` with the mistake."""
    if not text.isdecimal() or int(text) == 0:
        raise ValueError(f"--keep-runs {text}: must be a whole number above 0")
    return int(text)


def refuse(arguments: Sequence[str], default: Path, files: Files = VERIFICATION) -> None:
    """Publish the end of a run whose command line is wrong in the folder that its `--out` names, if it names one."""
    outs = [after for option, after in itertools.pairwise(arguments) if option == "--out"]
    outs += [argument.partition("=")[2] for argument in arguments if argument.startswith("--out=")]
    folder = RunFolder(Path(outs[-1]) if outs else default, files, message="wrong usage of the command line")
    try:
        folder.open()
        folder.publish(4)
    except OSError:  # nothing can be written there, so that nothing of an earlier run can be read there as new
        return


def refusal(error: OSError) -> str:
    """Why a folder cannot hold results, for a message."""
    if error.filename is None:
        return str(error.strerror or error)  # such as a full disk
    return f"{error.filename}: {error.strerror}: name a folder"


def _listed(manifest: Path) -> tuple[str, ...]:
    """The names of the files that a manifest lists; none where it is missing or broken."""
    try:
        names = json.loads(manifest.read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    return tuple(name for name in names if isinstance(name, str) and name == Path(name).name and name not in ("", ".."))


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0


def _point(pointer: Path, place: Path) -> None:
    """Let the pointer name the folder, in one step. A folder that an earlier version wrote there becomes a run folder.

    Two runs that end at once leave a pointer to one of them.
    """
    if pointer.is_dir() and not pointer.is_symlink():
        written = datetime.datetime.fromtimestamp(pointer.stat().st_mtime, datetime.UTC)
        pointer.rename(pointer.with_name(f"{written:%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(3)}-earlier"))
    link = pointer.with_name(f".{place.name}.link")
    link.symlink_to(place.name)
    link.replace(pointer)


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder's lock while the block lasts, so that the files of two runs do not mix."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
