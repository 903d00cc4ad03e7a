"""Checks of access to S3 buckets: their policies, access control lists (ACLs) and public access blocks."""

from __future__ import annotations

from collections.abc import Iterator

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown
from asbuilt.iam.records.policies import THIS_ACCOUNT, as_list, let_in, principals

_BLOCK, _POLICY, _ACL = "s3:bucket.public-access", "s3:bucket.policy", "s3:bucket.acl"
_CORS, _OWNERSHIP = "s3:bucket.cors", "s3:bucket.ownership"
_GROUPS = "http://acs.amazonaws.com/groups/global"
_PUBLIC_GROUPS = (f"{_GROUPS}/AllUsers", f"{_GROUPS}/AuthenticatedUsers")  # any AWS account is in the second one
_ACTIONS_OF_GRANT = {  # the actions that each permission of a bucket's ACL allows
    "READ": ["s3:ListBucket"],
    "WRITE": ["s3:PutObject", "s3:DeleteObject"],
    "READ_ACP": ["s3:GetBucketAcl"],
    "WRITE_ACP": ["s3:PutBucketAcl"],
    "FULL_CONTROL": ["s3:ListBucket", "s3:PutObject", "s3:DeleteObject", "s3:GetBucketAcl", "s3:PutBucketAcl"],
}
_PUT = "aws s3api put-bucket-policy --bucket {name} --policy file://policy.json"


def _allowing(bucket: Record, account: Account) -> Iterator[Record]:
    policy = account.detail(_POLICY, bucket)
    statements = as_list(policy["Policy"]["Statement"]) if policy else []
    return (item for item in statements if item["Effect"] == "Allow")


@check(
    "s3:bucket",
    severity="critical",
    reads=[_BLOCK, _POLICY, _ACL, _OWNERSHIP, "aws:account"],
    controls=["AWS FSBP S3.2", "AWS FSBP S3.3"],
    fix=_PUT,
)
def anonymous_actions(bucket: Record, account: Account) -> frozenset[str]:
    """The actions that the bucket's policy (by proof) and ACL allow to anyone on the internet.

    An action is marked `in part` if conditions, or Denies of some objects, stop some of its requests made over TLS.
    """
    block = account.detail(_BLOCK, bucket)
    found: set[str] = set()
    if block is None or not block.get("RestrictPublicBuckets", False):
        found |= _by_policy(bucket, account)
    if (block is None or not block.get("IgnorePublicAcls", False)) and _acls_apply(bucket, account):
        [listed] = account.details(_ACL, bucket)
        public_grants = [grant for grant in listed["Grants"] if grant["Grantee"].get("URI") in _PUBLIC_GROUPS]
        found |= {action for grant in public_grants for action in _ACTIONS_OF_GRANT[grant["Permission"]]}
        if not found:
            raise Unknown(f"objects of {bucket['Name']!r} may have their own ACLs, which are not read")
    return frozenset(found)


def _by_policy(bucket: Record, account: Account) -> set[str]:
    from asbuilt.iam.questions.public_access import public_actions

    policy = account.detail(_POLICY, bucket)
    if policy is None:
        return set()
    owner = account.all("aws:account")[0]["Account"]
    found, why = public_actions(policy["Policy"].spelt_out(), bucket.entry.arn, owner)
    if why:
        raise Unknown(why)
    return {action if all_of_it else f"{action} in part" for action, all_of_it in found.items()}


def _acls_apply(bucket: Record, account: Account) -> bool:
    """Whether ACLs are enabled, on the bucket and on each object."""
    return all(rule["ObjectOwnership"] != "BucketOwnerEnforced" for rule in account.details(_OWNERSHIP, bucket))


@check("s3:bucket", severity="medium", reads=[_POLICY], fix=_PUT)
def has_policy(bucket: Record, account: Account) -> bool:
    """Whether the bucket has a policy with at least one statement."""
    policy = account.detail(_POLICY, bucket)
    return policy is not None and bool(as_list(policy["Policy"]["Statement"]))


@check("s3:bucket", severity="high", reads=[_POLICY], fix=_PUT)
def policy_admits(bucket: Record, account: Account) -> frozenset[str]:
    """The principals that its policy allows something: `Service cloudfront.amazonaws.com`, `AWS <ARN>`, `*`.

    An Allow with `NotPrincipal` counts as `*`.
    """
    allowing = list(_allowing(bucket, account))
    named = frozenset(name for statement in allowing for name in principals(statement))
    return named | ({"*"} if any("NotPrincipal" in statement for statement in allowing) else set())


@check("s3:bucket", severity="medium", reads=[_CORS], fix="aws s3api delete-bucket-cors --bucket {name}")
def closed_to_browser_uploads(bucket: Record, account: Account) -> bool:
    """Whether no CORS rule allows pages of other origins more than GET and HEAD."""
    methods = {method for rule in account.details(_CORS, bucket) for method in rule["AllowedMethods"]}
    return methods <= {"GET", "HEAD"}


@check("s3:bucket", severity="critical", reads=[_POLICY, "aws:account"], controls=["AWS FSBP S3.6"], fix=_PUT)
def public_to(bucket: Record, account: Account) -> frozenset[str]:
    """Who the policy grants access beyond this account: services, others by ARN or account id, `*` for anyone."""
    own = account.all("aws:account")[0]["Account"]
    policy = account.detail(_POLICY, bucket)
    found = let_in(policy["Policy"] if policy else None, bucket.entry.arn, own)
    return frozenset(name for name in found if name not in THIS_ACCOUNT and not name.startswith(("role/", "user/")))
