"""The store: what is stored comes back, what is forgotten is gone, and trouble with the file is one clear line."""

from __future__ import annotations

import hashlib
import os
import random
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from memory.db import schema
from memory.episode import Episode, Photo, Turn
from memory.errors import KeepsakeError, MemoryFileError, UnknownEpisode
from memory.store import Memory

ROOT = Path(__file__).parents[2]
DAY = datetime(2025, 5, 12, 10, 30, tzinfo=UTC)
VERSION = len(schema.MIGRATIONS)


def photo(seed: int = 0, size: int = 5000) -> Photo:
    data = b"\xff\xd8" + random.Random(seed).randbytes(size)
    return Photo(hashlib.sha256(data[:64]).hexdigest(), data, 64, 48, DAY - timedelta(hours=1))


def episode(text: str = "This is Milo", seed: int = 0, days: int = 0, place: str | None = "Porto") -> Episode:
    return Episode(photo(seed), (Turn("user", text), Turn("assistant", "Hello.")), DAY + timedelta(days=days), place)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "memory.db"


@pytest.fixture
def memory(path: Path) -> Iterator[Memory]:
    with Memory(path) as opened:
        yield opened


def raw(path: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(path, isolation_level=None))


def child(code: str, *values: object) -> subprocess.Popen[str]:
    """Start another Python process with the project's modules."""
    command = [sys.executable, "-c", code, *map(str, values)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_an_episode_comes_back_as_it_was(memory: Memory, path: Path) -> None:
    first = Episode(photo(), (Turn("user", "a\nb"), Turn("assistant", "c"), Turn("user", "")), DAY, None)
    bare = Episode(Photo("ab" * 32, b"\x89PNG", 1, 2), (), DAY - timedelta(days=400 * 365), "x")
    for one in (first, bare):
        assert memory.add(one) == one.id
    with Memory(path) as again:
        assert again.get(first.id) == first
        assert again.get(bare.id) == bare
        assert again.verify() == []


def test_adding_twice_is_adding_once(memory: Memory) -> None:
    memory.add(episode())
    before = memory.stats()
    assert memory.add(episode()) == episode().id
    assert memory.stats() == before
    assert before["episodes"] == before["photos"] == 1
    assert len(memory.search("Milo")) == 1


def test_two_episodes_share_one_photo(memory: Memory) -> None:
    memory.add(episode("first"))
    memory.add(episode("second"))
    assert {k: memory.stats()[k] for k in ("episodes", "photos")} == {"episodes": 2, "photos": 1}


def test_all_or_none_are_added(memory: Memory) -> None:
    def two_and_a_half() -> Iterator[Episode]:
        yield episode("one", 1)
        yield episode("two", 2)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        memory.add_all(two_and_a_half())
    assert memory.stats()["episodes"] == memory.stats()["photos"] == 0
    assert memory.add_all([episode("one", 1), episode("two", 2), episode("one", 1)]) == 2


def test_newest_first_and_in_pages(memory: Memory) -> None:
    for day in (3, 1, 2, 0):
        memory.add(episode(f"day {day}", day, day))
    assert [e.words for e in memory.episodes()] == ["day 3", "day 2", "day 1", "day 0"]
    assert [e.words for e in memory.episodes(limit=2, offset=1)] == ["day 2", "day 1"]
    assert memory.ids() == [e.id for e in memory.episodes()]


def test_an_id_may_be_shortened_while_it_is_clear(memory: Memory) -> None:
    ids = [memory.add(episode(f"text {n}", n)) for n in range(40)]  # more than hex digits: some begin alike
    first = next(i for i in ids if sum(j[0] == i[0] for j in ids) > 1)
    for id in ids:
        unique = next(id[:n] for n in range(1, 17) if sum(j.startswith(id[:n]) for j in ids) == 1)
        assert memory.get(unique).id == memory.get(unique.upper()).id == id
    with pytest.raises(UnknownEpisode, match=f"begins with '{first[0]}'"):
        memory.get(first[0])
    for wrong in ("", "nope", "0" * 17, "%", "' OR 1=1", "\udc80"):
        with pytest.raises(UnknownEpisode, match="no episode has the id"):
            memory.get(wrong)
        with pytest.raises(UnknownEpisode):
            memory.forget(wrong)


@settings(max_examples=60, deadline=None)
@example('"quoted" AND (NEAR* OR NOT) -x:y ^z {a b} + "', "'; DROP TABLE said; --")
@example("nul\0nul", "\0")
@example("👩‍👩‍👧 🐕", "cafe\u0301 \u202e \x02\x03 हिन्दी")
@example("words:", "rowid * \\ said MATCH")
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), st.text(max_size=40))
def test_any_text_is_kept_and_never_syntax(text: str, query: str) -> None:
    """Quotes, NUL, emoji, FTS operators: stored unchanged; searching never fails, not even for lone surrogates."""
    with tempfile.TemporaryDirectory() as folder, Memory(Path(folder) / "m.db") as memory:
        told = episode(f"{text} lighthouse", place=text or None)
        assert memory.get(memory.add(told)) == told
        for words in (text, query, f"{text} {query}"):
            memory.search(words)
        assert [r.episode for r in memory.search(f"{query} lighthouse")] == [told]
        assert memory.verify() == []


