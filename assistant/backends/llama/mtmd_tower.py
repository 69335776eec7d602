"""llama.cpp's vision tower (mtmd) through its C API: it cuts a photo into chunks, encodes chunks and decodes them.

`llama_cpp.mtmd_cpp` is used directly, because the chat handler of llama-cpp-python forgets everything at each call. No
result is kept here: `mtmd.py` does.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from assistant.backends.abort_flag import AbortFlag
from assistant.models.spec import Spec
from assistant.vision.photo_chunk import PhotoChunk
from memory.errors import ModelError


@dataclass(frozen=True)
class Loaded:
    """A language model that llama.cpp has loaded, and how it is run."""

    spec: Spec
    model: Any
    """llama.cpp's pointer."""
    threads: int
    flag: AbortFlag
    """When set, it stops what is running."""
    exact: bool
    """Whether attention, KV cache and embeddings are in f32, to compare with a reference."""


class MtmdTower:
    """A loaded vision tower (mmproj file). Not thread-safe."""

    def __init__(self, loaded: Loaded, most_tokens: int | None) -> None:
        """`most_tokens`: most tokens of a photo of any shape; None: the file says how mtmd cuts photos. Raises
        ModelError."""
        from llama_cpp import llama_cpp, mtmd_cpp

        self._llama, self._mtmd, self._flag = llama_cpp, mtmd_cpp, loaded.flag
        mmproj, model = loaded.spec.mmproj, loaded.model
        params = mtmd_cpp.mtmd_context_params_default()
        params.n_threads, params.print_timings, params.warmup = loaded.threads, False, False
        if most_tokens is not None:
            params.image_min_tokens, params.image_max_tokens = 1, most_tokens
        self._eval_callback = llama_cpp.ggml_backend_sched_eval_callback(lambda _, ask, __: self.on_node(ask))
        params.cb_eval = self._eval_callback
        self._ctx = mtmd_cpp.mtmd_init_from_file(os.fsencode(mmproj), model, params)
        if not self._ctx:
            raise ModelError(
                f"llama.cpp cannot read {mmproj.name} for this language model: check the two belong together"
            )
        self.width: int = llama_cpp.llama_model_n_embd_inp(model)
        """Width of an embedding, with its DeepStack layers."""
        self.hidden: int = llama_cpp.llama_model_n_embd(model)
        """Width without them."""

    def close(self) -> None:
        """Free the tower. Calling it twice is fine."""
        if self._ctx:
            self._mtmd.mtmd_free(self._ctx)
            self._ctx = None

    def on_node(self, ask: bool) -> bool:
        """The tower's callback for each operation: before it (`ask`), whether to call again after it (always); after
        it, whether to go on. The vision tower has no abort callback: this callback stops it."""
        return ask or not self._flag.is_set

    @contextmanager
    def chunks(self, image: np.ndarray) -> Iterator[list[Any]]:
        """mtmd's chunks of an image (H, W, 3) uint8; they are freed when the context ends. Raises ModelError."""
        chunks = self._tokenize(np.ascontiguousarray(image))
        try:
            count = self._mtmd.mtmd_input_chunks_size(chunks)
            yield [self._mtmd.mtmd_input_chunks_get(chunks, i) for i in range(count)]
        finally:
            self._mtmd.mtmd_input_chunks_free(chunks)

    def _tokenize(self, image: np.ndarray) -> Any:
        """The list of mtmd's chunks of an image, which the caller frees. Raises ModelError."""
        height, width, _ = image.shape
        bitmap = self._mtmd.mtmd_bitmap_init(width, height, image.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8)))
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
            raise ModelError(f"this model cannot see a photo of {width} x {height} pixels: crop it, or show another")
        return chunks

    def is_image(self, chunk: Any) -> bool:
        """Whether one of mtmd's chunks is of the image, and not of the words around it."""
        return bool(self._mtmd.mtmd_input_chunk_get_type(chunk) == self._mtmd.MTMD_INPUT_CHUNK_TYPE_IMAGE)

    def described(self, chunk: Any) -> PhotoChunk:
        """One of mtmd's chunks as a value of ours."""
        n_tokens = int(self._mtmd.mtmd_input_chunk_get_n_tokens(chunk))
        size = ctypes.c_size_t()
        if not self.is_image(chunk):
            tokens = self._mtmd.mtmd_input_chunk_get_tokens_text(chunk, ctypes.byref(size))
            return PhotoChunk(tuple(tokens[: size.value]), n_tokens, n_tokens)
        self._mtmd.mtmd_input_chunk_save(chunk, None, 0, ctypes.byref(size))
        out = ctypes.create_string_buffer(size.value)
        self._mtmd.mtmd_input_chunk_save(chunk, out, size.value, ctypes.byref(size))
        return PhotoChunk((), n_tokens, int(self._mtmd.mtmd_input_chunk_get_n_pos(chunk)), out.raw.hex())

    def lacks_wrappers(self) -> bool:
        """Whether mtmd would wrap a photo into tokens that the vocabulary lacks, as of a SmolVLM whose language model
        was never trained on tiles: mtmd gives them the id -1, which llama.cpp refuses to read."""
        with self.chunks(np.zeros((32, 32, 3), np.uint8)) as chunks:
            return any(token < 0 for chunk in chunks for token in self.described(chunk).tokens)

    def encode(self, chunk: Any) -> np.ndarray:
        """Embeddings (n_tokens, width) of one of mtmd's image chunks. Raises Cancelled when the flag is set meanwhile,
        and ModelError."""
        code = self._mtmd.mtmd_encode_chunk(self._ctx, chunk)
        self._flag.check()  # the output of a stopped tower means nothing
        if code != 0:
            raise ModelError(
                "the vision tower failed on a photo: free some memory and ask again, or use a smaller model"
            )
        shape = int(self._mtmd.mtmd_input_chunk_get_n_tokens(chunk)), self.width
        return np.ctypeslib.as_array(self._mtmd.mtmd_get_output_embd(self._ctx), shape).copy()

    def decode(self, ctx: Any, image: PhotoChunk, embedding: np.ndarray, position: int, batch: int) -> int:
        """Decode an image chunk with its embedding into the KV cache of `ctx` at `position`; returns llama.cpp's code
        (0: done)."""
        rows = np.ascontiguousarray(embedding, np.float32)
        serialised = bytes.fromhex(image.image)
        chunk = self._mtmd.mtmd_input_chunk_load(serialised, len(serialised))
        after = self._llama.llama_pos(0)
        code = self._mtmd.mtmd_helper_decode_image_chunk(
            self._ctx,
            ctx,
            chunk,
            rows.ctypes.data_as(ctypes.POINTER(ctypes.c_float)),
            position,
            0,
            batch,
            ctypes.byref(after),
            self._mtmd.mtmd_helper_post_decode_callback(0),
            None,
        )
        self._mtmd.mtmd_input_chunk_free(chunk)
        return int(code)
