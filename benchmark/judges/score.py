"""Scores of a caption (names and facts it tells, questions a judge answers from it), and their averages.

A score is a pair (right, asked). Averages are micro-averages as in the paper: the sum of all `right` over the sum of
all `asked`. What cannot be asked, such as positives in a photo of strangers, is (0, 0) and never counts. Names and
facts are compared word for word; whether a fact is tied to the right thing is a question for a judge (`judge.py`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from assistant.grounding.claims import abstains, sentences
from benchmark.judges.judge import Judge
from benchmark.world.content_words import content_words
from benchmark.world.dialogue import Facts
from benchmark.world.sample import Sample

ASKED = ("place", "time", "event", "habit")
"""The facts that are scored."""
ROUNDS = 1000
"""Resamplings of a bootstrap interval."""
Pair = tuple[float, float]
Scores = dict[str, Pair]
"""(right, asked) by measure."""


def named(caption: str, facts: Facts) -> bool:
    """Whether the caption says the name as a whole word."""
    return re.search(rf"\b{re.escape(facts.name)}\b", caption) is not None


def count_facts(caption: str, facts: Facts, shared: Set[str] = frozenset()) -> tuple[int, int]:
    """(told, all): how many facts the caption tells, of how many. A fact of `shared` words only does not count."""
    wanted = [words for words in _fact_words(facts) if not words <= shared]
    words_told = content_words(caption)
    return sum(words <= words_told for words in wanted), len(wanted)


def score(caption: str, facts: Sequence[Facts], positives: Sequence[int]) -> Scores:
    """Compare a caption with the `facts` of the context's things, of which those at `positives` are in the photo.

    name_recall: positives named. misbinding: the caption names a thing of the context that is not in the photo. exact:
    all positives named and no other thing. facts_told: facts of positives told. facts_kept: facts of negatives not
    told, without those that the positives' words make up ("in June" beside "in early June"). abstained: a sentence of
    the caption says, in whatever words, that something is not known, and the caption names nothing of the context.
    """
    positive = [facts[i] for i in positives]
    negative = [f for i, f in enumerate(facts) if i not in positives]
    right = sum(named(caption, f) for f in positive)
    wrong = any(named(caption, f) for f in negative)
    shared = {word for f in positive for words in _fact_words(f) for word in words}
    of_positives = [count_facts(caption, f) for f in positive]
    of_negatives = [count_facts(caption, f, shared) for f in negative]
    return {
        "name_recall": (right, len(positive)),
        "misbinding": (float(wrong), 1),
        "exact": (float(right == len(positive) and not wrong), 1),
        "facts_told": (sum(n for n, _ in of_positives), sum(n for _, n in of_positives)),
        "facts_kept": (sum(n - k for k, n in of_negatives), sum(n for _, n in of_negatives)),
        "abstained": (float(not right and not wrong and any(map(abstains, sentences(caption)))), 1),
    }


def question_scores(caption: str, sample: Sample, judge: Judge) -> Scores:
    """What a judge answers from the caption to the questions of the sample (CapEval-QAs, paper section 3).

    acc_pos: questions about positives answered right. acc_neg: questions about the others answered "cannot be
    determined". unread: verdicts without a letter, which are wrong in all measures. empty: the caption holds no text.

    Two measures of Omni-Persona (arXiv 2605.09996), with questions as its items. true_abstention: of the questions that
    the caption must leave open, about things that are not in the photo (absent thing) or facts that were never told
    (`absent_fact` counts these alone), those left open. calibration: of all questions, those answered right or rightly
    left open; each counts alike.
    """
    asked = [(i, question) for i, questions in enumerate(sample.questions) for question in questions]
    verdicts = judge.choose([(caption, question) for _, question in asked])
    marks: dict[str, list[bool]] = {"told": [], "absent fact": [], "absent thing": []}
    for (i, question), verdict in zip(asked, verdicts, strict=True):
        wanted = question.answer if i in sample.positives else "D"
        kind = "absent thing" if i not in sample.positives else "absent fact" if wanted == "D" else "told"
        marks[kind].append(wanted == verdict.letter or wanted in verdict.also)
    told, thing, fact = marks["told"], marks["absent thing"], marks["absent fact"]
    return {
        "acc_pos": (sum(told), len(told)),
        "acc_neg": (sum(thing), len(thing)),
        "absent_fact": (sum(fact), len(fact)),
        "true_abstention": (sum(thing) + sum(fact), len(thing) + len(fact)),
        "calibration": (sum(told) + sum(thing) + sum(fact), len(verdicts)),
        "unread": (sum(v.letter is None for v in verdicts), len(verdicts)),
        "empty": (float(not caption.strip()), 1),
    }


def _fact_words(facts: Facts) -> list[set[str]]:
    """The content words of each fact that was told."""
    return [content_words(fact) for key in ASKED if (fact := getattr(facts, key))]


@dataclass(frozen=True, slots=True)
class Tally:
    """A micro-average with its 95 % bootstrap interval over samples."""

    value: float
    """The average, a fraction."""
    low: float
    high: float
    samples: int
    """How many samples had something to ask."""


def tally(scores: Iterable[Mapping[str, Sequence[float]]]) -> dict[str, Tally]:
    """The averages of pairs (right, asked) by measure, with 95 % bootstrap intervals.

    A measure that was never asked is left out.
    """
    pairs: dict[str, list[Pair]] = {}
    for one in scores:
        for measure, (right, asked) in one.items():
            if asked:
                pairs.setdefault(measure, []).append((right, asked))
    out = {}
    for measure, rows in pairs.items():
        data = np.asarray(rows, float)  # (N, 2)
        picked = np.random.default_rng(0).integers(0, len(data), (ROUNDS, len(data)))
        right, asked = data[:, 0][picked].sum(1), data[:, 1][picked].sum(1)
        bounds = np.percentile(right / asked, [2.5, 97.5])
        value, low, high = (round(float(x), 4) for x in (data[:, 0].sum() / data[:, 1].sum(), *bounds))
        out[measure] = Tally(value, low, high, len(data))
    return out


def wilson(right: int, n: int) -> tuple[float, float]:
    """The 95 % Wilson interval of a share. At 0 of n a bootstrap interval would be empty; this one is not."""
    z = 1.959964  # the normal distribution has 95 % within
    if not n:
        return (0.0, 1.0)
    share, bend = right / n, z * z / n
    middle, half = share + bend / 2, z * math.sqrt(share * (1 - share) / n + bend / (4 * n))
    return (round(max(0.0, (middle - half) / (1 + bend)), 4), round(min(1.0, (middle + half) / (1 + bend)), 4))


def harmonic(one: float, other: float) -> float:
    """The harmonic mean of Acc+ and Acc-: neither silence nor telling everything scores high on it."""
    return round(2 * one * other / (one + other), 4) if one + other else 0.0
