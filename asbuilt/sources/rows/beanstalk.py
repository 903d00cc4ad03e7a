"""Elastic Beanstalk, Auto Scaling groups, instance types and volumes."""

from asbuilt.sources.row import Collector

_TYPES = "OptionSettings[?Namespace == 'aws:ec2:instances' && OptionName == 'InstanceTypes'].Value | [0]"

ROWS = (
    Collector(
        "elasticbeanstalk:application",
        "elasticbeanstalk",
        "describe_applications",
        "Applications[]",
        names="[ApplicationName]",
        arn="ApplicationArn",
    ),
    Collector(
        "elasticbeanstalk:application.versions",
        "elasticbeanstalk",
        "describe_application_versions",
        "ApplicationVersions[]",
        per="elasticbeanstalk:application",
        params={"ApplicationName": "ApplicationName"},
        names="[VersionLabel]",
        arn="ApplicationVersionArn",
    ),
    # Without IncludeDeleted, AWS also lists environments that were terminated in the last hour.
    Collector(
        "elasticbeanstalk:environment",
        "elasticbeanstalk",
        "describe_environments",
        "Environments[]",
        static={"IncludeDeleted": False},
        names="[EnvironmentName, EnvironmentId]",
        arn="EnvironmentArn",
    ),
    Collector(
        "elasticbeanstalk:environment.settings",
        "elasticbeanstalk",
        "describe_configuration_settings",
        "ConfigurationSettings[]",
        per="elasticbeanstalk:environment",
        params={"ApplicationName": "ApplicationName", "EnvironmentName": "EnvironmentName"},
    ),
    Collector(
        "elasticbeanstalk:environment.settings.sizes",
        "ec2",
        "describe_instance_types",
        "InstanceTypes[]",
        per="elasticbeanstalk:environment.settings",
        params={"InstanceTypes": f"split({_TYPES}, ',')"},
        names="[InstanceType]",
    ),
    Collector(
        "elasticbeanstalk:environment.resources",
        "elasticbeanstalk",
        "describe_environment_resources",
        "EnvironmentResources",
        per="elasticbeanstalk:environment",
        params={"EnvironmentName": "EnvironmentName"},
    ),
    Collector(
        "elasticbeanstalk:environment.events",
        "elasticbeanstalk",
        "describe_events",
        "Events[]",
        per="elasticbeanstalk:environment",
        params={"EnvironmentName": "EnvironmentName"},
    ),
    Collector(
        "autoscaling:group",
        "autoscaling",
        "describe_auto_scaling_groups",
        "AutoScalingGroups[]",
        names="[AutoScalingGroupName]",
        arn="AutoScalingGroupARN",
    ),
    Collector(
        "autoscaling:group.policies",
        "autoscaling",
        "describe_policies",
        "ScalingPolicies[]",
        per="autoscaling:group",
        params={"AutoScalingGroupName": "AutoScalingGroupName"},
        names="[PolicyName]",
        arn="PolicyARN",
    ),
    Collector("ec2:volume", "ec2", "describe_volumes", "Volumes[]", names="[VolumeId]"),
)
