"""Questions for whatever was told about somebody are answered with the user's words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assistant.grounding.quotes.about_question import asked_about, what_was_told
from assistant.grounding.quotes.quotation import Quotable
from memory.episode import Episode, Photo, Turn

WHEN = datetime(2026, 5, 2, 12, tzinfo=UTC)
WORDS = "Our first beer by the canal. Ravi and Priya came straight from the exam."
BEER = Quotable(Episode(Photo("x", b"", 1, 1), (Turn("user", WORDS),), WHEN), None, "sure")


@pytest.mark.parametrize(
    "question",
    [
        "what do you know about Ravi",
        "so tell me everything about ravi",
        "Did I ever tell you about Priya?",
        "anything about the exam?",
        "what happened at the exam?",
        "what's the story with Ravi",
        "what about ravi?",
        "how about the exam",
        "and priya?",
    ],
)
def test_the_words_are_quoted_from_the_sentence_that_has_the_name(question: str) -> None:
    found = what_was_told(question, [BEER])
    assert found and "“Ravi and Priya came straight from the exam.”" in found[0].text


@pytest.mark.parametrize(
    "question",
    [
        "Did I ever tell you about my uncle Bernd?",
        "what do you know about spiders",
        "who is Ravi?",
        "what happened at the zoo",
        "tell me about it",
        "what about it?",
        "and when?",
        "and you?",
        "what of it",
    ],
)
def test_nothing_is_quoted_for_what_was_never_told(question: str) -> None:
    assert not what_was_told(question, [BEER])


@pytest.mark.parametrize("question", ["do u know this guy", "which dog is that", "Have you seen him before?"])
def test_who_is_in_view_is_answered_with_the_words_about_it(question: str) -> None:
    found = what_was_told(question, [BEER._replace(in_view=True)])
    assert found and "Our first beer by the canal." in found[0].text
    assert not what_was_told(question, [BEER]), "found by words, and not in view"


def test_what_is_asked_about() -> None:
    assert asked_about("What do you know of this fellow?") == ""
    assert asked_about("What did I tell you about my mother?") == "my mother"
    assert asked_about("who is Ravi?") == asked_about("what happened with the clock?") == ""
