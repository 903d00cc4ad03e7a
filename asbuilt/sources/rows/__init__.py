"""The rows of the account: how each kind of record is read from AWS, and nowhere else an API call.

Add a kind of record by adding its row to the module of its field; a new module is found by name.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from asbuilt.sources.row import Row


@cache
def all_rows() -> tuple[Row, ...]:
    """The rows of every module of this folder, in the order of the modules' names."""
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    return tuple(row for module in modules for row in module.ROWS)


def services() -> tuple[str, ...]:
    """boto3's names of the services that the rows call, sorted."""
    return tuple(sorted({row.service for row in all_rows()}))


@cache
def allowed_operations() -> frozenset[tuple[str, str]]:
    """Every (client name, operation) that may be called of AWS at all."""
    return frozenset((row.service, operation) for row in all_rows() for operation in row.operations)
