"""Public access to buckets and hosts."""

from __future__ import annotations

import pytest

from tests.field.empty_account import OWN, policy

LISTS = {"BlockPublicAcls": True, "IgnorePublicAcls": True}
POLICIES = {"BlockPublicPolicy": True, "RestrictPublicBuckets": True}
ALL_FOUR = LISTS | POLICIES
NONE = dict.fromkeys(ALL_FOUR, False)
BUCKET = ("s3:bucket", "files")


def _bucket(account, block=None, **conditions):
    """Create the bucket `files`, with this public access block and a policy that lets anyone read under conditions."""
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
    """The statuses of two facts about the bucket: all public access is blocked, and no anonymous action is allowed."""
    facts = {"closed_to_public": True, "anonymous_actions": []}
    return {fact: account.ask(*BUCKET, fact, expected).status for fact, expected in facts.items()}


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="the public access block of the account is not read")
@pytest.mark.parametrize(
    ("own", "of_account"),
    [(None, ALL_FOUR), (NONE, ALL_FOUR), (NONE | LISTS, NONE | POLICIES)],
    ids=["no block of its own", "a block of its own that is off", "each blocks one half"],
)
def test_the_accounts_block_closes_every_bucket(account, own, of_account):
    """S3 applies the stricter of the bucket's and the account's public access block, setting by setting."""
    _bucket(account, own)
    account.aws.s3control.put_public_access_block(AccountId=OWN, PublicAccessBlockConfiguration=of_account)
    assert _closed(account) == {"closed_to_public": "passed", "anonymous_actions": "passed"}


