"""Embedding what was said in memories that have no vectors of this embedder yet: old ones, new ones, edited ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from assistant.embedder.text_embedder import parts
from memory.maintenance import word_vectors
from memory.search.meaning import Embedder
from memory.store import Memory


def embed_missing(
    memory: Memory,
    embedder: Embedder,
    progress: Callable[[int, int], object] = lambda done, total: None,
    stop: Callable[[], bool] = lambda: False,
) -> bool:
    """Embed the words of memories that have no vectors yet, the newest first, and store each at once.

    The work may be ended at any time, by `stop` or by a kill: the next call goes on from there. `progress` gets the
    memories done and their total, after each. Returns False when `stop` ended the work. Raises ModelError,
    MemoryFileError.
    """
    missing = word_vectors.missing(memory, embedder.space)
    for done, (id, words, place) in enumerate(missing):
        if stop():
            return False
        vectors = np.stack([embedder.embed(part) for part in parts(words, place)])
        word_vectors.put(memory, id, embedder.space, vectors)
        progress(done + 1, len(missing))
    return True
