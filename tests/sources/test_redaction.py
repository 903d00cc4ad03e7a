"""Secrets and payloads are removed as evidence is read, and other values stay readable."""

from __future__ import annotations

import json

import pytest

from asbuilt.evidence import Entry, Record, Trace, Unknown
from asbuilt.sources.redaction import Redactor, is_placeholder, is_sample, is_secret, redact, redact_text

GITHUB = "ghp_" + "x7Kp2Vq9Rw4Tz8Ly3Nb6x7Kp2Vq9Rw4Tz8Ly"


def _both(name, value, compared=()):
    """The value of a variable as it is kept, in each of the shapes in which AWS answers variables."""
    redactor = Redactor(compared)
    one = redactor.redact({"environment": [{"name": name, "value": value}]})["environment"][0]["value"]
    assert redactor.redact({"Variables": {name: value}}) == {"Variables": {name: one}}
    return one


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("POSTGRES_PASSWORD", "hunter2-hunter2", "named-secret"),
        ("api_key", "abcdef", "named-secret"),
        ("POSTGRES_PASSWORD", "YourSecurePassword123!", "placeholder"),
        ("SECRET_KEY", "your-very-long-secret-key-here", "placeholder"),
        ("AWS_SECRET_ACCESS_KEY", "change-me", "placeholder"),
        ("DATABASE_URL", "postgres://app:hunter2@db:5432/x", "url-password"),
        ("ANYTHING", "AKIA" + "ABCDEFGHIJKLMNOP", "aws-access-key-id"),
        ("GREETING", "your-name", "sample"),
    ],
)
def test_a_secret_in_a_variable_becomes_a_mark(name, value, kind):
    """The mark says the kind and the length, also of a variable that a check compares."""
    kept = _both(name, value, [name] if kind != "sample" else [])
    assert kept.startswith(f"[redacted: {kind} ")
    assert kept.endswith(f", {len(value)} characters]")
    assert is_secret(name, kept) is (kind != "sample")
    assert is_placeholder(kept) is (kind == "placeholder")
    assert is_sample(kept) is (kind in ("placeholder", "sample"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_SECRET_ARN", "arn:aws:secretsmanager:us-east-1:1:secret:x"),
        ("POSTGRES_DB", "campushub360"),
        ("REDIS_URL", "rediss://cache.example:6379/0"),
    ],
)
def test_a_plain_variable_is_kept_where_a_check_compares_it(name, value):
    """Else its value is a digest, which is no secret and which no check can mistake for the value."""
    assert _both(name, value, [name]) == value
    digest = _both(name, value)
    assert digest.startswith("[digest: ")
    assert value not in digest
    assert not is_secret(name, digest)
    record = Record(Entry("e", "k", "o", {"value": digest}), Trace())
    assert record.kept("value") == digest
    with pytest.raises(Unknown, match="kept as a digest only"):
        record["value"]


def test_fields_of_aws_stay():
    """Fields of AWS whose names hold words such as secret and token are no secrets."""
    data = {"SecretList": [{"Name": "a/secret-key", "ARN": "arn:x", "RotationEnabled": True}], "NextToken": "abc"}
    assert redact(data) == data


def test_payloads_are_never_kept():
    """User data, command lines, build specs, and the parameters and outputs of stacks are kept as digests."""
    data = {
        "UserData": "IyEvYmluL3No",
        "command": ["serve", "--verbose"],
        "entryPoint": ["/bin/sh"],
        "buildspec": "version: 0.2",
        "Parameters": [{"ParameterKey": "Size", "ParameterValue": "large"}],
        "Outputs": [{"OutputKey": "Url", "OutputValue": "https://example.org"}],
        "CustomHeaders": {"Items": [{"HeaderName": "X-Origin", "HeaderValue": "only-ours"}]},
    }
    text = json.dumps(redact(data))
    for value in ("IyEvYmluL3No", "serve", "verbose", "/bin/sh", "0.2", "large", "example.org", "only-ours"):
        assert value not in text
    assert {name: text.count(name) for name in ("Size", "Url", "X-Origin")} == {"Size": 1, "Url": 1, "X-Origin": 1}
    assert redact({"healthCheck": {"command": ["CMD", "true"]}}) == {"healthCheck": {"command": ["CMD", "true"]}}
    assert Redactor(["command"]).redact({"command": ["serve"]}) == {"command": ["serve"]}


def test_names_stay_distinct_and_references_resolve():
    """The same secret has one mark in every text, two have two, and the rest of a text is kept."""
    redactor = Redactor()
    name, arn, other = (redactor.redact(text) for text in (f"app-{GITHUB}", f"arn:x:alarm:app-{GITHUB}", f"{GITHUB}Z"))
    assert name.startswith("app-[redacted: github-token ")
    assert arn == f"arn:x:alarm:{name}"
    assert other != name.removeprefix("app-")
    assert redactor.reveal({"names": [name]}) == {"names": [f"app-{GITHUB}"]}


def test_keys_are_redacted_as_well():
    """A tag's key and a condition's key can hold a secret."""
    assert GITHUB not in str(redact({"Tags": [{"Key": GITHUB, "Value": "x"}], "tags": {GITHUB: "x"}, GITHUB: "x"}))


def test_a_secret_in_json_text_is_removed_and_the_json_stays_json():
    """An input of a target names variables as pairs, which only the parsed text shows."""
    text = json.dumps({"containerOverrides": [{"environment": [{"name": "DB_PASS", "value": "xK9#mL2p"}]}], "count": 3})
    kept = json.loads(redact({"Input": text})["Input"])
    assert "xK9#mL2p" not in str(kept)
    assert kept["count"] == 3


def test_words_of_a_command_show_that_the_next_is_a_secret():
    """A health check is compared and kept, its password is not."""
    command = ["CMD", "redis-cli", "-h", "cache", "-a", "hunter2x", "ping"]
    kept = redact({"healthCheck": {"command": command}})["healthCheck"]["command"]
    assert kept[:5] + kept[6:] == command[:5] + command[6:]
    assert kept[5].startswith("[redacted: redis-password ")


def test_deep_structures_end():
    """A structure of hundreds of levels is cut, and does not end the run."""
    deep: list[object] = ["x"]
    for _ in range(500):
        deep = [deep]
    assert "nested-too-deeply" in str(redact(deep))
    assert redact({"DashboardBody": "[" * 100_000}) == {"DashboardBody": "[" * 100_000}


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Could not connect to http://user:hunter2@proxy.example:3128/", "hunter2"),
        ("User is not authorized. Encoded authorization failure message: " + "aGVsbG8" * 20, "aGVsbG8"),
        ("https://b.s3.example/k?X-Amz-Security-Token=FwoGZXIvYXdzE&X-Amz-Signature=" + "7d1f" * 16, "7d1f"),
        (f"policy is malformed: {GITHUB} is no principal", GITHUB),
        ("connect failed: password=hunter2 host=db", "hunter2"),
    ],
)
def test_messages_are_redacted(text, secret):
    """Error messages quote policies, addresses and encoded messages."""
    kept = redact_text(text)
    assert secret not in kept
    assert kept[:10] == text[:10]
