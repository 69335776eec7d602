"""llama.cpp's vision half (mtmd): a photo becomes embeddings once, and enters the KV cache as often as needed.

Bound to `llama_cpp.mtmd_cpp` directly, because the stock chat handler forgets everything at each call.
"""

from __future__ import annotations

import ctypes
import os
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.photo import pixels
from memory.episode import Photo
from memory.errors import ModelError

REMEMBERED = 256
"""Photos whose embeddings stay in memory."""


@dataclass(frozen=True)
class Glimpse:
    """One chunk of a photo as the model reads it: wrapper tokens, or visual tokens."""

    tokens: tuple[int, ...]
    """Wrapper tokens ("<|vision_start|>"); empty for the image itself."""
    n_tokens: int
    n_pos: int
    """How far the position moves: under M-RoPE not the number of tokens."""
    embedding: np.ndarray | None = None
    """(n_tokens, E) float32; E holds the DeepStack layers too."""
    chunk: Any = None
    """mtmd's chunk without its pixels, owned by `Eyes`."""


class Eyes:
    """A loaded mmproj. Not thread-safe."""

    def __init__(
        self, mmproj: Path, model: Any, threads: int, *, side: int | None, one_tile: bool, max_tokens: int
    ) -> None:
        """`side`: every photo becomes one square of this size (None: the model takes any shape, up to `max_tokens`).
        `one_tile`: the model was trained on the overview of a photo alone, without tiles and wrappers."""
        from llama_cpp import llama_cpp, mtmd_cpp

        self._llama, self._mtmd = llama_cpp, mtmd_cpp
        self._side, self._one_tile = side, one_tile
        params = mtmd_cpp.mtmd_context_params_default()
        params.n_threads, params.print_timings, params.warmup = threads, False, False
        if side is None:
            params.image_max_tokens = max_tokens
        self._ctx = mtmd_cpp.mtmd_init_from_file(os.fsencode(mmproj), model, params)
        if not self._ctx:
            raise ModelError(
                f"llama.cpp cannot read {mmproj.name} for this language model: check the two belong together"
            )
        self._width = llama_cpp.llama_model_n_embd_inp(model)
        self.hidden = llama_cpp.llama_model_n_embd(model)
        """Width of one visual token without DeepStack layers."""
        self._seen: OrderedDict[str, list[Glimpse]] = OrderedDict()

    def see(self, photo: Photo) -> list[Glimpse]:
        """The chunks of a photo, encoded; the vision tower runs only the first time."""
        if photo.sha256 in self._seen:
            self._seen.move_to_end(photo.sha256)
            return self._seen[photo.sha256]
        chunks = self._tokenize(photo)
        try:
            parts = [
                self._mtmd.mtmd_input_chunks_get(chunks, i) for i in range(self._mtmd.mtmd_input_chunks_size(chunks))
            ]
            if self._one_tile:
                parts = [p for p in parts if self._is_image(p)][-1:]
            glimpses = [self._glimpse(p) for p in parts]
        finally:
            self._mtmd.mtmd_input_chunks_free(chunks)
        self._seen[photo.sha256] = glimpses
        return glimpses

    def trim(self) -> None:
        """Let go of what was not seen for longest. Not while a prompt is being read: it may hold more photos."""
        while len(self._seen) > REMEMBERED:
            self._free(self._seen.popitem(last=False)[1])

    def tokens(self, photo: Photo) -> np.ndarray:
        """Visual tokens alone (T, D) float32, for recall: no wrappers, no DeepStack layers."""
        seen = [g.embedding[:, : self.hidden] for g in self.see(photo) if g.embedding is not None]
        return np.concatenate(seen)

    def decode(self, ctx: Any, glimpse: Glimpse, position: int, batch: int) -> int:
        """Put an image chunk into the KV cache at `position`; returns llama.cpp's code (0 = done)."""
        assert glimpse.embedding is not None
        after = self._llama.llama_pos(0)
        return int(
            self._mtmd.mtmd_helper_decode_image_chunk(
                self._ctx,
                ctx,
                glimpse.chunk,
                glimpse.embedding.ctypes.data_as(ctypes.POINTER(ctypes.c_float)),
                position,
                0,
                batch,
                ctypes.byref(after),
                self._mtmd.mtmd_helper_post_decode_callback(0),
                None,
            )
        )

    def close(self) -> None:
        """Free the tower and everything seen. Calling it twice is fine."""
        for glimpses in self._seen.values():
            self._free(glimpses)
        self._seen.clear()
        if self._ctx:
            self._mtmd.mtmd_free(self._ctx)
            self._ctx = None

    def _tokenize(self, photo: Photo) -> Any:
        image = np.ascontiguousarray(pixels(photo, self._side))  # (H, W, 3)
        raw = image.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
        bitmap = self._mtmd.mtmd_bitmap_init(image.shape[1], image.shape[0], raw)
        marker = self._mtmd.mtmd_default_marker()
        text = self._mtmd.mtmd_input_text()
        text.text, text.text_len, text.add_special, text.parse_special = marker, len(marker), False, True
        chunks = self._mtmd.mtmd_input_chunks_init()
        code = self._mtmd.mtmd_tokenize(
            self._ctx, chunks, ctypes.byref(text), (self._mtmd.mtmd_bitmap_p_ctypes * 1)(bitmap), 1
        )
        self._mtmd.mtmd_bitmap_free(bitmap)
        if code != 0:
            self._mtmd.mtmd_input_chunks_free(chunks)
            raise ModelError(f"the vision tower refused a photo of {photo.width} x {photo.height} pixels (code {code})")
        return chunks

    def _is_image(self, chunk: Any) -> bool:
        return bool(self._mtmd.mtmd_input_chunk_get_type(chunk) == self._mtmd.MTMD_INPUT_CHUNK_TYPE_IMAGE)

    def _glimpse(self, chunk: Any) -> Glimpse:
        n_tokens = int(self._mtmd.mtmd_input_chunk_get_n_tokens(chunk))
        if not self._is_image(chunk):
            count = ctypes.c_size_t()
            tokens = self._mtmd.mtmd_input_chunk_get_tokens_text(chunk, ctypes.byref(count))
            return Glimpse(tuple(tokens[: count.value]), n_tokens, n_tokens)
        if self._mtmd.mtmd_encode_chunk(self._ctx, chunk) != 0:
            raise ModelError("the vision tower failed on a photo")
        out = self._mtmd.mtmd_get_output_embd(self._ctx)
        embedding = np.ctypeslib.as_array(out, (n_tokens, self._width)).copy()
        n_pos = int(self._mtmd.mtmd_input_chunk_get_n_pos(chunk))
        return Glimpse((), n_tokens, n_pos, embedding, self._mtmd.mtmd_input_chunk_get_placeholder(chunk))

    def _free(self, glimpses: list[Glimpse]) -> None:
        for glimpse in glimpses:
            if glimpse.chunk:
                self._mtmd.mtmd_input_chunk_free(glimpse.chunk)
