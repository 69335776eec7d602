"""Encoder, embedder, reader and verifier open no socket and write no file: the kernel kills the process that tries."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from assistant.embedder.text_embedder import TextEmbedder
from assistant.encoder.open_encoder import open_encoder
from assistant.reader.answer_reader import AnswerReader
from assistant.reader.claim_verifier import ClaimVerifier
from demo.album import demo_photo
from tests.support import syscalls

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the watch over system calls is Linux's"),
    pytest.mark.timeout(120),
]
ENCODE = """
import sys
from pathlib import Path
from assistant.encoder.open_encoder import open_encoder
from assistant.photo import load_photo
encoder = open_encoder()
print(encoder.encode(load_photo(Path(sys.argv[1]))).shape)
encoder.close()
"""
IN_A_CHILD = """
import subprocess, sys
done = subprocess.run([sys.executable, "-c", sys.argv[2], sys.argv[1]], check=False)
sys.exit(done.returncode if done.returncode >= 0 else 77)
"""
SOCKET = "import socket; socket.socket(socket.AF_INET)"
WRITE = "open('new', 'w')"


@pytest.mark.parametrize("code", [SOCKET, SOCKET.replace("INET", "INET6"), WRITE, WRITE.replace("w", "a")])
def test_the_watch_sees_what_it_should(code: str) -> None:
    assert syscalls.was_killed(syscalls.run_watched(code))
    assert syscalls.run_watched(IN_A_CHILD, "", code).returncode == 77


def test_opening_and_encoding_use_no_socket_and_write_nothing() -> None:
    open_encoder().close()  # the network's hash is in home()/hashes.json from here on
    done = syscalls.run_watched(ENCODE, str(demo_photo()))
    assert (done.returncode, done.stdout, done.stderr) == (0, "(326, 192)\n", "")
    done = syscalls.run_watched(IN_A_CHILD, str(demo_photo()), ENCODE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "(326, 192)\n", "")


def test_an_unwritable_home_changes_nothing(own_home: Path) -> None:
    """The hash of the network is then computed at every start."""
    own_home.mkdir()
    (own_home / "hashes.json").mkdir()
    open_encoder().close()
    assert [path.name for path in own_home.iterdir()] == ["hashes.json"]


EMBED = """
from assistant.embedder.text_embedder import TextEmbedder
print(TextEmbedder().embed("our dog").shape)
"""


READ = """
from assistant.reader.answer_reader import AnswerReader
print(AnswerReader().read("Whose dog is it?", "our dog").end)
"""


def test_the_reader_opens_no_socket_and_writes_no_file() -> None:
    AnswerReader().read("Whose?", "our dog")  # the hashes of its files are known from here on
    done = syscalls.run_watched(READ)
    assert (done.returncode, done.stderr) == (0, "") and int(done.stdout) <= len("our dog")


def test_the_text_embedder_opens_no_socket_and_writes_no_file() -> None:
    TextEmbedder().embed("our dog")  # the hashes of its files are known from here on
    done = syscalls.run_watched(EMBED)
    assert (done.returncode, done.stdout, done.stderr) == (0, "(384,)\n", "")


VERIFY = """
from assistant.reader.claim_verifier import ClaimVerifier
print(ClaimVerifier().logit("It is a dog.", "our dog"))
"""


def test_the_verifier_opens_no_socket_and_writes_no_file() -> None:
    ClaimVerifier().logit("It is.", "our dog")  # the hashes of its files are known from here on
    done = syscalls.run_watched(VERIFY)
    assert (done.returncode, done.stderr) == (0, "") and float(done.stdout) < 100
