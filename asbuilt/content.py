"""Content that the engine finds by name: specs, checks, load scenarios, report writers and fixtures.

All content is imported below one private package, `asbuilt_content`. An installed wheel holds that package. In a
checkout the folders stand beside the engine, and importing `asbuilt` makes the package lead there. The name keeps
`checks`, `fixtures`, `loadtests` and `reports` from meeting a user's own packages of those names.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

PACKAGE = "asbuilt_content"
ENGINE = Path(__file__).resolve().parent


def _checkout() -> Path | None:
    """The root of the checkout that the engine runs from, or None for an installed wheel."""
    root = ENGINE.parent
    return root if (root / "specs").is_dir() and (root / "checks").is_dir() else None


def register() -> None:
    """Make `asbuilt_content` lead to the checkout's folders. A wheel's package is found without it."""
    root = _checkout()
    if root and PACKAGE not in sys.modules:
        package = ModuleType(PACKAGE, "The folders of content in a checkout.")
        package.__path__ = [str(root)]
        package.__spec__ = importlib.util.spec_from_loader(PACKAGE, None, is_package=True)
        sys.modules[PACKAGE] = package


def folder(name: str = "") -> Path:
    """The folder of a kind of content, such as `specs`, or the folder that holds all of them."""
    package = importlib.import_module(PACKAGE)
    return Path(next(iter(package.__path__))) / name


def module(name: str) -> ModuleType:
    """Import one module of content by its dotted name, such as `fixtures.taught`."""
    return importlib.import_module(f"{PACKAGE}.{name}")


def modules(name: str) -> Iterator[ModuleType]:
    """Import and yield every module below a package of content, in the order of their names."""
    package = module(name)
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(found.name)


def names(name: str) -> list[str]:
    """The names of the modules and packages directly below a package of content, sorted; nothing is imported below."""
    return sorted(found.name for found in pkgutil.iter_modules(module(name).__path__))


def shipped_specs() -> dict[str, Path]:
    """The spec file of each documented system that ships with asbuilt, by the system's name."""
    return {path.parent.name: path for path in sorted(folder("specs").glob("*/spec.toml"))}


def main() -> None:
    """Run a module of content as a program: `python -m asbuilt.content fixtures.apps.serve campushub360`."""
    name, *arguments = sys.argv[1:]
    sys.argv[:] = [name, *arguments]
    sys.exit(importlib.import_module(f"{PACKAGE}.{name}").main())


if __name__ == "__main__":
    main()
