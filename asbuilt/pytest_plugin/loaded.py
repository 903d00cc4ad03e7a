"""Code that pytest loaded beside the suite's own, which can change how facts are collected and reported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

# the packages of pytest and of the plugins that the suite depends on
_OURS = {"_pytest", "pytest", "asbuilt", "xdist", "pytest_html", "pytest_metadata"}


def loaded(config: pytest.Config) -> dict[str, list[str]]:
    """The conftest files in effect, and the packages of other plugins, each sorted."""
    plugins = [(name, plugin) for name, plugin in config.pluginmanager.list_name_plugin() if plugin is not None]
    conftests = {name for name, _ in plugins if Path(name).name == "conftest.py"}
    packages = {_module(plugin).partition(".")[0] for name, plugin in plugins if name not in conftests}
    return {"conftest_files": sorted(conftests), "plugins": sorted(packages - _OURS - {""})}


def _module(plugin: Any) -> str:
    """The name of the module that is the plugin, or that defines its class."""
    return str(getattr(plugin, "__name__", None) or type(plugin).__module__)
