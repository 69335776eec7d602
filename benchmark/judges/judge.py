"""Judges: who decides what a caption tells. One protocol; `Lexical` needs no model, `llm_judge.py` asks any.

A judge sees a caption and a question, never a photo or a dialogue. It answers A, B, C or D, or None where it said
nothing that can be read as a letter; None is always counted apart and never as "D" (facts: the released scorer does).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Protocol

from benchmark.world import dialogue
from benchmark.world.question import LETTERS, Question
from benchmark.world.text import SMALL

NEGATION = frozenset("no not never none nobody nothing neither nor without cannot".split())
"""With every word in "n't"."""
SPLITS = ("train", "dev", "test")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge answered."""

    letter: str | None
    """A, B, C or D; None = no single letter."""
    why: str = ""
    also: str = ""
    """Further letters that count as said; only where the released scorer is imitated (`llm_judge.py`)."""


class Judge(Protocol):
    """Anything that reads captions."""

    name: str

    def choose(self, asked: Sequence[tuple[str, Question]]) -> list[Verdict]:
        """A verdict for each (caption, question)."""
        ...

    def check_replies(self, replies: Sequence[tuple[str, str, str]]) -> list[bool | None]:
        """For each (question, right answer, reply) whether the reply says the right answer; None = no verdict."""
        ...


class Lexical:
    """Deterministic: an option is told when one sentence about the right thing holds all of its words.

    A sentence is about the known names in it, else about the last one before it, so a true fact tied to a wrong name is
    not told. Sentences with a negation of their own tell nothing. Wordings of `paraphrases.toml` count as one. Two
    options told: no letter. Made for seeded facts, whose words are known; of free text it sees only the part that is
    word for word.
    """

    name = "lexical"

    def choose(self, asked: Sequence[tuple[str, Question]]) -> list[Verdict]:
        """See `Judge`."""
        return [self._choose(caption, question) for caption, question in asked]

    def check_replies(self, replies: Sequence[tuple[str, str, str]]) -> list[bool | None]:
        """See `Judge`."""
        return [any(_tells(s, gold) for s in _sentences(reply)) for _, gold, reply in replies]

    def _choose(self, caption: str, question: Question) -> Verdict:
        sentences = about(caption, question.about) if question.about else _sentences(caption)
        told = [
            letter for letter, o in zip(LETTERS, question.options, strict=True) if any(_tells(s, o) for s in sentences)
        ]
        if len(told) > 1:
            return Verdict(None, f"tells {', '.join(told)}")
        return Verdict(told[0], "told word for word") if told else Verdict("D", "not told")


def about(caption: str, name: str) -> list[str]:
    """The sentences that speak of `name`: those that name it, and those after until another known name takes over.

    After "this is not Milo" nothing speaks of Milo until it is named again.
    """
    found, subject = [], ""
    for sentence in _sentences(caption):
        affirmed, denied = _named(sentence, name)
        if name in affirmed or (subject == name and not affirmed):
            found.append(sentence)
        if affirmed:
            subject = affirmed[-1]
        elif subject in denied:
            subject = ""
    return found


@lru_cache(maxsize=4096)
def words_of(text: str) -> frozenset[str]:
    """Content words in their canonical form (`paraphrases.toml`)."""
    plain = " ".join(re.findall(r"[^\W_]+(?:'[^\W_]+)*", text.lower().replace("’", "'")))
    wordings, canonical = _wordings()
    return frozenset(wordings.sub(lambda match: canonical[match[0]], plain).split()) - SMALL


def _tells(sentence: str, option: str) -> bool:
    said, wanted = words_of(sentence), words_of(option)
    return bool(wanted) and wanted <= said and not _denies(said - wanted)


def _denies(words: Iterable[str]) -> bool:
    return any(word in NEGATION or word.endswith("n't") for word in words)


def _named(sentence: str, name: str) -> tuple[list[str], list[str]]:
    """Known names that a sentence affirms, and those that it denies: "not Carl or Zoe, but Milo"."""
    found: tuple[list[str], list[str]] = ([], [])
    end, no = 0, False
    for match in _known(name).finditer(sentence):
        before = words_of(sentence[end : match.start()])
        no = _denies(before) or (no and before <= {"or"})
        found[no].append(match[0])
        end = match.end()
    return found


def _sentences(text: str) -> list[str]:
    return [s for s in re.split(r"(?<=[.!?])\s+|\n+", text.strip()) if s]


@lru_cache(maxsize=512)
def _known(name: str) -> re.Pattern[str]:
    """Finds `name` and the names that can stand beside it: those of its split (a city of another one may be called
    like a person), or of all when it is of none."""
    lists = [dialogue.words(split)["names"] for split in SPLITS]
    beside = next(([*names] for names in lists if name in names), [n for names in lists for n in names])
    longest_first = sorted({name, *beside}, key=lambda n: (-len(n), n))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")


@cache
def _wordings() -> tuple[re.Pattern[str], dict[str, str]]:
    """Finds every other wording, the longest that fits; and the canonical one of each."""
    with open(Path(__file__).parent / "paraphrases.toml", "rb") as file:
        table: dict[str, list[str]] = tomllib.load(file)
    canonical = {other: one for one, others in table.items() for other in others}
    longest_first = sorted(canonical, key=lambda other: (-len(other), other))
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b"), canonical
