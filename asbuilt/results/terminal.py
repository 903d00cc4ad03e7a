"""The text that the terminal shows: one failure, and the summary of a run."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from asbuilt.check import SEVERITIES
from asbuilt.judging.judge import STATUSES
from asbuilt.results.exit_codes import outcome
from asbuilt.sources.redaction import REDACTED
from asbuilt.spec.expectation import words

NEVER_ASKED = "Not tested, since no request for them was answered (a longer run sends more)"
_NAMES_OF = {"value": ("name",), "Value": ("OptionName",)}
_SHOWN_READS = 3
_SHOWN_FINDINGS = 5


def failure_text(fact: Mapping[str, Any], architecture: str) -> str:
    """The text of a fact that did not pass, given its record in results.json. Control characters are escaped."""
    return "\n".join(map(printable, _lines(fact, architecture)))


def printable(line: str) -> str:
    """A line with control characters escaped, since an account chooses its names and tags."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in line)


def _lines(fact: Mapping[str, Any], architecture: str) -> Iterator[str]:
    who = " ".join(part for part in (architecture, fact["variant"]) if part)
    yield f"{outcome(fact).upper():<10}{who}  {fact['fact']:<60}{fact['severity']:>9}"
    yield f"          {fact['section']}: {fact['says']}"
    yield f"          expected  {fact['expected']['text']}"
    wrong = [finding for finding in fact["findings"] if finding["status"] == fact["status"]]
    for finding in wrong[:_SHOWN_FINDINGS]:
        yield f"          found     {_found(finding)}"
        if finding["permission"]:
            yield f"          grant     {finding['permission']} to the role that reads"
    if len(wrong) > _SHOWN_FINDINGS:
        yield f"          also      {len(wrong) - _SHOWN_FINDINGS} more resources"
    if fact["disputed"]:
        yield f"          disputed  the document contradicts itself: {fact['disputed']}"
    if fact["fix"]:
        yield f"          fix       {fact['fix']}"


def _found(finding: Mapping[str, Any]) -> str:
    if finding["reason"]:
        return str(finding["reason"])
    fields = [read for read in finding["evidence"] if read["field"]]
    said = [read for read in fields if _said(finding["found"], read["value"])]
    secrets = [read for read in fields if str(read["value"]).startswith(REDACTED)]
    looked_at = said or secrets or fields or finding["evidence"]
    if not looked_at:
        return f"{words(finding['found'])}   {finding['resource']}"
    last = looked_at[-1]
    alike = [
        _field(read, fields)
        for read in looked_at
        if (read["operation"], read["resource"]) == (last["operation"], last["resource"])
    ]
    where = ", ".join(alike[-_SHOWN_READS:])
    of = last["resource"] or finding["resource"]
    return f"{words(finding['found'])}   {last['operation']}{' > ' + where if where else ''} of {of}"


def _field(read: Mapping[str, Any], fields: Iterable[Mapping[str, Any]]) -> str:
    """A field, with the name beside a value: `environment[3].value (DB_PASS)`."""
    of, _, last = read["field"].rpartition(".")
    named = {f"{of}.{name}" for name in _NAMES_OF.get(last, ())}
    names = (str(one["value"]) for one in fields if one["field"] in named and one["resource"] == read["resource"])
    name = next(names, "")
    return f"{read['field']} ({name})" if name else str(read["field"])


def _said(found: Any, value: Any) -> bool:
    """Whether a field's value is the answer, or part of it. Such fields are shown in preference to others."""
    if isinstance(value, bool) or value is None:
        return False
    return value in found if isinstance(found, list) else value == found


def summary(results: Mapping[str, Any], folder: Path, full: bool) -> Iterator[str]:
    """The lines of a run's summary: the counts of each deployment, then the facts that did not pass, worst first.

    `results` is the content of results.json, `folder` where it is written. `full` shows the whole text of each failure
    in place of its first line, and the contradictions of the documents.
    """
    return map(printable, _summary(results, folder, full))


def _summary(results: Mapping[str, Any], folder: Path, full: bool) -> Iterator[str]:
    names = {}
    for deployment in results["deployments"]:
        names[deployment["system"], deployment["variant"]] = deployment["architecture"]
        yield _counts(deployment)
    yield from _ignored(results["deployments"])
    yield from _selection(results)
    wrong = [fact for fact in results["facts"] if fact["status"] == "failed"]
    wrong.sort(key=lambda fact: (bool(fact["disputed"]), SEVERITIES.index(fact["severity"])))
    for fact in wrong:
        lines = _lines(fact, names[fact["system"], fact["variant"]])
        yield from ("", *lines) if full else (next(lines),)
    yield from _together("unknown", results["facts"], names)
    yield from _together("untested", results["facts"], names)
    for fact in results["facts"]:
        if (fact.get("first") or {}).get("settled"):
            before, now = fact["first"]["findings"][0], fact["findings"][0]
            yield printable(
                f"settled   {fact['id']}: {fact['first']['status']} at first ({_answer(before)}), "
                f"{fact['status']} when it was read again ({_answer(now)})"
            )
    for fact in results["facts"]:
        if fact["disputed"] and fact["status"] == "passed":
            yield f"disputed, but it holds: {fact['id']} ({fact['disputed']}): remove `disputed` from its claim"
    if full:
        yield from _contradictions(results["deployments"])
    yield ""
    yield f"results   {folder / 'results.json'}   exit code {results['run']['exit_code']}"


