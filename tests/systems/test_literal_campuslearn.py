"""The account that the document prints fails exactly where the document contradicts itself."""

from __future__ import annotations

from asbuilt_content.fixtures.literal import campuslearn
from tests.literal import contradictions, statuses


def test_the_printed_account_fails_where_the_document_contradicts_itself():
    """The listed facts fail or are unknown; every other fact passes or is untested."""
    found = statuses(campuslearn, "")
    assert {name for name, status in found.items() if status == "failed"} == set(campuslearn.EXPECTED_FAILURES)
    assert {name for name, status in found.items() if status == "unknown"} == set(campuslearn.EXPECTED_UNKNOWNS)
    assert set(found.values()) <= {"passed", "failed", "unknown", "untested"}


def test_every_failure_is_explained():
    """Each failure names an entry of contradictions.toml."""
    explained = {*campuslearn.EXPECTED_FAILURES.values(), *campuslearn.EXPECTED_UNKNOWNS.values()}
    assert explained <= contradictions("campuslearn")
