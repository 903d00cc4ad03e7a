"""Secrets are recognised by name, form and randomness, and what only resembles one is not."""

from __future__ import annotations

import pytest

from asbuilt.sources.redaction import is_secret, redact_text
from asbuilt.sources.secrets.names import words
from asbuilt.sources.secrets.recognition import is_random, spans
from asbuilt.sources.secrets.values import VALUES
from asbuilt_content.checks.delivery import lambda_function
from tests.records import record
from tests.sources.secrets.kinds import BY_RANDOMNESS, KINDS, PLAIN


def _id(row):
    return row[0]


def test_there_are_enough_kinds():
    """Fifty common kinds are the least; each has its own id."""
    assert len(VALUES) >= 50
    assert len({kind.id for kind in VALUES}) == len(VALUES)


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.id)
def test_each_kind_recognises_its_example(kind):
    """Alone, in a sentence, in quotes, and in the middle of a name."""
    for text in (kind.example, f"see {kind.example} there", f'"{kind.example}"', f"app/{kind.example}"):
        assert kind.id in [span.kind for span in spans(text)], text


@pytest.mark.parametrize("row", [*KINDS, *BY_RANDOMNESS], ids=_id)
def test_a_secret_in_a_variable_is_found(row):
    """The variable's name alone, or the value alone, shows it."""
    _, name, value, _ = row
    assert is_secret(name or "SETTING", value)
    found = record({"Environment": {"Variables": {name or "SETTING": value}}})
    assert lambda_function.free_of_plain_secrets(found) is False


@pytest.mark.parametrize(("name", "value"), PLAIN, ids=[f"{name}={value:.30}" for name, value in PLAIN])
def test_what_resembles_a_secret_is_none(name, value):
    """What describes a secret, refers to one, or is random by design."""
    assert not is_secret(name, value)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("DB_PASSWORD2", ("db", "password")),
        ("dbPassWord", ("db", "pass", "word")),
        ("db.pass-word", ("db", "pass", "word")),
        ("DBPassword", ("db", "password")),
        ("APIKey", ("api", "key")),
        ("", ()),
    ],
)
def test_names_are_split_into_words(name, found):
    """At separators, digits and changes of case."""
    assert words(name) == found


@pytest.mark.parametrize("text", ["abcdefghijklmnop", "production-web-server-01", "a" * 64, "0" * 64, "aB1" * 20])
def test_long_is_not_random(text):
    """Words and repetitions hold little information."""
    assert not is_random(text)


def test_a_long_text_is_searched_in_a_moment():
    """No expression takes quadratic time; such a text would otherwise take minutes."""
    parts = ("key-", "a", "://", "://:", "-----BEGIN PRIVATE KEY-----", "=", "key=", "key='", "eyJ-", "mysql ", "-a ")
    for part in parts:
        spans(part * 10_000)


@pytest.mark.parametrize(
    "text",
    [
        'db_password      = "{}"',
        "password   =   {}",
        "DB_PASSWORD='one\"{}'",
        'password: "one\\"{}"',
        "password: |\n  {}",
        "password: >-\n  {}\nuser: app",
        "export DB_PASSWORD=\\\n{}",
        "state=1%26password%3D{}",
        "password=one,{}",
        "DB_PASSWORD=one&{}",
        "DB_PASSWORD=one}}{}",
    ],
)
def test_a_pair_is_found_to_its_end(text):
    """However it is aligned, and with the other quote or an escaped one in the value."""
    assert "x7Kp2Vq9" not in redact_text(text.format("x7Kp2Vq9"))


@pytest.mark.parametrize(
    "text",
    ["password: [redacted: named-secret 26b8397589, 10 characters]", "token = [digest: 1e3a25316a, 3 characters]"],
)
def test_a_mark_is_not_marked_again(text):
    """A text that was redacted stays as it is."""
    assert redact_text(text) == text
