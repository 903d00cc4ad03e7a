"""Checks of Elastic Beanstalk applications and environments, and of the events of environments."""

from __future__ import annotations

import re

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown

_VERSIONS, _EVENTS = "elasticbeanstalk:application.versions", "elasticbeanstalk:environment.events"
_RESOURCES = ("elasticbeanstalk:environment", "elasticbeanstalk:environment.resources")
_LIFECYCLE = (
    "aws elasticbeanstalk update-application-resource-lifecycle --application-name {name} --resource-lifecycle-config"
)
_SHOW_EVENTS = "aws elasticbeanstalk describe-events --environment-name {name} --severity WARN"


@check("elasticbeanstalk:application", severity="medium", fix=f"{_LIFECYCLE} file://lifecycle.json")
def versions_kept(application: Record) -> int | None:
    """How many versions the lifecycle rule keeps before it deletes the oldest; nothing if no rule counts them."""
    rule = application["ResourceLifecycleConfig"]["VersionLifecycleConfig"]["MaxCountRule"]
    return rule["MaxCount"] if rule["Enabled"] else None


@check(
    "elasticbeanstalk:application",
    severity="medium",
    reads=[_VERSIONS],
    fix="aws elasticbeanstalk create-application-version --application-name {name} --version-label <label>",
)
def versions(application: Record, account: Account) -> int:
    """How many versions can be deployed now."""
    found = account.details(_VERSIONS, application)
    return sum(version["Status"] in ("Processed", "Unprocessed") for version in found)


@check("elasticbeanstalk:environment", severity="high", fix=_SHOW_EVENTS)
def status(environment: Record) -> str:
    """The status of the environment: Ready when no operation is in progress."""
    return environment["Status"]


@check("elasticbeanstalk:environment", severity="high", fix=_SHOW_EVENTS)
def health(environment: Record) -> str:
    """The health of the environment: Green, Yellow, Red, or Grey if it is not known."""
    return environment["Health"]


@check(
    "elasticbeanstalk:environment",
    severity="high",
    fix="aws elasticbeanstalk update-environment --environment-name {name} --solution-stack-name <platform>",
)
def platform(environment: Record) -> str:
    """The language and version of its platform: `Python 3.11`."""
    return environment["SolutionStackName"].rpartition(" running ")[2]


@check(
    "elasticbeanstalk:environment",
    severity="low",
    reads=[_EVENTS],
    fix="aws elasticbeanstalk swap-environment-cnames --source-environment-name {name} "
    "--destination-environment-name <environment>",
)
def cname_swaps(environment: Record, account: Account) -> int:
    """How many CNAME swaps with another environment its events record; events are kept for six weeks."""
    events = account.details(_EVENTS, environment)
    return sum(event["Message"].startswith("Completed swapping CNAMEs for environments") for event in events)


@check("elasticbeanstalk:environment", severity="medium", reads=[_EVENTS], fix=_SHOW_EVENTS)
def slowest_deployment_minutes(environment: Record, account: Account) -> float:
    """The duration of the slowest deployment of a version among those that its events record."""
    events = sorted(account.details(_EVENTS, environment), key=lambda event: event["EventDate"])
    started, deployed, minutes = None, False, []
    for event in events:
        if event["Message"].startswith("Environment update is starting"):
            started, deployed = event["EventDate"], False
        elif event["Message"].startswith("New application version was deployed"):
            deployed = True
        elif re.match("Environment update completed|Failed to deploy application", event["Message"]):
            # an update without a version changed options only
            if started is not None and (deployed or event["Message"].startswith("Failed")):
                minutes.append((event["EventDate"] - started).total_seconds() / 60)
            started = None
    if not minutes:
        raise Unknown(f"the events of {environment['EnvironmentName']!r} record no finished deployment")
    return round(max(minutes), 1)


@check(
    "elbv2:load-balancer",
    severity="medium",
    reads=_RESOURCES,
    fix="Elastic Beanstalk creates an environment's load balancer: rebuild the environment.",
)
def beanstalk_environment(balancer: Record, account: Account) -> str | None:
    """The Elastic Beanstalk environment that owns the load balancer; nothing if none does, or if it is shared."""
    for environment in account.all("elasticbeanstalk:environment"):
        for resources in account.details("elasticbeanstalk:environment.resources", environment):
            # Elastic Beanstalk names application and network load balancers by their ARN
            if any(item["Name"] == balancer["LoadBalancerArn"] for item in resources["LoadBalancers"]):
                return environment["EnvironmentName"]
    return None
