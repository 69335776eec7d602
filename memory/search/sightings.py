"""Recall by sight, before words are asked: which photos the gate lets through, how certain, and for what reason.

Each function runs on an open transaction.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

import numpy as np

from memory.episode import Certainty
from memory.search import vector_index, vectors
from memory.search.gate import Gate
from memory.search.ranking import What
from memory.search.vector_codes import Codes


class Seen(NamedTuple):
    """A stored photo that a new one brings back by sight."""

    score: float
    what: What
    """What the two photos have in common."""
    certainty: Certainty

    @property
    def why(self) -> str:
        """The reason in words for the user: "the same thing", "maybe the same place"."""
        return f"{'' if self.certainty == 'sure' else 'maybe '}the same {self.what}"


def seen(db: sqlite3.Connection, space: str, tokens: np.ndarray, gate: Gate, codes: Codes) -> dict[str, Seen]:
    """The photos that a new photo with visual tokens (T, D) brings back, by their hashes. The index must be `ready`."""
    known = vector_index.state(db, space)
    if known is None:
        return {}
    found: dict[str, Seen] = {}
    for photo, sight in vectors.by_sight(db, space, tokens, codes).items():
        certainty = gate.certainty(sight.score, known.photos)
        if certainty:
            found[photo] = Seen(sight.score, sight.what, certainty)
    return found
