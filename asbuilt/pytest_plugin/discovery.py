"""The entry point of asbuilt in every pytest session: look for specs, and load the plugin where there are any.

A session without specs gets no option, no hook and no import of the engine. A spec is a `.toml` file that the command
line names, or a `spec.toml` with an `[architecture]` table in a folder that the session collects.
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
    """Load the plugin where the session collects a spec. Its options must be registered before pytest reads them."""
    names = [name.partition("::")[0] for name in early_config.known_args_namespace.file_or_dir]
    if any(name.endswith(".toml") for name in names) or any(map(is_spec, _swept(early_config, names))):
        early_config.pluginmanager.import_plugin(PLUGIN)


def is_spec(path: Path) -> bool:
    """Whether a file has an `[architecture]` table. A file that is not valid TOML can be a spec as well."""
    try:
        return _ARCHITECTURE.search(path.read_bytes()) is not None
    except OSError:
        return False


def _swept(config: pytest.Config, names: list[str]) -> Iterator[Path]:
    """Every `spec.toml` in the folders that the session collects, except in those that pytest itself skips."""
    skipped = config.getini("norecursedirs")
    for root in _folders(config, names):
        for folder, below, files in os.walk(root):
            below[:] = [name for name in below if not any(fnmatch(name, pattern) for pattern in skipped)]
            if SPEC_FILE in files:
                yield Path(folder, SPEC_FILE)


def _folders(config: pytest.Config, names: list[str]) -> list[Path]:
    here = config.invocation_params.dir
    given = [path for name in names if (path := here / name).exists()]  # some names can be values of options
    if not given and here == config.rootpath:
        given = [path for pattern in config.getini("testpaths") for path in config.rootpath.glob(pattern)]
    return given or [here]
