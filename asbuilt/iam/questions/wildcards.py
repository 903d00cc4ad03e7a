"""Wildcards in policies, and the documented actions that patterns cover."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from asbuilt.iam.language import catalogue
from asbuilt.iam.language.question import Question
from asbuilt.iam.proof.action_classes import ActionClassifier
from asbuilt.iam.proof.allowed_requests import as_question


def allowed_actions(policies: Sequence[Mapping[str, Any]], service: str) -> set[str]:
    """The actions of a service that Allows of identity policies cover, whatever their resources and conditions."""
    return _covered(as_question([policy for policy in policies if policy["type"] == "identity"]), service)


def wildcard_texts(policies: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The wildcards in Allows, a phrase each: in actions, and `*` for resources where an action takes named ones."""
    for statement in as_question([policy for policy in policies if policy["type"] == "identity"]).statements:
        if not statement.allow:
            continue
        where = f" ({statement.name.partition(' (')[2].replace(')', '', 1)})"
        for pattern in statement.actions:
            known = catalogue.find(pattern)
            if statement.not_action:
                yield f"all actions but {pattern}{where}"
            elif "*" in pattern or "?" in pattern:
                yield f"{pattern}{where}"
            elif not known or catalogue.NO_RESOURCE_TYPE not in known.formats:
                if statement.not_resource:
                    yield f"{pattern} on all but {', '.join(statement.resources)}{where}"
                elif any(text.strip("*?") == "" for text in statement.resources):
                    yield f"{pattern} on *{where}"


def _covered(question: Question, service: str) -> set[str]:
    classifier = ActionClassifier([s for s in question.statements if s.allow])
    names = catalogue.actions(service)
    indexes = range(len(classifier.rows))
    return {a.name for name, a in names.items() if any(classifier.covers(i, f"{service}:{name}") for i in indexes)}
