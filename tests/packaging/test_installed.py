"""The wheel in an empty environment, used in an empty folder."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packaging.conftest import Installed

pytestmark = pytest.mark.installed

SPEC = """\
[architecture]
name = "Mine"
document = "My document"
region = "us-east-1"

[subjects]
database = { kind = "rds:db", name = "campushub-db" }

[[claim]]
section = "Step 1"
says = "A standby in another zone."
database.multi_az = true
"""
CONTENT = ("checks", "fixtures", "loadtests", "reports", "specs")


@pytest.fixture(scope="module")
def endpoint(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL that `asbuilt mock campushub360 --port 0` prints."""
    served = subprocess.Popen(
        [installed.command("asbuilt"), "mock", "campushub360", "--port", "0"],
        cwd=tmp_path_factory.mktemp("mock"),
        env=installed.variables(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert served.stdout
    said = served.stdout.readline()
    yield said.partition(" at ")[2].split()[0]
    served.send_signal(signal.SIGTERM)
    assert served.wait(60) == 0


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A folder with a user's specs below `my/`."""
    (tmp_path / "my").mkdir()
    for name in ("spec.toml", "other.toml"):
        (tmp_path / "my" / name).write_text(SPEC, encoding="utf-8")
    return tmp_path


def _statuses(folder: Path) -> dict[str, str]:
    results = json.loads((folder / "reports" / "out" / "latest" / "results.json").read_text(encoding="utf-8"))
    return {fact["id"]: fact["status"] for fact in results["facts"]}


def test_all_content_lies_below_one_private_package(installed, tmp_path):
    """The wheel adds no generic name to site-packages, where it could shadow a user's package."""
    code = "import importlib.metadata as m; print(*{str(f).split('/')[0] for f in m.files('asbuilt')})"
    named = set(installed.run(tmp_path, "python", "-c", code).stdout.split())
    assert {name for name in named if not name.endswith(".dist-info")} == {"asbuilt", "asbuilt_content", ".."}


@pytest.mark.parametrize("name", [name for name in CONTENT if name != "specs"])
def test_a_package_of_the_user_is_met_by_its_own_name(installed, tmp_path, name):
    """`import checks` in a user's folder imports the user's package, and asbuilt works beside it."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("OWNER = 'user'\n", encoding="utf-8")
    code = (
        f"import {name}; from asbuilt import content; ours = content.module({name!r});"
        f"print({name}.OWNER, ours.__name__, ours is {name})"
    )
    done = installed.run(tmp_path, "python", "-c", code)
    assert done.stdout.split() == ["user", f"asbuilt_content.{name}", "False"], done.stderr
    nowhere = installed.run(tmp_path.parent, "python", "-c", f"import {name}")
    assert "ModuleNotFoundError" in nowhere.stderr


def test_the_shipped_specs_are_verified_on_mock_accounts(installed, tmp_path):
    """Four architectures are verified without a failure, and results are written to the current folder only."""
    done = installed.run(tmp_path, "asbuilt", "verify")
    assert done.returncode == 0, done.stdout + done.stderr
    statuses = _statuses(tmp_path)
    assert {fact.partition("/")[0] for fact in statuses} == {"apranova", "campushub360", "campuslearn", "studybunny"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["reports"]
    code = "import asbuilt.content as c; print(*(p.name for p in c.folder().iterdir()))"
    assert set(installed.run(tmp_path, "python", "-c", code).stdout.split()) == set(CONTENT)


@pytest.mark.parametrize(
    ("command", "given", "below", "system"),
    [
        ("asbuilt verify", "my/spec.toml", ".", "my"),
        ("asbuilt verify", "my/other.toml", ".", "other"),
        ("asbuilt verify", "my", ".", "my"),
        ("asbuilt verify", "spec.toml", "my", "my"),
        ("asbuilt verify", "other.toml", "my", "other"),
        ("asbuilt verify", "../my/spec.toml", "elsewhere", "my"),
        ("pytest", "my/spec.toml", ".", "my"),
        ("pytest", "my/other.toml", ".", "other"),
        ("pytest", "spec.toml", "my", "my"),
        ("pytest", "my", ".", "my"),
        ("pytest", "", ".", "my"),
        ("pytest", "my/spec.toml::database.multi_az", ".", "my"),
    ],
)
def test_a_spec_of_the_user_is_verified(installed, endpoint, mine, command, given, below, system):
    """The command and pytest verify a spec of any name, from any folder."""
    folder = mine / below
    folder.mkdir(exist_ok=True)
    program, *first = command.split()
    done = installed.run(folder, program, *first, *([given] if given else []), "--endpoint-url", endpoint)
    assert done.returncode == 0, done.stdout + done.stderr
    assert _statuses(folder) == {f"{system}/database.multi_az": "passed"}


def test_two_specs_of_one_folder_are_two_systems(installed, endpoint, mine):
    """A spec that is not called spec.toml is named after its file."""
    done = installed.run(mine, "asbuilt", "verify", "my/spec.toml", "my/other.toml", "--endpoint-url", endpoint)
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(_statuses(mine)) == {"my/database.multi_az", "other/database.multi_az"}


def test_the_version_is_told(installed, tmp_path):
    """The program prints the version of its metadata."""
    done = installed.run(tmp_path, "python", "-c", "import importlib.metadata as m; print(m.version('asbuilt'))")
    assert installed.run(tmp_path, "asbuilt", "--version").stdout == f"asbuilt {done.stdout}"


def test_types_are_marked(installed, tmp_path):
    """The package has py.typed, without which type checkers ignore its annotations."""
    code = "import asbuilt, pathlib; print((pathlib.Path(asbuilt.__file__).parent / 'py.typed').exists())"
    assert installed.run(tmp_path, "python", "-c", code).stdout.strip() == "True"


def test_load_checks_itself(installed, tmp_path):
    """The load engine works from the wheel. On a busy machine the run is invalid (6) or inexact (1)."""
    done = installed.run(tmp_path, "asbuilt", "load", "--selfcheck")
    assert done.returncode in (0, 1, 6), done.stdout + done.stderr
    assert "the server's own log" in done.stdout or "invalid: " in done.stdout
    assert "Traceback" not in done.stderr
