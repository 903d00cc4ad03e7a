"""The mock's reports on IAM reflect the changes made through the API."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from asbuilt_content.fixtures.accounts.campuslearn.documented import BUILD_ROLE
from asbuilt_content.fixtures.accounts.campuslearn.roles import TASK_ROLE
from asbuilt_content.fixtures.drifts.granting import add, allow
from asbuilt_content.fixtures.taught.iam import COLUMNS, root_signed_in, used

DEPLOYMENT = ("campuslearn", "")


def _report(aws):
    aws.iam.generate_credential_report()
    rows = csv.DictReader(io.StringIO(aws.iam.get_credential_report()["Content"].decode()))
    assert tuple(rows.fieldnames) == COLUMNS
    return {row["user"]: row for row in rows}


def _last_used(aws, role):
    arn = aws.iam.get_role(RoleName=role)["Role"]["Arn"]
    job = aws.iam.generate_service_last_accessed_details(Arn=arn)["JobId"]
    found = aws.iam.get_service_last_accessed_details(JobId=job)["ServicesLastAccessed"]
    return {each["ServiceNamespace"]: each.get("LastAuthenticated") for each in found}


def test_a_report_must_be_made_first(aws):
    """Without a generated report the call fails, as in AWS."""
    with pytest.raises(ClientError, match="ReportNotPresent"):
        aws.iam.get_credential_report()
    assert _report(aws)


def test_users_are_reported(aws):
    """The report shows the user's password, keys and MFA device; missing ones are N/A."""
    aws.iam.create_user(UserName="ann")
    bare = _report(aws)["ann"]
    assert (bare["password_enabled"], bare["password_last_used"], bare["mfa_active"]) == ("false", "N/A", "false")
    assert (bare["access_key_1_active"], bare["access_key_1_last_rotated"]) == ("false", "N/A")
    aws.iam.create_login_profile(UserName="ann", Password="Not-a-secret-1")
    device = aws.iam.create_virtual_mfa_device(VirtualMFADeviceName="ann")["VirtualMFADevice"]["SerialNumber"]
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    aws.iam.enable_mfa_device(UserName="ann", SerialNumber=device, **codes)
    first, second = (aws.iam.create_access_key(UserName="ann")["AccessKey"]["AccessKeyId"] for _ in "12")
    aws.iam.update_access_key(UserName="ann", AccessKeyId=second, Status="Inactive")
    ann = _report(aws)["ann"]
    assert (ann["password_enabled"], ann["password_last_used"], ann["mfa_active"]) == ("true", "no_information", "true")
    assert (ann["access_key_1_active"], ann["access_key_2_active"]) == ("true", "false")
    assert ann["access_key_1_last_used_date"] == "N/A"
    assert not {first, second} & set(ann.values())
    aws.iam.delete_login_profile(UserName="ann")
    aws.iam.deactivate_mfa_device(UserName="ann", SerialNumber=device)
    assert (_report(aws)["ann"]["password_enabled"], _report(aws)["ann"]["mfa_active"]) == ("false", "false")


def test_the_root_user_is_reported(aws):
    """The root user's last sign-in is reported, and fields that do not apply to root are marked."""
    root_signed_in(aws.account, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    root = _report(aws)["<root_account>"]
    assert root["password_last_used"] == "2026-01-02T03:04:05+00:00"
    assert (root["password_enabled"], root["mfa_active"]) == ("not_supported", "true")


def test_last_use_follows_the_grants(aws):
    """Allowed services are listed with their recorded last use; Denies and boundaries do not count."""
    assert set(_last_used(aws, BUILD_ROLE)) == {"ecr", "logs", "s3"}
    add(aws, BUILD_ROLE, allow("SQS:SendMessage", "*"), {"Effect": "Deny", "Action": "sns:*", "Resource": "*"})
    assert _last_used(aws, BUILD_ROLE)["sqs"] is None
    year = datetime.now(UTC).replace(microsecond=0) - timedelta(days=365)
    used(aws.account, BUILD_ROLE, ["sqs"], year)
    assert _last_used(aws, BUILD_ROLE)["sqs"] == year
    aws.iam.delete_role_policy(RoleName=BUILD_ROLE, PolicyName=BUILD_ROLE)
    assert set(_last_used(aws, BUILD_ROLE)) == {"sqs"}


def test_attached_policies_grant_in_their_version_in_force(aws):
    """The default version of a policy counts, and a wildcard grants all services."""
    arn = aws.iam.create_policy(PolicyName="p", PolicyDocument=_policy("sqs:*"))["Policy"]["Arn"]
    aws.iam.attach_role_policy(RoleName=TASK_ROLE, PolicyArn=arn)
    assert set(_last_used(aws, TASK_ROLE)) == {"s3", "sqs"}
    aws.iam.create_policy_version(PolicyArn=arn, PolicyDocument=_policy("sns:*"), SetAsDefault=True)
    assert set(_last_used(aws, TASK_ROLE)) == {"s3", "sns"}
    aws.iam.create_policy_version(PolicyArn=arn, PolicyDocument=_policy("*"), SetAsDefault=True)
    job = aws.iam.generate_service_last_accessed_details(Arn=aws.iam.get_role(RoleName=TASK_ROLE)["Role"]["Arn"])
    first = aws.iam.get_service_last_accessed_details(JobId=job["JobId"], MaxItems=2)
    after = aws.iam.get_service_last_accessed_details(JobId=job["JobId"], MaxItems=1000, Marker=first["Marker"])
    assert (first["IsTruncated"], after["IsTruncated"], len(first["ServicesLastAccessed"])) == (True, False, 2)
    assert len(after["ServicesLastAccessed"]) > 300


def _policy(action):
    return json.dumps({"Version": "2012-10-17", "Statement": [allow(action, "*")]})


def test_what_is_not_there_is_refused(aws):
    """An unknown role and an unknown report are refused."""
    with pytest.raises(ClientError, match="NoSuchEntity"):
        aws.iam.generate_service_last_accessed_details(Arn=f"arn:aws:iam::{aws.account}:role/none")
    with pytest.raises(ClientError, match="NoSuchEntity"):
        aws.iam.get_service_last_accessed_details(JobId="-" * 36)
