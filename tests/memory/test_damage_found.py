"""Damage that SQLite reads without complaint: found at the start, kept out of snapshots, never restored."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from memory.__main__ import main
from memory.db import database_files, snapshots
from memory.errors import MemoryFileError
from memory.store import Memory
from tests.support.episodes import episode, photo, raw


@pytest.fixture
def path(own_home: Path) -> Path:
    """Three memories, and one good snapshot of them, made two days ago."""
    file = own_home / "memory.db"
    with Memory(file) as memory:
        memory.add_all(episode(f"This is Milo {n}", n) for n in range(3))
    Memory(file).close()
    (kept,) = database_files.snapshots(file)
    old = kept.taken - timedelta(days=2)
    kept.file.rename(kept.file.with_name(f"{old.strftime(database_files.STAMP)}.db"))
    return file


def flip(file: Path, wanted: bytes) -> None:
    """Change one byte of a database file within some content."""
    content = bytearray(file.read_bytes())
    pieces = (wanted[n : n + 16] for n in range(len(wanted) // 2, len(wanted) - 16, 16))
    content[next(at for piece in pieces if (at := content.find(piece)) > 0) + 5] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("what", ["a photo", "a sentence"])
def test_a_changed_byte_is_told_at_the_start_and_no_snapshot_is_made_of_it(path: Path, what: str) -> None:
    """Such a file was copied over the good snapshots, one a day, until none was left."""
    if what == "a photo":
        flip(path, photo(1).data)
    else:
        with raw(path) as db:  # as a changed byte of the page would read
            db.execute("UPDATE turns SET text = 'This is Mimo 1' WHERE text = 'This is Milo 1'")
    os.utime(path)
    (good,) = database_files.snapshots(path)
    before = good.file.read_bytes()
    for _ in range(4):
        with Memory(path) as memory:
            assert "is damaged" in memory.trouble and "memory restore" in memory.trouble
            assert "\n" not in memory.trouble
            assert len(memory.ids()) == 3, "the rest can be used"
            with pytest.raises(MemoryFileError, match="the older ones stay"):
                memory.snapshot()
    assert [one.file.read_bytes() for one in database_files.snapshots(path)] == [before]
    assert main(["verify"]) == 1
    snapshots.restore(path)
    with Memory(path) as memory:
        assert memory.verify() == [] and memory.trouble == "" and len(memory.ids()) == 3


def test_verify_names_a_changed_snapshot_and_restore_passes_over_it(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Memory(path) as memory:
        memory.add(episode("newer", 9))
        new = memory.snapshot()
    flip(new.file, photo(1).data)
    assert main(["verify"]) == 1
    out, err = capsys.readouterr()
    assert new.file.name in out and "has changed since it was stored" in out
    assert "python -m memory restore" in err
    assert snapshots.restore(path).snapshot.taken < new.taken
    with Memory(path) as memory:
        assert len(memory.ids()) == 3 and [line for line in memory.verify() if "snapshot" not in line] == []


def test_snapshots_dated_in_the_future_stop_nothing(path: Path) -> None:
    """A computer whose clock was wrong for an hour: no snapshot was made any more, and an import ended."""
    (good,) = database_files.snapshots(path)
    for year in (2048, 2049, 2050, 2051):
        future = good.file.with_name(datetime(year, 1, 1, tzinfo=UTC).strftime(database_files.STAMP) + ".db")
        future.write_bytes(good.file.read_bytes())
    (good.file.parent / "20259999T999999.000000Z.db").write_bytes(b"no date")
    good.file.unlink()
    with Memory(path) as memory:
        kept = database_files.snapshots(path)
        assert not kept[0].in_the_future and kept[0].taken > datetime.now(UTC) - timedelta(minutes=5)
        assert memory.snapshot() in database_files.snapshots(path)
        assert database_files.snapshots(path)[-1].age() == "an unknown time" or len(database_files.snapshots(path)) == 3
    with raw(path) as db:
        db.execute("DELETE FROM turns")
    assert not snapshots.restore(path).snapshot.in_the_future


def test_an_upgrade_of_a_memory_with_a_bad_photo_keeps_the_good_snapshots(path: Path) -> None:
    """One bad photo must not keep a whole memory shut: its copy is added, and none goes for it."""
    with Memory(path) as memory:
        for _ in range(3):
            memory.snapshot()
    good = [one.file for one in database_files.snapshots(path)]
    flip(path, photo(1).data)
    with Memory(path, check=False) as memory, memory._file.locked():
        snapshots.take(memory._file.db, path, None, damaged_too=True)
    assert set(good) < {one.file for one in database_files.snapshots(path)}
