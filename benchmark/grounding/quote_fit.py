"""`python -m benchmark grounding --fit`: the weights by which `assistant/grounding/quotes/pick.py` chooses a sentence.

They come from a logistic regression of whether a sentence of a note answers a question, on three features: the reader's
margin, whether the reader found the answer in this sentence, and how well the sentence fits by rules. It is fitted to
the questions of the notes corpus and of the plain notes of dev, with equal weight for both. Then, for each of the two:
which share of the questions gets the right sentence at the logit where a given share of the questions without an answer
gets one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from assistant.grounding.claims import sentences
from assistant.grounding.quotes.pick import evidence, fits_by_rules
from assistant.grounding.quotes.question_kind import asks, identity
from assistant.grounding.words.tokens import tokens
from assistant.reader.answer_reader import AnswerReader
from benchmark.grounding.quote_rates import Asked, asked_of, remembered

MEASURED = ("dev", "plain")
SHARES = (0.1, 0.15, 0.2, 0.25, 0.3)
ROUNDS = 20
"""Steps of Newton's method."""


class Weighed(NamedTuple):
    """A question, and the features of the S sentences of its note."""

    asked: Asked
    evidence: np.ndarray
    """(S, 4): the reader's margin, whether it found the answer here, the fit by rules, and 1."""
    right: np.ndarray
    """(S,) bool: whether the sentence answers the question."""


def lines() -> list[str]:
    """The weights, and the shares of right and wrong quotations of each kind of note."""
    reader = AnswerReader()
    weighed = {split: list(_weighed(split, reader)) for split in MEASURED}
    weights = _fitted(list(weighed.values()))
    names = ("margin", "here", "fit", "constant")
    out = [", ".join(f"{name} {value:.3f}" for name, value in zip(names, weights, strict=True))]
    for split, questions in weighed.items():
        logits = [one.evidence @ weights for one in questions]
        untold = sorted(
            (x.max() for x, q in zip(logits, questions, strict=True) if q.asked.kind == "untold"), reverse=True
        )
        told = [(x.max(), q.right[x.argmax()]) for x, q in zip(logits, questions, strict=True) if q.asked.kind == "ask"]
        for share in SHARES:
            least = untold[int(share * len(untold))]
            right, wrong = (sum(x > least and ok == wanted for x, ok in told) / len(told) for wanted in (True, False))
            out.append(f"{split}: untold {share:.0%}, right {right:.1%}, wrong {wrong:.1%} (logit {least:.2f})")
    return out


def _weighed(split: str, reader: AnswerReader) -> Iterator[Weighed]:
    for one in asked_of(split):
        words = tokens(one.question)
        if identity(words) or asks(words) == "yes":
            continue  # the app answers such questions by rules alone
        read, parts = reader.read(one.question, one.note), list(sentences(one.note))
        found = evidence(one.note, parts, fits_by_rules(one.question, remembered(one.note)), read)
        right = [one.kind == "ask" and one.in_sentence(part) for part in parts]
        yield Weighed(one, np.array([(*e, 1.0) for e in found], float), np.array(right, bool))


def _fitted(parts: list[list[Weighed]]) -> np.ndarray:
    """The weights (4,) of the regression, found by Newton's method with an L2 penalty of 1/2."""
    x = np.concatenate([one.evidence for part in parts for one in part])
    y = np.concatenate([one.right for part in parts for one in part]).astype(float)
    shares = np.concatenate([np.full(sum(len(one.right) for one in part), 1 / len(part)) for part in parts])
    shares *= len(shares) / shares.sum()
    weights = np.zeros(x.shape[1])
    for _ in range(ROUNDS):
        p = 1 / (1 + np.exp(-x @ weights))
        slope = x.T @ (shares * (y - p)) - weights
        curve = (x * (shares * p * (1 - p))[:, None]).T @ x + np.eye(len(weights))
        weights = weights + np.linalg.solve(curve, slope)
    return weights
