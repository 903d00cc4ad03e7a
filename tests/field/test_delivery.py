"""Delivery: origins, pipelines, images and their scans."""

from __future__ import annotations

import datetime

import pytest

from tests.field.empty_account import OWN, policy

SIGNED = {"OriginAccessControlId": "E1", "S3OriginConfig": {"OriginAccessIdentity": ""}}
CUSTOM = {"CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}}


def _signs(account, host, how):
    """The finding on signed requests of a distribution with one signed bucket and another origin at this host."""
    first = {"Id": "a", "DomainName": "pages.s3.us-east-1.amazonaws.com", **SIGNED}
    items = [first, {"Id": "b", "DomainName": host, **how}]
    distribution = {"Id": "D1", "ARN": f"arn:aws:cloudfront::{OWN}:distribution/D1", "Origins": {"Items": items}}
    distribution["Aliases"] = {"Quantity": 1, "Items": ["www.example.org"]}
    account.reply(
        "cloudfront", "ListDistributions", {"DistributionList": {"IsTruncated": False, "Items": [distribution]}}
    )
    control = {"Id": "E1", "Name": "pages", "SigningBehavior": "always", "SigningProtocol": "sigv4"}
    controls = {"IsTruncated": False, "Items": [control]}
    account.reply("cloudfront", "ListOriginAccessControls", {"OriginAccessControlList": controls})
    return account.ask("cloudfront:distribution", "www.example.org", "signs_bucket_requests", True).found


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="a bucket behind a custom origin does not count as a bucket"
)
@pytest.mark.parametrize(
    "host",
    [
        "media.s3-website-us-east-1.amazonaws.com",
        "media.s3-website.eu-central-1.amazonaws.com",
        "media.s3.us-east-1.amazonaws.com",
    ],
)
def test_requests_to_a_bucket_as_custom_origin_are_not_signed(account, host):
    """CloudFront treats a bucket's website endpoint as a custom origin, and does not sign requests to it."""
    assert _signs(account, host, CUSTOM) is False


@pytest.mark.parametrize(
    ("host", "how", "signs"),
    [
        ("api.example.org", CUSTOM, True),
        ("media.s3.us-east-1.amazonaws.com", SIGNED, True),
        ("media.s3.us-east-1.amazonaws.com", {"S3OriginConfig": {"OriginAccessIdentity": ""}}, False),
    ],
    ids=["no bucket", "signed", "unsigned"],
)
def test_requests_to_a_bucket_origin_are_signed_by_its_access_control(account, host, how, signs):
    """An origin access control signs requests to the bucket; other servers need no signature."""
    assert _signs(account, host, how) is signs


GITHUB = {"ConnectionArn": "arn:aws:codeconnections:x", "FullRepositoryId": "campus/web", "BranchName": "main"}


