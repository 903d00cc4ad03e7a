"""An environment with the wheel: the one that `--installed` names, or one made here from the working tree."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILT_FROM = ("asbuilt", "checks", "fixtures", "loadtests", "reports", "specs")
BUILT_WITH = ("setup.py", "pyproject.toml", "README.md", "LICENSE")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option for an environment that has the locked requirements and the wheel."""
    parser.addoption("--installed", type=Path, metavar="VENV", help="an environment that the wheel is installed in")


@dataclass(frozen=True)
class Installed:
    """An environment that has the wheel and not the checkout."""

    environment: Path

    def command(self, name: str) -> str:
        """The path of one of its programs, such as `asbuilt`, `pytest` or `python`."""
        return str(self.environment / "bin" / name)

    def variables(self) -> dict[str, str]:
        """The environment variables of its programs, without those that lead to the checkout or to an AWS account."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON", "PYTEST"))}
        nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        return {**kept, **nowhere, "AWS_EC2_METADATA_DISABLED": "true"}

    def run(self, folder: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of its programs in a folder, to its end."""
        return subprocess.run(
            [self.command(name), *arguments],
            cwd=folder,
            env=self.variables(),
            capture_output=True,
            text=True,
            timeout=600,  # seconds; no working program takes that long
            check=False,
        )


@pytest.fixture(scope="session")
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The environment. Skips where none is named and the wheel cannot be built without a network."""
    named = request.config.getoption("--installed", default=None)
    if named:
        return Installed(named.absolute())
    missing = [name for name in ("build", "setuptools") if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"the wheel cannot be built: {' and '.join(missing)} is not installed here")
    folder = tmp_path_factory.mktemp("wheel")
    environment = folder / "environment"
    venv.create(environment)
    _install(_built(folder), environment)
    libraries = Path(sysconfig.get_path("purelib", vars={"base": str(environment)}))
    (libraries / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return Installed(environment)


def _built(folder: Path) -> Path:
    """The wheel of the working tree. It is built from a copy, so that the tree stays clean."""
    source = folder / "source"
    for name in BUILT_FROM:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in BUILT_WITH:
        shutil.copy(ROOT / name, source / name)
    _ended([sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(source)])
    (wheel,) = folder.glob("*.whl")
    return wheel


def _install(wheel: Path, environment: Path) -> None:
    python = environment / "bin" / "python"
    options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-index")
    _ended([sys.executable, "-m", "pip", "--python", str(python), "install", *options, str(wheel)])


def _ended(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
