"""The IAM actions that facts need, each with the resources that it is needed for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from asbuilt.iam.language.catalogue import ALTERNATIVE_TYPES, FREE_ACTIONS, PLACEHOLDER, find
from asbuilt.judging.plan import AnyOf, plan
from asbuilt.sources.row import Plan, Row
from asbuilt.sources.shapes import operation_model
from asbuilt.sources.table import is_aws, rows_by_kind, with_parents
from asbuilt.spec.model import Fact, Subject

ANY = "*"
Grants = Mapping[str, frozenset[str]]
"""Action → the ARNs (with wildcards) that it is needed for, or `*` alone."""


def partition_of(region: str) -> str:
    """The partition of a region: `aws`, `aws-cn` or `aws-us-gov`."""
    prefixes = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
    return next((partition for prefix, partition in prefixes.items() if region.startswith(prefix)), "aws")


def grants(facts: Sequence[Fact], subjects: Mapping[str, Subject], region: str) -> Grants:
    """What reading the evidence of facts needs of IAM. Actions that need no permission are left out.

    An action is limited to resources where it is called for single resources whose ARNs the subjects tell, and AWS
    lets a policy limit it to them.
    """
    planned = plan(facts, subjects, rows_by_kind())
    found: dict[str, set[str]] = {}
    for kind in sorted(with_parents(set(planned.kinds))):
        for row in rows_by_kind()[kind]:
            if is_aws(row):
                for action in actions_of(row):
                    found.setdefault(action, set()).update(_resources(row, action, planned, partition_of(region)))
    return merged([{action: frozenset(resources) for action, resources in found.items()}])


def merged(several: Iterable[Grants]) -> Grants:
    """All grants together; what is needed for every resource is limited to none."""
    found: dict[str, set[str]] = {}
    for one in several:
        for action, resources in one.items():
            found.setdefault(action, set()).update(resources)
    return {
        action: frozenset({ANY}) if ANY in resources else frozenset(resources)
        for action, resources in sorted(found.items())
        if action.lower() not in FREE_ACTIONS
    }


def actions_of(row: Row) -> list[str]:
    """The IAM actions that a row of the account needs."""
    named = (row.needs(operation_model(row.service, operation).name) for operation in row.operations)
    return list(dict.fromkeys(action for needs in named for action in needs.split(", ")))


def _resources(row: Row, action: str, planned: Plan, partition: str) -> list[str]:
    """The ARNs of the parents that the row is called for, `*` where one is not known or the action takes none."""
    wanted = planned.parents.get(row.kind) if row.per else None
    if not isinstance(wanted, AnyOf) or row.per == row.kind:
        return [ANY]
    arns = [arn_of(subject, partition) for subject in wanted.subjects]
    return arns if arns and all(_takes(action, arn) for arn in arns) else [ANY]


def arn_of(subject: Subject, partition: str) -> str:
    """The ARN of a subject's records, with wildcards; "" where the subject does not tell it."""
    if subject.arn:
        arn = subject.arn
    elif subject.kind == "s3:bucket" and subject.called.strip("*?"):
        arn = f"arn:{partition}:s3:::{subject.called}"  # the ARN of a bucket holds neither account nor region
    else:
        return ""
    return "" if set("[]${}") & set(arn) else arn  # a glob that IAM does not know, or what it takes for a variable


def _takes(action: str, arn: str) -> bool:
    """Whether AWS lets a policy limit the action to this ARN: it acts on one type of resource, which has such ARNs."""
    documented = find(action)
    if documented is None or not arn:
        return False
    texts = [known.text for known in documented.formats]
    if None in texts or (len(texts) > 1 and action.partition(":")[0] not in ALTERNATIVE_TYPES):
        return False
    return any(_fits(text, arn) for text in texts if text)


def _fits(documented: str, arn: str) -> bool:
    parts, at = [], 0
    for found in PLACEHOLDER.finditer(documented):
        parts += [
            re.escape(documented[at : found.start()]),
            "[^:]+" if documented.count(":", 0, found.start()) < 5 else ".+",
        ]
        at = found.end()
    return re.fullmatch("".join([*parts, re.escape(documented[at:])]), arn) is not None
