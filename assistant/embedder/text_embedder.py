"""The text embedder that ships with the project: a short English text to a vector (384), on the processor, offline.

Texts of like meaning have vectors with a large dot product. `parts` decides which texts of a memory get a vector: all
its words together, and each of its sentences, since a question is mostly about one of them.
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
"""A text is cut after so many word pieces, about a hundred words."""
MOST_PARTS = 8
"""Most vectors for the words of one memory."""
_SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+|\n+")
_SHORTEST = 3
"""A sentence of fewer words gets no vector of its own."""


class TextEmbedder:
    """Embeds texts with a network in ONNX, which several threads may use at a time; opened at the first text."""

    def __init__(self, folder: Path = SHIPPED) -> None:
        """Read the manifest in `folder`. Raises ModelError: one line that says what is missing or wrong."""
        self._network = TextNetwork(folder, "text embedder", "embedding")
        made = self._network.manifest
        self.name, self.space = made.name, f"{made.name}-{made.sha256[:12]}"
        """`space` names the vector space: vectors of two networks are never compared."""

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
    """The texts of a memory that get a vector: all its words with the place, then its sentences, if it has several."""
    whole = " ".join(" ".join(filter(None, (words, place))).split())
    sentences = [one for one in map(str.strip, _SENTENCE_ENDS.split(words)) if len(one.split()) >= _SHORTEST]
    return list(dict.fromkeys([whole, *sentences]))[:MOST_PARTS]
