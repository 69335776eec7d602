"""llama.cpp's vision half (mtmd): a photo becomes embeddings once in its life, and enters the KV cache at will.

Bound to `llama_cpp.mtmd_cpp` directly, because the stock chat handler forgets everything at each call. How long a photo
is in a prompt is known without running the vision tower; that runs when the embeddings are wanted and neither in
memory nor on disk.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from assistant.backends.abort_flag import AbortFlag
from assistant.backends.disk_cache import FORMAT, MB, DiskCache
from assistant.models import gguf_metadata
from assistant.photo import pixels
from memory.episode import Photo
from memory.errors import ModelError

HELD_BYTES, HELD_PHOTOS = 256 * MB, 1024
"""What stays in memory at most."""
SMALL = 4
"""A remembered photo gets this part of the visual tokens of the photo that is asked about."""


@dataclass(frozen=True, slots=True)
class PhotoChunk:
    """One chunk of a photo as the model reads it: wrapper tokens, or the place of visual tokens."""

    tokens: tuple[int, ...]
    """Wrapper tokens ("<|vision_start|>"); empty for the image itself."""
    n_tokens: int
    n_pos: int
    """How far the position moves: under M-RoPE not the number of tokens."""
    chunk: str = ""
    """mtmd's description of the image without its pixels, in hex."""


@dataclass(slots=True)
class EncodedPhoto:
    """A photo as the model reads it."""

    parts: tuple[PhotoChunk, ...]
    embeddings: list[np.ndarray] | None = None
    """(n_tokens, E) of each image part; E holds the DeepStack layers too. None: not looked at yet."""


