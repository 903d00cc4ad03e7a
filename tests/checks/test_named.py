"""How a reference is named: by the subject that it identifies, else as it is."""

from __future__ import annotations

import pytest

from tests.records import account, entry

ARN = "arn:aws:iam::123456789012:role/web"
NETWORK = entry({"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}, "ec2:vpc", ["web", "vpc-1"])
ROLE = entry({"RoleName": "web", "Arn": ARN}, "iam:role", ["web"], arn=ARN)
SEEN = account({}, {"network": [NETWORK], "role": [ROLE]})


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        (("vpc-1", "ec2:vpc", "VpcId"), "network"),
        (("vpc-2", "ec2:vpc", "VpcId"), "vpc-2"),
        ((ARN,), "role"),
        ((ARN, "iam:role"), "role"),
        ((ARN, "ec2:vpc"), ARN),
        (("web", "iam:role", "RoleName"), "role"),
        (("", "ec2:vpc"), ""),
    ],
)
def test_a_reference_is_its_subject_or_itself(reference, found):
    """The value of one field decides, by default the ARN, and only among subjects of the kind."""
    assert SEEN.named(*reference) == found


@pytest.mark.parametrize("name", ["web", "role/web"])
def test_a_name_is_no_id_and_no_arn(name):
    """A name that a user chose never stands for the id or ARN of a resource with that name."""
    assert SEEN.named(name) == name
    assert SEEN.named(name, "ec2:vpc", "VpcId") == name
