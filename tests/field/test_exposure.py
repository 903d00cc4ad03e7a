"""What stands open to everybody: buckets, hosts, and origins behind a distribution."""

from __future__ import annotations

import pytest

from tests.field.empty_account import OWN, policy

LISTS = {"BlockPublicAcls": True, "IgnorePublicAcls": True}
POLICIES = {"BlockPublicPolicy": True, "RestrictPublicBuckets": True}
ALL_FOUR = LISTS | POLICIES
NONE = dict.fromkeys(ALL_FOUR, False)
BUCKET = ("s3:bucket", "files")


def _bucket(account, block=None, **conditions):
    """The bucket `files`, whose policy lets everyone read it under conditions; its own block replaced by this one."""
    account.aws.s3.create_bucket(Bucket="files")
    rules = [{"ObjectOwnership": "BucketOwnerEnforced"}]
    account.aws.s3.put_bucket_ownership_controls(Bucket="files", OwnershipControls={"Rules": rules})
    row = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::files/*"}
    document = policy(row | ({"Condition": conditions} if conditions else {}))
    account.aws.s3.put_bucket_policy(Bucket="files", Policy=document)
    account.aws.s3.delete_public_access_block(Bucket="files")
    if block is not None:
        account.aws.s3.put_public_access_block(Bucket="files", PublicAccessBlockConfiguration=block)


def _closed(account):
    """How the two promises about the bucket stand: that all is blocked, and that strangers may do nothing."""
    facts = {"closed_to_public": True, "anonymous_actions": []}
    return {fact: account.ask(*BUCKET, fact, expected).status for fact, expected in facts.items()}


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="the account's own public access block is not read")
@pytest.mark.parametrize(
    ("own", "of_account"),
    [(None, ALL_FOUR), (NONE, ALL_FOUR), (NONE | LISTS, NONE | POLICIES)],
    ids=["no block of its own", "a block of its own that is off", "each blocks one half"],
)
def test_the_accounts_block_closes_every_bucket(account, own, of_account):
    """S3 applies the stricter of a bucket's public access block and its account's, setting by setting."""
    _bucket(account, own)
    account.aws.s3control.put_public_access_block(AccountId=OWN, PublicAccessBlockConfiguration=of_account)
    assert _closed(account) == {"closed_to_public": "passed", "anonymous_actions": "passed"}


@pytest.mark.parametrize(
    ("own", "of_account", "status"),
    [(None, None, "failed"), (NONE, NONE, "failed"), (ALL_FOUR, None, "passed"), (ALL_FOUR, NONE, "passed")],
    ids=["no block", "both off", "its own alone", "its own, and the account's off"],
)
def test_a_public_bucket_is_closed_by_a_block_that_is_on(account, own, of_account, status):
    """A block that is off closes nothing, and takes nothing from one that is on."""
    _bucket(account, own)
    if of_account is not None:
        account.aws.s3control.put_public_access_block(AccountId=OWN, PublicAccessBlockConfiguration=of_account)
    assert _closed(account) == {"closed_to_public": status, "anonymous_actions": status}


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="these keys are not bound to what a stranger's request holds"
)
@pytest.mark.parametrize(
    "conditions",
    [
        {"StringLike": {"aws:userId": "AROAEXAMPLEROLEID0001:nightly"}},
        {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/*"}},
    ],
    ids=["one role's session", "roles of the own account"],
)
def test_roles_of_the_own_account_are_not_anybody(account, conditions):
    """A role's unique id, and the ARN of a role of the own account, are in no request of a stranger."""
    _bucket(account, **conditions)
    assert account.ask(*BUCKET, "anonymous_actions", []).status == "passed"


def test_a_session_name_of_any_role_is_anybodys(account):
    """Everybody names the sessions of own roles as he likes."""
    _bucket(account, StringLike={"aws:userId": "*:nightly"})
    assert account.ask(*BUCKET, "anonymous_actions", []).status == "failed"


OURS = {"aws:PrincipalOrgID": "o-ours000000"}


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="a stranger is taken to be a member of some organization")
def test_an_organization_that_is_asked_for_if_it_exists_keeps_nobody_out(account):
    """Unsigned requests, and accounts outside of any organization, lack aws:PrincipalOrgID: IfExists holds of them."""
    _bucket(account, StringEqualsIfExists=OURS)
    assert account.ask(*BUCKET, "anonymous_actions", []).status == "failed"


def test_an_organization_that_is_asked_for_keeps_strangers_out(account):
    """Without IfExists, a condition does not hold of a request that lacks its key."""
    _bucket(account, StringEquals=OURS)
    assert account.ask(*BUCKET, "anonymous_actions", []).status == "passed"


def _let_in(account, **keys):
    """Whom a bucket lets in beyond its account, where everyone is let in whose request has these keys."""
    _bucket(account, StringEquals=keys)
    found = account.ask(*BUCKET, "public_to", []).found
    account.aws.s3.delete_bucket(Bucket="files")
    return found


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="the account that a condition names is not told")
def test_everyone_of_the_own_account_is_nobody_beyond_it(account):
    """aws:PrincipalAccount is the account that the caller belongs to."""
    assert _let_in(account, **{"aws:PrincipalAccount": OWN}) == set()


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="the account that a condition names is not told")
def test_everyone_of_another_account_is_that_account(account):
    """Whom the condition lets in is the account that it names."""
    assert "210987654321" in str(_let_in(account, **{"aws:PrincipalAccount": "210987654321"}))


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="the organization that a condition names is not told")
def test_everyone_of_one_organization_is_not_everyone_of_another(account):
    """aws:PrincipalOrgID names one organization: a policy that lets in another's members lets in others."""
    assert _let_in(account, **OURS) != _let_in(account, **{"aws:PrincipalOrgID": "o-theirs0000"})


def test_everyone_without_a_condition_is_anybody(account):
    """A policy for `*` without conditions is for everybody on the internet."""
    _bucket(account)
    assert account.ask(*BUCKET, "public_to", []).found == {"*"}


def _list_of(account, *blocks):
    """A prefix list of one's own with these address ranges."""
    entries = [{"Cidr": block} for block in blocks]
    made = account.aws.ec2.create_managed_prefix_list(
        PrefixListName="offices", AddressFamily="IPv4", MaxEntries=5, Entries=entries
    )
    return made["PrefixList"]["PrefixListId"]


def _host(account, prefix_list, way="ingress"):
    """The instance `bastion`, alone in its network, whose group lets SSH in from (or HTTPS out to) a prefix list."""
    ec2 = account.aws.ec2
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "inside"}])
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="bastion", Description="-", VpcId=vpc)["GroupId"]
    port = 22 if way == "ingress" else 443
    rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "PrefixListIds": [{"PrefixListId": prefix_list}]}
    if way == "ingress":
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    else:
        [found] = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
        ec2.revoke_security_group_egress(GroupId=group, IpPermissions=found["IpPermissionsEgress"])
        ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[rule])
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "bastion"}]}]
    ec2.run_instances(
        ImageId="ami-12c6146b",
        MinCount=1,
        MaxCount=1,
        SubnetId=subnet,
        SecurityGroupIds=[group],
        TagSpecifications=tags,
    )


BASTION = ("ec2:instance", "bastion")
UNREAD_LISTS = pytest.mark.xfail(strict=True, raises=AssertionError, reason="the entries of prefix lists are not read")


@UNREAD_LISTS
@pytest.mark.parametrize(
    "blocks", [["0.0.0.0/0"], ["198.51.100.0/24", "0.0.0.0/1", "128.0.0.0/1"]], ids=["everybody", "in two halves"]
)
def test_a_prefix_list_of_everybody_opens_a_host(account, blocks):
    """A rule that names a prefix list admits every address of its entries."""
    _host(account, _list_of(account, *blocks))
    assert account.ask(*BASTION, "closed_to_internet", True).status == "failed"


@UNREAD_LISTS
def test_a_prefix_list_of_everybody_opens_the_network_of_its_host(account):
    """The group that names the list is worn by somebody else than whom the network is to be open to."""
    _host(account, _list_of(account, "0.0.0.0/0"))
    assert _closed_except(account, "front").status == "failed"


def _closed_except(account, name):
    """Whether the network is closed to everybody but for the instance of this name."""
    return account.ask("ec2:vpc", "inside", "closed_to_internet_except.front", True, front=("ec2:instance", name))


@UNREAD_LISTS
def test_a_prefix_list_of_everybody_lets_a_host_send_anywhere(account):
    """On the way out, a prefix list is every address of its entries, too."""
    _host(account, _list_of(account, "0.0.0.0/0"), "egress")
    assert account.ask(*BASTION, "keeps_inside.443", True).status == "failed"


def test_the_network_of_an_open_host_is_closed_but_for_the_host(account):
    """Whoever may be open to everybody may be so by a prefix list."""
    _host(account, _list_of(account, "0.0.0.0/0"))
    assert _closed_except(account, "bastion").status == "passed"


def test_a_prefix_list_of_offices_is_not_everybody(account):
    """A list of known networks opens a host to these, and lets it send to these."""
    _host(account, _list_of(account, "198.51.100.0/24", "203.0.113.0/24"))
    assert account.ask(*BASTION, "closed_to_internet", True).status == "passed"


def test_a_prefix_list_of_known_networks_keeps_a_host_inside(account):
    """A host that may send to listed networks alone cannot send anywhere."""
    _host(account, _list_of(account, "198.51.100.0/24"), "egress")
    assert account.ask(*BASTION, "keeps_inside.443", True).status == "passed"


def test_the_list_of_cloudfronts_servers_is_not_everybody(account):
    """AWS keeps lists of the addresses of its own services, which are not the internet."""
    name = "com.amazonaws.global.cloudfront.origin-facing"
    filters = [{"Name": "prefix-list-name", "Values": [name]}]
    [found] = account.aws.ec2.describe_managed_prefix_lists(Filters=filters)["PrefixLists"]
    _host(account, found["PrefixListId"])
    assert account.ask(*BASTION, "closed_to_internet", True).status == "passed"
