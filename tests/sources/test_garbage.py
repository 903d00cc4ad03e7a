"""The program against an endpoint that answers, with HTTP status 200, with what is no answer."""

from __future__ import annotations

import pytest

from tests.programs import verify
from tests.sources.fake_aws import CDN, ID, S3, html, json, serving, spec, xml

VERSIONING = "media.versioned = false"
QUEUES, DISTRIBUTIONS, SECRETS = "queues.count = 0", "distributions.count = 0", "secrets.count = 0"
FACTS = (VERSIONING, QUEUES, DISTRIBUTIONS, SECRETS, "media.tls_only = false")
EMPTY = (200, {"Content-Type": "text/xml", "x-amzn-RequestId": ID}, b"")


def test_whole_answers_that_say_none_are_answers(tmp_path):
    """The control: what AWS answers for no versioning, no queue, no distribution and no secret."""
    with serving() as url:
        ended = verify(tmp_path, spec(tmp_path, *FACTS), "--endpoint-url", url)
    assert set(ended.statuses.values()) == {"passed"}, ended.out
    assert ended.code == 0


@pytest.mark.parametrize(
    ("operation", "fact", "answer", "reason"),
    [
        ("GetBucketVersioning", VERSIONING, html(), "the root element is 'html'"),
        ("ListDistributions", DISTRIBUTIONS, html("<!DOCTYPE html><p>Hello"), "HTML, expected XML"),
        ("GetBucketVersioning", VERSIONING, EMPTY, "the body is empty"),
        ("GetBucketVersioning", VERSIONING, xml(f"<ListBucketResult {S3}/>"), "the root element is"),
        ("ListDistributions", DISTRIBUTIONS, xml(f"<DistributionList {CDN}><Quant"), "not of this API"),
        ("GetBucketVersioning", VERSIONING, (204, {}, b""), "the body is empty"),
        ("GetBucketVersioning", VERSIONING, html(status=302), "HTTP status 302"),
        ("GetBucketVersioning", VERSIONING, html(status=403), "HTTP status 403"),
        ("ListDistributions", DISTRIBUTIONS, html("<html/>"), "the root element is 'html'"),
        ("ListDistributions", DISTRIBUTIONS, EMPTY, "the body is empty"),
        ("ListDistributions", DISTRIBUTIONS, xml(f"<DistributionList {CDN}/>"), "Quantity does not say"),
        (
            "ListDistributions",
            DISTRIBUTIONS,
            xml(f"<DistributionList {CDN}><Quantity>3</Quantity></DistributionList>"),
            "Quantity does not say",
        ),
        ("ListQueues", QUEUES, json(""), "the body is empty"),
        ("ListQueues", QUEUES, json('{"QueueUrls": ['), "cut short"),
        ("ListQueues", QUEUES, json("[]"), "a JSON list"),
        ("ListQueues", QUEUES, html("{}"), "no request id"),
        ("ListQueues", QUEUES, html(), "HTML, expected a JSON object"),
        ("ListQueues", QUEUES, json('{"QueueUrls": [null]}'), "null in QueueUrls[]"),
        ("ListQueues", QUEUES, json('{"QueueUrls": "none"}'), "QueueUrls is a JSON str"),
        ("ListQueues", QUEUES, json('{"SecretList": []}'), "no field of this answer"),
        ("ListQueues", QUEUES, json('{"__type": "AccessDenied", "message": "no"}'), "no field of this answer"),
        ("ListQueues", QUEUES, json('{"a":' * 5000 + "1" + "}" * 5000), "nested too deep"),
        ("ListSecrets", SECRETS, json('{"SecretList": [], "NextToken": "more"}'), "pages|same next token"),
        ("ListSecrets", SECRETS, json("{}"), "without SecretList"),
        ("ListSecrets", SECRETS, json('{"SecretList": [{}]}'), "has no"),
    ],
)
def test_garbage_is_no_answer(tmp_path, operation, fact, answer, reason):
    """A portal's page, an empty body, another document, a cut one: the fact is unknown and says why."""
    with serving(**{operation: answer}) as url:
        ended = verify(tmp_path, spec(tmp_path, fact), "--endpoint-url", url)
    [judged] = ended.results["facts"]
    assert (judged["status"], ended.code) == ("unknown", 6), ended.out
    assert any(part in judged["reason"] for part in reason.split("|")), judged["reason"]


@pytest.mark.parametrize(
    "answer",
    [
        html(status=404),
        xml("<Error><Message>none</Message></Error>", 404),
        xml("<Error><Code>NoSuchBucketPolicy</Code></Error>", 200),
        xml("<html><Code>NoSuchBucketPolicy</Code></html>", 404),
    ],
    ids=["a page", "no code", "status 200", "another root"],
)
def test_an_error_code_counts_with_its_document_only(tmp_path, answer):
    """AWS says that a bucket has no policy by an error document with status 404; nothing else says so."""
    with serving(GetBucketPolicy=answer) as url:
        ended = verify(tmp_path, spec(tmp_path, "media.tls_only = false"), "--endpoint-url", url)
    assert ended.code == 6, ended.out
