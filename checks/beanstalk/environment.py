"""Questions about Elastic Beanstalk applications and environments, and about what environments went through."""

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
_LOOK = "aws elasticbeanstalk describe-events --environment-name {name} --severity WARN"


@check("elasticbeanstalk:application", severity="medium", fix=f"{_LIFECYCLE} file://keep-the-documented-number.json")
def versions_kept(application: Record) -> int | None:
    """After how many versions the oldest is deleted; nothing where no number limits them."""
    rule = application["ResourceLifecycleConfig"]["VersionLifecycleConfig"]["MaxCountRule"]
    return rule["MaxCount"] if rule["Enabled"] else None


@check(
    "elasticbeanstalk:application",
    severity="medium",
    reads=[_VERSIONS],
    fix="aws elasticbeanstalk create-application-version --application-name {name} --version-label <label>",
)
def versions(application: Record, account: Account) -> int:
    """How many versions could be deployed (again) now."""
    found = account.details(_VERSIONS, application)
    return sum(version["Status"] in ("Processed", "Unprocessed") for version in found)


@check("elasticbeanstalk:environment", severity="high", fix=_LOOK)
def status(environment: Record) -> str:
    """What Beanstalk is doing with it: Ready once nothing is under way."""
    return environment["Status"]


@check("elasticbeanstalk:environment", severity="high", fix=_LOOK)
def health(environment: Record) -> str:
    """How it fares: Green, Yellow, Red, or Grey where nothing is known."""
    return environment["Health"]


@check(
    "elasticbeanstalk:environment",
    severity="high",
    fix="aws elasticbeanstalk update-environment --environment-name {name} --solution-stack-name <platform>",
)
def platform(environment: Record) -> str:
    """The language and version that its platform runs: `Python 3.11`."""
    return environment["SolutionStackName"].rpartition(" running ")[2]


@check(
    "elasticbeanstalk:environment",
    severity="low",
    reads=[_EVENTS],
    fix="aws elasticbeanstalk swap-environment-cnames --source-environment-name {name} "
    "--destination-environment-name <environment>",
)
def cname_swaps(environment: Record, account: Account) -> int:
    """How often, in the six weeks that events are kept, traffic was switched by exchanging names with another one."""
    events = account.details(_EVENTS, environment)
    return sum(event["Message"].startswith("Completed swapping CNAMEs for environments") for event in events)


@check("elasticbeanstalk:environment", severity="medium", reads=[_EVENTS], fix=_LOOK)
def slowest_deployment_minutes(environment: Record, account: Account) -> float:
    """How long the slowest deployment of a version took, of those that events still tell of."""
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
        raise Unknown(f"events tell of no finished deployment to {environment['EnvironmentName']!r}")
    return round(max(minutes), 1)


@check(
    "elbv2:load-balancer",
    severity="medium",
    reads=_RESOURCES,
    fix="Beanstalk makes an environment's load balancer itself: rebuild the environment.",
)
def beanstalk_environment(balancer: Record, account: Account) -> str | None:
    """The Beanstalk environment that it belongs to; nothing where it is none's, or is shared."""
    for environment in account.all("elasticbeanstalk:environment"):
        for resources in account.details("elasticbeanstalk:environment.resources", environment):
            # Beanstalk calls application and network load balancers by their ARN
            if any(item["Name"] == balancer["LoadBalancerArn"] for item in resources["LoadBalancers"]):
                return environment["EnvironmentName"]
    return None
