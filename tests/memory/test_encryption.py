"""Encryption at rest: no plain byte under KEEPSAKE_HOME; what works on a plain memory works on an encrypted one."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from memory.db import database_files, engine, keys, snapshots
from memory.db.engine import PLAIN
from memory.errors import MemoryFileError
from memory.maintenance import encryption
from memory.maintenance.archive import export_archive, import_archive
from memory.search.sightings import NewPhoto
from memory.store import Memory
from tests.memory.test_forget import SECRET, canaries, planted, residue  # noqa: F401 - one of them is a fixture
from tests.support.crasher import PASSPHRASE, episode
from tests.support.locks import TOLD, Keychain, ask, encrypted, refused

pytestmark = pytest.mark.usefixtures("without_keychain")
ROOT = Path(__file__).parents[2]
LOSSES = ("DELETE FROM turns WHERE n = 1", "UPDATE photos SET width = 9", "DROP INDEX episodes_by_time")


# No plain byte


def test_no_plain_byte_is_left_and_none_comes_back(planted: Path) -> None:  # noqa: F811
    """Searched for text, pixels, tokens and ids, in the database, its log, snapshots and caches."""
    talk = planted.parent / "cache" / "talk"
    talk.mkdir()
    (talk / "state").write_bytes(SECRET.words.encode() + SECRET.photo.data)
    with Memory(planted) as memory:
        before = set(memory.ids())
    assert residue(planted) == set(canaries(planted)), "all of it can be found"
    done = encryption.convert(planted, "encrypt", encryption.Passphrases(new=lambda: PASSPHRASE))
    assert residue(planted) == set()
    assert (done.snapshots_deleted, done.snapshots_made, done.cache_files) == (3, 1, 4)
    assert done.lines()[0].startswith("42 episodes: encrypted") and "Zanzibar" not in "\n".join(done.lines())
    files_now = {f for f in planted.parent.rglob("*") if f.is_file()}
    assert not [f for f in files_now if f.read_bytes().startswith(PLAIN)]
    with Memory(planted, ask=ask(PASSPHRASE)) as memory:
        assert memory.encrypted and set(memory.ids()) == before and memory.verify() == []
        assert [r.episode.id for r in memory.search("quokkabread")] == [SECRET.id]
        memory.forget_all([SECRET.id])
        memory.add(SECRET)
        memory.put_vectors(SECRET.photo.sha256, "nano", np.eye(5, dtype=np.float32))
        memory.snapshot()
        assert residue(planted) == set(), "with all of it in the log"
    assert residue(planted) == set() and len(database_files.snapshots(planted)) == 2
    encryption.convert(planted, "decrypt", encryption.Passphrases(ask(PASSPHRASE)))
    assert {"encoded", "Zanzibarine", "quokkabread as indexed", "id"} <= residue(planted)
    with Memory(planted) as memory:
        assert not memory.encrypted and memory.verify() == []
    assert not database_files.key_file(planted).exists()


def test_a_killed_decryption_leaves_no_plain_copy(path: Path) -> None:
    encrypted(path)
    copy = database_files.unfinished(path, "converting")
    copy.write_bytes(b"This is canary000000001")
    with Memory(path, ask=ask(PASSPHRASE)):
        assert not copy.exists()


def test_a_new_key_opens_nothing_of_before(path: Path, keychain: Keychain) -> None:
    known = encrypted(path)
    old, ((_, old_id), _) = path.read_bytes()[:16], next(iter(keychain.kept.items()))
    done = encryption.convert(path, "rekey", encryption.Passphrases(new=lambda: "another passphrase"))
    assert done.keychain and path.read_bytes()[:16] != old
    assert ("keepsake", old_id) not in keychain.kept and list(keys.read(path)) == [path.read_bytes()[:16].hex()]
    keychain.kept.clear()
    assert "that is not its passphrase" in refused(path, ask(PASSPHRASE, PASSPHRASE, PASSPHRASE))
    with Memory(path, ask=ask("another passphrase")) as memory:
        assert set(memory.ids()) == known and memory.verify() == []


# What does not work says so


def test_a_cipher_that_does_not_encrypt_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain SQLite accepts `PRAGMA key` silently and writes plain text."""
    encrypted(path)
    monkeypatch.setattr(engine, "_engine", lambda: sqlite3)
    assert "does not encrypt" in refused(path, ask(PASSPHRASE))


