"""Which facts a session selects, of all facts of the deployments that it verifies."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asbuilt.problems import nearest
from asbuilt.recording import name_of
from asbuilt.spec.model import Spec, SpecError
from asbuilt.targets import Target


@dataclass
class Selection:
    """The number of facts that were selected, and the number of all facts, by system and variant.

    `files` are the spec files that were not collected yet: what counts the facts of each.
    """

    by: tuple[str, ...] = ()
    selected: int = 0
    offered: dict[tuple[str, str], int] = field(default_factory=dict)
    files: list[Callable[[], Any]] = field(default_factory=list)
    _paths: dict[tuple[str, str], Path] = field(default_factory=dict)

    def offer(self, spec: Spec, variants: Sequence[str]) -> None:
        """Count the facts of these variants. Raises `SpecError` where another spec has the same system and variant."""
        for variant in variants:
            other = self._paths.setdefault((spec.system, variant), spec.path)
            if other != spec.path:
                raise SpecError([f"{spec.path}: {spec.system!r} is the system of {other}, too: verify each alone"])
            self.offered[spec.system, variant] = sum(fact.variant == variant for fact in spec.facts)

    def settle(self, selected: int) -> None:
        """Take the number of facts that were selected, and count those of the files that `--lf` did not collect."""
        self.selected = selected
        for offer in list(self.files):
            with contextlib.suppress(SpecError):  # the session reports the mistakes in a spec that it collects
                offer()

    def record(self) -> dict[str, Any]:
        """The selection as results.json states it; empty before anything was collected."""
        of = sum(self.offered.values())
        return {"selected": self.selected, "of": of, "by": list(self.by) if self.selected < of else []} if of else {}


def offered_variants(spec: Spec, chosen: Sequence[str], target: Target) -> Sequence[str]:
    """The variants that can be verified: all on mock accounts, those of a recording, else the one that was chosen."""
    if target.recording:
        return target.recording.variants(spec.system)
    return spec.variants or ("",) if target.kind in ("mock", "none") else chosen


def chosen_variants(spec: Spec, wanted: str, target: Target) -> tuple[str, ...]:
    """The variants to verify: the wanted one, else all on mock accounts, else those of a recording.

    Raises `SpecError` for a variant that the spec or the recording lacks, and where an account must name one.
    """
    recording = target.recording
    if recording:
        held = recording.variants(spec.system)
        if not held or (wanted and spec.variants and wanted not in held) or not set(held) <= {*spec.variants, ""}:
            name = name_of(spec.system, wanted)
            said = f"{recording.path} holds {recording.held()}, and not {name}: name what it holds"
            raise SpecError([f"{spec.path}: {said}"])
        return (wanted,) if wanted and spec.variants else held
    if not spec.variants:
        return ("",)  # --variant does not apply to an architecture without variants
    if wanted and wanted not in spec.variants:
        raise SpecError([f"{spec.path}: no variant {wanted!r}: {nearest(wanted, spec.variants)}"])
    if not wanted and len(spec.variants) > 1 and target.kind not in ("mock", "none"):
        names = ", ".join(spec.variants)
        raise SpecError([f"{spec.path}: needs the variant that the account is built as: add --variant ({names})"])
    return (wanted,) if wanted else spec.variants
