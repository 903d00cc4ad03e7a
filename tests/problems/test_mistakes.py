"""The line and the text of the message for each mistake in an input file. Each kind of file has one table."""

from __future__ import annotations

from pathlib import Path

import pytest

from asbuilt.evidence import TargetError
from asbuilt.problems import InputError
from tests.problems.files import ACCOUNTS, FILES, LOAD_RESULT, QUESTIONS, problems

Mistake = tuple[str, str, int, str]  # the text to replace, its replacement, the line and part of the message

TWO_LINES = 'says = "Two zones in the larger tier."\ndatabase.multi_az'
IN_SPECS: list[Mistake] = [
    # names
    ("[subjects]", "[subject]", 7, "unknown table 'subject': did you mean 'subjects'?"),
    ("region =", "regoin =", 4, "[architecture] unknown key 'regoin': did you mean 'region'?"),
    ('name = "demo-db"', 'nam = "demo-db"', 8, "[subjects.database] unknown key 'nam': did you mean 'name'?"),
    ("database.multi_az", "databse.multi_az", 14, "unknown subject or key 'databse': did you mean 'database'?"),
    ("multi_az = ", "multi_ax = ", 14, "database (rds:db) has no check 'multi_ax': did you mean 'multi_az'?"),
    ('severity = "low"', 'severity = "lwo"', 19, "[[claim]] unknown severity 'lwo': did you mean 'low'?"),
    ("{ tier2 = true }", "{ teir2 = true }", 14, "did you mean 'tier2'?"),
    ("{ tier2 = true }", "{ tier1 = true, teir2 = true }", 14, "unknown variant 'teir2': did you mean 'tier2'?"),
    ("bucket.count", 'variants = ["tier3"]\nbucket.count', 20, "unknown variant 'tier3': did you mean"),
    ("bucket.count", 'disputed = "no-such"\nbucket.count', 20, "no contradiction is called 'no-such'"),
    ("bucket.count", "strict.bucket.cuont = 1\nbucket.count", 20, "no check 'cuont': did you mean 'count'?"),
    ('"us-east-1"', '"us-esat-1"', 4, "unknown region 'us-esat-1': did you mean 'us-east-1'?"),
    # kinds
    ("rds:db", "rds:bd", 8, "unknown kind 'rds:bd': did you mean 'rds:db'?"),
    ("rds:db", "apigateway", 8, "unknown kind 'apigateway': valid: "),
    ('"s3:bucket"', '"s3:bucket.policy"', 9, "a detail of s3:bucket, which the checks of s3:bucket read: write kind ="),
    ('name = "demo-db"', 'where = { tags = { a = "b" } }', 8, "write tags beside where, not in it"),
    ("database = ", "note = ", 8, "a subject cannot be called 'note', a key of every claim: rename it"),
    ("database = ", '"data base" = ', 8, "'data base' is not a valid name of a subject"),
    # tables and lists of tables
    ("[architecture]", "[[architecture]]", 1, "write [architecture], not [[architecture]]: there is only one"),
    ("[subjects]", "[[subjects]]", 7, "write [subjects], not [[subjects]]"),
    ("[subjects]", "subjects = 3\n[subject]", 7, "unknown key 'subjects'"),
    ("[architecture]", "claim = 5\n[architecture]", 12, "this table is set above"),
    ('database = { kind = "rds:db", name = "demo-db" }', 'database = "db"', 8, "must be a table such as"),
    ("bucket.count", "bucket.", 20, "not valid TOML"),
    ('bucket.count = ">= 1"', "bucket = 3", 20, "bucket needs a question: bucket.<check> = <expectation>, found 3"),
    ("bucket.count", "database.multi_az = true\nbucket.count", 20, "already stated on line 14"),
    ('severity = "low"', 'severity = "low"\nseverity = "high"', 20, "claim.severity is set twice: first on line 19"),
    # types
    ('severity = "low"', "strict = 3", 19, "[[claim]] strict must be a table, found 3"),
    ('severity = "low"', 'optional = "yes"', 19, "optional must be true or false, found 'yes': write true"),
    ("many = true", 'many = "no"', 9, "many must be true or false, found 'no': write false"),
    ('section = "Step 2"', "section = 2", 17, 'section must be a text of one line, found 2: write "2"'),
    ('says = "A bucket."\n', "", 16, "[[claim]] needs says: a text"),
    ('region = "us-east-1"\n', "", 1, "[architecture] needs region: a text of one line"),
    ('["tier1", "tier2"]', "[]", 5, "variants must be a list of one or more different names, found []"),
    ('["tier1", "tier2"]', '["tier1", "tier1"]', 5, "variants must be a list of one or more different names"),
    ('["tier1", "tier2"]', '"tier2"', 5, "found 'tier2': write [\"tier2\"]"),
    ('"Demo"', '"De\\u001b[31mmo"', 2, "'architecture.name' holds the control character '\\x1b'"),
    # expectations
    ("{ tier2 = true }", '"yes"', 14, "multi_az answers with true or false, found 'yes': write true"),
    ('">= 1"', '">= one"', 20, "count answers with a number: write 7"),
    (
        "bucket.count",
        "bucket.encryption = 5\nbucket.count",
        20,
        'encryption answers with a text, found 5: write "5"',
    ),
    ("bucket.count", 'bucket.encryption = ["a"]\nbucket.count', 20, "found ['a']: write \"a\""),
    (
        "bucket.count",
        'bucket.encryption = ["a", "b"]\nbucket.count',
        20,
        "write { any_of = [...] } for one of several values",
    ),
    (
        "bucket.count",
        'bucket.public_to = "all"\nbucket.count',
        20,
        "public_to answers with a set, found 'all': write [\"all\"]",
    ),
    ("bucket.count", "bucket.public_to = [5]\nbucket.count", 20, 'a set of a text, found 5: write "5"'),
    ("bucket.count", "bucket.public_to = { onyl = [] }\nbucket.count", 20, "did you mean 'only'?"),
    # a text over several lines shifts no line
    (TWO_LINES, 'says = """\n[[claim]]\nkey = 1\n[subjects]"""\ndatabase.multi_ax', 17, "has no check 'multi_ax'"),
    (TWO_LINES, "says = '''\n[[claim]]\nkey = 1\n[subjects]'''\ndatabase.multi_ax", 17, "has no check 'multi_ax'"),
]
IN_CONTRADICTIONS: list[Mistake] = [
    ('severity = "high"', 'severity = "hihg"', 6, "[[contradiction]] unknown severity 'hihg': did you mean 'high'?"),
    ('what = "It costs more."\n', "", 1, "[[contradiction]] needs what: a text"),
    ("[[contradiction]]", "[contradiction]", 1, "write [[contradiction]], not [contradiction]"),
    ('id = "price"', "id = 5", 2, 'id must be a text of one line, found 5: write "5"'),
]
IN_ACCOUNTS: list[Mistake] = [
    (ACCOUNTS, ACCOUNTS.replace("production", "prodution"), 1, "no [accounts.production]: did you mean 'prodution'?"),
    ("[accounts.production]", "accounts = 3\n[a]", 1, "accounts must be a table, found 3"),
    (ACCOUNTS, '[accounts]\nproduction = "x"\n', 2, "[accounts] production must be a table, found 'x'"),
    ("region =", "regoin =", 3, "[accounts.production] unknown key 'regoin': did you mean 'region'?"),
    ('"us-east-1"', '"eu-wset-1"', 3, "unknown region 'eu-wset-1': did you mean 'eu-west-1'?"),
    ("arn:aws:iam::123456789012:role/reader", "reader", 2, "role_arn must be a role's ARN such as arn:aws:iam::"),
    ('role_arn = "arn:aws:iam::123456789012:role/reader"\n', "", 1, "needs a profile or a role_arn"),
    ("role_arn =", 'profile = "x"\nexternal_id = "x"\n#', 3, "external_id needs a role_arn"),
    ("region =", "variant = 1\nregion =", 3, 'variant must be a text of one line, found 1: write "1"'),
    ('"prod-db"', "3", 6, "database must be a name, an ARN, a glob, or a table"),
    ('"prod-db"', '{ tags = "x" }', 6, "[accounts.production.subjects.database] tags must be a table, found 'x'"),
    ("[accounts.production.subjects]", "[accounts.other]", 5, "[accounts.other] needs a profile or a role_arn"),
    ('"prod-db"', '"prod-db', 6, "not valid TOML"),
]
IN_SCENARIOS: list[Mistake] = [
    ("[rows]", "[row]", 9, "unknown table 'row': did you mean 'rows'?"),
    ("rate = 10\n", "", 1, "[load] needs rate: a number above 0"),
    ("rate = 10", "rate = 0", 2, "[load] rate must be a number above 0, found 0"),
    ("rate = 10", 'rate = "10"', 2, "rate must be a number above 0, found '10': write 10"),
    ("rate = 10", "rate = nan", 2, "rate must be a number above 0, found nan"),
    ("users = 5\n", "[variants.big]\n", 3, "[variants.big] needs users, here or in [load]: a whole number from 1"),
    ("users = 5", 'users = 5\nspacing = "poison"', 4, "unknown spacing 'poison': did you mean 'poisson'?"),
    ('path = "/login"\n', "", 5, "[login] needs path: a path that begins with a slash"),
    ("{user}", "{usr}", 7, "[login] {usr} is no value of a sign-in: did you mean 'user'?"),
    (
        '["a"]',
        '"abc"',
        10,
        "[rows] course must be a list of one or more texts or numbers, found 'abc': write [\"abc\"]",
    ),
    ('["a"]', "[]", 10, "[rows] course must be a list of one or more texts or numbers, found []"),
    ("{course}", "{curse}", 13, "[routes.read] {curse} is no row: did you mean 'course'?"),
    ('path = "/courses', 'path = "courses', 13, "path must be a path that begins with a slash and holds no space"),
    ('path = "/courses', 'pth = "/courses', 13, "[routes.read] unknown key 'pth': did you mean 'path'?"),
    ("[routes.read]", "[routes.read]\nexpect = 200", 13, "expect must be a list of HTTP status codes such as [200]"),
    ("[routes.read]", '[routes.read]\nweight = "2"', 13, "weight must be a whole number from 1, found '2': write 2"),
    ("[routes.read]", '[routes.read]\nmethod = "PSOT"', 13, "unknown method 'PSOT': did you mean 'POST'?"),
    ("[routes.read]\npath", "[routes]\nread", 13, "[routes] read must be a table, found '/courses/{course}'"),
    (
        '[routes.read]\npath = "/courses/{course}"\n',
        "[routes]\n",
        12,
        "no [routes.<name>]: there is nothing to ask for",
    ),
    ("rate = 10", "rate = ", 2, "not valid TOML"),
]


