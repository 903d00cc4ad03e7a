"""Checks of the environment variables of an ECS service's containers, in plain text or from a secret."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown
from asbuilt.iam.language.arn import parse_arn
from asbuilt.sources.redaction import ACCESS_KEYS, is_placeholder, is_secret

from ..data.elasticache import endpoints
from .task_definition import READS, container_of, definition_of

_FIX = "Register a revision of {taskDefinition} with it, then aws ecs update-service --service {name} --task-definition"
_MOVE = "Store it in Secrets Manager, and name the secret under `secrets` in a new revision of {taskDefinition}."
_SECRET_ARN = re.compile(r"arn:[\w-]+:secretsmanager:[^:]*:\d*:secret:([^:]+)")
_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}$")  # AWS appends six characters to a secret's name in its ARN


def _plain(container: Record) -> Iterator[Record]:
    # a container without variables has no such list
    yield from container.get("environment", ())


def _secret(container: Record) -> Iterator[Record]:
    yield from container.get("secrets", ())


def hold_no_access_keys(containers: Sequence[Record]) -> bool:
    """Whether no variable of the containers, plain or from a secret, is an AWS access key."""
    names = [each["name"] for one in containers for each in (*_plain(one), *_secret(one))]
    return _absent(bool(ACCESS_KEYS & set(names)), containers)


def hold_no_plain_secrets(containers: Sequence[Record]) -> bool:
    """Whether no plain variable of the containers is named like a secret or has a value that looks like one."""
    # all are looked at, so that the evidence names every one
    found = [is_secret(each["name"], each.kept("value")) for one in containers for each in _plain(one)]
    return _absent(any(found), containers)


def _absent(found: bool, containers: Iterable[Record]) -> bool:
    """Whether no such variable was found. Raises `Unknown` where none was and files in S3 hold further variables."""
    files = [file["value"] for container in containers for file in container.get("environmentFiles", ())]
    if files and not found:
        raise Unknown(f"variables also come from files that are not read: {', '.join(files)}")
    return not found


def _containers(service: Record, account: Account) -> Sequence[Record]:
    return definition_of(service, account)["containerDefinitions"]


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def environment(service: Record, account: Account, variable: str) -> str | None:
    """The value of a plain variable of the application's container; nothing if it is not set."""
    # only the value that is asked for is read, since evidence shows what is read
    found = [each["value"] for each in _plain(container_of(service, account)) if each["name"] == variable]
    return found[-1] if found else None


@check("ecs:service", severity="high", reads=READS, fix=_MOVE)
def secret(service: Record, account: Account, variable: str) -> str | None:
    """The name of the Secrets Manager secret that a variable takes its value from; nothing if there is none.

    A secret of another account or region is named by its ARN.
    """
    found = {each["name"]: each["valueFrom"] for each in _secret(container_of(service, account))}
    match = _SECRET_ARN.match(found.get(variable, ""))
    if not match:
        return None
    own, theirs = parse_arn(definition_of(service, account).entry.arn), parse_arn(match[0])
    here = own and theirs and (own.region, own.account) == (theirs.region, theirs.account)
    return _SUFFIX.sub("", match[1]) if here else match[0]


@check("ecs:service", severity="medium", reads=READS, fix=_FIX)
def variables(service: Record, account: Account) -> frozenset[str]:
    """The names of all variables of the application's container, plain or from a secret."""
    container = container_of(service, account)
    return frozenset(each["name"] for each in (*_plain(container), *_secret(container)))


@check("ecs:service", severity="high", reads=READS, fix=_MOVE)
def secret_variables(service: Record, account: Account) -> frozenset[str]:
    """The names of the variables of the application's container that come from Secrets Manager."""
    container = container_of(service, account)
    return frozenset(each["name"] for each in _secret(container) if _SECRET_ARN.match(each["valueFrom"]))


@check(
    "ecs:service",
    severity="high",
    reads=READS,
    fix="Store the application's secrets in Secrets Manager, and name them under the container's secrets.",
)
def secret_references(service: Record, account: Account) -> int:
    """How many variables of its containers come from a secret store."""
    definitions = account.details(*READS, service)
    return sum(len(one.get("secrets", ())) for definition in definitions for one in definition["containerDefinitions"])


@check(
    "ecs:service",
    severity="medium",
    reads=READS,
    names_subjects=True,
    fix="Set {parameter} to the address of the documented {expected} in a new revision of {taskDefinition}.",
)
def points_at(service: Record, account: Account, variable: str) -> str | None:
    """The subject whose endpoint or bucket name a plain variable contains, else the variable's value."""
    value = environment(service, account, variable)
    hosts = {host: name for name, record in account.subjects() for host in _hosts(record)}
    named = (
        name for host, name in hosts.items() if value and re.search(rf"(?<![\w.-]){re.escape(host)}(?![\w.-])", value)
    )
    return next(named, None if value is None else account.unnamed(value))


@check("ecs:service", severity="medium", reads=READS, names_subjects=True, fix=_FIX)
def host_list(service: Record, account: Account, variable: str) -> frozenset[str]:
    """The hosts that a plain variable lists, with the subject in place of its domain: `zone`, `www.zone`."""
    zones = {record["Name"].rstrip("."): name for name, record in account.subjects()}
    listed = (environment(service, account, variable) or "").split(",")
    return frozenset(_under(host.strip(), zones) or account.unnamed(host.strip()) for host in listed if host.strip())


def _under(host: str, zones: Mapping[str, str]) -> str:
    """A host with its zone's subject in place of the domain that it ends in; "" for a host in none of the zones."""
    for domain, name in zones.items():
        if host == domain or host.endswith(f".{domain}"):
            return host.removesuffix(domain) + name
    return ""


def _hosts(record: Record) -> list[str]:
    """The host names at which clients reach a subject."""
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
    fix="Remove the keys in a new revision of {taskDefinition}, and use its task role.",
)
def free_of_access_keys(service: Record, account: Account) -> bool:
    """Whether no container has AWS access keys in its variables, plain or from a secret."""
    return hold_no_access_keys(_containers(service, account))


@check("ecs:service", severity="critical", reads=READS, fix=_MOVE)
def free_of_plain_secrets(service: Record, account: Account) -> bool:
    """Whether no plain variable of any container is named like a secret or has a value that looks like one."""
    return hold_no_plain_secrets(_containers(service, account))


@check("ecs:service", severity="critical", reads=READS, fix=_MOVE)
def free_of_sample_credentials(service: Record, account: Account) -> bool:
    """Whether no plain variable of any container holds a sample credential from a guide."""
    found = any(is_placeholder(each.kept("value")) for one in _containers(service, account) for each in _plain(one))
    return _absent(found, _containers(service, account))
