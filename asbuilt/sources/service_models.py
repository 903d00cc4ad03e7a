"""AWS's service models with only the operations in the table of rows, prepared once and kept in the user's cache.

A model of botocore describes every operation of a service. Reading and building clients from whole models takes most of
the time of a short run. A prepared model holds the operations that rows call and the shapes that these refer to. It is
made from the installed botocore's own data, and never from the folders of models that users can add.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import tempfile
import threading
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from asbuilt.sources.rows import allowed_operations, services

_TYPES = ("service-2", "paginators-1", "endpoint-rule-set-1")
# what botocore itself calls to obtain credentials
_CREDENTIALS = {"sts": {"assume_role", "assume_role_with_web_identity", "get_session_token"}}
_SHAPE_REFERENCES = ("input", "output")
_FORMAT = 1


class PreparedModels:
    """A loader in the form of botocore's, with the prepared model of each service in the table of rows.

    `folder` keeps the prepared models; None keeps none. Data of other kinds comes from botocore's own files.
    """

    def __init__(self, folder: Path | None) -> None:
        from botocore.loaders import Loader

        self._whole = Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
        self._folder = folder
        self._models: dict[str, Mapping[str, Any]] = {}
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        """What is not about the model of one service, as botocore's loader does it."""
        return getattr(self._whole, name)

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        """The prepared model, paginators or endpoint rules of a service; other types are read as botocore does."""
        if type_name not in _TYPES or service_name not in services():
            return self._whole.load_service_model(service_name, type_name, api_version)
        with self._lock:
            if service_name not in self._models:
                self._models[service_name] = self._prepared(service_name)
            return self._models[service_name][type_name]

    def _prepared(self, service: str) -> Mapping[str, Any]:
        file = self._folder / f"{service}.json" if self._folder else None
        kept = _kept(file) if file else None
        if kept is not None:
            return kept
        wanted = {operation for of, operation in allowed_operations() if of == service} | _CREDENTIALS.get(
            service, set()
        )
        whole = {name: self._whole_model(service, name) for name in _TYPES}
        prepared = {
            "service-2": _model(whole["service-2"], wanted),
            "paginators-1": {"pagination": _only(whole["paginators-1"].get("pagination", {}), wanted)},
            "endpoint-rule-set-1": whole["endpoint-rule-set-1"],
        }
        if file:
            _keep(file, prepared)
        return prepared

    def _whole_model(self, service: str, type_name: str) -> Mapping[str, Any]:
        """botocore's own model; empty where it has none of this type, as for a service without paginators."""
        from botocore.exceptions import DataNotFoundError

        try:
            model: Mapping[str, Any] = self._whole.load_service_model(service, type_name)
        except DataNotFoundError:
            if type_name != "paginators-1":
                raise
            return {}
        return model


@cache
def prepared_models() -> PreparedModels:
    """The loader with the user's cache folder."""
    return PreparedModels(_cache_folder())


def core_session() -> Any:
    """A botocore session that reads prepared models and has only the event handlers that their services need.

    Each client copies all handlers of its session, which takes a third of the time of building it.
    """
    import botocore.session
    from botocore import handlers

    core = botocore.session.Session(include_builtin_handlers=False)
    core.register_component("data_loader", prepared_models())
    emitter = core.get_component("event_emitter")
    register = {
        None: emitter.register,
        handlers.REGISTER_FIRST: emitter.register_first,
        handlers.REGISTER_LAST: emitter.register_last,
    }
    for event, handler, *place in handlers.BUILTIN_HANDLERS:
        if _needed(event):
            register[place[0] if place else None](event, handler)
    return core


def _needed(event: str) -> bool:
    """Whether an event can occur in reading. Its name is `what.service.Operation`, with `*` for any.

    boto3 names the few services that have handlers of their own as botocore's events do.
    """
    from botocore import xform_name

    what, service, operation = (*event.split("."), "", "")[:3]
    called = {operation for _, operation in allowed_operations()}.union(*_CREDENTIALS.values())
    return (
        what != "docs"
        and service in {"", "*", *services(), *_CREDENTIALS, "sso-oidc"}
        and (operation in ("", "*") or xform_name(operation) in called)
    )


def _cache_folder() -> Path | None:
    """The folder of prepared models: one for each version of botocore and content of the table of rows.

    None where the folder cannot be made, or where other users can write to it.
    """
    import botocore

    content = json.dumps([_FORMAT, sorted(allowed_operations()), [*map(sorted, _CREDENTIALS.values())]])
    table = hashlib.sha256(content.encode()).hexdigest()[:16]
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = user / "asbuilt" / f"models-{botocore.__version__}-{table}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = folder.stat()
    except OSError:
        return None
    safe = about.st_uid == os.getuid() and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return folder if safe else None


def _kept(file: Path) -> Mapping[str, Any] | None:
    """The content of a file of prepared models; None for a missing or broken one."""
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and set(_TYPES) <= set(content) else None


def _keep(file: Path, content: Mapping[str, Any]) -> None:
    """Write the file aside and rename it, so that no other process reads a part of it."""
    with contextlib.suppress(OSError), tempfile.TemporaryDirectory(dir=file.parent) as folder:
        aside = Path(folder, file.name)
        aside.write_text(json.dumps(content), encoding="utf-8")
        aside.replace(file)


def _model(whole: Mapping[str, Any], wanted: Iterable[str]) -> dict[str, Any]:
    """The model with the wanted operations and all shapes that they refer to."""
    operations = {name: _undocumented(about) for name, about in _only(whole["operations"], wanted).items()}
    todo = [
        reference["shape"]
        for operation in operations.values()
        for reference in (*(operation.get(name) for name in _SHAPE_REFERENCES), *operation.get("errors", ()))
        if reference
    ]
    shapes: dict[str, Any] = {}
    while todo:
        name = todo.pop()
        if name not in shapes:
            shapes[name] = _undocumented(whole["shapes"][name])
            todo += _referred(shapes[name])
    return {**whole, "operations": operations, "shapes": shapes}


def _only(operations: Mapping[str, Any], wanted: Iterable[str]) -> dict[str, Any]:
    from botocore import xform_name

    return {name: about for name, about in operations.items() if xform_name(name) in wanted}


def _referred(shape: Mapping[str, Any]) -> list[str]:
    """The names of the shapes that a shape refers to."""
    parts = (*shape.get("members", {}).values(), *(shape[name] for name in ("member", "key", "value") if name in shape))
    return [part["shape"] for part in parts]


def _undocumented(data: Any) -> Any:
    """A copy without the texts of documentation, except in shapes, whose member can have that name."""
    if isinstance(data, list):
        return [_undocumented(item) for item in data]
    if not isinstance(data, dict):
        return data
    return {
        key: _undocumented(value) for key, value in data.items() if key != "documentation" or not isinstance(value, str)
    }
