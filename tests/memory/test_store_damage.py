"""A memory that is damaged, of another program, of before, locked or shared by several processes."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from memory import browse
from memory.db import schema
from memory.errors import MemoryFileError
from memory.store import Memory
from tests.support.episodes import episode, memory, path, photo, raw

__all__ = ["memory", "path"]


ROOT = Path(__file__).parents[2]
VERSION = len(schema.MIGRATIONS)


def child(code: str, *values: object) -> subprocess.Popen[str]:
    """Start another Python process with the project's modules."""
    command = [sys.executable, "-c", code, *map(str, values)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_other_files_are_refused_and_left_alone(tmp_path: Path) -> None:
    text, foreign, newer = tmp_path / "a.txt", tmp_path / "b.db", tmp_path / "c.db"
    text.write_bytes(b"Dear diary, this is not a database. " * 40)
    with raw(foreign) as db:
        db.execute("CREATE TABLE diary (x)")
    with Memory(newer):
        pass
    with raw(newer) as db:
        db.execute("PRAGMA user_version = 99")
    for file, line in ((text, "not a memory file"), (foreign, "another program"), (newer, "format 99.*update")):
        file.chmod(0o644)
        before = file.read_bytes()
        with pytest.raises(MemoryFileError, match=line) as caught:
            Memory(file)
        assert "\n" not in str(caught.value) and file.name in str(caught.value)
        assert file.read_bytes() == before and stat.S_IMODE(file.stat().st_mode) == 0o644
    for nowhere in (tmp_path, text / "memory.db"):
        with pytest.raises(MemoryFileError, match="cannot use the memory"):
            Memory(nowhere)


def test_an_episode_that_an_index_names_and_that_is_not_there_is_damage(path: Path) -> None:
    with Memory(path) as memory:
        id = memory.add(episode("Milo at the lake"))
    with raw(path) as db:
        db.execute("DELETE FROM photos")
    with Memory(path, check=False) as memory:
        for look in (lambda: memory.search("lake"), lambda: memory.get(id), lambda: memory.hold([id]), memory.episodes):
            with pytest.raises(MemoryFileError, match="it is damaged"):
                look()  # type: ignore[no-untyped-call]


def test_a_read_only_folder_is_refused_in_one_line() -> None:
    """Run without root's rights, since root can write to any folder."""
    me = os.geteuid()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o555)
        try:
            if me == 0:
                os.seteuid(65534)
            with pytest.raises(MemoryFileError, match="Permission denied") as caught:
                Memory(Path(folder) / "m.db")
        finally:
            os.seteuid(me)
            os.chmod(folder, 0o755)
        assert str(caught.value).startswith("cannot use the memory") and "\n" not in str(caught.value)
        assert list(Path(folder).iterdir()) == []


def test_verify_finds_a_flipped_bit_in_a_photo(memory: Memory, path: Path) -> None:
    """SQLite has no checksums and reads a photo that was damaged on disk without complaint."""
    memory.add_all([episode("one", 1), episode("two", 2)])
    memory.close()
    content = bytearray(path.read_bytes())
    pieces = (photo(2).data[n : n + 32] for n in range(600, 5000, 32))  # a photo is cut into pages: not all are whole
    content[next(at for piece in pieces if (at := content.find(piece)) > 0) + 7] ^= 1
    path.write_bytes(content)
    with Memory(path) as damaged:
        assert damaged.verify()[:1] == [
            f"photo {photo(2).sha256[:16]} has changed since it was stored: `python -m memory restore` brings back a "
            f"snapshot, `python -m memory forget {episode('two', 2).id}` forgets it"
        ]


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE turns SET text = 'This is Mila'", "does not belong to its id"),
        ("UPDATE episodes SET when_utc = 'yesterday'", "yesterday"),
        ("DELETE FROM photos", "belongs to nothing in photos"),
        ("DELETE FROM said", "0 rows for 1 episode"),
        ("UPDATE said SET words = 'Something else'", "other words than were said"),
        ("DELETE FROM said_content", "index of words is damaged"),
        ("DELETE FROM episodes", "no episode uses it"),
    ],
)
def test_verify_finds(memory: Memory, path: Path, statement: str, problem: str) -> None:
    memory.add(episode())
    assert memory.verify() == []
    with raw(path) as db:
        db.execute(statement)
    assert problem in "; ".join(memory.verify())


