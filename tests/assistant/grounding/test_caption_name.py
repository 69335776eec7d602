"""A caption names what is in view, although the model began with what it does."""

from __future__ import annotations

import pytest

from tests.support.grounded import check, recall

MORITZ = "thats moritz my neighbours tomcat, he wants tuna and i'm not supposed to feed him because of his kidneys"
FED = "You're not supposed to feed him because of his kidneys."


def test_a_caption_without_the_name_gets_it_from_the_memory() -> None:
    assert check(FED, recall(MORITZ, by_sight=True)).shown == f"This is Moritz. {FED}"


def test_the_name_is_said_once() -> None:
    moritz = recall(MORITZ, by_sight=True)
    assert check(f"{FED} This is Moritz. He wants tuna.", moritz).shown == f"This is Moritz. {FED} He wants tuna."
    assert check(f"This is Moritz. {FED}", moritz).shown == f"This is Moritz. {FED}"


def test_a_name_in_small_letters_gets_its_capital() -> None:
    toffee = recall("this is toffee my sisters corgi, she loves toffee", by_sight=True)
    said = "This is toffee your sisters corgi, she loves toffee."
    assert check(said, toffee).shown == "This is Toffee your sisters corgi, she loves toffee."


def test_the_name_stands_before_what_it_is() -> None:
    moritz = recall(MORITZ, by_sight=True)
    assert check("This is your neighbour's tomcat.", moritz).shown == "This is Moritz, your neighbour's tomcat."


def test_whose_it_is_does_not_name_it_again() -> None:
    milo = recall("This is Milo, my daughter's bear. We were at the harbour.", by_sight=True)
    written = "This is Milo. Your daughter's bear is Milo. You were at the harbour."
    assert check(written, milo).shown == "This is Milo. Your daughter's bear. You were at the harbour."
    assert check("Your daughter's bear is Milo.", milo).shown == "Your daughter's bear is Milo."


@pytest.mark.parametrize(
    ("words", "caption"),
    [
        ("Anna's backpack, she bought it in Rome.", "She bought it in Rome."),  # of whom the photo shows nothing
        ("This is Leo with Mia. They were in Rome.", "They were in Rome."),  # one of them may be in view
        ("We bought it in Rome.", "You bought it in Rome."),
    ],
)
def test_without_one_name_a_caption_stays_as_it_is(words: str, caption: str) -> None:
    assert check(caption, recall(words, by_sight=True)).shown == caption


def test_what_words_alone_bring_back_is_not_in_view() -> None:
    assert check(FED, recall(MORITZ)).shown == FED


@pytest.mark.parametrize("words", ["It's Toffee", "He's Toffee", "Here is Toffee!", "This is Toffee."])
def test_of_words_that_are_only_a_name_the_caption_says_the_name(words: str) -> None:
    for written in ("Toffee, to be Toffee. He's Toffee.", "You went to the sea.", ""):
        assert check(written, recall(words, by_sight=True)).shown == "This is Toffee."
    assert "Maybe" in check("You went to the sea.", recall(words, by_sight=True, sure=False)).shown
