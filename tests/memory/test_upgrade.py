"""A memory of the last release (version 4) opens: every photo and word stays, corrections become verdicts."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory import conversations, instructions, reminders
from memory.db.upgrades import old_corrections
from memory.db.upgrades.old_corrections import without_corrections
from memory.episode import Episode, Photo, Turn
from memory.maintenance.archive import export_archive, import_archive
from memory.search.sightings import NewPhoto
from memory.store import Memory
from tests.support.encoded import named_by_bytes
from tests.support.oldmemory import version_4

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def photo(name: str) -> Photo:
    return named_by_bytes(name)


def said(name: str, *words: str, days: int = 0) -> Episode:
    return Episode(photo(name), tuple(Turn("user", one) for one in words), NOW - timedelta(days=days))


REX = said("rex", "This is Rex, the neighbour's dog.", days=9)
NOT = f"This is not the one in my photo {photo('rex').sha256[:8]} of 20 February 2026."
SAME = f"This is the one in my photo {photo('rex').sha256[:8]} of 20 February 2026: This is Rex, the neighbour's dog."


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "m" / "memory.db"


def pairs(memory: Memory) -> set[tuple[str, str, bool]]:
    with memory.transaction() as db:
        found = db.execute("SELECT photo, other, same FROM verdicts").fetchall()
    return {(photo, other, bool(same)) for photo, other, same in found}


def test_vectors_of_before_go_and_the_episodes_stay(path: Path) -> None:
    told = [said(str(n), f"thing {n}", days=n) for n in range(8)]
    version_4(path, told)
    with Memory(path) as memory:
        assert memory.episodes() == told and memory.verify() == []
        assert len(memory.photos_without_vectors("s")) == 8 and memory.recall(NewPhoto("s", np.eye(2))) == []
        with memory.transaction() as db:
            for table in ("vectors", "directions", "codes", "spaces"):
                assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
        assert memory.put_vectors(told[3].photo.sha256, "s", np.eye(2, 5))
        assert [r.episode for r in memory.recall(NewPhoto("s", np.eye(2, 5)))] == [told[3]] and memory.verify() == []


def test_corrections_become_verdicts_and_other_words_stay(path: Path) -> None:
    """No photo goes: the one of which only a correction was said stays without words."""
    told = [
        REX,
        said("stranger", NOT),
        said("again", SAME),
        said("both", f"A cat. {NOT} It sleeps.", "In the garden."),
        said("told too", NOT),
        said("told too", "This is Bello.", days=1),
        said("loose", f"Surely she is {NOT[len('This is ') :]}"),
        said("of nobody", NOT.replace(photo("rex").sha256[:8], "0" * 8)),
        Episode(photo("reply"), (Turn("user", "Who?"), Turn("assistant", NOT)), NOW),
    ]
    version_4(path, told)
    with Memory(path) as memory:
        words = {(e.photo.sha256, e.words) for e in memory.episodes()}
        assert words == {
            (photo("rex").sha256, "This is Rex, the neighbour's dog."),
            (photo("stranger").sha256, ""),
            (photo("again").sha256, "This is Rex, the neighbour's dog."),
            (photo("both").sha256, "A cat. It sleeps.\nIn the garden."),
            (photo("told too").sha256, "This is Bello."),
            (photo("loose").sha256, "Surely she is not the one in my photo of 20 February 2026."),
            (photo("of nobody").sha256, ""),
            (photo("reply").sha256, "Who?"),
        }
        rex = photo("rex").sha256
        assert pairs(memory) == {
            *((photo(name).sha256, rex, False) for name in ("stranger", "both", "told too", "loose")),
            (photo("again").sha256, rex, True),
        }
        assert memory.verify() == [] and [r.episode.words for r in memory.search("cat")] == [
            "A cat. It sleeps.\nIn the garden."
        ]
        memory.forget_all([e.id for e in memory.about(photo("both").sha256)])
        assert all(photo("both").sha256 not in pair for pair in pairs(memory)) and memory.verify() == []


def test_reminders_and_conversations_follow(path: Path) -> None:
    task = "When you see him again, remind me to buy bones."
    one, gone, stays = said("both", f"{NOT} {task}"), said("told too", NOT), said("told too", "This is Bello.")
    version_4(path, [REX, one, gone, stays])
    with closing(sqlite3.connect(path)) as db:
        [(what, _)] = instructions.tasks(task)
        db.execute("INSERT INTO reminders_ended VALUES (?, ?)", (instructions.id_of(one.id, what), one.id))
        used = json.dumps([one.id, gone.id, REX.id])
        lines = json.dumps([["remembered", NOT, ""]])
        db.execute("INSERT INTO talks VALUES ('aa', 0, ?, NULL, ?, ?)", (NOW.isoformat(), lines, used))
        db.commit()
    with Memory(path) as memory:
        [changed] = memory.about(photo("both").sha256)
        assert changed.words == task and reminders.standing(memory) == []
        [part] = conversations.get(memory, "aa").parts
        assert part.episodes == (changed.id, REX.id)
        assert part.lines[0].text == "This is not the one in my photo of 20 February 2026."
        assert memory.verify() == []


def test_damaged_rows_do_not_stop_it(path: Path) -> None:
    version_4(path, [REX, said("stranger", NOT), said("both", f"{NOT} A cat.")])
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE episodes SET when_utc = 'yesterday' WHERE photo = ?", (photo("stranger").sha256,))
        db.execute("INSERT INTO talks SELECT id, 0, '', NULL, '[]', '\"' || id || '\" [' FROM episodes")
        db.commit()
    with Memory(path) as memory:
        assert pairs(memory) == {(photo("both").sha256, photo("rex").sha256, False)}
        assert any("yesterday" in problem for problem in memory.verify())


def test_the_upgrade_is_one_step(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When its last part fails, the file is a file of version 4 as before, and the next start does it all."""
    version_4(path, [REX, said("stranger", NOT)])

    def fails(db: sqlite3.Connection) -> None:
        convert(db)
        raise ZeroDivisionError

    convert = old_corrections.convert
    from memory.db import schema

    broken = (*schema.MIGRATIONS[4][:-1], fails)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        before = list(db.iterdump())
        with pytest.raises(ZeroDivisionError):
            schema.migrate(db, path, (*schema.MIGRATIONS[:4], broken))
        assert list(db.iterdump()) == before
    with Memory(path) as memory:
        assert memory.verify() == [] and len(pairs(memory)) == 1


