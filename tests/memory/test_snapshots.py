"""Durability: upgrades from version 1, snapshots, a torn file and the way back, two processes at once."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from memory.__main__ import main
from memory.db import database_files, schema, snapshots
from memory.errors import MemoryFileError
from memory.search.sightings import NewPhoto
from memory.store import Memory
from tests.support.crasher import episode
from tests.support.oldmemory import version_1
from tests.support.twelve_episodes import TOLD, age, filled, ids

ROOT = Path(__file__).parents[2]


def test_version_1_with_rows_is_brought_up_to_date(path: Path) -> None:
    version_1(path, TOLD)
    with Memory(path) as memory:
        assert {e.id: e for e in memory.episodes()} == {e.id: e for e in TOLD}
        assert memory.verify() == []
        assert len(memory.photos_without_vectors("s")) == len(TOLD) and memory.recall(NewPhoto("s", np.eye(2))) == []
        assert [r.episode for r in memory.search("canary000000003")] == [TOLD[3]]
        assert "forgotten" in memory.forget_all([TOLD[0].id]).lines()[0]
    (kept,) = database_files.snapshots(path)
    assert ids(kept.file) == {e.id for e in TOLD[1:]}


def test_before_an_upgrade_stands_a_snapshot_of_the_old_version(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version_1(path, TOLD)
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(snapshots, "take", refuse)
        with pytest.raises(MemoryFileError, match="no room"):
            Memory(path)
    assert path.read_bytes() == before, "no snapshot, no upgrade"
    with Memory(path):
        (kept,) = database_files.snapshots(path)
    with closing(sqlite3.connect(kept.file)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
        assert db.execute("SELECT count(*) FROM turns").fetchone() == (24,)
    assert snapshots.problem(kept.file) is None


def refuse(*_: object, **__: object) -> None:
    raise MemoryFileError("no room for a snapshot")


def test_a_snapshot_a_day_if_something_changed(path: Path) -> None:
    Memory(path).close()
    assert database_files.snapshots(path) == [], "nothing is in it"
    filled(path, 1)
    counts = []
    for days, adds in ((0, 2), (0, 3), (2, 4), (2, 4), (2, 5), (2, 6), (2, 7)):
        age(path, days)
        with Memory(path) as memory:
            counts.append(len(database_files.snapshots(path)))
            memory.add_all(TOLD[:adds])
    # First with anything in it; too young; due; nothing was added since the last (opened after it); due each.
    assert counts == [0, 1, 2, 3, 3, 3, 3] or counts == [1, 1, 2, 3, 3, 3, 3]
    newest = database_files.snapshots(path)[0]
    assert len(ids(newest.file)) == 6, "what there was when it was opened"
    modes = {f.name: stat.S_IMODE(f.stat().st_mode) for f in database_files.snapshot_folder(path).iterdir()}
    assert set(modes.values()) == {0o600} and len(modes) == 3
    assert stat.S_IMODE(database_files.snapshot_folder(path).stat().st_mode) == 0o700


def test_an_unchanged_memory_needs_no_new_snapshot(path: Path) -> None:
    filled(path)
    Memory(path).close()
    old = database_files.snapshots(path)
    age(path, 3)
    long_ago = old[0].taken.timestamp() - 4 * 86400
    os.utime(path, (long_ago, long_ago))
    Memory(path).close()
    assert len(database_files.snapshots(path)) == len(old) == 1


def test_a_snapshot_that_cannot_be_made_is_told_and_stops_nothing(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(path)
    database_files.snapshot_folder(path).write_text("in the way")
    with Memory(path) as memory:
        assert "cannot write the snapshot" in memory.trouble and "\n" not in memory.trouble
        assert len(memory.ids()) == 12
    assert main(["stats"]) == 0
    assert "cannot write the snapshot" in capsys.readouterr().err


# A damaged file


def tear(path: Path) -> None:
    """Overwrite pages with zeros, as after a lost write."""
    data = bytearray(path.read_bytes())
    data[4096:20480] = bytes(16384)
    path.write_bytes(data)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "torn": tear,
    "cut": lambda path: os.truncate(path, path.stat().st_size // 2),
    "garbage": lambda path: path.write_bytes(b"\x17" * 9000),
    "empty": lambda path: path.write_bytes(b""),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_memory_is_kept_and_a_snapshot_brought_back(
    path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    known = filled(path, 5)
    Memory(path).close()  # takes the snapshot
    DAMAGE[damage](path)
    left = path.read_bytes() if path.exists() else None
    for _ in range(2):
        assert main(["list"]) == 1
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1) and "python -m memory restore" in err
        assert (path.read_bytes() if path.exists() else None) == left, "nothing is overwritten"
    assert main(["restore", "--json"]) == 0
    capsys.readouterr()
    with Memory(path) as memory:
        assert set(memory.ids()) == known and memory.verify() == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [f.read_bytes() for f in database_files.set_aside(path)] == ([] if left is None else [left])


def test_a_damaged_snapshot_is_passed_over_and_verify_tells(path: Path) -> None:
    filled(path, 3)
    Memory(path).close()
    age(path, 2)
    filled(path, 6)
    Memory(path).close()
    new, old = database_files.snapshots(path)
    tear(new.file)
    with Memory(path) as memory:
        (problem,) = memory.verify()
        assert new.file.name in problem and "\n" not in problem
    assert snapshots.restore(path).snapshot == old
    tear(old.file)
    with pytest.raises(MemoryFileError, match=r"no snapshot .* is whole: nothing was changed"):
        snapshots.restore(path)


def test_without_a_snapshot_restore_says_so(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled(path, 1)
    assert main(["restore"]) == 1
    assert "there is no snapshot" in capsys.readouterr().err
    assert ids(path) == {TOLD[0].id}


HOLD = """
import sys
from pathlib import Path
from memory.store import Memory
with Memory(Path(sys.argv[1])):
    print("open", flush=True)
    sys.stdin.read()
