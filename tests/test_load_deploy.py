"""The files under deploy/ are what ECS and Kubernetes take, and start what is there to be started."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import botocore.session
import jsonschema
import pytest
import yaml
from botocore.validate import ParamValidator

from loadtests.arguments import add_arguments

ROOT = Path(__file__).resolve().parent.parent
_NAMED = {"type": "object", "required": ["name"], "properties": {"name": {"pattern": "^[a-z0-9-]{1,63}$"}}}
_CONTAINER = {
    "type": "object",
    "required": ["name", "image", "resources", "securityContext"],
    "additionalProperties": False,
    "properties": {
        "name": {"pattern": "^[a-z0-9-]{1,63}$"},
        "image": {"type": "string"},
        "command": {"type": "array", "items": {"type": "string"}},
        "args": {"type": "array", "items": {"type": "string"}},
        "ports": {"type": "array", "items": {"required": ["containerPort"]}},
        "resources": {"type": "object", "required": ["requests", "limits"]},
        "securityContext": {"type": "object", "required": ["allowPrivilegeEscalation", "capabilities"]},
    },
}
JOB = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "properties": {
        "apiVersion": {"const": "batch/v1"},
        "metadata": _NAMED,
        "spec": {
            "type": "object",
            "additionalProperties": False,
            "required": ["template", "backoffLimit"],
            "properties": {
                "backoffLimit": {"const": 0},
                "parallelism": {"type": "integer"},
                "completions": {"type": "integer"},
                "template": {
                    "type": "object",
                    "required": ["metadata", "spec"],
                    "properties": {
                        "spec": {
                            "type": "object",
                            "required": ["restartPolicy", "containers"],
                            "properties": {
                                "restartPolicy": {"enum": ["Never", "OnFailure"]},
                                "containers": {"type": "array", "minItems": 1, "items": _CONTAINER},
                            },
                        }
                    },
                },
            },
        },
    },
}


def _documents() -> list[Any]:
    return list(yaml.safe_load_all((ROOT / "deploy" / "kubernetes" / "load.yaml").read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", ["master", "worker"])
def test_a_task_definition_is_one_that_ecs_registers(name: str) -> None:
    """By the service's own input shape, with a size that Fargate has."""
    definition = json.loads((ROOT / "deploy" / "ecs" / f"{name}.json").read_text(encoding="utf-8"))
    shape = (
        botocore.session.get_session().get_service_model("ecs").operation_model("RegisterTaskDefinition").input_shape
    )
    report = ParamValidator().validate(definition, shape)
    assert not report.has_errors(), report.generate_report()
    assert (definition["cpu"], definition["memory"]) in {("1024", "2048"), ("2048", "4096")}


def test_manifests_are_jobs_and_their_service() -> None:
    """With the fields that Kubernetes asks for, and no privileges."""
    service, *jobs = _documents()
    assert (service["apiVersion"], service["kind"]) == ("v1", "Service")
    for job in jobs:
        jsonschema.validate(job, JOB)
    assert service["spec"]["selector"].items() <= jobs[0]["spec"]["template"]["metadata"]["labels"].items()


def test_masters_and_workers_agree() -> None:
    """As many workers as the master expects, at the port that it binds, with options that the command has."""
    import argparse

    _, master, worker = _documents()
    ecs = json.loads((ROOT / "deploy" / "ecs" / "master.json").read_text(encoding="utf-8"))
    for command in (
        master["spec"]["template"]["spec"]["containers"][0]["args"],
        ecs["containerDefinitions"][0]["command"],
    ):
        parser = argparse.ArgumentParser()
        add_arguments(parser)
        options = parser.parse_args(command[1:])
        assert options.expect_workers == worker["spec"]["parallelism"] == worker["spec"]["completions"]
        assert (options.bind, options.confirm in options.host) == ("0.0.0.0:5557", True)
        assert (ROOT / "loadtests" / f"{options.system}.py").exists(), shlex.join(command)
