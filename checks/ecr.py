"""Questions about ECR repositories."""

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record


@check("ecr:repository", severity="high", reads=["ecr:repository.image"], fix="docker push {repositoryUri}:<tag>")
def images(repository: Record, account: Account) -> int:
    """How many images it holds."""
    return len(account.details("ecr:repository.image", repository))
