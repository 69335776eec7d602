"""Sentences of a model that writes freely, which follow from what was told though their words and order differ.

Rules find what keeps the words of a memory, as small models do. Whether "Katrin adopted her from a shelter" follows
from "she belongs to my sister Katrin who got her from a shelter" says a network, as for natural-language inference
(Bowman and others, 2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from math import inf
from typing import Protocol

from assistant.grounding.entailment.claim_judge import Verdict
from assistant.grounding.quotes.quotation import Quotable
from assistant.grounding.words.phrases import named
from assistant.grounding.words.tokens import GENERIC, tokens
from memory.errors import ModelError
from memory.relative_days import dated_words

LEAST_OF_CAPTION, LEAST_OF_ANSWER = 1.0, 2.2
"""Logits from which a sentence is shown that rules do not find; chosen on dev (`benchmark grounding --fluent`)."""


class Verifier(Protocol):
    """What says how surely a text tells a claim."""

    def logit(self, claim: str, told: str) -> float:
        """The logit that `told` says what `claim` says. Raises ModelError."""
        ...


def verified(sentence: str, question: str, recalled: Sequence[Quotable], verifier: Verifier) -> Verdict:
    """What a sentence is that rules do not find: told by the memory that it follows from most surely, seen where it has
    no word of that, or unsupported, as where the file of the network is damaged.

    The network is not asked about a memory that lacks a name, a number or a day of the sentence.
    """
    claim = claim_of(sentence, question)
    texts = [(one, told_by(dated_words(one.episode, only_known=True), one.day, one.episode.place)) for one in recalled]
    texts = [(one, text) for one, text in texts if holds(sentence, text)]
    try:
        logits = [verifier.logit(claim, text) for _, text in texts]
    except ModelError:
        logits = []
    if max(logits, default=-inf) < (LEAST_OF_ANSWER if question else LEAST_OF_CAPTION):
        return Verdict(sentence, "unsupported")
    best, text = texts[logits.index(max(logits))]
    told = {t.stem for t in tokens(text) if t.content}
    if not any(t.content and t.stem in told - GENERIC for t in tokens(sentence)):
        return Verdict(sentence, "seen")
    return Verdict(sentence, "told" if best.certainty == "sure" else "maybe", (best.episode.id,))


def holds(sentence: str, told: str) -> bool:
    """Whether a text has all names, numbers and days of a sentence: these are nobody's to guess."""
    there = named(tokens(told))
    days = [t.day for t in there if t.day]
    stems = {t.stem for t in there}
    return all(
        any(t.day.within(day) for day in days) if t.day else t.stem in stems
        for t in named(tokens(sentence))
        if t.kind in ("name", "number", "day") and t.stem != "1"
    )


def claim_of(sentence: str, question: str) -> str:
    """A sentence as the network takes it: an answer behind its question, which says what "In Rome." is about."""
    return f"{question} {sentence}" if question else sentence


def told_by(words: str, day: date | None, place: str | None) -> str:
    """A memory as the network takes it: the words, with the day and the place of the photo behind them."""
    of = [f"{day.day} {day:%B %Y}" if day else "", place or ""]
    photo = ", ".join(part for part in of if part)
    return f"{words} (Photo: {photo}.)" if photo else words
