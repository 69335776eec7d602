"""Words about somebody known from other photos are told apart from words about the photo in view."""

from __future__ import annotations

import pytest

from memory.naming import decisions
from memory.naming.told_elsewhere import told_elsewhere
from memory.store import Memory
from tests.memory.test_names import memory, tell  # noqa: F401 - a fixture

TOLD = ("This is the clock of Grandma Ruth, Henry repaired it.", "This is Biscuit, our dog.", "Anna gave me this bag.")


def photos_of(memory: Memory) -> list[str]:  # noqa: F811
    """Hashes of the photos of clock, dog and bag, and of one of which nothing was told."""
    return [memory.get(tell(memory, n, words)).photo.sha256 for n, words in enumerate(TOLD)] + ["f" * 64]


@pytest.mark.parametrize(
    "words",
    [
        "Biscuit died last week",
        "biscuit died last week",
        "Biscuit now gets half a tin",
        "Sadly our dog Biscuit died",
        "This morning Biscuit ate a shoe",
        "I miss Biscuit",
        "Biscuit, our dog, died last week",
        "My Biscuit died",
        "The dog Biscuit died",
        "We lost Biscuit last week.",
        "Biscuit's birthday is on Sunday",
        "Biscuit is ill, it is the kidneys",
        "Anna broke her leg",
        "I took Biscuit to the vet",
        "we had to bring biscuit to the vet again",
        "Yesterday I washed my Biscuit",
        "Tom gave Biscuit a bath",
        "We went for a walk with Biscuit this morning",
        "I've been to the vet with Biscuit today",
        "i visited Anna in Rome",
    ],
)
def test_words_about_somebody_whom_only_other_photos_show(memory: Memory, words: str) -> None:  # noqa: F811
    clock, dog, bag, new = photos_of(memory)
    assert told_elsewhere(memory, words, [clock]) in ("Biscuit", "Anna")
    assert told_elsewhere(memory, words, [clock, dog, bag]) == ""  # recalled
    assert told_elsewhere(memory, words, [new]) == ""  # the first words about a photo
    assert told_elsewhere(memory, words, [new, clock])


@pytest.mark.parametrize(
    "words",
    [
        "Biscuit at the lake",
        "That's Biscuit",
        "This is Biscuit",
        "Biscuit with the clock",
        "Biscuit broke it",
        "Biscuit knocked the clock over",
        "Biscuit sleeps here",
        "Biscuit loves this one",
        "Anna's wedding in Rome",
        "Henry died last week",
        "Oscar died last week",
        "We bought it with Anna",
        "We were at the market with Anna",
        "I got the watchmaker's number from Anna",
        "I took Biscuit here",
        "I took Biscuit to the shop for the clock",
        "Tom made a photo of Biscuit",
        "I took this when Biscuit was small",
        "My blue bag from Rome",
        "It stood in the hall",
        "",
    ],
)
def test_words_about_the_photo_in_view(memory: Memory, words: str) -> None:  # noqa: F811
    clock, *_ = photos_of(memory)
    assert told_elsewhere(memory, words, [clock]) == ""


def test_what_the_user_said_is_no_name_is_none(memory: Memory) -> None:  # noqa: F811
    clock, *_ = photos_of(memory)
    decisions.no_name(memory, "Biscuit")
    assert told_elsewhere(memory, "Biscuit died last week", [clock]) == ""


def test_names_with_marks_are_found(memory: Memory) -> None:  # noqa: F811
    clock, *_ = photos_of(memory)
    tell(memory, 9, "This is Bärli, my teddy.")
    assert told_elsewhere(memory, "I took Bärli to the vet", [clock]) == "Bärli"
