"""No reader takes the results of an earlier run, or of a selection, for those of a full run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from asbuilt.results.run_folder import LOAD, RUN_ID, RunFolder
from tests.programs import ASBUILT, asbuilt, verify

SPEC = """
[architecture]
name = "CampusLearn"
document = "CampusLearn"
region = "af-south-1"

[subjects]
cluster = { kind = "ecs:cluster", name = "*" }
groups = { kind = "logs:log-group", name = "*", many = true }

[[claim]]
section = "S"
says = "s"
cluster.exists = true
groups.count = ">= 1"
"""


@pytest.fixture
def spec(tmp_path: Path) -> str:
    """A spec with two facts, of which each holds on the mock account."""
    path = tmp_path / "campuslearn" / "spec.toml"
    path.parent.mkdir()
    path.write_text(SPEC, encoding="utf-8")
    return str(path)


def _latest(folder: Path, name: str = "latest") -> Path:
    return folder / "reports" / "out" / name


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nosuch"], 4, "no spec is called 'nosuch'"),
        (["{spec}", "--account", "nosuch"], 4, "there is no file accounts.toml"),
        (["{spec}", "--nosuch"], 4, "wrong usage of the command line"),
        (["{spec}", "--", "--nosuch"], 4, "wrong usage"),
        (["{broken}"], 4, "claim"),
        (["{spec}", "--", "-p", "interrupt"], 2, "interrupted"),
        (["{spec}", "--", "-p", "crash"], 3, "internal error"),
    ],
)
def test_a_run_that_fails_is_what_latest_points_to(
    tmp_path: Path, spec: str, arguments: list[str], code: int, message: str
) -> None:
    """Before, `latest` kept results.json with exit code 0 of the run before."""
    broken = tmp_path / "broken.toml"
    broken.write_text(SPEC.replace("[[claim]]", "[[clam]]"), encoding="utf-8")
    for name, error in (("interrupt", "KeyboardInterrupt"), ("crash", "RuntimeError")):
        hook = f"def pytest_collection_modifyitems():\n    raise {error}\n"
        (tmp_path / f"{name}.py").write_text(hook, encoding="utf-8")
    assert asbuilt(tmp_path, "verify", spec).code == 0
    assert _read(_latest(tmp_path) / "results.json")["run"]["exit_code"] == 0
    given = [argument.format(spec=spec, broken=broken) for argument in arguments]
    ended = asbuilt(tmp_path, "verify", *given, env={"PYTHONPATH": f"{tmp_path}:{Path.cwd()}"})
    assert ended.code == code, ended.out + ended.err
    left = {path.name for path in _latest(tmp_path).iterdir()}
    assert {"run.json"} <= left <= {"run.json", "junit.xml"}
    run = _read(_latest(tmp_path) / "run.json")
    assert run["exit_code"] == code
    assert message in run["message"]


CHECKS = """
import sys

from asbuilt.check import check


@check("ecs:cluster", severity="low", fix="x")
def exits(cluster) -> bool:
    \"\"\"It exits.\"\"\"
    sys.exit(0)


@check("ecs:cluster", severity="low", fix="x")
def hangs(cluster) -> bool:
    \"\"\"It does not end.\"\"\"
    print("hangs", file=sys.stderr, flush=True)
    while True:
        try:
            sys.stdin.read(1)
        except BaseException:
            pass
