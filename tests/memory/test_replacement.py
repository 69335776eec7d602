"""Editing, merging and putting back episodes; browsing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from memory import browse, conversations, reminders
from memory.browse import Duplicate, EpisodeEntry
from memory.db.stored_conversation import Line, Part
from memory.episode import Episode, Photo, Turn
from memory.errors import UnknownEpisode
from memory.search.sightings import NewPhoto
from memory.store import Memory
from tests.support.encoded import named_by_bytes

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SPACE = "tests"


def photo(name: str) -> Photo:
    return named_by_bytes(name)


def said(name: str, words: str, days: float = 0, place: str | None = None) -> Episode:
    return Episode(photo(name), (Turn("user", words),), NOW - timedelta(days=days), place)


def tokens(*near: float) -> np.ndarray:
    """A photo's one visual token (1, 8); photos with nearly equal numbers look alike."""
    rows = np.eye(8, dtype=np.float32)[: len(near)] * np.array(near, dtype=np.float32)[:, None]
    return rows.sum(0, keepdims=True) / np.linalg.norm(rows.sum(0))


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory(tmp_path / "memory.db") as memory:
        yield memory
        assert memory.verify() == []


def on_disk(memory: Memory, text: str) -> bool:
    folder = memory.path.parent
    return any(text.encode() in file.read_bytes() for file in folder.rglob("*") if file.is_file())


def with_words(episode: Episode, words: str) -> Episode:
    return replace(episode, turns=(Turn("user", words),))


# -- changing -----------------------------------------------------------------------------------------------------


def test_an_edit_takes_the_place_of_what_was_said_and_keeps_what_was_seen(memory: Memory) -> None:
    """The new words are found, the old ones are in no file, visual tokens stay, conversations use the new episode."""
    old = said("milo", "This is Mylozqx, my dog.")
    memory.add(old)
    memory.put_vectors(old.photo.sha256, SPACE, tokens(1, 2))
    memory.snapshot()
    conversations.keep(memory, "aa", Part(0, NOW, old.photo, (Line("answer", "A dog."),), (old.id, "0" * 16)), new=True)
    new = with_words(old, "This is Milo, my dog.")
    receipt, told = memory.replace({old.id[:6]: new})
    assert receipt.episodes == (old.id,) and receipt.photos == () and told == 1
    assert memory.ids() == [new.id] and memory.get(new.id).words == "This is Milo, my dog."
    assert [r.episode.id for r in memory.search("Milo")] == [new.id] and memory.search("Mylozqx") == []
    assert memory.photos_without_vectors(SPACE) == []
    assert conversations.get(memory, "aa").parts[0].episodes == (new.id, "0" * 16)
    assert not on_disk(memory, "Mylozqx")


def test_an_unknown_id_changes_nothing(memory: Memory) -> None:
    memory.add(said("milo", "Milo"))
    with pytest.raises(UnknownEpisode):
        memory.replace({"ffff": said("milo", "Max")})
    assert [e.words for e in memory.episodes()] == ["Milo"]


@pytest.mark.parametrize(("words", "stands"), [("the fern", 0), ("the roses", 1)])
def test_an_ended_reminder_stays_ended_while_the_words_ask_for_the_same(
    memory: Memory, words: str, stands: int
) -> None:
    old = said("gustav", "Gustav. When you see him again, remind me to water the fern.")
    memory.add(old)
    reminders.end(memory, reminders.standing(memory)[0].id)
    memory.replace({old.id: with_words(old, f"Gustav, a cactus. When you see him again, remind me to water {words}.")})
    assert len(reminders.standing(memory)) == stands


def test_what_was_forgotten_comes_back_whole(memory: Memory) -> None:
    """Photo, words, visual tokens, ended reminders and parts of conversations; in between they are in no file."""
    old = said("gustav", "Gustavzqx. When you see him again, remind me to water the fern.", place="Kyoto")
    memory.add(old)
    memory.put_vectors(old.photo.sha256, SPACE, tokens(1, 2))
    reminders.end(memory, reminders.standing(memory)[0].id)
    parts = (
        Part(0, NOW, old.photo, (Line("question", "who?"),), (old.id,)),
        Part(1, NOW, photo("other"), (Line("answer", "Gustavzqx."),), (old.id,)),
    )
    for part in parts:
        conversations.keep(memory, "aa", part, new=True)
    before = memory.recall(NewPhoto(SPACE, tokens(1, 2)))
    held = memory.hold([old.id])
    memory.forget_all([old.id])
    assert memory.ids() == [] and conversations.titles(memory) == [] and not on_disk(memory, "Gustavzqx")
    memory.put_back(held)
    assert memory.episodes() == [old] and memory.recall(NewPhoto(SPACE, tokens(1, 2))) == before
    assert reminders.standing(memory) == []
    assert conversations.get(memory, "aa").parts == parts


