"""Questions about ECS clusters and services: what runs, where, and how it is replaced."""

import datetime

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown

from .task_definition import UNTAGGED

_UPDATE = "aws ecs update-service --cluster {clusterArn} --service {name}"
_RECREATE = "It is fixed when the service is created: make a new one with it and delete this one."
_IMAGES = ("ecs:service.task", "ecr:repository", "ecr:repository.image")


def tasks_of(service: Record, account: Account) -> list[Record]:
    """The tasks of a service that run now."""
    group = f"service:{service['serviceName']}"
    return [
        task
        for task in account.all("ecs:service.task")
        if task["group"] == group and task["clusterArn"] == service["clusterArn"] and task["lastStatus"] == "RUNNING"
    ]


def _running_images(service: Record, account: Account) -> list[tuple[str, list[Record]]]:
    """The digest of every running container whose image is from this account's registry, and its repository's images.

    Containers from elsewhere (agents, proxies) are not the application and are left out.
    """
    found = []
    for container in (container for task in tasks_of(service, account) for container in task["containers"]):
        repository = account.find("ecr:repository", UNTAGGED.sub("", container["image"]))
        if repository is not None:
            found.append((container["imageDigest"], account.details("ecr:repository.image", repository)))
    if not found:
        raise Unknown(f"no running task of {service.entry.label!r} comes from a repository of this account")
    return found


@check("ecs:cluster", "ecs:service", severity="high", fix="Create it anew: one that was deleted stays INACTIVE.")
def status(record: Record) -> str:
    """Its state: ACTIVE while it can run tasks."""
    return record["status"]


@check("ecs:cluster", severity="medium", fix="aws ecs deregister-container-instance --help; terminate the instances.")
def container_instances(cluster: Record) -> int:
    """How many EC2 instances are registered in it."""
    return cluster["registeredContainerInstancesCount"]


@check(
    "ecs:cluster",
    severity="low",
    fix="aws ecs put-cluster-capacity-providers --cluster {name} --capacity-providers FARGATE FARGATE_SPOT",
)
def capacity_providers(cluster: Record) -> frozenset[str]:
    """The sources of capacity that its tasks may use."""
    return frozenset(cluster["capacityProviders"])


@check("ecs:service", severity="high", names_subjects=True, fix=_RECREATE)
def cluster(service: Record, account: Account) -> str:
    """The subject that is the cluster it runs in, else the cluster's ARN."""
    known = {found["clusterArn"]: name for name, found in account.subjects() if found.entry.kind == "ecs:cluster"}
    return known.get(service["clusterArn"], service["clusterArn"])


@check("ecs:service", severity="medium", fix=f"{_UPDATE} --desired-count {{wanted ?? <number>}}")
def desired_tasks(service: Record) -> int:
    """How many tasks it is told to run."""
    return service["desiredCount"]


@check("ecs:service", severity="high", fix="aws ecs describe-services --cluster {clusterArn} --services {name}")
def running_tasks(service: Record) -> int:
    """How many of its tasks run now."""
    return service["runningCount"]


@check("ecs:service", severity="medium", fix=_RECREATE)
def launch_type(service: Record) -> str:
    """Where its tasks run: FARGATE, EC2, or the capacity providers of its strategy."""
    # a service has a launch type or a strategy of capacity providers, never both
    if "launchType" in service:
        return service["launchType"]
    return ", ".join(sorted(item["capacityProvider"] for item in service["capacityProviderStrategy"]))


@check("ecs:service", severity="low", fix=f"{_UPDATE} --platform-version LATEST --force-new-deployment")
def platform_version(service: Record) -> str:
    """The version of Fargate it asks for."""
    return service["platformVersion"]


