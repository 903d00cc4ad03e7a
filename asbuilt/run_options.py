"""The command-line options of a verification that name no evidence. Both `asbuilt verify` and pytest have them."""

from __future__ import annotations

from asbuilt.sources.source import Option

RUN_OPTIONS = (
    Option("--variant", "verify only this variant of the architecture", "NAME"),
    Option("--evidence-days", "accept files as evidence that are up to this many days old; default: 30", "N"),
    Option("--keep-runs", "keep this many run folders beside reports/out/latest; default: 30", "N", default="30"),
)
