"""Questions about task definitions that tasks are started from one by one: the latest revision of a family."""

from collections.abc import Iterator

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record
from asbuilt.sources.redaction import PLACEHOLDER, SECRET, SECRET_NAME

from .environment import none_of_them

_KIND = "ecs:task-definition"
_FIX = "Register a revision of {family} with it: aws ecs register-task-definition --cli-input-json file://task.json"
_ACCESS_KEYS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}


@check(_KIND, severity="medium", fix=_FIX)
def cpu_units(definition: Record) -> int:
    """The CPU of one task, 1024 units a vCPU."""
    return int(definition["cpu"])


@check(_KIND, severity="medium", fix=_FIX)
def memory_mib(definition: Record) -> int:
    """The memory of one task."""
    return int(definition["memory"])


@check(_KIND, severity="medium", fix=_FIX)
def compatibilities(definition: Record) -> frozenset[str]:
    """The launch types that it was registered for."""
    return frozenset(definition["requiresCompatibilities"])


@check(_KIND, severity="high", fix=_FIX)
def task_role(definition: Record) -> str | None:
    """The name of the role that its tasks act as; nothing where it has none."""
    arn = definition.get("taskRoleArn")
    return arn.rpartition("/")[2] if arn else None


@check(_KIND, severity="medium", reads=["ecr:repository"], names_subjects=True, fix=_FIX)
def images_from(definition: Record, account: Account) -> frozenset[str]:
    """The subjects that are the repositories its images come from, else the images."""
    known = {found["repositoryUri"]: name for name, found in account.subjects() if "repositoryUri" in found}
    images = [container["image"] for container in definition["containerDefinitions"]]
    return frozenset(known.get(image.partition("@")[0].rpartition(":")[0], image) for image in images)


@check(_KIND, severity="high", names_subjects=True, fix=_FIX)
def writes_to(definition: Record, account: Account) -> frozenset[str]:
    """The subjects that are the file systems its essential containers mount to write on, else the systems' ids."""
    known = {found["FileSystemId"]: name for name, found in account.subjects() if "FileSystemId" in found}
    volumes = {name: volume["fileSystemId"] for name, volume in _file_systems(definition)}
    mounts = [
        mount
        for container in definition["containerDefinitions"]
        if container.get("essential", True)  # containers are, unless said otherwise
        for mount in container.get("mountPoints", ())
    ]
    written = {mount["sourceVolume"] for mount in mounts if not mount.get("readOnly", False)}
    return frozenset(known.get(volumes[name], volumes[name]) for name in written & volumes.keys())


@check(_KIND, severity="high", controls=["AWS FSBP ECS.15"], fix=_FIX)
def encrypts_mounts(definition: Record) -> bool:
    """Whether it mounts file systems, and each of them over TLS, which AWS leaves off unless told."""
    mounted = [volume.get("transitEncryption", "DISABLED") for _, volume in _file_systems(definition)]
    return bool(mounted) and all(state == "ENABLED" for state in mounted)


@check(_KIND, severity="medium", fix=_FIX)
def mounts_by_access_point(definition: Record) -> bool:
    """Whether it mounts file systems, and each of them through an access point that decides user and directory."""
    # a volume without authorization settings mounts as it likes
    points = [volume.get("authorizationConfig", {}).get("accessPointId") for _, volume in _file_systems(definition)]
    return bool(points) and all(points)


@check(_KIND, severity="critical", controls=["AWS FSBP ECS.8"], fix=_FIX)
def free_of_access_keys(definition: Record) -> bool:
    """Whether no container is given AWS access keys, plain or from a secret."""
    names = [item["name"] for one in definition["containerDefinitions"] for item in (*_plain(one), *_secrets(one))]
    return none_of_them(bool(_ACCESS_KEYS & set(names)), definition["containerDefinitions"])


@check(_KIND, severity="critical", controls=["AWS FSBP ECS.8"], fix=_FIX)
def free_of_plain_secrets(definition: Record) -> bool:
    """Whether no plain variable of any container is named like a secret or holds what looks like one."""
    found = any(_is_secret(item) for one in definition["containerDefinitions"] for item in _plain(one))
    return none_of_them(found, definition["containerDefinitions"])


def _file_systems(definition: Record) -> Iterator[tuple[str, Record]]:
    """The volumes that are file systems of EFS, by name; a volume of another sort has no such configuration."""
    for volume in definition.get("volumes", ()):
        if "efsVolumeConfiguration" in volume:
            yield volume["name"], volume["efsVolumeConfiguration"]


def _plain(container: Record) -> Iterator[Record]:
    yield from container.get("environment", ())  # a container without variables has no list of them


def _secrets(container: Record) -> Iterator[Record]:
    yield from container.get("secrets", ())


def _is_secret(variable: Record) -> bool:
    value = variable["value"]
    if value in (SECRET, PLACEHOLDER):
        return True
    return bool(value) and not value.startswith("arn:") and SECRET_NAME.search(variable["name"]) is not None
