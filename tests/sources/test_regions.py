"""Subjects in further regions: each region is read once, global services stay global, a region that is off is told."""

from __future__ import annotations

import re

from tests.programs import verify
from tests.sources.fake_aws import json, serving, spec

HOME = 'home = { kind = "secretsmanager:secret", name = "*", many = true }'
COPY = 'copies = { kind = "secretsmanager:secret", name = "*", many = true, region = "eu-central-1" }'
SAME = 'same = { kind = "secretsmanager:secret", name = "*", many = true, region = "us-east-1" }'
OFF = 'off = { kind = "secretsmanager:secret", name = "*", many = true, region = "ap-east-1" }'
ARN = "arn:aws:secretsmanager:{}:123456789012:secret:{}"


def _secret(region, name):
    return f'{{"Name": "{name}", "ARN": "{ARN.format(region, name)}"}}'


def _by_region(asked):
    def answer(request, body):
        region = re.search(r"Credential=[^/]+/\d+/([^/]+)/secretsmanager", request.headers["Authorization"])[1]
        asked.append(region)
        if region == "ap-east-1":
            return json('{"__type": "UnrecognizedClientException", "message": "The security token is invalid."}', 400)
        names = {"us-east-1": ["a", "b"], "eu-central-1": ["copy"]}[region]
        return json(f'{{"SecretList": [{", ".join(_secret(region, name) for name in names)}]}}')

    return answer


def _spec(folder, subjects, *facts):
    path = spec(folder, *facts)
    text = (folder / "spec.toml").read_text()
    (folder / "spec.toml").write_text(text.replace("[subjects]\n", "[subjects]\n" + "\n".join(subjects) + "\n"))
    return path


def test_each_subject_is_found_in_its_region(tmp_path):
    """One call for each region; a region that equals the home region is the same place."""
    asked: list[str] = []
    facts = ("home.count = 2", "same.count = 2", "copies.count = 1", "queues.count = 0")
    with serving(ListSecrets=_by_region(asked)) as url:
        ended = verify(tmp_path, _spec(tmp_path, [HOME, SAME, COPY], *facts), "--endpoint-url", url)
    assert set(ended.statuses.values()) == {"passed"}, ended.out
    assert sorted(asked) == ["eu-central-1", "us-east-1"]
    regions = {fact["fact"]: fact["region"] for fact in ended.results["facts"]}
    assert regions == {"home.count": "", "same.count": "", "copies.count": "eu-central-1", "queues.count": ""}
    calls = [call for call in ended.results["deployments"][0]["api_calls"] if "ListSecrets" in call["operation"]]
    assert [call["region"] for call in calls] == ["", "eu-central-1"]


def test_a_region_that_is_not_enabled_is_not_empty(tmp_path):
    """AWS refuses the keys in a region that the account has not enabled."""
    asked: list[str] = []
    with serving(ListSecrets=_by_region(asked)) as url:
        ended = verify(tmp_path, _spec(tmp_path, [HOME, OFF], "home.count = 2", "off.count = 0"), "--endpoint-url", url)
    assert ended.statuses == {"home.count": "passed", "off.count": "unknown"}, ended.out
    assert "the region ap-east-1 is not enabled for this account" in ended.out


def test_an_account_can_name_another_region(tmp_path):
    """Under its subjects, for one that the spec places elsewhere."""
    asked: list[str] = []
    with serving(ListSecrets=_by_region(asked)) as url:
        (tmp_path / "accounts.toml").write_text(
            f'[accounts.test]\nendpoint_url = "{url}"\n[accounts.test.subjects]\n'
            'home = { name = "*", region = "eu-central-1" }\n'
        )
        ended = verify(tmp_path, _spec(tmp_path, [HOME], "home.count = 1"), "--account", "test")
    assert (ended.code, asked) == (0, ["eu-central-1"]), ended.out


def test_a_region_of_a_global_kind_is_refused(tmp_path):
    """A bucket is found from every region, and the mistake is named with its line."""
    bucket = 'pictures = { kind = "s3:bucket", name = "media", region = "eu-central-1" }'
    ended = verify(tmp_path, _spec(tmp_path, [bucket], "pictures.versioned = true"), "--mock")
    assert ended.code == 4
    assert "s3:bucket is the same in every region: remove region" in ended.out + ended.err


def test_a_region_that_aws_does_not_have_is_refused(tmp_path):
    """With the nearest one."""
    ended = verify(
        tmp_path, _spec(tmp_path, [COPY.replace("eu-central-1", "eu-centrl-1")], "copies.count = 1"), "--mock"
    )
    assert ended.code == 4
    assert "eu-central-1" in ended.out + ended.err
