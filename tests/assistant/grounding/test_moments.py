"""Dates in the words that are none of the photo, and photos whose day nobody knows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assistant.grounding.evidence import grounded_text
from assistant.grounding.moments import asks_for_the_photo, of_another_moment
from assistant.grounding.text_checks import Checks
from assistant.grounding.words.tokens import tokens
from assistant.reader import answer_reader
from memory.episode import Episode, Photo, Recall, Turn


def shown(text: str, words: str, question: str | None = None, *, dated: bool = False) -> str:
    """What is shown of a text about a photo of which these words were told, on an unknown day unless `dated`."""
    when = datetime(2025, 7, 20, 12, tzinfo=UTC)
    turns = (Turn("user", words),)
    episode = (
        Episode(Photo(words, b"", 1, 1), turns, when)
        if dated
        else Episode(Photo(words, b"", 1, 1), turns, when, day=None)
    )
    checked = grounded_text(
        [Recall(episode, 0.9, "the same thing", "sure")], None, question, Checks("told", answer_reader.shipped())
    )
    checked.write(text)
    checked.finish()
    return checked.shown.strip()


BIRTHDAY = "This is Bruno, Anna's bear. Anna's birthday is on 12 May."


@pytest.mark.parametrize("question", ["When was this?", "When was this photo taken?", "What day was it?"])
def test_a_date_in_the_words_is_no_date_of_the_photo(question: str) -> None:
    assert shown("It was on 12 May.", BIRTHDAY, question) == "I do not know when."
    assert shown("It was on a day unknown.", BIRTHDAY, question) == "I do not know when."
    assert shown("It was on 20 July 2025.", BIRTHDAY, question) == "I do not know when.", "the day of telling is none"
    assert "20 July 2025" in shown("It was on 12 May.", BIRTHDAY, question, dated=True)


def test_captions_claim_no_day_that_is_not_known() -> None:
    for text in ("on 12 May", "on a day unknown", "on 20 July 2025"):
        assert shown(f"This is Bruno. You were together {text}.", BIRTHDAY) == "This is Bruno."
    dated = shown("This is Bruno. You were together on 20 July 2025.", BIRTHDAY, dated=True)
    assert dated == "This is Bruno. You were together on 20 July 2025."


def test_what_was_told_of_the_date_is_still_known() -> None:
    assert "12 May" in shown("It is on 12 May.", BIRTHDAY, "When is Anna's birthday?")
    assert (
        shown("Anna's birthday is on 12 May.", BIRTHDAY, "When is Anna's birthday?") == "Anna's birthday is on 12 May."
    )
    told = "We saw Zuri at the fair on 3 May 2024."
    assert shown("It was on 3 May 2024.", told, "When was this?") == "It was on 3 May 2024."


@pytest.mark.parametrize(
    ("sentence", "other"),
    [
        ("Anna's birthday is on 12 May.", True), ("He was born on 3 March 2019.", True),
        ("Her exam is on 4 June.", True),
        ("She turns 40 on 12 May.", True), ("Anna's birthday on 12 May 2024.", False),
        ("We were there on 3 May 2024.", False),
        ("This is Anna's birthday, 12 May 2024.", False),
    ],
)  # fmt: skip
def test_sentences_of_another_moment(sentence: str, other: bool) -> None:
    assert of_another_moment(tokens(sentence)) == other


def test_questions_for_the_photo_alone() -> None:
    for yes in (
        "When was this?",
        "What year is this photo from?",
        "when was this picture taken",
        "Which day was that?",
    ):
        assert asks_for_the_photo(yes), yes
    for no in ("When did I buy it?", "When is Anna's birthday?", "Where was this?", "When was Anna born?"):
        assert not asks_for_the_photo(no), no
