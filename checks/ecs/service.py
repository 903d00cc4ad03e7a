"""Checks of ECS clusters and services: their tasks, images, placement and deployments."""

import datetime

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown

from .task_definition import repository_of

_UPDATE = "aws ecs update-service --cluster {clusterArn} --service {name}"
_RECREATE = "It is fixed when the service is created: create a new one with it and delete this one."
_IMAGES = ("ecs:service.task", "ecr:repository", "ecr:repository.image")


def belongs_to(task: Record, service: Record) -> bool:
    """Whether a service started a task."""
    return task["group"] == f"service:{service['serviceName']}" and task["clusterArn"] == service["clusterArn"]


def tasks_of(service: Record, account: Account) -> list[Record]:
    """The running tasks of a service."""
    tasks = account.all("ecs:service.task")
    return [task for task in tasks if belongs_to(task, service) and task["lastStatus"] == "RUNNING"]


def _running_images(service: Record, account: Account) -> list[tuple[str, list[Record]]]:
    """The digest of every running container with an image of this account's registry, and the repository's images.

    Containers of other registries (agents, proxies) are not the application and are left out.
    """
    found = []
    for container in (container for task in tasks_of(service, account) for container in task["containers"]):
        repository = repository_of(container["image"], account)
        if repository is not None:
            found.append((container["imageDigest"], account.details("ecr:repository.image", repository)))
    if not found:
        raise Unknown(f"no running task of {service.entry.label!r} has an image from a repository of this account")
    return found


@check("ecs:cluster", "ecs:service", severity="high", fix="Recreate it: a deleted one stays INACTIVE.")
def status(record: Record) -> str:
    """The status: ACTIVE while it can run tasks."""
    return record["status"]


@check("ecs:cluster", severity="medium", fix="aws ecs deregister-container-instance --help; terminate the instances.")
def container_instances(cluster: Record) -> int:
    """How many EC2 instances are registered in the cluster."""
    return cluster["registeredContainerInstancesCount"]


@check(
    "ecs:cluster",
    severity="low",
    fix="aws ecs put-cluster-capacity-providers --cluster {name} --capacity-providers FARGATE FARGATE_SPOT",
)
def capacity_providers(cluster: Record) -> frozenset[str]:
    """The capacity providers that its tasks may use."""
    return frozenset(cluster["capacityProviders"])


@check("ecs:service", severity="high", names_subjects=True, fix=_RECREATE)
def cluster(service: Record, account: Account) -> str:
    """The subject that is its cluster, else the cluster's ARN."""
    return account.named(service.reference("clusterArn"), "ecs:cluster", "clusterArn")


@check("ecs:service", severity="medium", fix=f"{_UPDATE} --desired-count {{wanted ?? <number>}}")
def desired_tasks(service: Record) -> int:
    """The desired number of tasks."""
    return service["desiredCount"]


@check("ecs:service", severity="high", fix="aws ecs describe-services --cluster {clusterArn} --services {name}")
def running_tasks(service: Record) -> int:
    """The number of running tasks."""
    return service["runningCount"]


@check("ecs:service", severity="medium", fix=_RECREATE)
def launch_type(service: Record) -> str:
    """The launch type: FARGATE, EC2, or the capacity providers of its strategy."""
    # a service has a launch type or a strategy of capacity providers, never both
    if "launchType" in service:
        return service["launchType"]
    return ", ".join(sorted(item["capacityProvider"] for item in service["capacityProviderStrategy"]))


@check("ecs:service", severity="low", fix=f"{_UPDATE} --platform-version LATEST --force-new-deployment")
def platform_version(service: Record) -> str:
    """The Fargate platform version that the service requests."""
    return service["platformVersion"]


@check(
    "ecs:service",
    severity="medium",
    controls=["AWS FSBP ECS.2"],
    fix=f"{_UPDATE} --network-configuration file://network.json, the same with the documented assignPublicIp",
)
def assign_public_ip(service: Record) -> bool:
    """Whether its tasks get public addresses."""
    return service["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "ENABLED"


@check(
    "ecs:service", severity="high", names_subjects=True, fix=f"{_UPDATE} --load-balancers file://load-balancers.json"
)
def serves(service: Record, account: Account) -> frozenset[str]:
    """The subjects that are the target groups of its tasks, else the groups' ARNs."""
    arns = [target.reference("targetGroupArn") for target in service["loadBalancers"]]
    return frozenset(account.named(arn, "elbv2:target-group", "TargetGroupArn") for arn in arns)


@check("ecs:service", severity="high", fix=f"{_UPDATE} --load-balancers file://load-balancers.json")
def balanced_containers(service: Record) -> frozenset[str]:
    """The containers and ports that load balancers send requests to: `web:8000`."""
    return frozenset(f"{target['containerName']}:{target['containerPort']}" for target in service["loadBalancers"])


@check("ecs:service", severity="high", fix="aws ecs describe-services --cluster {clusterArn} --services {name}")
def deployment_complete(service: Record) -> bool:
    """Whether its last deployment is complete and no other is in progress."""
    return [item["rolloutState"] for item in service["deployments"]] == ["COMPLETED"]


@check("ecs:service", severity="medium", fix=f"{_UPDATE} --deployment-configuration strategy=BLUE_GREEN")
def deployment_strategy(service: Record) -> str:
    """The deployment strategy: ROLLING, BLUE_GREEN, LINEAR or CANARY."""
    if service.get("deploymentController", {}).get("type") == "CODE_DEPLOY":
        return "BLUE_GREEN"  # CodeDeploy supports no other strategy for ECS
    # the strategy is newer than the configuration, and services without one use ROLLING
    return service["deploymentConfiguration"].get("strategy", "ROLLING")


@check(
    "ecs:service",
    severity="high",
    fix=f"{_UPDATE} --deployment-configuration "
    "'minimumHealthyPercent=100,deploymentCircuitBreaker={enable=true,rollback=true}'",
)
def replaced_without_downtime(service: Record) -> bool:
    """Whether deployments start new tasks before they stop old ones, and a rolling one rolls back when it fails."""
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
    """The number of Availability Zones of its running tasks."""
    return len({task["availabilityZone"] for task in tasks_of(service, account)})


@check("ecs:service", severity="critical", reads=_IMAGES, fix=f"{_UPDATE} --force-new-deployment")
def runs_newest_image(service: Record, account: Account) -> bool:
    """Whether every running task has the image that was last pushed to its repository."""
    return all(
        images and digest == max(images, key=lambda image: image["imagePushedAt"])["imageDigest"]
        for digest, images in _running_images(service, account)
    )


@check("ecs:service", severity="medium", reads=_IMAGES, fix="Rebuild the image on a patched base image, and deploy it.")
def image_age_days(service: Record, account: Account, now: datetime.datetime) -> int | None:
    """How many days ago the oldest running image was pushed; nothing if its repository no longer holds it."""
    ages = []
    for digest, images in _running_images(service, account):
        pushed = [image["imagePushedAt"] for image in images if image["imageDigest"] == digest]
        if not pushed:
            return None
        ages.append((now - pushed[0]).days)
    return max(ages)