IN_QUESTIONS: list[Mistake] = [
    (
        '"containment"',
        '"containement"',
        4,
        "item 'web': kind: must be containment or required; did you mean containment?",
    ),
    ('"allowance"', '"allowence"', 16, "unknown key; did you mean allowance?"),
    ('"Version"', '"Vesion"', 9, "did you mean Version?"),
    ('"Allow"', '"Alow"', 11, "Statement[0]: Effect: must be Allow or Deny"),
    ('"id": "web",', '"id": "web", "id": "app",', 3, "the key 'id' is set twice in one object"),
    ('"id": "web",', '"id": ', 4, "is not JSON"),
    (QUESTIONS, "[]", 1, "holds no items"),
    (QUESTIONS, "3", 1, "must hold a JSON object or a list of them, found 3"),
]
IN_LOAD_RESULTS: list[Mistake] = [
    ('"format": ', '"format": 9', 2, "format must be "),
    (' "system": "demo",\n', "", 1, "needs system: a text"),
    ('"runs": []', '"runs": 3', 5, "runs must be a list of tables"),
    ('"flows": []', '"flows": [1]', 6, "flows must hold tables, found 1"),
    (LOAD_RESULT, "[]", 1, "must hold an object, found []"),
]
MISTAKES = {
    "spec.toml": IN_SPECS,
    "contradictions.toml": IN_CONTRADICTIONS,
    "accounts.toml": IN_ACCOUNTS,
    "scenario.toml": IN_SCENARIOS,
    "questions.json": IN_QUESTIONS,
    "load-result.json": IN_LOAD_RESULTS,
}
CASES = [(name, *mistake) for name, mistakes in MISTAKES.items() for mistake in mistakes]
each_kind = pytest.mark.parametrize("name", FILES)


