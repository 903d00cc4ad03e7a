"""What a scenario's TOML file says: routes, who signs in, rows of data, and the load that the document states."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asbuilt import content
from asbuilt.problems import nearest

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
_TABLES = ("load", "variants", "login", "routes", "rows", "options")
_LOAD = ("rate", "trigger_rate", "users", "ramp_seconds", "timeout_seconds", "spacing", "seconds", "profile")
_LOGIN = ("method", "path", "body", "token", "header", "accounts", "user", "password", "expect")
_ROUTE = ("method", "path", "flow", "expect", "weight", "body", "contains", "changes", "server_timing", "counted")
OWN_ROWS = ("n", "user", "password")


class ScenarioError(ValueError):
    """Everything that is wrong with a scenario file, one line each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class Route:
    """One request of the system; `flow` says whose objective it counts for, `changes` that it writes.

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
        return values | {"user": filled(_secret(self.user), values), "password": filled(_secret(self.password), values)}


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
        return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), template)
    if isinstance(template, Mapping):
        return {key: filled(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(value, values) for value in template]
    return template


def placeholders(template: Any) -> set[str]:
    """The names that a template wants filled."""
    if isinstance(template, str):
        return set(_PLACEHOLDER.findall(template))
    parts = template.values() if isinstance(template, Mapping) else template if isinstance(template, list) else ()
    return {name for part in parts for name in placeholders(part)}


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
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError([f"{path}: {error}"]) from None


def parse(text: str, system: str, path: Path | None = None) -> Scenario:
    """Read a scenario's text. Raises `ScenarioError` with every mistake in it, and the file they are in."""
    path = path or shipped(system)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError([f"{path}: {error}"]) from None
    problems: list[str] = []
    _keys(problems, "", raw, _TABLES)
    _keys(problems, "[load] ", raw.get("load", {}), _LOAD)
    for name, about in raw.get("variants", {}).items():
        _keys(problems, f"[variants.{name}] ", about, _LOAD)
    rows = {name: tuple(str(item) for item in values) for name, values in raw.get("rows", {}).items()}
    problems += [f"[rows] {name} has no value" for name, values in rows.items() if not values]
    known = {*rows, *OWN_ROWS, *raw.get("options", {}).get("places", ())}
    routes = {name: _route(problems, name, about, known) for name, about in raw.get("routes", {}).items()}
    if not routes:
        problems.append("no [routes.<name>]: there is nothing to ask for")
    login = _login(problems, raw["login"]) if "login" in raw else None
    if problems:
        raise ScenarioError(f"{path}: {problem}" for problem in problems)
    return Scenario(
        system=system,
        load=raw.get("load", {}),
        variants=raw.get("variants", {}),
        routes=routes,
        rows=rows,
        login=login,
        options=raw.get("options", {}),
    )


def _keys(problems: list[str], where: str, raw: Mapping[str, Any], known: tuple[str, ...]) -> None:
    problems += [f"{where}unknown key {key!r}: {nearest(key, known)}" for key in raw if key not in known]


def _route(problems: list[str], name: str, raw: Mapping[str, Any], rows: set[str]) -> Route:
    where = f"[routes.{name}] "
    _keys(problems, where, raw, _ROUTE)
    path, method = str(raw.get("path", "")), str(raw.get("method", "GET"))
    if not path.startswith("/"):
        problems.append(f"{where}path must begin with a slash, not {path!r}")
    if method not in _METHODS:
        problems.append(f"{where}unknown method {method!r}: {nearest(method, _METHODS)}")
    wanted = placeholders(path) | placeholders(raw.get("body"))
    problems += [f"{where}{{{row}}} is no row: {nearest(row, rows)}" for row in sorted(wanted - rows)]
    return Route(
        name=name,
        path=path,
        method=method,
        flow=str(raw.get("flow", "api")),
        expect=frozenset(int(status) for status in raw.get("expect", [200])),
        weight=int(raw.get("weight", 1)),
        body=raw.get("body"),
        contains=str(raw.get("contains", "")),
        changes=bool(raw.get("changes", False)),
        counted=bool(raw.get("counted", True)),
        server_timing=raw.get("server_timing", {}),
    )


def _login(problems: list[str], raw: Mapping[str, Any]) -> Login:
    _keys(problems, "[login] ", raw, _LOGIN)
    if not str(raw.get("path", "")).startswith("/"):
        problems.append(f"[login] path must begin with a slash, not {raw.get('path', '')!r}")
    fields = {key: value for key, value in raw.items() if key in _LOGIN}
    if "expect" in fields:
        fields["expect"] = frozenset(fields["expect"])
    return Login(**{"path": "", **fields})