def test_an_archive_of_the_last_release_is_brought_up_to_date_too(path: Path, tmp_path: Path) -> None:
    told = [REX, said("stranger", NOT), said("again", SAME), said("both", f"A cat. {NOT}")]
    with Memory(path) as memory:
        memory.add_all(told)
        export_archive(memory, tmp_path / "old.zip")
    with Memory(tmp_path / "new.db") as memory:
        assert import_archive(memory, tmp_path / "old.zip").added == 4
        assert {e.words for e in memory.episodes()} == {REX.words, "", "A cat."}
        assert pairs(memory) == {
            *((photo(name).sha256, photo("rex").sha256, False) for name in ("stranger", "both")),
            (photo("again").sha256, photo("rex").sha256, True),
        }
        memory.answer(photo("again").sha256, photo("rex").sha256, "s", None, False)
        assert import_archive(memory, tmp_path / "old.zip") == (0, 4, 0) and memory.verify() == []
        assert (photo("again").sha256, photo("rex").sha256, False) in pairs(memory), "what was said since counts"


@given(st.lists(st.sampled_from([NOT, SAME, "A cat.", "", " It sleeps!", "\n", NOT.lower(), NOT[:-1]]), max_size=6))
def test_no_hash_is_left_in_any_words(pieces: list[str]) -> None:
    """Whatever was said around the sentences; and without such a sentence nothing changes."""
    turns = (Turn("user", " ".join(pieces)), Turn("user", "Last."))
    left, found = without_corrections(turns)
    assert not any(photo("rex").sha256[:8] in turn.text for turn in left)
    assert bool(found) == any("in my photo" in piece for piece in pieces)
    assert found or left == turns
    assert left[-1].text == "Last." and sum(turn.text.count("A cat.") for turn in left) == pieces.count("A cat.")
    assert without_corrections(left) == (left, {})
