"""Judges: who decides what a caption tells. One protocol; `Lexical` needs no model, `chat.py` asks any.

A judge sees a caption and a question, never a photo or a dialogue. It answers A, B, C or D, or None where it said
nothing that can be read as a letter; None is always counted apart and never as "D" (facts: the released scorer does).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from benchmark import dialogue
from benchmark.question import LETTERS, Question
from benchmark.score import SMALL

NEGATION = frozenset("no not never none nobody nothing neither nor without isn't wasn't weren't don't didn't".split())


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge answered."""

    letter: str | None
    """A, B, C or D; None = no single letter."""
    why: str = ""


class Judge(Protocol):
    """Anything that reads captions."""

    name: str

    def choose(self, asked: Sequence[tuple[str, Question]]) -> list[Verdict]:
        """A verdict for each (caption, question)."""
        ...

    def same(self, told: Sequence[tuple[str, str, str]]) -> list[bool | None]:
        """For each (question, right answer, reply) whether the reply says the right answer; None = no verdict."""
        ...


class Lexical:
    """Deterministic: an option is told when one sentence about the right thing holds all of its words.

    A sentence belongs to the last known name before or in it, so a true fact tied to a wrong name is not told.
    Sentences with a negation of their own tell nothing. Wordings of `paraphrases.toml` count as one. Two options told:
    no letter. Made for seeded facts, whose words are known; of free text it sees only the part that is word for word.
    """

    name = "lexical"

    def choose(self, asked: Sequence[tuple[str, Question]]) -> list[Verdict]:
        """See `Judge`."""
        return [self._choose(caption, question) for caption, question in asked]

    def same(self, told: Sequence[tuple[str, str, str]]) -> list[bool | None]:
        """See `Judge`."""
        return [any(_tells(s, gold) for s in _sentences(reply)) for _, gold, reply in told]

    def _choose(self, caption: str, question: Question) -> Verdict:
        sentences = about(caption, question.about) if question.about else _sentences(caption)
        told = [
            letter for letter, o in zip(LETTERS, question.options, strict=True) if any(_tells(s, o) for s in sentences)
        ]
        if len(told) > 1:
            return Verdict(None, f"tells {', '.join(told)}")
        return Verdict(told[0], "told word for word") if told else Verdict("D", "not told")


def about(caption: str, name: str) -> list[str]:
    """The sentences that speak of `name`: from where it is named until another known name takes over."""
    found, subject = [], ""
    for sentence in _sentences(caption):
        names = [n for n in re.findall(r"[^\W\d_]+", sentence) if n == name or n in _names()]
        if names:
            subject = name if name in names and not words_of(sentence) & NEGATION else names[-1]
            if subject == name and names[-1] != name:
                found.append(sentence)  # it names two: told of the first, and the next one takes over
                subject = names[-1]
                continue
        if subject == name:
            found.append(sentence)
    return found


def words_of(text: str) -> set[str]:
    """Content words in their canonical form (`paraphrases.toml`)."""
    plain = " ".join(re.findall(r"[\w'’]+", text.lower().replace("’", "'")))
    for wording, canonical in _wordings():
        plain = re.sub(rf"\b{re.escape(wording)}\b", canonical, plain)
    return set(plain.split()) - SMALL


def _tells(sentence: str, option: str) -> bool:
    said, wanted = words_of(sentence), words_of(option)
    return bool(wanted) and wanted <= said and not (said - wanted) & NEGATION


def _sentences(text: str) -> list[str]:
    return [s for s in re.split(r"(?<=[.!?])\s+|\n+", text.strip()) if s]


@cache
def _names() -> frozenset[str]:
    return frozenset(n for split in ("train", "dev", "test") for n in dialogue.words(split)["names"])


@cache
def _wordings() -> tuple[tuple[str, str], ...]:
    """(another wording, the canonical one), longest first."""
    with open(Path(__file__).parent / "paraphrases.toml", "rb") as file:
        table: dict[str, list[str]] = tomllib.load(file)
    pairs = [(other, canonical) for canonical, others in table.items() for other in others]
    return tuple(sorted(pairs, key=lambda p: -len(p[0])))
