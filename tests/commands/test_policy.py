"""`asbuilt policy`: the auditor's policy and role, as JSON, Terraform and CloudFormation."""

from __future__ import annotations

import json
import re

import pytest

from asbuilt.iam.auditor.formats import Auditor, as_cloudformation, as_json, as_terraform
from asbuilt.iam.proof.prover import prove
from asbuilt.iam.questions.trust import trust
from tests.programs import asbuilt

CI, PROVIDER = "arn:aws:iam::123456789012:role/ci", "arn:aws:iam::123456789012:oidc-provider/token.actions.example.com"
ROLE = ("--role", "--trust", CI, "--external-id", "as-agreed")
OIDC = ("--oidc-provider", PROVIDER, "--oidc-subject", "repo:org/app:ref:refs/heads/main", "--oidc-audience", "sts")


def _policy(folder, *arguments):
    ended = asbuilt(folder, "policy", *arguments)
    assert (ended.code, ended.err) == (0, ""), ended.err
    return ended.out


def test_the_policy_of_chosen_facts_is_one_document(tmp_path):
    """And holds what these facts need."""
    document = json.loads(_policy(tmp_path, "campushub360::database.multi_az", "--variant", "tier1"))
    assert document == {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "Read", "Effect": "Allow", "Action": ["rds:DescribeDBInstances"], "Resource": "*"}],
    }
    several = json.loads(_policy(tmp_path, "campushub360::database.multi_az[tier2]", "studybunny::media.versioned"))
    [everywhere, named] = several["Statement"]
    assert everywhere["Action"] == ["rds:DescribeDBInstances", "s3:ListAllMyBuckets"]
    assert (named["Action"], named["Resource"]) == (["s3:GetBucketVersioning"], ["arn:aws:s3:::studybunny-media"])


def test_an_account_s_names_and_external_id_are_taken(tmp_path):
    """From accounts.toml, as for a verification."""
    (tmp_path / "accounts.toml").write_text(
        f'[accounts.live]\nrole_arn = "{CI}"\nexternal_id = "from-the-file"\nvariant = "tier1"\n'
        '[accounts.live.subjects]\nbackups = "our-backups"\n',
        encoding="utf-8",
    )
    written = json.loads(
        _policy(tmp_path, "campushub360::backups.versioned", "--account", "live", "--role", "--trust", CI)
    )
    [policy] = written["policies"]
    assert "arn:aws:s3:::our-backups" in json.dumps(policy["document"])
    assert "from-the-file" in json.dumps(written["role"]["trust_policy"])


def _trust(folder, *arguments):
    return json.loads(_policy(folder, "studybunny", *arguments))["role"]["trust_policy"]


@pytest.mark.parametrize(
    ("context", "assumes"),
    [
        ({"sts:ExternalId": "as-agreed", "sts:RoleSessionName": "asbuilt"}, True),
        ({"sts:ExternalId": "another", "sts:RoleSessionName": "asbuilt"}, False),
        ({"sts:ExternalId": "as-agreed", "sts:RoleSessionName": "another"}, False),
        ({}, False),
    ],
)
def test_only_the_named_principal_assumes_the_role(tmp_path, context, assumes):
    """With the external id and the session name, as the suite's own question tells; nobody of another account."""
    candidate = {"principal": CI, "identity_policies": [], "context": context}
    asked = {"role": "arn:aws:iam::123456789012:role/asbuilt-auditor", "candidates": [candidate]}
    found = trust(asked | {"trust_policy": _trust(tmp_path, *ROLE)})
    assert found.candidates[0].can_assume is assumes
    assert found.anyone_in_any_account is False


def test_an_oidc_trust_names_audience_and_subject(tmp_path):
    """Both exactly, with the session name."""
    [_, statement] = _trust(tmp_path, *ROLE, *OIDC)["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Principal"] == {"Federated": PROVIDER}
    assert statement["Condition"] == {
        "StringEquals": {
            "token.actions.example.com:aud": "sts",
            "token.actions.example.com:sub": "repo:org/app:ref:refs/heads/main",
            "sts:RoleSessionName": "asbuilt",
        }
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["studybuny"], "did you mean 'studybunny'?"),
        (["studybunny::media.versoned"], "did you mean 'media.versioned'?"),
        (["campushub360", "--variant", "tier3"], "no variant 'tier3'"),
        (["studybunny", "--account", "x"], "accounts.example.toml"),
        (["studybunny", "--role"], "--role needs --trust ARN"),
        (["studybunny", "--trust", CI], "add --role"),
        (["studybunny", "--role", "--trust", CI], "--external-id TEXT"),
        (["studybunny", "--role", "--trust", "*", "--external-id", "x1"], "'*' is no principal"),
        (["studybunny", "--role", "--trust", "arn:aws:iam::*:root", "--external-id", "x1"], "is no principal"),
        (["studybunny", *ROLE, "--session-name", "a*"], "--session-name 'a*'"),
        (["studybunny", "--role", "--oidc-provider", "https://x"], "--oidc-provider 'https://x'"),
        (["studybunny", "--role", *OIDC[:2], "--oidc-audience", "sts"], "--oidc-subject ''"),
        (["studybunny", "--role", *OIDC[:4]], "--oidc-audience ''"),
        (
            ["studybunny", "--role", *OIDC[:2], "--oidc-subject", "repo:*", "--oidc-audience", "sts"],
            "without wildcards",
        ),
        (["studybunny", *ROLE, "--oidc-subject", "x"], "need --oidc-provider"),
        (["studybunny", "--name", 'a"${b}'], "--name"),
        (["studybunny", "--out", "/nowhere/at/all"], "cannot be written"),
    ],
)
def test_wrong_input_is_refused(tmp_path, arguments, words):
    """With what would be right, on standard error; nothing is written."""
    ended = asbuilt(tmp_path, "policy", *arguments)
    assert (ended.code, ended.out) == (4, ""), ended.err
    assert words in ended.err
    assert "Traceback" not in ended.err