def _selection(results: Mapping[str, Any]) -> Iterator[str]:
    """A line where not all facts of the deployments were verified."""
    chosen, judged = results["run"]["selection"], len(results["facts"])
    if chosen["selected"] < chosen["of"]:
        by = f" ({', '.join(chosen['by'])})" if chosen["by"] else ""
        yield f"selection {chosen['selected']} of {chosen['of']} facts{by}"
    if judged < chosen["selected"]:
        yield f"cut short {judged} of {chosen['selected']} selected facts were judged"


def _answer(finding: Mapping[str, Any]) -> str:
    return str(finding["reason"] or f"found {words(finding['found'])}")


def _counts(deployment: Mapping[str, Any]) -> str:
    who = " ".join(part for part in (deployment["architecture"], deployment["variant"]) if part)
    counts = [f"{deployment['counts'][status]} {status}" for status in (*reversed(STATUSES), "disputed")]
    counts = [text for text in counts if not text.startswith("0 ") or text == "0 passed"]
    calls = sum(call["pages"] for call in deployment["api_calls"])
    asked = "no API call" if deployment["recording"] else f"{calls} API calls"
    return f"{who:<22} {', '.join(counts)}   ({_where(deployment)}, {asked})"


def _where(deployment: Mapping[str, Any]) -> str:
    """Target, account and region; of what is no mock account also the caller, the partition and the endpoint."""
    target = deployment["target"]
    account = f"account {deployment['account']}" if deployment["account"] else "account not known"
    if deployment["recording"]:
        about = deployment["recording"]
        replay = f"replay of {about['file']}, {about['of']['name']}, judged at {deployment['judged_at']}"
        return f"{replay}, {account}, {deployment['region']}"
    if target["kind"] == "none":
        hosts = ", ".join(file["host"] for file in deployment["files"] if file["host"])
        return f"{target['name']}, measured at {hosts}" if hosts else f"{target['name']}, {deployment['region']}"
    if target["kind"] == "mock":
        return f"{target['name']}, {account}, {deployment['region']}"
    caller = deployment["reader"].partition(":")[2].split(":", 4)[-1] or "a caller that is not known"
    partition = target["partition"] or "partition not known"
    named = target["endpoint_url"]
    endpoint = f"endpoint {named}" if named else "endpoints of AWS"
    shown = [target["name"], f"{account} as {caller}", partition, deployment["region"]]
    shown += [endpoint] * (target["name"] != named)
    return ", ".join(shown + [f"through the proxy {target['proxy']}"] * bool(target["proxy"]))


def _ignored(deployments: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """One line with the settings of the machine that changed nothing, where an account or an endpoint was read."""
    read = [each["target"] for each in deployments if each["target"]["kind"] in ("account", "endpoint")]
    names = sorted({name for target in read for name in target["ambient"]["ignored"]})
    if names:
        yield f"ignored   {', '.join(names)} in the environment, which accounts.toml does not ask for"


def _together(status: str, facts: Iterable[Mapping[str, Any]], names: Mapping[tuple[str, str], str]) -> Iterator[str]:
    """The facts of one status, grouped by their reason."""
    reasons: dict[tuple[str, str, str, str], list[str]] = {}
    for fact in facts:
        if fact["status"] == status:
            key = (fact["system"], fact["variant"], fact["reason"], fact["permission"])
            reasons.setdefault(key, []).append(fact["fact"])
    for (system, variant, reason, permission), alike in reasons.items():
        who = " ".join(part for part in (names[system, variant], variant) if part)
        yield ""
        yield f"{status.upper():<10}{who}  {len(alike)} {'fact' if len(alike) == 1 else 'facts'}: {reason}"
        yield from _wrapped(", ".join(alike))
        if permission:
            yield f"          grant     {permission} to the role that reads"


def _contradictions(deployments: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The ids of each document's contradictions, by severity. results.json describes each in full."""
    listed: set[str] = set()
    for deployment in deployments:
        entries = deployment["contradictions"]
        if entries and deployment["system"] not in listed:
            listed.add(deployment["system"])
            yield ""
            yield f"CONTRADICTIONS  {deployment['architecture']}'s document contradicts itself in {len(entries)} places"
            for severity in SEVERITIES:
                ids = [entry["id"] for entry in entries if entry["severity"] == severity]
                if ids:
                    yield from _wrapped(f"{severity:<9} {', '.join(ids)}", hanging=10)


def _wrapped(text: str, hanging: int = 0) -> list[str]:
    indent = " " * 10
    return textwrap.wrap(
        text, 118, initial_indent=indent, subsequent_indent=indent + " " * hanging, break_on_hyphens=False
    )


def found_text(fact: Mapping[str, Any]) -> str:
    """The answer of a fact as text, or the reason why there is none."""
    found = fact["found"]
    return str(fact["reason"] or (f"{found:.4g}" if isinstance(found, float) else words(found)))
