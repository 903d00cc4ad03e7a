"""The program on an account whose first answers are older than the account."""

from __future__ import annotations

import json

import jsonschema
import pytest

from tests.programs import verify
from tests.sources import fake_aws
from tests.sources.fake_aws import S3, serving, spec

ENABLED = fake_aws.xml(f"<VersioningConfiguration {S3}><Status>Enabled</Status></VersioningConfiguration>")
FACTS = ("media.versioned = true", "queues.count = 0")


def _answers(*answers):
    """These answers, one after the other; the last one again and again."""
    asked = []

    def answer(request, body):
        asked.append(request.path)
        return answers[min(len(asked), len(answers)) - 1]

    return answer, asked


OLD = fake_aws.WHOLE["GetBucketVersioning"]


def test_the_second_reading_decides_and_the_first_is_kept(tmp_path):
    """A failing fact is read again, and nothing else is; the change is told."""
    versioning, asked = _answers(OLD, ENABLED)
    queues, counted = _answers(fake_aws.WHOLE["ListQueues"])
    with serving(GetBucketVersioning=versioning, ListQueues=queues) as url:
        ended = verify(tmp_path, spec(tmp_path, *FACTS), "--endpoint-url", url)
    assert (ended.code, set(ended.statuses.values())) == (0, {"passed"}), ended.out
    assert (len(asked), len(counted)) == (2, 1)
    fact, other = ended.results["facts"]
    assert (fact["first"]["status"], fact["first"]["settled"]) == ("failed", True)
    assert fact["first"]["findings"][0]["found"] is False
    assert other["first"] is None
    [deployment] = ended.results["deployments"]
    assert "s3:GetBucketVersioning" in deployment["read_again"]
    assert "sqs:ListQueues" not in deployment["read_again"]
    assert "settled   it/media.versioned" in ended.out.replace(f"{tmp_path.name}/", "it/")
    schema = json.loads((tmp_path / "out" / "results.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(ended.results, schema)


@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["one process", "two processes"])
def test_a_failure_that_stays_is_reported(tmp_path, more):
    """It was read twice, by one process only; nothing is settled."""
    versioning, asked = _answers(OLD)
    with serving(GetBucketVersioning=versioning) as url:
        ended = verify(tmp_path, spec(tmp_path, *FACTS), "--endpoint-url", url, *more)
    assert ended.code == 1
    assert len(asked) == 2
    first = next(fact["first"] for fact in ended.results["facts"] if fact["status"] == "failed")
    assert first["settled"] is False
    assert "settled" not in ended.out


def test_once_reads_once(tmp_path):
    """With --once, the first reading is reported."""
    versioning, asked = _answers(OLD, ENABLED)
    with serving(GetBucketVersioning=versioning) as url:
        ended = verify(tmp_path, spec(tmp_path, *FACTS), "--endpoint-url", url, "--once")
    assert (ended.code, len(asked)) == (1, 1)


def test_a_second_reading_that_is_none_changes_nothing(tmp_path):
    """A failure that was seen stays one where the account cannot be asked again."""
    versioning, asked = _answers(OLD, fake_aws.html())
    with serving(GetBucketVersioning=versioning) as url:
        ended = verify(tmp_path, spec(tmp_path, *FACTS), "--endpoint-url", url)
    assert (ended.code, len(asked)) == (1, 2), ended.out
    assert ended.statuses["media.versioned"] == "failed"
