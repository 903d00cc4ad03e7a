"""Content that the engine finds by name: specs, checks, load scenarios, report writers and fixtures.

All content is imported below one private package, `asbuilt_content`, so that it never shadows a user's own packages
named `checks`, `fixtures`, `loadtests` or `reports`. In an installed wheel the content lies in the folder
`asbuilt_content` beside the engine; in a checkout its folders lie beside the engine itself. Importing `asbuilt` sets
the path of the package.

A user's own checks lie in the folder that `[tool.asbuilt]` of the user's pyproject.toml names, which is imported as
`asbuilt_own_checks`, or in packages that entry points of the group `asbuilt.checks` name.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

PACKAGE = "asbuilt_content"
OWN_CHECKS = "asbuilt_own_checks"
ENTRY_POINTS = "asbuilt.checks"
ENGINE = Path(__file__).resolve().parent


class OwnChecksError(Exception):
    """All mistakes in a user's own checks. `problems` holds one line for each: file, line and mistake."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


def _root() -> Path:
    """The folder that holds the content of this engine: the private package of a wheel, or the checkout."""
    installed = ENGINE.parent / PACKAGE
    return installed if installed.is_dir() else ENGINE.parent


def register() -> None:
    """Set the path of `asbuilt_content` to the content beside this engine, also where another package has that name."""
    _package(PACKAGE, _root())


def _package(name: str, folder: Path) -> None:
    """Register a package of this name that holds the modules of a folder, also of one without an `__init__.py`."""
    package = sys.modules.setdefault(name, ModuleType(name, f"The modules in {folder}."))
    package.__path__ = [str(folder)]
    package.__spec__ = importlib.util.spec_from_loader(name, None, is_package=True)


def folder(name: str = "") -> Path:
    """The folder of a kind of content, such as `specs`, or the folder that holds all of them."""
    return _root() / name


def module(name: str) -> ModuleType:
    """Import one module of content by its dotted name, such as `fixtures.taught`.

    Raises `ImportError` where there is none of that name.
    """
    return importlib.import_module(f"{PACKAGE}.{name}")


def modules(name: str) -> Iterator[ModuleType]:
    """Import and yield every module below a package of content, sorted by name."""
    package = module(name)
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(found.name)


def names(name: str) -> list[str]:
    """The names of the modules and packages directly below a package of content, sorted. None of them is imported."""
    return sorted(found.name for found in pkgutil.iter_modules(module(name).__path__))


def shipped_specs() -> dict[str, Path]:
    """The spec file of each documented system that ships with asbuilt, by the system's name."""
    return {path.parent.name: path for path in sorted(folder("specs").glob("*/spec.toml"))}


def import_own_checks() -> None:
    """Import every module of the user's own checks. Raises `OwnChecksError` with all mistakes in them."""
    problems = [*_import_own_folder(), *_import_entry_points()]
    if problems:
        raise OwnChecksError(dict.fromkeys(problems))  # a broken module fails again in each module that imports it


def _import_own_folder() -> Iterator[str]:
    folder = _own_folder()
    if folder is None:
        return
    _package(OWN_CHECKS, folder)
    for file in sorted(folder.rglob("*.py")):
        parts = file.relative_to(folder).with_suffix("").parts
        if all(part.isidentifier() for part in parts):
            named = parts[:-1] if parts[-1] == "__init__" else parts
            yield from _import(".".join((OWN_CHECKS, *named)), folder, str(file))
        else:
            yield f"{file}: cannot be imported: rename it, a module's name has letters, digits and _ only"


def _import_entry_points() -> Iterator[str]:
    from importlib.metadata import entry_points

    for point in entry_points(group=ENTRY_POINTS):
        place = f"entry point {point.name!r} of {ENTRY_POINTS} ({point.value})"
        yield from _import(point.module, None, place)
        paths = getattr(sys.modules.get(point.module), "__path__", ())
        for found in pkgutil.walk_packages(paths, f"{point.module}.", onerror=lambda _: None):  # _import reports it
            yield from _import(found.name, Path(next(iter(paths))), place)


def _import(name: str, folder: Path | None, place: str) -> Iterator[str]:
    """Import one module of a user. Yields its mistake, if any, with the last line that ran in the user's folder."""
    try:
        importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  # also SystemExit: it is reported as that module's mistake
        ran = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
        shown = [(file, line) for file, line in ran if folder and Path(file).is_relative_to(folder)]
        if isinstance(error, SyntaxError):
            shown.append((error.filename or place, error.lineno))
        file, line = shown[-1] if shown else (place, None)
        yield f"{file}{f':{line}' if line else ''}: {type(error).__name__}: {error}"


def _own_folder() -> Path | None:
    """The user's folder of checks, or None.

    The nearest pyproject.toml with a `[tool.asbuilt]`, in the current folder or above it, names it.
    """
    here = Path.cwd()
    for file in (folder / "pyproject.toml" for folder in (here, *here.parents)):
        if file.is_file():
            named = _named_folder(file)
            if named:
                return named
    return None


def _named_folder(file: Path) -> Path | None:
    """The folder that one pyproject.toml names, or None where it has no `[tool.asbuilt]`."""
    import tomllib

    from asbuilt.problems import nearest

    try:
        tool = tomllib.loads(file.read_text(encoding="utf-8")).get("tool")
    except (OSError, ValueError) as error:
        raise OwnChecksError([f"{file}: cannot be read as TOML: {error}"]) from None
    settings = tool.get("asbuilt") if isinstance(tool, dict) else None
    if settings is None:
        return None
    if not isinstance(settings, dict):
        raise OwnChecksError([f"{file}: [tool.asbuilt] must be a table, found {settings!r}"])
    unknown = sorted({*settings} - {"checks"})
    if unknown:
        hints = ((key, nearest(key, ["checks"])) for key in unknown)
        raise OwnChecksError(f"{file}: [tool.asbuilt] unknown key {key!r}: {hint}" for key, hint in hints)
    named = settings.get("checks")
    if not isinstance(named, str):
        raise OwnChecksError([f"{file}: [tool.asbuilt] checks must be the name of a folder, found {named!r}"])
    folder = (file.parent / named).resolve()
    if not folder.is_dir():
        raise OwnChecksError([f"{file}: [tool.asbuilt] checks = {named!r}: there is no folder {folder}"])
    return folder


def main() -> None:
    """Run a module of content as a program: `python -m asbuilt.content fixtures.apps.serve campushub360`."""
    name, *arguments = sys.argv[1:]
    sys.argv[:] = [name, *arguments]
    sys.exit(importlib.import_module(f"{PACKAGE}.{name}").main())


if __name__ == "__main__":
    main()
