"""The decoding loop: one token after the other, each sampled from the logits after the one before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from assistant.backend import Options


class Decodable(Protocol):
    """A model that has read a prompt and can go on token by token."""

    def put(self, token: int) -> None:
        """Read one token, in a call of its own."""
        ...

    def next_logits(self) -> np.ndarray:
        """Logits (V,) of the token that comes next."""
        ...

    def ends(self, token: int) -> bool:
        """Whether a token ends the turn."""
        ...


def decode(model: Decodable, options: Options, limit: int) -> Iterator[int]:
    """Yield at most `limit` tokens; fewer when one ends the turn. The model then has read all yielded tokens."""
    rng = np.random.default_rng(options.seed)
    for _ in range(limit):
        token = pick(model.next_logits(), options, rng)
        if model.ends(token):
            break
        yield token
        model.put(token)


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