def test_without_the_extra_it_is_named_and_plain_memories_open(
    path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = encrypted(path)
    with Memory(tmp_path / "plain.db") as memory:
        memory.add(TOLD[0])
    with monkeypatch.context() as patch:
        for name in (*engine.PACKAGES, "sqlcipher3.dbapi2"):
            patch.setitem(sys.modules, name, None)
        patch.setattr(engine, "available", lambda: False)
        assert "pip install -e '.[secure]'" in refused(path, ask(PASSPHRASE))
        with pytest.raises(MemoryFileError, match=r"\.\[secure\]"):
            encryption.convert(tmp_path / "plain.db", "encrypt", encryption.Passphrases(new=lambda: PASSPHRASE))
        database_files.key_file(tmp_path / "plain.db").write_bytes(database_files.key_file(path).read_bytes())
        with Memory(tmp_path / "plain.db") as memory:
            assert memory.ids() == [TOLD[0].id]
    with Memory(path, ask=ask(PASSPHRASE)) as memory:
        assert set(memory.ids()) == known


def test_a_plain_memory_loads_nothing_of_the_extra(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from memory.store import Memory; Memory(Path(sys.argv[1])).close();"
        f"print([name for name in {engine.PACKAGES} if name in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(path)]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_copy_that_is_not_the_same_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Memory(path) as memory:
        memory.add_all(TOLD)
    export = encryption._export

    def lossy(source: sqlite3.Connection, copy: Path, key: engine.Key | None) -> None:
        export(source, copy, key)
        with closing(engine.connect(copy, key)) as fresh:
            fresh.execute(losses.pop())

    monkeypatch.setattr(encryption, "_export", lossy)
    losses = list(LOSSES)
    while losses:
        with pytest.raises(MemoryFileError, match="not the same: nothing was changed"):
            encryption.convert(path, "encrypt", encryption.Passphrases(new=lambda: PASSPHRASE))
        assert engine.beginning_of_copy(path) == PLAIN and database_files.abandoned_copies(path) == []
    with Memory(path) as memory:
        assert len(memory.ids()) == len(TOLD)


def test_an_open_memory_is_not_converted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another program stores meanwhile would be lost: opened in this process, and in another."""
    monkeypatch.setattr(encryption, "WAIT", 0.1)
    with Memory(path) as memory:
        memory.add_all(TOLD)
        with pytest.raises(MemoryFileError, match="open in another program"):
            encryption.convert(path, "encrypt", encryption.Passphrases(new=lambda: PASSPHRASE))
        memory.add(episode(100))
    hold = "import sys; from pathlib import Path; from memory.store import Memory\n"
    hold += "with Memory(Path(sys.argv[1])): print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", hold, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and child.stdout.readline() == "open\n"
        with pytest.raises(MemoryFileError, match="open in another program"):
            encryption.convert(path, "encrypt", encryption.Passphrases(new=lambda: PASSPHRASE))
        child.communicate()
    encryption.convert(path, "encrypt", encryption.Passphrases(new=lambda: PASSPHRASE))
    with Memory(path, ask=ask(PASSPHRASE)) as memory:
        assert len(memory.ids()) == len(TOLD) + 1
        with pytest.raises(MemoryFileError, match="open in another program"):
            encryption.convert(path, "decrypt", encryption.Passphrases(ask(PASSPHRASE)))


def test_a_memory_that_is_replaced_while_it_is_opened_is_not_used(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written into a file that has lost its name is lost."""
    with Memory(path) as memory:
        memory.add_all(TOLD)
    private = database_files.keep_private

    def meanwhile(file: Path) -> None:
        other = file.with_name("other.db")
        with closing(sqlite3.connect(file)) as db, closing(sqlite3.connect(other)) as copy:
            db.backup(copy)
        other.replace(file)
        private(file)

    monkeypatch.setattr("memory.db.schema.keep_private", meanwhile)
    with pytest.raises(MemoryFileError, match="just replaced by another program: try again"):
        Memory(path)


def test_files_set_aside_are_not_left_plain(path: Path) -> None:
    with Memory(path) as memory:
        memory.add_all(TOLD)
    Memory(path).close()
    aside = snapshots.restore(path).aside
    with pytest.raises(MemoryFileError, match=f"{aside and aside.name}; delete or move them first"):
        encryption.convert(path, "encrypt", encryption.Passphrases(new=lambda: PASSPHRASE))


FULL = """
import resource, sys
from pathlib import Path
from memory.db import keys
from memory.maintenance import encryption
keys.COST = 16
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    passphrases = encryption.Passphrases(new=lambda: "correct horse", keychain=False)
    encryption.convert(Path(sys.argv[1]), "encrypt", passphrases)
except keys.MemoryFileError as error:
    sys.exit(str(error))
"""


def test_a_full_disk_changes_nothing(path: Path) -> None:
    with Memory(path) as memory:
        memory.add_all(TOLD)
    done = subprocess.run([sys.executable, "-c", FULL, path], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "cannot use the memory" in done.stderr
    assert database_files.abandoned_copies(path) == []
    with Memory(path) as memory:
        assert len(memory.ids()) == len(TOLD) and memory.verify() == []


# Everything else works


def test_export_and_import(path: Path, tmp_path: Path) -> None:
    known = encrypted(path)
    with Memory(path, ask=ask(PASSPHRASE)) as memory:
        export_archive(memory, tmp_path / "a.zip")
        assert memory.forget_all(sorted(known)[:2]).snapshots_made == 1
        assert import_archive(memory, tmp_path / "a.zip") == (2, 4, 0)
        assert memory.verify() == [] and set(memory.ids()) == known
        assert {r.episode.id for r in memory.recall(NewPhoto("s", np.eye(3)))} <= known
        bug = pytest.raises(engine.failures("IntegrityError"), match="FOREIGN KEY")
        with bug, memory.transaction("IMMEDIATE") as db:  # it stays what it is
            db.execute("INSERT INTO turns VALUES ('nobody', 0, 'user', '')")


ADD = """
import sys
from pathlib import Path
from tests.support.crasher import PASSPHRASE, episode
import keyring
from keyring.backends import fail
from memory.store import Memory
keyring.set_keyring(fail.Keyring())
with Memory(Path(sys.argv[1]), timeout=60.0, ask=lambda _: PASSPHRASE) as memory:
    for n in range(int(sys.argv[2]), int(sys.argv[2]) + 10):
        id = memory.add(episode(n))
        if n % 5 == 4:
            memory.forget_all([id])
"""


def test_two_processes(path: Path) -> None:
    known = encrypted(path)
    command = [sys.executable, "-c", ADD, str(path)]
    children = [subprocess.Popen([*command, str(n)], cwd=ROOT, stderr=subprocess.PIPE, text=True) for n in (100, 200)]
    assert [child.communicate(timeout=120)[1] for child in children] == ["", ""]
    with Memory(path, ask=ask(PASSPHRASE)) as memory:
        added = {episode(n).id for start in (100, 200) for n in range(start, start + 10) if n % 5 != 4}
        assert set(memory.ids()) == known | added and memory.verify() == [] and memory.trouble == ""