class VisionEncoder:
    """A loaded mmproj. Not thread-safe."""

    def __init__(
        self,
        mmproj: Path,
        model: Any,
        threads: int,
        *,
        side: int | None,
        one_tile: bool,
        max_tokens: int,
        flag: AbortFlag,
        space: str = "",
        dtype: type[np.floating[Any]] = np.float16,
        disk: DiskCache | None = None,
    ) -> None:
        """`side`: every photo becomes one square of this size (None: the model takes any shape, up to `max_tokens`, or
        tiles; where its vocabulary lacks the words that tell tiles apart, one square of the tower's own size).
        `one_tile`: the model was trained on the overview of a photo alone, without tiles and wrappers.
        `flag`: raised, it stops the vision tower.
        `space`: hash of the mmproj; without it nothing is kept on disk. `dtype`: of embeddings, in memory and on disk.
        """
        from llama_cpp import __version__, llama_cpp, mtmd_cpp

        self._llama, self._mtmd = llama_cpp, mtmd_cpp
        self._side, self._one_tile, self._max_tokens, self._flag, self._dtype = side, one_tile, max_tokens, flag, dtype
        params = mtmd_cpp.mtmd_context_params_default()
        params.n_threads, params.print_timings, params.warmup = threads, False, False
        if side is None:
            params.image_max_tokens = max_tokens
        self._watch = llama_cpp.ggml_backend_sched_eval_callback(lambda _, ask, __: self.on_node(ask))
        params.cb_eval = self._watch
        self._ctx = mtmd_cpp.mtmd_init_from_file(os.fsencode(mmproj), model, params)
        if not self._ctx:
            raise ModelError(
                f"llama.cpp cannot read {mmproj.name} for this language model: check the two belong together"
            )
        self._width = llama_cpp.llama_model_n_embd_inp(model)
        self.hidden = llama_cpp.llama_model_n_embd(model)
        """Width of one visual token without DeepStack layers."""
        if side is None and self._lacks_wrappers():
            self._side, self._one_tile = side, one_tile = gguf_metadata.facts(mmproj)["clip.vision.image_size"], True
        self.runs = 0
        """Photos the vision tower has looked at."""
        self._disk = disk if space else None
        self.keep = True
        """Whether what is seen may go to disk."""
        self._seen: OrderedDict[str, EncodedPhoto] = OrderedDict()
        made_by = f"{FORMAT} {__version__} {space} {side} {one_tile} {np.dtype(dtype)} {max_tokens}"
        self._made_by = [hashlib.sha256(f"{made_by} {small}".encode()).hexdigest()[:16] for small in (False, True)]

    def parts(self, photo: Photo, small: bool = False) -> tuple[PhotoChunk, ...]:
        """How a photo reads, without looking at it. `small`: with fewer tokens, where the model leaves the choice."""
        return self._known(photo, small).parts

    def tokens(self, photo: Photo) -> np.ndarray:
        """Visual tokens alone (T, D) float32, for recall: seen small, no wrappers, no DeepStack layers."""
        return np.concatenate([e[:, : self.hidden] for e in self._embeddings(photo, True)]).astype(np.float32)

    def decode(self, ctx: Any, photo: Photo, small: bool, index: int, position: int, batch: int) -> int:
        """Put chunk `index` of a photo into the KV cache at `position`; returns llama.cpp's code (0 = done)."""
        parts = self.parts(photo, small)
        images_before = sum(1 for p in parts[:index] if p.chunk)
        embedding = np.ascontiguousarray(self._embeddings(photo, small)[images_before], np.float32)
        described = bytes.fromhex(parts[index].chunk)
        chunk = self._mtmd.mtmd_input_chunk_load(described, len(described))
        after = self._llama.llama_pos(0)
        code = self._mtmd.mtmd_helper_decode_image_chunk(
            self._ctx,
            ctx,
            chunk,
            embedding.ctypes.data_as(ctypes.POINTER(ctypes.c_float)),
            position,
            0,
            batch,
            ctypes.byref(after),
            self._mtmd.mtmd_helper_post_decode_callback(0),
            None,
        )
        self._mtmd.mtmd_input_chunk_free(chunk)
        return int(code)

    def on_node(self, ask: bool) -> bool:
        """Called by the tower for every operation: before it, whether we want to know (always), and after it, whether
        to go on. This is how a tower without an abort callback is stopped."""
        return ask or not self._flag.up

    def close(self) -> None:
        """Free the tower and everything seen. Calling it twice is fine."""
        self._seen.clear()
        if self._ctx:
            self._mtmd.mtmd_free(self._ctx)
            self._ctx = None

    def _lacks_wrappers(self) -> bool:
        """Whether mtmd would wrap a photo into tokens that the vocabulary has not (a SmolVLM whose language model never
        learnt of tiles): it writes -1 for them, which llama.cpp refuses to read."""
        chunks = self._tokenize(np.zeros((32, 32, 3), np.uint8))
        try:
            return any(token < 0 for chunk in self._all(chunks) for token in self._part(chunk).tokens)
        finally:
            self._mtmd.mtmd_input_chunks_free(chunks)

    def _file(self, photo: Photo, small: bool) -> str:
        return f"{photo.sha256}.{self._made_by[small and self._side is None]}"

    def _known(self, photo: Photo, small: bool) -> EncodedPhoto:
        """From memory, from disk, or from the photo's size."""
        file = self._file(photo, small)
        if file not in self._seen:
            header = self._disk.peek(file) if self._disk else None
            if header:
                parts = [PhotoChunk(tuple(tokens), *rest) for tokens, *rest in header["parts"]]
            else:
                with self._chunks(photo, small) as chunks:
                    parts = [self._part(c) for c in chunks]
            self._seen[file] = EncodedPhoto(tuple(parts))
        self._seen.move_to_end(file)
        return self._seen[file]

    def _embeddings(self, photo: Photo, small: bool) -> list[np.ndarray]:
        """Of every image part; the vision tower runs only for a photo it has never seen."""
        seen, file = self._known(photo, small), self._file(photo, small)
        if seen.embeddings is None:
            found = self._disk.get(file) if self._disk else None
            if found:
                rows = np.frombuffer(found[1], found[0]["dtype"]).reshape(-1, self._width)
                seen.embeddings = np.split(rows, np.cumsum([p.n_tokens for p in seen.parts if p.chunk])[:-1])
            else:
                seen.embeddings = self._look(photo, small)
                if self._disk and self.keep:
                    header = {"parts": [astuple(p) for p in seen.parts], "dtype": seen.embeddings[0].dtype.str}
                    self._disk.put(file, header, b"".join(e.tobytes() for e in seen.embeddings))
            self._trim()
        return seen.embeddings

    def _trim(self) -> None:
        """Let go of what was not seen for longest; what was seen last stays."""
        held = sum(e.nbytes for s in self._seen.values() for e in s.embeddings or ())
        while len(self._seen) > 1 and (held > HELD_BYTES or len(self._seen) > HELD_PHOTOS):
            held -= sum(e.nbytes for e in self._seen.popitem(last=False)[1].embeddings or ())

    def _look(self, photo: Photo, small: bool) -> list[np.ndarray]:
        """Run the vision tower. Raises Cancelled when the flag goes up meanwhile."""
        self.runs += 1
        with self._chunks(photo, small) as chunks:
            out = [self._encode(chunk) for chunk in chunks if self._is_image(chunk)]
        if max(np.abs(e).max() for e in out) > np.finfo(self._dtype).max:
            return out  # half precision cannot hold it
        return [e.astype(self._dtype) for e in out]

    def _encode(self, chunk: Any) -> np.ndarray:
        code = self._mtmd.mtmd_encode_chunk(self._ctx, chunk)
        self._flag.check()  # after a part of the tower, what comes out means nothing
        if code != 0:
            raise ModelError(
                "the vision tower failed on a photo: free some memory and ask again, or use a smaller model"
            )
        shape = int(self._mtmd.mtmd_input_chunk_get_n_tokens(chunk)), self._width
        return np.ctypeslib.as_array(self._mtmd.mtmd_get_output_embd(self._ctx), shape).copy()

    @contextmanager
    def _chunks(self, photo: Photo, small: bool) -> Iterator[list[Any]]:
        """mtmd's chunks of a photo with their pixels, while they are needed."""
        image = pixels(photo, self._side)  # (H, W, 3)
        chunks = self._tokenize(image)
        if small and self._side is None:
            chunks = self._smaller(image, chunks)
        try:
            found = self._all(chunks)
            yield [c for c in found if self._is_image(c)][-1:] if self._one_tile else found
        finally:
            self._mtmd.mtmd_input_chunks_free(chunks)

    def _smaller(self, image: np.ndarray, chunks: Any) -> Any:
        """The chunks of the largest copy of `image` with a small photo's tokens; unchanged if there is none."""
        budget, scale, size = self._max_tokens // SMALL, 1.0, self._length(chunks)
        for _ in range(8):  # the size in tokens follows the area in pixels, in steps and up to a bound
            if size <= budget:
                break
            scale *= 0.98 * (budget / size) ** 0.5
            sides = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
            tried = self._tokenize(np.asarray(Image.fromarray(image).resize(sides, Image.Resampling.LANCZOS)))
            size = self._length(tried)
            if size > budget:
                self._mtmd.mtmd_input_chunks_free(tried)
                continue
            self._mtmd.mtmd_input_chunks_free(chunks)
            chunks = tried
        return chunks

    def _tokenize(self, image: np.ndarray) -> Any:
        image = np.ascontiguousarray(image)
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

    def _all(self, chunks: Any) -> list[Any]:
        count = self._mtmd.mtmd_input_chunks_size(chunks)
        return [self._mtmd.mtmd_input_chunks_get(chunks, i) for i in range(count)]

    def _length(self, chunks: Any) -> int:
        return sum(int(self._mtmd.mtmd_input_chunk_get_n_tokens(c)) for c in self._all(chunks) if self._is_image(c))

    def _is_image(self, chunk: Any) -> bool:
        return bool(self._mtmd.mtmd_input_chunk_get_type(chunk) == self._mtmd.MTMD_INPUT_CHUNK_TYPE_IMAGE)

    def _part(self, chunk: Any) -> PhotoChunk:
        n_tokens = int(self._mtmd.mtmd_input_chunk_get_n_tokens(chunk))
        size = ctypes.c_size_t()
        if not self._is_image(chunk):
            tokens = self._mtmd.mtmd_input_chunk_get_tokens_text(chunk, ctypes.byref(size))
            return PhotoChunk(tuple(tokens[: size.value]), n_tokens, n_tokens)
        self._mtmd.mtmd_input_chunk_save(chunk, None, 0, ctypes.byref(size))
        out = ctypes.create_string_buffer(size.value)
        self._mtmd.mtmd_input_chunk_save(chunk, out, size.value, ctypes.byref(size))
        return PhotoChunk((), n_tokens, int(self._mtmd.mtmd_input_chunk_get_n_pos(chunk)), out.raw.hex())
