"""Secrets are removed as evidence is read, and other values stay readable."""

from __future__ import annotations

import pytest

from asbuilt.sources.redaction import PLACEHOLDER, SECRET, redact


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("POSTGRES_PASSWORD", "hunter2-hunter2", SECRET),
        ("api_key", "abcdef", SECRET),
        ("POSTGRES_PASSWORD", "YourSecurePassword123!", PLACEHOLDER),
        ("SECRET_KEY", "your-very-long-secret-key-here", PLACEHOLDER),
        ("AWS_SECRET_ACCESS_KEY", "change-me", PLACEHOLDER),
        ("DATABASE_URL", "postgres://app:hunter2@db:5432/x", SECRET),
        ("ANYTHING", "AKIA" + "ABCDEFGHIJKLMNOP", SECRET),
        ("DB_SECRET_ARN", "arn:aws:secretsmanager:us-east-1:1:secret:x", "arn:aws:secretsmanager:us-east-1:1:secret:x"),
        ("POSTGRES_DB", "campushub360", "campushub360"),
        ("REDIS_URL", "rediss://cache.example:6379/0", "rediss://cache.example:6379/0"),
    ],
)
def test_a_variable_is_hidden_for_its_name_or_its_look(name, value, kept):
    """Both shapes in which AWS answers variables are redacted."""
    assert redact({"environment": [{"name": name, "value": value}]}) == {"environment": [{"name": name, "value": kept}]}
    assert redact({"Variables": {name: value}}) == {"Variables": {name: kept}}


def test_fields_of_aws_stay():
    """Fields of AWS whose names hold words such as secret and token are no secrets."""
    data = {"SecretList": [{"Name": "a/secret-key", "ARN": "arn:x", "RotationEnabled": True}], "NextToken": "abc"}
    assert redact(data) == data


def test_user_data_is_never_kept():
    """User data often holds secrets, so that all of it is redacted."""
    assert redact({"UserData": "IyEvYmluL3No"}) == {"UserData": SECRET}
