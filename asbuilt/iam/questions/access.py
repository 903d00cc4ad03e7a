"""Whom a resource policy lets in: strangers, other accounts, services.

Source: "How Amazon S3 determines whether a bucket policy is public" and "Cross-account policy evaluation logic".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asbuilt.iam.evaluator.request import action_matches
from asbuilt.iam.language.policy import read_document
from asbuilt.iam.language.reading import Reader
from asbuilt.iam.questions.trust import ASSUME, strangers


@dataclass(frozen=True)
class Access:
    """`anyone` is None when that is not known; `named` maps kinds of principals to those that statements let in."""

    anyone: bool | None
    reason: str
    named: Mapping[str, tuple[str, ...]]


def access(document: Mapping[str, Any], actions: Sequence[str] = ("*",)) -> Access:
    """Whom a bucket, queue, secret or key policy admits to any of these actions. Raises `PolicyError`.

    A principal is listed as the policy writes it; one that only a condition or Deny could exclude is listed too.
    """
    reader = Reader()
    rows = read_document(reader, document, "resource policy", "resource")
    reader.finish()
    wanted = sorted({a for row in rows for a in row.actions} | {"s3:GetObject"}) if "*" in actions else list(actions)
    anyone: bool | None = False
    reason = ""
    for action in wanted:
        answer, why = strangers(rows, [action])
        if answer is not False:
            anyone, reason = (answer, why) if anyone is not True else (anyone, reason)
    named: dict[str, dict[str, None]] = {}
    for row in rows:
        if row.allow and any(a == "*" or any(action_matches(p, a) for p in row.actions) for a in wanted):
            for kind, names in (row.principals or {}).items():
                named.setdefault(kind, {}).update(dict.fromkeys(names))
    return Access(anyone, reason or "no statement lets strangers in", {k: tuple(v) for k, v in named.items()})


def accounts(found: Access) -> frozenset[str]:
    """The accounts whose principals are named (twelve digits), `*` for everyone."""
    return frozenset(
        "*" if name == "*" else name.split(":")[4] if name.count(":") >= 5 else name
        for name in found.named.get("AWS", ())
    )


def admitted(
    document: Mapping[str, Any], arn: str, actions: Sequence[str] = (), account: str = ""
) -> tuple[frozenset[str], bool | None, str]:
    """Whom a role's or resource's policy names in Allows (of `actions`, else of any), whether that is anyone, and why.

    Principals of the thing's own account are called by what follows its number (`role/ci`), the account itself
    `this account`; everyone is `*`, or `* under conditions` where these keep strangers out. `account` is the thing's
    own, where its ARN names none. Raises `PolicyError`.
    """
    reader = Reader()
    rows = read_document(reader, document, f"policy of {arn!r}", "trust")
    reader.finish()
    own = account or arn.split(":")[4]
    asked = actions or sorted({action for row in rows for action in row.actions})
    anyone, reason = strangers(rows, asked)
    everyone = "*" if anyone else "* under conditions"
    names: set[str] = set()
    for row in rows:
        about = any(action_matches(pattern, action) for pattern in row.actions for action in asked) != row.not_action
        if not row.allow or not (about or row.not_action):
            continue
        listed = {(kind, name) for kind, of in (row.principals or {}).items() for name in of}
        names |= {everyone} if row.not_principal else {_called(kind, name, own, everyone) for kind, name in listed}
    return frozenset(names), anyone, reason


def trusted_by(document: Mapping[str, Any], role: str) -> tuple[frozenset[str], bool | None, str]:
    """The same of a role's trust policy, for assuming it. Raises `PolicyError`."""
    return admitted(document, role, ASSUME)


def _called(kind: str, name: str, own: str, everyone: str) -> str:
    if name == "*":
        return everyone
    parts = name.split(":", 5)
    if kind != "AWS" or (len(parts) < 6 and not name.isdigit()):
        return name
    account, rest = (parts[4], parts[5]) if len(parts) == 6 else (name, "root")
    if account == own:
        return "this account" if rest == "root" else rest
    return account if rest == "root" else name
