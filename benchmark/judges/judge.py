"""Judges decide what a caption tells. This file has their protocol and `Lexical`, which needs no model.

A judge sees a caption and a question, never a photo or a dialogue. It answers A, B, C or D, or None where its answer
cannot be read as one letter. None is counted apart and never as "D", as the released scorer counts it. `llm_judge.py`
has the judge behind a chat server.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from benchmark.world import dialogue
from benchmark.world.content_words import canonical_words
from benchmark.world.question import LETTERS, Question

NEGATION = frozenset("no not never none nobody nothing neither nor without cannot".split())
"""Words that deny; every word that ends in "n't" is another one."""
SPLITS = ("train", "dev", "test")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judge's answer to one question about one caption."""

    letter: str | None
    """A, B, C or D; None where the judge said no letter, or more than one."""
    why: str = ""
    """The judge's reason in one line, for reports."""
    also: str = ""
    """Further letters that count as answered; only where the released scorer is imitated (`llm_judge.py`)."""


class Judge(Protocol):
    """Anything that answers questions from captions."""

    name: str
    """Stands in results beside the scores."""

    def choose(self, asked: Sequence[tuple[str, Question]]) -> list[Verdict]:
        """A verdict for each (caption, question)."""
        ...

    def check_replies(self, replies: Sequence[tuple[str, str, str]]) -> list[bool | None]:
        """Whether each (question, right answer, reply) holds a right reply; None where there is no verdict."""
        ...


class Lexical:
    """A deterministic judge: an option is told when one sentence about the right thing holds all its words.

    A sentence is about the known names in it, else about the last known name before it; so a true fact tied to a wrong
    name does not count. A sentence with a negation beside the option's words tells nothing. Different wordings of
    `paraphrases.toml` count as one wording. Two options told give no letter. The judge is made for seeded facts, whose
    words are known; in free text it finds only what stands there word for word.
    """

    name = "lexical"

    def choose(self, asked: Sequence[tuple[str, Question]]) -> list[Verdict]:
        """See `Judge`."""
        return [self._choose(caption, question) for caption, question in asked]

    def check_replies(self, replies: Sequence[tuple[str, str, str]]) -> list[bool | None]:
        """See `Judge`."""
        return [any(_tells(s, right) for s in split_sentences(reply)) for _, right, reply in replies]

    def _choose(self, caption: str, question: Question) -> Verdict:
        sentences = sentences_about(caption, question.about) if question.about else split_sentences(caption)
        options = zip(LETTERS, question.options, strict=True)
        letters = [letter for letter, option in options if any(_tells(s, option) for s in sentences)]
        if len(letters) > 1:
            return Verdict(None, f"tells {', '.join(letters)}")
        return Verdict(letters[0], "told word for word") if letters else Verdict("D", "not told")


def sentences_about(caption: str, name: str) -> list[str]:
    """The sentences that speak of `name`: those that name it, and those after them until another known name.

    After "this is not Milo" no sentence speaks of Milo until Milo is named again.
    """
    sentences, subject = [], ""
    for sentence in split_sentences(caption):
        affirmed, denied = _names_in(sentence, name)
        if name in affirmed or (subject == name and not affirmed):
            sentences.append(sentence)
        if affirmed:
            subject = affirmed[-1]
        elif subject in denied:
            subject = ""
    return sentences


def _tells(sentence: str, option: str) -> bool:
    """Whether the sentence holds all words of the option, and no negation besides."""
    words, wanted = canonical_words(sentence), canonical_words(option)
    return bool(wanted) and wanted <= words and not _denies(words - wanted)


def _denies(words: Iterable[str]) -> bool:
    return any(word in NEGATION or word.endswith("n't") for word in words)


def _names_in(sentence: str, name: str) -> tuple[list[str], list[str]]:
    """Known names that a sentence affirms, and those that it denies: "not Carl or Zoe, but Milo"."""
    names: tuple[list[str], list[str]] = ([], [])  # affirmed, denied
    end, denied = 0, False
    for match in _known_names(name).finditer(sentence):
        before = canonical_words(sentence[end : match.start()])
        denied = _denies(before) or (denied and before <= {"or"})
        names[denied].append(match[0])
        end = match.end()
    return names


def split_sentences(text: str) -> list[str]:
    """The sentences and lines of a text, the empty ones left out."""
    return [s for s in re.split(r"(?<=[.!?])\s+|\n+", text.strip()) if s]


@lru_cache(maxsize=512)
def _known_names(name: str) -> re.Pattern[str]:
    """A pattern of `name` and the names that can stand beside it.

    They are the names of its split (a city of another split may be called like a person), or all names where `name` is
    of no split.
    """
    lists = [dialogue.words(split)["names"] for split in SPLITS]
    beside = next(([*names] for names in lists if name in names), [n for names in lists for n in names])
    longest_first = sorted({name, *beside}, key=lambda n: (-len(n), n))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
