"""Whose evidence a file is. One function decides for every source whether its file proves facts of the target.

A file proves facts of the account that owns the host that it is about, and for a time. Ownership is read from the
account: a load balancer, a distribution or an environment of that name, or a record in a public zone that leads to one.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from asbuilt.evidence import Unknown, Untested, search
from asbuilt.snapshot import Answer, Snapshot
from asbuilt.targets import Target

# kind → JMESPath of the host names at which a record of it answers
_HOSTS = {
    "elbv2:load-balancer": "[DNSName]",
    "cloudfront:distribution": "[[DomainName], Aliases.Items][]",
    "elasticbeanstalk:environment": "[CNAME, EndpointURL]",
}
_ZONES, _RECORDS = "route53:zone", "route53:zone.records"
OWNERS = frozenset((*_HOSTS, _RECORDS))
_LONGEST_CHAIN = 8  # aliases and CNAME records from one name to the next
_DUALSTACK = "dualstack."  # Route 53 writes it before the name of a load balancer


@dataclass(frozen=True)
class Provenance:
    """What a file that was given as evidence is about, as the file itself states it.

    - `file`: its path; `what`: what it is, such as `load result`.
    - `host`: the host that was measured, without scheme and port; "" for a file about no host.
    - `stand_in`: whether that was this suite's own stand-in, which belongs to mock accounts only.
    - `account`, `region`: of the file, where it states them; else "".
    - `started`, `finished`: when it was made (ISO 8601, UTC); `version`: of asbuilt that made it.
    - `digests`: the SHA-256 of what it was made from, by name.
    """

    file: str
    what: str
    host: str = ""
    stand_in: bool = False
    account: str = ""
    region: str = ""
    started: str = ""
    finished: str = ""
    version: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """The provenance as JSON values."""
        return asdict(self)


def owner_kinds(sources: Iterable[str], target: Target) -> frozenset[str]:
    """The kinds that tell whose host a file is about; none where no account is read, or no file is evidence for it.

    `sources` are the sources that facts need.
    """
    judged = target.evidence_kind in ("account", "endpoint") and any(target.given.get(name) for name in sources)
    return OWNERS if judged else frozenset()


def withheld(
    snapshot: Snapshot, kinds_of: Mapping[str, Iterable[str]], target: Target, now: datetime.datetime
) -> Snapshot:
    """The snapshot without the records of files that prove nothing of the target; the reasons are in their place.

    `kinds_of` are the kinds of each source.
    """
    answers = dict(snapshot.answers)
    for source, about in snapshot.provenance.items():
        try:
            _check(Provenance(**about), snapshot, target, now)
        except Unknown as why:
            problem = Answer(problem=why.reason, permission=why.permission, untested=isinstance(why, Untested))
            answers |= {kind: {"": [problem]} for kind in kinds_of[source] if kind in answers}
    return replace(snapshot, answers=answers)


def _check(about: Provenance, snapshot: Snapshot, target: Target, now: datetime.datetime) -> None:
    """Raise `Untested` where a file proves nothing of the target, and `Unknown` where that cannot be told."""
    _timely(about, target.evidence_days, now)
    if target.evidence_kind == "none" and not about.stand_in:
        return  # its facts are facts of the host
    if about.stand_in != (target.evidence_kind == "mock"):
        other = "a stand-in application" if about.stand_in else about.host
        belongs = "a mock account" if about.stand_in else "an account"
        add = ": add --mock" if target.evidence_kind == "none" else ""
        raise Untested(
            f"{about.file} measures {other}, which proves facts of {belongs} only, not of {target.name}{add}"
        )
    if about.host and not about.stand_in:
        _owned(about, snapshot, target)


def _timely(about: Provenance, days: int, now: datetime.datetime) -> None:
    started, finished = (_time(about, name) for name in ("started", "finished"))
    if finished < started or finished > now:
        order = "before it started" if finished < started else f"after the time that is judged ({_text(now)})"
        raise Unknown(f"{about.file} finished {order}: {about.started or '-'} to {about.finished}: its times are wrong")
    age = (now - finished).days
    if now - finished > datetime.timedelta(days=days):
        raise Untested(
            f"{about.file} is {age} days old, and a {about.what} proves facts for {days} days: measure again, or "
            "accept older files with --evidence-days N"
        )


def _time(about: Provenance, name: str) -> datetime.datetime:
    text = getattr(about, name)
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Unknown(f"{about.file}: `{name}` must be a time in ISO 8601 with its offset from UTC, found {text!r}")
    return moment


def _text(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).isoformat(timespec="seconds")


def _owned(about: Provenance, snapshot: Snapshot, target: Target) -> None:
    """Raise `Untested` where nothing in the account answers at the host, `Unknown` where that could not be read."""
    unread: list[Unknown] = []
    hosts, leads = _hosts(snapshot, unread), _leads(snapshot, unread)
    if _leads_home(_plain(about.host), hosts, leads):
        return
    if unread:
        raise Unknown(
            f"whether {about.host} belongs to {target.name} is not known: {unread[0].reason}", unread[0].permission
        )
    raise Untested(
        f"{about.file} measures {about.host}, at which no load balancer, distribution or environment of {target.name} "
        "answers, and no record of its public zones leads to one: measure the host of this account"
    )


def _hosts(snapshot: Snapshot, unread: list[Unknown]) -> set[str]:
    found: set[str] = set()
    for kind, path in _HOSTS.items():
        try:
            found |= {
                _plain(name) for entry in snapshot.entries(kind) for name in search(path, entry.data) or () if name
            }
        except Unknown as why:
            unread.append(why)
    return found


def _leads(snapshot: Snapshot, unread: list[Unknown]) -> dict[str, set[str]]:
    """The names that each name of the account's public zones leads to; "" for one that leads to an address."""
    try:
        public = {entry.id for entry in snapshot.entries(_ZONES) if not search("Config.PrivateZone", entry.data)}
        records = [entry.data for entry in snapshot.entries(_RECORDS) if entry.parent in public]
    except Unknown as why:
        unread.append(why)
        return {}
    leads: dict[str, set[str]] = {}
    for record in records:
        if record.get("Type") not in ("A", "AAAA", "CNAME"):
            continue
        alias = search("AliasTarget.DNSName", record)
        values = [alias] if alias else search("ResourceRecords[].Value", record) or [""]
        named = values if alias or record["Type"] == "CNAME" else [""]
        leads.setdefault(_plain(str(record.get("Name", ""))), set()).update(map(_plain, named))
    return leads


def _leads_home(host: str, hosts: set[str], leads: Mapping[str, set[str]]) -> bool:
    """Whether a name is one of the hosts, or every record of it leads to one."""
    waiting, seen = [host], {host}
    for _ in range(_LONGEST_CHAIN):
        waiting = [name for name in waiting if name not in hosts]
        if not waiting:
            return True
        following = [leads.get(name, {""}) for name in waiting]
        waiting = sorted(set().union(*following))
        if "" in waiting or seen & set(waiting):
            return False
        seen |= set(waiting)
    return False


def _plain(host: str) -> str:
    return str(host).lower().removesuffix(".").removeprefix(_DUALSTACK)
