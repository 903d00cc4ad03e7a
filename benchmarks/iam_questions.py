"""Random small questions for the prover.

In more than half of them, the grants are statements of the policies with one change, so that a wrong reading of a rule
decides the verdict. Grants that are independent of the policies mostly differ from them so much that it does not.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from random import Random
from typing import Any

from benchmarks.iam_policies import (
    ACTIONS,
    LIMITS,
    LINKED,
    OPERATORS,
    REQUESTS,
    RESOURCES,
    ROLE,
    USER,
    VALUES,
    Item,
    conditions,
    pick,
    placed,
    policy,
)


def question(random: Random) -> Item:
    """A random question for the prover."""
    item: Item = {"id": "random", "kind": random.choice(["containment", "containment", "required"])}
    item |= _near(random) if random.random() < 0.6 else _apart(random)
    item["principal"] = random.choices([ROLE, USER, LINKED], [14, 5, 1])[0]
    if random.random() < 0.4:
        item["facts"] = {"aws:PrincipalTag/team": random.choice(["bob", "red"])}
    elif random.random() < 0.3:
        item["absent"] = ["aws:PrincipalTag/team"]
    if random.random() < 0.1:
        item.setdefault("facts", {})["aws:ResourceAccount"] = random.choice(VALUES["aws:ResourceAccount"][1])
    return item


def _apart(random: Random) -> Item:
    """Policies of several kinds, and grants that are independent of them."""
    kinds = ["identity", *(k for k in ("identity", *LIMITS, "scp") if random.random() < 0.2)]
    kinds += ["resource"] if random.random() < 0.25 else []
    grants = []
    for _ in range(random.choice([0, 1, 1, 2, 3])):
        grant: Item = {"actions": pick(random, ACTIONS), "resources": pick(random, RESOURCES)}
        if random.random() < 0.3:
            grant["condition"] = conditions(random)
        grants.append(grant)
    return {"policies": [policy(random, kind) for kind in kinds], "allowance": grants}


def _near(random: Random) -> Item:
    """Policies of which one rule decides, and grants that are their statements with one change."""
    return random.choices([_by_condition, _by_resource, _by_layer, _by_owner], [9, 5, 4, 4])[0](random)


def _document(random: Random, *rows: Item) -> Item:
    version = random.choice(["2012-10-17"] * 3 + ["2008-10-17"])
    return {"Version": version, "Statement": list(rows) if len(rows) > 1 or random.random() < 0.5 else rows[0]}


def _identity(random: Random, *rows: Item) -> Item:
    return {"type": "identity", "document": _document(random, *rows)}


def _allow(random: Random) -> Item:
    """A statement that allows a possible request."""
    action = random.choice(list(REQUESTS))
    named = random.choice([action, action, action.lower(), f"{action.partition(':')[0]}:*"])
    return {"Effect": "Allow", "Action": named, "Resource": random.choice(["*", *REQUESTS[action]])}


def _fitting(action: str) -> list[str]:
    """The patterns of resources that actions of the service act on."""
    service = action.partition(":")[0]
    return [text for text in RESOURCES if text.split(":")[2:3] in ([], [service])]


def _by_condition(random: Random) -> Item:
    """The condition of an Allow decides, or that of a Deny."""
    row = _allow(random)
    block = conditions(random)
    if random.random() < 0.75:
        return {
            "policies": [_identity(random, row | {"Condition": block})],
            "allowance": [_changed(random, row | {"Condition": block}, turning=0.8)],
        }
    left = {_opposite(operator): keys for operator, keys in copy.deepcopy(block).items()}
    refused = row | {"Effect": "Deny", "Condition": block}
    return {
        "policies": [_identity(random, row), _identity(random, refused)],
        "allowance": [_changed(random, row | {"Condition": left}, turning=0.3)],
    }


def _opposite(operator: str) -> str:
    if "Not" in operator:
        return operator.replace("Not", "")
    for name in ("Equals", "Like", "IpAddress"):
        if name in operator and "Than" not in operator:
            return (
                operator.replace("IpAddress", "NotIpAddress").replace("Equals", "NotEquals").replace("Like", "NotLike")
            )
    return operator


def _by_resource(random: Random) -> Item:
    """A pattern of resources decides, with its variables and wildcards."""
    row = _allow(random)
    row.pop("Resource")
    name = "NotResource" if random.random() < 0.2 else "Resource"
    row[name] = pick(random, [*_fitting(row["Action"]), *(REQUESTS.get(row["Action"]) or ["*"])], 2)
    if random.random() < 0.3:
        row |= {"Action": "s3:GetObject", name: random.choice([text for text in RESOURCES if "${" in text])}
    return {"policies": [_identity(random, row)], "allowance": [_changed(random, row, turning=0)]}


def _by_layer(random: Random) -> Item:
    """Two policies of different types decide together, and the grants are of either or both."""
    one, other = _allow(random), _allow(random)
    if random.random() < 0.5:
        other = one | {"Resource": random.choice(_fitting(one["Action"]))}
    kind = random.choice([*LIMITS, "levels", "levels", "deny"])
    if kind == "levels":
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        first = {"type": "scp", "level": "root", "document": _document(random, one)}
        policies = [
            _identity(random, everything),
            first,
            {"type": "scp", "level": "unit", "document": _document(random, other)},
        ]
    elif kind == "deny":
        policies = [_identity(random, one), _identity(random, other | {"Effect": "Deny"})]
    else:
        policies = [_identity(random, one), placed(random, kind, _document(random, other))]
    rows = random.choice([[one], [other], [one, other], []])
    return {"policies": policies, "allowance": [_changed(random, row, turning=0) for row in rows]}


def _by_owner(random: Random) -> Item:
    """The policy of a resource decides, in the principal's account or another one."""
    if random.random() < 0.3:
        return _by_account(random)
    action = random.choice(["sqs:SendMessage", "sqs:SendMessage", "kms:Decrypt", "s3:GetObject"])
    attached = "arn:aws:s3:::media" if action.startswith("s3") else random.choice(REQUESTS[action])
    everyone = [ROLE, USER, "123456789012", "arn:aws:iam::123456789012:root", "*"]
    row: Item = {"Effect": "Allow", "Action": action, "Resource": random.choice(["*", attached, f"{attached}/*"])}
    rows = [row | {"Principal": {"AWS": pick(random, everyone, 2)}}]
    if random.random() < 0.3:
        spared = [random.choice([ROLE, ROLE, USER]), *random.sample(everyone[2:4], random.choice([0, 1]))]
        rows.append({**row, "Effect": "Deny", "NotPrincipal": {"AWS": spared}})
    policies: list[Item] = [{"type": "resource", "attached_to": attached, "document": _document(random, *rows)}]
    if random.random() < 0.5:
        policies.append(_identity(random, row | {"Resource": "*"}))
    elif random.random() < 0.3:
        policies.append(placed(random, "boundary", _document(random, row)))
    grants = [{"actions": action, "resources": random.choice([attached, f"{attached}/*"])}] * (random.random() < 0.4)
    return {"policies": policies, "allowance": grants}