def test_the_template_of_cloudformation_is_whole(tmp_path):
    """It has the documents of the JSON format, every reference leads to a resource of it, and no key is unknown."""
    template = json.loads(_policy(tmp_path, "studybunny", "--format", "cloudformation", *ROLE, *OIDC))
    assert set(template) == {"AWSTemplateFormatVersion", "Description", "Resources", "Outputs"}
    policy, role = template["Resources"]["AuditorPolicy1"], template["Resources"]["AuditorRole"]
    assert (policy["Type"], role["Type"]) == ("AWS::IAM::ManagedPolicy", "AWS::IAM::Role")
    assert set(policy["Properties"]) == {"ManagedPolicyName", "Description", "PolicyDocument"}
    assert set(role["Properties"]) == {"RoleName", "Description", "AssumeRolePolicyDocument", "ManagedPolicyArns"}
    assert policy["Properties"]["PolicyDocument"] == json.loads(_policy(tmp_path, "studybunny"))
    assert role["Properties"]["AssumeRolePolicyDocument"] == _trust(tmp_path, *ROLE, *OIDC)
    assert role["Properties"]["ManagedPolicyArns"] == [{"Ref": "AuditorPolicy1"}]
    assert template["Outputs"] == {"RoleArn": {"Value": {"Fn::GetAtt": ["AuditorRole", "Arn"]}}}


def test_several_policies_are_numbered_and_all_attached():
    """In every format."""
    document = {"Version": "2012-10-17", "Statement": []}
    auditor = Auditor("the-auditor", "about ${this}", [document, document], document)
    names = ["the-auditor-1", "the-auditor-2"]
    assert [policy["name"] for policy in json.loads(as_json(auditor))["policies"]] == names
    resources = json.loads(as_cloudformation(auditor))["Resources"]
    assert [resources[name]["Properties"]["ManagedPolicyName"] for name in list(resources)[:2]] == names
    assert len(resources["AuditorRole"]["Properties"]["ManagedPolicyArns"]) == 2
    text = as_terraform(auditor)
    assert re.findall(r"policy_arn = (\S+)", text) == [f"aws_iam_policy.the_auditor_{n}.arn" for n in (1, 2)]
    assert 'description = "about $${this}"' in text


def test_terraform_holds_the_same_documents(tmp_path):
    """The blocks are whole, refer to one another, and encode the documents of the JSON format."""
    text = _policy(tmp_path, "studybunny", "--format", "terraform", *ROLE)
    blocks = re.findall(r'^(resource|output) "(\w+)"(?: "(\w+)")? \{\n(.*?)^\}\n', text, re.MULTILINE | re.DOTALL)
    assert "".join(f'{kind} "{name}"' for kind, name, _, _ in blocks) == (
        'resource "aws_iam_policy"resource "aws_iam_role"resource "aws_iam_role_policy_attachment"output "role_arn"'
    )
    encoded = [re.search(r"= jsonencode\((.*)\)$", block, re.DOTALL | re.MULTILINE) for _, _, _, block in blocks[:2]]
    policy, assumed = (json.loads(found[1].replace("$${", "${")) for found in encoded)
    assert policy == json.loads(_policy(tmp_path, "studybunny"))
    assert assumed == _trust(tmp_path, *ROLE)
    assert "aws_iam_role.asbuilt_auditor.name" in blocks[2][3]
    assert "aws_iam_policy.asbuilt_auditor.arn" in blocks[2][3]


def test_what_it_writes_can_be_proved_by_the_program(tmp_path):
    """The document goes into a question of `asbuilt iam prove` as it is."""
    document = json.loads(
        _policy(tmp_path, "studybunny", "--out", "policy.json") or (tmp_path / "policy.json").read_text()
    )
    granted = [
        {"actions": one["Action"], "resources": [one["Resource"]] if one["Resource"] == "*" else one["Resource"]}
        for one in document["Statement"]
    ]
    question = {
        "id": "auditor",
        "kind": "containment",
        "policies": [{"type": "identity", "document": document}],
        "allowance": granted,
    }
    (tmp_path / "question.json").write_text(json.dumps(question), encoding="utf-8")
    ended = asbuilt(tmp_path, "iam", "prove", "question.json")
    assert (ended.code, json.loads(ended.out)["verdict"]) == (0, "subset"), ended.err
    assert prove({**question, "kind": "required"}).verdict == "granted"
