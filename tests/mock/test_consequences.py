"""What the mock answers about one thing follows from what was done to another, as in AWS."""

from __future__ import annotations

import json

import jmespath
import pytest
from botocore.exceptions import ClientError

from asbuilt.mock.account import mock_account
from asbuilt_content.fixtures import state
from asbuilt_content.fixtures.aws import Aws


@pytest.fixture(scope="module")
def built():
    """Tier 1's account, and its state as built."""
    with mock_account("campushub360", "tier1") as session:
        yield Aws(session), state.save()


@pytest.fixture
def aws(built):
    """The account as built, whatever a test did to it before."""
    state.restore(built[1])
    return built[0]


def test_a_target_group_without_a_listener_is_unused(aws):
    """Nothing forwards to it, so nothing is checked, however well the tasks are."""
    aws.elbv2.delete_listener(ListenerArn=aws.listener("campushub-alb", 443))
    assert _health(aws) == {"unused"}


def test_nobody_answers_at_an_address_of_nobody(aws):
    """An address without an interface fails its checks, those of the tasks do not."""
    group = aws.target_group("campushub-targets")
    assert _health(aws) == {"healthy"}
    aws.elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.1.250", "Port": 8000}])
    assert _health(aws) == {"healthy", "unhealthy"}


def _health(aws):
    found = aws.elbv2.describe_target_health(TargetGroupArn=aws.target_group("campushub-targets"))
    return {each["TargetHealth"]["State"] for each in found["TargetHealthDescriptions"]}


def test_a_subnet_group_outlives_its_change(aws):
    """It is listed with its new subnets, to the database that stands in it too; another name is refused."""
    name = "campushub-db-subnet-group"
    subnets = [aws.subnet("10.0.1.0/24"), aws.subnet("10.0.2.0/24")]
    answered = aws.rds.modify_db_subnet_group(DBSubnetGroupName=name, SubnetIds=subnets)["DBSubnetGroup"]
    listed = aws.rds.describe_db_subnet_groups(DBSubnetGroupName=name)["DBSubnetGroups"][0]
    worn = aws.rds.describe_db_instances()["DBInstances"][0]["DBSubnetGroup"]
    for group in (answered, listed, worn):
        assert [each["SubnetIdentifier"] for each in group["Subnets"]] == subnets
    assert listed["DBSubnetGroupDescription"] == "Subnet group for CampsHub RDS"
    with pytest.raises(aws.rds.exceptions.DBSubnetGroupNotFoundFault):
        aws.rds.modify_db_subnet_group(DBSubnetGroupName="none", SubnetIds=subnets)


def test_a_pool_cannot_sign_in_without_its_secret(aws):
    """A password that is not in the secret, or no secret, and the pool stands before a closed door."""

    def health():
        return aws.rds.describe_db_proxy_targets(DBProxyName="campushub-db-proxy")["Targets"][0]["TargetHealth"]

    assert health() == {"State": "AVAILABLE"}
    aws.rds.modify_db_instance(DBInstanceIdentifier="campushub-db", MasterUserPassword="not-a-secret")
    assert (health()["State"], health()["Reason"]) == ("UNAVAILABLE", "AUTH_FAILURE")
    for text, state_then in [
        ("not-a-secret", "UNAVAILABLE"),  # a proxy wants the name as well
        (json.dumps({"username": "postgres", "password": "not-a-secret"}), "AVAILABLE"),
    ]:
        aws.secretsmanager.put_secret_value(SecretId="campushub/db-password", SecretString=text)
        assert health()["State"] == state_then
    aws.secretsmanager.delete_secret(SecretId="campushub/db-password")
    assert health()["State"] == "UNAVAILABLE"


def test_a_password_that_rds_keeps_and_replicas_exclude_each_other(aws):
    """RDS refuses the second of the two, whichever it is, and changes nothing."""

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
