"""Changes of one resource affect the mock's answers about others, as in AWS."""

from __future__ import annotations

import json

import jmespath
import pytest
from botocore.exceptions import ClientError

DEPLOYMENT = ("campushub360", "tier1")


def test_a_target_group_without_a_listener_is_unused(aws):
    """No rule forwards to the group, so its targets are unused."""
    aws.elbv2.delete_listener(ListenerArn=aws.listener("campushub-alb", 443))
    assert _health(aws) == {"unused"}


def test_a_target_without_an_interface_is_unhealthy(aws):
    """A target whose address no interface has fails its health checks, the tasks do not."""
    group = aws.target_group("campushub-targets")
    assert _health(aws) == {"healthy"}
    aws.elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.1.250", "Port": 8000}])
    assert _health(aws) == {"healthy", "unhealthy"}


def _health(aws):
    found = aws.elbv2.describe_target_health(TargetGroupArn=aws.target_group("campushub-targets"))
    return {each["TargetHealth"]["State"] for each in found["TargetHealthDescriptions"]}


def test_a_changed_subnet_group_stays(aws):
    """The group and its database have the new subnets; an unknown name is refused."""
    name = "campushub-db-subnet-group"
    subnets = [aws.subnet("10.0.1.0/24"), aws.subnet("10.0.2.0/24")]
    answered = aws.rds.modify_db_subnet_group(DBSubnetGroupName=name, SubnetIds=subnets)["DBSubnetGroup"]
    listed = aws.rds.describe_db_subnet_groups(DBSubnetGroupName=name)["DBSubnetGroups"][0]
    in_use = aws.rds.describe_db_instances()["DBInstances"][0]["DBSubnetGroup"]
    for group in (answered, listed, in_use):
        assert [each["SubnetIdentifier"] for each in group["Subnets"]] == subnets
    assert listed["DBSubnetGroupDescription"] == "Subnet group for CampsHub RDS"
    with pytest.raises(aws.rds.exceptions.DBSubnetGroupNotFoundFault):
        aws.rds.modify_db_subnet_group(DBSubnetGroupName="none", SubnetIds=subnets)


def test_a_proxy_needs_its_secret(aws):
    """The proxy's target is unavailable if the secret is missing or lacks the password."""

    def health():
        return aws.rds.describe_db_proxy_targets(DBProxyName="campushub-db-proxy")["Targets"][0]["TargetHealth"]

    assert health() == {"State": "AVAILABLE"}
    aws.rds.modify_db_instance(DBInstanceIdentifier="campushub-db", MasterUserPassword="not-a-secret")
    assert (health()["State"], health()["Reason"]) == ("UNAVAILABLE", "AUTH_FAILURE")
    for text, state_then in [
        ("not-a-secret", "UNAVAILABLE"),  # a proxy needs the user name as well
        (json.dumps({"username": "postgres", "password": "not-a-secret"}), "AVAILABLE"),
    ]:
        aws.secretsmanager.put_secret_value(SecretId="campushub/db-password", SecretString=text)
        assert health()["State"] == state_then
    aws.secretsmanager.delete_secret(SecretId="campushub/db-password")
    assert health()["State"] == "UNAVAILABLE"


def test_managed_passwords_and_replicas_exclude_each_other(aws):
    """RDS refuses whichever comes second, and changes nothing."""

    def replicate():
        aws.rds.create_db_instance_read_replica(
            DBInstanceIdentifier="campushub-db-replica-2", SourceDBInstanceIdentifier="campushub-db"
        )

    def manage():
        aws.rds.modify_db_instance(DBInstanceIdentifier="campushub-db", ManageMasterUserPassword=True)

    def state_of():
        return jmespath.search(
            "DBInstances[].[DBInstanceIdentifier, MasterUserSecret]", aws.rds.describe_db_instances()
        )

    replica = "campushub-db-replica-1"
    with pytest.raises(ClientError, match="InvalidParameterCombination"):
        manage()
    assert state_of() == [["campushub-db", None], [replica, None]]
    aws.rds.modify_db_instance(DBInstanceIdentifier=replica, DeletionProtection=False)
    aws.rds.delete_db_instance(DBInstanceIdentifier=replica, SkipFinalSnapshot=True)
    manage()
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        replicate()
    assert [name for name, _ in state_of()] == ["campushub-db"]
    aws.rds.modify_db_instance(
        DBInstanceIdentifier="campushub-db", ManageMasterUserPassword=False, MasterUserPassword="not-a-secret"
    )
    replicate()
    assert state_of() == [["campushub-db", None], ["campushub-db-replica-2", None]]
