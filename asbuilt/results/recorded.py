"""What a run records: the manifest of its deployments and verdicts, and the evidence itself."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from asbuilt import __version__
from asbuilt.recording import name_of, set_hashes
from asbuilt.results.deployment import Deployment
from asbuilt.results.exit_codes import outcome
from asbuilt.targets import Target, without_password


def deployment_entry(deployment: Deployment) -> dict[str, Any]:
    """What the manifest says of one deployment: who read what, when, and the hash of each record set."""
    spec = deployment.spec
    text = spec.path.read_bytes() if spec.path.exists() else b""
    arn = str(deployment.identity.get("Arn", ""))
    return {
        "system": spec.system,
        "variant": deployment.variant,
        "architecture": spec.name,
        "region": deployment.target.region or spec.region,
        "account": str(deployment.identity.get("Account", "")),
        "caller": arn,
        "partition": arn.split(":")[1] if arn.count(":") > 1 else "",
        "spec": {"file": spec.path.as_posix(), "sha256": hashlib.sha256(text).hexdigest()},
        "started": deployment.started.isoformat(),
        "seconds": deployment.seconds,
        "whole": sorted(deployment.whole),
        "sets": set_hashes(deployment.snapshot.plain()),
    }


def manifest(
    entries: Iterable[Mapping[str, Any]],
    facts: Sequence[Mapping[str, Any]],
    target: Target,
    now: datetime.datetime,
    selection: Mapping[str, Any],
) -> dict[str, Any]:
    """The manifest of a recording. `facts` are records of results.json, `now` the time at which they were judged."""
    return {
        "suite": __version__,
        "now": now.isoformat(),
        "recorded": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "selection": dict(selection),
        "target": {
            "kind": target.kind,
            "name": target.name,
            "region": target.region,
            "endpoint_url": without_password(target.endpoint_url),
            "subjects": {name: dict(called) for name, called in target.subjects.items()},
        },
        "deployments": [
            {**entry, "facts": [_fact(fact) for fact in facts if _is_of(fact, entry)]}
            for entry in sorted(entries, key=lambda entry: name_of(entry["system"], entry["variant"]))
        ],
    }


def _is_of(fact: Mapping[str, Any], entry: Mapping[str, Any]) -> bool:
    return bool((fact["system"], fact["variant"]) == (entry["system"], entry["variant"]))


def _fact(fact: Mapping[str, Any]) -> dict[str, Any]:
    """A verdict, with the resources that it is about."""
    kept = {name: fact[name] for name in ("id", "status", "severity", "subject", "kind", "found", "reason")}
    resources = sorted({finding["resource"] for finding in fact["findings"]})
    return {**kept, "outcome": outcome(fact), "expected": fact["expected"]["text"], "resources": resources}
