"""Random small policies, and the actions, resources and values that they are made of."""

from __future__ import annotations

from random import Random
from typing import Any

Item = dict[str, Any]
ROLE = "arn:aws:iam::123456789012:role/app"
LINKED = "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/app"
USER = "arn:aws:iam::123456789012:user/bob"
REQUESTS: dict[str, list[str]] = {
    "s3:GetObject": ["arn:aws:s3:::media/a", "arn:aws:s3:::media/home/bob/x", "arn:aws:s3:::other/a"],
    "s3:GetObjectAcl": ["arn:aws:s3:::media/a", "arn:aws:s3:::media/home/red/x"],
    "s3:PutObject": ["arn:aws:s3:::media/a", "arn:aws:s3:::media/home/eve/x", "arn:aws:s3:::other/ab"],
    "s3:ListBucket": ["arn:aws:s3:::media", "arn:aws:s3:::other"],
    "s3:ListAllMyBuckets": ["*"],
    "sqs:SendMessage": ["arn:aws:sqs:us-east-1:123456789012:q", "arn:aws:sqs:eu-west-1:999999999999:q2"],
    "kms:Decrypt": ["arn:aws:kms:us-east-1:123456789012:key/k1", "arn:aws:kms:us-east-1:123456789012:key/k2"],
    "ec2:DescribeInstances": ["*"],
    "logs:PutLogEvents": ["arn:aws:logs:us-east-1:123456789012:log-group:g:log-stream:s"],
}
ACTIONS = [
    *REQUESTS,
    *("*", "s3:*", "s3:Get*", "S3:getobject", "s3:?etObject", "s3:GetObject?*", "sqs:*", "kms:*"),
    *("*:Send*", "ec2:Describe*", "logs:Put*"),
]
RESOURCES = [
    *("*", "arn:aws:s3:::media/*", "arn:aws:s3:::media", "arn:aws:s3:::*", "arn:aws:s3:::media/home/*/x"),
    *("arn:aws:s3:::media/a?", "arn:aws:s3:::other/a*", "arn:aws:sqs:*:*:q", "arn:aws:sqs:us-*:123456789012:*"),
    *("arn:aws:kms:*:123456789012:key/*", "arn:aws:kms:us-east-1:123456789012:key/k1", "arn:aws:logs:*:*:*"),
    *("arn:aws:s3:::media/home/${aws:username}/*", "arn:aws:s3:::media/home/${aws:PrincipalTag/team, 'bob'}/*"),
    *("arn:aws:s3:::media/home/${aws:PrincipalTag/team}/*", "arn:aws:s3:::media/${*}", "arn:aws:sqs:us*1:*:q*"),
    *("arn:aws:sqs:us-east-1:123456789012:q", "arn:aws:sqs:eu-west-1:999999999999:q?", "arn:aws:s3:::Media/*"),
]
ARNS = ["arn:aws:sns:us-east-1:1:t", "arn:aws:sns:eu-west-1:1:t:x"]
VALUES: dict[str, tuple[list[str], list[Any]]] = {
    # key: the families of its operators, and values for policies and requests
    "s3:prefix": (["string"], ["", "home/", "home/bob", "a", "HOME/"]),
    "aws:RequestedRegion": (["string"], ["us-east-1", "eu-west-1", "us-west-2"]),
    "aws:PrincipalTag/team": (["string"], ["bob", "eve", "red"]),
    "aws:ResourceAccount": (["string"], ["123456789012", "999999999999"]),
    "aws:TagKeys": (["multi"], ["owner", "Owner", "cost"]),
    "aws:CalledVia": (["multi"], ["athena.amazonaws.com", "glue.amazonaws.com"]),
    "aws:PrincipalOrgID": (["string", "multi"], ["o-a", "o-b"]),
    "s3:max-keys": (["number"], ["5", "10", "10.0", "2.5", "-1"]),
    "aws:CurrentTime": (["date"], ["2024-01-01T00:00:00Z", "2025-06-01", "1735689600", "2024-01-01T01:00:00+01:00"]),
    "aws:SourceIp": (["address"], ["10.0.0.0/8", "10.1.2.3", "192.168.0.0/16", "2001:db8::/32", "10.1.0.0/16"]),
    "aws:SecureTransport": (["bool"], ["true", "false", True, False]),
    "aws:MultiFactorAuthPresent": (["bool"], ["true", "false"]),
    "aws:SourceArn": (["arn"], [*ARNS, "arn:aws:sns:*:1:t", "arn:aws:sns:us-*:*:*", "arn:aws:s?s:us-east-1:?:t"]),
}
FAMILIES = ("string", "multi", "number", "date", "address", "bool", "arn")
COMPARED = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
OPERATORS = {
    "string": [
        *("StringEquals", "StringNotEquals", "StringLike", "StringNotLike"),
        *("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
    ],
    "number": [f"Numeric{name}" for name in COMPARED],
    "date": [f"Date{name}" for name in COMPARED],
    "address": ["IpAddress", "NotIpAddress"],
    "bool": ["Bool"],
    "arn": ["ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals", "StringLike", "StringNotLike"],
}
ALWAYS = {"aws:RequestedRegion", "aws:CurrentTime", "aws:SecureTransport"}
LIMITS = ("boundary", "session", "scp")


def pick(random: Random, options: list[Any], most: int = 3) -> Any:
    """One option, or a list of some."""
    if random.random() < 0.5:
        return random.choice(options)
    return random.sample(options, random.randint(1, min(most, len(options))))


def conditions(random: Random) -> Item:
    """A random Condition block."""
    block: Item = {}
    for _ in range(random.choice([1, 1, 2])):
        family = random.choice(FAMILIES)
        key = random.choice([key for key, (families, _) in VALUES.items() if family in families])
        values = VALUES[key][1]
        if random.random() < 0.12:
            block.setdefault("Null", {})[key] = random.choice(["true", "false", True])
            continue
        operator = random.choice(OPERATORS["string" if family == "multi" else family])
        if family == "multi":
            operator = random.choice(["ForAllValues:", "ForAnyValue:"]) + operator
        if random.random() < 0.2:
            operator += "IfExists"
        wanted = pick(random, values)
        if "Like" in operator and family in {"string", "multi"} and random.random() < 0.6:
            wanted = random.choice(["*o*", "?*", "home/*", "us-*", "*", "o-?", "[bB]*", "?99*", "1*2"])
        if family == "string" and random.random() < 0.1:
            wanted = random.choice(["${aws:PrincipalTag/team}", "${aws:username}", "x${*}"])
        block.setdefault(operator, {})[random.choice([key, key.lower()])] = wanted
    return block


def statement(random: Random, kind: str) -> Item:
    """A random statement of a policy."""
    row: Item = {"Effect": "Deny" if random.random() < (0.15 if kind == "resource" else 0.25) else "Allow"}
    row["NotAction" if random.random() < 0.12 else "Action"] = pick(random, ACTIONS)
    row["NotResource" if random.random() < 0.12 else "Resource"] = pick(random, RESOURCES)
    if random.random() < 0.45:
        row["Condition"] = conditions(random)
    if kind == "resource":
        everyone = [ROLE, "123456789012", "arn:aws:iam::123456789012:root", "*", "arn:aws:iam::999999999999:root"]
        name = "NotPrincipal" if row["Effect"] == "Deny" and random.random() < 0.3 else "Principal"
        row[name] = {"AWS": pick(random, everyone, 2)}
    return row


def policy(random: Random, kind: str) -> Item:
    """A random policy of a kind."""
    rows = [statement(random, kind) for _ in range(random.choice([1, 1, 2, 3]))]
    if kind in LIMITS and random.random() < 0.5:
        rows.append({"Effect": "Allow", "Action": "*", "Resource": "*"})
    document: Item = {"Statement": rows if len(rows) > 1 or random.random() < 0.5 else rows[0]}
    if random.random() < 0.93:
        document["Version"] = random.choice(["2012-10-17"] * 9 + ["2008-10-17"])
    return placed(random, kind, document)


def placed(random: Random, kind: str, document: Item) -> Item:
    """The document as a policy of a kind, with its level or the resource that it is attached to."""
    made: Item = {"type": kind, "document": document}
    if kind == "scp":
        made["level"] = random.choice(["root", "unit"])
    if kind == "resource":
        made["attached_to"] = random.choice(
            ["arn:aws:s3:::media", REQUESTS["kms:Decrypt"][0], *REQUESTS["sqs:SendMessage"]]
        )
    return made