def test_a_merge_and_back_leaves_conversations_telling_of_both(memory: Memory) -> None:
    """Otherwise forgetting the one that came back would leave the conversation that used it."""
    one, two = said("milo", "Milo", 2), said("milo", "Milo", 1)
    memory.add_all([one, two])
    conversations.keep(memory, "aa", Part(0, NOW, None, (Line("answer", "Milo."),), (two.id,)), new=True)
    held = memory.hold([two.id])
    memory.replace({two.id: one})
    assert memory.ids() == [one.id] and conversations.get(memory, "aa").parts[0].episodes == (one.id,)
    memory.put_back(held)
    assert set(memory.ids()) == {one.id, two.id}
    assert set(conversations.get(memory, "aa").parts[0].episodes) == {one.id, two.id}


# -- looking ------------------------------------------------------------------------------------------------------


def test_all_in_time_and_what_words_and_times_find(memory: Memory) -> None:
    one, two, three = said("a", "Milo", 400), said("b", "Rex at the lake", 30), said("c", "Milo swims", 1, "Porto")
    memory.add_all([one, two, three])
    assert browse.timeline(memory) == [EpisodeEntry(e.id, e.day) for e in (three, two, one)]
    assert {mark.id for mark in browse.find(memory, "Milo", NOW)} == {one.id, three.id}
    assert [mark.id for mark in browse.find(memory, "Porto", NOW)] == [three.id]
    for words in ("2026", "in 2026", "this year", "since january 2026"):
        assert [mark.id for mark in browse.find(memory, words, NOW)] == [three.id, two.id], words
    assert browse.find(memory, "Milo in 2025", NOW)[0].id == one.id
    assert browse.find(memory, "Timbuktu", NOW) == []


def test_a_time_brings_all_of_it(memory: Memory) -> None:
    """A time alone lists all its episodes, more than a search by words returns."""
    memory.add_all(said(str(i), f"photo {i}", i / 100) for i in range(browse.FOUND + 50))
    assert len(browse.find(memory, "2026", NOW)) == browse.FOUND + 50


def test_twins_are_one_photo_or_one_burst_with_the_same_words(memory: Memory) -> None:
    first, again, where = said("a", "Milo!", 9), said("a", "milo!  ", 5), said("a", "Milo!", 1, "Porto")
    elsewhere = said("b", "Milo!", 9)
    left, right = said("c", "Rex", 3), said("d", "Rex", 3 - 10 / 86400)
    later = said("e", "Rex", 2)
    memory.add_all([first, again, where, elsewhere, left, right, later])
    for name in "cde":
        memory.put_vectors(photo(name).sha256, SPACE, tokens(1, 2, 3))
    for name in "ab":
        memory.put_vectors(photo(name).sha256, SPACE, tokens(*range(1, 3 + "ab".index(name))))
    assert browse.duplicates(memory) == [Duplicate(where.id, (first.id, again.id)), Duplicate(left.id, (right.id,))]


def test_places_that_differ_make_two(memory: Memory) -> None:
    memory.add_all([said("a", "Milo", 2, "Porto"), said("a", "Milo", 1, "Lisbon")])
    assert browse.duplicates(memory) == []


def test_statistics(memory: Memory) -> None:
    assert browse.statistics(memory).first is None and browse.statistics(memory).years == ()
    memory.add_all([said("a", "x", 400), said("a", "y", 3), said("b", "z", 2)])
    counted = browse.statistics(memory)
    assert (counted.episodes, counted.photos) == (3, 2)
    assert counted.photo_bytes == len(photo("a").data) + len(photo("b").data)
    assert counted.first == (NOW - timedelta(days=400)).date() and counted.years == ((2026, 2, 2), (2025, 1, 1))
