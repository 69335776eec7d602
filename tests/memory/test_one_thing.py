"""A thing with a name is one thing for recall, however many photos show it: told once, and denied at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from memory.episode import Recall
from memory.naming import decisions, photo_names
from memory.search.gate import Gate
from memory.search.sightings import NewPhoto
from memory.store import Memory
from tests.memory.test_verdicts import NEW, learn, sha, unit

GATE = Gate((0.2, 0.0), (0.9, 0.0))


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory(tmp_path / "m.db") as opened:
        yield opened
        assert opened.verify() == []


def recall(memory: Memory, angle: float, k: int = 4, photo: str = NEW) -> list[Recall]:
    return memory.recall(NewPhoto("s", unit(angle), GATE, photo), k=k, named=photo_names.by_photo)


def words(recalls: list[Recall]) -> list[tuple[str, int]]:
    return [(one.episode.words, one.photos) for one in recalls]


def test_five_photos_of_leo_take_one_place(memory: Memory) -> None:
    """Previously they filled all four places, and Mia was not told."""
    for n, text in enumerate(["This is Leo.", "Leo at the lake", "Leo ate a shoe.", "Again Leo", "Leo in Rome"]):
        learn(memory, n, unit(3 * n), text, days=n)
    learn(memory, 9, unit(40), "This is Mia.")
    learn(memory, 10, unit(70, 2), "Leo, seen from far away", days=9)
    found = recall(memory, 0)
    assert words(found) == [("This is Leo.", 6), ("This is Mia.", 1)]
    assert found[0].certainty == "sure"
    assert [one.words for one in found[0].others][:2] == ["Leo, seen from far away", "Leo in Rome"], "the newest first"


def test_the_best_of_them_is_the_one_most_alike(memory: Memory) -> None:
    learn(memory, 1, unit(0), "This is Leo."), learn(memory, 2, unit(30), "Leo in Rome")
    assert words(recall(memory, 28)) == [("Leo in Rome", 2)]
    assert words(recall(memory, 2)) == [("This is Leo.", 2)]


def test_no_to_one_of_them_is_no_to_all_of_them(memory: Memory) -> None:
    """Also to those that were not recalled; and one answer taken back takes back all."""
    for n in range(6):
        learn(memory, n, unit(28 * n), "This is Leo.", days=n)
    rex = learn(memory, 8, unit(40, 2), "This is Rex.")
    memory.answer(NEW, sha(0), "s", 0.9, False)
    assert [one.episode.photo.sha256 for one in recall(memory, 0)] == [rex]
    assert [one.photos for one in recall(memory, 0, photo="cd" * 32)] == [6, 1], "another photo may still be Leo"
    memory.take_back_verdict(NEW, sha(0))
    assert [one.photos for one in recall(memory, 0)] == [6, 1]


def test_a_photo_of_two_belongs_to_neither(memory: Memory) -> None:
    """Nobody can say which of the two a new photo shows."""
    learn(memory, 1, unit(0), "This is Leo."), learn(memory, 2, unit(10), "This is Leo and Mia.", days=2)
    learn(memory, 3, unit(20), "This is Mia.", days=3)
    assert [one.photos for one in recall(memory, 5)] == [1, 1, 1]


def test_what_the_user_decided_about_names_counts(memory: Memory) -> None:
    one, other = learn(memory, 1, unit(0), "This is Leo."), learn(memory, 2, unit(10), "This is Leopold.", 2)
    assert [one.photos for one in recall(memory, 5)] == [1, 1]
    decisions.join(memory, "Leopold", "Leo")
    assert [one.photos for one in recall(memory, 5)] == [2]
    with memory.transaction() as db:
        assert photo_names.by_photo(db, [one]) == {one: "leo", other: "leo"}
    decisions.no_name(memory, "Leo")
    assert [one.photos for one in recall(memory, 5)] == [1, 1]


@pytest.mark.parametrize("said", ["Nagini at the lake", "Our snake, Nagini", "This is Nagini again"])
def test_a_name_that_another_text_surely_says_may_begin_a_sentence(memory: Memory, said: str) -> None:
    learn(memory, 1, unit(60), "This is Nagini."), learn(memory, 2, unit(0), said)
    assert words(recall(memory, 2))[0] == (said, 2)


@pytest.mark.parametrize("said", ["Anna gave me this", "Anna's scarf", "A scarf that Anna knitted", "Knitted by Anna"])
def test_what_anna_made_is_not_anna(memory: Memory, said: str) -> None:
    learn(memory, 1, unit(0), "This is Anna."), learn(memory, 2, unit(10), said, 2)
    assert [one.photos for one in recall(memory, 5)] == [1, 1]


def test_things_without_a_name_are_not_one(memory: Memory) -> None:
    learn(memory, 1, unit(0), "This is my bike."), learn(memory, 2, unit(10), "This is my bike.", 2)
    assert [one.photos for one in recall(memory, 5)] == [1, 1]
