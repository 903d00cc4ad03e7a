"""The requirements are the imported distributions, and the locks work with any package index."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
import tomllib

import pytest

from tests.packaging.conftest import BUILT_FROM, ROOT

LOCKED = re.compile(r"[a-z0-9-]+==[\w.+!]+( ; [^:@]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")
OURS = {"asbuilt", "asbuilt_content"}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _imported() -> set[str]:
    """The distributions that the modules of the wheel import."""
    names: set[str] = set()
    for file in (file for folder in BUILT_FROM for file in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names.add(node.module.partition(".")[0])
    known = importlib.metadata.packages_distributions()
    foreign = names - OURS - set(sys.stdlib_module_names) - {"_socket"}
    return {_normal(known.get(name, [name])[0]) for name in foreign}


def _declared() -> dict[str, str]:
    """The distributions of `[project] dependencies`, each with the comment on its line."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = {}
    for requirement in tomllib.loads(text)["project"]["dependencies"]:
        (line,) = (line for line in text.splitlines() if line.strip().startswith(f'"{requirement}"'))
        name = re.split(r"[\[<>=; ]", requirement)[0]
        found[_normal(name)] = line.partition("#")[2].strip()
    return found


def test_everything_imported_is_required():
    """A library that only another library requires could be missing after that library's next release."""
    assert _imported() - set(_declared()) == set()


def test_everything_required_is_imported():
    """A requirement that is not imported has its reason in a comment."""
    assert {name for name, reason in _declared().items() if not reason} - _imported() == set()


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "requirements").glob("*.lock")))
def test_a_lock_pins_by_hash_and_names_no_place(name):
    """Every line is a pin or a hash; the installing machine chooses the index."""
    lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not LOCKED.fullmatch(line)] == []
