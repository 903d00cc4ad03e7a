"""Questions about the option settings of Elastic Beanstalk environments (`DescribeConfigurationSettings`)."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown

SETTINGS = "elasticbeanstalk:environment.settings"
_SIZES = f"{SETTINGS}.sizes"
_PROFILES = "iam:role"
_KIND = "elasticbeanstalk:environment"
_ASG, _TRIGGER, _COMMAND = "aws:autoscaling:asg", "aws:autoscaling:trigger", "aws:elasticbeanstalk:command"
_LOGS, _ENVIRONMENT = "aws:elasticbeanstalk:cloudwatch:logs", "aws:elasticbeanstalk:environment"
_REBUILD = "It is fixed when the environment is created: make a new one and swap the names."


def _fix(namespace: str, option: str, value: str = "{wanted ?? <value>}") -> str:
    setting = f"Namespace={namespace},OptionName={option},Value={value}"
    return f"aws elasticbeanstalk update-environment --environment-name {{name}} --option-settings {setting}"


def settings_of(environment: Record, account: Account) -> Record:
    """The settings in force: beside them Beanstalk tells of a draft that is being deployed, or that failed to be."""
    found = [item for item in account.details(SETTINGS, environment) if item["DeploymentStatus"] == "deployed"]
    if len(found) != 1:
        raise Unknown(f"{environment['EnvironmentName']!r} has {len(found)} sets of settings that are deployed")
    return found[0]


def option(environment: Record, account: Account, namespace: str, name: str) -> str | None:
    """The value of an option; nothing where the environment has no such option."""
    for item in settings_of(environment, account)["OptionSettings"]:
        if item["OptionName"] == name and item["Namespace"] == namespace:
            return item.get("Value", "")  # Beanstalk leaves the value of an empty option out
    return None


def _set(environment: Record, account: Account, namespace: str, name: str) -> str:
    found = option(environment, account, namespace, name)
    if found is None:
        raise Unknown(f"the settings of {environment['EnvironmentName']!r} have no {name} in {namespace}")
    return found


@check(_KIND, severity="high", reads=[SETTINGS], fix=_REBUILD)
def environment_type(environment: Record, account: Account) -> str:
    """Whether it is LoadBalanced, with a group that scales, or a SingleInstance."""
    return _set(environment, account, _ENVIRONMENT, "EnvironmentType")


@check(_KIND, severity="high", reads=[SETTINGS], fix=_REBUILD)
def load_balancer_type(environment: Record, account: Account) -> str:
    """Which sort of load balancer it has: application, network or classic."""
    return _set(environment, account, _ENVIRONMENT, "LoadBalancerType")


@check(_KIND, severity="medium", reads=[SETTINGS], fix=_fix("aws:ec2:instances", "InstanceTypes"))
def instance_types(environment: Record, account: Account) -> frozenset[str]:
    """The instance types that it may run on."""
    types = _set(environment, account, "aws:ec2:instances", "InstanceTypes").split(",")
    return frozenset(name.strip() for name in types if name.strip())


@check(_KIND, severity="low", reads=[SETTINGS, _SIZES], fix=_fix("aws:ec2:instances", "InstanceTypes", "<type>"))
def vcpus(environment: Record, account: Account) -> int:
    """How many virtual CPUs the smallest of its instance types has."""
    return min(size["VCpuInfo"]["DefaultVCpus"] for size in _sizes(environment, account))


@check(_KIND, severity="low", reads=[SETTINGS, _SIZES], fix=_fix("aws:ec2:instances", "InstanceTypes", "<type>"))
def memory_gib(environment: Record, account: Account) -> float:
    """How much memory the smallest of its instance types has."""
    return min(size["MemoryInfo"]["SizeInMiB"] for size in _sizes(environment, account)) / 1024


def _sizes(environment: Record, account: Account) -> list[Record]:
    return account.details(_SIZES, settings_of(environment, account))


@check(_KIND, severity="high", reads=[SETTINGS], fix=_fix(_ASG, "MinSize"))
def min_instances(environment: Record, account: Account) -> int:
    """The fewest instances that it keeps."""
    return int(_set(environment, account, _ASG, "MinSize"))


@check(_KIND, severity="high", reads=[SETTINGS], fix=_fix(_ASG, "MaxSize"))
def max_instances(environment: Record, account: Account) -> int:
    """The most instances that it grows to."""
    return int(_set(environment, account, _ASG, "MaxSize"))


@check(_KIND, severity="high", reads=[SETTINGS], fix=_fix(_TRIGGER, "MeasureName"))
def scaling_metric(environment: Record, account: Account) -> str:
    """The metric that changes its size; Beanstalk's own choice is NetworkOut."""
    return _set(environment, account, _TRIGGER, "MeasureName")


