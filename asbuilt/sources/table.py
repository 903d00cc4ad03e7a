"""The table of evidence sources, found by name, and the table of rows that they answer.

The plan of reading, the auditor's policy, the hook that refuses other operations, the options of the command line and
of pytest, and the page of checks are all derived from these two tables.
"""

from __future__ import annotations

import dataclasses
import importlib
import os
import pkgutil
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from asbuilt import sources as package
from asbuilt.evidence import TargetError, Untested
from asbuilt.sources.row import Row
from asbuilt.sources.source import Clients, EvidenceRequest, FileClients, Option, Source
from asbuilt.targets import EVIDENCE_DAYS, MOCK, NONE, Target, choose

ACCOUNT = "account"


@cache
def sources() -> Mapping[str, Source]:
    """Every source by name: the `SOURCE` of each module of `asbuilt/sources/` that has one."""
    modules = (
        importlib.import_module(f"{package.__name__}.{found.name}")
        for found in pkgutil.iter_modules(package.__path__)
        if found.name != "table"
    )
    found = (getattr(module, "SOURCE", None) for module in modules)
    return {source.name: source for source in found if isinstance(source, Source)}


@cache
def rows_by_kind() -> Mapping[str, tuple[Row, ...]]:
    """The rows that read each kind of record; several where several operations return the kind."""
    table: dict[str, tuple[Row, ...]] = {}
    for source in sources().values():
        for row in source.rows:
            table[row.kind] = (*table.get(row.kind, ()), row)
    return table


@cache
def _by_service() -> Mapping[str, Source]:
    return {service: source for source in sources().values() for service in source.services}


def source_of(kind: str) -> str:
    """The name of the source of a kind of record. Raises `KeyError` for an unknown kind."""
    return _by_service()[rows_by_kind()[kind][0].service].name


def kinds_of(source: str) -> list[str]:
    """The kinds of record that a source answers."""
    return [row.kind for row in sources()[source].rows]


def is_aws(row: Row) -> bool:
    """Whether AWS answers the row, so that its operation has a permission and a shape."""
    return _by_service()[row.service].name == ACCOUNT


def with_parents(kinds: set[str]) -> set[str]:
    """The kinds, and all their parents."""
    wanted = set(kinds)
    for kind in kinds:
        for row in rows_by_kind()[kind]:
            if row.per and row.per not in wanted:
                wanted |= with_parents({row.per})
    return wanted


def narrowing_of(kind: str) -> dict[str, str]:
    """The attributes by which a spec can select among records of this kind, each with the JMESPath of its field."""
    return {attribute: path for row in rows_by_kind()[kind] for attribute, path in row.within.items()}


def options() -> list[Option]:
    """The options of all sources, in the order of the sources."""
    return [option for source in sources().values() for option in source.options]


def chosen_target(chosen: Mapping[str, Any]) -> Target:
    """The target that parsed options (by name) choose, with the values that they give for each source.

    Without an account, an endpoint or `--mock`, it is the mock account, or none where other evidence is named. Raises
    `TargetError` with the mistake and its correction.
    """
    given = _given(chosen)
    target = choose(
        chosen["account"] or "",
        chosen["endpoint_url"] or "",
        Path(chosen["accounts_file"]),
        default=MOCK if chosen["mock"] or not given else NONE,
        replay=chosen.get("replay") or "",
    )
    if chosen["mock"] and target is not MOCK:
        raise TargetError("give one of --mock, --account, --endpoint-url and --replay")
    for name in given if target.recording else ():
        if not all(option.file for option in sources()[name].options):
            raise TargetError(f"--replay reads nothing but files: leave out {sources()[name].options[0].flag}")
    return dataclasses.replace(target, given=given, evidence_days=_days(chosen.get("evidence_days") or ""))


def _days(text: str) -> int:
    if text and not text.isdecimal():
        raise TargetError(f"--evidence-days {text}: must be a whole number")
    return int(text or EVIDENCE_DAYS)


def _given(chosen: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The values of parsed options by source, except those of the account, whose options choose the target."""
    given: dict[str, tuple[str, ...]] = {}
    for source in sources().values():
        values: list[str] = []
        for option in source.options if source.name != ACCOUNT else ():
            value = chosen.get(option.name)
            values += [option.flag] if value is True else [value] if isinstance(value, str) and value else value or []
            paths = [value] if isinstance(value, str) and value else value or ()
            missing = [path for path in paths if not Path(path).is_file()] if option.file else []
            if missing:
                raise TargetError(f"{option.flag}: there is no file {', '.join(missing)}")
        if values:
            given[source.name] = tuple(values)
    return given


class SourceClients:
    """Clients of all sources for one target and deployment. Connects to a source once, when it is first needed.

    `access` says how the account is reached, once it is (see `AwsClients`).
    """

    def __init__(self, target: Target, region: str, session: Any = None, system: str = "", variant: str = "") -> None:
        self._target, self._region, self._session = target, region, session
        self._system, self._variant = system, variant
        self.access: dict[str, Any] = {}
        self._clients: dict[str, Clients] = {}
        self._lock = threading.Lock()

    def client(self, service: str, region: str) -> Any:
        """A client for a row's service. `region` is that of a global service's API, or "".

        Raises `Untested` where the run has no evidence of the service's source, and `TargetError` where the target
        cannot be used at all.
        """
        source = _by_service()[service]
        with self._lock:
            if source.name not in self._clients:
                self._clients[source.name] = source.connect(self._request(source))
        return self._clients[source.name](service, region)

    @property
    def provenance(self) -> dict[str, dict[str, Any]]:
        """What the file of each source that was connected to is about, by source."""
        files = {name: clients for name, clients in self._clients.items() if isinstance(clients, FileClients)}
        return {name: clients.provenance.plain() for name, clients in files.items()}

    def _request(self, source: Source) -> EvidenceRequest:
        given = self._target.given.get(source.name, ())
        if source.options and source.name != ACCOUNT and not given:
            raise Untested(source.untested)
        return EvidenceRequest(
            target=self._target,
            region=self._target.region or self._region,
            system=self._system,
            variant=self._variant,
            given=given,
            environment=os.environ,
            session=self._session,
            access=self.access,
        )
