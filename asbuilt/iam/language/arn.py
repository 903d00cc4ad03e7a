"""The parts of an Amazon Resource Name (`arn:partition:service:region:account:resource`).

Source: "Amazon Resource Names (ARNs)" in the AWS General Reference.
"""

from __future__ import annotations

from typing import NamedTuple


class Arn(NamedTuple):
    """The parts of an ARN after `arn`; region and account are empty where the format has none."""

    partition: str
    service: str
    region: str
    account: str
    resource: str


def parse_arn(text: str | None) -> Arn | None:
    """The parts of an ARN, of which any may hold wildcards; None for a text with fewer than six parts."""
    parts = (text or "").split(":", 5)
    return Arn(*parts[1:]) if len(parts) == 6 else None


def account_of(text: str | None) -> str:
    """The account that an ARN names; empty where it names none, or the text is no ARN."""
    arn = parse_arn(text)
    return arn.account if arn else ""