def _by_account(random: Random) -> Item:
    """A condition on the account in the ARN decides."""
    row = _allow(random)
    operator = random.choice(["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"])
    asked, named = random.choices(VALUES["aws:ResourceAccount"][1], k=2)
    block = {operator + random.choice(["", "", "IfExists"]): {"aws:ResourceAccount": asked}}
    grants = [{"actions": "*", "resources": f"arn:aws:*:*:{named}:*"}] * random.choice([0, 1])
    return {"policies": [_identity(random, row | {"Condition": block})], "allowance": grants}


def _changed(random: Random, row: Item, *, turning: float) -> Item:
    """A statement as a grant, unchanged or with one change; `turning` is the probability that its condition changes."""
    grant: Item = {"actions": row.get("Action", "*"), "resources": row.get("Resource", "*")}
    if "Condition" in row:
        grant["condition"] = copy.deepcopy(row["Condition"])
    if "condition" in grant and random.random() < turning:
        _turn(random, grant["condition"])
        return grant
    change = random.random()
    if change < 0.1:
        grant.pop("condition", None)
    elif change < 0.2:
        grant["condition"] = conditions(random)
    elif change < 0.4:
        grant["resources"] = random.choice(RESOURCES)
    elif change < 0.5:
        grant["actions"] = random.choice(ACTIONS)
    elif change < 0.7:
        grant["resources"] = _spelt_out(random, grant["resources"])
    return grant


def _spelt_out(random: Random, resources: Any) -> Any:
    """The same resources with texts in place of variables and wildcards."""
    listed = [resources] if isinstance(resources, str) else resources
    value = random.choice(["bob", "red", "*"])
    return [
        text.replace("${aws:username}", value)
        .replace("${aws:PrincipalTag/team}", value)
        .replace("${aws:PrincipalTag/team, 'bob'}", value)
        .replace("${*}", random.choice(["*", "${*}"]))
        .replace("?", random.choice(["?", "*", "b"]))
        .replace("media", random.choice(["media", "media", "Media"]))
        for text in listed
    ]


def _turn(random: Random, block: Item) -> None:
    """Change one operator of a Condition block to another of its family, or the values of one key."""
    operator = random.choice(list(block))
    qualifier, _, name = operator.rpartition(":")
    base = name.removesuffix("IfExists")
    if base == "Null" or random.random() < 0.4:
        key = random.choice(list(block[operator]))
        written = next(known for known in VALUES if known.lower() == key.lower())
        options = ["true", "false"] if base == "Null" else VALUES[written][1]
        block[operator][key] = pick(random, options)
        return
    arns = any(key.lower() == "aws:sourcearn" for key in block[operator])
    family = OPERATORS["arn"] if arns else next(names for names in OPERATORS.values() if base in names)
    other = random.choice(list(_siblings(qualifier, name, base, family)))
    block.setdefault(other, {}).update(block.pop(operator))


def _siblings(qualifier: str, name: str, base: str, family: list[str]) -> Iterator[str]:
    start = f"{qualifier}:" if qualifier else ""
    ending = name.removeprefix(base)
    yield start + base + ("" if ending else "IfExists")
    yield from (start + other + ending for other in family if other != base)
    if qualifier:
        yield ("ForAnyValue:" if qualifier == "ForAllValues" else "ForAllValues:") + name
