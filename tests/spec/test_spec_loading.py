"""All mistakes in a spec are reported together, each with file, line and the nearest valid name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from asbuilt.spec.loading import find_spec, load
from asbuilt.spec.model import SpecError

GOOD = """\
[architecture]
name = "Demo"
document = "The demo's document"
region = "us-east-1"
variants = ["tier1", "tier2"]

[subjects]
database = { kind = "rds:db", name = "demo-db" }
bucket = { kind = "s3:bucket", name = "demo-*", many = true }

[[claim]]
section = "Step 1"
says = "Two zones in the larger tier."
database.multi_az = { tier2 = true }

[[claim]]
section = "Step 2"
says = "A bucket."
severity = "low"
bucket.count = ">= 1"
"""


@pytest.fixture
def spec(tmp_path: Path):
    """Write a spec and load it."""

    def write(text: str, **options):
        path = tmp_path / "demo" / "spec.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return load(path, **options)

    return write


def _problems(spec, text):
    with pytest.raises(SpecError) as caught:
        spec(text)
    return [problem.partition("spec.toml:")[2] for problem in caught.value.problems]


def test_a_good_spec_gives_facts_per_variant(spec):
    """A table keyed by variants gives facts for the variants that it names only."""
    loaded = spec(GOOD)
    assert [fact.id for fact in loaded.facts] == [
        "database.multi_az[tier2]",
        "bucket.count[tier1]",
        "bucket.count[tier2]",
    ]
    assert {fact.id: fact.severity for fact in loaded.facts}["bucket.count[tier1]"] == "low"
    assert loaded.facts[0].line == 14
    assert loaded.system == "demo"


@pytest.mark.parametrize(
    ("grant", "message"),
    [
        ("s3:GetObject on bukcet/*", "'bukcet' is not a subject, an ARN or *; did you mean bucket?"),
        ("s3:GetObjekt on bucket/*", "did you mean s3:GetObject?"),
        ("s3:GetObject bucket/*", "is not a grant: write ACTION"),
        ("s3:GetObject on bucket", "cannot act on bucket"),
    ],
)
def test_a_mistake_in_a_grant_names_its_line(spec, grant, message):
    """The mistake is found while the spec is loaded, before any account is read."""
    role = 'role = { kind = "iam:role", name = "app" }\n\n[[claim]]\nsection = "Step 1"'
    text = GOOD.replace('\n[[claim]]\nsection = "Step 1"', role, 1)
    text = text.replace("bucket.count", f'role.allows_at_most = ["s3:GetObject on bucket/*", "{grant}"]\nbucket.count')
    found = _problems(spec, text)
    assert len(found) == 1
    assert found[0].startswith("21: ")
    assert message in found[0]


@pytest.mark.parametrize("mistaken", ["rds:bd", "rds:db.parameter"])
def test_an_unknown_kind_hides_no_other_mistake(spec, mistaken):
    """Other mistakes in the subject and in the claims on it are reported; valid parts are not."""
    text = GOOD.replace("rds:db", mistaken).replace('name = "demo-db"', 'name = "demo-db", many = 1')
    text = text.replace(
        "{ tier2 = true }", '{ tier2 = "yes" }\ndatabase.mutli_az = true\ndatabase.encrypted_at_rest = true'
    )
    found = _problems(spec, text)
    assert [problem.partition(":")[0] for problem in found] == ["8", "8", "14", "15"]
    assert "write true" in found[2]
    assert "did you mean 'multi_az'?" in found[3]


def test_subjects_that_are_no_table_are_the_only_mistake(spec):
    """The claims on the subjects are validated, and the unknown subjects are no further mistakes."""
    text = GOOD[: GOOD.index("[subjects]")] + GOOD[GOOD.index("[[claim]]") :]
    found = _problems(spec, "subjects = 3\n" + text.replace("bucket.count", "bucket.cuont"))
    assert len(found) == 2
    assert found[0].startswith("1: subjects must be a table, found 3")
    assert "no check 'cuont': did you mean 'count'?" in found[1]


def test_mistakes_of_both_files_are_told_at_once(spec, tmp_path):
    """The mistakes in both files are reported together; ids of contradictions are not validated then."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "contradictions.toml").write_text("[[contradiction]]\nid = 3\n", encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        spec(GOOD.replace('severity = "low"', 'severity = "lwo"\ndisputed = "price"'))
    files = [problem.partition(".toml:")[0].rpartition("/")[2] for problem in caught.value.problems]
    assert files == ["spec", *["contradictions"] * 5]


def test_claims_written_as_one_table_are_each_told(spec):
    """`[claim]` in place of `[[claim]]` is reported, and so are the mistakes around it."""
    found = _problems(spec, GOOD.replace("[[claim]]", "[claim]").replace("multi_az", "multi_ax"))
    assert [problem.partition(":")[0] for problem in found] == ["11", "14", "16"]
    assert "write [[claim]], not [claim]" in found[0]


def test_the_system_is_the_name_of_the_folder(spec, tmp_path, monkeypatch):
    """The folder gives the name from any current folder; a file with another name gives its own."""
    spec(GOOD)
    (tmp_path / "demo" / "other.toml").write_text(GOOD, encoding="utf-8")
    monkeypatch.chdir(tmp_path / "demo")
    assert load(Path("spec.toml")).system == "demo"
    assert load(Path("other.toml")).system == "other"
    assert find_spec("spec.toml") == Path("spec.toml")
    assert find_spec("../demo") == Path("../demo/spec.toml")


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("campushub", "no spec is called 'campushub' and no file is there: did you mean 'campushub360'?"),
        (".", "the folder holds no spec.toml"),
        ("no/such/spec.toml", "no spec is called 'no/such/spec.toml' and no file is there"),
    ],
)
def test_a_name_that_stands_for_no_spec_is_one_message(tmp_path, monkeypatch, named, message):
    """The message names the nearest shipped system."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError, match=re.escape(message)):
        find_spec(named)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no [[claim]]"),
        (GOOD[: GOOD.index("[[claim]]")], "no [[claim]]"),
        ("claim = []\n" + GOOD[: GOOD.index("[[claim]]")], "no [[claim]]"),
        (GOOD.split("database.multi_az", maxsplit=1)[0], "states a fact"),
        ("[architecture\n", "not valid TOML"),
    ],
)
def test_an_empty_or_broken_file_is_refused(spec, text, message):
    """A spec without claims or facts is refused."""
    with pytest.raises(SpecError, match=message.replace("[", r"\[")):
        spec(text)


def test_a_missing_file_is_one_message(tmp_path):
    """A path that does not exist gives a message and no traceback."""
    with pytest.raises(SpecError, match="cannot be read"):
        load(tmp_path / "spec.toml")


def test_the_stricter_reading_replaces_the_laxer(spec):
    """It replaces it under strict only; its names are validated always."""
    text = GOOD.replace("bucket.count = ", 'strict.bucket.count = ">= 5"\nbucket.count = ')
    lax = {fact.id: fact.expected.text for fact in spec(text).facts}
    strict = {fact.id: fact.expected.text for fact in spec(text, strict=True).facts}
    assert lax["bucket.count[tier1]"] == ">= 1"
    assert strict["bucket.count[tier1]"] == ">= 5"