@pytest.mark.parametrize(("name", "old", "new", "line", "words"), CASES)
def test_a_mistake_is_one_line_with_its_place(
    tmp_path: Path, name: str, old: str, new: str, line: int, words: str
) -> None:
    """One line has the file, the line, what is expected, what was found, and the nearest valid name."""
    read, good = FILES[name]
    assert old in good
    found = problems(read, tmp_path / name, good.replace(old, new, 1))
    assert any(problem.startswith(f"{tmp_path / name}:{line}: ") and words in problem for problem in found), found


@each_kind
def test_the_good_file_has_no_mistake(tmp_path: Path, name: str) -> None:
    """The files that the tables change are valid, also with a byte order mark and Windows line ends."""
    read, good = FILES[name]
    for content in (good, "\ufeff" + good, good.replace("\n", "\r\n")):
        assert problems(read, tmp_path / name, content) == []


@each_kind
def test_all_mistakes_are_told_at_once(tmp_path: Path, name: str) -> None:
    """Mistakes on different lines do not hide each other."""
    read, good = FILES[name]
    text, lines = good, set()
    for old, new, line, words in MISTAKES[name]:
        if (
            "\n" not in old + new
            and not {"TOML", "JSON", "twice"} & set(words.split())
            and not old.startswith("[")
            and line not in lines
            and old in text
        ):
            text = text.replace(old, new, 1)
            lines.add(line)
    found = problems(read, tmp_path / name, text)
    assert len(lines) >= 2
    assert lines <= {int(problem.removeprefix(f"{tmp_path / name}:").partition(":")[0]) for problem in found}


@each_kind
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a = 1\nb = '\xff'\n", ":2: is not UTF-8 text (byte 0xff)"),
        (b"a = " + b"[" * 5000, "is nested too deeply"),
        (b"a = " + b"1" * 5000, ":1: "),
        (b"x" + b".x" * 1000 + b" = 1", ":1: "),
        (b"", ":1: "),
    ],
)
def test_a_file_that_is_none_is_one_message(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    """Other encodings, deep nesting, huge numbers and empty files give one message."""
    if name == "contradictions.toml" and not content:
        return  # an empty contradictions.toml is valid
    content = content.removeprefix(b"a = ") if name.endswith(".json") else content
    found = problems(FILES[name][0], tmp_path / name, content)
    assert any(words in problem for problem in found), found


@each_kind
def test_a_folder_or_no_file_is_one_message(tmp_path: Path, name: str) -> None:
    """The message for a file that cannot be opened names its path."""
    (tmp_path / name).mkdir()
    with pytest.raises((InputError, TargetError), match="expected a file, found a folder"):
        FILES[name][0](tmp_path / name)
    if name != "contradictions.toml":
        with pytest.raises((InputError, TargetError), match=r"there is no|cannot be read"):
            FILES[name][0](tmp_path / "missing" / name)
