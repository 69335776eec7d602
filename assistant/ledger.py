"""What the KV cache holds, in order: token ids, and photos by the hash of their content. No llama.cpp in here.

Tokens and positions are counted apart: under M-RoPE a photo of h x w visual tokens fills h * w cells of the cache and
moves the position by max(h, w) only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

Key = int | tuple[str, bool, int]
"""A token id, or a photo's hash, whether it is seen small, and which of its chunks."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What is read as one and removed as one: a token of text, or a chunk of a photo."""

    key: Key
    n_tokens: int = 1
    n_pos: int = 1


class Ledger:
    """The units in the cache, with their sums."""

    def __init__(self, units: Iterable[Unit] = ()) -> None:
        self.units: list[Unit] = []
        self.tokens = self.position = 0
        """Cells in use, and the position that comes next."""
        self.add(units)

    def add(self, units: Iterable[Unit]) -> None:
        """Enter what was read."""
        for unit in units:
            self.units.append(unit)
            self.tokens += unit.n_tokens
            self.position += unit.n_pos

    def cut(self, keep: int) -> None:
        """Keep the first `keep` units."""
        for unit in self.units[keep:]:
            self.tokens -= unit.n_tokens
            self.position -= unit.n_pos
        del self.units[keep:]

    def shared(self, units: Sequence[Unit]) -> int:
        """How many units from the beginning are the same."""
        pairs = zip(self.units, units, strict=False)
        return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(self.units), len(units)))

    def pack(self) -> list[Any]:
        """As JSON can hold it: a token is its id, a chunk of a photo is [hash, small, index, n_tokens, n_pos]."""
        return [u.key if isinstance(u.key, int) else [*u.key, u.n_tokens, u.n_pos] for u in self.units]

    @classmethod
    def unpack(cls, packed: Iterable[Any]) -> Self:
        """The ledger that was packed. Raises TypeError or ValueError for anything else."""
        return cls(Unit(p) if isinstance(p, int) else Unit((p[0], p[1], p[2]), *p[3:]) for p in packed)
