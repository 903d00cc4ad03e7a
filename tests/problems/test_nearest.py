"""Hints name the nearest valid name, where one is near."""

from __future__ import annotations

import pytest

from asbuilt.problems import nearest, shown
from asbuilt.sources.table import rows_by_kind


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("rds:bd", "did you mean 'rds:db'?"),
        ("RDS:DB", "did you mean 'rds:db'?"),
        ("bucket", "did you mean 's3:bucket'?"),
        ("elb:load-balancer", "did you mean 'elbv2:load-balancer'?"),
        ("ec2:nat-gatway", "did you mean 'ec2:nat-gateway'?"),
    ],
)
def test_a_misspelt_kind_is_recognised(word: str, hint: str) -> None:
    """Exchanged letters, another case and the resource alone lead to the kind."""
    assert nearest(word, rows_by_kind()) == hint


@pytest.mark.parametrize("word", ["apigateway", "api-gateway", "apigateway:rest-api", "dynamodb:table", "x", ""])
def test_what_is_near_nothing_gets_a_short_list(word: str) -> None:
    """A gateway of another service is not near, and a hint does not list a hundred names."""
    hint = nearest(word, rows_by_kind())
    assert hint.startswith("valid: ")
    assert hint.endswith(", ...")
    assert "gateway" not in hint
    assert len(hint) < 120


def test_names_with_a_word_in_common_come_before_others() -> None:
    """They are listed where no whole name is near."""
    assert nearest("version_of_engine", ["engine", "backup_days", "port"]) == "valid: engine"
    assert nearest("lambda:layer", ["lambda:function", "ec2:vpc"]) == "valid: lambda:function"
    assert nearest("eu-wset-1", ["eu-east-1", "eu-west-1"]) == "did you mean 'eu-west-1'?"
    assert nearest("a", []) == "none is valid here"


def test_a_value_is_shown_short_and_printable() -> None:
    """Any value of a file is shown in at most 60 printable characters."""
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    assert shown(deep) == "[[...]]"
    assert shown({"a": True, "b": [1, "x"]}) == "{ a = true, b = [1, 'x'] }"
    assert shown("x" * 100) == "'" + "x" * 56 + "..."
    assert "\x1b" not in shown({"\x1b[31m": "\u202e"})