def _pipeline(account, provider, configuration, *pushes):
    """Create the pipeline `web` from one source, with a trigger for each filter of pushes."""
    source = {
        "name": "Fetch",
        "actionTypeId": {"category": "Source", "owner": "AWS", "provider": provider, "version": "1"},
        "configuration": configuration,
        "outputArtifacts": [{"name": "code"}],
    }
    deploy = {
        "name": "Deploy",
        "actionTypeId": {"category": "Deploy", "owner": "AWS", "provider": "S3", "version": "1"},
        "configuration": {"BucketName": "pages", "Extract": "true"},
        "inputArtifacts": [{"name": "code"}],
    }
    trigger = {"providerType": provider, "gitConfiguration": {"sourceActionName": "Fetch", "push": list(pushes)}}
    trust = {"Effect": "Allow", "Principal": {"Service": "codepipeline.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = account.aws.iam.create_role(RoleName="pipeline", AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    account.aws.codepipeline.create_pipeline(
        pipeline={
            "name": "web",
            "roleArn": role,
            "artifactStore": {"type": "S3", "location": "artifacts"},
            "stages": [{"name": "Fetch", "actions": [source]}, {"name": "Deploy", "actions": [deploy]}],
            "pipelineType": "V2",
            **({"triggers": [trigger]} if pushes else {}),
        }
    )


def _started_by_push(account):
    return account.ask("codepipeline:pipeline", "web", "started_by_push", True).found


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="the triggers of a pipeline are not read")
@pytest.mark.parametrize(
    ("configuration", "push", "starts"),
    [
        ({**GITHUB, "DetectChanges": "false"}, {"branches": {"includes": ["main"]}}, True),
        (GITHUB, {"tags": {"includes": ["v*"]}}, False),
    ],
    ids=["a trigger for pushes to main", "a trigger for tags alone"],
)
def test_a_trigger_replaces_change_detection(account, configuration, push, starts):
    """With a trigger, CodePipeline's default change detection is off, and only the trigger's filter decides."""
    _pipeline(account, "CodeStarSourceConnection", configuration, push)
    assert _started_by_push(account) is starts


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="the rules that start a pipeline are not read")
def test_a_rule_on_the_repositorys_pushes_starts_a_pipeline(account):
    """CodeCommit sends an event for a push, and an EventBridge rule with the pipeline as target starts it."""
    _pipeline(
        account,
        "CodeCommit",
        {"RepositoryName": "web", "BranchName": "main", "PollForSourceChanges": "false"},
    )
    _rule(account, "ENABLED")
    assert _started_by_push(account) is True


def _rule(account, state):
    repository = account.aws.codecommit.create_repository(repositoryName="web")["repositoryMetadata"]["Arn"]
    pattern = (
        '{"source": ["aws.codecommit"], "detail-type": ["CodeCommit Repository State Change"], '
        f'"resources": ["{repository}"], '
        '"detail": {"event": ["referenceCreated", "referenceUpdated"], "referenceType": ["branch"], '
        '"referenceName": ["main"]}}'
    )
    account.aws.events.put_rule(Name="pushed", EventPattern=pattern, State=state)
    target = {
        "Id": "web",
        "Arn": f"arn:aws:codepipeline:us-east-1:{OWN}:web",
        "RoleArn": f"arn:aws:iam::{OWN}:role/pipeline",
    }
    account.aws.events.put_targets(Rule="pushed", Targets=[target])


@pytest.mark.parametrize(
    ("provider", "configuration", "starts"),
    [
        ("CodeStarSourceConnection", GITHUB, True),
        ("CodeStarSourceConnection", {**GITHUB, "DetectChanges": "false"}, False),
        ("CodeCommit", {"RepositoryName": "web", "BranchName": "main", "PollForSourceChanges": "false"}, False),
    ],
    ids=["detects changes", "detects none", "told by nobody"],
)
def test_without_a_trigger_the_source_decides(account, provider, configuration, starts):
    """A connection detects changes by default; a source without polling needs an event."""
    _pipeline(account, provider, configuration)
    assert _started_by_push(account) is starts


def test_a_rule_that_is_off_starts_nothing(account):
    """A disabled rule does not start a pipeline."""
    _pipeline(
        account,
        "CodeCommit",
        {"RepositoryName": "web", "BranchName": "main", "PollForSourceChanges": "false"},
    )
    _rule(account, "DISABLED")
    assert _started_by_push(account) is False


NOW = datetime.datetime(2026, 3, 4, 12, tzinfo=datetime.UTC)
MANIFEST, INDEX = ("application/vnd.oci.image." + form for form in ("manifest.v1+json", "index.v1+json"))


def _image(digest, minutes_ago, *tags, form=MANIFEST):
    image = {
        "registryId": OWN,
        "repositoryName": "web",
        "imageDigest": f"sha256:{digest * 64}",
        "imagePushedAt": NOW - datetime.timedelta(minutes=minutes_ago),
        "imageManifestMediaType": form,
        "imageSizeInBytes": 1000,
    }
    kind = {"artifactMediaType": "application/vnd.oci.image.config.v1+json"} if form == MANIFEST else {}
    return image | ({"imageTags": list(tags)} if tags else {}) | kind


