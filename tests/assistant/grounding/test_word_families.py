"""Questions find the sentence that speaks of their matter in other words: pairs in view, and pairs held out."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest

from assistant.conversation.word_recall import by_words
from assistant.grounding.quotes.pick import pick
from assistant.grounding.quotes.quotation import Quotable
from assistant.grounding.quotes.reading import read_all
from assistant.grounding.words.families import related
from assistant.grounding.words.tokens import alike, stem
from assistant.reader.answer_reader import AnswerReader
from memory.episode import Episode, Photo, Turn
from memory.store import Memory

PAIRS = Path(__file__).parents[2] / "data" / "question_sentence.tsv"
READER = AnswerReader()
"""One for all: opening it takes longer than reading."""
DAY = datetime(2024, 5, 12, tzinfo=UTC)


def pairs(half: str = "") -> list[tuple[str, str]]:
    with PAIRS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [(row["question"], row["sentence"]) for row in rows if half in ("", row["half"])]


def told(words: str, n: int = 1) -> Episode:
    return Episode(Photo(f"{n:064x}", b"\xff\xd8%d" % n, 4, 4), (Turn("user", words),), DAY)


def quoted(question: str, words: str) -> str:
    episode = told(words)
    recalled = [Quotable(episode, episode.day, "sure")]
    found = pick(question, recalled, read_all(question, recalled, READER) or {})
    return found.text if found else ""


@pytest.mark.parametrize(("half", "most"), [("mend", 1), ("held", 5)])
def test_the_sentence_is_quoted_among_others(half: str, most: int) -> None:
    """Of 20 each, 13 and 14 were missed by the first rules. The table was made with the first half in view."""
    asked = pairs(half)
    missed = [(q, s) for q, s in asked if s not in quoted(q, f"It was a sunny afternoon. {s}. Everyone laughed.")]
    assert len(asked) == 20 and len(missed) <= most, missed


def test_hardly_another_sentence_is_quoted() -> None:
    """11.2 % before the families, 12.4 % with them, some of them rightly. Two lines that follow one another in the file
    are of one matter, and left out."""
    numbered = list(enumerate(pairs()))
    crossed = [(q, s) for (i, (q, _)), (j, (_, s)) in product(numbered, numbered) if i // 2 != j // 2]
    assert sum(bool(quoted(q, f"{s}.")) for q, s in crossed) <= 0.14 * len(crossed)


def test_stealing_is_told_in_many_words() -> None:
    assert "sausage" in quoted("What did she steal?", "Pippa. She nicked a whole sausage off the barbecue.")


def test_related_words_are_not_equal_words() -> None:
    """A claim with one of them is not supported by the other."""
    assert related(stem("married"), stem("wedding")) and not alike(stem("married"), stem("wedding"))
    assert not related(stem("wedding"), stem("funeral")) and not related(stem("born"), stem("died"))


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("who got married?", "At Lena's wedding"),
        ("When was Emil born?", "Emil's birthday"),
        ("Who died?", "The funeral"),
    ],
)
def test_without_a_photo_they_bring_the_memory(memory_file: Path, question: str, first: str) -> None:
    """Before what has only "got" or a name."""
    with Memory(memory_file) as memory:
        for n, words in enumerate(
            ["We got this in Rome", "At Lena's wedding", "Emil's birthday", "The funeral", "A dog"]
        ):
            memory.add(told(words, n))
        assert by_words(memory, question, 4, (), None)[0].episode.words == first
