"""Questions about ECR repositories."""

from __future__ import annotations

import datetime
from fnmatch import fnmatchcase

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record


@check("ecr:repository", severity="high", reads=["ecr:repository.image"], fix="docker push {repositoryUri}:<tag>")
def images(repository: Record, account: Account) -> int:
    """How many images it holds."""
    return len(account.details("ecr:repository.image", repository))


_REGISTRY, _IMAGES = "ecr:registry", "ecr:repository.image"


@check("ecr:repository", severity="medium", fix="Encryption is fixed when a repository is created: make a new one.")
def image_encryption(repository: Record) -> str:
    """How its images are encrypted: AES256, KMS or KMS_DSSE."""
    return repository["encryptionConfiguration"]["encryptionType"]


@check(
    "ecr:repository",
    severity="high",
    reads=[_REGISTRY],
    controls=["AWS FSBP ECR.1"],
    fix="aws ecr put-image-scanning-configuration --repository-name {name} "
    "--image-scanning-configuration scanOnPush=true",
)
def scanned_on_push(repository: Record, account: Account) -> bool:
    """Whether every pushed image is scanned: by a rule of the registry, or by the repository's own setting.

    Where the registry has its images scanned by Inspector (ENHANCED), repositories' own settings count for nothing.
    """
    [registry] = [item["scanningConfiguration"] for item in account.all(_REGISTRY)]
    if registry["scanType"] != "ENHANCED" and repository["imageScanningConfiguration"]["scanOnPush"]:
        return True
    rules = registry.get("rules", ())
    filters = [each for rule in rules if rule["scanFrequency"] != "MANUAL" for each in rule["repositoryFilters"]]
    return any(fnmatchcase(repository["repositoryName"], each["filter"]) for each in filters)


@check("ecr:repository", severity="medium", reads=[_IMAGES], fix="docker push {repositoryUri}:<tag>")
def tagged_images(repository: Record, account: Account) -> int:
    """How many images have a tag."""
    # an image without a tag has no list of them
    return sum(bool(image.get("imageTags", ())) for image in account.details(_IMAGES, repository))


@check("ecr:repository", severity="low", fix="The URI holds account, region and name: use the documented ones.")
def uri(repository: Record) -> str:
    """Where images are pushed to and pulled from."""
    return repository["repositoryUri"]


@check("ecr:repository", severity="low", fix="It was made anew: have the document say so.")
def created(repository: Record) -> str:
    """When it was created, to the second, in UTC."""
    return f"{repository['createdAt'].astimezone(datetime.UTC):%Y-%m-%dT%H:%M:%S}Z"
