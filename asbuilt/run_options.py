"""The command-line options of a verification that name no evidence. Both `asbuilt verify` and pytest have them."""

from __future__ import annotations

from asbuilt.sources.source import Option

RUN_OPTIONS = (
    Option("--variant", "verify only this variant of the architecture", "NAME"),
    Option("--deadline", "what an account or endpoint has not answered by then is unknown; default: 120", "SECONDS"),
    Option("--once", "report failures of an account or endpoint without reading again what they looked at"),
    Option("--max-pages", "an answer with more pages is unknown; default: 1000", "N"),
)
