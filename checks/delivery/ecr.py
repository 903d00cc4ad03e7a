"""Checks of ECR repositories: their images, encryption and scanning.

Sources: `ecr:DescribeRepositories`, `ecr:DescribeImages` and `ecr:GetRegistryScanningConfiguration`.
"""

from __future__ import annotations

import datetime
from fnmatch import fnmatchcase

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

_REGISTRY, _IMAGES = "ecr:registry", "ecr:repository.image"
_PUSH = "docker push {repositoryUri}:<tag>"


@check("ecr:repository", severity="high", reads=[_IMAGES], fix=_PUSH)
def images(repository: Record, account: Account) -> int:
    """How many images the repository holds."""
    return len(account.details(_IMAGES, repository))


@check("ecr:repository", severity="medium", reads=[_IMAGES], fix=_PUSH)
def tagged_images(repository: Record, account: Account) -> int:
    """How many images have a tag."""
    # an image without a tag has no such list
    return sum(bool(image.get("imageTags", ())) for image in account.details(_IMAGES, repository))


@check("ecr:repository", severity="medium", fix="Encryption is fixed when a repository is created: create a new one.")
def image_encryption(repository: Record) -> str:
    """The encryption type of its images: AES256, KMS or KMS_DSSE."""
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
    """Whether every pushed image is scanned, by a rule of the registry or by the repository's setting.

    If Inspector scans the registry's images (ENHANCED), the settings of repositories have no effect.
    """
    [registry] = [item["scanningConfiguration"] for item in account.all(_REGISTRY)]
    if registry["scanType"] != "ENHANCED" and repository["imageScanningConfiguration"]["scanOnPush"]:
        return True
    rules = registry.get("rules", ())
    filters = [each for rule in rules if rule["scanFrequency"] != "MANUAL" for each in rule["repositoryFilters"]]
    return any(fnmatchcase(repository["repositoryName"], each["filter"]) for each in filters)


@check("ecr:repository", severity="low", fix="The URI contains account, region and name: use the documented ones.")
def uri(repository: Record) -> str:
    """The URI of the repository, to which images are pushed."""
    return repository["repositoryUri"]


@check("ecr:repository", severity="low", fix="The repository was recreated: update the document.")
def created(repository: Record) -> str:
    """The time of its creation, to the second, in UTC."""
    return f"{repository['createdAt'].astimezone(datetime.UTC):%Y-%m-%dT%H:%M:%S}Z"
