"""The vectors of what was said, by which memories are found by meaning: which are missing, and storing them."""

from __future__ import annotations

import numpy as np

from memory.search import meaning
from memory.search.meaning import Unembedded
from memory.store import Memory


def missing(memory: Memory, space: str) -> list[Unembedded]:
    """The memories that a search by meaning cannot find yet, newest first. Raises MemoryFileError."""
    with memory.transaction() as db:
        return meaning.missing(db, space)


def put(memory: Memory, id: str, space: str, vectors: np.ndarray) -> bool:
    """Store the vectors (N, D) of a memory; False when it was forgotten meanwhile. Raises MemoryFileError."""
    with memory.transaction("IMMEDIATE") as db:
        return meaning.put(db, id, space, vectors)
