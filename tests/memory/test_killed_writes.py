"""Commands that write files, killed at random moments: the whole file or none, no litter, no entry half there."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from assistant.backends.cache.disk_cache import DiskCache
from memory import conversations
from memory.__main__ import main
from memory.db import database_files
from memory.db.stored_conversation import Line, Part
from memory.store import Memory
from tests.support.crasher import episode
from tests.support.episodes import DAY
from tests.support.killer import Crasher

pytestmark = pytest.mark.slow
TIMES = int(os.environ.get("KEEPSAKE_KILLS", "1"))
UNNAMED = hasattr(os, "O_TMPFILE")


@pytest.fixture
def path(folder: Path) -> Path:
    """A memory with 60 episodes and a long conversation, and the folder `mine` beside it."""
    file = folder / "m" / "memory.db"
    with Memory(file) as memory:
        memory.add_all(episode(n) for n in range(60))
        talk(memory)
    (file.parent / "mine").mkdir()
    return file


def talk(memory: Memory) -> None:
    """Keep a long conversation about a quokka."""
    lines = tuple(Line("question", f"{n} " + "Quokkabread? " * 900) for n in range(40))
    conversations.keep(memory, "aa" * 8, Part(0, DAY, None, lines), new=True)


@pytest.mark.skipif(not UNNAMED, reason="this system keeps a partial file until the next write")
@pytest.mark.parametrize("job", ["archive", "page", "report", "report over an old one"])
def test_an_export_is_whole_or_not_there(crasher: Crasher, path: Path, job: str) -> None:
    """25 kills each. A killed export left its partial file beside the name that was asked for.

    Half of the kills come at a call of a function, whatever the machine's pace, so that some come before the end.
    """
    target, what, chance = path.parent / "mine" / "file", job.split()[0], random.Random(job)
    window = crasher.seconds(what, path)
    target.unlink()
    calls = crasher.kill(what, path, 0, 1, 0.0, 10**9).calls  # nobody kills this one
    whole, kept = target.stat().st_size, 0
    for n in range(25 * TIMES):
        target.unlink()
        if what != job:
            target.write_text("old")
        step = chance.randrange(1, calls) if n % 2 else 0
        life = crasher.kill(what, path, n, 1, chance.random() * window, step)
        assert os.listdir(target.parent) in ([], ["file"]), "no litter"
        size = target.stat().st_size if target.exists() else 0
        assert size in (whole, 0 if what == job else 3)
        assert "written" not in life.marks or size == whole
        kept += size == whole
        if what == "archive" and size:
            assert main(["--memory", str(path.parent / f"{n}.db"), "import", str(target)]) == 0
        target.touch()
    assert kept < 25 * TIMES, "some were killed before the end"


def test_the_cache_holds_whole_entries_only(crasher: Crasher, path: Path) -> None:
    """40 kills: every entry can be read, and nothing else lies there."""
    folder, chance = path.parent / "mine", random.Random(5)
    window = crasher.seconds("cache", path)
    for n in range(40 * TIMES):
        crasher.kill("cache", path, n, 1, chance.random() * window)
        cache = DiskCache(folder, 1 << 20)
        for name in os.listdir(folder):
            assert UNNAMED or not name.endswith(".partial")
            assert name.endswith(".partial") or cache.get(name), name
    assert len(os.listdir(folder)) > 4


def test_a_conversation_is_gone_when_its_deletion_was_said_to_be_done(crasher: Crasher, path: Path) -> None:
    """60 kills: there or gone, memories untouched; when it is gone its words are in no file after the next start.

    And a snapshot is there: a kill between the old ones' deletion and the new one's writing left none. Half of the
    kills come at one of the last calls, most of them near the end, whatever the machine's pace; half at any time.
    """
    chance, gone = random.Random(6), 0
    window, known = crasher.seconds("conversation", path), {episode(n).id for n in range(60)}
    calls = 0
    for n in range(1 + 60 * TIMES):
        with Memory(path) as memory:
            if not conversations.titles(memory):
                talk(memory)
            memory.snapshot()
        if n == 0:  # nobody kills the first, to know how many calls there are
            calls = crasher.kill("conversation", path, 0, 1, 0.0, 10**9).calls
            continue
        step = calls - int(calls * 0.1 * (n / (60 * TIMES)) ** 3) if n % 2 else 0
        life = crasher.kill("conversation", path, n, 1, chance.random() * 2 * window, step)
        with Memory(path) as memory:
            there = bool(conversations.titles(memory))
            assert set(memory.ids()) == known and memory.verify() == [] and memory.trouble == ""
        assert not (there and "forgotten" in life.marks)
        gone += not there
        holding = [f for f in path.parent.rglob("*") if f.is_file() and b"Quokkabread" in f.read_bytes()]
        assert there or holding == [], holding
        assert database_files.snapshots(path)
    assert gone > 0, "some were killed after the deletion"
