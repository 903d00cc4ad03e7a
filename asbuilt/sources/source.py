"""What a source of evidence is: the rows that it answers, how it is connected to, and the options that name it.

A module of `asbuilt/sources/` that holds a `SOURCE` is a source; `asbuilt.sources.table` finds it by that name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from asbuilt.sources.row import Row
from asbuilt.targets import Target

# (service, region) -> a client in the form that reading needs: `meta.method_to_api_mapping`, `can_paginate`, and a
# method for each operation of the source's rows
Clients = Callable[[str, str], Any]


@dataclass(frozen=True)
class Option:
    """A command-line option that names evidence; `asbuilt verify` and pytest take it alike.

    Without `metavar` it is a switch. `many` lets it be given several times; the values of a `file` must exist.
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


@dataclass(frozen=True)
class EvidenceRequest:
    """Whose evidence is asked for: the target, the deployment, and what was given for the source.

    `given` are the values of the source's options in their order; a switch that is on gives its flag. `region` is the
    region that the spec names. `session` is the boto3 session of an open mock account, if that is the target.
    """

    target: Target
    region: str
    system: str = ""
    variant: str = ""
    given: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    session: Any = None


@dataclass(frozen=True)
class Source:
    """A source of evidence.

    - `name`: what results, marks and messages call it.
    - `services`: the services of its rows; a row belongs to the source whose service it names.
    - `rows`: what can be read from it.
    - `connect`: gives clients for a request. It raises `Untested` where the run has no such evidence, and
      `TargetError` where the target cannot be used at all.
    - `options`: how the command line names the evidence. A source with options that was not given is untested.
    - `untested`: the reason that facts of a source that was not given carry.
    - `about`: one sentence for the documentation.
    """

    name: str
    services: Sequence[str]
    rows: tuple[Row, ...]
    connect: Callable[[EvidenceRequest], Clients]
    about: str
    untested: str
    options: tuple[Option, ...] = ()
