"""The content of results.json: the run, its deployments, and every fact with its evidence. Reports are made from it."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from asbuilt.evidence import ABSENT, Read, path_text
from asbuilt.judging.judge import STATUSES, Finding, Verdict, in_short, unjudged
from asbuilt.results.deployment import Deployment
from asbuilt.results.exit_codes import outcome
from asbuilt.results.frameworks import requirements
from asbuilt.sources import ambient
from asbuilt.sources.redaction import redact_text
from asbuilt.sources.table import source_of
from asbuilt.spec.expectation import plain
from asbuilt.spec.model import Fact, Spec
from asbuilt.targets import without_password

FORMAT = 1
SCHEMA = Path(__file__).with_name("results.schema.json")
LIBRARIES = ("asbuilt", "boto3", "botocore", "moto", "pytest")


def marks(spec: Spec, fact: Fact) -> list[str]:
    """The marks that `-m` selects by: severity, system, variant, kind of the subject (`rds_db`), source of evidence."""
    kind = fact.subject.kind.replace(":", "_").replace("-", "_").replace(".", "_")
    return [mark for mark in (fact.severity, spec.system, fact.variant, kind, source_of(fact.subject.kind)) if mark]


def fact_record(
    spec: Spec, verdict: Verdict, nodeid: str, strict: bool, first: Verdict | None = None
) -> dict[str, Any]:
    """A verdict as JSON values, as results.schema.json describes it. With `strict`, no fact is disputed.

    `first` is the verdict before the evidence was read again, or None where it was read once.
    A verdict whose answer cannot be written as JSON, such as an infinite number, gives the record of an unknown fact.
    """
    try:
        record = _record(spec, verdict, nodeid, strict, first)
        json.dumps(record, allow_nan=False)
    except Exception as error:  # noqa: BLE001  # whatever an answer holds: the fact is unknown, and is never lost
        reason = f"the answer of {verdict.fact.check.name} cannot be written to the results: {in_short(error)}"
        return _record(spec, unjudged(verdict.fact, reason), nodeid, strict)
    return record


def _record(spec: Spec, verdict: Verdict, nodeid: str, strict: bool, first: Verdict | None = None) -> dict[str, Any]:
    fact = verdict.fact
    worst = next(finding for finding in verdict.findings if finding.status == verdict.status)
    return {
        "id": f"{spec.system}/{fact.id}",
        "nodeid": nodeid,
        "system": spec.system,
        "variant": fact.variant,
        "fact": fact.name,
        "status": verdict.status,
        "disputed": "" if strict else fact.disputed,
        "severity": fact.severity,
        "marks": marks(spec, fact),
        "subject": fact.subject.name,
        "kind": fact.subject.kind,
        "region": fact.subject.region,
        "source": source_of(fact.subject.kind),
        "section": fact.claim.section,
        "says": fact.claim.says,
        "note": fact.claim.note,
        "spec": {"file": spec.path.as_posix(), "line": fact.line},
        "question": fact.check.question,
        "controls": [*fact.check.controls, *requirements(fact.check.name)],
        "expected": {"text": fact.expected.text, "value": fact.expected.raw},
        "found": plain(worst.found),
        "reason": worst.reason,
        "permission": worst.permission,
        "fix": worst.fix,
        "evidence": [_evidence(read) for read in worst.reads],
        "findings": [_finding(finding) for finding in verdict.findings],
        "first": _first(first, verdict) if first else None,
    }


def _first(first: Verdict, second: Verdict) -> dict[str, Any]:
    """The first of two readings; it is settled where the second one found something else."""
    findings = [_finding(finding) for finding in first.findings]
    answers = [[(finding.resource, finding.status, finding.found) for finding in of.findings] for of in (first, second)]
    return {"status": first.status, "settled": answers[0] != answers[1], "findings": findings}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "resource": finding.resource,
        "status": finding.status,
        "found": plain(finding.found),
        "reason": finding.reason,
        "permission": finding.permission,
        "fix": finding.fix,
        "evidence": [_evidence(read) for read in finding.reads],
    }


def _evidence(read: Read) -> dict[str, Any]:
    return {
        "operation": read.operation,
        "resource": read.resource,
        "field": path_text(read.path) if read.entry is not None else "",
        "value": _evidence_value(read.value),
        "supplied": read.supplied,
    }


def _evidence_value(value: Any) -> Any:
    """A field's value, or the size of a list or structure, whose parts that were read are evidence themselves."""
    if value is ABSENT:
        return None
    if isinstance(value, list):
        return f"{len(value)} entries"
    if isinstance(value, dict):
        return f"{len(value)} fields"
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool) else str(value)


