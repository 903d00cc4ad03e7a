"""Checks of Elastic Beanstalk: applications, events, option settings, variables."""

from __future__ import annotations

import datetime

import pytest

from asbuilt.evidence import Unknown
from asbuilt.sources.redaction import PLACEHOLDER, SECRET
from asbuilt_content.checks.beanstalk import environment as beanstalk
from asbuilt_content.checks.beanstalk import settings as beanstalk_settings
from asbuilt_content.checks.beanstalk import variables as beanstalk_variables
from tests.records import account, entry, record

KIND = "elasticbeanstalk:environment"
SETTINGS, SIZES = f"{KIND}.settings", f"{KIND}.settings.sizes"
EVENTS, RESOURCES = f"{KIND}.events", f"{KIND}.resources"
APPLICATION = entry({"ApplicationName": "app"}, "elasticbeanstalk:application", ["app"])
ENVIRONMENT = entry({"EnvironmentName": "prod"}, KIND, ["prod"])
START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
PLAIN, REFERENCES = (
    "aws:elasticbeanstalk:application:environment",
    "aws:elasticbeanstalk:application:environmentsecrets",
)


def of(item):
    """A record of an entry."""
    return record(item.data, item.kind, item.ids)


def settings(*options, sizes=(), drafted=()):
    """An account in which the environment has these options (namespace, option, value)."""
    keys = ("Namespace", "OptionName", "Value")
    draft, held = (
        entry(
            {"DeploymentStatus": status, "OptionSettings": [dict(zip(keys, one, strict=True)) for one in of]},
            SETTINGS,
            [status],
            parent=ENVIRONMENT.id,
        )
        for status, of in (("failed", drafted), ("deployed", options))
    )
    found = [entry(size, SIZES, [str(n)], parent=held.id) for n, size in enumerate(sizes)]
    return account({SETTINGS: [draft, held] if drafted else [held], SIZES: found, "iam:role": []})


def ask(question, *options, **more):
    """The answer of a check for an environment with these options."""
    return getattr(beanstalk_settings, question)(of(ENVIRONMENT), settings(*options, **more))


@pytest.mark.parametrize(
    ("question", "namespace", "option", "answers"),
    [
        ("environment_type", "environment", "EnvironmentType", {"LoadBalanced": "LoadBalanced"}),
        ("load_balancer_type", "environment", "LoadBalancerType", {"classic": "classic"}),
        ("scaling_metric", "trigger", "MeasureName", {"NetworkOut": "NetworkOut"}),
        ("scales_out_above", "trigger", "UpperThreshold", {"70": 70.0, "6000000": 6e6}),
        ("scales_in_below", "trigger", "LowerThreshold", {"30": 30.0}),
        ("min_instances", "asg", "MinSize", {"1": 1}),
        ("max_instances", "asg", "MaxSize", {"4": 4}),
        ("deployment_policy", "command", "DeploymentPolicy", {"Rolling": "Rolling"}),
        ("deployments_await_health", "command", "IgnoreHealthCheck", {"false": True, "true": False}),
        ("canary_percent", "trafficsplitting", "NewVersionPercent", {"10": 10}),
        ("health_reporting", "healthreporting:system", "SystemType", {"basic": "basic"}),
        ("streams_logs", "cloudwatch:logs", "StreamLogs", {"true": True, "false": False}),
        ("withholds_public_addresses", "vpc", "AssociatePublicIpAddress", {"false": True, "true": False}),
        ("instance_types", "instances", "InstanceTypes", {"t3.small, t3.medium": {"t3.small", "t3.medium"}}),
    ],
)
def test_options_are_read_from_their_namespace(question, namespace, option, answers):
    """Each check reads its option in its own namespace only, and is unknown without it."""
    prefixes = {"asg": "autoscaling", "trigger": "autoscaling", "vpc": "ec2", "instances": "ec2"}
    full = f"aws:{prefixes.get(namespace, 'elasticbeanstalk')}:{namespace}"
    for value, answer in answers.items():
        assert ask(question, ("aws:other", option, "other"), (full, option, value)) == answer
    with pytest.raises(Unknown):
        ask(question, ("aws:other", option, "1"))


