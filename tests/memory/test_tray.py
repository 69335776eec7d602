"""The tray: what waits for words, in which groups; words take the place of none; nothing else is lost or left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from memory.episode import Episode, Photo, Turn
from memory.errors import UnknownEpisode
from memory.maintenance.archive import export_archive, import_archive
from memory.store import Memory
from memory.tray import waiting_photos as tray
from tests.support.encoded import encoded

NOON = datetime(2025, 5, 12, 12, tzinfo=UTC)
LIKE = np.eye(4, dtype=np.float32)


def photo(n: int) -> Photo:
    return Photo(f"{n:064x}", encoded(n), 4, 4)


def silent(memory: Memory, n: int, days: int = 0, like: int | None = None, place: str | None = None) -> Episode:
    """Store photo `n` without words; photos with the same `like` look the same."""
    episode = Episode(photo(n), (), NOON - timedelta(days=days, minutes=-n), place)
    memory.add(episode, ("test", LIKE[[like or 0]]) if like is not None else None)
    return episode


def ids(groups: list[list[Episode]]) -> list[list[int]]:
    return [[int(one.photo.sha256, 16) for one in group] for group in groups]


def test_groups_are_of_a_day_and_of_a_likeness_newest_day_first(memory_file: Path) -> None:
    with Memory(memory_file) as memory:
        for n, like in enumerate((0, 1, 0, 1)):
            silent(memory, n, 0, like)
        silent(memory, 7, 1, 0)
        assert ids(tray.groups(memory)) == [[1, 3], [0, 2], [7]]
        assert ids(tray.groups(memory, most=2)) == [[3], [2]]
        assert ids(tray.groups(memory, skipped=[photo(3).sha256, photo(7).sha256])) == [[0, 2], [1]]
        assert tray.waiting(memory) == 5


def test_words_take_the_place_of_none(memory_file: Path) -> None:
    with Memory(memory_file) as memory:
        one, other = silent(memory, 1, place="Graz", like=0), silent(memory, 2, like=1)
        told = tray.add_words(memory, [one.id, other.id], "This is Zuri.")
        assert sorted(before.id for before in told.values()) == sorted([one.id, other.id])
        assert [(e.words, e.place, e.when) for e in map(memory.get, told)] == [
            ("This is Zuri.", "Graz", one.when),
            ("This is Zuri.", None, other.when),
        ]
        assert memory.stats()["photos"] == memory.stats()["episodes"] == 2
        assert tray.waiting(memory) == 0 and memory.verify() == []
        assert len(memory.search("zuri")) == 2
        assert memory.photos_without_vectors("test") == [], "the photo need not be looked at again"


def test_an_unknown_one_changes_nothing(memory_file: Path) -> None:
    with Memory(memory_file) as memory:
        one = silent(memory, 1)
        with pytest.raises(UnknownEpisode):
            tray.add_words(memory, [one.id, "f" * 16], "Zuri")
        assert memory.get(one.id).words == ""


def test_a_photo_that_has_words_elsewhere_does_not_wait(memory_file: Path) -> None:
    with Memory(memory_file) as memory:
        silent(memory, 1)
        memory.add(Episode(photo(1), (Turn("user", "Zuri"),), NOON))
        assert tray.waiting(memory) == 0 and tray.groups(memory) == []


def test_not_interesting_lasts_is_exported_and_goes_with_the_photo(memory_file: Path, tmp_path: Path) -> None:
    with Memory(memory_file) as memory:
        one, other = silent(memory, 1), silent(memory, 2)
        tray.leave(memory, [one.photo.sha256, "e" * 64])
        assert ids(tray.groups(memory)) == [[2]]
    with Memory(memory_file) as memory:
        assert tray.waiting(memory) == 1
        export_archive(memory, tmp_path / "all.zip")
        with Memory(tmp_path / "second.db") as second:
            import_archive(second, tmp_path / "all.zip")
            assert ids(tray.groups(second)) == [[2]]
        held = memory.hold([one.id])
        memory.forget_all([one.id])
        with memory.transaction() as db:
            assert db.execute("SELECT count(*) FROM not_asked").fetchone()[0] == 0
        assert one.photo.sha256.encode() not in memory_file.read_bytes()
        memory.put_back(held)
        assert tray.waiting(memory) == 1
        tray.ask_again(memory, [one.photo.sha256])
        assert tray.waiting(memory) == 2
        assert other.id in memory.ids()
