"""Facts in other words: every wording is reachable, keeps its form, and makes no two options of a question equal."""

from __future__ import annotations

import tomllib
from itertools import combinations
from pathlib import Path

import pytest

from benchmark.judges.judge import Lexical
from benchmark.world import dialogue
from benchmark.world.content_words import canonical_words, content_words
from benchmark.world.question import Question


def asked(*options: str, name: str = "Milo") -> Question:
    return Question(f"Where was {name}?", (options[0], options[1], options[2]), "A", name, "place")


def wordings() -> dict[str, list[str]]:
    with open(Path(dialogue.__file__).parent / "paraphrases.toml", "rb") as file:
        return tomllib.load(file)


KEYS = {"place": "spots", "time": "times", "event": "events", "habit": "habits"}


SPLITS = ("train", "dev", "test")


def options_of(split: str, key: str) -> list[str]:
    return dialogue.words(split)[KEYS[key]]


@pytest.mark.parametrize("canonical", wordings())
def test_every_wording_is_reachable_and_of_use(canonical: str) -> None:
    """No rule stands in the way of another, none is a canonical form itself, and some option has the canonical one."""
    others = wordings()[canonical]
    assert canonical_words(canonical) == content_words(canonical), "another rule rewrites it"
    for other in others:
        assert canonical_words(other) == canonical_words(canonical) != content_words(other)
        assert canonical_words(f"Once, {other.upper()}: yes") == canonical_words(f"once {canonical} yes")
    options = [o for split in SPLITS for key in KEYS for o in options_of(split, key)]
    assert any(canonical_words(canonical) <= canonical_words(o) for o in options)


def test_no_wording_is_of_two_forms() -> None:
    every = [other for others in wordings().values() for other in others]
    assert len(every) == len(set(every)) and not set(every) & set(wordings())


def test_a_rule_matches_whole_words() -> None:
    """Previously "sat" was Saturday and "the sun" Sunday."""
    assert canonical_words("We sat in the sun, at the seaport, in the Marches") == {
        "we",
        "sits",
        "sun",
        "seaport",
        "marches",
    }
    assert canonical_words("the 10 o'clock, 'port' and _docks_; don’t") == {"ten", "o'clock", "harbour", "don't"}


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("key", KEYS)
def test_paraphrases_make_no_two_options_equal(split: str, key: str) -> None:
    """Pairwise: what one option tells the other only where it did before any paraphrase, and `question.py` looks."""
    for one, other in combinations(options_of(split, key), 2):
        plain, canonical = (
            [(of(a) <= of(b)) for a, b in ((one, other), (other, one))] for of in (content_words, canonical_words)
        )
        assert canonical_words(one) != canonical_words(other), (one, other)
        assert canonical == plain, (one, other)


PARAPHRASED = {
    "the harbour in Bari": "the docks of Bari",
    "in early November": "at the beginning of Nov",
    "at the end of winter": "late that winter",
    "two days before New Year": "2 days before New Year’s",
    "learning to juggle": "you learnt to juggle",
    "wakes up at five": "woke up at 5",
    "comes along on Sundays": "came along every Sunday",
    "sits next to the piano": "sat next to your piano",
}


@pytest.mark.parametrize("option", PARAPHRASED)
def test_an_option_in_other_words_is_told(option: str) -> None:
    assert any(option in options_of("test", key) or key == "place" for key in KEYS)
    question = asked("the moon", option, "the stars")
    assert Lexical().choose([(f"This is Milo: {PARAPHRASED[option]}.", question)])[0].letter == "B"
