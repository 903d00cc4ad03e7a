"""What a scenario's TOML file may hold."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from asbuilt.load.plan.arrivals import CONSTANT, POISSON, PROFILES
from asbuilt.load.plan.confirmation import READS
from asbuilt.problems import nearest
from asbuilt.problems.file import InputFile
from asbuilt.problems.lines import Key
from asbuilt.problems.rules import (
    AMOUNT,
    ANY,
    ANY_TEXT,
    COUNT,
    FLAG,
    LINE,
    POSITIVE,
    TABLE,
    TEXTS,
    Rule,
    ValueType,
    number,
)

PLACEHOLDER = re.compile(r"\{(\w+)\}")
OWN_ROWS = ("n", "user", "password")
_PATH = ValueType(
    "a path that begins with a slash and holds no space",
    lambda value: isinstance(value, str) and value.startswith("/") and len(value.split()) == 1,
)
_STATUSES = ValueType(
    "a list of HTTP status codes such as [200]",
    lambda value: (
        isinstance(value, list) and bool(value) and all(type(code) is int and 100 <= code < 600 for code in value)
    ),
    list,
)
_ROW = ValueType(
    "a list of one or more texts or numbers",
    lambda value: isinstance(value, list) and bool(value) and all(isinstance(one, str) or number(one) for one in value),
    list,
)
_HEADER = ValueType(
    "a header such as 'Authorization: Bearer {token}'", lambda value: LINE.fits(value) and ":" in value, str
)
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_LOAD = {
    "rate": Rule(POSITIVE),
    "trigger_rate": Rule(POSITIVE),
    "users": Rule(COUNT),
    "ramp_seconds": Rule(AMOUNT),
    "timeout_seconds": Rule(POSITIVE),
    "spacing": Rule(LINE, choices=(CONSTANT, POISSON)),
    "seconds": Rule(POSITIVE),
    "profile": Rule(LINE, choices=tuple(PROFILES)),
}
_LOGIN = {
    "method": Rule(LINE, choices=_METHODS),
    "path": Rule(_PATH, needed=True),
    "body": Rule(ANY),
    "token": Rule(LINE),
    "header": Rule(_HEADER),
    "accounts": Rule(COUNT),
    "user": Rule(LINE),
    "password": Rule(ANY_TEXT),
    "expect": Rule(_STATUSES),
}
_ROUTE = {
    "method": Rule(LINE, choices=_METHODS),
    "path": Rule(_PATH, needed=True),
    "flow": Rule(LINE),
    "expect": Rule(_STATUSES),
    "weight": Rule(COUNT),
    "body": Rule(ANY),
    "contains": Rule(ANY_TEXT),
    "changes": Rule(FLAG),
    "server_timing": Rule(TABLE, each=Rule(LINE)),
    "counted": Rule(FLAG),
}
_SCENARIO = {
    "load": Rule(TABLE, keys=_LOAD),
    "variants": Rule(TABLE, each=Rule(TABLE, keys=_LOAD)),
    "login": Rule(TABLE, keys=_LOGIN),
    "routes": Rule(TABLE, needed=True, each=Rule(TABLE, keys=_ROUTE)),
    "rows": Rule(TABLE, each=Rule(_ROW)),
    "options": Rule(TABLE),
}
_OPTIONS = {  # beside these, what the scenario's own code takes
    "flows": Rule(TEXTS),
    "places": Rule(TEXTS),
    "every_seconds": Rule(TABLE, each=Rule(POSITIVE)),
}
_STATED = ("rate", "users")


def read_scenario(file: InputFile, whole: bool) -> dict[str, Any]:
    """The tables of a scenario, with nothing in them but what is valid. Mistakes are noted in the file.

    `whole` says that the load must be stated in it, as in a file from which a run is settled.
    """
    read = file.table((), _SCENARIO, file.data)
    if whole:
        _stated(file)
    if file.data.get("routes") == {}:
        file.wrong(("routes",), "no [routes.<name>]: there is nothing to ask for")
    for name, about in read.get("routes", {}).items():
        if about.get("changes") is False and about.get("method", "GET") not in READS:
            file.wrong(
                ("routes", name, "changes"),
                f"[routes.{name}] changes = false: a {about['method']} is a write by its method: leave the key out",
            )
    options = read.get("options", {})
    checked = file.table(("options",), _OPTIONS, options, others=True)
    rows = file.data.get("rows", {})
    if ("places" in options) == ("places" in checked) and isinstance(rows, dict):
        known = {*rows, *OWN_ROWS, *checked.get("places", ())}
        for name in read.get("routes", {}):
            _filled(file, ("routes", name, "path"), known, "row")
            _filled(file, ("routes", name, "body"), known, "row")
    _filled(file, ("login", "body"), OWN_ROWS, "value of a sign-in")
    _filled(file, ("login", "header"), ("token",), "value of a header")
    _filled(file, ("login", "user"), ("n",), "value of a user's name")
    _filled(file, ("login", "password"), ("n", "user"), "value of a password")
    return read


def _stated(file: InputFile) -> None:
    """Note a rate or a number of users that is stated nowhere."""
    load, variants = file.data.get("load", {}), file.data.get("variants", {})
    if not isinstance(load, dict) or not isinstance(variants, dict):
        return
    for name in _STATED:
        lacking = [variant for variant, about in variants.items() if isinstance(about, dict) and name not in about]
        if name in load or (variants and not lacking):
            continue
        for variant in lacking:
            file.wrong(
                ("variants", variant), f"[variants.{variant}] needs {name}, here or in [load]: {_LOAD[name].type.words}"
            )
        if not variants:
            file.wrong(("load",), f"[load] needs {name}: {_LOAD[name].type.words}")


def _filled(file: InputFile, key: Key, known: Collection[str], what: str) -> None:
    """Note places of the template under a key that nothing can fill."""
    template = file.data
    for part in key:
        template = template.get(part) if isinstance(template, dict) else None
    for name in sorted(placeholders(template) - set(known)):
        file.wrong(key, f"{file.place(key[:-1])}{{{name}}} is no {what}: {nearest(name, known)}")


def placeholders(template: Any) -> set[str]:
    """The names that a template wants filled."""
    if isinstance(template, str):
        return set(PLACEHOLDER.findall(template))
    parts = template.values() if isinstance(template, Mapping) else template if isinstance(template, list) else ()
    return {name for part in parts for name in placeholders(part)}
