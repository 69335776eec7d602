"""A caption's sentence that repeats the user's words is shown, whatever else would be asked of it; a changed one is
not, nor one that repeats what was said of somebody else."""

from __future__ import annotations

import pytest

from assistant.grounding.entailment import premise
from assistant.grounding.entailment.frames import repeats
from assistant.grounding.words.tokens import tokens
from tests.support.grounded import check, recall

COACH = (
    "32 hours by coach, seat 15, every year. In suitcase going: tea, cheddar. "
    "Coming back: sausage, my mother's voice on cassette."
)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (COACH, "In suitcase going: tea, cheddar."),
        (COACH, "Coming back: sausage, your mother's voice on cassette."),
        (COACH, "32 hours by coach, seat 15, every year."),
        ("I was asleep on the bench for all of it.", "You were asleep on the bench for all of it."),
        ("Send two parents, never the same two.", "Send two parents, never the same two."),
    ],
)
def test_what_was_told_word_for_word_is_shown(words: str, sentence: str) -> None:
    assert check(sentence, recall(words)).shown == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "In suitcase going: sausage, cheddar.",
        "Coming back: tea, cheddar, your mother's voice on cassette.",
        "32 hours by train, seat 15, every year.",
        "Her mother's voice on cassette coming back.",
    ],
)
def test_what_is_joined_or_changed_is_not(sentence: str) -> None:
    assert sentence not in check(sentence, recall(COACH)).shown


def test_he_is_whom_the_sentence_before_named() -> None:
    """Words that were told of another dog are no words of this one."""
    oskar, winston = recall("This is Oskar, my dog."), recall("Winston, Mara's dog. He's scared of the vacuum cleaner.")
    assert "vacuum" not in check("This is Oskar. He's scared of the vacuum cleaner.", oskar, winston).shown
    assert "vacuum" in check("This is Winston. He's scared of the vacuum cleaner.", oskar, winston).shown


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("I don't think Rex ate the whole cake.", "Rex ate the whole cake."),
        ("If it rains, we sleep in the old barn.", "You sleep in the old barn."),
        ("Tom said, I broke the blue vase.", "You broke the blue vase."),
        ("We never went there, we slept in the car instead.", "Went there, we slept in the car instead."),
    ],
)
def test_half_a_sentence_is_no_repetition_where_the_other_half_turns_it_round(words: str, sentence: str) -> None:
    source = premise.read(words)
    assert not repeats(tokens(sentence), source)
    assert repeats(tokens(words), source), "the whole sentence is"
