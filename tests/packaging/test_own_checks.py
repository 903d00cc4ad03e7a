"""A user's own checks: a folder that pyproject.toml names, or an installed package with an entry point."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.programs import Ended, asbuilt, verify

SPEC = """\
[architecture]
name = "Mine"
document = "My document"
region = "us-east-1"
variants = ["tier1"]

[subjects]
database = { kind = "rds:db", name = "campushub-db" }

[[claim]]
section = "Step 1"
says = "It is called what its kind is."
database.named_by_kind = true
"""
CHECK = '''\
"""Questions about names."""

from asbuilt.check import check

from .words.endings import DATABASE


@check("rds:db", severity="low", fix="Name {name} after its kind.")
def named_by_kind(db) -> bool:
    """Whether the name ends with the kind."""
    return db["DBInstanceIdentifier"].endswith(DATABASE)
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with checks of its own, and packages with the names of asbuilt's folders."""
    files = {
        "pyproject.toml": '[tool.asbuilt]\nchecks = "infra/checks"\n',
        "infra/checks/names.py": CHECK,
        "infra/checks/words/endings.py": 'DATABASE = "-db"\n',
        "specs/campushub360/spec.toml": SPEC,
        **{f"{name}/__init__.py": "raise RuntimeError\n" for name in ("checks", "fixtures", "loadtests", "reports")},
    }
    for name, text in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path


def _problems(ended: Ended) -> list[str]:
    assert ended.code == 4, ended.out + ended.err
    assert "Traceback" not in ended.out + ended.err
    return [line.removeprefix("asbuilt: ") for line in ended.err.splitlines()]


@pytest.mark.parametrize("below", [".", "specs"])
def test_a_spec_asks_the_users_own_question(project, below):
    """The check is found from the folder of pyproject.toml and the folders below it, and can import its neighbours."""
    ended = verify(project / below, str(project / "specs" / "campushub360"))
    assert ended.code == 0, ended.out + ended.err
    assert ended.statuses == {"database.named_by_kind[tier1]": "passed"}


def test_a_broken_module_is_one_error_of_a_run(project):
    """The message has the file, the line and the mistake, without a traceback."""
    file = project / "infra" / "checks" / "names.py"
    file.write_text(CHECK + "\nunknown\n", encoding="utf-8")
    ended = verify(project, "specs/campushub360")
    line = f"{file}:{len(CHECK.splitlines()) + 2}: NameError: name 'unknown' is not defined"
    assert ended.code == 4
    assert f"asbuilt: {line}" in ended.err.splitlines()
    assert "Traceback" not in ended.out + ended.err


@pytest.mark.parametrize(
    ("file", "text", "problem"),
    [
        ("infra/checks/names.py", "def broken(:\n", "infra/checks/names.py:1: SyntaxError: invalid syntax"),
        ("infra/checks/names.py", "import nowhere\n", "names.py:1: ModuleNotFoundError: No module named 'nowhere'"),
        ("infra/checks/two-words.py", "", "two-words.py: cannot be imported: rename it, a module's name has"),
        ("pyproject.toml", '[tool.asbuilt]\nchecks = "infra/cheks"\n', "checks = 'infra/cheks': there is no folder"),
        (
            "pyproject.toml",
            "[tool.asbuilt]\nchecks = 1\n",
            "[tool.asbuilt] checks must be the name of a folder, found 1",
        ),
        ("pyproject.toml", '[tool.asbuilt]\ncheks = "infra"\n', "unknown key 'cheks': did you mean 'checks'?"),
        ("pyproject.toml", "[tool]\nasbuilt = 1\n", "[tool.asbuilt] must be a table, found 1"),
        ("pyproject.toml", "[tool.asbuilt\n", "pyproject.toml: cannot be read as TOML: "),
    ],
)
def test_a_mistake_is_one_line(project, file, text, problem):
    """The message names the file, and the exit code is 4."""
    (project / file).write_text(text, encoding="utf-8")
    (line,) = _problems(asbuilt(project, "schema"))
    assert problem in line


def test_a_check_that_asbuilt_has_already_is_refused(project):
    """A check of the same kind and name is refused, and the message names both files."""
    file = project / "infra" / "checks" / "names.py"
    file.write_text(CHECK.replace("named_by_kind", "multi_az"), encoding="utf-8")
    (line,) = _problems(asbuilt(project, "schema"))
    assert f"check 'multi_az' of 'rds:db' in {file}:8 is already defined in " in line
    assert line.partition("already defined in ")[2].endswith("checks/data/rds.py:12")


def test_a_module_that_others_import_is_told_once(project):
    """The message names the line with the mistake, and not the imports that lead to it."""
    file = project / "infra" / "checks" / "words" / "endings.py"
    file.write_text("1 / 0\n", encoding="utf-8")
    assert _problems(asbuilt(project, "schema")) == [f"{file}:1: ZeroDivisionError: division by zero"]


def test_two_modules_cannot_define_one_check(project):
    """Two of the user's own checks of the same kind and name are refused."""
    (project / "infra" / "checks" / "zz_copy.py").write_text(CHECK, encoding="utf-8")
    (line,) = _problems(asbuilt(project, "schema"))
    assert "zz_copy.py:8 is already defined in" in line
    assert line.endswith("names.py:8")


def test_a_pyproject_without_our_table_is_passed_by(project):
    """A pyproject.toml without [tool.asbuilt], as of a package inside a project, is ignored."""
    (project / "specs" / "pyproject.toml").write_text("[project]\nname = 'inner'\n", encoding="utf-8")
    assert '"named_by_kind"' in asbuilt(project / "specs", "schema").out


def test_an_installed_package_brings_checks(project):
    """An entry point of the group `asbuilt.checks` names a package, whose modules are all imported."""
    (project / "pyproject.toml").unlink()
    site = project / "site"
    package, about = site / "acme_checks", site / "acme-1.0.dist-info"
    package.mkdir(parents=True)
    about.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "names.py").write_text(CHECK.replace(".words.endings", ".endings"), encoding="utf-8")
    (package / "endings.py").write_text('DATABASE = "-db"\n', encoding="utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text("[asbuilt.checks]\nacme = acme_checks\n", encoding="utf-8")
    env = {"PYTHONPATH": os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH"))))}
    assert '"named_by_kind"' in asbuilt(project, "schema", env=env).out
    (package / "endings.py").write_text("1 / 0\n", encoding="utf-8")
    (line,) = _problems(asbuilt(project, "schema", env=env))
    assert line == f"{package / 'endings.py'}:1: ZeroDivisionError: division by zero"
    (package / "__init__.py").write_text("import nowhere\n", encoding="utf-8")
    (line,) = _problems(asbuilt(project, "schema", env=env))
    assert line.startswith("entry point 'acme' of asbuilt.checks (acme_checks): ModuleNotFoundError: ")
