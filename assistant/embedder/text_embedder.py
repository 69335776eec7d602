"""The text embedder that ships with the project: a short English text to a vector (384), on the processor, offline.

Texts of like meaning have vectors of a large dot product. What a memory's words become is decided here (`parts`): the
whole, and each of its sentences, since a question is mostly about one of them.
"""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from assistant.embedder.wordpiece import WordPiece
from assistant.encoder.encoder_manifest import MANIFEST, checked_file
from assistant.encoder.onnx_session import OnnxSession
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


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`manifest.json` of the embedder's folder. Unknown keys are refused."""

    name: str
    file: str
    """The network in ONNX: its one input takes the ids of one text (1, T)."""
    sha256: str
    vocabulary: str
    vocabulary_sha256: str
    licence: str
    source: str

    def as_json(self) -> Any:
        """The manifest as values that JSON can hold."""
        return msgspec.to_builtins(self)


class TextEmbedder:
    """Embeds texts with a network in ONNX, which several threads may use at a time; opened at the first text."""

    def __init__(self, folder: Path = SHIPPED) -> None:
        """Read the manifest in `folder`. Raises ModelError: one line that says what is missing or wrong."""
        path = folder / MANIFEST
        try:
            self._manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
        except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
            raise ModelError(f"{path} is not the manifest of a text embedder: {error}") from error
        self.name, self._folder = self._manifest.name, folder
        self.space = f"{self.name}-{self._manifest.sha256[:12]}"
        """The name of the vector space: vectors of two networks are never compared."""
        self._opened: tuple[WordPiece, OnnxSession] | None = None
        self._opening = threading.Lock()

    def embed(self, text: str) -> np.ndarray:
        """The vector (384) of a text, float32, of length 1. Raises ModelError."""
        tokenizer, session = self._open()
        return session.run(np.array([tokenizer.ids(text, MOST_TOKENS)], np.int64))[0]

    def close(self) -> None:
        """Free the network; the next text opens it again."""
        self._opened = None

    def _open(self) -> tuple[WordPiece, OnnxSession]:
        """The tokenizer and the network. Raises ModelError when a file is missing or not the one of the manifest."""
        with self._opening:
            if self._opened is None:
                network, _ = checked_file(self._folder, self._manifest.file, self._manifest.sha256)
                vocabulary, _ = checked_file(self._folder, self._manifest.vocabulary, self._manifest.vocabulary_sha256)
                self._opened = WordPiece(vocabulary), OnnxSession(network, "embedding", threads=1)
            return self._opened


def attach(memory: Memory) -> None:
    """Let searches in the memory find by meaning, too. Where the embedder is missing, words alone find memories."""
    with suppress(ModelError):
        memory.embedder = TextEmbedder()


def parts(words: str, place: str | None) -> list[str]:
    """What of a memory gets a vector: all of it with its place, then its sentences, if there are several."""
    whole = " ".join(" ".join(filter(None, (words, place))).split())
    sentences = [one for one in map(str.strip, _SENTENCE_ENDS.split(words)) if len(one.split()) >= _SHORTEST]
    return list(dict.fromkeys([whole, *sentences]))[:MOST_PARTS]
