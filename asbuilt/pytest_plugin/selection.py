"""Which facts a session selects, of all facts of the deployments that it verifies."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from asbuilt.spec.model import Spec, SpecError
from asbuilt.targets import Target

# attribute of pytest's options → the option
_SELECTING = {
    "keyword": "-k",
    "markexpr": "-m",
    "deselect": "--deselect",
    "lf": "--lf",
    "stepwise": "--stepwise",
    "maxfail": "--maxfail",
    "variant": "--variant",
}


@dataclass
class Selection:
    """The number of facts that were selected, and the number of all facts, by system and variant.

    `files` are the spec files that were not collected yet: what counts the facts of each.
    """

    by: tuple[str, ...] = ()
    selected: int = 0
    offered: dict[tuple[str, str], int] = field(default_factory=dict)
    files: list[Callable[[], Any]] = field(default_factory=list)

    def offer(self, spec: Spec, variants: Sequence[str]) -> None:
        """Count the facts of these variants."""
        for variant in variants:
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


def selecting_options(config: pytest.Config) -> tuple[str, ...]:
    """The options and arguments of the session that select among facts, as they were given."""
    return tuple(_given(config))


def _given(config: pytest.Config) -> Iterator[str]:
    for attribute, option in _SELECTING.items():
        value = getattr(config.option, attribute, None)
        if value:
            shown = value if isinstance(value, str | int) and value is not True else ""
            yield from (
                [f"{option} {one}" for one in value] if isinstance(value, list) else [f"{option} {shown}".strip()]
            )
    yield from (f"::{fact}" for _, mark, fact in (str(arg).partition("::") for arg in config.args) if mark)
