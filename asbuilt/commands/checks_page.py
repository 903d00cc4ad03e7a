"""The text of docs/checks.md, which lists every check, made from the checks themselves."""

from __future__ import annotations

from collections.abc import Iterable

from asbuilt.check import Check, all_checks
from asbuilt.content import shipped_specs
from asbuilt.results.frameworks import requirements
from asbuilt.sources.row import IAM_PREFIXES, Row
from asbuilt.sources.shapes import operation_model
from asbuilt.sources.table import is_aws, rows_by_kind, sources, with_parents
from asbuilt.spec.loading import load

_ANSWERS = {
    bool: "yes or no",
    int: "whole number",
    float: "number",
    str: "text",
    frozenset: "set",
    tuple: "list",
}
_UNITS = {
    "days": "days",
    "hours": "hours",
    "minutes": "minutes",
    "seconds": "seconds",
    "ms": "milliseconds",
    "percent": "percent",
    "gib": "GiB",
    "mib": "MiB",
    "years": "years",
    "units": "CPU units",
}
_HEAD = """# Every check

This page is made from the code (`make pages`). A check asks one question; a spec states the expected answer. *Reads*
are the calls that the answer needs, as actions of an IAM policy. *Controls* are the controls and requirements that the
answer is evidence for; the list helps auditors and does not claim that a control is met.
"""


def page() -> str:
    """The page as text. Each check names the shipped specs that use it."""
    used = _used()
    by_kind: dict[str, list[Check]] = {}
    for check in all_checks().values():
        by_kind.setdefault(check.kind, []).append(check)
    lines = [_HEAD, *_sources()]
    for kind in sorted(by_kind):
        title = "any kind" if kind == "*" else f"`{kind}`"
        lines += [f"## {title}\n"]
        if kind != "*":
            lines += [f"Read by {_calls([kind])}.\n"]
        for check in sorted(by_kind[kind], key=lambda each: each.name):
            lines += [*_entry(check, used.get((kind, check.name), ())), ""]
    return "\n".join(lines)


def _used() -> dict[tuple[str, str], list[str]]:
    used: dict[tuple[str, str], list[str]] = {}
    for path in shipped_specs().values():
        for fact in load(path).facts:
            systems = used.setdefault((fact.check.kind, fact.check.name), [])
            if path.parent.name not in systems:
                systems.append(path.parent.name)
    return used


def _entry(check: Check, systems: Iterable[str]) -> list[str]:
    name = f"{check.name}.<{check.parameter}>" if check.parameter else check.name
    unit = "" if check.answers is bool else _UNITS.get(check.name.rpartition("_")[2], "")
    answer = _ANSWERS.get(check.answers, check.answers.__name__) + (f", {unit}" if unit else "")
    lines = [f"### `{name}`\n", check.question.replace("\n", " "), ""]
    if check.expects:
        asked = "a list" if check.expects.takes is list else "`true`"
        answer = f"the departures from the expectation, which is {asked}"
    lines += [f"- answer: {answer}{', or nothing' if check.optional else ''}; severity: {check.severity}"]
    if check.reads:
        lines += [f"- reads: {_calls(check.reads)}"]
    controls = [*check.controls, *requirements(check.name)]
    if controls:
        lines += [f"- controls: {', '.join(controls)}"]
    lines += [f"- fix: `{check.fix}`" if check.fix.startswith("aws ") else f"- fix: {check.fix}"]
    used = ", ".join(systems)
    return [*lines, f"- used by: {used or 'no shipped spec'}"]


def _calls(kinds: Iterable[str]) -> str:
    rows = [row for kind in sorted(with_parents(set(kinds))) for row in rows_by_kind()[kind]]
    actions = (action for row in rows for action in (row.permission or _action(row)).split(", "))
    return ", ".join(dict.fromkeys(f"`{action}`" for action in actions))


def _action(row: Row) -> str:
    if not is_aws(row):
        return f"{row.service}: {row.operation}"
    return f"{IAM_PREFIXES.get(row.service, row.service)}:{operation_model(row.service, row.operation).name}"


def _sources() -> list[str]:
    """The sources of evidence, each with the options that name it."""
    lines = ["## Sources of evidence\n", "| source | what it reads | named by |", "| --- | --- | --- |"]
    for source in sources().values():
        flags = ", ".join(f"`{option.flag}`" for option in source.options) or "the environment"
        lines += [f"| {source.name} | {source.about} | {flags} |"]
    return [*lines, ""]
