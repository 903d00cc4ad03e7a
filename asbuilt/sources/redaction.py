"""Remove secrets from evidence as it is read, so that no later step can leak them.

- What `asbuilt.sources.secrets` recognises becomes a mark: `[redacted: github-token 3f9c2a71b0, 40 characters]`.
- The values of variables, command lines and payloads become a digest, `[digest: 3f9c2a71b0, 12 characters]`, unless a
  check compares them.

The same text gives the same mark within a run, so that references between records keep resolving. Digests are keyed
with random bytes that no file holds, since a plain hash of a short secret can be guessed.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from asbuilt.evidence import DIGEST
from asbuilt.sources.secrets import names
from asbuilt.sources.secrets.recognition import PLACEHOLDER as PLACEHOLDER_KIND
from asbuilt.sources.secrets.recognition import by_name, kind_of, spans

REDACTED, SAMPLE_KIND = "[redacted: ", "sample"
SECRET = f"{REDACTED}secret]"  # marks without a digest, for tests and for changed evidence
PLACEHOLDER = f"{REDACTED}{PLACEHOLDER_KIND}]"
MARK = re.compile(r"\[(?:redacted|digest): [\w-]+(?: [0-9a-f]+)?(?:, \d+ characters)?\]")
ACCESS_KEYS = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"})

# fields that hold the name of a value, and the field with the value
_VALUE_FIELDS = {
    "name": "value",
    "Name": "Value",
    "key": "value",
    "Key": "Value",
    "OptionName": "Value",
    "ParameterKey": "ParameterValue",
    "ParameterName": "ParameterValue",
    "OutputKey": "OutputValue",
    "HeaderName": "HeaderValue",
}
_NAME_FIELDS = frozenset(_VALUE_FIELDS)
_VARIABLE_LISTS = frozenset({"environment", "environmentVariables"})
_VARIABLE_MAPS = frozenset({"Variables", "environmentVariables"})
_NAMED_MAPS = frozenset({"options", "dockerLabels", "configuration", "HeaderParameters", "QueryStringParameters",
                         "tags", "Tags", "driverOpts", "labels"})  # fmt: skip
# lists of names and values that AWS chooses, or that refer to resources
_REFERRING_LISTS = frozenset({"Dimensions", "Attributes", "attributes", "details", "Filters"})
_PAYLOADS = frozenset({"ParameterKey", "OutputKey", "HeaderName"})  # names whose value is a payload
_PAYLOAD_FIELDS = frozenset({"UserData", "userData", "buildspec", "command", "entryPoint"})
_COMPARED_PARENTS = frozenset({"healthCheck"})  # its command is compared with the document's
_WHOLLY_SECRET = frozenset({"SecretString", "SecretBinary", "MasterUserPassword", "AuthToken", "SecretToken",
                            "ClientSecret", "OAuthToken", "Password", "PrivateKey", "EncodedMessage"})  # fmt: skip
_BEANSTALK_VARIABLES = "aws:elasticbeanstalk:application:environment"
_PLAIN_TYPES = ("PLAINTEXT", None)  # of variables of CodeBuild; others name a secret
_DEEPEST = 100  # levels of structures
_TOO_DEEP = f"{REDACTED}nested-too-deeply]"


@cache
def _digest_key() -> bytes:
    return secrets.token_bytes(32)


def _digest(text: str) -> str:
    keyed = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=_digest_key(), digest_size=5)
    return f"{keyed.hexdigest()}, {len(text)} characters]"


def undigested(text: str) -> str:
    """The text with the marks in it without their digests, which differ from run to run."""
    return MARK.sub(lambda mark: re.sub(r" [0-9a-f]{10}(?=[,\]])", "", mark[0]), text)


class Redactor:
    """Redacts the evidence of one reading.

    `compared` are the names of variables and payload fields whose values checks compare; they are kept unless secret.
    """

    def __init__(self, compared: Collection[str] = ()) -> None:
        self._compared = frozenset(compared)
        self._originals: dict[str, str] = {}
        self._plain_keys: set[Any] = set()

    def redact(self, data: Any) -> Any:
        """A copy of the data without secrets, also in its keys, and without the payloads that no check compares."""
        return self._any(data, "", "", 0)

    def text(self, text: str) -> str:
        """The text with each secret in it replaced by its mark, also within JSON."""
        return self._text(text, 0)

    def reveal(self, data: Any) -> Any:
        """A copy of the data with the original texts in place of their marks, as parameters of a call need them."""
        if not self._originals:
            return data
        if isinstance(data, Mapping):
            return {key: self.reveal(value) for key, value in data.items()}
        if isinstance(data, list):
            return [self.reveal(item) for item in data]
        return MARK.sub(lambda mark: self._originals.get(mark[0], mark[0]), data) if isinstance(data, str) else data

    def _any(self, data: Any, field: str, parent: str, depth: int, item: bool = False) -> Any:
        if isinstance(data, str):
            return self._field(data, field, parent, depth) if data else data
        if isinstance(data, bytes):
            return self._field(data.decode("utf-8", "replace"), field, parent, depth).encode()
        if not isinstance(data, dict | list):
            return data
        if depth > _DEEPEST:
            return _TOO_DEEP
        if isinstance(data, list):
            return self._list(data, field, parent, depth)
        if not item and (field in _VARIABLE_MAPS or field in _NAMED_MAPS):
            return {
                self._key(key, depth): self._named(key, value, field in _VARIABLE_MAPS, depth + 1)
                for key, value in data.items()
            }
        return self._dict(data, field, parent, depth)

    def _dict(self, data: dict[str, Any], field: str, parent: str, depth: int) -> dict[str, Any]:
        name_field = ""
        if not _NAME_FIELDS.isdisjoint(data):
            name_field = next((name for name, value in _VALUE_FIELDS.items() if name in data and value in data), "")
        value_field = _VALUE_FIELDS.get(name_field, "")
        payload = (
            (field in _VARIABLE_LISTS and data.get("type") in _PLAIN_TYPES)
            or name_field in _PAYLOADS
            or data.get("Namespace") == _BEANSTALK_VARIABLES
        )
        reference = field in _REFERRING_LISTS or (field in _VARIABLE_LISTS and not payload)
        redacted = {}
        for key, value in data.items():
            if key == value_field and not reference and isinstance(data[name_field], str):
                redacted[key] = self._named(data[name_field], value, payload, depth + 1)
            else:
                redacted[self._key(key, depth)] = self._any(value, key, field, depth + 1)
        return redacted

    def _key(self, key: Any, depth: int) -> Any:
        """A key without secrets. Most keys are fields of AWS, which are looked at once."""
        if key not in self._plain_keys:
            kept = self._text(key, depth) if isinstance(key, str) else key
            if kept != key:
                return kept
            self._plain_keys.add(key)
        return key

    def _list(self, data: list[Any], field: str, parent: str, depth: int) -> list[Any]:
        return [self._any(one, field, parent, depth + 1, item=True) for one in self._arguments_of(data)]

    def _arguments_of(self, texts: list[Any]) -> list[Any]:
        """The words of a command line, without the secrets that only the words before them show: `-a`, `hunter2`."""
        words = len(texts) > 1 and all(isinstance(text, str) for text in texts)
        if not words or not any(text.startswith("-") for text in texts):
            return texts
        found, kept, start = spans(" ".join(texts)), [], 0
        for text in texts:
            kinds = [span.kind for span in found if span.start <= start < span.end and len(text) <= span.end - start]
            kept.append(self._mark(kinds[0], text) if kinds and text else text)
            start += len(text) + 1
        return kept

    def _named(self, name: str, value: Any, payload: bool, depth: int) -> Any:
        if not isinstance(value, str) or not value:
            return self._any(value, name, "", depth)
        kind = kind_of(name, value)
        if kind:
            return self._mark(kind, value)
        if payload and name not in self._compared:
            return self._payload(value)
        return self._text(value, depth)

    def _field(self, text: str, field: str, parent: str, depth: int) -> str:
        if field in _WHOLLY_SECRET and not names.REFERENCE.fullmatch(text):
            return self._mark(field, text)
        if field in _PAYLOAD_FIELDS and parent not in _COMPARED_PARENTS and field not in self._compared:
            return self._payload(text)
        return self._text(text, depth)

    def _payload(self, text: str) -> str:
        if MARK.fullmatch(text) and text in self._originals:
            return text
        return (
            self._mark(SAMPLE_KIND, text) if names.SAMPLE.match(text) else self._kept(f"{DIGEST}{_digest(text)}", text)
        )

    def _text(self, text: str, depth: int) -> str:
        if text[:1] in ("{", "[") and depth < _DEEPEST:
            text = self._json(text, depth)
        found = spans(text)
        if not found:
            return text
        parts, end = [], 0
        for span in found:
            parts += [text[end : span.start], self._mark(span.kind, text[span.start : span.end])]
            end = span.end
        return "".join([*parts, text[end:]])

    def _json(self, text: str, depth: int) -> str:
        """JSON text with the values in it redacted; a text without secrets, or that is no JSON, unchanged."""
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            return text
        redacted = self._users(data, "", depth + 1)
        return json.dumps(redacted) if redacted != data else text

    def _users(self, data: Any, name: str, depth: int) -> Any:
        """A part of JSON whose keys a user chose, so that a key can be the name of a secret."""
        if depth > _DEEPEST:
            return _TOO_DEEP
        if isinstance(data, dict):
            if not _NAME_FIELDS.isdisjoint(data):
                data = self._dict(data, name, "", depth)
            return {self._key(key, depth): self._users(value, key, depth + 1) for key, value in data.items()}
        if isinstance(data, list):
            return [self._users(one, name, depth + 1) for one in self._arguments_of(data)]
        if not isinstance(data, str) or MARK.fullmatch(data):
            return data
        kind = by_name(name, data)
        return self._mark(kind, data) if kind else self._text(data, depth)

    def _mark(self, kind: str, text: str) -> str:
        return self._kept(f"{REDACTED}{kind} {_digest(text)}", text)

    def _kept(self, mark: str, text: str) -> str:
        self._originals[mark] = text
        return mark


def redact(data: Any) -> Any:
    """A copy of the data without secrets and payloads, as `Redactor.redact` makes it where no check compares any."""
    return Redactor().redact(data)


def redact_text(text: str) -> str:
    """The text with each secret in it replaced by its mark: an error message, a URL."""
    return Redactor().text(text)


def redacted(text: Any) -> bool:
    """Whether a text of evidence holds a mark in place of a secret or a payload."""
    return isinstance(text, str) and MARK.search(text) is not None


def is_placeholder(value: str) -> bool:
    """Whether a secret of redacted evidence was a placeholder such as `change-me`."""
    return value.startswith(f"{REDACTED}{PLACEHOLDER_KIND}")


def is_sample(value: str) -> bool:
    """Whether a value of redacted evidence was a sample such as `your-key`."""
    return is_placeholder(value) or value.startswith(f"{REDACTED}{SAMPLE_KIND}") or bool(names.SAMPLE.match(value))


def is_secret(name: str, value: str) -> bool:
    """Whether a variable of redacted evidence holds a secret: it was redacted, or is one by its name or value.

    The ARN of a secret is a reference and not a secret. An empty variable holds no secret.
    """
    if MARK.fullmatch(value):
        return not value.startswith((DIGEST, f"{REDACTED}{SAMPLE_KIND}"))
    return bool(kind_of(name, value))
