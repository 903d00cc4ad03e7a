"""The condition operators as a table, and the values that each takes.

Source: "IAM JSON policy elements: Condition operators" in the IAM user guide.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

AddressRange = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Operator:
    """What an operator compares (`family`), how (`relation`), and whether it is negated."""

    family: str
    relation: str
    negated: bool = False


OPERATORS: dict[str, Operator] = {
    "StringEquals": Operator("string", "equals"),
    "StringNotEquals": Operator("string", "equals", negated=True),
    "StringEqualsIgnoreCase": Operator("string", "equals-ignoring-case"),
    "StringNotEqualsIgnoreCase": Operator("string", "equals-ignoring-case", negated=True),
    "StringLike": Operator("string", "like"),
    "StringNotLike": Operator("string", "like", negated=True),
    "NumericEquals": Operator("number", "=="),
    "NumericNotEquals": Operator("number", "==", negated=True),
    "NumericLessThan": Operator("number", "<"),
    "NumericLessThanEquals": Operator("number", "<="),
    "NumericGreaterThan": Operator("number", ">"),
    "NumericGreaterThanEquals": Operator("number", ">="),
    "DateEquals": Operator("date", "=="),
    "DateNotEquals": Operator("date", "==", negated=True),
    "DateLessThan": Operator("date", "<"),
    "DateLessThanEquals": Operator("date", "<="),
    "DateGreaterThan": Operator("date", ">"),
    "DateGreaterThanEquals": Operator("date", ">="),
    "Bool": Operator("bool", "equals-ignoring-case"),
    "BinaryEquals": Operator("binary", "equals"),
    "IpAddress": Operator("address", "within"),
    "NotIpAddress": Operator("address", "within", negated=True),
    "ArnEquals": Operator("arn", "arn"),
    "ArnLike": Operator("arn", "arn"),
    "ArnNotEquals": Operator("arn", "arn", negated=True),
    "ArnNotLike": Operator("arn", "arn", negated=True),
    "Null": Operator("null", "absent"),
}
QUALIFIERS = {"ForAllValues": "all", "ForAnyValue": "any"}
# Families whose values may hold policy variables.
VARIABLE_FAMILIES = frozenset({"string", "arn"})


def number(text: str) -> Decimal:
    """The number that a text holds. Raises ValueError."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a number") from None
    if not value.is_finite():
        raise ValueError(f"{text!r} is not a number")
    return value


def timestamp(text: str) -> Decimal:
    """A date, in ISO 8601 or in seconds since 1970, as seconds since 1970 (UTC). Raises ValueError."""
    try:
        return number(text)
    except ValueError:
        pass
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is neither an ISO 8601 date nor a number of seconds since 1970") from None
    since = (when if when.tzinfo else when.replace(tzinfo=UTC)) - datetime(1970, 1, 1, tzinfo=UTC)
    return Decimal(since.days * 86400 + since.seconds) + Decimal(since.microseconds) / 1_000_000


def network(text: str) -> AddressRange:
    """A range of IP addresses; a single address is a range of one. Raises ValueError."""
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise ValueError(f"{text!r} is neither an IP address nor a range in CIDR notation") from None


def check_value(family: str, text: str) -> str | None:
    """Why a text cannot be a value of this family of operators; None where it can."""
    try:
        if family == "number":
            number(text)
        elif family == "date":
            timestamp(text)
        elif family == "address":
            network(text)
        elif family in {"bool", "null"} and text.lower() not in {"true", "false"}:
            return f"{text!r} is neither true nor false"
        elif family == "binary":
            base64.b64decode(text, validate=True)
    except binascii.Error:
        return f"{text!r} is not base64"
    except ValueError as error:
        return str(error)
    return None
