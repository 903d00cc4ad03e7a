"""Access: the caller's identity, IAM, secrets, keys, queues and parameters."""

from asbuilt.sources.row import Report, Row


def _authorization(kind: str, records: str, ids: str, names: str = "") -> Row:
    """One kind of record from the one answer that describes all of IAM; a page of it may hold none of that kind."""
    operation = "get_account_authorization_details"
    return Row(kind, "iam", operation, records, ids=ids, names=names, arn="Arn", may_omit=True)


ROWS = (
    Row("aws:account", "sts", "get_caller_identity", "@", ids="[Account]", arn="Arn"),
    _authorization("iam:role", "RoleDetailList[]", "[RoleName, RoleId]"),
    _authorization("iam:user", "UserDetailList[]", "[UserName, UserId]"),
    _authorization("iam:group", "GroupDetailList[]", "[GroupName, GroupId]"),
    # A policy of the account can have the name of a policy of AWS.
    _authorization("iam:policy", "Policies[]", "[PolicyId]", "[PolicyName]"),
    Row(
        "iam:user.access-keys",
        "iam",
        "list_access_keys",
        "AccessKeyMetadata[]",
        per="iam:user",
        params={"UserName": "UserName"},
        ids="[AccessKeyId]",
    ),
    Row(
        "iam:user.mfa",
        "iam",
        "list_mfa_devices",
        "MFADevices[]",
        per="iam:user",
        params={"UserName": "UserName"},
        ids="[SerialNumber]",
    ),
    Row(
        "iam:user.password",
        "iam",
        "get_login_profile",
        "LoginProfile",
        per="iam:user",
        params={"UserName": "UserName"},
        absent=["NoSuchEntity"],
    ),
    Row("iam:password-policy", "iam", "get_account_password_policy", "PasswordPolicy", absent=["NoSuchEntity"]),
    Row(
        "iam:credential-report",
        "iam",
        "get_credential_report",
        "Content[]",
        ids="[user]",
        arn="arn",
        csv="Content",
        report=Report("generate_credential_report", pending=["ReportNotPresent", "ReportInProgress", "ReportExpired"]),
        permission="iam:GenerateCredentialReport, iam:GetCredentialReport",
    ),
    # Only the identity that generates this report can fetch it, so the reader does both.
    Row(
        "iam:role.last-accessed",
        "iam",
        "get_service_last_accessed_details",
        "ServicesLastAccessed[]",
        per="iam:role",
        params={"Arn": "Arn"},
        names="[ServiceNamespace]",
        marker="Marker",
        report=Report(
            "generate_service_last_accessed_details",
            params={"JobId": "JobId"},
            status="JobStatus",
            done="COMPLETED",
            pending=["IN_PROGRESS"],
        ),
        permission="iam:GenerateServiceLastAccessedDetails, iam:GetServiceLastAccessedDetails",
    ),
    # Metadata only: no operation that returns a secret's value is in this table, or may be added to it.
    Row("secretsmanager:secret", "secretsmanager", "list_secrets", "SecretList[]", ids="[Name]", arn="ARN"),
    Row(
        "secretsmanager:secret.policy",
        "secretsmanager",
        "get_resource_policy",
        "@",
        per="secretsmanager:secret",
        params={"SecretId": "ARN"},
        json=["ResourcePolicy"],
    ),
    Row("kms:key", "kms", "list_keys", "Keys[]", ids="[KeyId]", arn="KeyArn"),
    Row(
        "kms:key.policy",
        "kms",
        "get_key_policy",
        "@",
        per="kms:key",
        params={"KeyId": "KeyId"},
        static={"PolicyName": "default"},
        json=["Policy"],
    ),
    Row(
        "sqs:queue",
        "sqs",
        "list_queues",
        "QueueUrls[].{QueueUrl: @}",
        ids="[QueueUrl]",
        may_omit=True,
    ),
    Row(
        "sqs:queue.attributes",
        "sqs",
        "get_queue_attributes",
        "Attributes",
        per="sqs:queue",
        params={"QueueUrl": "QueueUrl"},
        static={"AttributeNames": ["QueueArn", "Policy"]},
        json=["Policy"],
        arn="QueueArn",
        may_omit=True,
    ),
    Row("ssm:parameter", "ssm", "describe_parameters", "Parameters[]", ids="[Name]", arn="ARN"),
    Row("iam:account-summary", "iam", "get_account_summary", "SummaryMap"),
)
