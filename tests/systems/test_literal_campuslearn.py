"""The document's own output, built as printed, fails exactly where the document contradicts itself."""

from __future__ import annotations

from asbuilt_content.fixtures.literal import campuslearn
from tests.literal import contradictions, statuses

# The day after the printed certificate ends: nothing here may depend on the day on which it is run.


def test_what_is_printed_fails_where_the_document_disagrees_with_itself():
    """The listed facts fail, the listed ones are not known, and every other fact passes."""
    found = statuses(campuslearn, "")
    assert {name for name, status in found.items() if status == "failed"} == set(campuslearn.EXPECTED_FAILURES)
    assert {name for name, status in found.items() if status == "unknown"} == set(campuslearn.EXPECTED_UNKNOWNS)
    assert set(found.values()) <= {"passed", "failed", "unknown", "untested"}


def test_every_failure_is_explained():
    """Each is tied to an entry of contradictions.toml."""
    explained = {*campuslearn.EXPECTED_FAILURES.values(), *campuslearn.EXPECTED_UNKNOWNS.values()}
    assert explained <= contradictions("campuslearn")
