"""Task sets, restorable times of databases, and serverless caches."""

from __future__ import annotations

import datetime

import pytest

from tests.field.empty_account import OWN

GROUP = f"arn:aws:elasticloadbalancing:us-east-1:{OWN}:targetgroup/web/1"
PUBLIC = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": "ENABLED"}}
BALANCED = [{"targetGroupArn": GROUP, "containerName": "web", "containerPort": 80}]
SERVICE = ("ecs:service", "web")


def _service(account, mode="awsvpc", **fields):
    """Create the service `web` with this network mode; DescribeServices answers these fields only."""
    ecs = account.aws.ecs
    cluster = ecs.create_cluster(clusterName="main")["cluster"]["clusterArn"]
    container = {"name": "web", "image": "nginx", "memory": 64, "portMappings": [{"containerPort": 80}]}
    made = ecs.register_task_definition(family="web", networkMode=mode, containerDefinitions=[container])
    named = ecs.create_service(cluster="main", serviceName="web", taskDefinition="web", desiredCount=0)["service"]
    service = {
        "serviceArn": named["serviceArn"],
        "serviceName": "web",
        "clusterArn": cluster,
        "status": "ACTIVE",
        "taskDefinition": made["taskDefinition"]["taskDefinitionArn"],
        "desiredCount": 2,
        "runningCount": 2,
        "loadBalancers": [],
        "deployments": [],
        "deploymentConfiguration": {},
        **fields,
    }
    account.reply("ecs", "DescribeServices", {"services": [service], "failures": []})


def _task_set(status="PRIMARY", stability="STEADY_STATE", network=PUBLIC, balanced=BALANCED):
    return {
        "status": status,
        "stabilityStatus": stability,
        "launchType": "FARGATE",
        "networkConfiguration": network,
        "loadBalancers": list(balanced),
    }


def _by_external(account, *task_sets):
    _service(account, deploymentController={"type": "EXTERNAL"}, taskSets=list(task_sets))


def _by_codedeploy(account, *task_sets):
    _service(
        account,
        deploymentController={"type": "CODE_DEPLOY"},
        networkConfiguration=PUBLIC,
        loadBalancers=BALANCED,
        taskSets=list(task_sets),
    )


UNREAD_SETS = pytest.mark.xfail(strict=True, raises=AssertionError, reason="the task sets of a service are not read")


@UNREAD_SETS
@pytest.mark.parametrize("assign", ["ENABLED", "DISABLED"])
def test_public_addresses_of_the_primary_task_set(account, assign):
    """With an external controller, task sets and not the service hold the network and load balancers."""
    network = {"awsvpcConfiguration": {**PUBLIC["awsvpcConfiguration"], "assignPublicIp": assign}}
    _by_external(account, _task_set(network=network))
    assert account.ask(*SERVICE, "assign_public_ip", assign == "ENABLED").status == "passed"


@UNREAD_SETS
def test_target_groups_of_the_primary_task_set(account):
    """With an external controller, tasks register with the load balancers of their task set."""
    _by_external(account, _task_set())
    assert account.ask(*SERVICE, "serves", [GROUP]).found == {GROUP}


@UNREAD_SETS
def test_a_steady_primary_task_set_is_a_complete_deployment(account):
    """With CodeDeploy, `deployments` is empty: a deployment is complete when the primary task set is steady."""
    _by_codedeploy(account, _task_set())
    assert account.ask(*SERVICE, "deployment_complete", True).found is True


@pytest.mark.parametrize(
    "task_sets",
    [[_task_set(stability="STABILIZING")], [_task_set(), _task_set("ACTIVE", "STABILIZING")], []],
    ids=["not yet steady", "another one on its way", "none"],
)
def test_a_stabilizing_task_set_is_a_deployment_in_progress(account, task_sets):
    """A deployment is not complete while a task set is stabilizing, or while there is none."""
    _by_codedeploy(account, *task_sets)
    assert account.ask(*SERVICE, "deployment_complete", True).found is not True


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="a service without awsvpc mode is not judged")
def test_tasks_in_bridge_mode_have_no_addresses_of_their_own(account):
    """ECS assigns addresses to tasks in awsvpc mode only; other tasks use their host's."""
    _service(account, "bridge", launchType="EC2", loadBalancers=BALANCED)
    assert account.ask(*SERVICE, "assign_public_ip", False).status == "passed"


@pytest.mark.parametrize(("state", "done"), [("COMPLETED", True), ("IN_PROGRESS", False)])
def test_a_service_with_the_controller_of_ecs(account, state, done):
    """With ECS's own controller, the service holds network, load balancers and deployments."""
    own = {"networkConfiguration": PUBLIC, "loadBalancers": BALANCED, "deployments": [{"rolloutState": state}]}
    _service(account, launchType="FARGATE", **own)
    assert account.ask(*SERVICE, "assign_public_ip", True).found is True
    assert account.ask(*SERVICE, "serves", [GROUP]).found == {GROUP}
    assert account.ask(*SERVICE, "deployment_complete", True).found is done