@pytest.mark.parametrize(
    ("own", "of_account", "status"),
    [(None, None, "failed"), (NONE, NONE, "failed"), (ALL_FOUR, None, "passed"), (ALL_FOUR, NONE, "passed")],
    ids=["no block", "both off", "its own alone", "its own, and the account's off"],
)
def test_a_public_bucket_is_closed_by_a_block_that_is_on(account, own, of_account, status):
    """A disabled block has no effect, and does not weaken an enabled one."""
    _bucket(account, own)
    if of_account is not None:
        account.aws.s3control.put_public_access_block(AccountId=OWN, PublicAccessBlockConfiguration=of_account)
    assert _closed(account) == {"closed_to_public": status, "anonymous_actions": status}


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="the values of these keys in a stranger's request are not known"
)
@pytest.mark.parametrize(
    "conditions",
    [
        {"StringLike": {"aws:userId": "AROAEXAMPLEROLEID0001:nightly"}},
        {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/*"}},
    ],
    ids=["one role's session", "roles of the own account"],
)
def test_roles_of_this_account_are_not_public(account, conditions):
    """No request of a stranger has a role's unique id or the ARN of a role of this account."""
    _bucket(account, **conditions)
    assert account.ask(*BUCKET, "anonymous_actions", []).status == "passed"


def test_a_session_name_is_public(account):
    """Callers choose the session names of their own roles."""
    _bucket(account, StringLike={"aws:userId": "*:nightly"})
    assert account.ask(*BUCKET, "anonymous_actions", []).status == "failed"


OURS = {"aws:PrincipalOrgID": "o-ours000000"}


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="strangers are assumed to be members of an organization")
def test_an_organization_condition_with_if_exists_is_public(account):
    """Anonymous requests and accounts without an organization lack aws:PrincipalOrgID, so IfExists holds."""
    _bucket(account, StringEqualsIfExists=OURS)
    assert account.ask(*BUCKET, "anonymous_actions", []).status == "failed"


def test_an_organization_condition_is_not_public(account):
    """Without IfExists, a condition does not hold for a request without its key."""
    _bucket(account, StringEquals=OURS)
    assert account.ask(*BUCKET, "anonymous_actions", []).status == "passed"


def _let_in(account, **keys):
    """Who a bucket grants access beyond its account, if its policy admits all requests with these keys."""
    _bucket(account, StringEquals=keys)
    found = account.ask(*BUCKET, "public_to", []).found
    account.aws.s3.delete_bucket(Bucket="files")
    return found


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="the account of a condition is not in the answer")
def test_a_condition_on_this_account_grants_no_other_access(account):
    """aws:PrincipalAccount is the caller's account."""
    assert _let_in(account, **{"aws:PrincipalAccount": OWN}) == set()


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="the account of a condition is not in the answer")
def test_a_condition_on_another_account_grants_it_access(account):
    """The condition admits the account that it names."""
    assert "210987654321" in str(_let_in(account, **{"aws:PrincipalAccount": "210987654321"}))


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="the organization of a condition is not in the answer")
def test_a_condition_on_an_organization_grants_it_access(account):
    """aws:PrincipalOrgID names one organization; a policy for another organization admits its members."""
    assert _let_in(account, **OURS) != _let_in(account, **{"aws:PrincipalOrgID": "o-theirs0000"})


def test_a_policy_without_a_condition_is_public(account):
    """A policy for `*` without conditions admits anyone on the internet."""
    _bucket(account)
    assert account.ask(*BUCKET, "public_to", []).found == {"*"}


def _list_of(account, *blocks):
    """Create a customer-managed prefix list with these address ranges."""
    entries = [{"Cidr": block} for block in blocks]
    made = account.aws.ec2.create_managed_prefix_list(
        PrefixListName="offices", AddressFamily="IPv4", MaxEntries=5, Entries=entries
    )
    return made["PrefixList"]["PrefixListId"]


def _host(account, prefix_list, way="ingress"):
    """Create the instance `bastion`, whose group admits SSH from (or HTTPS to) a prefix list."""
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
def test_a_public_prefix_list_opens_a_host(account, blocks):
    """A rule with a prefix list admits all addresses of its entries."""
    _host(account, _list_of(account, *blocks))
    assert account.ask(*BASTION, "closed_to_internet", True).status == "failed"


@UNREAD_LISTS
def test_a_public_prefix_list_opens_the_network_of_its_host(account):
    """The group that names the list belongs to another subject than the one that may be public."""
    _host(account, _list_of(account, "0.0.0.0/0"))
    assert _closed_except(account, "front").status == "failed"


def _closed_except(account, name):
    """The finding on whether the network is closed except for the instance of this name."""
    return account.ask("ec2:vpc", "inside", "closed_to_internet_except.front", True, front=("ec2:instance", name))


@UNREAD_LISTS
def test_a_public_prefix_list_lets_a_host_send_anywhere(account):
    """For egress, a prefix list means all addresses of its entries as well."""
    _host(account, _list_of(account, "0.0.0.0/0"), "egress")
    assert account.ask(*BASTION, "keeps_inside.443", True).status == "failed"


def test_the_network_of_a_public_host_is_closed_except_for_it(account):
    """A subject that may be public may be so through a prefix list."""
    _host(account, _list_of(account, "0.0.0.0/0"))
    assert _closed_except(account, "bastion").status == "passed"


def test_a_prefix_list_of_offices_is_not_public(account):
    """A list of known networks admits these only."""
    _host(account, _list_of(account, "198.51.100.0/24", "203.0.113.0/24"))
    assert account.ask(*BASTION, "closed_to_internet", True).status == "passed"


def test_a_prefix_list_of_known_networks_keeps_a_host_inside(account):
    """A host that may send to listed networks only cannot reach the whole internet."""
    _host(account, _list_of(account, "198.51.100.0/24"), "egress")
    assert account.ask(*BASTION, "keeps_inside.443", True).status == "passed"


def test_the_prefix_list_of_cloudfront_is_not_public(account):
    """AWS's lists hold the addresses of its own services, which are not the internet."""
    name = "com.amazonaws.global.cloudfront.origin-facing"
    filters = [{"Name": "prefix-list-name", "Values": [name]}]
    [found] = account.aws.ec2.describe_managed_prefix_lists(Filters=filters)["PrefixLists"]
    _host(account, found["PrefixListId"])
    assert account.ask(*BASTION, "closed_to_internet", True).status == "passed"
