"""A file proves facts only of the account that owns its host, and for a time."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from asbuilt.evidence import Entry, Unknown
from asbuilt.load.verdict.evidence import records
from asbuilt.snapshot import Answer, Snapshot
from asbuilt.sources.provenance import OWNERS, Provenance, withheld
from asbuilt.sources.table import kinds_of
from asbuilt.targets import Target
from tests.load.measured import measured, settings_of
from tests.programs import served, verify

NOW = datetime.datetime(2026, 6, 30, 12, tzinfo=datetime.UTC)
ABOUT = Provenance(
    "load-result.json",
    "load result",
    "app.example.edu",
    started="2026-06-30T10:00:00+00:00",
    finished="2026-06-30T10:10:00+00:00",
)
ACCOUNT = Target("account", "production")
BALANCER = "shop-1.us-east-1.elb.amazonaws.com"


def _snapshot(about: Provenance, records: Mapping[str, list[Any]], denied: str = "") -> Snapshot:
    """A load run, and the records of an account; `denied` is a kind that could not be read."""
    snapshot = Snapshot(provenance={"load": about.plain()})
    snapshot.add("load:run", "", Answer((Entry("load:run|x", "load:run", "load:Run", {}),)))
    for kind in OWNERS | {"route53:zone"}:
        entries = [
            Entry(f"{kind}|{index}", kind, "", data, parent="route53:zone|0" if kind.endswith("records") else "")
            for index, data in enumerate(records.get(kind, []))
        ]
        problem: dict[str, Any] = {"problem": f"{kind} was denied", "permission": "x:Y"} if kind == denied else {}
        snapshot.add(kind, "", Answer(() if problem else tuple(entries), **problem))
    return snapshot


def _judged(about: Provenance, records: Mapping[str, list[Any]], target: Target = ACCOUNT, denied: str = "") -> str:
    """`fits`, or the reason why the file's records were withheld, after the status that it gives."""
    fitting = withheld(_snapshot(about, records, denied), {"load": kinds_of("load")}, target, NOW)
    try:
        return "fits" if fitting.entries("load:run") else "none"
    except Unknown as why:
        return f"{why.status}: {why.reason}"


def _zone(*records: tuple[str, str, str], private: bool = False) -> dict[str, list[Any]]:
    """A zone with records of (name, type, what they lead to); an alias has the type `alias`."""
    made = []
    for name, kind, value in records:
        alias = {"AliasTarget": {"DNSName": value}} if kind == "alias" else {"ResourceRecords": [{"Value": value}]}
        made.append({"Name": name, "Type": "A" if kind == "alias" else kind, **alias})
    return {"route53:zone": [{"Id": "Z", "Config": {"PrivateZone": private}}], "route53:zone.records": made}


OURS = {"elbv2:load-balancer": [{"DNSName": BALANCER}]}
ALIAS = ("app.example.edu.", "alias", f"dualstack.{BALANCER}.")


@pytest.mark.parametrize(
    ("records", "fits"),
    [
        ({"elbv2:load-balancer": [{"DNSName": "App.example.edu"}]}, True),
        (
            {
                "cloudfront:distribution": [
                    {"DomainName": "d1.cloudfront.net", "Aliases": {"Items": ["app.example.edu"]}}
                ]
            },
            True,
        ),
        ({"cloudfront:distribution": [{"DomainName": "app.example.edu", "Aliases": {"Quantity": 0}}]}, True),
        ({"cloudfront:distribution": [{"DomainName": "d1", "Aliases": {"Items": ["*.example.edu"]}}]}, False),
        ({"elasticbeanstalk:environment": [{"CNAME": "app.example.edu"}]}, True),
        (OURS | _zone(ALIAS), True),
        (OURS | _zone(("app.example.edu.", "CNAME", "b.example.edu"), ("b.example.edu.", "CNAME", BALANCER)), True),
        (OURS | _zone(ALIAS, private=True), False),
        (OURS | _zone(ALIAS, ("app.example.edu.", "AAAA", "2001:db8::1")), False),
        (OURS | _zone(("app.example.edu.", "CNAME", "elsewhere-2.us-east-1.elb.amazonaws.com")), False),
        (OURS | _zone(("app.example.edu.", "A", "192.0.2.1")), False),
        (OURS | _zone(("app.example.edu.", "CNAME", "app.example.edu")), False),
        (OURS | _zone(("example.edu.", "alias", BALANCER)), False),
        (OURS, False),
        ({}, False),
    ],
)
def test_the_host_must_be_the_accounts(records: dict[str, list[Any]], fits: bool) -> None:
    """A zone of the account can name a host of another account; only what leads to the account's own counts."""
    found = _judged(ABOUT, records)
    assert (
        found == "fits" if fits else found.startswith("untested: load-result.json measures app.example.edu, at which")
    )