"""


def test_an_open_memory_is_not_replaced(path: Path) -> None:
    """A program that has the memory open would go on writing into the file that was set aside."""
    filled(path, 2)
    Memory(path).close()
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and child.stdout.readline() == "open\n"
        with pytest.raises(MemoryFileError, match="open in another program"):
            snapshots.restore(path)
        child.communicate()
    assert database_files.set_aside(path) == []
    assert snapshots.restore(path).aside is not None


# Two processes


ADD = """
import sys
from pathlib import Path
from tests.support.crasher import episode
from tests.support.twelve_episodes import TOLD, age, filled, ids
from memory.store import Memory
with Memory(Path(sys.argv[1]), timeout=60.0) as memory:
    for n in range(int(sys.argv[2]), int(sys.argv[2]) + 25):
        id = memory.add(episode(n))
        if n % 5 == 4:
            memory.forget_all([id])
"""


def test_two_processes_remember_and_forget_in_one_memory(path: Path) -> None:
    Memory(path).close()
    command = [sys.executable, "-c", ADD, str(path)]
    children = [subprocess.Popen([*command, str(n)], cwd=ROOT, stderr=subprocess.PIPE, text=True) for n in (0, 100)]
    assert [child.communicate(timeout=120)[1] for child in children] == ["", ""]
    with Memory(path) as memory:
        expected = {episode(n).id for start in (0, 100) for n in range(start, start + 25) if n % 5 != 4}
        assert set(memory.ids()) == expected
        assert memory.verify() == [] and memory.trouble == ""


# Garbage


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("old") / "m.db"
    version_1(path, TOLD[:4])
    return path


ANYWHERE = st.integers(0, 1 << 20)  # taken by the file's length
PIECE = st.one_of(st.binary(min_size=1, max_size=40), st.just(bytes(4096)))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    spoilt=st.lists(st.tuples(st.one_of(st.integers(0, 120), ANYWHERE), PIECE), min_size=1, max_size=6),
    cut=st.one_of(st.none(), ANYWHERE),
)
@example(spoilt=[(2995, b"\x80")], cut=None)  # SQLite's complaint quotes the byte, and is no text then
@example(spoilt=[(60, b"\x80")], cut=None)  # a negative version of the tables
@example(spoilt=[(1048129, b"\x80")], cut=None)  # an episode's id that is no text, seen after the upgrade
def test_a_spoilt_file_is_refused_or_read_but_never_lost(
    old: Path, tmp_path_factory: pytest.TempPathFactory, spoilt: list[tuple[int, bytes]], cut: int | None
) -> None:
    """A version 1 file with bytes flipped, cut or filled opens, or is refused in one line and stays as it was."""
    path, whole = tmp_path_factory.mktemp("spoilt") / "m.db", bytearray(old.read_bytes())
    for place, piece in spoilt:
        at = place % len(whole)
        whole[at : at + len(piece)] = piece
    path.write_bytes(whole if cut is None else whole[: cut % len(whole) + 1])
    before = path.read_bytes()
    try:
        with Memory(path) as memory:
            assert memory._file.db.execute("PRAGMA user_version").fetchone() == (len(schema.MIGRATIONS),)
            assert all("\n" not in problem for problem in memory.verify())
    except MemoryFileError as error:
        assert "\n" not in str(error)
        assert path.read_bytes() == before