def test_instances_per_batch():
    """A percentage is no number of instances."""
    command = "aws:elasticbeanstalk:command"
    fixed = [(command, "BatchSizeType", "Fixed"), (command, "BatchSize", "1")]
    assert ask("instances_per_batch", *fixed) == 1
    assert ask("instances_per_batch", (command, "BatchSizeType", "Percentage"), fixed[1]) is None


def test_the_smallest_size_counts():
    """Of several instance types, the smallest counts."""
    sizes = [
        {"VCpuInfo": {"DefaultVCpus": 4}, "MemoryInfo": {"SizeInMiB": 8192}},
        {"VCpuInfo": {"DefaultVCpus": 2}, "MemoryInfo": {"SizeInMiB": 512}},
    ]
    assert ask("vcpus", sizes=sizes) == 2
    assert ask("memory_gib", sizes=sizes) == 0.5


def test_instance_role():
    """The role of the instance profile, by subject or name; nothing without a profile or a role in it."""
    role = entry(
        {"RoleName": "web", "InstanceProfileList": [{"InstanceProfileName": "web-profile", "Arn": "arn:p"}]},
        "iam:role",
        ["web"],
    )
    for value, subjects, answer in [
        ("web-profile", {}, "web"),
        ("arn:p", {"role": [role]}, "role"),
        ("other", {}, None),
        ("", {}, None),
    ]:
        option = {
            "Namespace": "aws:autoscaling:launchconfiguration",
            "OptionName": "IamInstanceProfile",
            "Value": value,
        }
        data = {"DeploymentStatus": "deployed", "OptionSettings": [option]}
        held = entry(data, SETTINGS, parent=ENVIRONMENT.id)
        seen = account({SETTINGS: [held], "iam:role": [role]}, subjects)
        assert beanstalk_settings.instance_role(of(ENVIRONMENT), seen) == answer


@pytest.mark.parametrize(
    ("name", "value", "plain", "sample", "keys"),
    [
        ("DEBUG", "False", True, True, True),
        ("API_TOKEN", "", True, True, True),
        ("DB_PASSWORD", "hunter2", False, True, True),
        ("DB_PASSWORD", SECRET, False, True, True),
        ("SECRET_KEY", PLACEHOLDER, False, False, True),
        ("SECRET_ARN", "arn:aws:secretsmanager:us-east-1:1:secret:x", True, True, True),
        ("DJANGO_KEY", "your-secret-key", True, False, True),
        ("AWS_ACCESS_KEY_ID", SECRET, False, True, False),
    ],
)
def test_plain_variables(name, value, plain, sample, keys):
    """Plain secrets, sample credentials and access keys are found; references and empty values are no secrets."""
    seen, environment = settings((PLAIN, name, value)), of(ENVIRONMENT)
    assert beanstalk_variables.free_of_plain_secrets(environment, seen) is plain
    assert beanstalk_variables.free_of_sample_credentials(environment, seen) is sample
    assert beanstalk_variables.free_of_access_keys(environment, seen) is keys


def test_referenced_secrets():
    """References are subjects, else ARNs; plain variables are no references."""
    option = {"Namespace": REFERENCES, "OptionName": "KEY", "Value": "arn:one"}
    options = [option, {**option, "Value": "arn:two"}, {**option, "Namespace": PLAIN}]
    held = entry({"DeploymentStatus": "deployed", "OptionSettings": options}, SETTINGS, parent=ENVIRONMENT.id)
    secret = entry({}, "ssm:parameter", arn="arn:one")
    seen = account({SETTINGS: [held]}, {"key": [secret]})
    assert beanstalk_variables.referenced_secrets(of(ENVIRONMENT), seen) == {"key", "arn:two"}
    assert beanstalk_variables.referenced_secrets(of(ENVIRONMENT), settings()) == frozenset()


def test_versions_kept():
    """A disabled rule sets no limit."""
    for enabled, answer in [(True, 50), (False, None)]:
        rule = {"MaxCountRule": {"Enabled": enabled, "MaxCount": 50}}
        held = record({"ResourceLifecycleConfig": {"VersionLifecycleConfig": rule}})
        assert beanstalk.versions_kept(held) == answer


