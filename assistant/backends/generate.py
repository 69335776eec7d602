"""The loop that writes: one token after the other, each chosen from the logits after the one before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from assistant.backend import Options


class Decodable(Protocol):
    """A model that has read a prompt."""

    def put(self, token: int) -> None:
        """Read one token, alone."""
        ...

    def next_logits(self) -> np.ndarray:
        """Logits (V,) of the token that comes next."""
        ...

    def ends(self, token: int) -> bool:
        """Whether a token ends the turn."""
        ...


def decode(model: Decodable, options: Options, limit: int) -> Iterator[int]:
    """At most `limit` tokens, fewer when one comes that ends the turn. The model has then read all that were taken."""
    rng = np.random.default_rng(options.seed)
    for _ in range(limit):
        token = pick(model.next_logits(), options, rng)
        if model.ends(token):
            break
        yield token
        model.put(token)


def pick(logits: np.ndarray, options: Options, rng: np.random.Generator) -> int:
    """The next token: the likeliest at temperature 0, else drawn from the nucleus of mass top_p."""
    if options.temperature <= 0:
        return int(logits.argmax())
    scaled = (logits - logits.max()).astype(np.float64) / options.temperature
    chances = np.exp(scaled) / np.exp(scaled).sum()
    order = np.argsort(-chances)
    nucleus = order[: int(np.searchsorted(np.cumsum(chances[order]), options.top_p)) + 1]
    return int(rng.choice(nucleus, p=chances[nucleus] / chances[nucleus].sum()))
