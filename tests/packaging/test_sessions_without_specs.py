"""asbuilt changes nothing in pytest sessions without specs."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.installed

# every option of the plugin, defined by a user's own conftest.py
CONFTEST = """\
import sys

import pytest

NAMES = ("--account", "--accounts-file", "--endpoint-url", "--variant", "--strict-reading", "--load-result", "--out")


def pytest_addoption(parser):
    for name in NAMES:
        parser.addoption(name, default="the user's")


@pytest.fixture
def out(request):
    return request.config.option.out


def pytest_sessionfinish():
    print("\\nengine", sorted(name for name in sys.modules if name.startswith(("asbuilt", "boto3", "moto"))))
"""
TEST = """\
import checks


def test_own(out):
    assert out == "given" and checks.OWNER == "user"
"""


@pytest.fixture
def project(tmp_path):
    """A project with options, a package `checks` and a `spec.toml` of its own."""
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "__init__.py").write_text("OWNER = 'user'\n", encoding="utf-8")
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "test_own.py").write_text(TEST, encoding="utf-8")
    (tmp_path / "spec.toml").write_text('[package]\nname = "not ours"\n', encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("more", [(), ("test_own.py",), ("-n", "2")])
def test_nothing_is_added(installed, project, more):
    """There is no option, file, item or import beyond the search for specs."""
    done = installed.run(project, "pytest", "-s", "-p", "no:cacheprovider", "--out", "given", *more)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    engine = next(line for line in done.stdout.splitlines() if line.startswith("engine"))
    assert engine == (
        "engine ['asbuilt', 'asbuilt.content', 'asbuilt.pytest_plugin', 'asbuilt.pytest_plugin.discovery',"
        " 'asbuilt_content']"
    )
    assert not (project / "reports").exists()


def test_a_report_has_no_columns_of_ours(installed, project):
    """pytest-html's own table is unchanged."""
    installed.run(project, "pytest", "--out", "given", "--html", "page.html", "--self-contained-html")
    page = (project / "page.html").read_text(encoding="utf-8")
    assert "test_own" in page
    assert "asbuilt run log" not in page
    assert ">Claim<" not in page


def test_a_spec_that_is_named_brings_the_plugin(installed, project):
    """The plugin's options are valid also for a missing file, which pytest reports."""
    (project / "conftest.py").unlink()
    done = installed.run(project, "pytest", "my/spec.toml", "--account", "production", "--accounts-file", "no.toml")
    assert done.returncode == 4
    assert "there is no file no.toml" in done.stderr


def test_a_spec_in_a_skipped_folder_brings_nothing(installed, project):
    """Folders that pytest does not collect are not searched."""
    (project / "venv").mkdir()
    (project / "venv" / "spec.toml").write_text("[architecture]\n", encoding="utf-8")
    done = installed.run(project, "pytest", "-p", "no:cacheprovider", "--out", "given")
    assert done.returncode == 0, done.stdout + done.stderr