"""


@pytest.fixture
def own(tmp_path: Path, spec: str) -> str:
    """A spec beside which checks of the user's own lie, of which one exits and one takes no interrupt."""
    (tmp_path / "own_checks").mkdir()
    (tmp_path / "own_checks" / "cluster.py").write_text(CHECKS, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text('[tool.asbuilt]\nchecks = "own_checks"\n', encoding="utf-8")
    return spec


@pytest.mark.parametrize("options", [(), ("--", "-p", "no:cacheprovider")], ids=["direct", "pytest"])
def test_a_check_that_exits_ends_no_run(tmp_path: Path, own: str, options: tuple[str, ...]) -> None:
    """Before, `sys.exit(0)` in a check ended the program with 0 and without results."""
    Path(own).write_text(SPEC + "cluster.exits = true\n", encoding="utf-8")
    ended = verify(tmp_path, own, *options)
    assert ended.code == 6, ended.out + ended.err
    assert ended.statuses == {"cluster.exists": "passed", "groups.count": "passed", "cluster.exits": "unknown"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_takes_no_interrupt_leaves_nothing_stale(tmp_path: Path, own: str, number: int) -> None:
    """The process is ended in the middle; before, `latest` kept the results of the run before."""
    assert asbuilt(tmp_path, "verify", own).code == 0
    Path(own).write_text(SPEC + "cluster.hangs = true\n", encoding="utf-8")
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    env = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    with subprocess.Popen([*ASBUILT, "verify", own], cwd=tmp_path, env=env, text=True, **pipes) as running:
        assert "hangs\n" in running.stderr
        running.send_signal(number)
        assert running.wait(60) == 2
    assert [path.name for path in _latest(tmp_path).iterdir()] == ["run.json"]
    assert _read(_latest(tmp_path) / "run.json")["exit_code"] == 2


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path: Path, spec: str) -> None:
    """Before, verifying without pytest ended with a traceback."""
    (tmp_path / "out" / "results.json").mkdir(parents=True)
    for options in ((), ("--", "-p", "no:cacheprovider")):
        ended = verify(tmp_path, spec, *options)
        assert ended.code == 4
        assert "out: cannot hold results: " in ended.err
        assert "Traceback" not in ended.err


def test_two_specs_of_one_system_are_refused(tmp_path: Path, spec: str) -> None:
    """Before, their facts were counted as those of one deployment, and a recording held the evidence of one."""
    other = tmp_path / "other" / "campuslearn" / "spec.toml"
    other.parent.mkdir(parents=True)
    other.write_text(SPEC, encoding="utf-8")
    for options in ((), ("--", "-p", "no:cacheprovider")):
        ended = verify(tmp_path, spec, str(other), *options)
        assert ended.code == 4, ended.out + ended.err
        assert "'campuslearn' is the system of campuslearn/spec.toml, too" in ended.out + ended.err


def test_a_closed_pipe_changes_no_results(tmp_path: Path) -> None:
    """Before, the manifest said "internal error" beside results that said 0."""
    env = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*ASBUILT, "verify", "campuslearn"], cwd=tmp_path, env=env, **pipes) as running:
        running.stdout.close()
        assert running.wait(600) == 141
    run, results = (_read(_latest(tmp_path) / name) for name in ("run.json", "results.json"))
    assert run["exit_code"] == results["run"]["exit_code"] == 0


def test_a_selection_is_said_and_leaves_latest_alone(tmp_path: Path, spec: str) -> None:
    """By words, by mark, by node id, by deselection and by failures of before; the run of all facts has no note."""
    assert asbuilt(tmp_path, "verify", spec).code == 0
    full = _latest(tmp_path).resolve()
    assert _read(full / "results.json")["run"]["selection"] == {"selected": 2, "of": 2, "by": []}
    for arguments, by in (
        ((spec, "-k", "cluster"), "-k cluster"),
        ((spec, "-m", "ecs_cluster"), "-m ecs_cluster"),
        ((f"{spec}::cluster.exists",), "::cluster.exists"),
        ((spec, "--", "--deselect", "campuslearn/spec.toml::groups.count"), "--deselect"),
        ((spec, "-n", "2", "-k", "cluster"), "-k cluster"),
    ):
        ended = asbuilt(tmp_path, "verify", *arguments)
        assert ended.code == 0, ended.out + ended.err
        assert "selection 1 of 2 facts" in ended.out
        selection = _read(_latest(tmp_path, "latest-selection") / "results.json")["run"]["selection"]
        assert (selection["selected"], selection["of"]) == (1, 2)
        assert by in " ".join(selection["by"])
        assert _latest(tmp_path).resolve() == full


def test_one_variant_of_a_mock_account_is_a_selection(tmp_path: Path) -> None:
    """The facts of the other variant count."""
    ended = verify(tmp_path, "campushub360", "--variant", "tier1", "-k", "database.engine")
    selection = ended.results["run"]["selection"]
    assert selection["selected"] < selection["of"] / 100
    assert selection["by"] == ["-k database.engine", "--variant tier1"]
    direct = verify(tmp_path, "campushub360", "--variant", "tier1").results["run"]["selection"]
    assert direct["by"] == ["--variant tier1"]


def test_facts_keep_the_order_of_the_document(tmp_path: Path) -> None:
    """With and without pytest, whose order is that of the file."""
    orders = []
    for options in ((), ("--", "-p", "no:cacheprovider")):
        ended = verify(tmp_path, "campushub360", *options)
        orders.append([fact["nodeid"] for fact in ended.results["facts"]])
    assert orders[0] == orders[1]


def test_failures_of_before_are_a_selection(tmp_path: Path, spec: str) -> None:
    """`--lf` skips the files without failures; their facts count all the same."""
    wrong = tmp_path / "studybunny" / "spec.toml"
    wrong.parent.mkdir()
    wrong.write_text(SPEC.replace('">= 1"', '">= 1000"').replace("cluster.exists = true\n", ""), encoding="utf-8")
    assert asbuilt(tmp_path, "verify", str(wrong), spec).code == 1
    assert asbuilt(tmp_path, "verify", str(wrong), spec, "--", "--lf").code == 1
    selection = _read(_latest(tmp_path, "latest-selection") / "results.json")["run"]["selection"]
    assert selection == {"selected": 1, "of": 3, "by": ["--lf"]}


