"""A byte that the disk changed in a kept conversation: found at the start, named by `verify`, two commands mend it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from memory import conversations
from memory.__main__ import main
from memory.db import conversation_rows, database_files, schema
from memory.db.stored_conversation import Line, Part
from memory.errors import MemoryFileError
from memory.store import Memory
from tests.support.episodes import DAY, episode, raw
from tests.support.oldmemory import version_5

ID, OTHER = "ab" * 8, "cd" * 8
LINES = (Line("question", "Who broke the vase?"), Line("answer", "Jonas broke it in Lyon.", "cancelled"))


@pytest.fixture
def path(own_home: Path) -> Path:
    """A memory, two kept conversations that used it, and a good snapshot of two days ago."""
    file = own_home / "memory.db"
    with Memory(file) as memory:
        used = (memory.add(episode("The vase from Lyon")),)
        conversations.keep(memory, ID, Part(0, DAY, episode(seed=7).photo, LINES, used), new=True)
        conversations.keep(memory, ID, Part(1, DAY, None, (Line("question", "When was it?"),), used), new=True)
        conversations.keep(memory, OTHER, Part(0, DAY, None, LINES), new=True)
        assert memory.verify() == []
    Memory(file).close()
    (kept,) = database_files.snapshots(file)
    kept.file.rename(kept.file.with_name(f"{(kept.taken - timedelta(days=2)).strftime(database_files.STAMP)}.db"))
    return file


def flip(file: Path, what: str, bits: int) -> None:
    """Change some bits of one byte of the first part, in the database file."""
    content, stored = bytearray(file.read_bytes()), part_as_stored(file)
    assert content.count(stored) == 1
    content[content.index(stored) + WHERE[what](stored)] ^= bits
    file.write_bytes(content)


def part_as_stored(file: Path) -> bytes:
    """The columns of the first part as they stand one after the other in a page, from the id to the hash."""
    with raw(file) as db:
        return "".join(db.execute("SELECT * FROM talks WHERE id = ? AND photo <> ''", (ID,)).fetchone()[2:]).encode()


WHERE: dict[str, Callable[[bytes], int]] = {
    "a day": lambda stored: stored.index(b"-12T") + 1,
    "a photo": lambda stored: stored.index(b"[[") - 5,
    "a bracket": lambda stored: stored.index(b'["answer"'),
    "a kind": lambda stored: stored.index(b"question") + 2,
    "a sentence": lambda stored: stored.index(b"in Lyon"),
    "a mark": lambda stored: stored.index(b"cancelled"),
    "an episode": lambda stored: len(stored) - 64 - 6,
    "the hash": lambda stored: len(stored) - 5,
}


@pytest.mark.parametrize("bits", [1, 128, 255])
@pytest.mark.parametrize("what", WHERE)
def test_a_changed_byte_is_told_and_stops_nothing(
    path: Path, what: str, bits: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever it hits and whatever becomes of it, also what is no text and no JSON any more."""
    flip(path, what, bits)
    (good,) = database_files.snapshots(path)
    before = good.file.read_bytes()
    with Memory(path) as memory:
        assert f"conversation {ID}: part 0 has changed since it was stored" in memory.trouble
        assert "memory restore" in memory.trouble and "\n" not in memory.trouble
        assert {title.id for title in conversations.titles(memory)} == {ID, OTHER}
        assert len(conversations.get(memory, ID).parts) == 2
        assert len(memory.search("vase")) == 1
        with pytest.raises(MemoryFileError, match="the older ones stay"):
            memory.snapshot()
    assert [one.file.read_bytes() for one in database_files.snapshots(path)] == [before]
    assert main(["conversations"]) == 0 and main(["verify"]) == 1
    out = capsys.readouterr().out
    assert f"`python -m memory conversations --forget {ID}` deletes the conversation" in out
    assert f"conversation {OTHER}: part" not in out and f"{ID}: part 1 has" not in out


