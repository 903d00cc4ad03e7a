"""Questions about what an ECS service runs: its task definition, as asked of the service."""

import re

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown

READS = ("ecs:service.task-definition",)
UNTAGGED = re.compile(r"(:[^:/@]+)?(@.*)?$")  # what follows the name in an image's address
_FIX = "Register a revision of {taskDefinition} with it, then aws ecs update-service --service {name} --task-definition"


def definition_of(service: Record, account: Account) -> Record:
    """The task definition that a service is told to run."""
    found = account.detail("ecs:service.task-definition", service)
    if found is None:
        raise Unknown(f"the task definition of {service.entry.label!r} was not among those read")
    return found


def container_of(service: Record, account: Account) -> Record:
    """The container that is the application: the only one, else the one that load balancers send to."""
    containers = list(definition_of(service, account)["containerDefinitions"])
    if len(containers) > 1:
        # a service without load balancers has no list of them
        balanced = {target["containerName"] for target in service.get("loadBalancers", ())}
        containers = [each for each in containers if each["name"] in balanced]
    if len(containers) != 1:
        raise Unknown(f"no one container of {service.entry.label!r} is known to be the application")
    return containers[0]


def _role_name(arn: str | None) -> str | None:
    return arn.rpartition("/")[2] if arn else None


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def task_family(service: Record, account: Account) -> str:
    """The family of its task definition."""
    return definition_of(service, account)["family"]


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def network_mode(service: Record, account: Account) -> str:
    """The network mode of its tasks."""
    return definition_of(service, account)["networkMode"]


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def compatibilities(service: Record, account: Account) -> frozenset[str]:
    """The launch types that its task definition was registered for."""
    return frozenset(definition_of(service, account)["requiresCompatibilities"])


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def cpu_units(service: Record, account: Account) -> int:
    """The CPU of one task, 1024 units a vCPU."""
    return int(definition_of(service, account)["cpu"])


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def memory_mib(service: Record, account: Account) -> int:
    """The memory of one task."""
    return int(definition_of(service, account)["memory"])


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def execution_role(service: Record, account: Account) -> str | None:
    """The name of the role that starts its tasks; nothing where it has none."""
    return _role_name(definition_of(service, account).get("executionRoleArn"))


@check("ecs:service", severity="high", reads=READS, fix=_FIX)
def task_role(service: Record, account: Account) -> str | None:
    """The name of the role that the application itself acts as; nothing where it has none."""
    return _role_name(definition_of(service, account).get("taskRoleArn"))


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def container_name(service: Record, account: Account) -> str:
    """The name of the application's container."""
    return container_of(service, account)["name"]


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def image(service: Record, account: Account) -> str:
    """The image that it pulls, with registry and tag or digest."""
    return container_of(service, account)["image"]


@check("ecs:service", severity="medium", reads=READS, names_subjects=True, fix=_FIX)
def image_from(service: Record, account: Account) -> str:
    """The subject that is the repository which the image comes from, else the image's name without its tag."""
    name = UNTAGGED.sub("", container_of(service, account)["image"])
    known = {item["repositoryUri"]: of for of, item in account.subjects() if item.entry.kind == "ecr:repository"}
    return known.get(name, name)


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def image_tag(service: Record, account: Account) -> str:
    """The tag that it pulls; `latest` where none is written, empty where the image is pinned by digest alone."""
    name, _, digest = container_of(service, account)["image"].rpartition("/")[2].partition("@")
    return name.partition(":")[2] or ("" if digest else "latest")


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def container_ports(service: Record, account: Account) -> frozenset[str]:
    """The ports that the application's container maps: `tcp 8000`."""
    # AWS documents tcp as the protocol of a mapping that names none
    ports = container_of(service, account)["portMappings"]
    return frozenset(f"{mapping.get('protocol', 'tcp')} {mapping['containerPort']}" for mapping in ports)


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def log_driver(service: Record, account: Account) -> str | None:
    """Where the application's container logs to; nothing where it has no log configuration."""
    return container_of(service, account).get("logConfiguration", {}).get("logDriver")


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def log_option(service: Record, account: Account, option: str) -> str | None:
    """An option of its log driver; nothing where it is not set."""
    return container_of(service, account).get("logConfiguration", {}).get("options", {}).get(option)


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def health_command(service: Record, account: Account) -> tuple[str, ...]:
    """The command that tells whether the application's container is healthy."""
    return tuple(container_of(service, account).get("healthCheck", {}).get("command", ()))


@check("ecs:service", severity="low", reads=READS, fix=_FIX)
def health_timing(service: Record, account: Account, setting: str) -> int | None:
    """The container health check's interval, timeout or startPeriod (in seconds), or retries; nothing without one."""
    return container_of(service, account).get("healthCheck", {}).get(setting)
