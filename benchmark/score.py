"""Deterministic scores of a caption for seeded facts: who is named, who is not, which facts came along.

No judge is needed, since facts stand word for word in the dialogue (`dialogue.py`); a fact counts when all of its
content words are in the caption. Bounds are those of phrases; paraphrase needs the judges of issue 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

import numpy as np

from benchmark.dialogue import Facts
from benchmark.sample import Sample

SMALL = frozenset("a an the in on at of and to my our was were with by for from it its".split())
ASKED = ("place", "time", "event", "habit")


@dataclass(frozen=True, slots=True)
class Score:
    """A value between 0 and 1, and why."""

    value: float
    why: str


def content_words(text: str) -> set[str]:
    """Lower-case words without small ones and punctuation."""
    return set(re.findall(r"[\w'’]+", text.lower())) - SMALL


def named(caption: str, facts: Facts) -> bool:
    """Whether the caption says this name, as a whole word."""
    return re.search(rf"\b{re.escape(facts.name)}\b", caption) is not None


def told(caption: str, facts: Facts, shared: Set[str] = frozenset()) -> tuple[int, int]:
    """How many of the four facts the caption tells, and how many there are; those that are all `shared` words do not
    count."""
    there = [words for words in _content(facts) if not words <= shared]
    said = content_words(caption)
    return sum(words <= said for words in there), len(there)


def _content(facts: Facts) -> list[set[str]]:
    return [content_words(fact) for key in ASKED if (fact := getattr(facts, key))]


@dataclass(frozen=True, slots=True)
class CaptionScore:
    """One caption against its sample."""

    names_right: int
    """Positives that are named."""
    names_wrong: int
    """Negatives of the context that are named."""
    facts_right: int
    facts_asked: int
    facts_leaked: int
    """Facts of negatives that are told, where no positive shares the words."""
    facts_negative: int
    """Facts of negatives that could be: those that positives' words do not make up ("in June", "in early June")."""
    positives: int
    negatives: int


def score(caption: str, sample: Sample) -> CaptionScore:
    """Compare a caption with what is true about the sample."""
    positive = [sample.facts[i] for i in sample.positives]
    negative = [f for i, f in enumerate(sample.facts) if i not in sample.positives]
    right = [told(caption, f) for f in positive]
    shared = {word for f in positive for words in _content(f) for word in words}
    leaked = [told(caption, f, shared) for f in negative]
    return CaptionScore(
        sum(named(caption, f) for f in positive),
        sum(named(caption, f) for f in negative),
        sum(r for r, _ in right),
        sum(n for _, n in right),
        sum(r for r, _ in leaked),
        sum(n for _, n in leaked),
        len(positive),
        len(negative),
    )


def interval(values: Sequence[float], seed: int = 0, rounds: int = 1000) -> list[float] | None:
    """95 % bootstrap interval of the mean; None without values."""
    if not values:
        return None
    data = np.asarray(values, float)
    means = data[np.random.default_rng(seed).integers(0, len(data), (rounds, len(data)))].mean(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return [round(float(low), 4), round(float(high), 4)]


def summary(scores: Iterable[CaptionScore]) -> dict[str, float | int | list[float] | None]:
    """The paper's two rates on seeded facts, and names: fractions, micro-averaged over facts and names.

    acc_pos: facts of positives told. acc_neg: facts of negatives not told. name_recall: positives named.
    misbinding: captions that name somebody who is not there. exact: all positives named and nobody else.
    None where there is nothing to count: no rows, or no positives among strangers.
    """
    rows = list(scores)

    def ratio(top: str, bottom: str) -> float | None:
        below = sum(getattr(r, bottom) for r in rows)
        return round(sum(getattr(r, top) for r in rows) / below, 4) if below else None

    def share(values: Sequence[float]) -> float | None:
        return round(float(np.mean(values)), 4) if values else None

    leaked = ratio("facts_leaked", "facts_negative")
    recalled = [r.names_right / r.positives for r in rows if r.positives]
    wrong = [float(r.names_wrong > 0) for r in rows]
    return {
        "n": len(rows),
        "acc_pos": ratio("facts_right", "facts_asked"),
        "acc_neg": None if leaked is None else round(1 - leaked, 4),
        "name_recall": ratio("names_right", "positives"),
        "name_recall_interval": interval(recalled),
        "misbinding": share(wrong),
        "misbinding_interval": interval(wrong),
        "exact": share([float(r.names_right == r.positives and r.names_wrong == 0) for r in rows]),
    }
