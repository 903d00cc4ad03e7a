"""Checks of the option settings of Elastic Beanstalk environments (`DescribeConfigurationSettings`)."""

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
_RECREATE = "It is fixed when the environment is created: create a new one and swap the CNAMEs."


def _fix(namespace: str, option: str, value: str = "{wanted ?? <value>}") -> str:
    setting = f"Namespace={namespace},OptionName={option},Value={value}"
    return f"aws elasticbeanstalk update-environment --environment-name {{name}} --option-settings {setting}"


def settings_of(environment: Record, account: Account) -> Record:
    """The deployed settings, without the draft that Elastic Beanstalk lists while one is pending or has failed.

    Raises `Unknown` where the answer holds no deployed settings, or several.
    """
    found = [item for item in account.details(SETTINGS, environment) if item["DeploymentStatus"] == "deployed"]
    if len(found) != 1:
        raise Unknown(f"{environment['EnvironmentName']!r} has {len(found)} sets of deployed settings, not one")
    return found[0]


def option(environment: Record, account: Account, namespace: str, name: str) -> str | None:
    """The value of an option; None where the environment has no such option."""
    for item in settings_of(environment, account)["OptionSettings"]:
        if item["OptionName"] == name and item["Namespace"] == namespace:
            return item.get("Value", "")  # Elastic Beanstalk omits an empty value
    return None


def _value(environment: Record, account: Account, namespace: str, name: str) -> str:
    found = option(environment, account, namespace, name)
    if found is None:
        raise Unknown(f"the settings of {environment['EnvironmentName']!r} have no option {name} in {namespace}")
    return found


@check(_KIND, severity="high", reads=[SETTINGS], fix=_RECREATE)
def environment_type(environment: Record, account: Account) -> str:
    """The type of the environment: LoadBalanced, which scales, or SingleInstance."""
    return _value(environment, account, _ENVIRONMENT, "EnvironmentType")


@check(_KIND, severity="high", reads=[SETTINGS], fix=_RECREATE)
def load_balancer_type(environment: Record, account: Account) -> str:
    """The type of its load balancer: application, network or classic."""
    return _value(environment, account, _ENVIRONMENT, "LoadBalancerType")


@check(_KIND, severity="medium", reads=[SETTINGS], fix=_fix("aws:ec2:instances", "InstanceTypes"))
def instance_types(environment: Record, account: Account) -> frozenset[str]:
    """The instance types that the environment may use."""
    types = _value(environment, account, "aws:ec2:instances", "InstanceTypes").split(",")
    return frozenset(name.strip() for name in types if name.strip())


@check(_KIND, severity="low", reads=[SETTINGS, _SIZES], fix=_fix("aws:ec2:instances", "InstanceTypes", "<type>"))
def vcpus(environment: Record, account: Account) -> int:
    """The number of virtual CPUs of its smallest instance type."""
    return min(size["VCpuInfo"]["DefaultVCpus"] for size in _sizes(environment, account))


@check(_KIND, severity="low", reads=[SETTINGS, _SIZES], fix=_fix("aws:ec2:instances", "InstanceTypes", "<type>"))
def memory_gib(environment: Record, account: Account) -> float:
    """The memory of its smallest instance type."""
    return min(size["MemoryInfo"]["SizeInMiB"] for size in _sizes(environment, account)) / 1024


def _sizes(environment: Record, account: Account) -> list[Record]:
    return account.details(_SIZES, settings_of(environment, account))


@check(_KIND, severity="high", reads=[SETTINGS], fix=_fix(_ASG, "MinSize"))
def min_instances(environment: Record, account: Account) -> int:
    """The minimum number of instances."""
    return int(_value(environment, account, _ASG, "MinSize"))


@check(_KIND, severity="high", reads=[SETTINGS], fix=_fix(_ASG, "MaxSize"))
def max_instances(environment: Record, account: Account) -> int:
    """The maximum number of instances."""
    return int(_value(environment, account, _ASG, "MaxSize"))


@check(_KIND, severity="high", reads=[SETTINGS], fix=_fix(_TRIGGER, "MeasureName"))
def scaling_metric(environment: Record, account: Account) -> str:
    """The metric that scaling follows; Elastic Beanstalk's default is NetworkOut."""
    return _value(environment, account, _TRIGGER, "MeasureName")


