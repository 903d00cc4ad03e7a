"""The table of semantics in docs/iam.md names existing tests, and names every test of the semantics."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent.parent
FILES = {
    "S": "iam/test_semantics.py",
    "C": "iam/test_conditions.py",
    "V": "iam/test_variables.py",
    "P": "iam/test_policy_types.py",
    "O": "checks/test_organizations.py",
    "M": "iam/test_mock_organization.py",
}


def _named() -> dict[str, dict[str, list[str]]]:
    """Rule → letter of the file → the tests that prove it."""
    page = (TESTS.parent / "docs" / "iam.md").read_text(encoding="utf-8")
    table = page.partition("| rule | proved by |")[2].partition("\n\n")[0].splitlines()[2:]
    rows = (re.fullmatch(r"\| (.+) \| (.+) \|", line) for line in table)
    found: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        assert row is not None
        for letter, tests in re.findall(r"([A-Z]) ((?:`\w+`(?:, )?)+)", row[2]):
            found.setdefault(row[1], {})[letter] = re.findall(r"`(\w+)`", tests)
    return found


def _written(letter: str) -> set[str]:
    return set(re.findall(r"^def (test_\w+)", (TESTS / FILES[letter]).read_text(encoding="utf-8"), re.MULTILINE))


def test_every_rule_names_tests_that_there_are() -> None:
    """Every rule names at least one test, and each of them exists."""
    named = _named()
    assert len(named) >= 30
    for rule, by_file in named.items():
        assert by_file, rule
        for letter, tests in by_file.items():
            assert tests, rule
            assert set(tests) <= _written(letter), rule


def test_every_test_of_a_semantic_stands_in_the_table() -> None:
    """Every test of the semantics is in the table."""
    named = list(_named().values())
    for letter in "SCVP":
        assert _written(letter) - {test for by_file in named for test in by_file.get(letter, ())} == set()