def test_a_plain_session_leaves_nothing_stale(tmp_path: Path, spec: str) -> None:
    """pytest itself, with results that an earlier `asbuilt verify` left in the same folder."""
    out = tmp_path / "out"
    assert verify(tmp_path, spec).code == 0
    assert {"results.json", "junit.xml", "run.json"} <= {path.name for path in out.iterdir()}
    for arguments, code in ((["-k", "nosuch"], 5), (["--account", "nosuch"], 4)):
        done = _pytest(tmp_path, spec, "--out", str(out), *arguments)
        assert done == code
        assert {path.name for path in out.iterdir()} == {"run.json"}
        assert _read(out / "run.json")["exit_code"] == code
    assert _pytest(tmp_path, spec, "--out", str(out)) == 0
    assert {path.name for path in out.iterdir()} == {"results.json", "results.schema.json", "junit.xml", "run.json"}
    assert _pytest(tmp_path, spec, "--out", str(out), "--collect-only") == 0
    assert (out / "results.json").exists()


def test_a_spec_beside_the_one_that_is_named_is_no_part_of_the_run(tmp_path: Path) -> None:
    """pytest looks at every file of the folder; only what is asked for counts."""
    folder = tmp_path / "my"
    folder.mkdir()
    for name in ("spec.toml", "campuslearn.toml"):
        (folder / name).write_text(SPEC, encoding="utf-8")
    assert _pytest(tmp_path, "my/campuslearn.toml") == 0
    assert _read(_latest(tmp_path) / "results.json")["run"]["selection"] == {"selected": 2, "of": 2, "by": []}


def _pytest(folder: Path, *arguments: str) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    env = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, env=env, timeout=600).returncode


def test_two_runs_at_once_do_not_mix(tmp_path: Path, spec: str) -> None:
    """Each has a folder of its own, whose files are all its own."""
    with ThreadPoolExecutor() as pool:
        ended = list(pool.map(lambda _: asbuilt(tmp_path, "verify", spec).code, range(2)))
    assert ended == [0, 0]
    runs = [path for path in _latest(tmp_path).parent.iterdir() if RUN_ID.fullmatch(path.name)]
    assert len(runs) == 2
    for run in runs:
        assert {"results.json", "junit.xml", "run.json"} <= {path.name for path in run.iterdir()}
        assert _read(run / "run.json")["run"] == run.name
    assert _latest(tmp_path).resolve() in runs


def test_a_load_run_that_is_refused_leaves_no_earlier_result(tmp_path: Path) -> None:
    """The manifest says why there is none."""
    out = tmp_path / "out"
    out.mkdir()
    for name in LOAD.known:
        (out / name).write_text("{}", encoding="utf-8")
    assert asbuilt(tmp_path, "load", "campuslearn", "--profile", "nosuch", "--out", str(out)).code == 4
    assert [path.name for path in out.iterdir()] == ["load-run.json"]
    assert "no profile 'nosuch'" in _read(out / "load-run.json")["message"]


def _run(out: Path, text: str = "", keep: int = 30, code: int = 0) -> RunFolder:
    folder = RunFolder(out, keep=keep)
    folder.open()
    folder.begin()
    if text:
        (folder.part / "results.json").write_text(text, encoding="utf-8")
    folder.publish(code)
    return folder


def test_old_run_folders_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those beyond the number to keep, but never one that a pointer names, and nothing that is no run folder."""
    monkeypatch.chdir(tmp_path)
    out = Path("reports/out/latest")
    (tmp_path / "reports/out/mine").mkdir(parents=True)
    runs = [_run(out, "{}", keep=2).run_id for _ in range(4)]
    assert {path.name for path in out.parent.iterdir()} == {"mine", "latest", *runs[-2:]}
    assert out.resolve().name == runs[-1]


def test_a_folder_of_an_earlier_version_becomes_a_run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in it is lost, and nothing in it is taken for the new run's."""
    monkeypatch.chdir(tmp_path)
    out = Path("reports/out/latest")
    out.mkdir(parents=True)
    (out / "results.json").write_text("old", encoding="utf-8")
    _run(out, code=4)
    assert [path.name for path in out.iterdir()] == ["run.json"]
    [earlier] = out.parent.glob("*-earlier")
    assert (earlier / "results.json").read_text(encoding="utf-8") == "old"


def test_a_manifest_names_no_file_elsewhere(tmp_path: Path) -> None:
    """Only names in the folder itself are removed."""
    (tmp_path / "mine").write_text("mine", encoding="utf-8")
    out = tmp_path / "out"
    out.mkdir()
    (out / "run.json").write_text('{"files": ["../mine", "..", "", 5, "results.json"]}', encoding="utf-8")
    _run(out)
    assert (tmp_path / "mine").exists()