def _restorable(account, engine, of_instance, of_cluster=None):
    """The finding on point-in-time recovery of a database, in a cluster if one is given."""
    named = {"DBInstanceIdentifier": "orders-1", "DBInstanceArn": f"arn:aws:rds:us-east-1:{OWN}:db:orders-1"}
    instance = {**named, "Engine": engine, "DBInstanceStatus": "available", "MultiAZ": False, **of_instance}
    clusters = []
    if of_cluster is not None:
        instance["DBClusterIdentifier"] = "orders"
        member = {"DBInstanceIdentifier": "orders-1", "IsClusterWriter": True}
        named = {"DBClusterIdentifier": "orders", "DBClusterArn": f"arn:aws:rds:us-east-1:{OWN}:cluster:orders"}
        clusters = [{**named, "Engine": engine, "Status": "available", "DBClusterMembers": [member], **of_cluster}]
    account.reply("rds", "DescribeDBInstances", {"DBInstances": [instance]})
    account.reply("rds", "DescribeDBClusters", {"DBClusters": clusters})
    return account.ask("rds:db", "orders-1", "point_in_time_recovery", True).found


def _minutes_ago(minutes):
    return datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=minutes)


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="the restorable time of a cluster is not read")
def test_a_member_of_an_aurora_cluster_is_restored_with_its_cluster(account):
    """For Aurora, AWS returns the latest restorable time with the cluster, and not with its instances."""
    kept = {"BackupRetentionPeriod": 14}
    cluster = {**kept, "LatestRestorableTime": _minutes_ago(5), "EarliestRestorableTime": _minutes_ago(9000)}
    assert _restorable(account, "aurora-postgresql", kept, cluster) is True


def test_a_member_of_a_cluster_without_a_restorable_time_is_not_restored(account):
    """A cluster without a latest restorable time cannot be restored yet."""
    kept = {"BackupRetentionPeriod": 14}
    assert _restorable(account, "aurora-postgresql", kept, kept) is not True


@pytest.mark.parametrize(
    ("fields", "restored"),
    [
        ({"BackupRetentionPeriod": 14, "LatestRestorableTime": _minutes_ago(5)}, True),
        ({"BackupRetentionPeriod": 14}, False),
        ({"BackupRetentionPeriod": 0}, False),
    ],
    ids=["backups", "none yet", "backups off"],
)
def test_an_instance_outside_of_clusters_is_restored_by_itself(account, fields, restored):
    """For other engines, AWS returns the latest restorable time with the instance."""
    assert _restorable(account, "postgres", fields) is restored


def _serverless(account, *names):
    caches = [
        {
            "ServerlessCacheName": name,
            "ARN": f"arn:aws:elasticache:us-east-1:{OWN}:serverlesscache:{name}",
            "Engine": "valkey",
            "MajorEngineVersion": "8",
            "Status": "available",
            "SecurityGroupIds": ["sg-1"],
            "SubnetIds": ["subnet-1", "subnet-2"],
            "Endpoint": {"Address": f"{name}.serverless.use1.cache.amazonaws.com", "Port": 6379},
            "ReaderEndpoint": {"Address": f"{name}.serverless.use1.cache.amazonaws.com", "Port": 6380},
        }
        for name in names
    ]
    account.reply("elasticache", "DescribeServerlessCaches", {"ServerlessCaches": caches})


UNREAD_CACHES = pytest.mark.xfail(strict=True, raises=AssertionError, reason="serverless caches are not read")


@UNREAD_CACHES
def test_a_serverless_cache_is_one_that_aws_manages(account):
    """Only DescribeServerlessCaches lists serverless caches; the calls for groups and clusters do not."""
    _serverless(account, "sessions")
    assert account.ask("aws:account", "", "managed_caches", 0).status != "passed"


@UNREAD_CACHES
def test_a_documented_serverless_cache_exists(account):
    """A documented cache can be a serverless cache."""
    _serverless(account, "sessions")
    assert account.ask("elasticache:cache", "sessions", "exists", True).status == "passed"


def test_an_account_without_caches_has_none(account):
    """Without caches of any type the count is zero and no subject is found."""
    _serverless(account)
    assert account.ask("aws:account", "", "managed_caches", 0).status == "passed"
    assert account.ask("elasticache:cache", "sessions", "exists", True).status == "failed"


def test_a_cluster_is_one_cache(account):
    """A cluster outside any group counts once."""
    _serverless(account)
    account.aws.elasticache.create_cache_cluster(
        CacheClusterId="sessions", Engine="redis", CacheNodeType="cache.t3.micro", NumCacheNodes=1
    )
    assert account.ask("aws:account", "", "managed_caches", 1).status == "passed"
