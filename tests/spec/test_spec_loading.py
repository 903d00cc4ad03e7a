"""A spec's mistakes: all at once, each with file, line and the nearest valid name."""

from __future__ import annotations

from pathlib import Path

import pytest

from asbuilt.spec.loading import load
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
    """A table keyed by variants makes facts only for those it names."""
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
    ("old", "new", "line", "message"),
    [
        ("database.multi_az", "databse.multi_az", 14, "unknown subject or key 'databse': did you mean 'database'?"),
        ("multi_az = ", "multi_ax = ", 14, "no check 'multi_ax': did you mean 'multi_az'?"),
        ("{ tier2 = true }", '"yes"', 14, "multi_az answers with true or false; 'yes' is not one"),
        ("{ tier2 = true }", "{ teir2 = true }", 14, "did you mean 'tier2'?"),
        ("{ tier2 = true }", "{ tier1 = true, teir2 = true }", 14, "unknown variant 'teir2': did you mean 'tier2'?"),
        ("rds:db", "rds:bd", 8, "unknown kind 'rds:bd': did you mean 'rds:db'?"),
        ('name = "demo-db"', 'nam = "demo-db"', 8, "unknown key 'nam': did you mean 'name'?"),
        ('severity = "low"', 'severity = "lwo"', 19, "unknown severity 'lwo': did you mean 'low'?"),
        ('">= 1"', '">= one"', 20, "answers with a number"),
        ('region = "us-east-1"\n', "", 1, "[architecture] needs region"),
        ('says = "A bucket."\n', "", 16, "needs says: a text"),
        ("[subjects]", "[subject]", 7, "unknown table 'subject': did you mean 'subjects'?"),
        ("bucket.count", "database.multi_az = true\nbucket.count", 20, "already stated on line 14"),
        ("bucket.count", 'disputed = "no-such"\nbucket.count', 20, "no contradiction is called 'no-such'"),
        ("bucket.count", 'variants = ["tier3"]\nbucket.count', 20, "unknown variant 'tier3'"),
        ("bucket.count", "strict.bucket.cuont = 1\nbucket.count", 20, "no check 'cuont': did you mean 'count'?"),
    ],
)
def test_a_mistake_names_its_line_and_the_nearest_name(spec, old, new, line, message):
    """Each kind of mistake, one at a time."""
    found = _problems(spec, GOOD.replace(old, new, 1))
    assert any(problem.startswith(f"{line}: ") and message in problem for problem in found), found


@pytest.mark.parametrize(
    ("grant", "message"),
    [
        ("s3:GetObject on bukcet/*", "'bukcet' is no subject, ARN or *; did you mean bucket?"),
        ("s3:GetObjekt on bucket/*", "did you mean s3:GetObject?"),
        ("s3:GetObject bucket/*", "is no grant: write ACTION"),
        ("s3:GetObject on bucket", "cannot act on bucket"),
    ],
)
def test_a_mistake_in_a_grant_names_its_line(spec, grant, message):
    """While the spec is loaded, before any account is read."""
    role = 'role = { kind = "iam:role", name = "app" }\n\n[[claim]]\nsection = "Step 1"'
    text = GOOD.replace('\n[[claim]]\nsection = "Step 1"', role, 1)
    text = text.replace("bucket.count", f'role.allows_at_most = ["s3:GetObject on bucket/*", "{grant}"]\nbucket.count')
    found = _problems(spec, text)
    assert len(found) == 1
    assert found[0].startswith("21: ")
    assert message in found[0]


def test_all_mistakes_are_told_at_once(spec):
    """Not the first only."""
    broken = GOOD.replace("multi_az", "multi_ax").replace('"low"', '"lwo"').replace("bucket.count", "bukcet.count")
    assert len(_problems(spec, broken)) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no [[claim]]"),
        (GOOD[: GOOD.index("[[claim]]")], "no [[claim]]"),
        (GOOD.split("database.multi_az")[0], "states a fact"),
        ("[architecture\n", "not valid TOML"),
    ],
)
def test_an_empty_or_broken_file_is_refused(spec, text, message):
    """A spec that promises nothing verifies nothing."""
    with pytest.raises(SpecError, match=message.replace("[", r"\[")):
        spec(text)


def test_a_missing_file_is_one_message(tmp_path):
    """No traceback for a path that is not there."""
    with pytest.raises(SpecError, match="cannot be read"):
        load(tmp_path / "spec.toml")


def test_the_stricter_reading_replaces_the_laxer(spec):
    """Under strict only; and its names are checked always."""
    text = GOOD.replace("bucket.count = ", 'strict.bucket.count = ">= 5"\nbucket.count = ')
    lax = {fact.id: fact.expected.text for fact in spec(text).facts}
    strict = {fact.id: fact.expected.text for fact in spec(text, strict=True).facts}
    assert lax["bucket.count[tier1]"] == ">= 1"
    assert strict["bucket.count[tier1]"] == ">= 5"
