"""Questions about the variables that an ECS service gives its containers, in plain text or from a secret."""

import re
from collections.abc import Iterable, Iterator, Mapping

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown
from asbuilt.sources.redaction import PLACEHOLDER, SECRET, SECRET_NAME

from ..data.elasticache import endpoints
from .task_definition import READS, container_of, definition_of

_FIX = "Register a revision of {taskDefinition} with it, then aws ecs update-service --service {name} --task-definition"
_MOVE = "Put it into Secrets Manager, and name the secret under `secrets` of a new revision of {taskDefinition}."
_ACCESS_KEYS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
_SECRET_ARN = re.compile(r"arn:[\w-]+:secretsmanager:[^:]*:\d*:secret:([^:]+)")
_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}$")  # AWS adds six characters to a secret's name in its ARN


def _plain(container: Record) -> Iterator[Record]:
    # a container without variables has no list of them
    yield from container.get("environment", ())


def none_of_them(found: bool, containers: Iterable[Record]) -> bool:
    """That no variable is of a kind, where none was found. Raises `Unknown` where files in S3 hold more of them."""
    files = [file["value"] for container in containers for file in container.get("environmentFiles", ())]
    if files and not found:
        raise Unknown(f"variables also come from files that are not read: {', '.join(files)}")
    return not found


def _secret(container: Record) -> Iterator[Record]:
    yield from container.get("secrets", ())


def _containers(service: Record, account: Account) -> Iterator[Record]:
    yield from definition_of(service, account)["containerDefinitions"]


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def environment(service: Record, account: Account, variable: str) -> str | None:
    """A plain variable of the application's container; nothing where it is not set."""
    found = {each["name"]: each["value"] for each in _plain(container_of(service, account))}
    return found.get(variable)


@check("ecs:service", severity="high", reads=READS, fix=_MOVE)
def secret(service: Record, account: Account, variable: str) -> str | None:
    """The name of the Secrets Manager secret that fills a variable; nothing where none does."""
    found = {each["name"]: _SECRET_ARN.match(each["valueFrom"]) for each in _secret(container_of(service, account))}
    match = found.get(variable)
    return _SUFFIX.sub("", match[1]) if match else None


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def variables(service: Record, account: Account) -> frozenset[str]:
    """The names of all variables of the application's container, plain or from a secret."""
    container = container_of(service, account)
    return frozenset(each["name"] for each in (*_plain(container), *_secret(container)))


@check("ecs:service", severity="high", reads=READS, fix=_MOVE)
def secret_variables(service: Record, account: Account) -> frozenset[str]:
    """The names of the variables that Secrets Manager fills in the application's container."""
    container = container_of(service, account)
    return frozenset(each["name"] for each in _secret(container) if _SECRET_ARN.match(each["valueFrom"]))


@check(
    "ecs:service",
    severity="medium",
    reads=READS,
    names_subjects=True,
    fix="Set {parameter} to the address of the documented {expected} in a new revision of {taskDefinition}.",
)
def points_at(service: Record, account: Account, variable: str) -> str | None:
    """The subject whose endpoint (or bucket name) a plain variable holds, else what it holds."""
    value = environment(service, account, variable)
    hosts = {host: name for name, record in account.subjects() for host in _hosts(record)}
    named = (
        name for host, name in hosts.items() if value and re.search(rf"(?<![\w.-]){re.escape(host)}(?![\w.-])", value)
    )
    return next(named, value)


@check("ecs:service", severity="medium", reads=READS, names_subjects=True, fix=_FIX)
def host_list(service: Record, account: Account, variable: str) -> frozenset[str]:
    """The hosts that a plain variable lists, with a subject's name for its domain: `zone`, `www.zone`."""
    zones = {record["Name"].rstrip("."): name for name, record in account.subjects()}
    listed = (environment(service, account, variable) or "").split(",")
    return frozenset(_under(host.strip(), zones) for host in listed if host.strip())


def _under(host: str, zones: Mapping[str, str]) -> str:
    """A host with its zone's name in place of the domain that it ends in."""
    for domain, name in zones.items():
        if host == domain or host.endswith(f".{domain}"):
            return host.removesuffix(domain) + name
    return host


def _hosts(record: Record) -> list[str]:
    """The names that clients reach a subject by."""
    if record.entry.kind == "elasticache:cache":
        return [endpoint["Address"] for endpoint in endpoints(record)]
    if record.entry.kind == "s3:bucket":
        return [record["Name"]]
    return [record["Endpoint"] if record.entry.kind == "rds:proxy" else record["Endpoint"]["Address"]]


@check(
    "ecs:service",
    severity="critical",
    reads=READS,
    controls=["AWS FSBP ECS.8"],
    fix="Take the keys out of a new revision of {taskDefinition}, and let its task role act.",
)
def free_of_access_keys(service: Record, account: Account) -> bool:
    """Whether no container is given AWS access keys, plain or from a secret."""
    names = [each["name"] for one in _containers(service, account) for each in (*_plain(one), *_secret(one))]
    return none_of_them(bool(_ACCESS_KEYS & set(names)), _containers(service, account))


@check("ecs:service", severity="critical", reads=READS, fix=_MOVE)
def free_of_plain_secrets(service: Record, account: Account) -> bool:
    """Whether no plain variable of any container is named like a secret or holds what looks like one."""
    found = any(_is_secret(each) for one in _containers(service, account) for each in _plain(one))
    return none_of_them(found, _containers(service, account))


def _is_secret(variable: Record) -> bool:
    value = variable["value"]
    if value in (SECRET, PLACEHOLDER):
        return True
    # the ARN of a secret is no secret, and an empty variable holds none
    return bool(value) and not value.startswith("arn:") and SECRET_NAME.search(variable["name"]) is not None


@check("ecs:service", severity="critical", reads=READS, fix=_MOVE)
def free_of_sample_credentials(service: Record, account: Account) -> bool:
    """Whether no plain variable of any container holds a credential as guides print them."""
    found = any(each["value"] == PLACEHOLDER for one in _containers(service, account) for each in _plain(one))
    return none_of_them(found, _containers(service, account))
