"""Questions about what an ECS service runs: its task definition, as asked of the service."""

import re

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, ResourceId, Unknown
from asbuilt.iam.language.arn import account_of, parse_arn

READS = ("ecs:service.task-definition",)
UNTAGGED = re.compile(r"(:[^:/@]+)?(@.*)?$")  # the tag and digest, which follow the name in an image's address
_FIX = "Register a revision of {taskDefinition} with it, then aws ecs update-service --service {name} --task-definition"


def definition_of(service: Record, account: Account) -> Record:
    """The task definition that a service uses. Raises `Unknown` where it was not read."""
    found = account.detail("ecs:service.task-definition", service)
    if found is None:
        raise Unknown(f"the task definition of {service.entry.label!r} was not among those read")
    return found


def container_of(service: Record, account: Account) -> Record:
    """The application's container: the only one, else the only one that load balancers send requests to.

    Raises `Unknown` where there is no such container.
    """
    containers = list(definition_of(service, account)["containerDefinitions"])
    if len(containers) > 1:
        # a service without load balancers has no such list
        balanced = {target["containerName"] for target in service.get("loadBalancers", ())}
        containers = [each for each in containers if each["name"] in balanced]
    if len(containers) != 1:
        raise Unknown(f"which container of {service.entry.label!r} is the application is not known")
    return containers[0]


def repository_of(image: str, account: Account) -> Record | None:
    """The repository of this account that an image comes from; None for an image of another registry.

    Only the URI identifies it: an image called by a name alone comes from Docker Hub, whatever repositories are here.
    """
    uri = ResourceId(UNTAGGED.sub("", image))
    found = account.find("ecr:repository", uri)
    return found if found is not None and found["repositoryUri"] == uri else None


def role_name(definition: Record, field: str) -> str | None:
    """The name of a role in a task definition, whatever its path; the ARN of another account's role; None for none."""
    found: str | None = definition.get(field)
    role = parse_arn(found)
    if role is None:
        return found or None  # AWS also takes a role's name alone
    own = role.account == account_of(definition.entry.arn) and role.resource.startswith("role/")
    return role.resource.rpartition("/")[2] if own else found


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
    """The launch types that its task definition is registered for."""
    return frozenset(definition_of(service, account)["requiresCompatibilities"])


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def cpu_units(service: Record, account: Account) -> int:
    """The CPU units of one task: 1024 are one vCPU."""
    return int(definition_of(service, account)["cpu"])


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def memory_mib(service: Record, account: Account) -> int:
    """The memory of one task in MiB."""
    return int(definition_of(service, account)["memory"])


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def execution_role(service: Record, account: Account) -> str | None:
    """The name of the task execution role; nothing if there is none."""
    return role_name(definition_of(service, account), "executionRoleArn")


@check("ecs:service", severity="high", reads=READS, fix=_FIX)
def task_role(service: Record, account: Account) -> str | None:
    """The name of the task role, which the application uses; nothing if there is none."""
    return role_name(definition_of(service, account), "taskRoleArn")


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def container_name(service: Record, account: Account) -> str:
    """The name of the application's container."""
    return container_of(service, account)["name"]


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def image(service: Record, account: Account) -> str:
    """The image of the application's container, with registry and tag or digest."""
    return container_of(service, account)["image"]


@check("ecs:service", severity="medium", reads=READS, names_subjects=True, fix=_FIX)
def image_from(service: Record, account: Account) -> str:
    """The subject that is the repository of its image, else the image's name without its tag."""
    name = ResourceId(UNTAGGED.sub("", container_of(service, account)["image"]))
    return account.named(name, "ecr:repository", "repositoryUri")


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def image_tag(service: Record, account: Account) -> str:
    """The tag of its image: `latest` if none is given, empty if the image is given by digest only."""
    name, _, digest = container_of(service, account)["image"].rpartition("/")[2].partition("@")
    return name.partition(":")[2] or ("" if digest else "latest")


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def container_ports(service: Record, account: Account) -> frozenset[str]:
    """The port mappings of the application's container: `tcp 8000`."""
    # AWS documents tcp as the default protocol
    ports = container_of(service, account)["portMappings"]
    return frozenset(f"{mapping.get('protocol', 'tcp')} {mapping['containerPort']}" for mapping in ports)


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def log_driver(service: Record, account: Account) -> str | None:
    """The log driver of the application's container; nothing if it has no log configuration."""
    return container_of(service, account).get("logConfiguration", {}).get("logDriver")


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def log_option(service: Record, account: Account, option: str) -> str | None:
    """The value of an option of its log driver; nothing if it is not set."""
    return container_of(service, account).get("logConfiguration", {}).get("options", {}).get(option)


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def health_command(service: Record, account: Account) -> tuple[str, ...]:
    """The health check command of the application's container."""
    return tuple(container_of(service, account).get("healthCheck", {}).get("command", ()))


@check("ecs:service", severity="low", reads=READS, fix=_FIX)
def health_timing(service: Record, account: Account, setting: str) -> int | None:
    """The container health check's interval, timeout or startPeriod (in seconds), or retries; nothing if not set."""
    return container_of(service, account).get("healthCheck", {}).get(setting)
