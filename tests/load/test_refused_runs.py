"""Load runs that are refused before any load is sent."""

from __future__ import annotations

import contextlib
import resource
import socket
import threading
from pathlib import Path

import pytest
from filelock import FileLock

from tests.load.running import LONG, SMALL, load, spec_of


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["campushub36"], "did you mean 'campushub360'?"),
        ([], "name a spec"),
        (["SPEC", "--profile", "targt"], "did you mean 'target'?"),
        (["SPEC", "--host", "http://127.0.0.1:9"], "does not answer"),
        (["SPEC", "--host", "127.0.0.1"], "no URL"),
        (["SPEC", "--host", "http://192.0.2.1"], "--confirm 192.0.2.1"),
        (["SPEC", "--workers", "4096"], "cores"),
        (["SPEC", "--knob", "refuse_login=1"], "answered 401"),
        (["SPEC", "--knob", "refuse=1"], "no knob is called 'refuse'"),
        (["SPEC", "--rate", "5000", "--users", "10"], "users busy"),
        (["SPEC", "--scenario", "BROKEN"], "did you mean 'path'?"),
    ],
)
def test_wrong_input_is_refused(tmp_path: Path, arguments: list[str], words: str) -> None:
    """With a message that says what would be right, and the exit code for wrong usage."""
    broken = tmp_path / "broken.toml"
    broken.write_text('[load]\nrate = 1\nusers = 9\n[routes.x]\npth = "/"\n', encoding="utf-8")
    files = {"SPEC": spec_of(tmp_path, "studybunny"), "BROKEN": str(broken)}
    run = load(tmp_path, *(files.get(word, word) for word in arguments))
    assert (run.code, run.result) == (4, {}), run.said
    assert words in run.said
    assert "Traceback" not in run.said


def test_a_target_without_tls_is_refused(tmp_path: Path) -> None:
    """https:// to a server that speaks no TLS."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}"
        server.settimeout(LONG)
        greeter = threading.Thread(target=_greet, args=(server,))
        greeter.start()
        run = load(tmp_path, spec_of(tmp_path, "studybunny"), "--host", url)
        greeter.join()
    assert (run.code, "TLS failed" in run.said) == (4, True), run.said


def _greet(server: socket.socket) -> None:
    """Answer one client with a word, and wait until it leaves."""
    client, _ = server.accept()
    with client, contextlib.suppress(OSError):  # the client may reset the connection
        client.recv(1)
        client.sendall(b"hello")
        while client.recv(1000):
            pass


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    """Each would measure the other."""
    with FileLock(tmp_path / "asbuilt-load.lock"):
        run = load(tmp_path, spec_of(tmp_path, "studybunny"), *SMALL)
    assert (run.code, "another load run is under way" in run.said) == (4, True), run.said


def test_too_few_open_files_are_refused(tmp_path: Path) -> None:
    """A limit that the users of the run do not fit into."""
    spec = spec_of(tmp_path, "studybunny")
    few = (resource.RLIMIT_NOFILE, (1000, 1000))
    run = load(tmp_path, spec, "--users", "5000", limits=lambda: resource.setrlimit(*few))
    assert (run.code, "ulimit -n" in run.said) == (4, True), run.said
