"""A source of evidence: the rows that it answers, how to connect to it, and its command-line options.

Each module of `asbuilt/sources/` with a `SOURCE` defines one; `asbuilt.sources.table` finds it by that name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from asbuilt.sources.provenance import Provenance
from asbuilt.sources.row import Row
from asbuilt.targets import Target

# (service, region) -> a client with the interface of boto3 that reading needs: `meta.method_to_api_mapping`,
# `can_paginate`, and a method for each operation of the source's rows
Clients = Callable[[str, str], Any]


@dataclass(frozen=True)
class Option:
    """A command-line option that names evidence. Both `asbuilt verify` and pytest have it.

    - `metavar`: the name of its value in help; without one the option is a switch.
    - `many`: it can be given several times.
    - `file`: its values are files that must exist.
    """

    flag: str
    help: str
    metavar: str = ""
    many: bool = False
    file: bool = False
    default: str = ""

    @property
    def name(self) -> str:
        """The option's name in parsed options: `load_result`."""
        return self.flag.removeprefix("--").replace("-", "_")

    @property
    def keywords(self) -> dict[str, Any]:
        """What the parsers of the command line and of pytest take beside the flag."""
        if not self.metavar:
            return {"action": "store_true", "help": self.help}
        if self.many:
            return {"action": "append", "default": [], "metavar": self.metavar, "help": self.help}
        return {"default": self.default, "metavar": self.metavar, "help": self.help}


@dataclass(frozen=True)
class FileClients:
    """The clients of a source that takes a file as evidence: one client for all services, and what the file is about.

    The engine decides whether the file proves facts of the target (`asbuilt.sources.provenance`).
    """

    client: Any
    provenance: Provenance

    def __call__(self, service: str, region: str) -> Any:
        """The client."""
        return self.client


@dataclass(frozen=True)
class EvidenceRequest:
    """The evidence to connect to.

    - `target`: of the run; `system`, `variant`: the deployment.
    - `region`: that of the target, else of the spec.
    - `given`: the values of the source's options in order; a switch that is on gives its flag.
    - `environment`: the variables of the environment.
    - `session`: the open boto3 session to read with, or None to open one.
    - `access`: where a source notes how its evidence is reached, for results.
    """

    target: Target
    region: str
    system: str = ""
    variant: str = ""
    given: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    session: Any = None
    access: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """A source of evidence.

    - `name`: its name in results, marks and messages.
    - `services`: the services of its rows; a row belongs to the source that lists its service.
    - `rows`: the rows that it answers.
    - `connect`: returns clients for a request. It raises `Untested` where the run has no such evidence, and
      `TargetError` where the target cannot be used at all. A source that takes files returns `FileClients`.
    - `options`: the command-line options that name the evidence. Without any of them given, its facts are untested.
    - `untested`: the reason of those facts.
    - `about`: one sentence for the documentation.
    """

    name: str
    services: Sequence[str]
    rows: tuple[Row, ...]
    connect: Callable[[EvidenceRequest], Clients]
    about: str
    untested: str
    options: tuple[Option, ...] = ()