def properties(record: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The properties that JUnit and pytest-html show beside a fact, as (name, value)."""
    names = ("status", "severity", "section", "says", "disputed", "reason", "fix")
    return [
        ("claim", record["fact"]),
        *((name, record[name]) for name in names if record[name]),
        ("expected", record["expected"]["text"]),
        ("found", json.dumps(record["found"])),
    ]


def deployment_record(deployment: Deployment) -> dict[str, Any]:
    """One deployment as JSON values: the account, the reading role, the API calls, the document's contradictions."""
    spec, target, calls = deployment.spec, deployment.target, deployment.snapshot.calls
    text = spec.path.read_bytes() if spec.path.exists() else b""
    return {
        "system": spec.system,
        "variant": deployment.variant,
        "architecture": spec.name,
        "document": spec.document,
        "region": target.region or spec.region,
        "spec": {"file": spec.path.as_posix(), "sha256": hashlib.sha256(text).hexdigest()},
        "target": _target(deployment),
        "account": str(deployment.identity.get("Account", "")),
        "reader": str(deployment.identity.get("Arn", "")),
        "started": deployment.started.isoformat(timespec="seconds"),
        "reading_seconds": deployment.seconds,
        "api_calls": [
            {
                "operation": call.operation,
                "region": call.region,
                "asked": call.asked,
                "pages": call.pages,
                "seconds": call.seconds,
                "problem": call.problem,
            }
            for call in sorted(calls, key=lambda call: (call.operation, call.region))
        ],
        "judged_at": deployment.now.isoformat(timespec="seconds"),
        "recording": _recording(deployment),
        "files": [{"source": source, **about} for source, about in sorted(deployment.snapshot.provenance.items())],
        "read_again": sorted({call.operation for call in deployment.again}),
        "contradictions": [dict(entry) for entry in spec.contradictions],
    }


def _target(deployment: Deployment) -> dict[str, Any]:
    """The target as JSON values: what was asked for, how it was reached, and the settings of the machine beside it."""
    target, access = deployment.target, deployment.snapshot.access
    arn = str(deployment.identity.get("Arn", ""))
    return {
        "kind": target.kind,
        "name": redact_text(target.name),  # that of an endpoint is its URL, which can hold a password
        "endpoint_url": redact_text(without_password(target.endpoint_url)),
        "pinned": target.account_id,
        "partition": arn.split(":")[1] if ":" in arn else access.get("partition", ""),
        **{name: access.get(name, "") for name in ("endpoint", "proxy", "ca_bundle")},
        "clock_skew_seconds": access.get("clock_skew_seconds"),
        "credentials": access.get("credentials"),
        "ambient": {**ambient.record(target, os.environ), "conftest_files": [], "plugins": []},
    }


def _recording(deployment: Deployment) -> dict[str, Any] | None:
    """The recording that was judged again: what it is of, when it was read, by which version; None for an account."""
    found = deployment.target.recording
    if found is None:
        return None
    about = found.deployments[deployment.spec.system, deployment.variant]
    kept = {name: str(found.manifest[name]) for name in ("suite", "recorded")}
    of = {name: str(found.manifest["target"][name]) for name in ("kind", "name", "endpoint_url")}
    return {"file": str(found.path), "sha256": found.sha256, **kept, "of": of, "spec_sha256": about["spec"]["sha256"]}


def document(
    facts: Sequence[dict[str, Any]],
    deployments: Sequence[dict[str, Any]],
    now: datetime.datetime,
    exit_code: int,
    selection: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The whole content of results.json.

    Facts keep their order. Each deployment gets the counts of its facts by outcome. `now` is when the run started
    (aware, UTC). `selection` tells how many facts of the deployments were `selected`, of how many, and `by` which
    options; by default all of them were.
    """
    finished = datetime.datetime.now(datetime.UTC)
    for deployment in deployments:
        ours = [fact for fact in facts if all(fact[key] == deployment[key] for key in ("system", "variant"))]
        counts = Counter(outcome(fact) for fact in ours)
        deployment["counts"] = {status: counts.get(status, 0) for status in (*STATUSES, "disputed")}
    return {
        "$schema": SCHEMA.name,
        "format": FORMAT,
        "run": {
            "started": now.isoformat(timespec="seconds"),
            "finished": finished.isoformat(timespec="seconds"),
            "duration_seconds": round((finished - now).total_seconds(), 3),
            "exit_code": exit_code,
            "selection": dict(selection or {"selected": len(facts), "of": len(facts), "by": []}),
            "python": platform.python_version(),
            "libraries": {name: version(name) for name in LIBRARIES},
        },
        "deployments": sorted(deployments, key=lambda deployment: (deployment["system"], deployment["variant"])),
        "facts": list(facts),
    }
