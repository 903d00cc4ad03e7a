"""The pages name files that exist, and show output that the program prints."""

from __future__ import annotations

import re

import pytest

from asbuilt.judging.judge import judge
from asbuilt.results.record import fact_record
from asbuilt.results.terminal import failure_text
from tests.accounts import ROOT, SYSTEMS, documented, spec_of
from tests.programs import verify

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
PAGES = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "changelog.d/README.md", *DOCS]  # CHANGELOG.md names old paths
FOLDERS = "asbuilt|benchmarks|changelog.d|checks|deploy|docs|fixtures|loadtests|reports|requirements|specs|tests"
WRITTEN = ("reports/out",)  # folders that the program writes
FENCED = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)


def _read(page):
    return (ROOT / page).read_text(encoding="utf-8")


def _inline_code(text):
    """The inline code of a page, without fenced blocks, which can name files that the reader creates."""
    return re.findall(r"`([^`\n]+)`", FENCED.sub("", text))


def test_every_system_is_introduced():
    """The first table of the README has one row for each shipped spec, and no other row."""
    assert sorted(re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)) == SYSTEMS


@pytest.mark.parametrize("page", ["CHANGELOG.md", *PAGES])
def test_links_lead_somewhere(page):
    """Each link leads to a file that exists, and to a heading that the file has."""
    wrong = []
    for target, anchor in re.findall(r"\]\(([\w./-]*)(?:#([\w-]+))?\)", _read(page)):
        file = (ROOT / page).parent / target if target else ROOT / page
        if not file.is_file() or (anchor and anchor not in _anchors(file.read_text(encoding="utf-8"))):
            wrong.append(f"{target}#{anchor}")
    assert wrong == []


def _anchors(text):
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\s-]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_paths_are_there(page):
    """Every path in backticks below a folder of the project exists; `<name>` stands for any name."""
    paths = [code for code in _inline_code(_read(page)) if re.match(rf"({FOLDERS})/[\w./<>*|-]*$", code)]
    wrong = [path for path in paths if not path.startswith(WRITTEN) and not _is_there(path)]
    assert wrong == []


def _is_there(path):
    pattern = re.sub(r"<[^>]+>", "[!_]*", path)  # `<name>` does not stand for `__init__`
    folder = pattern.endswith("/")
    return any(found.is_dir() or not folder for found in ROOT.glob(pattern.rstrip("/")))


@pytest.mark.parametrize("page", PAGES)
def test_names_of_the_engine_are_there(page):
    """Every dotted name in backticks that begins with `asbuilt.` is a module or is defined in one."""
    named = [code for code in _inline_code(_read(page)) if re.match(r"asbuilt(\.\w+)+(\(.*\))?$", code)]
    assert [name for name in named if not _is_defined(name.partition("(")[0])] == []


def _is_defined(name):
    path = ROOT / name.replace(".", "/")
    if path.is_dir() or path.with_suffix(".py").is_file():
        return True
    module, defined = path.parent, path.name
    source = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
    pattern = rf"^(?:(?:def|class) {defined}\b|{defined}\b.* = )"
    return source.is_file() and bool(re.search(pattern, source.read_text(encoding="utf-8"), re.MULTILINE))


def test_the_site_shows_every_page():
    """The navigation names each page of docs/ once, and no other page."""
    named = re.findall(r"([\w./-]+\.md)$", _read("mkdocs.yml"), re.MULTILINE)
    assert sorted(f"docs/{page}" for page in named) == DOCS


def test_the_lines_of_deployments_are_what_a_run_prints(tmp_path):
    """The README shows the statuses, account, region and number of calls that a run prints."""
    ended = verify(tmp_path, "campushub360")
    printed = [line for line in ended.out.splitlines() if line.startswith("CampsHub360 tier")]
    assert printed == [line for line in README.splitlines() if line.startswith("CampsHub360 tier")]


def test_the_failure_is_what_a_run_prints():
    """The README shows the text that the program prints after the README's change of the database."""
    spec, (snapshot, now) = spec_of("campushub360"), documented("campushub360", "tier1")
    fact = next(fact for fact in spec.facts if fact.id == "database.multi_az[tier1]")
    entry = next(entry for entry in snapshot.entries("rds:db") if "campushub-db" in entry.ids)
    changed = snapshot.changed(entry, {**entry.data, "MultiAZ": False})
    verdict = judge(fact, spec.subjects["tier1"], changed, now)
    assert failure_text(fact_record(spec, verdict, "", strict=False), spec.name) in README
