"""What the KV cache holds, in order, and in which steps a prompt is read into it. No model library is used here.

A token that is read alone goes through other kernels of the processor than a token in a batch, and gives slightly
different numbers. So the steps in which a prompt is read depend on the prompt alone, and only whole steps are reused:
one photo with its memories and words gives the same logits to the bit, whatever the cache held before.

Tokens and positions are counted apart: under M-RoPE a photo of h x w visual tokens fills h * w cells of the cache and
moves the position by max(h, w) only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from assistant.chatml import ASSISTANT, Mark, Piece, Words


class PhotoKey(NamedTuple):
    """Identifies a chunk of a photo as the model reads it."""

    sha256: str
    small: bool
    """Encoded with fewer tokens, as a photo that is not asked about."""
    chunk: int
    """Which chunk of the photo, from 0."""


Key = int | PhotoKey
"""A token id, or a chunk of a photo."""


@dataclass(frozen=True, slots=True)
class Unit:
    """The smallest part of a prompt: a token of text, or a chunk of a photo."""

    key: Key
    n_tokens: int = 1
    """Cells that it takes in the KV cache."""
    n_pos: int = 1
    """How far it moves the position."""


Step = tuple[Unit, ...]
"""Units that are read in one call, and dropped together."""


def plan_steps(prompt: Sequence[Piece], units: Sequence[Sequence[Unit]], most: int, most_photo: int) -> list[Step]:
    """The steps in which a prompt is read, from the units of each of its pieces.

    Text and photos are read apart, in steps of at most `most` and `most_photo` units. A message begins a new step. What
    the assistant wrote, and the token before it, is read one token at a time, as when it was written.
    """
    steps: list[list[Unit]] = []
    written = False
    for piece, new in zip(prompt, units, strict=True):
        joins = not isinstance(piece, Mark) and not written
        if isinstance(piece, Mark):
            written = piece.text.endswith(ASSISTANT)
        for i, unit in enumerate(new):
            text = isinstance(unit.key, int)
            alone = written and (isinstance(piece, Words) or i == len(new) - 1)
            room = joins and bool(steps) and len(steps[-1]) < (most if text else most_photo)
            if alone or not room or isinstance(steps[-1][-1].key, int) is not text:
                steps.append([])
            steps[-1].append(unit)
            joins = not alone
    return [tuple(step) for step in steps]


class PrefixCache:
    """The steps that the KV cache holds, with their total of cells and positions."""

    def __init__(self, steps: Iterable[Step] = ()) -> None:
        self.steps: list[Step] = []
        self.tokens = self.position = 0
        """Cells in use, and the next position."""
        for step in steps:
            self.add(step)

    def add(self, step: Sequence[Unit]) -> None:
        """Enter a step that was read."""
        self.steps.append(tuple(step))
        self._count(step, 1)

    def cut(self, keep: int) -> None:
        """Keep the first `keep` steps."""
        for step in self.steps[keep:]:
            self._count(step, -1)
        del self.steps[keep:]

    def shared(self, steps: Sequence[Step]) -> int:
        """How many steps both have in common, from the beginning."""
        pairs = zip(self.steps, steps, strict=False)
        return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(self.steps), len(steps)))

    def pack(self) -> list[list[Any]]:
        """The steps as JSON: a token is its id, a chunk of a photo is [hash, small, index, n_tokens, n_pos]."""
        return [[_packed(unit) for unit in step] for step in self.steps]

    @classmethod
    def unpack(cls, packed: Iterable[Iterable[Any]]) -> Self:
        """The `PrefixCache` that was packed. Raises TypeError or ValueError for anything else."""
        return cls(tuple(_unit(p) for p in step) for step in packed)

    def _count(self, step: Sequence[Unit], sign: int) -> None:
        self.tokens += sign * sum(u.n_tokens for u in step)
        self.position += sign * sum(u.n_pos for u in step)


def _packed(unit: Unit) -> Any:
    return unit.key if isinstance(unit.key, int) else [*unit.key, unit.n_tokens, unit.n_pos]


def _unit(packed: Any) -> Unit:
    return Unit(packed) if isinstance(packed, int) else Unit(PhotoKey(*packed[:3]), *packed[3:])
