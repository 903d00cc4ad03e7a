"""The decorator `check`, which registers a function as a question about a kind of subject."""

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
    """The answer of a check with `expects`: one text for each departure from the expectation.

    `instead` is a value that meets the expectation; it fills `{instead}` in the fix.
    """

    instead: str

    def __new__(cls, found: Iterable[str] = (), instead: str = "") -> Departures:
        """Departures, and a value that meets the expectation."""
        made = super().__new__(cls, found)
        made.instead = instead
        return made


@dataclass(frozen=True)
class Expects:
    """How the expectation of a check with `expects` is read from a spec.

    `takes` is the type of the value in the spec. `read` takes the value and the kinds of the spec's subjects by name.
    It returns the check's argument `expected` and the names of the subjects in it, and raises `ValueError` with the
    mistake in the value.
    """

    takes: type
    read: Callable[[Any, Mapping[str, str]], tuple[Any, frozenset[str]]]


@dataclass(frozen=True)
class Check:
    """A question about one record of a subject, or (`each=False`) about all records of a subject together.

    - `ask`: the function that answers.
    - `answers`: the type of the answer (bool, int, float, str, frozenset or tuple); `optional`: it may be None.
    - `parameter`: the name of the question's parameter, or "" where it has none.
    - `provided`: the arguments that the engine passes by name (`account`, `now`, `expected`).
    - `reads`: the kinds that it reads beside the subject's own; `of_named`: those of them that it reads only for the
      subjects that a fact names.
    - `compares`: the fields of payloads (`command`, `OutputValue`) and the variables whose values it compares; those of
      others are kept as a digest. The variable that its parameter `variable` names needs no entry.
    - `names_subjects`: the answer holds names of the spec's other subjects.
    - `expects`: set where the check compares with the expectation itself; the answer is then `Departures`.
    - `controls`: the controls of audit frameworks that the answer is evidence for.
    - `question`: the docstring of the function.
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
    compares: tuple[str, ...]
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
    compares: Sequence[str] = (),
    controls: Sequence[str] = (),
    each: bool = True,
    names_subjects: bool = False,
    expects: Expects | None = None,
) -> Callable[[F], F]:
    """Register the decorated function as a question about subjects of `kinds` (`"*"`: of any kind).

    The first argument of the function is the record, or, where `each` is false, a tuple of all matching records. The
    engine passes these arguments by name where the function has them: `account` (an `Account`), `now` (an aware
    datetime, UTC) and, with `expects`, `expected` (what the spec expects; the answer is then `Departures`). One more
    argument is the question's parameter, which a spec writes after the check's name: `web.environment.DEBUG`.

    `reads` are the kinds that the function reads beside the record's own; `of_named` are detail kinds that it reads
    only for the subjects that a fact names. `compares` are the payload fields and variables whose values it compares
    (see `Check`). `fix` can hold `{name}`, `{arn}`, `{parameter}`, `{expected}`,
    `{instead}` and fields of the record.

    Raises `ValueError` for an unknown severity and for a check that is defined twice, and `TypeError` for a function
    with several parameters, with no return annotation, or with only one of `expected` and `expects`.
    """
    if severity not in SEVERITIES:
        raise ValueError(f"severity must be one of {', '.join(SEVERITIES)}, not {severity!r}")

    def register(function: F) -> F:
        parameter, provided = _arguments(function, expects)
        hints = typing.get_type_hints(function)
        if "return" not in hints:
            raise TypeError(
                f"the check {function.__name__} has no return annotation: write what it answers, as -> bool"
            )
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
                parameter=parameter,
                provided=provided,
                reads=(*reads, *of_named),
                of_named=tuple(of_named),
                compares=tuple(compares),
                each=each,
                names_subjects=names_subjects,
                expects=expects,
                controls=tuple(controls),
                fix=fix,
                question=inspect.getdoc(function) or "",
            )
        return function

    return register


def _arguments(function: Callable[..., Any], expects: Expects | None) -> tuple[str, tuple[str, ...]]:
    """The name of the function's parameter, or "", and the names of the arguments that the engine provides."""
    _, *others = inspect.signature(function).parameters
    parameters = [name for name in others if name not in _PROVIDED]
    if len(parameters) > 1:
        raise TypeError(f"check {function.__name__} can have one parameter, and has {len(parameters)}: {parameters}")
    if ("expected" in others) != (expects is not None):
        raise TypeError(f"check {function.__name__} has only one of the argument `expected` and `expects`: use both")
    return "".join(parameters), tuple(name for name in others if name in _PROVIDED)


def _refuse_another(kind: str, function: Callable[..., Any]) -> None:
    """Raise `ValueError` where a check of this kind and name is defined elsewhere. A module can be imported again."""
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
    """Every check by (kind, name). Imports all modules of checks, since importing them registers their checks.

    Raises `content.OwnChecksError` with all mistakes in the user's own checks.
    """
    for _ in content.modules("checks"):
        pass  # the import registered the module's decorated functions
    content.import_own_checks()
    return _REGISTRY


@cache
def checks_of(kind: str) -> Mapping[str, Check]:
    """The checks of a kind by name: those of the kind itself, and those of any kind.

    Raises `content.OwnChecksError` as `all_checks` does.
    """
    found = all_checks()
    return {name: item for (of, name), item in found.items() if of == "*"} | {
        name: item for (of, name), item in found.items() if of == kind
    }
