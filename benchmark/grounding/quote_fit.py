"""`python -m benchmark grounding --fit`: what `assistant/grounding/quotes/pick.py` should weigh a sentence by.

A logistic regression that a sentence of a note answers a question, from the reader's margin, whether the reader found
the answer in this sentence, and the fit by rules; on the questions of the notes corpus and the plain notes of dev,
each kind of note weighing as much. Then, for both, how many questions get the right sentence where so many without an
answer get one, too.
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
    """A question, and what speaks for each sentence of its note."""

    asked: Asked
    evidence: np.ndarray
    """(S, 4): margin, here, fit, and 1."""
    right: np.ndarray
    """(S,) bool: the sentences that answer."""


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
            continue  # those are for the rules
        read, parts = reader.read(one.question, one.note), list(sentences(one.note))
        found = evidence(one.note, parts, fits_by_rules(one.question, remembered(one.note)), read)
        right = [one.kind == "ask" and one.in_sentence(part) for part in parts]
        yield Weighed(one, np.array([(*e, 1.0) for e in found], float), np.array(right, bool))


def _fitted(parts: list[list[Weighed]]) -> np.ndarray:
    """The weights (4,) of the regression, by Newton's method, with a little weight against large ones."""
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
