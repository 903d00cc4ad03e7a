"""PLACES: where a secret can stand in the answers of AWS.

Each row is (id, kind of record to read, plant): `plant(name, value)` gives the answers, by operation, in which a named
value stands. Where the place has no room for a name of its own, the text is `name=value`, or the value alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Answers = dict[str, Any]
Plant = Callable[[str, str], Answers]
FIXED = "SETTING"
_CLUSTER, _TASK = "arn:aws:ecs:us-east-1:1:cluster/main", "arn:aws:ecs:us-east-1:1:task/main/1"


def text(name: str, value: str) -> str:
    """The value, after its name where it has one."""
    return f"{name}={value}" if name else value


def _pair(name: str, value: str, key: str = "name", of: str = "value") -> Answers:
    return {key: name or FIXED, of: value}


def _variable(name: str, value: str) -> list[Answers]:
    return [_pair(name, value)]


def _tag(name: str, value: str) -> list[Answers]:
    return [_pair(name, value, "Key", "Value")]


def _policy(name: str, value: str, field: str) -> Answers:
    statement = {"Sid": "One", "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {}}
    changes: dict[str, Answers] = {
        "Sid": {"Sid": text(name, value)},
        "value": {"Condition": {"StringEquals": {"aws:UserAgent": text(name, value)}}},
        "key": {"Condition": {"StringEquals": {f"aws:PrincipalTag/{text(name, value)}": "x"}}},
        "Resource": {"Resource": f"arn:aws:s3:::{text(name, value)}/*"},
    }
    return {"Version": "2012-10-17", "Statement": [{**statement, **changes[field]}]}


def _definition(**container: Any) -> Answers:
    one = {"family": "web", "taskDefinitionArn": "arn:td", "containerDefinitions": [{"name": "web", **container}]}
    return {"list_task_definition_families": {"families": ["web"]}, "describe_task_definition": {"taskDefinition": one}}


def _cluster(**fields: Any) -> Answers:
    one = {"clusterArn": _CLUSTER, "clusterName": "main", **fields}
    return {"list_clusters": {"clusterArns": [_CLUSTER]}, "describe_clusters": {"clusters": [one]}}


def _task(**fields: Any) -> Answers:
    tasks = {"list_tasks": {"taskArns": [_TASK]}, "describe_tasks": {"tasks": [{"taskArn": _TASK, **fields}]}}
    return {**_cluster(), **tasks}


def _service(**fields: Any) -> Answers:
    one = {"serviceArn": "arn:s", "serviceName": "web", "clusterArn": _CLUSTER, **fields}
    return {**_cluster(), "list_services": {"serviceArns": ["arn:s"]}, "describe_services": {"services": [one]}}


def _beanstalk(option: Answers) -> Answers:
    environment = {"EnvironmentName": "e", "ApplicationName": "a", "EnvironmentArn": "arn:e"}
    settings = [{"OptionSettings": [option]}]
    return {
        "describe_environments": {"Environments": [environment]},
        "describe_configuration_settings": {"ConfigurationSettings": settings},
    }


def _option(namespace: str) -> Plant:
    return lambda name, value: _beanstalk({"Namespace": namespace, **_pair(name, value, "OptionName", "Value")})


def _project(**fields: Any) -> Answers:
    return {"list_projects": {"projects": ["p"]}, "batch_get_projects": {"projects": [{"name": "p", **fields}]}}


def _pipeline(action: Answers) -> Answers:
    one = {"name": "p", "stages": [{"name": "s", "actions": [{"name": "a", **action}]}]}
    return {"list_pipelines": {"pipelines": [{"name": "p"}]}, "get_pipeline": {"pipeline": one, "metadata": {}}}


def _below(parent: Answers, operation: str, answer: Answers) -> Answers:
    return {**parent, operation: answer}


def _group(name: str = "g") -> Answers:
    return {"describe_log_groups": {"logGroups": [{"logGroupName": name, "arn": f"arn:aws:logs:::log-group:{name}:*"}]}}


def _one(operation: str, list_field: str, record: Callable[[str, str], Answers]) -> Plant:
    """A list of one record."""
    return lambda name, value: {operation: {list_field: [record(name, value)]}}


def _field(operation: str, list_field: str, field: str, **others: Any) -> Plant:
    """A list of one record with the text in one field."""
    return _one(operation, list_field, lambda name, value: {**others, field: text(name, value)})


def _tagged(operation: str, list_field: str, field: str = "Tags", **others: Any) -> Plant:
    return _one(operation, list_field, lambda name, value: {**others, field: _tag(name, value)})


def _iam(list_field: str, **others: Any) -> Callable[[Callable[[str, str], Answers]], Plant]:
    return lambda fields: _one(
        "get_account_authorization_details",
        list_field,
        lambda name, value: {"Arn": "arn:x", **others, **fields(name, value)},
    )


_ROLE = _iam("RoleDetailList", RoleName="r", RoleId="AROA")
_BUCKET = {"list_buckets": {"Buckets": [{"Name": "b"}]}}


def _distribution(fields: Callable[[str, str], Answers]) -> Plant:
    return lambda name, value: {
        "list_distributions": {"DistributionList": {"Items": [{"Id": "E1", "ARN": "arn:d", **fields(name, value)}]}}
    }


_BALANCER = {"describe_load_balancers": {"LoadBalancers": [{"LoadBalancerArn": "arn:lb", "LoadBalancerName": "lb"}]}}
_LISTENER = {**_BALANCER, "describe_listeners": {"Listeners": [{"ListenerArn": "arn:l"}]}}
_RULES = {"list_rules": {"Rules": [{"Name": "r", "Arn": "arn:r"}]}}
_DB = {"DBInstanceIdentifier": "d", "DBInstanceArn": "arn:d", "DBParameterGroups": [{"DBParameterGroupName": "g"}]}
_ECS_VARIABLES = "elasticbeanstalk:environment.settings"

PLACES: list[tuple[str, str, Plant]] = [
    # Amazon ECS
    ("variable of a container", "ecs:task-definition", lambda n, v: _definition(environment=_variable(n, v))),
    ("command of a container", "ecs:task-definition", lambda n, v: _definition(command=["serve", text(n, v)])),
    ("entry point of a container", "ecs:task-definition", lambda n, v: _definition(entryPoint=["sh", text(n, v)])),
    ("health check of a container", "ecs:task-definition",
     lambda n, v: _definition(healthCheck={"command": ["CMD-SHELL", text(n, v)]})),
    ("Docker label", "ecs:task-definition", lambda n, v: _definition(dockerLabels={n or FIXED: v})),
    ("log driver's option", "ecs:task-definition",
     lambda n, v: _definition(logConfiguration={"options": {n or FIXED: v}})),
    ("image of a container", "ecs:task-definition", lambda n, v: _definition(image=f"registry/{text(n, v)}:1")),
    ("variable of a service's container", "ecs:service.task-definition",
     lambda n, v: {**_service(taskDefinition="arn:td"), **_definition(environment=_variable(n, v))}),
    ("event of a service", "ecs:service", lambda n, v: _service(events=[{"message": text(n, v)}])),
    ("tag of a service", "ecs:service", lambda n, v: _service(tags=[_pair(n, v, "key", "value")])),
    ("tag of a cluster", "ecs:cluster", lambda n, v: _cluster(tags=[_pair(n, v, "key", "value")])),
    ("failure of a deployment", "ecs:service", lambda n, v: _service(deployments=[{"rolloutStateReason": text(n, v)}])),
    ("variable of a task's override", "ecs:task",
     lambda n, v: _task(overrides={"containerOverrides": [{"environment": _variable(n, v)}]})),
    ("command of a task's override", "ecs:task",
     lambda n, v: _task(overrides={"containerOverrides": [{"command": ["run", text(n, v)]}]})),
    ("tag of a task", "ecs:task", lambda n, v: _task(tags=[_pair(n, v, "key", "value")])),
    ("stop code of a task", "ecs:task", lambda n, v: _task(stopCode=text(n, v))),
    ("stopped reason of a task", "ecs:task", lambda n, v: _task(stoppedReason=text(n, v))),
    # other compute
    ("variable of a function", "lambda:function",
     _one("list_functions", "Functions", lambda n, v: {"Environment": {"Variables": {n or FIXED: v}}})),
    ("description of a function", "lambda:function", _field("list_functions", "Functions", "Description")),
    ("state reason of a function", "lambda:function", _field("list_functions", "Functions", "StateReason")),
    ("variable of Elastic Beanstalk", _ECS_VARIABLES, _option("aws:elasticbeanstalk:application:environment")),
    ("option of Elastic Beanstalk", _ECS_VARIABLES, _option("aws:rds:dbinstance")),
    ("event of Elastic Beanstalk", "elasticbeanstalk:environment.events",
     lambda n, v: _below(_beanstalk({}), "describe_events", {"Events": [{"Message": text(n, v)}]})),
    ("description of an application", "elasticbeanstalk:application",
     _field("describe_applications", "Applications", "Description", ApplicationName="a")),
    ("user data of an instance", "ec2:instance",
     lambda n, v: {"describe_instances": {"Reservations": [{"Instances": [{"UserData": text(n, v)}]}]}}),
    ("user data of a launch template", "ec2:instance",
     lambda n, v: {"describe_instances": {"Reservations": [{"Instances": [{"Template": {"UserData": text(n, v)}}]}]}}),
    ("tag of an instance", "ec2:instance",
     lambda n, v: {"describe_instances": {"Reservations": [{"Instances": [{"Tags": _tag(n, v)}]}]}}),
    ("state reason of an instance", "ec2:instance",
     lambda n, v: {"describe_instances": {"Reservations": [
         {"Instances": [{"StateReason": {"Message": text(n, v)}}]}]}}),
    ("tag of a volume", "ec2:volume", _tagged("describe_volumes", "Volumes", VolumeId="v")),
    ("tag of an Auto Scaling group", "autoscaling:group",
     _tagged("describe_auto_scaling_groups", "AutoScalingGroups", AutoScalingGroupName="g")),
    # network
    ("description of a security group", "ec2:security-group",
     _field("describe_security_groups", "SecurityGroups", "Description")),
    ("description of a security group's rule", "ec2:security-group",
     _one("describe_security_groups", "SecurityGroups",
          lambda n, v: {"IpPermissions": [{"IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": text(n, v)}]}]})),
    ("name of a security group", "ec2:security-group",
     _field("describe_security_groups", "SecurityGroups", "GroupName")),
    ("Name tag of a VPC", "ec2:vpc",
     _one("describe_vpcs", "Vpcs", lambda n, v: {"VpcId": "vpc-1", "Tags": [{"Key": "Name", "Value": text(n, v)}]})),
    ("key of a subnet's tag", "ec2:subnet",
     _one("describe_subnets", "Subnets", lambda n, v: {"Tags": [{"Key": text(n, v), "Value": "x"}]})),
    ("name of a prefix list", "ec2:managed-prefix-list",
     _field("describe_managed_prefix_lists", "PrefixLists", "PrefixListName")),
    ("status message of a peering", "ec2:vpc-peering",
     _one("describe_vpc_peering_connections", "VpcPeeringConnections",
          lambda n, v: {"Status": {"Message": text(n, v)}})),
    ("condition of a listener's rule", "elbv2:load-balancer.listener.rule",
     lambda n, v: _below(_LISTENER, "describe_rules", {"Rules": [{"Conditions": [
         {"HttpHeaderConfig": {"HttpHeaderName": n or FIXED, "Values": [text(n, v)]}}]}]})),
    ("client secret of a listener's rule", "elbv2:load-balancer.listener.rule",
     lambda n, v: _below(_LISTENER, "describe_rules", {"Rules": [{"Actions": [
         {"AuthenticateOidcConfig": {"ClientSecret": v}}]}]})),
    ("answer of a listener's rule", "elbv2:load-balancer.listener.rule",
     lambda n, v: _below(_LISTENER, "describe_rules", {"Rules": [{"Actions": [
         {"FixedResponseConfig": {"MessageBody": text(n, v)}}]}]})),
    ("name of a target group", "elbv2:target-group",
     _field("describe_target_groups", "TargetGroups", "TargetGroupName")),
    # edge
    ("custom header of an origin", "cloudfront:distribution", _distribution(lambda n, v: {"Origins": {"Items": [
        {"CustomHeaders": {"Items": [_pair(n, v, "HeaderName", "HeaderValue")]}}]}})),
    ("path of an origin", "cloudfront:distribution",
     _distribution(lambda n, v: {"Origins": {"Items": [{"OriginPath": f"/{text(n, v)}"}]}})),
    ("comment of a distribution", "cloudfront:distribution", _distribution(lambda n, v: {"Comment": text(n, v)})),
    ("record of a zone", "route53:zone.records",
     lambda n, v: {"list_hosted_zones": {"HostedZones": [{"Name": "example.org.", "Id": "Z"}]},
                   "list_resource_record_sets": {"ResourceRecordSets": [
                       {"ResourceRecords": [{"Value": text(n, v)}]}]}}),
    ("path of a health check", "route53:health-check",
     _one("list_health_checks", "HealthChecks",
          lambda n, v: {"HealthCheckConfig": {"ResourcePath": f"/?{text(n, v)}"}})),
    # data
    ("value of a database's parameter", "rds:db.parameter",
     lambda n, v: {"describe_db_instances": {"DBInstances": [_DB]}, "describe_db_parameters": {"Parameters": [
         _pair(n, v, "ParameterName", "ParameterValue")]}}),
    ("description of a database's parameter", "rds:db.parameter",
     lambda n, v: {"describe_db_instances": {"DBInstances": [_DB]},
                   "describe_db_parameters": {"Parameters": [{"Description": text(n, v)}]}}),
    ("tag of a database", "rds:db", _tagged("describe_db_instances", "DBInstances", "TagList")),
    ("description of a cache", "elasticache:subnet-group",
     _field("describe_cache_subnet_groups", "CacheSubnetGroups", "CacheSubnetGroupDescription")),
    ("name of an object", "s3:bucket.objects",
     lambda n, v: _below(_BUCKET, "list_objects_v2", {"Contents": [{"Key": text(n, v)}]})),
    ("name of a bucket", "s3:bucket", lambda n, v: {"list_buckets": {"Buckets": [{"Name": text(n, v)}]}}),
    ("statement id of a bucket's policy", "s3:bucket.policy",
     lambda n, v: _below(_BUCKET, "get_bucket_policy", {"Policy": json.dumps(_policy(n, v, "Sid"))})),
    ("name of a lifecycle rule", "s3:bucket.lifecycle",
     lambda n, v: _below(_BUCKET, "get_bucket_lifecycle_configuration", {"Rules": [{"ID": text(n, v)}]})),
    ("tag of a file system", "efs:file-system", _tagged("describe_file_systems", "FileSystems")),
    # identity
    ("description of a role", "iam:role", _ROLE(lambda n, v: {"Description": text(n, v)})),
    ("tag of a role", "iam:role", _ROLE(lambda n, v: {"Tags": _tag(n, v)})),
    ("statement id of a role's policy", "iam:role",
     _ROLE(lambda n, v: {"RolePolicyList": [{"PolicyDocument": _policy(n, v, "Sid")}]})),
    ("condition of a role's policy", "iam:role",
     _ROLE(lambda n, v: {"RolePolicyList": [{"PolicyDocument": _policy(n, v, "value")}]})),
    ("key of a condition", "iam:role",
     _ROLE(lambda n, v: {"RolePolicyList": [{"PolicyDocument": _policy(n, v, "key")}]})),
    ("resource of a policy", "iam:role",
     _ROLE(lambda n, v: {"RolePolicyList": [{"PolicyDocument": _policy(n, v, "Resource")}]})),
    ("trust policy", "iam:role", _ROLE(lambda n, v: {"AssumeRolePolicyDocument": _policy(n, v, "value")})),
    ("instance profile of a role", "iam:role",
     _ROLE(lambda n, v: {"InstanceProfileList": [{"InstanceProfileName": text(n, v)}]})),
    ("path of a user", "iam:user", _iam("UserDetailList", UserName="u")(lambda n, v: {"Path": f"/{text(n, v)}/"})),
    ("name of a secret", "secretsmanager:secret", _field("list_secrets", "SecretList", "Name", ARN="arn:s")),
    ("description of a secret", "secretsmanager:secret",
     _field("list_secrets", "SecretList", "Description", ARN="arn:s")),
    ("tag of a secret", "secretsmanager:secret", _tagged("list_secrets", "SecretList", ARN="arn:s")),
    ("policy of a secret", "secretsmanager:secret.policy",
     lambda n, v: {"list_secrets": {"SecretList": [{"Name": "s", "ARN": "arn:s"}]},
                   "get_resource_policy": {"ResourcePolicy": json.dumps(_policy(n, v, "Sid"))}}),
    ("policy of a key", "kms:key.policy",
     lambda n, v: {"list_keys": {"Keys": [{"KeyId": "k", "KeyArn": "arn:k"}]},
                   "get_key_policy": {"Policy": json.dumps(_policy(n, v, "value"))}}),
    ("description of a parameter", "ssm:parameter",
     _field("describe_parameters", "Parameters", "Description", Name="p")),
    ("name of a parameter", "ssm:parameter", _field("describe_parameters", "Parameters", "Name", ARN="arn:p")),
    ("value of a parameter", "ssm:parameter",
     _one("describe_parameters", "Parameters", lambda n, v: {"Name": n or FIXED, "Value": v})),
    ("pattern of a parameter", "ssm:parameter",
     _field("describe_parameters", "Parameters", "AllowedPattern", Name="p")),
    ("URL of a queue", "sqs:queue", lambda n, v: {"list_queues": {"QueueUrls": [f"https://sqs/{text(n, v)}"]}}),
    # delivery
    ("parameter of a stack", "cloudformation:stack",
     _one("describe_stacks", "Stacks", lambda n, v: {"Parameters": [_pair(n, v, "ParameterKey", "ParameterValue")]})),
    ("output of a stack", "cloudformation:stack",
     _one("describe_stacks", "Stacks", lambda n, v: {"Outputs": [_pair(n, v, "OutputKey", "OutputValue")]})),
    ("description of a stack", "cloudformation:stack", _field("describe_stacks", "Stacks", "Description")),
    ("tag of a stack", "cloudformation:stack", _tagged("describe_stacks", "Stacks")),
    ("status reason of a stack's resource", "cloudformation:stack.resources",
     lambda n, v: {"describe_stacks": {"Stacks": [{"StackName": "s"}]}, "list_stack_resources": {
         "StackResourceSummaries": [{"ResourceStatusReason": text(n, v)}]}}),
    ("variable of a build", "codebuild:project",
     lambda n, v: _project(environment={"environmentVariables": [{**_pair(n, v), "type": "PLAINTEXT"}]})),
    ("build specification", "codebuild:project", lambda n, v: _project(source={"buildspec": text(n, v)})),
    ("description of a build", "codebuild:project", lambda n, v: _project(description=text(n, v))),
    ("source of a build", "codebuild:project", lambda n, v: _project(source={"location": text(n, v)})),
    ("tag of a build", "codebuild:project", lambda n, v: _project(tags=[_pair(n, v, "key", "value")])),
    ("configuration of a pipeline's action", "codepipeline:pipeline",
     lambda n, v: _pipeline({"configuration": {n or FIXED: v}})),
    ("secret token of a webhook", "codepipeline:webhook",
     _one("list_webhooks", "webhooks",
          lambda n, v: {"definition": {"authenticationConfiguration": {"SecretToken": v}}})),
    ("error of a webhook", "codepipeline:webhook", _field("list_webhooks", "webhooks", "errorMessage")),
    # events
    ("input of a rule's target", "events:rule.target",
     lambda n, v: _below(_RULES, "list_targets_by_rule", {"Targets": [{"Input": json.dumps(_variable(n, v))}]})),
    ("header of a rule's target", "events:rule.target", lambda n, v: _below(
        _RULES, "list_targets_by_rule", {"Targets": [{"HttpParameters": {"HeaderParameters": {n or FIXED: v}}}]})),
    ("query of a rule's target", "events:rule.target", lambda n, v: _below(
        _RULES, "list_targets_by_rule", {"Targets": [{"HttpParameters": {"QueryStringParameters": {n or FIXED: v}}}]})),
    ("description of a rule", "events:rule", _field("list_rules", "Rules", "Description", Name="r")),
    ("pattern of a rule", "events:rule",
     _one("list_rules", "Rules", lambda n, v: {"EventPattern": json.dumps({"detail": {n or FIXED: [v]}})})),
    ("input of a schedule", "scheduler:schedule",
     lambda n, v: {"list_schedules": {"Schedules": [{"Name": "s", "GroupName": "g"}]},
                   "get_schedule": {"Target": {"Input": json.dumps({n or FIXED: v})}}}),
    # watching
    ("name of an alarm", "cloudwatch:alarm", _field("describe_alarms", "MetricAlarms", "AlarmName")),
    ("description of an alarm", "cloudwatch:alarm", _field("describe_alarms", "MetricAlarms", "AlarmDescription")),
    ("state reason of an alarm", "cloudwatch:alarm", _field("describe_alarms", "MetricAlarms", "StateReason")),
    ("dimension of an alarm", "cloudwatch:alarm",
     _one("describe_alarms", "MetricAlarms", lambda n, v: {"Dimensions": [{"Name": "Host", "Value": text(n, v)}]})),
    ("dashboard", "cloudwatch:dashboard.body",
     lambda n, v: {"list_dashboards": {"DashboardEntries": [{"DashboardName": "d"}]}, "get_dashboard": {
         "DashboardBody": json.dumps({"widgets": [{"properties": {"markdown": text(n, v)}}]})}}),
    ("name of a log group", "logs:log-group", lambda n, v: _group(text(n, v))),
    ("pattern of a metric filter", "logs:log-group.filters",
     lambda n, v: _below(_group(), "describe_metric_filters", {"metricFilters": [{"filterPattern": text(n, v)}]})),
    ("name of a log stream", "logs:log-group.streams",
     lambda n, v: _below(_group(), "describe_log_streams", {"logStreams": [{"logStreamName": text(n, v)}]})),
    ("name of a log group of metric filters", "logs:log-group.filters",
     lambda n, v: _below(_group(text(n, v)), "describe_metric_filters", {"metricFilters": []})),
    ("endpoint of a subscription", "sns:subscription",
     _field("list_subscriptions", "Subscriptions", "Endpoint", SubscriptionArn="arn:s")),
    ("name of a metric", "cloudwatch:metric", _field("list_metrics", "Metrics", "MetricName")),
    ("error of a recorder", "config:recorder",
     _field("describe_configuration_recorder_status", "ConfigurationRecordersStatus", "lastErrorMessage")),
    ("name of a budget", "budgets:budget",
     lambda n, v: {"get_caller_identity": {"Account": "1", "Arn": "arn:a"},
                   "describe_budgets": {"Budgets": [{"BudgetName": text(n, v)}]}}),
    ("name of a backup plan", "backup:plan", _field("list_backup_plans", "BackupPlansList", "BackupPlanName")),
    # answers that are errors
    ("error message", "rds:db", lambda n, v: {"describe_db_instances": ("InvalidParameterValue", text(n, v))}),
    ("error message of a server", "rds:db", lambda n, v: {"describe_db_instances": ("InternalFailure", text(n, v))}),
    ("reason of a batch's failure", "ecs:cluster", lambda n, v: {
        "list_clusters": {"clusterArns": [_CLUSTER]},
        "describe_clusters": {"clusters": [], "failures": [{"arn": _CLUSTER, "reason": text(n, v)}]}}),
]  # fmt: skip
