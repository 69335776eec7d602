"""The text embedder that ships with the project: a short English text to a vector (384), on the processor, offline.

Texts of like meaning have vectors of a large dot product. What a memory's words become is decided here (`parts`): the
whole, and each of its sentences, since a question is mostly about one of them.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import numpy as np

from assistant.embedder.text_network import TextNetwork
from assistant.models import local
from memory.errors import ModelError
from memory.store import Memory

SHIPPED = local.SHIPPED / local.EMBEDDER
MOST_TOKENS = 128
"""A text is cut behind so many pieces of words, about a hundred words."""
MOST_PARTS = 8
"""At most so many vectors for the words of one memory."""
_SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+|\n+")
_SHORTEST = 3
"""Words: a shorter sentence gets no vector of its own."""


class TextEmbedder:
    """Embeds texts with a network in ONNX, which several threads may use at a time; opened at the first text."""

    def __init__(self, folder: Path = SHIPPED) -> None:
        """Read the manifest in `folder`. Raises ModelError: one line that says what is missing or wrong."""
        self._network = TextNetwork(folder, "text embedder", "embedding")
        made = self._network.manifest
        self.name, self.space = made.name, f"{made.name}-{made.sha256[:12]}"
        """The second is the name of the vector space: vectors of two networks are never compared."""

    def embed(self, text: str) -> np.ndarray:
        """The vector (384) of a text, float32, of length 1. Raises ModelError."""
        return self._network.run(self._network.tokenizer.ids(text, MOST_TOKENS))

    def close(self) -> None:
        """Free the network; the next text opens it again."""
        self._network.close()


def attach(memory: Memory) -> None:
    """Let searches in the memory find by meaning, too. Where the embedder is missing, words alone find memories."""
    with suppress(ModelError):
        memory.embedder = TextEmbedder()


def parts(words: str, place: str | None) -> list[str]:
    """What of a memory gets a vector: all of it with its place, then its sentences, if there are several."""
    whole = " ".join(" ".join(filter(None, (words, place))).split())
    sentences = [one for one in map(str.strip, _SENTENCE_ENDS.split(words)) if len(one.split()) >= _SHORTEST]
    return list(dict.fromkeys([whole, *sentences]))[:MOST_PARTS]
