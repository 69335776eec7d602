"""Sampling: from the logits after a prompt to the next token, or to the probabilities of some words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.backend import Options


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities (V,) of logits (V,), in f64."""
    raised = np.exp(logits.astype(np.float64) - float(logits.max()))
    return np.asarray(raised / raised.sum())


def probabilities(logits: np.ndarray, words: Sequence[Sequence[int]]) -> tuple[float, ...]:
    """The probability of the first token of each of `words`, given as token ids."""
    likely = softmax(logits)
    return tuple(float(likely[tokens[0]]) for tokens in words)


def pick(logits: np.ndarray, options: Options, rng: np.random.Generator) -> int:
    """Sample the next token from logits (V,): the likeliest at temperature 0, else from the nucleus of mass `top_p`."""
    if options.temperature <= 0:
        return int(logits.argmax())
    likely = softmax(logits / options.temperature)
    order = np.argsort(-likely)
    nucleus = order[: int(np.searchsorted(np.cumsum(likely[order]), options.top_p)) + 1]
    return int(rng.choice(nucleus, p=likely[nucleus] / likely[nucleus].sum()))
