"""What was told later against an answer is quoted behind it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from assistant.grounding.quotes.later_words import later_words
from assistant.grounding.quotes.quotation import Quotable
from memory.episode import Episode, Photo, Turn

WHEN = datetime(2026, 5, 2, 12, tzinfo=UTC)


def told(words: str, order: int) -> Quotable:
    at = WHEN + timedelta(days=order)
    episode = Episode(Photo("x", b"", 1, 1), (Turn("user", words),), at, told=at, order=order)
    return Quotable(episode, None, "sure", True)


@pytest.mark.parametrize(
    ("before", "question", "answer", "later"),
    [
        ("It cost twelve euros.", "how much was it?", "Twelve euros.", "It was fifteen euros"),
        ("a ranger found it 2 days later", "how long was it gone", "2 days.", "it was three days"),
        ("dad said no but nan paid", "who bought me these", "Nan.", "nan didnt pay, it was grandad"),
        ("He is my sister Carol's corgi.", "whose dog is that", "Carol's.", "he isnt carols, he belongs to Pat"),
        ("bluey shes 9 and deaf in one ear", "how old is bluey", "Bluey shes 9 and deaf.", "she turned 10 in march"),
        ("shes deaf in one ear", "is she deaf?", "Shes deaf in one ear.", "No its not deaf its blind in one eye"),
        (
            "Mrs Ogden gave him the monster.",
            "who gave Alfie the monster?",
            "Mrs Ogden.",
            "I said that Mrs Ogden gave it to him, but I was mistaken; it was her sister, Mrs Platt.",
        ),
        ("Harold sold it to me.", "who sold it?", "Harold.", "I misremembered, Harold lent it"),
        ("tom spilled beer on it on the tram", "who spilled beer on it", "Tom spilled beer on it.", "It was mia"),
        ("tom spilled beer on it", "what happened", "Tom spilled beer on it.", "no i meant my brother"),
        ("Anna broke the vase", "who broke it?", "Anna.", "sorry it was me"),
        (
            "Key's in the front pocket.",
            "where is the key",
            "Key's in the front pocket.",
            "we moved the key to the side",
        ),
        (
            "Half a tin each time.",
            "how much does she get",
            "Half a tin each time.",
            "Winnie now gets three quarters of a tin",
        ),
        ("We moved here in 2019.", "when did we move?", "In 2019.", "It was 2018, I found the lease"),
    ],
)
def test_later_words_are_quoted_behind_an_answer(before: str, question: str, answer: str, later: str) -> None:
    old, new = told(before, 1), told(later, 2)
    quote = later_words(question, answer, [old.episode.id], [old, new])
    assert quote and later in quote.text and quote.text.startswith("But you told me later")
    assert quote.episode == new.episode.id
    assert later_words(question, later, [new.episode.id], [old, new]) is None, "the newer stands alone"


@pytest.mark.parametrize(
    ("question", "answer", "later"),
    [
        ("how much was it?", "Twelve euros.", "She carried it home in a bag"),
        ("where did I get it?", "At the market, for twelve euros.", "It was fifteen euros"),
        ("how old was she?", "She was 9.", "She was 10 kilos in March"),
        ("who was there?", "Anna.", "It never rang again"),
        ("who was there?", "Anna.", "It was fun"),
        ("who was there?", "Anna.", "it was anna"),
        ("where did I get it?", "At the market.", "It was Mia"),
        ("where did Anna get it?", "At the market.", "Anna now lives in Rome"),
        ("how much was it?", "Twelve euros.", "we moved it to the cellar"),
    ],
)
def test_what_says_nothing_against_it_is_not_quoted(question: str, answer: str, later: str) -> None:
    old = told("I got it with Anna at the market, for twelve euros.", 1)
    assert later_words(question, answer, [old.episode.id], [old, told(later, 2)]) is None


def test_words_about_something_else_are_not_quoted() -> None:
    old, new = told("It cost twelve euros.", 1), told("It was fifteen euros", 2)
    elsewhere = Photo("y", b"", 1, 1)
    new = new._replace(episode=replace(new.episode, photo=elsewhere), in_view=False)
    assert later_words("how much was it?", "Twelve euros.", [old.episode.id], [old, new]) is None
