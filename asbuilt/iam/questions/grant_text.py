"""Grants as a spec writes them: `"s3:GetObject, s3:PutObject on media/*"`, with ` if key = value` for a condition.

After `on` stands a subject of the spec with a path in it, an ARN (with wildcards, and `{account}` for the number of the
account), or `*`. An action may be a named grant of `iam/language/grants.py` (`ECR:ReadOnly`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asbuilt.iam.language.catalogue import NO_RESOURCE_TYPE, find
from asbuilt.iam.language.grants import NAMED_GRANTS
from asbuilt.iam.language.question import unknown_action
from asbuilt.iam.language.reading import PolicyReader, check_action, check_resource, near
from asbuilt.iam.proof.action_classes import matching_names
from asbuilt.iam.proof.minimal_policy import can_act

FORM = "ACTION[, ACTION] on RESOURCE[, RESOURCE][ if KEY = VALUE]"
_SUBJECT = re.compile(r"(?P<name>[A-Za-z_][\w-]*)(?P<rest>[/:].*)?")
_TERM = re.compile(r"(?P<key>[\w-]+:[\w/.:-]+)\s*=\s*(?P<values>\S.*)")
# An example ARN of each kind, by which a grant that can never act on the kind is an error before anything is read.
_EXAMPLES = {
    "codebuild:project": "arn:aws:codebuild:us-east-1:123456789012:project/x",
    "ecr:repository": "arn:aws:ecr:us-east-1:123456789012:repository/x",
    "ecs:cluster": "arn:aws:ecs:us-east-1:123456789012:cluster/x",
    "ecs:service": "arn:aws:ecs:us-east-1:123456789012:service/x/x",
    "iam:role": "arn:aws:iam::123456789012:role/x",
    "kms:key": "arn:aws:kms:us-east-1:123456789012:key/x",
    "lambda:function": "arn:aws:lambda:us-east-1:123456789012:function:x",
    "logs:log-group": "arn:aws:logs:us-east-1:123456789012:log-group:x",
    "s3:bucket": "arn:aws:s3:::x",
    "secretsmanager:secret": "arn:aws:secretsmanager:us-east-1:123456789012:secret:x-AbCdEf",
    "sqs:queue": "arn:aws:sqs:us-east-1:123456789012:x",
    "ssm:parameter": "arn:aws:ssm:us-east-1:123456789012:parameter/x",
}


@dataclass(frozen=True)
class Grant:
    """A documented grant. Its targets are (subject, path in it), or ("", ARN or `*`).

    `condition` lists keys, each with its values: (subject, "") for the subject's ARN, or ("", text).
    """

    text: str
    actions: tuple[str, ...]
    targets: tuple[tuple[str, str], ...]
    condition: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


def read(raw: Any, kinds: Mapping[str, str]) -> tuple[tuple[Grant, ...], frozenset[str]]:
    """The grants of a list, and the subjects that they name. Raises `ValueError` with all their problems."""
    if not isinstance(raw, list):
        raise ValueError(f"takes a list of grants, each as {FORM!r}")  # noqa: TRY004  # a mistake in a spec, as all others
    problems: list[str] = []
    grants = tuple(grant for text in raw if (grant := _grant(text, kinds, problems)) is not None)
    if problems:
        raise ValueError("; ".join(problems))
    return grants, frozenset(name for grant in grants for name, _ in _places(grant) if name)


def _places(grant: Grant) -> list[tuple[str, str]]:
    """The targets and condition values of a grant, each of which may name a subject."""
    return [*grant.targets, *(value for _, values in grant.condition for value in values)]


def _grant(text: Any, kinds: Mapping[str, str], problems: list[str]) -> Grant | None:
    head, on, tail = text.partition(" on ") if isinstance(text, str) else ("", "", "")
    where, _, limits = tail.partition(" if ")
    actions, targets = _items(head), _items(where)
    if not (on and actions and targets):
        problems.append(f"{text!r} is not a grant: write {FORM}")
        return None
    reader = PolicyReader()
    for action in actions:
        _check(reader, action, where.strip() == "*")
    found = tuple(_target(target, kinds, reader) for target in targets)
    if not reader.problems:
        _fits(reader, actions, found, kinds)
    terms = [_TERM.fullmatch(term.strip()) for term in limits.split(" and ")] if limits else []
    if None in terms:
        reader.wrong("", "", f"{limits!r} is not a condition: write KEY = VALUE[, VALUE][ and KEY = VALUE]")
    problems += [f"{text!r}: {problem}" for problem in reader.problems]
    condition = tuple(
        (term["key"], tuple((value, "") if value in kinds else ("", value) for value in _items(term["values"])))
        for term in terms
        if term
    )
    return Grant(text, tuple(actions), found, condition)


def _items(text: str) -> list[str]:
    return [item for part in text.split(",") if (item := part.strip())]


def _check(reader: PolicyReader, action: str, everywhere: bool) -> None:
    """Note an action that does not exist, and one that acts on no resource although the grant names resources."""
    if action in NAMED_GRANTS:
        return
    before = len(reader.problems)
    check_action(reader, "", "", action)
    if len(reader.problems) > before:
        return
    lower = action.lower()
    if "*" in lower or "?" in lower:
        service = lower.partition(":")[0]
        if not set(service) & set("*?") and not matching_names(lower, service):
            reader.wrong("", "", f"{action!r} matches no action in the catalogue")
        return
    unknown = unknown_action(action)
    known = find(action)
    if unknown:
        close = "" if "did you mean" in unknown else near(action, NAMED_GRANTS).replace("; valid", "; named grants")
        reader.wrong("", "", unknown + close)
    elif known and set(known.formats) == {NO_RESOURCE_TYPE} and not everywhere:
        reader.wrong("", "", f"{known.name} acts on no named resource: grant it on *")


def _fits(
    reader: PolicyReader, actions: Sequence[str], targets: Sequence[tuple[str, str]], kinds: Mapping[str, str]
) -> None:
    """Note a resource on which none of the actions can act, as far as its kind tells before it is read."""
    listed = _named(actions)
    for name, rest in targets:
        example = _EXAMPLES.get(kinds.get(name, ""))
        if name and example is None:
            continue
        bound = GrantBindings({name: [(kinds[name], example)]} if example else {}, "123456789012", generous=True)
        if not any(can_act(one, bound.arns(name, rest)[0]) for one in listed):
            formats = {arn_format.text or "*" for one in listed if (known := find(one)) for arn_format in known.formats}
            acts = f": they act on {', '.join(sorted(formats))}" if formats else ""
            reader.wrong("", "", f"{', '.join(actions)} cannot act on {name}{rest}{acts}")


def _target(text: str, kinds: Mapping[str, str], reader: PolicyReader) -> tuple[str, str]:
    if text == "*" or text.startswith("arn:"):
        check_resource(reader, "", "", text)
        for name in re.findall(r"(?<!\$)\{([^}]*)\}?", text):
            if name != "account":
                reader.wrong("", "", f"{{{name}}} is not a placeholder; the only one is {{account}}")
        return "", text
    match = _SUBJECT.fullmatch(text)
    if match is None or match["name"] not in kinds:
        name = match["name"] if match else text
        reader.wrong("", "", f"{name!r} is not a subject, an ARN or *{near(name, kinds)}")
        return "", "*"
    return match["name"], match["rest"] or ""


@dataclass(frozen=True)
class GrantBindings:
    """The values of the names in grants: the kind and ARN of each record of a subject, and the account's number.

    The ARN of a secret ends in six characters that change when the secret is created again. `generous`: any six
    characters match, which is right for a grant that is a limit.
    """

    subjects: Mapping[str, Sequence[tuple[str, str]]]
    account: str
    generous: bool

    def arns(self, name: str, rest: str) -> list[str]:
        """The ARNs of a target; empty where its subject does not exist."""
        if not name:
            return [rest.replace("{account}", self.account)]
        return [self._whole(kind, arn, rest) for kind, arn in self.subjects.get(name, ())]

    def _whole(self, kind: str, arn: str, rest: str) -> str:
        if kind == "logs:log-group":  # AWS returns the ARN of a group with `:*` for its streams
            return f"{arn.removesuffix(':*')}{rest or ':*'}"
        if kind == "secretsmanager:secret" and self.generous and not rest:
            return re.sub(r"-[A-Za-z0-9]{6}$", "-??????", arn)
        return f"{arn}{rest}"


def complete(grant: Grant, bound: GrantBindings) -> bool:
    """Whether all subjects that a grant names exist."""
    return all(bound.arns(name, "") for name, _ in _places(grant) if name)


def allowance(grants: Sequence[Grant], bound: GrantBindings) -> list[dict[str, Any]]:
    """The grants as the prover takes them; a grant on a subject that does not exist grants nothing."""
    return [entry for grant in grants for entry in _entries(grant, bound)]


def _entries(grant: Grant, bound: GrantBindings) -> list[dict[str, Any]]:
    resources = [arn for name, rest in grant.targets for arn in bound.arns(name, rest)]
    if not all(bound.arns(name, text) for _, values in grant.condition for name, text in values):
        return []
    limited = {"condition": _condition(grant, bound)} if grant.condition else {}
    # The document of a named grant includes its actions that act on no resource.
    bare = [
        action
        for action in _named(grant.actions)
        if (known := find(action)) and set(known.formats) == {NO_RESOURCE_TYPE}
    ]
    rest = [action for action in _named(grant.actions) if action not in bare]
    entries = [{"actions": bare, "resources": ["*"]}] if bare else []
    entries += [{"actions": rest, "resources": resources}] if rest and resources else []
    return [entry | limited for entry in entries]


def _named(actions: Sequence[str]) -> list[str]:
    return [
        name for action in actions for name in (NAMED_GRANTS[action].actions if action in NAMED_GRANTS else (action,))
    ]


def _condition(grant: Grant, bound: GrantBindings) -> dict[str, dict[str, list[str]]]:
    block: dict[str, dict[str, list[str]]] = {}
    for key, values in grant.condition:
        listed = [arn for name, text in values for arn in bound.arns(name, text)]
        like = any(sign in text for text in listed for sign in "*?")
        block.setdefault("StringLike" if like else "StringEquals", {})[key] = listed
    return block
