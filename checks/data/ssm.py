"""Checks of Systems Manager parameters (`ssm:DescribeParameters`), never of their values."""

from __future__ import annotations

from asbuilt.check import check
from asbuilt.evidence import Record


@check(
    "ssm:parameter",
    severity="high",
    fix="aws ssm put-parameter --name {name} --type SecureString --overwrite --value <value>",
)
def parameter_type(parameter: Record) -> str:
    """The type of the parameter: SecureString is encrypted, String and StringList are not."""
    return parameter["Type"]
