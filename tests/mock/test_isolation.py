"""A mock account is isolated from the machine's settings, and leaves nothing behind."""

from __future__ import annotations

import os

import pytest

from asbuilt.mock.account import MockError, mock_account


@pytest.mark.parametrize(
    ("system", "variant", "said"),
    [
        ("nowhere", "tier1", "no mock account for 'nowhere'; there is one for "),
        ("campushub360", "tier3", "campushub360 has no variant 'tier3'; it has tier1, tier2"),
    ],
)
def test_what_cannot_be_had_is_said(system, variant, said):
    """The error names the unknown system or variant, and the known ones."""
    with pytest.raises(MockError) as caught, mock_account(system, variant):
        pass
    assert str(caught.value).startswith(said)


def test_the_machines_own_settings_stay_outside(monkeypatch):
    """The mock ignores the caller's profile, keys and endpoint, which are restored afterwards."""
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://192.0.2.1:1")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    with mock_account("campushub360", "tier1") as session:
        client = session.client("rds")
        assert client.meta.endpoint_url == "https://rds.us-east-1.amazonaws.com"
        credentials = session.get_credentials()
        assert (credentials.access_key, credentials.token) == ("AKIAASBUILTMOCK00000", None)
        with pytest.raises(MockError, match="does not answer http://192"):
            session.client("rds", endpoint_url="http://192.0.2.1:1").describe_db_instances()
        with pytest.raises(RuntimeError, match="one mock account at a time"), mock_account("campushub360", "tier2"):
            pass
    assert os.environ["AWS_PROFILE"] == "production"
    assert "MOTO_ACCOUNT_ID" not in os.environ


def test_other_accounts_and_regions(monkeypatch):
    """A builder can set the account id and the region."""
    from asbuilt_content.fixtures.accounts import campushub360

    monkeypatch.setattr(campushub360, "ACCOUNT_ID", "559935790394")
    monkeypatch.setattr(campushub360, "REGION", "af-south-1")
    monkeypatch.setattr(campushub360, "build", lambda session, variant: None)
    with mock_account("campushub360", "tier1") as session:
        assert session.client("sts").get_caller_identity()["Account"] == "559935790394"
        topic = session.client("sns").create_topic(Name="any")["TopicArn"]
    assert topic == "arn:aws:sns:af-south-1:559935790394:any"