@check(_KIND, severity="high", reads=[SETTINGS], fix=_fix(_TRIGGER, "UpperThreshold"))
def scales_out_above(environment: Record, account: Account) -> float:
    """The value of the scaling metric above which instances are added."""
    return float(_value(environment, account, _TRIGGER, "UpperThreshold"))


@check(_KIND, severity="medium", reads=[SETTINGS], fix=_fix(_TRIGGER, "LowerThreshold"))
def scales_in_below(environment: Record, account: Account) -> float:
    """The value of the scaling metric below which instances are removed."""
    return float(_value(environment, account, _TRIGGER, "LowerThreshold"))


@check(_KIND, severity="high", reads=[SETTINGS], fix=_fix(_COMMAND, "DeploymentPolicy"))
def deployment_policy(environment: Record, account: Account) -> str:
    """The deployment policy: AllAtOnce, Rolling, RollingWithAdditionalBatch, Immutable or TrafficSplitting."""
    return _value(environment, account, _COMMAND, "DeploymentPolicy")


@check(_KIND, severity="medium", reads=[SETTINGS], fix=_fix(_COMMAND, "BatchSize"))
def instances_per_batch(environment: Record, account: Account) -> int | None:
    """The number of instances in a batch of a rolling deployment; nothing if the batch size is a percentage."""
    fixed = _value(environment, account, _COMMAND, "BatchSizeType") == "Fixed"
    return int(_value(environment, account, _COMMAND, "BatchSize")) if fixed else None


@check(_KIND, severity="high", reads=[SETTINGS], fix=_fix(_COMMAND, "IgnoreHealthCheck", "false"))
def deployments_await_health(environment: Record, account: Account) -> bool:
    """Whether a deployment continues only when the instances of the batch before are healthy, and fails otherwise."""
    return _value(environment, account, _COMMAND, "IgnoreHealthCheck").lower() == "false"


@check(_KIND, severity="low", reads=[SETTINGS], fix=_fix("aws:elasticbeanstalk:trafficsplitting", "NewVersionPercent"))
def canary_percent(environment: Record, account: Account) -> int:
    """The share of traffic that a traffic-splitting deployment sends to the new version first."""
    return int(_value(environment, account, "aws:elasticbeanstalk:trafficsplitting", "NewVersionPercent"))


@check(
    _KIND,
    severity="medium",
    reads=[SETTINGS],
    controls=["AWS FSBP ElasticBeanstalk.1"],
    fix=_fix("aws:elasticbeanstalk:healthreporting:system", "SystemType"),
)
def health_reporting(environment: Record, account: Account) -> str:
    """The type of health reporting: enhanced, which an agent on the instances reports, or basic."""
    return _value(environment, account, "aws:elasticbeanstalk:healthreporting:system", "SystemType")


@check(
    _KIND,
    severity="medium",
    reads=[SETTINGS],
    controls=["AWS FSBP ElasticBeanstalk.3"],
    fix=_fix(_LOGS, "StreamLogs", "true"),
)
def streams_logs(environment: Record, account: Account) -> bool:
    """Whether its instances stream their logs to CloudWatch Logs."""
    return _value(environment, account, _LOGS, "StreamLogs").lower() == "true"


@check(_KIND, severity="high", reads=[SETTINGS], fix=_fix("aws:ec2:vpc", "AssociatePublicIpAddress", "false"))
def withholds_public_addresses(environment: Record, account: Account) -> bool:
    """Whether its new instances get no public address."""
    return _value(environment, account, "aws:ec2:vpc", "AssociatePublicIpAddress").lower() == "false"


@check(
    _KIND,
    severity="high",
    reads=[SETTINGS, _PROFILES],
    names_subjects=True,
    fix=_fix("aws:autoscaling:launchconfiguration", "IamInstanceProfile", "<profile>"),
)
def instance_role(environment: Record, account: Account) -> str | None:
    """The subject (else the name) of the role of its instances; nothing if they have no instance profile."""
    profile = option(environment, account, "aws:autoscaling:launchconfiguration", "IamInstanceProfile")
    known = {record.entry.id: name for name, record in account.subjects()}
    for role in account.all(_PROFILES) if profile else ():
        if any(profile in (item["InstanceProfileName"], item["Arn"]) for item in role["InstanceProfileList"]):
            return known.get(role.entry.id) or account.unnamed(role["RoleName"], role.entry.arn)
    return None
