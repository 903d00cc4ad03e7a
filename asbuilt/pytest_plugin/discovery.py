"""What an installed asbuilt adds to every pytest session: it looks for specs, and loads the plugin where there are any.

A session without specs gets no option, no hook and no import of the engine. A spec is a `.toml` file that the command
line names, or a `spec.toml` with an `[architecture]` table that the session meets in a folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

PLUGIN = "asbuilt.pytest_plugin.plugin"
SPEC_FILE = "spec.toml"
_ARCHITECTURE = re.compile(rb"^\s*\[\s*architecture\s*\]", re.MULTILINE)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Load the plugin where the session collects a spec; it must be there before the options are read."""
    names = [name.partition("::")[0] for name in early_config.known_args_namespace.file_or_dir]
    if any(name.endswith(".toml") for name in names) or any(map(is_spec, _swept(early_config, names))):
        early_config.pluginmanager.import_plugin(PLUGIN)


def is_spec(path: Path) -> bool:
    """Whether a file is a spec by its content, also where mistakes keep it from being read as TOML."""
    try:
        return _ARCHITECTURE.search(path.read_bytes()) is not None
    except OSError:
        return False


def _swept(config: pytest.Config, names: list[str]) -> Iterator[Path]:
    """Every `spec.toml` in the folders that the session collects, of which pytest itself skips the same ones."""
    skipped = config.getini("norecursedirs")
    for root in _folders(config, names):
        for folder, below, files in os.walk(root):
            below[:] = [name for name in below if not any(fnmatch(name, pattern) for pattern in skipped)]
            if SPEC_FILE in files:
                yield Path(folder, SPEC_FILE)


def _folders(config: pytest.Config, names: list[str]) -> list[Path]:
    here = config.invocation_params.dir
    given = [path for name in names if (path := here / name).exists()]  # a name may be an option's value as yet
    if not given and here == config.rootpath:
        given = [path for pattern in config.getini("testpaths") for path in config.rootpath.glob(pattern)]
    return given or [here]
