"""Questions about who may do what with an S3 bucket: its policy, its access list, its public access block."""

from __future__ import annotations

from collections.abc import Iterator

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record
from checks.policy_text import THIS_ACCOUNT, as_list, let_in, principals

_BLOCK, _POLICY, _ACL = "s3:bucket.public-access", "s3:bucket.policy", "s3:bucket.acl"
_CORS = "s3:bucket.cors"
_EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
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
    reads=[_BLOCK, _POLICY, _ACL],
    controls=["AWS FSBP S3.2", "AWS FSBP S3.3"],
    fix=_PUT,
)
def anonymous_actions(bucket: Record, account: Account) -> frozenset[str]:
    """What anybody on the internet may do, as policy and access list grant it; conditions are left out of account."""
    block = account.detail(_BLOCK, bucket)
    found: set[str] = set()
    if block is None or not block.get("RestrictPublicBuckets", False):
        for statement in _allowing(bucket, account):
            if principals(statement) & {"*", "AWS *"}:
                found |= set(as_list(statement.get("Action", "*")))  # without one it has a NotAction: nearly all
    if block is None or not block.get("IgnorePublicAcls", False):
        for one in account.details(_ACL, bucket):
            open_grants = [grant for grant in one["Grants"] if grant["Grantee"].get("URI") == _EVERYBODY]
            found |= {action for grant in open_grants for action in _BY_GRANT[grant["Permission"]]}
    return frozenset(found)


@check("s3:bucket", severity="medium", reads=[_POLICY], fix=_PUT)
def has_policy(bucket: Record, account: Account) -> bool:
    """Whether a bucket policy says who may do what."""
    policy = account.detail(_POLICY, bucket)
    return policy is not None and bool(as_list(policy["Policy"]["Statement"]))


@check("s3:bucket", severity="high", reads=[_POLICY], fix=_PUT)
def policy_admits(bucket: Record, account: Account) -> frozenset[str]:
    """Whom its policy allows anything: `Service cloudfront.amazonaws.com`, `AWS <ARN>`, `*`."""
    return frozenset(name for statement in _allowing(bucket, account) for name in principals(statement))


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
