"""Recordings through the program: judged again offline, compared, signed, and refused where they were changed."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from asbuilt.recording import digest, name_of, set_hashes
from tests.programs import Ended, asbuilt, served, verify

SYSTEM, VARIANT = "campushub360", "tier1"
KEYS = {"aws_access_key_id": "mock", "aws_secret_access_key": "mock", "region_name": "us-east-1"}
DATABASE = ("-k", "database")
NO_NETWORK = """
import socket, sys

def refused(*_, **__):
    raise AssertionError("a connection was opened")

socket.socket.connect = refused
sys.modules["moto"] = sys.modules["boto3"] = None
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The documented account, over HTTP."""
    with served(SYSTEM, VARIANT) as address:
        yield address


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, url: str) -> Ended:
    """A run on the documented account that left `a.rec` in its folder."""
    folder = tmp_path_factory.mktemp("whole")
    ended = verify(folder, SYSTEM, "--variant", VARIANT, "--endpoint-url", url, "--record", "a.rec", "--keep-runs", "2")
    assert ended.code == 0, ended.out + ended.err
    assert "recorded  a.rec" in ended.out
    return ended


def _verdicts(results: dict[str, Any]) -> list[tuple[Any, ...]]:
    return sorted((fact["id"], fact["status"], json.dumps(fact["found"]), fact["reason"]) for fact in results["facts"])


def _replay(folder: Path, recording: Path, *arguments: str) -> Ended:
    """Judge a recording again in a process that can open no connection and import neither moto nor boto3."""
    site = folder / "site"
    site.mkdir(exist_ok=True)
    (site / "sitecustomize.py").write_text(NO_NETWORK, encoding="utf-8")
    paths = f"{site}:{Path(__file__).parents[2]}"
    return verify(folder, "--replay", str(recording), *arguments, env={"PYTHONPATH": paths})


def test_a_recording_gives_the_same_verdicts_offline(tmp_path: Path, whole: Ended) -> None:
    """Every fact, without credentials, network, moto or boto3, at the time of the recording; results say so."""
    ended = _replay(tmp_path, whole.folder / "a.rec")
    assert ended.code == 0, ended.out + ended.err
    assert len(whole.results["facts"]) > 200
    assert _verdicts(ended.results) == _verdicts(whole.results)
    [deployment] = ended.results["deployments"]
    [read] = whole.results["deployments"]
    assert (deployment["target"]["kind"], deployment["account"]) == ("replay", read["account"])
    assert deployment["recording"]["of"]["kind"] == "endpoint"
    assert deployment["judged_at"] == read["judged_at"]
    assert f"judged at {read['judged_at']}" in ended.out
    assert ended.results["run"]["selection"]["selected"] == ended.results["run"]["selection"]["of"]


def test_a_recording_holds_what_was_asked_and_no_more(tmp_path: Path, url: str, whole: Ended) -> None:
    """A fact that was not selected is unknown, with the reason; another variant or system is wrong usage."""
    made = verify(
        tmp_path, SYSTEM, "--variant", VARIANT, "--endpoint-url", url, "--record", "few.rec", *DATABASE, "-n", "2"
    )
    assert made.code == 0, made.out + made.err
    judged = {fact["id"]: fact["status"] for fact in made.results["facts"]}
    ended = _replay(tmp_path, tmp_path / "few.rec")
    again = {fact["id"]: fact for fact in ended.results["facts"]}
    full = {fact["id"]: fact for fact in whole.results["facts"]}
    assert ended.code == 6
    assert {key: again[key]["status"] for key in judged} == judged
    others = [fact for key, fact in again.items() if key not in judged]
    assert len(others) > 100
    for fact in others:
        assert fact["status"] == "unknown" or fact["status"] == full[fact["id"]]["status"], fact["id"]
    unknown = [fact for fact in others if fact["status"] == "unknown"]
    assert len(unknown) > 100
    assert all("not recorded" in fact["reason"] for fact in unknown)
    for arguments in ((SYSTEM, "--variant", "tier2"), ("studybunny",)):
        ended = _replay(tmp_path, tmp_path / "few.rec", *arguments)
        assert (ended.code, "holds campushub360/tier1, and not" in ended.out + ended.err) == (4, True)


def _edited(source: Path, target: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    content = json.loads(gzip.decompress(source.read_bytes()))
    change(content)
    target.write_bytes(gzip.compress(json.dumps(content).encode()))
    return target


def _open_the_database(content: dict[str, Any]) -> None:
    [answer] = content["snapshots"][name_of(SYSTEM, VARIANT)]["answers"]["rds:db"][""]
    answer["entries"][0]["data"]["MultiAZ"] = False


def _with_hashes(content: dict[str, Any]) -> None:
    _open_the_database(content)
    [about] = content["manifest"]["deployments"]
    about["sets"] = set_hashes(content["snapshots"][name_of(SYSTEM, VARIANT)])
    content["sha256"] = digest(content["manifest"])


def _other_account(content: dict[str, Any]) -> None:
    content["manifest"]["deployments"][0]["account"] = "999999999999"


def _later(content: dict[str, Any]) -> None:
    content["schema"] = 99


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_open_the_database, "the hash of rds:db of campushub360/tier1 does not fit"),
        (_other_account, "the hash of the manifest does not fit"),
        (_later, "has schema 99"),
        (lambda content: content.pop("manifest"), "is a broken recording"),
        (lambda content: content["snapshots"].clear(), "does not fit"),
        (lambda content: content["manifest"].update(target=None), "the manifest has no usable target"),
        (lambda content: content["manifest"].update(now="2026-01-01T00:00:00"), "no time with its distance from UTC"),
        (lambda content: content["manifest"]["deployments"][0].update(sets=None), "a deployment has no usable sets"),
        (lambda content: content["manifest"]["deployments"][0].update(facts=None), "a deployment has no usable facts"),
        (lambda content: content["manifest"]["deployments"][0].update(whole=None), "a deployment has no usable whole"),
        (lambda content: content["manifest"]["deployments"][0].pop("spec"), "a deployment has no usable spec"),
        (lambda content: content.update(snapshots=[]), "the file has no usable snapshots"),
        (lambda content: content.update(envelope=[1]), "the file has no usable envelope"),
        (lambda content: content["snapshots"].update({name_of(SYSTEM, VARIANT): None}), "is no JSON object"),
    ],
)
def test_a_changed_recording_is_refused(
    tmp_path: Path, whole: Ended, change: Callable[[dict[str, Any]], None], words: str
) -> None:
    """The message names the record set; nothing is judged."""
    path = _edited(whole.folder / "a.rec", tmp_path / "changed.rec", change)
    for ended in (_replay(tmp_path, path, SYSTEM), asbuilt(tmp_path, "diff", str(path), str(path))):
        assert (ended.code, words in ended.err) == (4, True), ended.out + ended.err
    assert not (tmp_path / "out" / "results.json").exists()


def test_a_file_that_is_no_recording_is_refused(tmp_path: Path, whole: Ended) -> None:
    """Cut short, of another form, or packed text."""
    cut, other, text = tmp_path / "cut.rec", tmp_path / "other.rec", tmp_path / "text.rec"
    cut.write_bytes((whole.folder / "a.rec").read_bytes()[:-200])
    other.write_text("{}", encoding="utf-8")
    text.write_bytes(gzip.compress(b"[1]"))
    for path in (cut, other, text):
        ended = asbuilt(tmp_path, "verify", SYSTEM, "--replay", str(path))
        assert (ended.code, "is no recording" in ended.out + ended.err) == (4, True)


def test_a_signature_proves_who_recorded(tmp_path: Path, whole: Ended) -> None:
    """Its key fits and no other; evidence that was changed together with its hashes no longer fits the signature."""
    _key(tmp_path / "key.pem", tmp_path / "public.pem")
    _key(tmp_path / "other.pem", tmp_path / "other-public.pem")
    recording = tmp_path / "signed.rec"
    recording.write_bytes((whole.folder / "a.rec").read_bytes())
    assert _evidence(tmp_path, "verify", str(recording)) == (0, "signed    no")
    assert _evidence(tmp_path, "verify", str(recording), "--key", "public.pem") == (1, "it is not signed")
    assert _evidence(tmp_path, "sign", str(recording), "--key", "key.pem")[0] == 0
    assert _evidence(tmp_path, "verify", str(recording), "--key", "public.pem") == (0, "signature is by the key")
    assert _evidence(tmp_path, "verify", str(recording), "--key", "other-public.pem") == (1, "no signature of it is by")
    assert _evidence(tmp_path, "verify", str(recording)) == (0, "not checked")
    assert _replay(tmp_path, recording, "-k", "multi_az").code == 0
    forged = _edited(recording, tmp_path / "forged.rec", _with_hashes)
    assert _evidence(tmp_path, "verify", str(forged))[0] == 0, "without a key only the hashes are checked"
    code, said = _evidence(tmp_path, "verify", str(forged), "--key", "public.pem")
    assert (code, said) == (1, "the signature is of another recording")
    broken = _edited(recording, tmp_path / "broken.rec", _open_the_database)
    assert _evidence(tmp_path, "verify", str(broken)) == (1, "the hash of rds:db")
    assert _evidence(tmp_path, "verify", "nowhere.rec")[0] == 4
    assert _evidence(tmp_path, "sign", str(recording), "--key", "public.pem")[0] == 4


_WORDS = (
    "it is not signed",
    "no signature of it is by",
    "signature is by the key",
    "the signature is of another recording",
    "the hash of rds:db",
    "not checked",
    "signed    no",
)


def _evidence(folder: Path, *arguments: str) -> tuple[int, str]:
    ended = asbuilt(folder, "evidence", *arguments)
    assert "Traceback" not in ended.err
    return ended.code, next((words for words in _WORDS if words in ended.out), "")


def _key(private: Path, public: Path) -> None:
    from cryptography.hazmat.primitives import serialization as forms
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    pem, plain = forms.Encoding.PEM, forms.NoEncryption()
    private.write_bytes(key.private_bytes(pem, forms.PrivateFormat.PKCS8, plain))
    public.write_bytes(key.public_key().public_bytes(pem, forms.PublicFormat.SubjectPublicKeyInfo))


def test_a_drift_is_what_differs(tmp_path: Path, url: str, whole: Ended) -> None:
    """Two readings of one state do not differ. A drift is named with its subject, fields and facts, in both forms."""
    rds = boto3.client("rds", endpoint_url=url, **KEYS)
    again = verify(
        tmp_path,
        SYSTEM,
        "--variant",
        VARIANT,
        "--endpoint-url",
        url,
        "--record",
        "same.rec",
        "--sign-key",
        _made(tmp_path),
    )
    assert "signed with key" in again.out
    first, out = str(whole.folder / "a.rec"), tmp_path / "out" / "results.json"
    same = asbuilt(tmp_path, "diff", first, "same.rec")
    assert (same.code, "no difference in 255 facts" in same.out) == (0, True), same.out
    rds.modify_db_instance(DBInstanceIdentifier="campushub-db", MultiAZ=False, ApplyImmediately=True)
    try:
        drifted = verify(tmp_path, SYSTEM, "--variant", VARIANT, "--endpoint-url", url, "--record", "drift.rec")
    finally:
        rds.modify_db_instance(DBInstanceIdentifier="campushub-db", MultiAZ=True, ApplyImmediately=True)
    assert drifted.code == 1
    ended = asbuilt(tmp_path, "diff", first, "drift.rec")
    assert ended.code == 1
    assert (
        "changed   campushub360/tier1 database  rds:db arn:aws:rds:us-east-1:123456789012:db:campushub-db" in ended.out
    )
    assert "          MultiAZ: true -> false" in ended.out
    facts = [line for line in ended.out.splitlines() if line.startswith("fact")]
    assert "fact      campushub360/database.multi_az[tier1]  passed -> failed" in facts
    turned = {fact["id"] for fact in drifted.results["facts"] if fact["status"] == "failed" and not fact["disputed"]}
    assert {line.split()[1] for line in facts} == turned
    of_results = asbuilt(tmp_path, "diff", str(whole.folder / "out" / "results.json"), str(out))
    assert of_results.code == 1
    assert "rds:DescribeDBInstances MultiAZ: true -> false" in of_results.out
    assert [line for line in of_results.out.splitlines() if line.startswith("fact")] == facts
    mixed = asbuilt(tmp_path, "diff", first, str(out))
    assert (mixed.code, "only facts are compared" in mixed.err) == (1, True)


def _made(folder: Path) -> str:
    _key(folder / "key.pem", folder / "public.pem")
    return str(folder / "key.pem")


def test_a_recording_must_be_of_the_account_that_is_named(tmp_path: Path, whole: Ended) -> None:
    """By `account_id`; an account without one cannot be compared."""
    (tmp_path / "accounts.toml").write_text(
        '[accounts.ours]\nprofile = "x"\naccount_id = "123456789012"\nvariant = "tier1"\n'
        '[accounts.theirs]\nprofile = "x"\naccount_id = "210987654321"\n'
        '[accounts.unpinned]\nprofile = "x"\n',
        encoding="utf-8",
    )
    for account, code, words in (
        ("ours", 0, ""),
        ("theirs", 4, "is a recording of account 123456789012, and [accounts.theirs] is 210987654321"),
        ("unpinned", 4, "set account_id under [accounts.unpinned]"),
    ):
        ended = _replay(tmp_path, whole.folder / "a.rec", "--account", account, "-k", "database.engine")
        assert (ended.code, words in ended.out + ended.err) == (code, True), ended.out + ended.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--replay", "{rec}", "--dns"), "leave out --dns"),
        (("--replay", "{rec}", "--mock"), "give one of"),
        (("--replay", "{rec}", "--endpoint-url", "http://127.0.0.1:1"), "give one of"),
        (("--replay", "{rec}", "--record", "x.rec"), "give one of --record and --replay"),
        (("--replay", "nowhere.rec"), "nowhere.rec"),
        (("--sign-key", "key.pem"), "add --record FILE"),
        (("--record", "nowhere/x.rec"), "there is no folder nowhere"),
        (("--record", "."), "is a folder or a device"),
        (("--record", "/dev/null"), "is a folder or a device"),
        (("--record", "x.rec", "--sign-key", "nowhere.pem"), "nowhere.pem is no private key"),
    ],
)
def test_options_that_do_not_go_together(tmp_path: Path, whole: Ended, arguments: tuple[str, ...], words: str) -> None:
    """One line says what to do."""
    given = [argument.format(rec=whole.folder / "a.rec") for argument in arguments]
    ended = verify(tmp_path, SYSTEM, "--variant", VARIANT, *given)
    assert (ended.code, words in ended.out + ended.err) == (4, True), ended.out + ended.err
    assert "Traceback" not in ended.err
