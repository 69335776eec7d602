"""The loop that writes: one token after the other, or several at once where a guess comes true.

It knows a model only as a `Tape`. A draft (`draft.py`) never decides: each token is the model's own choice after those
before it, read in one batch instead of one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from assistant.backend import Options
from assistant.draft import Drafter


class Tape(Protocol):
    """A model that has read a prompt."""

    def put(self, tokens: Sequence[int]) -> None:
        """Read tokens in one batch."""
        ...

    def after(self, row: int) -> np.ndarray:
        """Logits (V,) of what comes after a token of the last batch: -1 is its last one, -2 the one before."""
        ...

    def take_back(self, count: int) -> None:
        """Forget the last `count` tokens."""
        ...

    def ends(self, token: int) -> bool:
        """Whether a token ends the turn."""
        ...


def decode(tape: Tape, options: Options, limit: int, drafter: Drafter | None = None) -> Iterator[int]:
    """At most `limit` tokens, fewer when one comes that ends the turn. When all are taken, the tape holds just these;
    abandoned in between, it may hold guesses as well. A drafter is for temperature 0."""
    rng = np.random.default_rng(options.seed)
    draft: list[int] = []
    right = 0
    """Of the draft, how much has come true."""
    for written in range(1, limit + 1):
        token = pick(tape.after(right - len(draft) - 1), options, rng)
        if tape.ends(token):
            break
        yield token
        if drafter:
            drafter.add(token)
        if draft[right : right + 1] == [token]:
            right += 1
            continue
        tape.take_back(len(draft) - right)
        if drafter:
            drafter.learn(len(draft), right)
            draft = drafter.guess(limit - written - 1)
        tape.put([token, *draft])
        right = 0
    tape.take_back(len(draft) - right)


def pick(logits: np.ndarray, options: Options, rng: np.random.Generator) -> int:
    """The next token: the likeliest at temperature 0, else drawn from the nucleus of mass top_p."""
    if options.temperature <= 0:
        return int(logits.argmax())
    scaled = (logits - logits.max()).astype(np.float64) / options.temperature
    chances = np.exp(scaled) / np.exp(scaled).sum()
    order = np.argsort(-chances)
    nucleus = order[: int(np.searchsorted(np.cumsum(chances[order]), options.top_p)) + 1]
    return int(rng.choice(nucleus, p=chances[nucleus] / chances[nucleus].sum()))
