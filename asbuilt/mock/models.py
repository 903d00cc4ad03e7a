"""AWS's service models, read once per process.

Reading them takes most of the time of a first call: boto3 reads a model for each session, and moto for each backend
and once more for itself. The functions here let both share one loader.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

CHANGED = ("s3", "s3control")  # botocore rewrites these models in place when it makes a client


@functools.cache
def loader() -> Any:
    """The shared loader of botocore, which keeps the models that it has read."""
    import botocore.loaders

    return botocore.loaders.create_loader()


@contextmanager
def shared() -> Iterator[None]:
    """Let new sessions and moto read models through `loader` while the block runs."""
    import botocore.session

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(botocore.session, "create_loader", return_value=loader()))
        from moto.core import utils
        from moto.core.loaders import Loader, moto_root

        class Once(Loader):
            """moto's loader: the shared model, merged with moto's additions."""

            def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
                if service_name in CHANGED:
                    return super().load_service_model(service_name, type_name, api_version)
                model = loader().load_service_model(service_name, type_name, api_version)
                version = api_version or loader().determine_latest_version(service_name, type_name)
                for extra in self._find_extras(service_name, type_name, version):
                    model = _laid_over(model, extra["merge"])
                return model

        reader = Once(extra_search_paths=[moto_root])
        stack.enter_context(mock.patch.object(utils, "create_loader", return_value=reader))
        yield


def _laid_over(model: dict[str, Any], addition: dict[str, Any]) -> dict[str, Any]:
    """A copy of `model` with `addition` merged into it. Unchanged parts are shared with `model`."""
    merged = dict(model)
    for key, value in addition.items():
        both = isinstance(value, dict) and isinstance(model.get(key), dict)
        merged[key] = _laid_over(model[key], value) if both else value
    return merged


class _Offerings(dict[str, Any]):
    """Region → the instance types that it offers. moto's file of a region is read at the first access."""

    def __init__(self, location_type: str, files: dict[str, str]) -> None:
        super().__init__(files)
        self._location_type = location_type

    def __getitem__(self, region: str) -> Any:
        found = super().__getitem__(region)
        if isinstance(found, str):
            from moto.utilities.utils import load_resource

            found = [{**offering, "LocationType": self._location_type} for offering in load_resource(found)]
            self[region] = found
        return found

    def get(self, region: str, default: Any = None) -> Any:
        return self[region] if region in self else default  # noqa: SIM401  # the plain get would not read the file


def import_ec2() -> None:
    """Import moto's EC2 without the instance types of all regions, which take 100 MB. An account needs one region."""
    import sys

    if "moto.ec2.models.instance_types" in sys.modules:
        return
    from moto.utilities import utils

    files: dict[tuple[str, str], str] = {}
    load_resource = utils.load_resource

    def noted(path: str) -> Any:
        if "instance_type_offerings" not in path:
            return load_resource(path)
        *_, location_type, file = path.replace("\\", "/").split("/")
        files[location_type, file.partition(".")[0]] = path
        return []

    with mock.patch.object(utils, "load_resource", noted):
        from moto.ec2.models import instance_types
    for location_type in list(instance_types.INSTANCE_TYPE_OFFERINGS):
        ours = {region: path for (of, region), path in files.items() if of == location_type}
        instance_types.INSTANCE_TYPE_OFFERINGS[location_type] = _Offerings(location_type, ours)
