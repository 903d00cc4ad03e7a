"""What the pages say of where things are is so."""

from __future__ import annotations

import re

import pytest

from tests.accounts import ROOT, SYSTEMS

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_system_is_introduced():
    """Each has a row in the first table, and there is no row without a spec."""
    assert sorted(re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)) == SYSTEMS


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))])
def test_links_and_paths_lead_somewhere(page):
    """Links of every page, and the paths that the README points to."""
    text = (ROOT / page).read_text(encoding="utf-8")
    here = (ROOT / page).parent
    named = [here / target for target in re.findall(r"\]\(([\w./-]+)\)", text)]
    if page == "README.md":
        named += [ROOT / path for path in re.findall(r"`((?:asbuilt|checks|specs|fixtures)/[\w./]*)`", text)]
    assert [str(path) for path in named if not path.exists()] == []
