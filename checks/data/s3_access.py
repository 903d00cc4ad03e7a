"""Questions about who may do what with an S3 bucket: its policy, its access list, its public access block."""

from __future__ import annotations

from collections.abc import Iterator

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown
from asbuilt.iam.records.policies import THIS_ACCOUNT, as_list, let_in, principals

_BLOCK, _POLICY, _ACL = "s3:bucket.public-access", "s3:bucket.policy", "s3:bucket.acl"
_CORS, _OWNERSHIP = "s3:bucket.cors", "s3:bucket.ownership"
_GROUPS = "http://acs.amazonaws.com/groups/global"
_EVERYBODY = (f"{_GROUPS}/AllUsers", f"{_GROUPS}/AuthenticatedUsers")  # an account of one's own makes one of these
_BY_GRANT = {  # what a grant of a bucket's access list comes to
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
    """What anybody on the internet may do, proved of its policy, and as its access list grants it.

    `... in part` where conditions, or Denies of some objects, stop some requests of a kind made over TLS.
    """
    block = account.detail(_BLOCK, bucket)
    found: set[str] = set()
    if block is None or not block.get("RestrictPublicBuckets", False):
        found |= _by_policy(bucket, account)
    if (block is None or not block.get("IgnorePublicAcls", False)) and _takes_lists(bucket, account):
        [listed] = account.details(_ACL, bucket)
        open_grants = [grant for grant in listed["Grants"] if grant["Grantee"].get("URI") in _EVERYBODY]
        found |= {action for grant in open_grants for action in _BY_GRANT[grant["Permission"]]}
        if not found:
            raise Unknown(f"objects of {bucket['Name']!r} have access lists of their own, which are not read")
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


def _takes_lists(bucket: Record, account: Account) -> bool:
    """Whether access lists have a say, on the bucket and on each object."""
    return all(rule["ObjectOwnership"] != "BucketOwnerEnforced" for rule in account.details(_OWNERSHIP, bucket))


@check("s3:bucket", severity="medium", reads=[_POLICY], fix=_PUT)
def has_policy(bucket: Record, account: Account) -> bool:
    """Whether a bucket policy says who may do what."""
    policy = account.detail(_POLICY, bucket)
    return policy is not None and bool(as_list(policy["Policy"]["Statement"]))


@check("s3:bucket", severity="high", reads=[_POLICY], fix=_PUT)
def policy_admits(bucket: Record, account: Account) -> frozenset[str]:
    """Whom its policy allows anything: `Service cloudfront.amazonaws.com`, `AWS <ARN>`, `*` (also for all but some)."""
    allowing = list(_allowing(bucket, account))
    named = frozenset(name for statement in allowing for name in principals(statement))
    return named | ({"*"} if any("NotPrincipal" in statement for statement in allowing) else set())


@check("s3:bucket", severity="medium", reads=[_CORS], fix="aws s3api delete-bucket-cors --bucket {name}")
def closed_to_browser_uploads(bucket: Record, account: Account) -> bool:
    """Whether no rule lets pages of other origins do more than read: without rules, browsers refuse them all."""
    methods = {method for rule in account.details(_CORS, bucket) for method in rule["AllowedMethods"]}
    return methods <= {"GET", "HEAD"}


@check("s3:bucket", severity="critical", reads=[_POLICY, "aws:account"], controls=["AWS FSBP S3.6"], fix=_PUT)
def public_to(bucket: Record, account: Account) -> frozenset[str]:
    """Whom the bucket's policy lets in beyond this account: services, others by ARN or number, `*` for anybody."""
    own = account.all("aws:account")[0]["Account"]
    policy = account.detail(_POLICY, bucket)
    found = let_in(policy["Policy"] if policy else None, bucket.entry.arn, own)
    return frozenset(name for name in found if name not in THIS_ACCOUNT and not name.startswith(("role/", "user/")))
