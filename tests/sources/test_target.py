"""Targets: mistakes in accounts.toml or an endpoint are reported once, with their correction."""

from __future__ import annotations

import socket

import pytest

from asbuilt.evidence import TargetError
from asbuilt.sources.table import SourceClients
from asbuilt.targets import MOCK, choose

GOOD = '[accounts.production]\nprofile = "compliance"\nregion = "us-east-1"\n'


@pytest.fixture
def choose_from(tmp_path):
    """Choose an account of a file with this text."""

    def chosen(text, account="production", endpoint_url=""):
        path = tmp_path / "accounts.toml"
        path.write_text(text, encoding="utf-8")
        return choose(account, endpoint_url, path)

    return chosen


def test_the_default_is_the_mock(tmp_path):
    """Without options the target is the mock account."""
    assert choose("", "", tmp_path / "accounts.toml") is MOCK


def test_the_example_documents_every_key(choose_from):
    """The example is a valid file with every key."""
    from pathlib import Path

    from asbuilt.targets import ACCOUNT

    text = Path("accounts.example.toml").read_text(encoding="utf-8")
    target = choose_from(text)
    assert target.external_id
    assert target.subjects["database"] == {"name": "prod-campushub-db"}
    assert target.subjects["load_balancer"]["arn"].startswith("arn:aws:elasticloadbalancing")
    assert [key for key in ACCOUNT if key not in text] == []


def test_a_missing_file_says_what_to_copy(tmp_path):
    """The message names the example file."""
    with pytest.raises(TargetError, match=r"accounts\.example\.toml"):
        choose("production", "", tmp_path / "accounts.toml")


@pytest.mark.parametrize("url", ["127.0.0.1:5000", "ftp://127.0.0.1", "http://"])
def test_no_url_is_no_endpoint(choose_from, url):
    """The message shows a valid URL."""
    with pytest.raises(TargetError, match="is not a URL"):
        choose_from(GOOD, account="", endpoint_url=url)


def test_a_dead_endpoint_is_one_message(choose_from):
    """It is reported before any call, and not once for each call."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        with pytest.raises(TargetError, match="nothing listens at"):
            choose_from(GOOD, account="", endpoint_url=url)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("account_id = 123456789012", "account_id must be twelve digits in quotes"),
        ('account_id = "12345"', "account_id must be twelve digits in quotes"),
        ('proxy = "proxy.example:3128"', "proxy must be the URL of a proxy"),
        ('ca_bundle = "nowhere.pem"', "there is no file 'nowhere.pem'"),
    ],
)
def test_mistakes_in_what_an_account_may_ask_for(choose_from, line, message):
    """A pin, a proxy or a file that cannot be meant is a mistake of the file, with its line."""
    with pytest.raises(TargetError, match=rf"accounts\.toml:4: .*{message}"):
        choose_from(GOOD + line)


def test_an_endpoint_is_named_without_its_password(choose_from):
    """Neither the target's name nor the message of an endpoint that is down shows it."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        with pytest.raises(TargetError) as caught:
            choose_from(GOOD, account="", endpoint_url=f"http://user:secret@127.0.0.1:{port}")
        bound.listen()
        target = choose_from(GOOD, account="", endpoint_url=f"http://user:secret@127.0.0.1:{port}")
    assert "secret" not in str(caught.value)
    assert target.name == f"http://127.0.0.1:{port}"


def test_account_and_endpoint_together_are_refused(choose_from):
    """The results must name one account."""
    with pytest.raises(TargetError, match="not both"):
        choose_from(GOOD, endpoint_url="http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD, "no profile 'compliance'"),
        (
            GOOD.replace('profile = "compliance"', 'role_arn = "arn:aws:iam::123456789012:role/r"'),
            "no credentials to assume",
        ),
        (
            GOOD.replace('profile = "compliance"', 'profile = "default"').replace("us-east-1", "us-esat-1"),
            "unknown region .us-esat-1.: did you mean .us-east-1.",
        ),
    ],
)
def test_credentials_and_region_are_settled_before_reading(choose_from, monkeypatch, tmp_path, text, message):
    """A profile, role or region that cannot be used gives one message."""
    config = tmp_path / "config"
    config.write_text("[default]\nregion = us-east-1\n", encoding="utf-8")
    for name, value in {"AWS_CONFIG_FILE": config, "AWS_SHARED_CREDENTIALS_FILE": tmp_path / "none"}.items():
        monkeypatch.setenv(name, str(value))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(TargetError, match=message):
        SourceClients(choose_from(text), "us-east-1").client("sts", "")
