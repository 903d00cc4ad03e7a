"""A valid file of each kind, and the function of the program that reads it."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from pathlib import Path

from asbuilt.commands import main
from asbuilt.evidence import TargetError, Unknown
from asbuilt.load.plan import scenario
from asbuilt.problems import InputError
from asbuilt.results.exit_codes import ExitCode
from asbuilt.sources.load import FORMAT, read_result
from asbuilt.spec.loading import load
from asbuilt.targets import choose

SPEC = """\
[architecture]
name = "Demo"
document = "The demo's document"
region = "us-east-1"
variants = ["tier1", "tier2"]

[subjects]
database = { kind = "rds:db", name = "demo-db" }
bucket = { kind = "s3:bucket", name = "demo-*", many = true }

[[claim]]
section = "Step 1"
says = "Two zones in the larger tier."
database.multi_az = { tier2 = true }

[[claim]]
section = "Step 2"
says = "A bucket."
severity = "low"
bucket.count = ">= 1"
"""
CONTRADICTIONS = """\
[[contradiction]]
id = "price"
where = "Costs"
what = "It costs more."
reading = "The price binds."
severity = "high"
"""
ACCOUNTS = """\
[accounts.production]
role_arn = "arn:aws:iam::123456789012:role/reader"
region = "us-east-1"

[accounts.production.subjects]
database = "prod-db"
"""
SCENARIO = """\
[load]
rate = 10
users = 5

[login]
path = "/login"
body = { name = "{user}" }

[rows]
course = ["a"]

[routes.read]
path = "/courses/{course}"
"""
QUESTIONS = """\
[
  {
    "id": "web",
    "kind": "containment",
    "policies": [
      {
        "type": "identity",
        "document": {
          "Version": "2012-10-17",
          "Statement": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/*"}
          ]
        }
      }
    ],
    "allowance": [{"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::media/*"]}]
  }
]
"""
LOAD_RESULT = f"""\
{{
 "format": {FORMAT},
 "system": "demo",
 "variant": "",
 "runs": [],
 "flows": [],
 "started": "2026-01-01T00:00:00+00:00",
 "finished": "2026-01-01T00:01:00+00:00",
 "version": "0.1.0",
 "inputs": {{"scenario": "0"}},
 "target": {{"host": "http://127.0.0.1:8000", "stand_in": true}}
}}
"""


def read_spec(path: Path) -> None:
    """Read a spec as `asbuilt verify` does."""
    load(path)


def read_contradictions(path: Path) -> None:
    """Read a spec with this contradictions.toml beside it."""
    spec = path.with_name("spec.toml")
    spec.write_text(SPEC, encoding="utf-8")
    load(spec)


def read_accounts(path: Path) -> None:
    """Read accounts as `--account production` does."""
    choose("production", "", path)


def read_scenario(path: Path) -> None:
    """Read a scenario as `asbuilt load` does."""
    scenario.parse(scenario.text_of(path), "demo", path)


Reader = Callable[[Path], None]


def read_question(path: Path) -> None:
    """Read questions as `asbuilt iam prove` does."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        code = main.run(["iam", "prove", str(path)])
    if code == ExitCode.USAGE:
        raise InputError(said.getvalue().splitlines())


def read_load_result(path: Path) -> None:
    """Read a load result as `--load-result` does. Its mistakes make its facts unknown."""
    try:
        read_result(path)
    except Unknown as unknown:
        raise InputError(unknown.reason.split("; ")) from None


FILES: dict[str, tuple[Reader, str]] = {
    "spec.toml": (read_spec, SPEC),
    "contradictions.toml": (read_contradictions, CONTRADICTIONS),
    "accounts.toml": (read_accounts, ACCOUNTS),
    "scenario.toml": (read_scenario, SCENARIO),
    "questions.json": (read_question, QUESTIONS),
    "load-result.json": (read_load_result, LOAD_RESULT),
}


def problems(read: Reader, path: Path, content: str | bytes) -> list[str]:
    """The mistakes in a file, one line each; an empty list for a valid file."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    try:
        read(path)
    except (InputError, TargetError) as error:
        return str(error).splitlines()
    return []
