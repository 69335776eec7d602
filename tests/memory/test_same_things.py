"""Lists and wishes to forget mean a thing with all its photos, also where the words of one do not say its name."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from memory.episode import Episode, Photo, Turn
from memory.naming.categories import tells_of_animal
from memory.naming.lists import photo_lists
from memory.naming.lists.list_requests import request
from memory.naming.lists.photo_lists import OF_THE_SAME
from memory.store import Memory
from tests.support.encoded import encoded

DAY = datetime(2025, 8, 16, 12, tzinfo=UTC)
TOLD = (  # what each photo shows, and what was said of it
    ("dog", "My nan's dog. She got her from a farm."),
    ("dog", "At the beach in Whitby, she would not come out of the water."),
    ("clock", "Grandma's alarm clock"),
    ("clock", "It rang every morning at six."),
    ("cat", "This is Mr Tibbs, hes a stray we took in"),
    ("lake", "The lake where nan learned to swim, with a dog on a boat"),
    ("rex", "This is Rex, my dog."),
)


@pytest.fixture
def ids(memory_file: Path) -> dict[str, int]:
    """Of each memory its number; the second of the clock is of the same photo, that of the dog of another."""
    looks = {thing: np.random.default_rng(n).standard_normal((4, 64)) for n, (thing, _) in enumerate(TOLD)}
    with Memory(memory_file) as memory:
        found = {}
        for n, (thing, words) in enumerate(TOLD):
            tokens = looks[thing] + np.random.default_rng(100 + n).standard_normal((4, 64)) / 8
            unit = (tokens / np.linalg.norm(tokens, axis=1, keepdims=True)).astype(np.float32)
            of = min(m for m, (other, _) in enumerate(TOLD) if other == thing) if thing == "clock" else n
            photo = Photo(f"{of:064x}", encoded(of), 4, 4)
            found[memory.add(Episode(photo, (Turn("user", words),), DAY), ("a space", unit))] = n
    return found


@pytest.mark.parametrize(
    ("asked", "right"),
    [
        ("pics of nans dog", {0, 1}),
        ("photos of my nan's dog", {0, 1}),
        ("photos of nan's dog at the beach", {1}),
        ("which animals do you know", {0, 4, 5, 6}),
        ("which pets do I have photos of?", {0, 4, 5, 6}),
        ("photos of Rex", {6}),
    ],
)
def test_a_list_has_every_photo_of_the_thing(
    memory_file: Path, ids: dict[str, int], asked: str, right: set[int]
) -> None:
    wanted = request(asked)
    assert wanted
    with Memory(memory_file) as memory:
        found = {ids[entry.id] for entry in photo_lists.listed(memory, wanted)}
    assert found - {5} == right - {5}, "whether the boat with a dog is nan's is not for words to say"


def test_a_photo_of_which_no_was_said_is_another_thing(memory_file: Path, ids: dict[str, int]) -> None:
    wanted = request("pics of nans dog")
    assert wanted
    with Memory(memory_file) as memory:
        memory.answer(f"{1:064x}", f"{0:064x}", "a space", 0.8, False)
        assert 1 not in {ids[entry.id] for entry in photo_lists.listed(memory, wanted)}
        memory.answer(f"{6:064x}", f"{0:064x}", "a space", 0.2, True)
        memory.answer(f"{4:064x}", f"{6:064x}", "a space", 0.2, True)
        found = {ids[entry.id] for entry in photo_lists.listed(memory, wanted)}
        assert {4, 6} <= found, "the user's word counts, also through another photo"


@pytest.mark.parametrize(("wish", "right"), [("the clock", [2, 3]), ("nans dog", [0, 1]), ("Rex", [6])])
def test_what_may_be_meant_to_be_forgotten_is_all_that_was_told_of_it(
    memory_file: Path, ids: dict[str, int], wish: str, right: list[int]
) -> None:
    with Memory(memory_file) as memory:
        found = photo_lists.to_forget(memory, wish).entries
    assert [ids[entry.id] for entry in found if ids[entry.id] != 5] == right
    assert all(entry.why == OF_THE_SAME for entry in found if ids[entry.id] in (1, 3))


@pytest.mark.parametrize(
    "words",
    [
        "this is Bolt hes a rescue",
        "Luna, a rescue from Romania",
        "Meet Nala. We adopted her in 2015.",
        "Picked Biscuit up at the shelter in Leeds",
        "she purrs when you scratch her",
        "a stray that followed us home",
        "Mittens at the vet",
    ],
)
def test_an_animal_is_told_without_a_word_for_its_kind(words: str) -> None:
    assert tells_of_animal(words)


@pytest.mark.parametrize(
    "words",
    [
        "a stray sock",
        "The rescue team in the Alps",
        "We waited in the bus shelter",
        "it was a rescue mission",
        "an oak",
    ],
)
def test_what_only_sounds_so_is_none(words: str) -> None:
    assert not tells_of_animal(words)
