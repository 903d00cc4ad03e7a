"""The command-line options of a verification that name no evidence. Both `asbuilt verify` and pytest have them."""

from __future__ import annotations

from asbuilt.sources.source import Option

RUN_OPTIONS = (
    Option("--variant", "verify only this variant of the architecture", "NAME"),
    Option("--record", "write the evidence of the run to this file, for --replay and asbuilt diff", "FILE"),
    Option("--sign-key", "sign the recording with this private key (Ed25519, PEM)", "FILE"),
    Option("--replay-today", "judge the ages in a recording at the present time, not at that of the recording"),
    Option("--evidence-days", "accept files as evidence that are up to this many days old; default: 30", "N"),
    Option("--keep-runs", "keep this many run folders beside reports/out/latest; default: 30", "N", default="30"),
    Option("--deadline", "what an account or endpoint has not answered by then is unknown; default: 120", "SECONDS"),
    Option("--once", "report failures of an account or endpoint without reading again what they looked at"),
    Option("--max-pages", "an answer with more pages is unknown; default: 1000", "N"),
)