@check(_KIND, severity="high", reads=[SETTINGS], fix=_fix(_TRIGGER, "UpperThreshold"))
def scales_out_above(environment: Record, account: Account) -> float:
    """Above which value of its metric it grows."""
    return float(_set(environment, account, _TRIGGER, "UpperThreshold"))


@check(_KIND, severity="medium", reads=[SETTINGS], fix=_fix(_TRIGGER, "LowerThreshold"))
def scales_in_below(environment: Record, account: Account) -> float:
    """Below which value of its metric it shrinks."""
    return float(_set(environment, account, _TRIGGER, "LowerThreshold"))


@check(_KIND, severity="high", reads=[SETTINGS], fix=_fix(_COMMAND, "DeploymentPolicy"))
def deployment_policy(environment: Record, account: Account) -> str:
    """How versions reach its instances: AllAtOnce, Rolling, RollingWithAdditionalBatch, Immutable, TrafficSplitting."""
    return _set(environment, account, _COMMAND, "DeploymentPolicy")


@check(_KIND, severity="medium", reads=[SETTINGS], fix=_fix(_COMMAND, "BatchSize"))
def instances_per_batch(environment: Record, account: Account) -> int | None:
    """How many instances a rolling deployment takes at a time; nothing where it takes a share of them."""
    fixed = _set(environment, account, _COMMAND, "BatchSizeType") == "Fixed"
    return int(_set(environment, account, _COMMAND, "BatchSize")) if fixed else None


@check(_KIND, severity="high", reads=[SETTINGS], fix=_fix(_COMMAND, "IgnoreHealthCheck", "false"))
def deployments_await_health(environment: Record, account: Account) -> bool:
    """Whether a deployment goes on only after the instances before are healthy, and fails where they are not."""
    return _set(environment, account, _COMMAND, "IgnoreHealthCheck").lower() == "false"


@check(_KIND, severity="low", reads=[SETTINGS], fix=_fix("aws:elasticbeanstalk:trafficsplitting", "NewVersionPercent"))
def canary_percent(environment: Record, account: Account) -> int:
    """The share of traffic that a new version gets first where a deployment splits traffic."""
    return int(_set(environment, account, "aws:elasticbeanstalk:trafficsplitting", "NewVersionPercent"))


@check(
    _KIND,
    severity="medium",
    reads=[SETTINGS],
    controls=["AWS FSBP ElasticBeanstalk.1"],
    fix=_fix("aws:elasticbeanstalk:healthreporting:system", "SystemType"),
)
def health_reporting(environment: Record, account: Account) -> str:
    """How its health is told: enhanced, from within the instances, or basic."""
    return _set(environment, account, "aws:elasticbeanstalk:healthreporting:system", "SystemType")


@check(
    _KIND,
    severity="medium",
    reads=[SETTINGS],
    controls=["AWS FSBP ElasticBeanstalk.3"],
    fix=_fix(_LOGS, "StreamLogs", "true"),
)
def streams_logs(environment: Record, account: Account) -> bool:
    """Whether its instances stream their logs into CloudWatch Logs."""
    return _set(environment, account, _LOGS, "StreamLogs").lower() == "true"


@check(_KIND, severity="high", reads=[SETTINGS], fix=_fix("aws:ec2:vpc", "AssociatePublicIpAddress", "false"))
def withholds_public_addresses(environment: Record, account: Account) -> bool:
    """Whether the instances that it starts get no public address."""
    return _set(environment, account, "aws:ec2:vpc", "AssociatePublicIpAddress").lower() == "false"


@check(
    _KIND,
    severity="high",
    reads=[SETTINGS, _PROFILES],
    names_subjects=True,
    fix=_fix("aws:autoscaling:launchconfiguration", "IamInstanceProfile", "<profile>"),
)
def instance_role(environment: Record, account: Account) -> str | None:
    """The subject (else the role's name) that its instances act as; nothing where they have no profile."""
    profile = option(environment, account, "aws:autoscaling:launchconfiguration", "IamInstanceProfile")
    known = {record.entry.id: name for name, record in account.subjects()}
    for role in account.all(_PROFILES) if profile else ():
        if any(profile in (item["InstanceProfileName"], item["Arn"]) for item in role["InstanceProfileList"]):
            return known.get(role.entry.id, role["RoleName"])
    return None
