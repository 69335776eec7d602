"""kill -9 at 620 random moments: what was acknowledged is there, what was forgotten is gone, and `verify` is clean.

KEEPSAKE_KILLS=20 does twenty times as many.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from memory.db import database_files, keys, schema
from memory.episode import Episode, Turn
from memory.maintenance import encryption
from memory.maintenance.archive import export_archive
from memory.store import Memory
from tests.support.crasher import PASSPHRASE, canaries, episode
from tests.support.killer import Crasher
from tests.support.oldmemory import version_1, version_4
from tests.support.twelve_episodes import age

pytestmark = pytest.mark.slow

TIMES = int(os.environ.get("KEEPSAKE_KILLS", "1"))


def after(state: set[str], change: list[str]) -> set[str]:
    """The ids in the memory after a change."""
    what, *ids = change
    return state | set(ids) if what == "remember" else state - set(ids)


def test_remembering_and_forgetting(crasher: Crasher, folder: Path) -> None:
    """380 kills on two memories: exactly what was acknowledged, and perhaps what was under way."""
    chance = random.Random(1)
    known: dict[str, int] = {}
    for memory_number in range(2):
        path = folder / str(memory_number) / "memory.db"
        state: set[str] = set()
        forgotten: set[str] = set()
        under_way = 0
        for n in range(190 * TIMES):
            if n % 10 == 9:
                age(path, 2)
            life = crasher.kill("change", path, n, chance.choice((0, 1, 2, 4)), chance.random() ** 2 * 0.03)
            known |= life.seeds
            everything = set(state)
            for change in life.done:
                state = after(state, change)
                everything |= set(change[1:])
            with Memory(path) as memory:
                found = set(memory.ids())
                if found != state and life.begun:
                    state = after(state, life.begun)
                    under_way += 1
                assert found == state
                assert memory.verify() == []
                assert memory.trouble == ""
            forgotten = (forgotten | everything) - state
        assert len(forgotten) > 40 and under_way, "the children did something"
        secret = [c for id in forgotten for c in canaries(episode(known[id]))]
        for file in (f for f in path.parent.rglob("*") if f.is_file()):
            data = file.read_bytes()
            assert [c for c in secret if c in data] == [], file.name


def test_remembering_what_was_seen(crasher: Crasher, folder: Path) -> None:
    """Killed at 60 of its last calls: an episode and its photo's visual tokens are both there, or neither is.

    Each kill is on a copy of one memory: how many calls are made depends on what the memory holds.
    """
    first, kept = folder / "first" / "memory.db", 0
    for n in range(3):  # the second opening takes a snapshot
        crasher.kill("keep", first, n, 0, 0.0, 10**9)
    calls, before, new = 10**9, {episode(n).id for n in range(3)}, episode(3).id
    for n in range(1 + 60 * TIMES):
        path = folder / str(n) / first.name
        shutil.copytree(first.parent, path.parent)
        life = crasher.kill("keep", path, 3, 0, 0.0, calls - n * 5 // TIMES if n else calls)
        calls = calls if n else life.calls  # nobody kills the first, to know how many calls there are
        with Memory(path) as memory:
            found = set(memory.ids())
            assert memory.photos_without_vectors("fake") == [] and memory.verify() == []
        assert found in (before, before | {new}) and (new in found or not life.done)
        kept += n > 0 and new in found
        shutil.rmtree(path.parent)
    assert 0 < kept < 60 * TIMES, "some were killed after the change, some before"


def test_importing(crasher: Crasher, folder: Path) -> None:
    """60 kills: the whole archive or nothing of it."""
    chance, path, whole = random.Random(2), folder / "m" / "memory.db", 0
    batch = [episode(n) for n in range(1000, 1025)]
    with Memory(folder / "from.db") as source:
        source.add_all(batch)
        path.parent.mkdir()
        export_archive(source, path.with_name("in.zip"))
        path.with_name("ids").write_text(" ".join(source.ids()))
        ids = set(source.ids())
    window = crasher.seconds("import", path)
    with Memory(path) as memory:
        memory.forget_all(sorted(ids))
    for n in range(60 * TIMES):
        life = crasher.kill("import", path, n, 0, chance.random() * window)
        with Memory(path) as memory:
            found = set(memory.ids())
            assert found in (set(), ids) and memory.verify() == []
            assert not life.done or found == ids
            whole += found == ids
            if found:
                memory.forget_all(sorted(found))
    assert 0 < whole < 60 * TIMES, "some were killed in the middle, some were not"


@pytest.mark.parametrize("write", [version_1, version_4])
def test_upgrading(crasher: Crasher, folder: Path, write: Callable[[Path, list[Episode]], None]) -> None:
    """30 kills each while a file of version 1, or of the last release, is brought up to date: all is there.

    Also what the last release kept as a sentence about two photos.
    """
    chance, told = random.Random(3), [episode(n) for n in range(8)]
    other = told[2].photo.sha256
    words = Turn("user", f"This is not the one in my photo {other[:8]} of 3 May 2025. It is Bello.")
    corrected = replace(episode(8), turns=(words,))
    old = folder / "old" / "memory.db"
    write(old, [*told, corrected])
    told.append(replace(corrected, turns=(Turn("user", "It is Bello."),)))
    shutil.copytree(old.parent, folder / "timed")
    window = crasher.seconds("upgrade", folder / "timed" / "memory.db")
    for n in range(30 * TIMES):
        path = folder / str(n) / "memory.db"
        shutil.copytree(old.parent, path.parent)
        crasher.kill("upgrade", path, n, 1, chance.random() * window)
        with Memory(path) as memory:
            assert {e.id: e for e in memory.episodes()} == {e.id: e for e in told}
            assert memory.verify() == [] and memory.trouble == ""
            pairs = memory._file.db.execute("SELECT photo, other, same FROM verdicts").fetchall()
            assert pairs == [(corrected.photo.sha256, other, 0)]
            assert memory._file.db.execute("PRAGMA user_version").fetchone() == (len(schema.MIGRATIONS),)
            assert database_files.snapshots(path), "taken before the first step"


def test_restoring(crasher: Crasher, folder: Path) -> None:
    """Killed at 30 of its last calls, where files change names: one memory or the other is there, none is lost."""
    restored, calls = 0, 10**9
    first = [episode(1), episode(2)]
    for n in range(1 + 30 * TIMES):
        first_home, path = folder / f"{n} at first", folder / str(n) / "memory.db"
        with Memory(first_home / path.name) as memory:
            memory.add_all(first)
            memory.put_vectors(first[0].photo.sha256, "s", np.ones((2, 3)))
        with Memory(first_home / path.name) as memory:
            assert len(database_files.snapshots(memory.path)) == 1
            memory.add(episode(3))
            before = set(memory.ids())
            shutil.copytree(first_home, path.parent)  # as a killed program leaves it: the newest is only in the log
        life = crasher.kill("restore", path, n, 0, 0.0, calls - n * 12 // TIMES if n else calls)
        with Memory(path) as memory:
            now = set(memory.ids())
            assert memory.verify() == []
        if n == 0:  # nobody kills the first, to know how many calls there are
            calls = life.calls
            assert calls and now != before
            continue
        assert now == {one.id for one in first} or now == before
        if now != before:
            restored += 1
            with Memory(database_files.set_aside(path)[0]) as aside:
                assert set(aside.ids()) == before
    assert 0 < restored < 30 * TIMES


def test_converting(crasher: Crasher, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """30 kills while a memory is encrypted, gets a new key, is decrypted: it is the old one or the new one, whole.

    Of an encrypted one no plain byte is left when it has been opened: also when decrypting was killed.
    """
    monkeypatch.setattr(keys, "COST", 1 << 4)
    chance, told = random.Random(4), [episode(n) for n in range(40)]
    secret = [c for one in told for c in canaries(one)]
    outcomes: set[tuple[str, bool]] = set()
    for what in ("encrypt", "rekey", "decrypt"):
        first = folder / what / "memory.db"
        with Memory(first) as memory:
            memory.add_all(told)
        Memory(first).close()  # takes a snapshot
        if what != "encrypt":
            encryption.convert(first, "encrypt", encryption.Passphrases(new=lambda: PASSPHRASE))
        first.with_name("what").write_text(what)
        shutil.copytree(first.parent, folder / f"{what} timed")
        shutil.copytree(first.parent, folder / f"{what} counted")
        window = crasher.seconds("convert", folder / f"{what} timed" / "memory.db")
        calls = crasher.kill("convert", folder / f"{what} counted" / "memory.db", 0, 0, 0.0, 10**9).calls
        for n in range(10 * TIMES):
            path = folder / f"{what} {n}" / "memory.db"
            shutil.copytree(first.parent, path.parent)
            # At a call anywhere on the way, most in the first part, which ends with the change; or at any time.
            step = int(calls * ((n + chance.random()) / (10 * TIMES)) ** 2) if n % 2 else 0
            life = crasher.kill("convert", path, n, 1, chance.random() ** 2 * window, step)
            either = [f"{PASSPHRASE} {n}", PASSPHRASE]
            with Memory(path, ask=lambda _, either=either: either.pop()) as memory:
                assert {e.id: e for e in memory.episodes()} == {e.id: e for e in told}
                assert memory.verify() == [] and memory.trouble == ""
                encrypted = memory.encrypted
            new = {"encrypt": encrypted, "rekey": not either, "decrypt": not encrypted}[what]
            assert new or len(life.marks) < 2, "it had said that it was done"
            outcomes.add((what, new))
            left = [f for f in path.parent.rglob("*") if f.is_file() and f.name != "what"]
            if encrypted:
                assert [f.name for f in left if any(c in f.read_bytes() for c in secret)] == []
            assert not [f.name for f in left if "converting" in f.name or "partial" in f.name]
            shutil.rmtree(path.parent)
    assert len(outcomes) == 6, "some were killed before the change, some after"