def test_a_lone_surrogate_is_refused_in_one_line(memory: Memory) -> None:
    """Bytes of a command line that are no UTF-8 arrive as lone surrogates, which SQLite and the id cannot hold."""
    with pytest.raises(KeepsakeError, match="not text"):
        memory.add(episode("caf\udce9"))
    assert memory.stats()["photos"] == 0


def test_files_are_for_the_owner_only(memory: Memory, path: Path) -> None:
    memory.add(episode())
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {"memory.db": 0o600, "memory.db-wal": 0o600, "memory.db-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    memory.close()
    path.chmod(0o644)
    with Memory(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


# Forgetting


def residue(folder: Path, *canaries: bytes) -> list[str]:
    """Files of the folder with any of the canaries, in any letter case, since the index stores lower-case stems."""
    return [
        f.name for f in folder.rglob("*") if f.is_file() and any(c.lower() in f.read_bytes().lower() for c in canaries)
    ]


@pytest.mark.parametrize("neighbours", [0, 3, 60])
def test_what_is_forgotten_leaves_no_bytes(memory: Memory, path: Path, neighbours: int) -> None:
    """Words, place, pixels and visual tokens are gone from database and log while the memory is still open."""
    pixels = b"\xff\xd8" + b"CANARYPIXELS" * 2000
    secret = Episode(
        Photo(hashlib.sha256(pixels).hexdigest(), pixels, 9, 9),
        (Turn("user", "Zanzibarine likes quokkabread"), Turn("assistant", "So Zanzibarine it is.")),
        DAY,
        "Xylotown",
    )
    canaries = (b"canarypixels", b"zanzibarin", b"quokkabread", b"xylotown", secret.id.encode())
    tokens = np.random.default_rng(0).standard_normal((7, 64)).astype(np.float32)
    for n in range(neighbours // 2):
        memory.add(episode(f"neighbour {n}", n, n))
    memory.add(secret)
    memory.put_vectors(secret.photo.sha256, "s", tokens)
    for n in range(neighbours // 2, neighbours):
        memory.add(episode(f"neighbour {n}", n, n))
    pooled, scales, codes = memory._file.db.execute("SELECT pooled, scales, codes FROM vectors").fetchone()
    canaries += (pooled, scales, codes[:40], codes[-40:], secret.photo.sha256.encode())
    assert residue(path.parent, *canaries), "the scan finds nothing at all"

    receipt = memory.forget(secret.id)

    assert residue(path.parent, *canaries) == []
    assert memory.stats()["episodes"] == neighbours
    assert memory.search("quokkabread") == []
    assert memory.verify() == []
    assert "log emptied" in receipt[2]
    assert "1 set of visual tokens" in receipt[1]
    assert secret.id in receipt[0] and "2 turns" in receipt[0]
    assert "Zanzibarine" not in "".join(receipt), "a receipt holds ids, no content"


def test_a_shared_photo_stays_until_its_last_episode_goes(memory: Memory) -> None:
    first, second = memory.add(episode("first")), memory.add(episode("second"))
    memory.put_vectors(photo().sha256, "s", np.ones((1, 4)))
    assert "1 photo kept" in memory.forget(first)[1]
    assert memory.get(second).photo == photo()
    assert memory.photos_without_vectors("s") == []
    memory.forget(second)
    assert memory.stats()["photos"] == 0
    assert memory.recall("s", np.ones((1, 4))) == []


def test_forgetting_says_when_another_reader_keeps_the_log(path: Path) -> None:
    """The log cannot be emptied while a program reads an older state: the receipt must not claim it was."""
    with Memory(path, timeout=0.05) as memory, raw(path) as reader:
        memory.add(episode())
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM photos").fetchall()
        assert "still in use" in memory.forget(episode().id)[2]
        reader.execute("COMMIT")
    assert residue(path.parent, b"milo") == []


# Visual tokens


def test_photos_without_vectors_come_newest_first(memory: Memory) -> None:
    """By their newest episode: what was seen last is wanted first."""
    days = [datetime(2025, 8, day, tzinfo=UTC) for day in (3, 9, 6, 12)]
    stored = [Episode(photo(n), (Turn("user", f"{day:%d}"),), day) for n, day in zip((1, 2, 3, 1), days, strict=True)]
    memory.add_all(stored)
    assert memory.photos_without_vectors("s") == [photo(n).sha256 for n in (1, 2, 3)]


def test_vectors_are_asked_for_once_a_space(memory: Memory) -> None:
    memory.add_all([episode("one", 1), episode("two", 2)])
    assert set(memory.photos_without_vectors("a")) == {photo(1).sha256, photo(2).sha256}
    assert memory.put_vectors(photo(1).sha256, "a", np.ones((3, 4)))
    assert memory.photos_without_vectors("a") == [photo(2).sha256]
    assert len(memory.photos_without_vectors("b")) == 2
    assert memory.put_vectors(photo(1).sha256, "a", np.ones((5, 4))), "newer tokens replace older ones"
    assert not memory.put_vectors("ff" * 32, "a", np.ones((1, 4))), "a photo that is not here keeps no tokens"
    assert memory.verify() == []
    for wrong in (np.ones(4), np.ones((0, 4)), np.array([[1.0, np.nan]])):
        with pytest.raises(ValueError, match="visual tokens"):
            memory.put_vectors(photo(1).sha256, "a", wrong)


def test_photos_are_encoded_while_another_program_forgets_some(path: Path) -> None:
    """What is forgotten meanwhile is passed over and leaves no tokens; of the rest each gets its own."""
    with Memory(path) as memory, Memory(path) as other:
        ids = [memory.add(episode(f"text {n}", n)) for n in range(30)]
        missing = memory.photos_without_vectors("s")
        forgetting = threading.Thread(target=lambda: [other.forget(id) for id in ids[::3]])
        forgetting.start()
        for sha256 in missing:
            photos = [told.photo for told in memory.about(sha256)]
            if photos:
                memory.put_vectors(sha256, "s", np.eye(3, 8) + len(photos[0].data))
        forgetting.join(timeout=60)
        assert memory.photos_without_vectors("s") == [] and memory.stats()["photos"] == 20
        assert memory.verify() == other.verify() == []


# The file


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
    pieces = (photo(2).data[n : n + 32] for n in range(0, 5000, 32))  # a photo is cut into pages: not all are whole
    content[next(at for piece in pieces if (at := content.find(piece)) > 0) + 7] ^= 1
    path.write_bytes(content)
    with Memory(path) as damaged:
        assert damaged.verify() == [f"photo {photo(2).sha256[:16]}: its bytes have changed since it was stored"]


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


# Migrations


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


# Several at once


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
