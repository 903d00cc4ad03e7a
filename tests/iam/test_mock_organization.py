"""A role in a mock organization: without one, as a member whose policies are read or not, in the management account."""

from __future__ import annotations

import datetime
import json
from types import SimpleNamespace

import pytest

from asbuilt.commands import iam_account as authorization
from asbuilt.commands import main as cli
from asbuilt.mock.account import account_of
from asbuilt.mock.faults import denied
from asbuilt.sources import aws_session
from asbuilt.sources.table import SourceClients
from asbuilt.spec.loading import load
from asbuilt.targets import MOCK
from asbuilt.verification import read

MANAGEMENT = "999999999999"
SPEC = """
[architecture]
name = "Shop"
document = "Shop on AWS"
region = "us-east-1"

[subjects]
role = { kind = "iam:role", name = "app" }

[[claim]]
section = "Roles"
says = "The application reads and writes its media, and nothing else."
role.allows = ["s3:GetObject, s3:PutObject on arn:aws:s3:::media/*"]
role.allows_at_most = ["s3:GetObject, s3:PutObject on arn:aws:s3:::media/*"]
role.no_escalation = true
"""
TRUST = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
MEDIA = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::media/*"}
NO_WRITING = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}
NO_QUEUES = {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}
WIDER = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
UNREADABLE = [f"organizations:{name}" for name in ("ListRoots", "ListParents", "ListPoliciesForTarget")]


def _document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Place:
    """A session on an empty mock; `account` is the caller's account, as moto's own header states it."""

    def __init__(self, session):
        self.session = session
        self.account = MANAGEMENT
        session.events.register("before-sign", self._say_whose)

    def _say_whose(self, request, signing_name, operation_name, **_):
        # AWS answers a delegated administrator as it answers the management account.
        delegated = signing_name == "organizations" and operation_name != "DescribeOrganization"
        request.headers["x-moto-account-id"] = MANAGEMENT if delegated else self.account

    def role(self, *statements):
        """Make the role with these statements in the account."""
        iam = self.session.client("iam")
        iam.create_role(RoleName="app", AssumeRolePolicyDocument=_document(TRUST))
        iam.put_role_policy(RoleName="app", PolicyName="own", PolicyDocument=_document(*statements))

    def organize(self):
        """Make an organization of the management account with a member two units below its root."""
        self.organizations = self.session.client("organizations")
        self.organizations.create_organization(FeatureSet="ALL")
        self.root = self.organizations.list_roots()["Roots"][0]["Id"]
        for sort in ("SERVICE", "RESOURCE"):
            self.organizations.enable_policy_type(RootId=self.root, PolicyType=f"{sort}_CONTROL_POLICY")
        self.units = [self._unit(self.root, "workloads")]
        self.units.append(self._unit(self.units[0], "production"))
        made = self.organizations.create_account(AccountName="shop", Email="shop@example.org")
        self.account = made["CreateAccountStatus"]["AccountId"]
        moved = {"SourceParentId": self.root, "DestinationParentId": self.units[1]}
        self.organizations.move_account(AccountId=self.account, **moved)

    def _unit(self, parent, name):
        made = self.organizations.create_organizational_unit(ParentId=parent, Name=name)
        for policy in ("p-FullAWSAccess", "p-RCPFullAWSAccess"):  # AWS attaches these itself
            self.organizations.attach_policy(PolicyId=policy, TargetId=made["OrganizationalUnit"]["Id"])
        return made["OrganizationalUnit"]["Id"]

    def attach(self, target, *statements, sort="SERVICE"):
        """Attach a policy of these statements to a target."""
        made = self.organizations.create_policy(
            Name=f"{sort} {target}", Description="", Type=f"{sort}_CONTROL_POLICY", Content=_document(*statements)
        )
        self.organizations.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=target)

    def verdicts(self, spec):
        """The verdict on each fact by its check, and the calls that reading took."""
        clients = SourceClients(MOCK, spec.region, self.session)
        deployment = read(spec, "", MOCK, datetime.datetime.now(datetime.UTC), clients=clients)
        asked = [(call.operation, call.asked) for call in deployment.snapshot.calls]
        assert len(asked) == len(set(asked))
        self.calls = [operation for operation, _ in asked]
        return {fact.check.name: deployment.judge(fact) for fact in spec.facts}

    def statuses(self, spec):
        """As `verdicts`, their statuses only."""
        return {name: verdict.status for name, verdict in self.verdicts(spec).items()}


@pytest.fixture
def spec(tmp_path):
    """A small spec that asks all three questions of one role."""
    path = tmp_path / "shop" / "spec.toml"
    path.parent.mkdir()
    path.write_text(SPEC, encoding="utf-8")
    return load(path)


@pytest.fixture
def place():
    """An empty mock, which calls as the account that will manage."""
    module = SimpleNamespace(build=lambda session, variant: None)
    with account_of(module, "") as session, pytest.MonkeyPatch.context() as within:
        within.delenv("MOTO_ACCOUNT_ID")  # moto prefers it to the header
        yield Place(session)


def _expected(**others):
    return dict.fromkeys(("allows", "allows_at_most", "no_escalation"), "passed") | others


def test_in_no_organization_one_call_says_so(place, spec):
    """One call tells that there is no organization, and the role's own policies decide."""
    place.role(MEDIA)
    assert place.statuses(spec) == _expected()
    assert place.calls.count("organizations:DescribeOrganization") == 1
    assert [call for call in place.calls if call.startswith("organizations")] == ["organizations:DescribeOrganization"]


@pytest.mark.parametrize("level", ["root", "upper", "lower", "account"])
def test_a_policy_at_any_level_stops_a_member(place, spec, level):
    """What an SCP two units below the root denies is neither granted nor in excess."""
    place.organize()
    place.role(MEDIA, WIDER)
    assert place.statuses(spec) == _expected(allows_at_most="failed")
    target = dict(zip(("root", "upper", "lower", "account"), (place.root, *place.units, place.account), strict=True))
    place.attach(target[level], NO_WRITING, NO_QUEUES)
    verdicts = place.verdicts(spec)
    assert {name: verdict.status for name, verdict in verdicts.items()} == _expected(allows="failed")
    assert f"(scp 'SERVICE {target[level]}')" in " ".join(verdicts["allows"].findings[0].found)
    fields = {read.operation for read in verdicts["allows"].findings[0].reads}
    assert {"organizations:ListParents", "organizations:DescribePolicy"} <= fields


@pytest.mark.parametrize("refused", [UNREADABLE, *([name] for name in UNREADABLE), ["organizations:DescribePolicy"]])
def test_a_member_whose_policies_cannot_be_read(place, spec, refused):
    """What the role grants is unknown, with the missing permission; a role within its grants passes."""
    place.organize()
    place.role(MEDIA)
    place.attach(place.root, NO_QUEUES)
    with denied(place.session, *refused):
        verdicts = place.verdicts(spec)
    assert {name: verdict.status for name, verdict in verdicts.items()} == _expected(allows="unknown")
    assert verdicts["allows"].findings[0].permission in refused
    assert "a delegated administrator" in verdicts["allows"].findings[0].reason


def test_a_member_whose_policies_cannot_be_read_fails_by_its_own(place, spec):
    """A missing grant fails, and an excess grant fails with a note about what is not counted."""
    place.organize()
    place.role({**MEDIA, "Action": "s3:GetObject"}, WIDER)
    with denied(place.session, *UNREADABLE):
        verdicts = place.verdicts(spec)
    assert {name: verdict.status for name, verdict in verdicts.items()} == _expected(
        allows="failed", allows_at_most="failed"
    )
    assert "is not counted" in " ".join(verdicts["allows_at_most"].findings[0].found)


def test_an_organization_that_cannot_be_asked_for_is_unknown(place, spec):
    """Whether there is an organization is then unknown."""
    place.role(MEDIA)
    with denied(place.session, "organizations:DescribeOrganization"):
        assert place.statuses(spec) == _expected(allows="unknown")


def test_the_management_account_is_not_limited(place, spec):
    """Nothing more is read of its organization."""
    place.organize()
    place.attach(place.root, NO_WRITING)
    place.account = MANAGEMENT
    place.role(MEDIA)
    assert place.statuses(spec) == _expected()
    assert [call for call in place.calls if call.startswith("organizations")] == ["organizations:DescribeOrganization"]


def test_policies_of_a_type_that_is_switched_off_do_not_count(place, spec):
    """A type that is not enabled at the root does not count, whatever policies AWS still lists."""
    place.organize()
    place.role(MEDIA)
    place.attach(place.root, NO_WRITING)
    assert place.statuses(spec) == _expected(allows="failed")
    place.organizations.disable_policy_type(RootId=place.root, PolicyType="SERVICE_CONTROL_POLICY")
    assert place.statuses(spec) == _expected()


def test_a_resource_control_policy_leaves_a_grant_unknown(place, spec):
    """A grant that an RCP may cover is unknown."""
    place.organize()
    place.role(MEDIA)
    place.attach(place.units[0], {**NO_QUEUES, "Principal": "*"}, sort="RESOURCE")
    assert place.statuses(spec) == _expected()
    place.attach(place.units[1], {**NO_WRITING, "Principal": "*"}, sort="RESOURCE")
    verdicts = place.verdicts(spec)
    assert verdicts["allows"].status == "unknown"
    assert "a resource control policy may stop it" in verdicts["allows"].findings[0].reason


@pytest.mark.parametrize(
    ("action", "refused", "code", "reason"),
    [
        ("s3:GetObject", [], 0, "allowed"),
        ("s3:PutObject", [], 1, "denied"),
        ("s3:DeleteObject", UNREADABLE, 1, "nothing allows it"),
        ("s3:GetObject", UNREADABLE, 6, "allowed by its own policies; the policies of organization"),
    ],
)
def test_who_can_asks_within_the_organization(place, monkeypatch, capsys, action, refused, code, reason):
    """`who-can` counts the organization as the checks do: the answer is unknown where its policies are not read."""
    place.organize()
    place.role(MEDIA)
    place.attach(place.root, NO_WRITING)
    monkeypatch.setattr(authorization, "choose", lambda *_: MOCK)
    monkeypatch.setattr(aws_session, "open_session", lambda *_: (place.session, {}))
    asked = ["iam", "who-can", f"arn:aws:iam::{place.account}:role/app", action, "arn:aws:s3:::media/x"]
    with denied(place.session, *refused):
        assert cli.run([*asked, "--account", "shop"]) == code
    assert reason in json.loads(capsys.readouterr().out)["reason"]
