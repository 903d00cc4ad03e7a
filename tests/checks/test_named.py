"""How a reference is resolved and named: by the record or subject that it identifies, else as it is."""

from __future__ import annotations

import pytest

from asbuilt.evidence import ResourceId, Unknown
from tests.records import account, entry, record

ARN = "arn:aws:iam::123456789012:role/web"
NETWORK = entry({"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}, "ec2:vpc", ["vpc-1"], names=["web"])
ROLE = entry({"RoleName": "web", "Arn": ARN}, "iam:role", ["web"], arn=ARN)
SEEN = account({}, {"network": [NETWORK], "role": [ROLE]})
REAL = entry({"SubnetId": "subnet-1"}, "ec2:subnet", ["subnet-1"], names=["public-a"])
FORGED = entry({"SubnetId": "subnet-2"}, "ec2:subnet", ["subnet-2"], names=["subnet-1"])


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        (("vpc-1", "ec2:vpc", "VpcId"), "network"),
        (("vpc-2", "ec2:vpc", "VpcId"), "vpc-2"),
        ((ARN,), "role"),
        ((ARN, "iam:role"), "role"),
        ((ARN, "ec2:vpc"), ARN),
        ((ARN.replace("role/web", "role/team/web"),), ARN.replace("role/web", "role/team/web")),
        ((ARN.replace("123456789012", "210987654321"),), ARN.replace("123456789012", "210987654321")),
        (("web", "iam:role", "RoleName"), "role"),
    ],
)
def test_a_reference_is_its_subject_or_itself(reference, found):
    """The value of one field decides, by default the ARN, and only among subjects of the kind."""
    value, *how = reference
    assert SEEN.named(ResourceId(value), *how) == found


@pytest.mark.parametrize("name", ["web", "role/web"])
def test_a_name_is_no_id_and_no_arn(name):
    """A name that a user chose never stands for the id or ARN of a resource with that name."""
    assert SEEN.named(ResourceId(name)) == name
    assert SEEN.named(ResourceId(name), "ec2:vpc", "VpcId") == name


def test_a_record_that_is_called_like_a_subject_is_not_the_subject():
    """A CodeBuild project, say, can be called like a subject that is another project."""
    assert SEEN.named(ResourceId("role"), "iam:role", "RoleName") == "role (no subject of this name)"
    assert SEEN.unnamed("role", "sg-1") == "sg-1"
    assert SEEN.unnamed("other", "sg-1") == "other"


@pytest.mark.parametrize("subnets", [(REAL, FORGED), (FORGED, REAL)])
def test_a_name_tag_does_not_take_the_place_of_an_id(subnets):
    """A reference finds the record of this id, in whatever order the answer lists a record of this name."""
    seen = account({"ec2:subnet": subnets})
    assert seen.get("ec2:subnet", ResourceId("subnet-1")).entry is REAL
    assert seen.find("ec2:subnet", ResourceId("public-a")) is None


def test_a_name_cannot_be_passed_where_an_id_is_meant():
    """Fields of records have any type for mypy, so that the look-up itself refuses a text that is no id."""
    seen = account({"ec2:subnet": [REAL]})
    for ask in (seen.find, seen.get):
        with pytest.raises(TypeError, match=r"not known to be an id: take it with record\.reference"):
            ask("ec2:subnet", "subnet-1")  # type: ignore[arg-type]  # mypy refuses it as well, or this were unused
    with pytest.raises(TypeError):
        SEEN.named("web")  # type: ignore[arg-type]  # as above


def test_two_records_of_one_id_are_unknown():
    """AWS gives an id only once, so that neither record can be trusted to be the one."""
    seen = account({"ec2:subnet": [REAL, entry({"SubnetId": "subnet-1"}, "ec2:subnet", ["subnet-1"], names=["x"])]})
    with pytest.raises(Unknown, match=r"2 records of ec2:subnet have the id 'subnet-1'"):
        seen.find("ec2:subnet", ResourceId("subnet-1"))


def test_a_reference_is_a_text_of_the_answer():
    """What the answer lacks, or what is no text, refers to nothing."""
    made = record({"One": "a", "Many": ["a", "b"], "Empty": "", "Wrong": 7, "Mixed": ["a", None]})
    assert isinstance(made.reference("One"), ResourceId)
    assert made.references("Many") == ["a", "b"]
    assert all(isinstance(one, ResourceId) for one in made.references("Many"))
    assert made.references("Absent", optional=True) == []
    assert made.get_reference("Absent") is made.get_reference("Empty") is None
    assert not isinstance(made.reference("One").upper(), ResourceId)
    for field in ("Absent", "Empty", "Wrong"):
        with pytest.raises(Unknown):
            made.reference(field)
    for field in ("Absent", "Mixed"):
        with pytest.raises(Unknown):
            made.references(field)
    with pytest.raises(Unknown, match=r"Wrong of 'test:thing' \(test:thing:Read\) is no id: 7"):
        made.get_reference("Wrong")