def _runs_newest(account, *images):
    """The finding on the newest of these images, for a service whose only task runs the image `aaa…`."""
    ecs, ecr = account.aws.ecs, account.aws.ecr
    uri = ecr.create_repository(repositoryName="web")["repository"]["repositoryUri"]
    cluster = ecs.create_cluster(clusterName="main")["cluster"]["clusterArn"]
    ecs.register_task_definition(
        family="web", containerDefinitions=[{"name": "web", "image": f"{uri}:1", "memory": 64}]
    )
    ecs.create_service(cluster="main", serviceName="web", taskDefinition="web", desiredCount=1)
    task = {
        "taskArn": f"arn:aws:ecs:us-east-1:{OWN}:task/main/1",
        "group": "service:web",
        "clusterArn": cluster,
        "lastStatus": "RUNNING",
        "containers": [{"name": "web", "image": f"{uri}:1", "imageDigest": f"sha256:{'a' * 64}"}],
    }
    account.reply("ecs", "ListTasks", {"taskArns": [task["taskArn"]]})
    account.reply("ecs", "DescribeTasks", {"tasks": [task], "failures": []})
    account.reply("ecr", "DescribeImages", {"imageDetails": list(images)})
    return account.ask("ecs:service", "web", "runs_newest_image", True).found


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="any artifact that was pushed last counts as the newest image"
)
@pytest.mark.parametrize(
    "images",
    [
        [_image("a", 10, "1"), _image("b", 9, f"sha256-{'a' * 64}.sig")],
        [_image("a", 10, "1"), _image("b", 9, f"sha256-{'a' * 64}.att")],
        [_image("a", 10), _image("b", 9, "1", form=INDEX)],
    ],
    ids=["its signature", "its attestation", "its index"],
)
def test_artifacts_of_an_image_are_no_newer_image(account, images):
    """Signatures, attestations and indexes are manifests in the repository that no task runs."""
    assert _runs_newest(account, *images) is True


@pytest.mark.parametrize(
    ("images", "newest"),
    [
        ([_image("a", 10, "1"), _image("b", 20, "0")], True),
        ([_image("a", 10, "1"), _image("b", 9, "2")], False),
        ([_image("a", 10, "1"), _image("b", 9, "2"), _image("c", 8, f"sha256-{'b' * 64}.sig")], False),
    ],
    ids=["an older one beside it", "a newer one", "a newer one that is signed"],
)
def test_an_image_that_is_pushed_later_is_newer(account, images, newest):
    """Tasks run the image that was current at their start, until they are replaced."""
    assert _runs_newest(account, *images) is newest


def _scanned(account, repository, pattern):
    account.aws.ecr.create_repository(repositoryName=repository)
    rule = {"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": pattern, "filterType": "WILDCARD"}]}
    account.aws.ecr.put_registry_scanning_configuration(scanType="ENHANCED", rules=[rule])
    return account.ask("ecr:repository", repository, "scanned_on_push", True).found


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="a filter without a wildcard must match the whole name")
@pytest.mark.parametrize("repository", ["team-prod-web", "prod-web", "web-prod"])
def test_a_filter_without_a_wildcard_matches_part_of_the_name(account, repository):
    """ECR scans every repository whose name contains a filter that has no wildcard."""
    assert _scanned(account, repository, "prod") is True


@pytest.mark.parametrize(
    ("repository", "pattern", "scanned"),
    [
        ("team-prod-web", "prod*", False),
        ("team-prod-web", "*prod*", True),
        ("prod", "prod", True),
        ("team-test-web", "prod", False),
    ],
)
def test_a_filter_with_a_wildcard_matches_the_whole_name(account, repository, pattern, scanned):
    """With a wildcard, the name must begin and end like the filter."""
    assert _scanned(account, repository, pattern) is scanned
