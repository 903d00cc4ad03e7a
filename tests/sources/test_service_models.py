"""Prepared service models: what rows call works as with botocore's whole models, and nothing else is in them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import handlers, xform_name
from botocore.model import ServiceModel

from asbuilt.sources import service_models
from asbuilt.sources.rows import allowed_operations, services
from asbuilt.sources.service_models import PreparedModels, core_session


@pytest.fixture(scope="module")
def prepared() -> PreparedModels:
    """The loader without a cache folder."""
    return PreparedModels(None)


def described(shape: Any, seen: frozenset[str] = frozenset()) -> Any:
    """All that parsing and serializing use of a shape, and of the shapes inside it."""
    if shape is None or shape.name in seen:
        return shape and shape.name
    seen |= {shape.name}
    members = [(name, described(of, seen)) for name, of in getattr(shape, "members", {}).items()]
    parts = [described(getattr(shape, part), seen) for part in ("member", "key", "value") if hasattr(shape, part)]
    return (shape.name, shape.type_name, shape.serialization, shape.metadata, members, parts)


def operations(model: ServiceModel) -> dict[str, Any]:
    """The operations of a model by boto3's name."""
    return {xform_name(name): model.operation_model(name) for name in model.operation_names}


@pytest.mark.parametrize("service", services())
def test_an_operation_is_the_same_as_in_the_whole_model(prepared: PreparedModels, service: str) -> None:
    """Shapes, errors and HTTP details of each operation are those of botocore's model."""
    whole = operations(botocore.session.get_session().get_service_model(service))
    ours = operations(ServiceModel(prepared.load_service_model(service, "service-2"), service))
    for name, operation in ours.items():
        for part in ("input_shape", "output_shape"):
            assert described(getattr(operation, part)) == described(getattr(whole[name], part)), (name, part)
        assert operation.http == whole[name].http
        assert [shape.name for shape in operation.error_shapes] == [shape.name for shape in whole[name].error_shapes]


def test_models_hold_the_operations_of_the_table_and_those_for_credentials(prepared: PreparedModels) -> None:
    """No other operation is in a prepared model."""
    found = {
        (service, xform_name(name))
        for service in services()
        for name in prepared.load_service_model(service, "service-2")["operations"]
    }
    assert found - allowed_operations() == {
        ("sts", name) for name in ("assume_role", "assume_role_with_web_identity", "get_session_token")
    }
    assert allowed_operations() <= found


def test_a_prepared_model_is_kept_and_a_broken_file_is_made_again(tmp_path: Path) -> None:
    """A file that is cut short or holds something else never decides."""
    first = PreparedModels(tmp_path).load_service_model("sts", "service-2")
    [file] = tmp_path.iterdir()
    for broken in ("", "{", "[]", "{}", '{"service-2": {}}'):
        file.write_text(broken, encoding="utf-8")
        assert PreparedModels(tmp_path).load_service_model("sts", "service-2") == first
        assert [file] == list(tmp_path.iterdir())
    assert file.stat().st_size > 1000


def test_a_cache_folder_that_others_can_write_to_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model says where signed requests go, so that only the user may write it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = service_models._cache_folder()
    assert folder is not None
    assert folder.is_relative_to(tmp_path)
    folder.chmod(0o777)
    assert service_models._cache_folder() is None


def test_a_cache_folder_that_cannot_be_made_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models are then prepared in memory."""
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(file))
    assert service_models._cache_folder() is None


def test_models_of_the_users_own_folders_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS_DATA_PATH does not decide how answers are read."""
    folder = tmp_path / "sts" / "2999-01-01"
    folder.mkdir(parents=True)
    (folder / "service-2.json").write_text("{}", encoding="utf-8")
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    model = PreparedModels(None).load_service_model("sts", "service-2")
    assert model["metadata"]["apiVersion"] == "2011-06-15"


def test_only_handlers_of_what_is_never_called_are_left_out() -> None:
    """Each handler that is left out is for documentation, or for what no row calls."""
    left_out = [event.split(".") for event, *_ in handlers.BUILTIN_HANDLERS if not service_models._needed(event)]
    called = {(service, operation) for service, operation in allowed_operations()}
    for what, *at in left_out:
        assert (
            what == "docs" or at[0] not in services() or (len(at) > 1 and (at[0], xform_name(at[1])) not in called)
        ), (what, at)
    core_session()  # all others are registered


def test_a_client_has_no_operation_that_writes() -> None:
    """The client of a prepared model has no method for an operation outside the table."""
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    client = core_session().create_client("s3", region_name="us-east-1", **keys)
    assert not hasattr(client, "put_object")
    assert hasattr(client, "list_buckets")
    assert os.environ["XDG_CACHE_HOME"] in str(service_models._cache_folder())
