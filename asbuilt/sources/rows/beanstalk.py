"""Elastic Beanstalk, Auto Scaling groups, instance types and volumes."""

from asbuilt.sources.row import Row

_TYPES = "OptionSettings[?Namespace == 'aws:ec2:instances' && OptionName == 'InstanceTypes'].Value | [0]"

ROWS = (
    Row(
        "elasticbeanstalk:application",
        "elasticbeanstalk",
        "describe_applications",
        "Applications[]",
        ids="[ApplicationName]",
        arn="ApplicationArn",
    ),
    Row(
        "elasticbeanstalk:application.versions",
        "elasticbeanstalk",
        "describe_application_versions",
        "ApplicationVersions[]",
        per="elasticbeanstalk:application",
        params={"ApplicationName": "ApplicationName"},
        names="[VersionLabel]",
        arn="ApplicationVersionArn",
        echoes={"ApplicationName": "ApplicationName"},
    ),
    # Without IncludeDeleted, AWS also lists environments that were terminated in the last hour.
    Row(
        "elasticbeanstalk:environment",
        "elasticbeanstalk",
        "describe_environments",
        "Environments[]",
        static={"IncludeDeleted": False},
        ids="[EnvironmentName, EnvironmentId]",
        arn="EnvironmentArn",
    ),
    Row(
        "elasticbeanstalk:environment.settings",
        "elasticbeanstalk",
        "describe_configuration_settings",
        "ConfigurationSettings[]",
        per="elasticbeanstalk:environment",
        params={"ApplicationName": "ApplicationName", "EnvironmentName": "EnvironmentName"},
        echoes={"ApplicationName": "ApplicationName", "EnvironmentName": "EnvironmentName"},
    ),
    Row(
        "elasticbeanstalk:environment.settings.sizes",
        "ec2",
        "describe_instance_types",
        "InstanceTypes[]",
        per="elasticbeanstalk:environment.settings",
        params={"InstanceTypes": f"split({_TYPES}, ',')"},
        ids="[InstanceType]",
        echoes={"InstanceTypes": "InstanceType"},
    ),
    Row(
        "elasticbeanstalk:environment.resources",
        "elasticbeanstalk",
        "describe_environment_resources",
        "EnvironmentResources",
        per="elasticbeanstalk:environment",
        params={"EnvironmentName": "EnvironmentName"},
        echoes={"EnvironmentName": "EnvironmentName"},
    ),
    Row(
        "elasticbeanstalk:environment.events",
        "elasticbeanstalk",
        "describe_events",
        "Events[]",
        per="elasticbeanstalk:environment",
        params={"EnvironmentName": "EnvironmentName"},
    ),
    Row(
        "autoscaling:group",
        "autoscaling",
        "describe_auto_scaling_groups",
        "AutoScalingGroups[]",
        ids="[AutoScalingGroupName]",
        arn="AutoScalingGroupARN",
    ),
    Row(
        "autoscaling:group.policies",
        "autoscaling",
        "describe_policies",
        "ScalingPolicies[]",
        per="autoscaling:group",
        params={"AutoScalingGroupName": "AutoScalingGroupName"},
        names="[PolicyName]",
        arn="PolicyARN",
        echoes={"AutoScalingGroupName": "AutoScalingGroupName"},
    ),
    Row("ec2:volume", "ec2", "describe_volumes", "Volumes[]", ids="[VolumeId]"),
)
