"""Short ways to write policies and questions in tests."""

from __future__ import annotations

from typing import Any

from asbuilt.iam.proof.prover import Proof, prove

ROLE = "arn:aws:iam::123456789012:role/app"
USER = "arn:aws:iam::123456789012:user/bob"
MEDIA = "arn:aws:s3:::media/*"
Item = dict[str, Any]


def allow(actions: Any = "s3:GetObject", resources: Any = "*", **condition: Any) -> Item:
    """A statement that allows; `condition` is operator=block."""
    return _row("Allow", actions, resources, condition)


def deny(actions: Any = "*", resources: Any = "*", **condition: Any) -> Item:
    """A statement that denies."""
    return _row("Deny", actions, resources, condition)


def _row(effect: str, actions: Any, resources: Any, condition: Item) -> Item:
    row: Item = {"Effect": effect, "Action": actions, "Resource": resources}
    return row | ({"Condition": {k.replace("__", ":"): v for k, v in condition.items()}} if condition else {})


def document(*rows: Item, version: str | None = "2012-10-17") -> Item:
    """A policy document."""
    return ({"Version": version} if version else {}) | {"Statement": list(rows)}


def identity(*rows: Item, version: str | None = "2012-10-17") -> Item:
    """An identity policy of a question."""
    return {"type": "identity", "document": document(*rows, version=version)}


def limit(kind: str, *rows: Item, **more: Any) -> Item:
    """A boundary, session policy, SCP or resource policy of a question."""
    return {"type": kind, "document": document(*rows), **more}


def grant(actions: Any = "s3:GetObject", resources: Any = "*", **condition: Any) -> Item:
    """A documented grant."""
    row: Item = {"actions": actions, "resources": resources}
    return row | ({"condition": {k.replace("__", ":"): v for k, v in condition.items()}} if condition else {})


def ask(kind: str, policies: Item | list[Item], *grants: Item, **more: Any) -> Proof:
    """Ask the prover; a lone statement is an identity policy."""
    listed = policies if isinstance(policies, list) else [policies]
    listed = [p if "type" in p else identity(p) for p in listed]
    return prove({"id": "q", "kind": kind, "policies": listed, "allowance": list(grants), **more})


def within(policies: Item | list[Item], *grants: Item, **more: Any) -> str:
    """The verdict on containment."""
    return ask("containment", policies, *grants, **more).verdict


def granted(policies: Item | list[Item], *grants: Item, **more: Any) -> str:
    """The verdict on required grants."""
    return ask("required", policies, *grants, **more).verdict


def admits(block: Item, context: dict[str, Any], *, absent: tuple[str, ...] = ()) -> bool:
    """Whether a condition holds in a context in which every key is known or absent."""
    item = {"facts": context, "absent": list(absent)}
    verdicts = (
        within({**allow(resources=MEDIA), "Condition": block}, **item),
        granted({**allow(resources=MEDIA), "Condition": block}, grant(resources=MEDIA), **item),
    )
    assert verdicts in {("exceeds", "granted"), ("subset", "missing")}
    return verdicts[0] == "exceeds"


def implies(block: Item, other: Item) -> bool:
    """Whether whatever meets the one condition meets the other, for all contexts."""
    verdict = within(
        {**allow(resources=MEDIA), "Condition": block},
        {"actions": "s3:GetObject", "resources": MEDIA, "condition": other},
    )
    assert verdict in {"subset", "exceeds"}
    return verdict == "subset"
