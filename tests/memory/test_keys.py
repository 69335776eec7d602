"""Opening an encrypted memory by keychain, passphrase and key file; the errors when they are lost; the commands."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail

from memory.__main__ import main
from memory.db import database_files, engine, keys, snapshots
from memory.errors import MemoryFileError
from memory.maintenance import encryption
from memory.store import Memory
from tests.support.crasher import PASSPHRASE
from tests.support.locks import TOLD, Keychain, PlainText, ask, encrypted, refused

pytestmark = pytest.mark.usefixtures("without_keychain")
ROOT = Path(__file__).parents[2]


# The two ways to the key


def test_with_a_keychain_nothing_is_asked(path: Path, keychain: Keychain) -> None:
    known = encrypted(path)
    for _ in range(2):
        with Memory(path) as memory:
            assert set(memory.ids()) == known
    keychain.kept.clear()
    assert "the keychain has no key" in refused(path)
    with Memory(path, ask=ask("wrong", PASSPHRASE)) as memory:
        assert set(memory.ids()) == known
    Memory(path).close()  # it is in the keychain again


def test_a_wrong_key_in_the_keychain_is_no_key(path: Path, keychain: Keychain) -> None:
    known = encrypted(path)
    for wrong in ("00" * 32, "not hex"):
        keychain.kept = dict.fromkeys(keychain.kept, wrong)
        with Memory(path, ask=ask(PASSPHRASE)) as memory:
            assert set(memory.ids()) == known


@pytest.mark.parametrize("backend", [fail.Keyring, PlainText])
def test_without_a_keychain_the_passphrase_is_asked(path: Path, backend: type[KeyringBackend]) -> None:
    keyring.set_keyring(found := backend())
    known = encrypted(path)
    assert "the keychain has no key" in refused(path)
    assert "that is not its passphrase" in refused(path, ask("wrong", "Correct Horse", ""))
    with Memory(path, ask=ask(f" {PASSPHRASE} ")) as memory:
        assert set(memory.ids()) == known
    assert not getattr(found, "kept", {}), "no key where anybody can read it"


def test_no_keychain_means_none(path: Path, keychain: Keychain) -> None:
    encrypted(path, keychain=False)
    assert not keychain.kept
    Memory(path, ask=ask(PASSPHRASE)).close()
    assert not keychain.kept, "not later either"


def test_a_passphrase_is_the_same_on_every_keyboard() -> None:
    wrapped = keys.wrap(engine.Key(bytes(32)), "Gru\u0308ße 12", True)
    assert keys.unwrap(wrapped, "Gr\u00fcße 12") == engine.Key(bytes(32))
    assert keys.unwrap(wrapped, "Gruße 12") is None
    assert wrapped.salt != keys.wrap(engine.Key(bytes(32)), "Gru\u0308ße 12", True).salt


def test_guessing_is_dear() -> None:
    """The tests lower the cost of a guess; outside of tests a guess takes 128 MB."""
    code = "from memory.db import keys; print(keys.COST)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) >= 1 << 17


# Something is lost


def test_a_lost_file_is_never_replaced_by_an_empty_one(path: Path) -> None:
    encrypted(path)
    for kept in database_files.snapshots(path):
        kept.file.unlink()
    whole = path.read_bytes()
    path.unlink()
    assert "is the key of an encrypted memory" in refused(path) and not path.exists()
    path.write_bytes(b"")
    assert "is the key of an encrypted memory" in refused(path)
    path.write_bytes(whole)
    Memory(path, ask=ask(PASSPHRASE)).close()


def test_a_lost_key_file_is_made_again_from_the_keychain(path: Path, keychain: Keychain) -> None:
    known = encrypted(path)
    database_files.key_file(path).unlink()
    assert f"{path.name}.key is not beside it" in refused(path)
    encryption.convert(path, "rekey", encryption.Passphrases(new=lambda: "another passphrase"))
    keychain.kept.clear()
    with Memory(path, ask=ask("another passphrase")) as memory:
        assert set(memory.ids()) == known


@pytest.mark.parametrize("spoilt", ["{", "[]", '{"keys": {"a": {}}}', '{"keys": {"a": {"salt": "", "wrapped": ""}}}'])
def test_a_damaged_key_file_is_told(path: Path, keychain: Keychain, spoilt: str) -> None:
    known = encrypted(path)
    database_files.key_file(path).write_text(spoilt)
    with Memory(path) as memory:  # the keychain will do
        assert set(memory.ids()) == known
    keychain.kept.clear()
    assert f"{path.name}.key is damaged" in refused(path, ask(PASSPHRASE))


def test_another_memorys_key_file_does_not_open(path: Path, tmp_path: Path) -> None:
    encrypted(path)
    encrypted(tmp_path / "other" / "memory.db")
    database_files.key_file(path).write_bytes(database_files.key_file(tmp_path / "other" / "memory.db").read_bytes())
    assert "Put back the memory.db.key that belongs to it" in refused(path, ask(PASSPHRASE))


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "torn": lambda data: data[:4096] + bytes(8192) + data[12288:],
    "cut": lambda data: data[: len(data) // 2],
    "garbage": lambda data: b"\x17" * 9000,
    "one bit": lambda data: data[:5000] + bytes([data[5000] ^ 1]) + data[5001:],
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_memory_comes_back_from_an_encrypted_snapshot(path: Path, damage: str) -> None:
    known = encrypted(path)
    path.write_bytes(spoilt := DAMAGE[damage](path.read_bytes()))
    assert "python -m memory restore" in refused(path, ask(PASSPHRASE))
    snapshots.restore(path, ask=ask(PASSPHRASE))
    assert [f.read_bytes() for f in database_files.set_aside(path)] == [spoilt]
    with Memory(path, ask=ask(PASSPHRASE)) as memory:
        assert set(memory.ids()) == known and memory.verify() == [] and memory.encrypted


def test_a_plain_snapshot_never_replaces_an_encrypted_memory(path: Path) -> None:
    with Memory(path) as memory:
        memory.add_all(TOLD)
    Memory(path).close()
    plain = database_files.snapshots(path)[0].file.read_bytes()
    encryption.convert(path, "encrypt", encryption.Passphrases(new=lambda: PASSPHRASE))
    (kept,) = database_files.snapshots(path)
    kept.file.write_bytes(plain)
    with Memory(path, ask=ask(PASSPHRASE)) as memory:
        assert "it is not encrypted" in memory.verify()[0]
    with pytest.raises(MemoryFileError, match=r"no snapshot .* is whole"):
        snapshots.restore(path, ask=ask(PASSPHRASE))


# The commands


class Run:
    """Run one command, with lines of stdin as the answers to its questions."""

    def __init__(self, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch, lines: str, *argv: str) -> None:
        patch.setattr("sys.stdin", io.StringIO(lines))
        self.code = main(argv)
        self.out, self.err = capsys.readouterr()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    return lambda lines, *argv: Run(capsys, monkeypatch, lines, *argv)


def test_the_commands(path: Path, run: Any) -> None:
    assert run("", "encrypt").err == f"there is no memory at {path}: nothing was changed\n"
    with Memory(path) as memory:
        memory.add_all(TOLD)
    assert run("", "decrypt").err == f"{path} is not encrypted\n"
    assert "8 characters or more" in run("short\n", "encrypt").err
    done = run(f"{PASSPHRASE}\n", "encrypt", "--json")
    receipt = json.loads(done.out)
    assert (done.code, receipt["episodes"], receipt["keychain"], receipt["key_file"]) == (0, 6, False, "memory.db.key")
    assert PASSPHRASE not in done.out + done.err
    assert "encrypted already" in run(f"{PASSPHRASE}\n", "encrypt").err
    assert run("", "list").err.startswith(f"{path} stays locked") and run("", "list").code == 1
    assert run(f"{PASSPHRASE}\n", "list").out.count("\n") == 6
    assert json.loads(run(f"wrong\n{PASSPHRASE}\n", "stats", "--json").out)["encrypted"] is True
    assert "it is not encrypted" in run(f"{PASSPHRASE}\n", "export", str(path.with_name("a.zip"))).out
    assert run(f"{PASSPHRASE}\nanother passphrase\n", "rekey").code == 0
    assert run(f"{PASSPHRASE}\n", "restore").code == 1
    assert run("another passphrase\n", "restore").code == 0
    assert "delete or move them first" in run("another passphrase\n", "decrypt").err
    for file in database_files.set_aside(path):
        file.unlink()
    assert "no longer encrypted" in run("another passphrase\n", "decrypt").out
    assert run("", "list").out.count("\n") == 6 and "not encrypted" in run("", "stats").out


def test_a_passphrase_is_made_and_told_before_anything_is_done(
    path: Path,
    run: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So the memory can be opened when the process is killed afterwards."""
    with Memory(path) as memory:
        memory.add_all(TOLD)
    told = run("\n", "encrypt").err.splitlines()
    made = told[0].removeprefix("The passphrase is shown this once, write it down: ")
    assert len(made) == 29 and made != run("\n\n", "rekey").err and "writing the new file" in told[1]
    with Memory(path, ask=ask(made)) as memory:
        assert len(memory.ids()) == 6


def test_the_files_are_private(path: Path) -> None:
    encrypted(path)
    assert {f.stat().st_mode & 0o777 for f in path.parent.glob("memory.db*") if f.is_file()} == {0o600}
    text = database_files.key_file(path).read_text()
    assert os.path.basename(path.parent) not in text and set(json.loads(text)) == {"what", "keys"}
