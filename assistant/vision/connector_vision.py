"""Photos for llama.cpp through a connector: visual tokens enter the KV cache as embeddings, without mtmd."""

from __future__ import annotations

import ctypes
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from assistant.encoder.open_encoder import open_shipped
from assistant.vision.connector import TOKENS, Connector
from assistant.vision.photo_chunk import PhotoChunk
from memory.episode import Photo
from memory.errors import ModelError

MOST_PHOTOS = 1024
"""Most photos whose visual tokens stay in memory; they are computed again in milliseconds, so none go to disk."""


class ConnectorVision:
    """What `CachedBackend` needs of a vision encoder. Not thread-safe."""

    def __init__(self, connector: Path, model: Any, threads: int) -> None:
        """Raises ModelError when the connector does not fit the language model or the encoder."""
        from llama_cpp import llama_cpp

        self._llama = llama_cpp
        self._connector = Connector(connector, open_shipped(threads))
        self.hidden = llama_cpp.llama_model_n_embd(model)
        if self._connector.hidden != self.hidden:
            raise ModelError(
                f"{connector.name} makes visual tokens of {self._connector.hidden} numbers, "
                f"the language model reads {self.hidden}: check the two belong together"
            )
        self.photos_encoded = 0
        """How often a photo was encoded."""
        self.write_to_disk = True
        """Nothing of a photo goes to disk here."""
        self._tokens: OrderedDict[str, np.ndarray] = OrderedDict()

    def chunks(self, photo: Photo, small: bool = False) -> tuple[PhotoChunk, ...]:
        """A photo's one chunk; a small photo is no smaller."""
        return (PhotoChunk((), TOKENS, TOKENS),)

    def visual_tokens(self, photo: Photo) -> np.ndarray:
        """Visual tokens of a photo, (T, D) float32."""
        if photo.sha256 not in self._tokens:
            self.photos_encoded += 1
            self._tokens[photo.sha256] = self._connector.visual_tokens(photo)
            while len(self._tokens) > MOST_PHOTOS:
                self._tokens.popitem(last=False)
        self._tokens.move_to_end(photo.sha256)
        return self._tokens[photo.sha256]

    def decode_chunk(self, ctx: Any, photo: Photo, small: bool, index: int, position: int, batch: int) -> int:
        """Decode a photo into the KV cache at `position`; returns llama.cpp's code (0: done)."""
        tokens = np.ascontiguousarray(self.visual_tokens(photo))
        rows = self._llama.llama_batch_init(len(tokens), self.hidden, 1)
        try:
            rows.n_tokens = len(tokens)
            ctypes.memmove(rows.embd, tokens.ctypes.data, tokens.nbytes)
            for i in range(len(tokens)):
                rows.pos[i], rows.n_seq_id[i], rows.seq_id[i][0] = position + i, 1, 0
                rows.logits[i] = i + 1 == len(tokens)
            return int(self._llama.llama_decode(ctx, rows))
        finally:
            self._llama.llama_batch_free(rows)

    def close(self) -> None:
        """Free the encoder and all tokens. Calling it twice is fine."""
        self._tokens.clear()
        self._connector.close()
