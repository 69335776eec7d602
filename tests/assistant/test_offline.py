"""Uses of the network: counted, refused, proved. Audit hooks stay for good, so each test starts a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from assistant.models.spec import Spec
from assistant.offline import NetworkEvidence
from assistant.worker.worker_backend import WorkerBackend

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(120)


def python(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env={**os.environ}, capture_output=True, text=True, check=False
    )


def printed_words(code: str) -> list[str]:
    """Run a program, with helpers that use the network before it; returns the words that it prints."""
    tools = """
        import os, socket, tempfile, threading
        from assistant import offline
        def tcp():
            with socket.socket() as s:
                try: s.connect(("127.0.0.1", 9))
                except offline.Refused: return "refused"
                except OSError: return "tried"
        def udp():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                try: s.sendto(b"x", ("127.0.0.1", 9))
                except offline.Refused: return "refused"
                return "sent"
        def lookup():
            try: socket.getaddrinfo("127.0.0.1", 9)
            except offline.Refused: return "refused"
            return "found"
        def local():
            with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
                server.bind(os.path.join(folder, "s")); server.listen()
                with socket.socket(socket.AF_UNIX) as s: s.connect(os.path.join(folder, "s"))
            return "connected"
    """
    done = python("-c", textwrap.dedent(tools) + textwrap.dedent(code))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


def test_uses_are_counted_once_each_and_only_the_network_s() -> None:
    code = """
        print(offline.uses())
        offline.watch(); offline.watch()
        print(offline.uses(), local(), offline.uses(), tcp(), udp(), lookup(), offline.uses())
    """
    assert printed_words(code) == ["None", "0", "connected", "0", "tried", "sent", "found", "3"]


def test_what_the_user_asked_for_is_not_counted_in_its_thread_only() -> None:
    code = """
        offline.watch()
        with offline.requested_by_user():
            print(tcp(), lookup(), offline.uses())
            other = threading.Thread(target=tcp); other.start(); other.join()
            print(offline.uses())
        print(tcp(), offline.uses())
    """
    assert printed_words(code) == ["tried", "found", "0", "1", "tried", "2"]


def test_what_is_forbidden_is_refused_and_counted_even_when_asked_for() -> None:
    code = """
        offline.forbid()
        print(tcp(), udp(), lookup(), local(), offline.uses())
        with offline.requested_by_user(): print(tcp())
        print(offline.network_evidence())
    """
    assert printed_words(code)[:6] == ["refused", "refused", "refused", "connected", "3", "refused"]
    assert printed_words(code)[6:] == "NetworkEvidence(uses=3, refused=2)".split()


def test_open_sockets_are_those_of_the_network() -> None:
    code = """
        print(offline.open_sockets())
        with socket.socket(), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM), socket.socket(socket.AF_UNIX):
            print(offline.open_sockets(), offline.open_sockets())
        print(offline.open_sockets())
    """
    assert printed_words(code) == ["0", "2", "2", "0"]


def test_the_model_s_process_is_refused_the_network(nano: Spec) -> None:
    backend = WorkerBackend(nano, threads=1)
    try:
        assert backend.network_evidence() == NetworkEvidence(0, 2)
    finally:
        backend.close()


def test_prove_offline_prints_its_evidence() -> None:
    done = python("-m", "assistant", "prove-offline", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["proved"], found["name"]) == (True, "nano2")
    assert found["app"] == found["model"] == {"uses": 0, "refused": 2}
    assert found["encoder"] == {"name": "lite0", "tokens": 326, "sockets": 0}
    if found["mcp"]["checked"]:
        server = found["mcp"]
        assert (server["tools"], server["killed"]) == (3, int(sys.platform == "linux")) and server["memories"] >= 2
    assert "Recalled  16 August 2025" in done.stderr and "Answer    " in done.stderr


def test_a_conversation_that_used_the_network_is_no_proof() -> None:
    code = """
        import contextlib, socket, sys
        from demo import album, prove
        def converse(backend, encoder):
            with contextlib.suppress(OSError): socket.getaddrinfo("localhost", 9)
        album.converse = converse
        sys.exit(prove.main([]))
    """
    done = python("-c", textwrap.dedent(code))
    assert (done.returncode, done.stderr) == (1, "")
    assert "this process: 1 use;" in done.stdout and done.stdout.endswith("not proved\n")
    assert "the photo encoder lite0 works in this process, which has 0 network sockets open" in done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's watch is Linux's")
def test_a_server_that_opens_a_network_socket_is_no_proof() -> None:
    pytest.importorskip("mcp")
    code = """
        import sys
        from demo import prove, prove_mcp
        leaks = "from assistant.mcp_server import memory_tools; import socket; "
        leaks += "memory_tools.MemoryTools.search = lambda *_: socket.socket(); "
        prove_mcp.SERVE = prove_mcp.SERVE.replace("from assistant.__main__", leaks + "from assistant.__main__")
        sys.exit(prove.main([]))
    """
    done = python("-c", textwrap.dedent(code))
    assert done.returncode == 1 and "proved" not in done.stdout
    [line] = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert "the session with `python -m assistant mcp` failed" in line


def test_an_unknown_model_is_one_line() -> None:
    done = python("-m", "assistant", "prove-offline", "--model", "nanoo")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: there is no model named 'nanoo'") and done.stderr.count("\n") == 1
    done = python("-m", "assistant", "prove-offline", "--encoder", "light")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: there is no encoder 'light'") and done.stderr.count("\n") == 1