def test_an_owner_that_could_not_be_read_is_not_known() -> None:
    """Unless another one answers at the host."""
    assert _judged(ABOUT, OURS, denied="cloudfront:distribution").startswith("unknown: whether app.example.edu belongs")
    assert _judged(ABOUT, OURS | _zone(ALIAS), denied="cloudfront:distribution") == "fits"


@pytest.mark.parametrize(
    ("change", "days", "start"),
    [
        ({"finished": "2026-06-01T00:00:00+00:00", "started": "2026-06-01T00:00:00+00:00"}, 30, "fits"),
        (
            {"finished": "2026-05-31T11:59:59+00:00", "started": "2026-05-01T00:00:00+00:00"},
            30,
            "untested: load-result.json is 30 days old",
        ),
        ({"finished": "2026-05-31T11:59:59+00:00", "started": "2026-05-01T00:00:00+00:00"}, 31, "fits"),
        ({"finished": "2026-06-30T12:00:01+00:00"}, 30, "unknown: load-result.json finished after the time"),
        ({"finished": "2026-06-30T09:00:00+00:00"}, 30, "unknown: load-result.json finished before it started"),
        ({"finished": "2026-06-30T10:10:00"}, 30, "unknown: load-result.json: `finished` must be a time"),
        ({"finished": "today"}, 30, "unknown: load-result.json: `finished` must be a time"),
        ({"started": ""}, 30, "unknown: load-result.json: `started` must be a time"),
    ],
)
def test_a_file_proves_for_a_time(change: dict[str, Any], days: int, start: str) -> None:
    """A time that cannot be is not known, with any account and with none."""
    assert _judged(replace(ABOUT, **change), OURS | _zone(ALIAS), replace(ACCOUNT, evidence_days=days)).startswith(
        start
    )
    assert _judged(replace(ABOUT, **change), {}, Target("none", "", evidence_days=days)).startswith(start)


def test_a_snapshot_without_a_file_is_unchanged() -> None:
    """Nothing is withheld."""
    snapshot = replace(_snapshot(ABOUT, {}), provenance={})
    assert withheld(snapshot, {}, ACCOUNT, NOW).answers == snapshot.answers


SPEC = """
[architecture]
name = "C"
document = "C"
region = "us-east-1"

[subjects]
load = { kind = "load:run", name = "*" }
load_balancer = { kind = "elbv2:load-balancer", name = "campushub-alb" }

[[claim]]
section = "S"
says = "s"
load.p95_ms = "< 200"
load_balancer.exists = true
"""


def _file(folder: Path, host: str, **change: Any) -> str:
    """A load result of this host that finished just now."""
    now = datetime.datetime.now(datetime.UTC).isoformat()
    whole, flows = records(measured(settings_of()))
    path = folder / "load-result.json"
    result = {
        "format": 3,
        "system": "campushub360",
        "variant": "",
        "target": {"host": f"https://{host}", "stand_in": False},
        "started": now,
        "finished": now,
        "version": "0",
        "inputs": {},
        "runs": [whole],
        "flows": flows,
        **change,
    }
    path.write_text(json.dumps(result), encoding="utf-8")
    return str(path)


def test_a_result_of_another_host_proves_nothing_of_the_account(tmp_path: Path) -> None:
    """The same file, once about a host that nobody in the account owns, and once about its load balancer."""
    spec = tmp_path / "campushub360" / "spec.toml"
    spec.parent.mkdir()
    spec.write_text(SPEC, encoding="utf-8")
    with served("campushub360", "tier1") as url:
        keys = {"aws_access_key_id": "mock", "aws_secret_access_key": "mock", "region_name": "us-east-1"}
        client = boto3.client("elbv2", endpoint_url=url, **keys)
        [balancer] = client.describe_load_balancers()["LoadBalancers"]
        for host, status, reason in (
            ("shop.example.org", "untested", "measures shop.example.org, at which no load balancer"),
            (balancer["DNSName"], "passed", ""),
        ):
            ended = verify(tmp_path, str(spec), "--endpoint-url", url, "--load-result", _file(tmp_path, host))
            facts = {fact["fact"]: fact for fact in ended.results["facts"]}
            assert facts["load_balancer.exists"]["status"] == "passed"
            assert (facts["load.p95_ms"]["status"], reason in facts["load.p95_ms"]["reason"]) == (status, True)
            calls = [call["operation"] for call in ended.results["deployments"][0]["api_calls"]]
            assert len(calls) == len(set(calls)), "no call is made twice"
            [about] = ended.results["deployments"][0]["files"]
            assert (about["source"], about["host"], about["stand_in"]) == ("load", host, False)
        old = verify(tmp_path, str(spec), "--endpoint-url", url, "--load-result", _file(tmp_path, "x", format=2))
        load = next(fact for fact in old.results["facts"] if fact["fact"] == "load.p95_ms")
        assert (load["status"], "run `asbuilt load` again" in load["reason"]) == ("unknown", True)
