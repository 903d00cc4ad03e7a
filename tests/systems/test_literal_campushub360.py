"""The account that the document's own commands build fails exactly where the document contradicts itself."""

from __future__ import annotations

from asbuilt_content.fixtures.literal import campushub360
from tests.literal import contradictions, statuses


def test_the_commands_fail_where_the_document_contradicts_itself():
    """The listed facts fail or are unknown; every other fact passes, is untested or does not apply."""
    found = statuses(campushub360, "tier1")
    assert {name for name, status in found.items() if status == "failed"} == set(campushub360.EXPECTED_FAILURES)
    assert {name for name, status in found.items() if status == "unknown"} == set(campushub360.EXPECTED_UNKNOWNS)
    assert set(found.values()) <= {"passed", "failed", "unknown", "untested", "not applicable"}


def test_every_failure_is_explained():
    """Each failure names an entry of contradictions.toml."""
    explained = {*campushub360.EXPECTED_FAILURES.values(), *campushub360.EXPECTED_UNKNOWNS.values()}
    assert explained <= contradictions("campushub360")