@check(
    "ecs:service",
    severity="medium",
    controls=["AWS FSBP ECS.2"],
    fix=f"{_UPDATE} --network-configuration file://network.json, the same with the documented assignPublicIp",
)
def assign_public_ip(service: Record) -> bool:
    """Whether its tasks are given public addresses."""
    return service["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "ENABLED"


@check(
    "ecs:service", severity="high", names_subjects=True, fix=f"{_UPDATE} --load-balancers file://load-balancers.json"
)
def serves(service: Record, account: Account) -> frozenset[str]:
    """The subjects that are the target groups its tasks register in, else the groups' ARNs."""
    known = {item["TargetGroupArn"]: name for name, item in account.subjects() if "TargetGroupArn" in item}
    arns = [target["targetGroupArn"] for target in service["loadBalancers"]]
    return frozenset(known.get(arn, arn) for arn in arns)


@check("ecs:service", severity="high", fix=f"{_UPDATE} --load-balancers file://load-balancers.json")
def balanced_containers(service: Record) -> frozenset[str]:
    """The containers and ports that load balancers send to: `web:8000`."""
    return frozenset(f"{target['containerName']}:{target['containerPort']}" for target in service["loadBalancers"])


@check("ecs:service", severity="high", fix="aws ecs describe-services --cluster {clusterArn} --services {name}")
def deployment_complete(service: Record) -> bool:
    """Whether its last deployment came to its end and no other is under way."""
    return [item["rolloutState"] for item in service["deployments"]] == ["COMPLETED"]


@check("ecs:service", severity="medium", fix=f"{_UPDATE} --deployment-configuration strategy=BLUE_GREEN")
def deployment_strategy(service: Record) -> str:
    """How a release replaces the one before: ROLLING, BLUE_GREEN, LINEAR or CANARY."""
    if service.get("deploymentController", {}).get("type") == "CODE_DEPLOY":
        return "BLUE_GREEN"  # CodeDeploy knows no other way for ECS
    # the strategy was added later than the configuration, and ROLLING is what services without one do
    return service["deploymentConfiguration"].get("strategy", "ROLLING")


@check(
    "ecs:service",
    severity="high",
    fix=f"{_UPDATE} --deployment-configuration "
    "'minimumHealthyPercent=100,deploymentCircuitBreaker={enable=true,rollback=true}'",
)
def replaced_without_downtime(service: Record) -> bool:
    """Whether releases replace all tasks side by side, or one by one with none missing and a broken one taken back."""
    if deployment_strategy(service) != "ROLLING":
        return True
    rolling = service["deploymentConfiguration"]
    breaker = rolling["deploymentCircuitBreaker"]
    return rolling["minimumHealthyPercent"] >= 100 and breaker["enable"] and breaker["rollback"]


@check(
    "ecs:service",
    severity="high",
    reads=["ecs:service.task"],
    fix=f"{_UPDATE} --availability-zone-rebalancing ENABLED --force-new-deployment",
)
def running_zones(service: Record, account: Account) -> int:
    """Over how many Availability Zones its running tasks spread."""
    return len({task["availabilityZone"] for task in tasks_of(service, account)})


@check("ecs:service", severity="critical", reads=_IMAGES, fix=f"{_UPDATE} --force-new-deployment")
def runs_newest_image(service: Record, account: Account) -> bool:
    """Whether every running task has the image that was pushed last to its repository."""
    return all(
        images and digest == max(images, key=lambda image: image["imagePushedAt"])["imageDigest"]
        for digest, images in _running_images(service, account)
    )


@check("ecs:service", severity="medium", reads=_IMAGES, fix="Build the image anew on a patched base, and deploy it.")
def image_age_days(service: Record, account: Account, now: datetime.datetime) -> int | None:
    """How many days ago the oldest image that runs was pushed; nothing where its repository no longer has it."""
    ages = []
    for digest, images in _running_images(service, account):
        pushed = [image["imagePushedAt"] for image in images if image["imageDigest"] == digest]
        if not pushed:
            return None
        ages.append((now - pushed[0]).days)
    return max(ages)
