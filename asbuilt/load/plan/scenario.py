"""What a scenario's TOML file says: routes, who signs in, rows of data, and the load that the document states."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asbuilt import content
from asbuilt.load.plan.confirmation import READS
from asbuilt.load.plan.scenario_rules import PLACEHOLDER, read_scenario
from asbuilt.problems import InputError, parsing


class ScenarioError(InputError, ValueError):
    """Everything that is wrong with a scenario file, one line each."""


@dataclass(frozen=True)
class Route:
    """One request of the system; `flow` says whose objective it counts for, `changes` that a read changes data.

    Not `counted`: asking again and again is no load of its own, and would thin out the errors of what is.
    """

    name: str
    path: str
    method: str = "GET"
    flow: str = "api"
    expect: frozenset[int] = frozenset({200})
    weight: int = 1
    body: Any = None
    contains: str = ""
    changes: bool = False
    counted: bool = True
    server_timing: Mapping[str, str] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        """Whether it may change data: by its method, whatever the file says, or because the file says so."""
        return self.method not in READS or self.changes


@dataclass(frozen=True)
class Login:
    """How a user signs in: `token` is where the answer holds it, `header` how it is shown from then on."""

    path: str
    method: str = "POST"
    body: Any = None
    token: str = ""
    header: str = "Authorization: Bearer {token}"
    accounts: int = 1
    user: str = "user-{n}"
    password: str = ""
    expect: frozenset[int] = frozenset({200})

    def account(self, number: int) -> dict[str, str]:
        """The credentials of the `number`-th account (from 1; 0 is one that nobody else uses).

        `env:NAME` stands for an environment variable.
        """
        values = {"n": str((number - 1) % self.accounts + 1 if number else 0)}
        values["user"] = filled(_secret(self.user), values)
        return values | {"password": filled(_secret(self.password), values)}


@dataclass(frozen=True)
class Scenario:
    """A scenario file, read and found whole."""

    system: str
    load: Mapping[str, Any]
    variants: Mapping[str, Mapping[str, Any]]
    routes: Mapping[str, Route]
    rows: Mapping[str, tuple[str, ...]]
    login: Login | None
    options: Mapping[str, Any]

    def stated(self, variant: str) -> dict[str, Any]:
        """The load that the document states for a variant."""
        return {**self.load, **self.variants.get(variant, {})}

    def flows(self) -> set[str]:
        """What an objective may be set for: flows, single routes, and what the scenario's code counts besides."""
        flows = {route.flow for route in self.routes.values()} | {*self.routes} | {*self.options.get("flows", ())}
        return flows | {name for route in self.routes.values() for name in route.server_timing.values()}


def _secret(text: str) -> str:
    return os.environ.get(text.removeprefix("env:"), "") if text.startswith("env:") else text


def filled(template: Any, values: Mapping[str, str]) -> Any:
    """A text, or every text of a structure, with `{name}` replaced; a name without a value stays."""
    if isinstance(template, str):
        return PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), template)
    if isinstance(template, Mapping):
        return {key: filled(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(value, values) for value in template]
    return template


def shipped(system: str) -> Path:
    """Where the scenario of a documented system stands; the file may be missing."""
    return content.folder("loadtests") / system / "scenario.toml"


def users_file(system: str) -> Path:
    """Where the load users of a documented system stand, a Locust file; it may be missing."""
    return shipped(system).with_name("users.py")


def systems() -> list[str]:
    """The systems that have a scenario, sorted."""
    return sorted(path.parent.name for path in content.folder("loadtests").glob("*/scenario.toml"))


def text_of(path: Path) -> str:
    """The text of a scenario file. Raises `ScenarioError` where it cannot be read."""
    return parsing.text_of(path, ScenarioError)


def parse(text: str, system: str, path: Path | None = None) -> Scenario:
    """Read a scenario's text. Raises `ScenarioError` with every mistake in it, and the file they are in.

    Without a path it is the text that the settings of a run hold, of which the load was settled before.
    """
    file = parsing.toml(text, path or shipped(system), ScenarioError)
    read = read_scenario(file, whole=path is not None)
    file.finish()
    return Scenario(
        system=system,
        load=read.get("load", {}),
        variants=read.get("variants", {}),
        routes={name: Route(name=name, **_with_statuses(about)) for name, about in read["routes"].items()},
        rows={name: tuple(str(item) for item in values) for name, values in read.get("rows", {}).items()},
        login=Login(**_with_statuses(read["login"])) if "login" in read else None,
        options=read.get("options", {}),
    )


def _with_statuses(about: Mapping[str, Any]) -> dict[str, Any]:
    return {**about, "expect": frozenset(about["expect"])} if "expect" in about else dict(about)
