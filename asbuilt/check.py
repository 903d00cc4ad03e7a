"""How a question is registered: one decorator, and nothing else to fill in."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from asbuilt import content

SEVERITIES = ("critical", "high", "medium", "low")
_PROVIDED = ("account", "now", "expected")  # arguments that the engine gives, by name
F = TypeVar("F", bound=Callable[..., Any])


class Departures(frozenset[str]):
    """The answer of a check that takes the expectation for its question: what departs from it, a text each.

    `instead` is what would be as expected, for the fix's `{instead}`.
    """

    instead: str

    def __new__(cls, found: Iterable[str] = (), instead: str = "") -> Departures:
        """Departures and what would mend them."""
        made = super().__new__(cls, found)
        made.instead = instead
        return made


@dataclass(frozen=True)
class Expects:
    """How a spec writes what such a check asks about: a value of the type `takes`, which `read` makes sense of.

    `read` is given the value and the kinds of the spec's subjects by name; it returns what the check gets as
    `expected`, and the subjects that are named in it. It raises `ValueError` with what is wrong.
    """

    takes: type
    read: Callable[[Any, Mapping[str, str]], tuple[Any, frozenset[str]]]


@dataclass(frozen=True)
class Check:
    """A question about one subject, or (`each=False`) about all that a subject matches, together.

    `answers` is the type of the answer (bool, int, float, str, frozenset or tuple); `parameter` is the name of the
    question's parameter, or "" where it has none; `reads` are the kinds of record that it looks at beyond the
    subject's own, and `of_named` those of them that it looks at for the subjects that a fact names, and no others;
    `names_subjects` says that the answer holds names of the spec's other subjects; `expects` is set where the
    expectation itself is the question, and the answer is what departs from it (`Departures`).
    """

    kind: str
    name: str
    ask: Callable[..., Any]
    severity: str
    answers: type
    optional: bool
    parameter: str
    provided: tuple[str, ...]
    reads: tuple[str, ...]
    of_named: tuple[str, ...]
    each: bool
    names_subjects: bool
    expects: Expects | None
    controls: tuple[str, ...]
    fix: str
    question: str


_REGISTRY: dict[tuple[str, str], Check] = {}


def check(
    *kinds: str,
    severity: str,
    fix: str,
    reads: Sequence[str] = (),
    of_named: Sequence[str] = (),
    controls: Sequence[str] = (),
    each: bool = True,
    names_subjects: bool = False,
    expects: Expects | None = None,
) -> Callable[[F], F]:
    """Register the decorated function as a question about subjects of `kinds` (`"*"`: of any kind).

    The function takes the record (all matching records, as a tuple, where `each` is false), then, by name and
    only where it wants them, `account` (everything that was read) and `now` (an aware datetime, UTC); any other
    argument is the question's parameter, which a spec writes behind the question's name: `web.environment.DEBUG`.
    `reads` are the kinds it looks at beyond the record's own, `of_named` detail kinds of the subjects it names.
    With `expects` it also takes `expected`, what the spec expects, and answers with the departures from it.
    `fix` may use `{name}`, `{arn}`, `{parameter}`, `{expected}`, `{instead}` and the record's own top-level fields.
    """
    if severity not in SEVERITIES:
        raise ValueError(f"severity must be one of {', '.join(SEVERITIES)}, not {severity!r}")

    def register(function: F) -> F:
        hints = typing.get_type_hints(function)
        _, *others = inspect.signature(function).parameters
        parameters = [name for name in others if name not in _PROVIDED]
        if len(parameters) > 1:
            raise TypeError(f"check {function.__name__} takes one parameter at most, not {parameters}")
        if ("expected" in others) != (expects is not None):
            raise TypeError(f"check {function.__name__} needs both or neither: an argument `expected`, and `expects`")
        answers, optional = _answer_type(hints["return"])
        for kind in kinds:
            _refuse_another(kind, function)
            _REGISTRY[kind, function.__name__] = Check(
                kind=kind,
                name=function.__name__,
                ask=function,
                severity=severity,
                answers=answers,
                optional=optional,
                parameter=parameters[0] if parameters else "",
                provided=tuple(name for name in others if name in _PROVIDED),
                reads=(*reads, *of_named),
                of_named=tuple(of_named),
                each=each,
                names_subjects=names_subjects,
                expects=expects,
                controls=tuple(controls),
                fix=fix,
                question=inspect.getdoc(function) or "",
            )
        return function

    return register


def _refuse_another(kind: str, function: Callable[..., Any]) -> None:
    """Raise `ValueError` where a check of this kind and name is defined elsewhere; a module may be imported anew."""
    first = _REGISTRY.get((kind, function.__name__))
    if first is None:
        return
    before, now = (f"{code.co_filename}:{code.co_firstlineno}" for code in map(_code, (first.ask, function)))
    if before != now:
        raise ValueError(f"check {function.__name__!r} of {kind!r} in {now} is already defined in {before}")


def _code(function: Callable[..., Any]) -> types.CodeType:
    code: types.CodeType = inspect.unwrap(function).__code__
    return code


def _answer_type(hint: Any) -> tuple[type, bool]:
    """The plain type behind an annotation, and whether None is an answer: `str | None` gives (str, True)."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        members = [member for member in typing.get_args(hint) if member is not type(None)]
        return _answer_type(members[0])[0], len(members) < len(typing.get_args(hint))
    return typing.get_origin(hint) or hint, False


@cache
def all_checks() -> Mapping[tuple[str, str], Check]:
    """Every question by (kind, name); importing the vocabulary is what registers it.

    Raises `content.OwnChecksError` where something is wrong with the user's own part of it.
    """
    for _ in content.modules("checks"):
        pass  # its decorated functions are registered now
    content.import_own_checks()
    return _REGISTRY


@cache
def checks_of(kind: str) -> Mapping[str, Check]:
    """The questions that can be asked of a kind: its own, and those for any kind."""
    found = all_checks()
    return {name: item for (of, name), item in found.items() if of == "*"} | {
        name: item for (of, name), item in found.items() if of == kind
    }