def test_versions():
    """Versions that failed to build cannot be deployed."""
    kind = "elasticbeanstalk:application.versions"
    states = ("Processed", "Unprocessed", "Failed", "Building")
    found = [entry({"Status": state}, kind, [state], parent=APPLICATION.id) for state in states]
    assert beanstalk.versions(of(APPLICATION), account({kind: found})) == 2
    assert beanstalk.versions(of(APPLICATION), account({kind: []})) == 0


def test_state_and_platform():
    """Status and health are fields; the platform omits the operating system."""
    held = record(
        {
            "Status": "Ready",
            "Health": "Green",
            "SolutionStackName": "64bit Amazon Linux 2023 v4.6.0 running Python 3.11",
        }
    )
    assert (beanstalk.status(held), beanstalk.health(held)) == ("Ready", "Green")
    assert beanstalk.platform(held) == "Python 3.11"


def events(*messages):
    """An account with these events (minute, message)."""
    found = [
        entry(
            {"EventDate": START + datetime.timedelta(minutes=minute), "Message": message},
            EVENTS,
            [str(n)],
            parent=ENVIRONMENT.id,
        )
        for n, (minute, message) in enumerate(messages)
    ]
    return account({EVENTS: found})


def test_slowest_deployment():
    """Only finished deployments count, in any order of events; without one the answer is unknown."""
    starting, done = "Environment update is starting.", "Environment update completed successfully."
    deployed = "New application version was deployed to running EC2 instances."
    seen = events(
        (30, done), (25, deployed), (20, starting), (0, starting), (5, deployed), (7, done), (40, starting), (99, done)
    )
    assert beanstalk.slowest_deployment_minutes(of(ENVIRONMENT), seen) == 10
    failed = events((0, starting), (50, "Failed to deploy application."))
    assert beanstalk.slowest_deployment_minutes(of(ENVIRONMENT), failed) == 50
    with pytest.raises(Unknown):
        beanstalk.slowest_deployment_minutes(of(ENVIRONMENT), events((0, starting), (9, done)))


def test_cname_swaps():
    """Only completed swaps count."""
    seen = events(
        (0, "Swapping CNAMEs for environments 'a' and 'b'."),
        (1, "Completed swapping CNAMEs for environments 'a' and 'b'."),
    )
    assert beanstalk.cname_swaps(of(ENVIRONMENT), seen) == 1
    assert beanstalk.cname_swaps(of(ENVIRONMENT), events()) == 0


def test_beanstalk_environment():
    """A load balancer belongs to the environment that names it; a shared one belongs to none."""
    held = entry({"LoadBalancers": [{"Name": "arn:one"}]}, RESOURCES, parent=ENVIRONMENT.id)
    seen = account({KIND: [ENVIRONMENT], RESOURCES: [held]})
    assert beanstalk.beanstalk_environment(record({"LoadBalancerArn": "arn:one"}), seen) == "prod"
    assert beanstalk.beanstalk_environment(record({"LoadBalancerArn": "arn:two"}), seen) is None


def test_a_failed_draft_is_not_in_force():
    """A failed draft's options do not apply, but the secrets in its variables are exposed all the same."""
    asg, key = "aws:autoscaling:asg", (PLAIN, "AWS_ACCESS_KEY_ID", "x")
    seen = settings((asg, "MinSize", "1"), drafted=[(asg, "MinSize", "3")])
    assert beanstalk_settings.min_instances(of(ENVIRONMENT), seen) == 1
    assert beanstalk_variables.free_of_access_keys(of(ENVIRONMENT), seen)
    for sets in ({"drafted": [key]}, {}):
        held = settings((asg, "MinSize", "1"), *([] if sets else [key]), **sets)
        assert not beanstalk_variables.free_of_access_keys(of(ENVIRONMENT), held)


def test_without_settings_nothing_is_known_of_variables():
    """Every environment has settings, so an empty answer means that they are unknown."""
    seen = account({SETTINGS: []})
    for question in ("free_of_access_keys", "free_of_plain_secrets", "free_of_sample_credentials"):
        with pytest.raises(Unknown, match="0 sets of deployed settings"):
            getattr(beanstalk_variables, question)(of(ENVIRONMENT), seen)
