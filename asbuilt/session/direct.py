"""Verify whole specs without pytest: what `asbuilt verify` does unless it is given options of pytest."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from asbuilt.evidence import TargetError
from asbuilt.progress import Progress
from asbuilt.results.exit_codes import ExitCode, exit_code, outcome
from asbuilt.results.run_folder import RunFolder, refusal
from asbuilt.session.outcome import Outcome
from asbuilt.session.recorder import Recorder
from asbuilt.session.run import Run
from asbuilt.session.selection import Selection, chosen_variants, offered_variants
from asbuilt.spec.loading import load
from asbuilt.spec.model import Fact, Spec, SpecError

_LAST_FAILED = Path(".pytest_cache/v/cache/lastfailed")  # where `--lf` of pytest looks


def verify(files: Sequence[Path], root: Path, options: Any, folder: RunFolder) -> tuple[ExitCode, list[str]]:
    """Verify the specs, and write the results to the hidden folder of the run. Returns the lines of the summary, too.

    `root` is the folder to which node ids are relative; `options` are those of `asbuilt verify`. Raises `SpecError`
    with the mistakes in all specs, and `TargetError` where the target cannot be used at all.
    """
    run = Run.chosen(options, Progress(), strict=options.strict)
    session = Outcome(run, Recorder(options, run), folder)
    selection = Selection(by=folder.selected_by)
    chosen = _chosen(files, options.variant or run.target.variant, run, selection)
    try:
        folder.begin()
    except OSError as error:
        raise TargetError(f"--out {folder.out}: cannot hold results: {refusal(error)}") from None
    for spec, variant, facts in chosen:
        run.read(spec, variant, facts)
    variants = {(spec.path, variant): spec for spec, variant, _ in chosen}
    for spec in {spec.path: spec for spec in variants.values()}.values():
        facts = [fact for fact in spec.facts if (spec.path, fact.variant) in variants]  # in the document's order
        file = Path(os.path.relpath(spec.path, root)).as_posix()
        session.facts += [run.record(spec, fact, f"{file}::{fact.id}") for fact in facts]
    selection.settle(len(session.facts))
    folder.selection = selection.record()
    session.add_deployments()
    code = session.write(exit_code(session.facts))
    _note_failures(session.facts)
    return code, list(session.summary(full=True))


def _chosen(files: Sequence[Path], wanted: str, run: Run, selection: Selection) -> list[tuple[Spec, str, list[Fact]]]:
    """Each deployment to verify, with its facts. Raises `SpecError` with the mistakes in all specs."""
    chosen, problems = [], []
    for file in dict.fromkeys(files):
        shown = file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file
        try:
            spec = load(shown, strict=run.strict)
            variants = chosen_variants(spec, wanted, run.target)
            selection.offer(spec, offered_variants(spec, variants, run.target))
        except SpecError as error:
            problems += error.problems
            continue
        chosen += [(spec, variant, [fact for fact in spec.facts if fact.variant == variant]) for variant in variants]
    if problems:
        raise SpecError(problems)
    return chosen


def _note_failures(facts: Sequence[dict[str, Any]]) -> None:
    """Note the facts that failed or are unknown where pytest does, so that `-- --lf` verifies them again."""
    failed = {fact["nodeid"]: True for fact in facts if outcome(fact) in ("failed", "unknown")}
    if failed or _LAST_FAILED.exists():
        with contextlib.suppress(OSError):  # a folder that cannot be written to costs only this convenience
            _LAST_FAILED.parent.mkdir(parents=True, exist_ok=True)
            _LAST_FAILED.write_text(json.dumps(failed), encoding="utf-8")