@pytest.mark.parametrize("command", [["restore"], ["conversations", "--forget", ID[:5]]])
@pytest.mark.parametrize("bits", [1, 128])
def test_both_commands_that_verify_names_mend_it(path: Path, command: list[str], bits: int) -> None:
    flip(path, "a sentence", bits)
    assert main(["verify"]) == 1
    assert main(command) == 0
    with Memory(path) as memory:
        assert memory.verify() == [] and memory.trouble == ""
        kept = [title.id for title in conversations.titles(memory)]
        assert kept == ([ID, OTHER] if command == ["restore"] else [OTHER])
        if command == ["restore"]:
            assert conversations.get(memory, ID).parts[0].lines == LINES


def test_a_changed_conversation_in_a_snapshot_is_named_and_passed_over(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Memory(path) as memory:
        new = memory.snapshot()
    flip(new.file, "a sentence", 1)
    assert main(["verify"]) == 1
    assert f"snapshot {new.file.name}: conversation {ID}: part 0 has changed" in capsys.readouterr().out
    assert main(["restore"]) == 0
    with Memory(path) as memory:
        assert conversations.get(memory, ID).parts[0].lines == LINES


def test_what_changes_a_conversation_keeps_its_hash(path: Path) -> None:
    """More said, a memory edited and that undone, a memory forgotten and that undone."""
    with Memory(path) as memory:
        (old,) = memory.ids()
        first = conversations.get(memory, ID).parts[0]
        first = replace(first, lines=(*first.lines, Line("question", "And where?")))
        assert conversations.keep(memory, ID, first, new=False) and memory.verify() == []
        held, edited = memory.hold([old]), episode("The blue vase from Lyon")
        assert memory.replace({old: edited})[1] == 2 and memory.verify() == []
        assert [part.episodes for part in conversations.get(memory, ID).parts] == [(edited.id,)] * 2
        memory.put_back(held)
        assert memory.verify() == []
        held = memory.hold([old])
        memory.forget_all([old])
        assert memory.verify() == [] and len(conversations.titles(memory)) < 2
        memory.put_back(held)
        assert memory.verify() == [] and len(conversations.get(memory, ID).parts) == 2


def test_a_change_of_a_damaged_part_does_not_hide_the_damage(path: Path) -> None:
    flip(path, "a sentence", 1)
    with Memory(path) as memory:
        (old,) = memory.ids()
        memory.replace({old: episode("The blue vase from Lyon")})
        damaged = conversations.get(memory, ID).parts[0]
        assert damaged.lines != LINES
        conversations.keep(memory, ID, replace(damaged, lines=(*damaged.lines, *LINES)), new=False)
        assert [line for line in memory.verify() if "part 0 has changed" in line]


def test_damaged_lines_can_be_forgotten_by_their_words(path: Path) -> None:
    """One damaged part ended every forgetting with a traceback: all parts are read for the words."""
    flip(path, "a bracket", 1)
    with Memory(path) as memory:
        assert memory.forget_words("Jonas broke it").parts == 2
        assert b"Jonas" not in path.read_bytes() and memory.verify() == []


def test_conversations_of_before_get_a_hash(tmp_path: Path) -> None:
    file = tmp_path / "m" / "memory.db"
    version_5(file, [episode()])
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        schema.migrate(db, file, schema.MIGRATIONS[:10])
        lines = json.dumps([["question", "Wér was it?", ""]], ensure_ascii=False)
        db.execute("INSERT INTO talks VALUES (?, 0, ?, NULL, ?, '[]')", (ID, DAY.isoformat(), lines))
    with Memory(file) as memory:
        assert memory.verify() == [] and memory.trouble == ""
        assert conversations.keep(memory, ID, Part(0, DAY, None, LINES), new=False) and memory.verify() == []
        with memory.transaction("IMMEDIATE") as db:
            db.execute("UPDATE talks SET lines = replace(lines, 'Jonas', 'Jonah')")
            assert len(list(conversation_rows.check(db))) == 1
