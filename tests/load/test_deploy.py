"""The files below deploy/ are valid for ECS and Kubernetes, and start commands that exist."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml
from botocore.validate import ParamValidator

from asbuilt.commands.load_arguments import add_arguments

ROOT = Path(__file__).resolve().parents[2]


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


def test_manifests_are_what_kubernetes_takes() -> None:
    """By its own schemas: a misspelt field is refused, too."""
    kubernetes = pytest.importorskip("kubernetes_validate", reason="needs requirements/kubernetes.lock (70 MB)")
    for manifest in _documents():
        kubernetes.validate(manifest, kubernetes.latest_version(), strict=True)
    manifest["spec"]["parallelsm"] = manifest["spec"].pop("parallelism")
    with pytest.raises(kubernetes.ValidationError, match="parallelsm"):
        kubernetes.validate(manifest, kubernetes.latest_version(), strict=True)


def test_a_pod_has_no_privileges_and_is_started_once() -> None:
    """A failed run is not repeated by itself, and the service selects the master."""
    service, *jobs = _documents()
    for job in jobs:
        pod = job["spec"]["template"]["spec"]
        assert (job["spec"]["backoffLimit"], pod["restartPolicy"]) == (0, "Never")
        assert pod["securityContext"]["runAsNonRoot"] is True
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["resources"].keys() == {"requests", "limits"}
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
        assert (ROOT / "loadtests" / options.system / "users.py").exists(), shlex.join(command)


def test_nothing_private_enters_the_image() -> None:
    """Only named files do: what the program imports and reads and what its build takes, but no output."""
    rules = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    allowed = {rule[1:] for rule in rules if rule.startswith("!")}
    assert rules[0] == "*"
    assert {
        "asbuilt",
        "checks",
        "fixtures",
        "loadtests",
        "reports",
        "specs",
        "conftest.py",
        "pyproject.toml",
    } <= allowed
    assert {"**/__pycache__", "reports/out"} <= set(rules)
    assert not allowed & {".git", ".venv", "accounts.toml"}
    assert all((ROOT / name).exists() for name in allowed)
