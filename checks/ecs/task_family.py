"""Checks of task definitions whose tasks are started one by one: the latest revision of a family."""

from collections.abc import Iterator

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

from .environment import hold_no_access_keys, hold_no_plain_secrets
from .task_definition import UNTAGGED, role_name

_KIND = "ecs:task-definition"
_FIX = "Register a revision of {family} with it: aws ecs register-task-definition --cli-input-json file://task.json"


@check(_KIND, severity="medium", fix=_FIX)
def cpu_units(definition: Record) -> int:
    """The CPU units of one task: 1024 are one vCPU."""
    return int(definition["cpu"])


@check(_KIND, severity="medium", fix=_FIX)
def memory_mib(definition: Record) -> int:
    """The memory of one task in MiB."""
    return int(definition["memory"])


@check(_KIND, severity="medium", fix=_FIX)
def compatibilities(definition: Record) -> frozenset[str]:
    """The launch types that the task definition is registered for."""
    return frozenset(definition["requiresCompatibilities"])


@check(_KIND, severity="high", fix=_FIX)
def task_role(definition: Record) -> str | None:
    """The name of the task role; nothing if there is none."""
    return role_name(definition, "taskRoleArn")


@check(_KIND, severity="medium", reads=["ecr:repository"], names_subjects=True, fix=_FIX)
def images_from(definition: Record, account: Account) -> frozenset[str]:
    """The subjects that are the repositories of its images, else the images."""
    known = {found["repositoryUri"]: name for name, found in account.subjects() if "repositoryUri" in found}
    images = [container["image"] for container in definition["containerDefinitions"]]
    return frozenset(known.get(UNTAGGED.sub("", image)) or account.unnamed(image) for image in images)


@check(_KIND, severity="high", names_subjects=True, fix=_FIX)
def writes_to(definition: Record, account: Account) -> frozenset[str]:
    """The subjects that are the file systems its essential containers mount as writable, else the systems' ids."""
    volumes = {name: volume.reference("fileSystemId") for name, volume in _file_systems(definition)}
    mounts = [
        mount
        for container in definition["containerDefinitions"]
        if container.get("essential", True)  # containers are essential by default
        for mount in container.get("mountPoints", ())
    ]
    written = {mount["sourceVolume"] for mount in mounts if not mount.get("readOnly", False)}
    return frozenset(
        account.named(volumes[name], "efs:file-system", "FileSystemId") for name in written & volumes.keys()
    )


@check(_KIND, severity="high", controls=["AWS FSBP ECS.15"], fix=_FIX)
def encrypts_mounts(definition: Record) -> bool:
    """Whether it mounts file systems, and each of them over TLS, which is off by default."""
    mounted = [volume.get("transitEncryption", "DISABLED") for _, volume in _file_systems(definition)]
    return bool(mounted) and all(state == "ENABLED" for state in mounted)


@check(_KIND, severity="medium", fix=_FIX)
def mounts_by_access_point(definition: Record) -> bool:
    """Whether it mounts file systems, and each of them through an access point, which sets user and directory."""
    # a volume without an authorization configuration uses no access point
    points = [volume.get("authorizationConfig", {}).get("accessPointId") for _, volume in _file_systems(definition)]
    return bool(points) and all(points)


@check(_KIND, severity="critical", controls=["AWS FSBP ECS.8"], fix=_FIX)
def free_of_access_keys(definition: Record) -> bool:
    """Whether no container has AWS access keys in its variables, plain or from a secret."""
    return hold_no_access_keys(definition["containerDefinitions"])


@check(_KIND, severity="critical", controls=["AWS FSBP ECS.8"], fix=_FIX)
def free_of_plain_secrets(definition: Record) -> bool:
    """Whether no plain variable of any container is named like a secret or has a value that looks like one."""
    return hold_no_plain_secrets(definition["containerDefinitions"])


def _file_systems(definition: Record) -> Iterator[tuple[str, Record]]:
    """The EFS volumes with their names; a volume of another type has no such configuration."""
    for volume in definition.get("volumes", ()):
        if "efsVolumeConfiguration" in volume:
            yield volume["name"], volume["efsVolumeConfiguration"]
