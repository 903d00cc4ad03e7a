"""`asbuilt doctor`: who reads what, and which facts each read that is refused costs."""

from __future__ import annotations

import re

import pytest

from asbuilt.mock.server import served
from tests.aws_stand_in import ACCOUNT, aws
from tests.programs import asbuilt, verify

SPEC = ("campushub360", "--variant", "tier1")
DENIED = ("rds:DescribeDBInstances", "s3:GetBucketVersioning", "cloudwatch:DescribeAlarms")


def _refused(shown):
    """The operations that the table names, each with the number and the names of the facts that it costs."""
    table = shown.partition("CANNOT BE READ")[2].partition("\n")[2]
    costs = {}
    for line in table.splitlines():
        if found := re.match(r"(\S+) +(\d+)  (.*)$", line):
            operation, count, first = found.groups()
            costs[operation] = (int(count), [first])
        else:
            costs[operation][1].append(line.strip())
    return {name: (count, set(" ".join(told).partition(" (")[0].split(", "))) for name, (count, told) in costs.items()}


def test_three_denials_and_what_they_cost(tmp_path):
    """The table holds exactly the denied reads, and their facts are exactly those that verify cannot judge."""
    with served(*SPEC[::2], deny=DENIED) as url:
        shown = asbuilt(tmp_path, "doctor", *SPEC, "--endpoint-url", url)
        verified = verify(tmp_path, *SPEC, "--endpoint-url", url)
    assert shown.code == 6, shown.err
    costs = _refused(shown.out)
    assert set(costs) == set(DENIED)
    assert all(count == len(facts) for count, facts in costs.values())
    unknown = {fact["fact"] for fact in verified.results["facts"] if fact["status"] == "unknown"}
    assert set.union(*(facts for _, facts in costs.values())) == unknown
    # facts that need two of the denied reads are counted for both
    both = costs["rds:DescribeDBInstances"][1] & costs["cloudwatch:DescribeAlarms"][1]
    assert "database.alarmed_metrics" in both
    calls = verified.results["deployments"][0]["api_calls"]
    assert f"read         {len(calls)} calls for {len(verified.results['facts'])} facts" in shown.out


def test_an_account_that_can_be_read_whole(tmp_path):
    """It is exit code 0, on the mock account as well."""
    shown = asbuilt(tmp_path, "doctor", *SPEC, "--mock")
    assert shown.code == 0, shown.err
    assert "Everything that the facts need can be read." in shown.out
    assert f"account      {ACCOUNT}" in shown.out


@pytest.fixture
def account(tmp_path):
    """Write accounts.toml for an endpoint; the profile's file is in the returned environment."""

    def written(url, more=""):
        text = f'[accounts.production]\nprofile = "p"\nendpoint_url = "{url}"\nvariant = "tier1"\n{more}\n'
        (tmp_path / "accounts.toml").write_text(text)
        (tmp_path / "config").write_text("[profile p]\naws_access_key_id = AKIAP\naws_secret_access_key = s\n")
        return {"AWS_CONFIG_FILE": str(tmp_path / "config")}

    return written


def test_it_says_who_reads_which_account(tmp_path, account):
    """Caller, account, partition, region, endpoint, clock and credentials come from the reading itself."""
    with aws(otherwise="AccessDenied") as server:
        env = account(server.url, f'account_id = "{ACCOUNT}"')
        shown = asbuilt(tmp_path, "doctor", "campushub360", "--account", "production", env=env)
    assert shown.code == 6, shown.err
    head = shown.out.partition("CANNOT BE READ")[0]
    for line in (
        f"account      {ACCOUNT} (as account_id of accounts.toml says)",
        f"caller       arn:aws:sts::{ACCOUNT}:assumed-role/asbuilt-reader/asbuilt",
        "partition    aws",
        "region       us-east-1",
        f"endpoint     {server.url}",
        "clock        that of the endpoint is the same, within a second",
        "credentials  config-file of profile p; no end is known",
    ):
        assert f"{line}\n" in head


@pytest.mark.parametrize(
    ("arguments", "more", "said"),
    [
        (["campushub369"], "", "did you mean 'campushub360'?"),
        (["campushub360", "--variant", "tier3"], "", "no variant 'tier3': did you mean"),
        (["campushub360"], 'account_id = "999999999999"', "account_id is 999999999999"),
        (["campushub360", "--mock"], "", "give one of --mock, --account and --endpoint-url"),
    ],
)
def test_what_cannot_be_read_at_all_is_exit_code_4(tmp_path, account, arguments, more, said):
    """The message is one line."""
    with aws() as server:
        env = account(server.url, more)
        shown = asbuilt(tmp_path, "doctor", *arguments, "--account", "production", env=env)
    assert (shown.code, shown.out) == (4, "")
    assert said in shown.err
    assert shown.err.count("\n") == 1


@pytest.mark.parametrize(
    ("skew", "said"),
    [
        (None, "not compared"),
        (1, "the same, within a second"),
        (-30, "30 s behind this machine's"),
        (600, "600 s ahead of this machine's: set this machine's clock"),
    ],
)
def test_a_clock_that_is_wrong_is_told(skew, said):
    """AWS refuses requests that are five minutes off."""
    from asbuilt.commands.doctor import _clock

    assert said in _clock(skew)