def test_verify_reports_a_torn_file(memory: Memory, path: Path) -> None:
    """Pages of zeros, as after a lost write: each problem is one line, and reading fails in one line, too."""
    memory.add_all(episode(f"text {n}", n) for n in range(20))
    (page,) = memory._file.db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'episodes'").fetchone()
    memory.close()
    with open(path, "r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(bytes(4096))
    with pytest.raises(MemoryFileError, match=r"is damaged \(.*import your last export"):
        Memory(path)
    with Memory(path, check=False) as torn:
        problems = torn.verify()
        assert any("damaged" in problem for problem in problems)
        assert all("\n" not in problem for problem in problems)
        with pytest.raises(MemoryFileError, match="damaged"):
            torn.episodes()


def test_a_failing_migration_leaves_nothing_behind(memory: Memory, path: Path) -> None:
    """A file of the newest version with rows, one more migration that fails half-way, then one that works."""
    memory.add(episode())
    memory.close()
    broken = ("CREATE TABLE albums (name TEXT) STRICT", "UPDATE turns SET text = ''", "INSERT INTO nowhere VALUES (1)")
    with raw(path) as db:
        with pytest.raises(sqlite3.OperationalError, match="nowhere"):
            schema.migrate(db, path, (*schema.MIGRATIONS, broken))
        assert not db.in_transaction
        assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'albums'").fetchone() == (0,)
    with Memory(path) as again:
        assert again.verify() == [] and again.get(episode().id) == episode()
    with raw(path) as db:
        schema.migrate(db, path, (*schema.MIGRATIONS, broken[:1]))
        assert db.execute("PRAGMA user_version").fetchone() == (VERSION + 1,)
        assert db.execute("SELECT text FROM turns WHERE n = 0").fetchone() == ("This is Milo",)
    with pytest.raises(MemoryFileError, match="newer Keepsake"):
        Memory(path)


def test_version_1_is_what_it_was(memory: Memory, path: Path) -> None:
    """A published migration never changes, as files of version 1 exist. Comments and spaces do not count."""
    text = " ".join(" ".join(line.split("--")[0] for line in step.splitlines()) for step in schema.MIGRATIONS[0])
    digest = hashlib.sha256(" ".join(text.split()).encode()).hexdigest()
    assert digest == "8ef8ad2cd1ccc2a5147182a9980517a465842c4a706231fef80b9732759a37cf"
    assert memory._file.db.execute("PRAGMA user_version").fetchone()[0] == VERSION


ADD_MANY = """
import sys
from pathlib import Path
from tests.memory.test_store import Memory, episode
with Memory(Path(sys.argv[1])) as memory:
    for n in range(int(sys.argv[2]), int(sys.argv[3])):
        print(memory.add(episode(f"text {n}", n)), flush=True)
"""


def test_processes_share_a_new_memory(path: Path) -> None:
    """Four processes create the file at one moment, then write and read side by side."""
    processes = [child(ADD_MANY, path, n * 10, n * 10 + 10) for n in range(4)]
    outputs = [process.communicate(timeout=120) for process in processes]
    assert [err for _, err in outputs] == [""] * 4
    with Memory(path) as memory:
        assert sorted(memory.ids()) == sorted("".join(out for out, _ in outputs).split())
        assert len(memory.ids()) == 40
        assert memory.verify() == []


def test_threads_share_one_memory(memory: Memory) -> None:
    def work(start: int) -> None:
        for n in range(start, start + 10):
            memory.add(episode(f"text {n}", n))
            assert memory.search(f"{n}")

    threads = [threading.Thread(target=work, args=(n * 10,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert memory.stats()["episodes"] == 40
    assert memory.verify() == []


def test_a_locked_memory_says_so(path: Path) -> None:
    with Memory(path, timeout=0.05) as memory, raw(path) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(MemoryFileError, match="another program is writing"):
            memory.add(episode())
        other.execute("ROLLBACK")
        assert memory.add(episode())


@pytest.mark.parametrize("used", [True, False], ids=["used before", "just opened"])
def test_a_check_waits_for_a_program_that_is_writing(path: Path, used: bool) -> None:
    """It read before it wrote, and SQLite lets no reader wait to become a writer: it refuses that at once. In a file
    just opened, SQLite reads what the index of words is like even before a statement that only writes."""
    with Memory(path) as memory:
        memory.add(episode())
        memory.verify()  # what it loads takes longer than the other is going to write
    with Memory(path) as memory:
        other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        if used:
            memory.verify()
        other.execute("BEGIN IMMEDIATE")
        ends = threading.Timer(1.0, other.execute, ("COMMIT",))
        ends.start()
        assert memory.verify() == []
        ends.join()
        other.close()


def test_a_new_memory_that_another_program_is_just_making_is_waited_for(path: Path) -> None:
    """Two apps started at once: SQLite refuses the second one's log at once, whatever its timeout."""
    Memory(path).close()
    maker = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    maker.execute("PRAGMA journal_mode = DELETE")  # as a file is before its first opening is over
    maker.execute("BEGIN IMMEDIATE")
    with pytest.raises(MemoryFileError, match="another program is writing"):
        Memory(path, timeout=0.05)
    threading.Timer(0.2, maker.execute, ("COMMIT",)).start()
    with Memory(path) as memory:
        assert memory.add(episode())
    maker.close()


def test_words_that_are_missing_in_the_index_are_one_clear_line(path: Path) -> None:
    with Memory(path) as memory:
        id = memory.add(episode("This is Milo in our Straße"))
    with raw(path) as db:
        db.execute("DELETE FROM said")
    with Memory(path) as memory:
        with pytest.raises(MemoryFileError, match="damaged"):
            memory.forget_all([id])
        with pytest.raises(MemoryFileError, match="damaged"):
            browse.search(memory, "Strasse")  # the index of spellings still has it
        assert memory.ids() == [id]
