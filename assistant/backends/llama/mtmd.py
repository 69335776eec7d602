"""The vision encoder of llama.cpp (mtmd): a photo is encoded once in its life, and its embeddings are cached.

The code uses `llama_cpp.mtmd_cpp` directly, because the chat handler of llama-cpp-python forgets everything at each
call. How many tokens a photo has is known without running the vision tower; the tower runs when embeddings are needed
that are neither in memory nor on disk.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from assistant.backends.abort_flag import AbortFlag
from assistant.backends.cache.disk_cache import FORMAT, MB, DiskCache
from assistant.models import gguf_metadata
from assistant.models.photo_budget import RULE, PhotoBudget, resized, resized_for_tiles
from assistant.photo import pixels
from assistant.vision.photo_chunk import PhotoChunk
from memory.episode import Photo
from memory.errors import ModelError

MOST_BYTES, MOST_PHOTOS = 256 * MB, 1024
"""Bounds of the embeddings that stay in memory."""
MOST_TOKENS = 4096
"""Most tokens of a photo that mtmd is told of: more than any photo has, so that it never resizes one itself."""


@dataclass(slots=True)
class EncodedPhoto:
    """A photo's chunks and, once it was encoded, its embeddings."""

    chunks: tuple[PhotoChunk, ...]
    embeddings: list[np.ndarray] | None = None
    """(n_tokens, E) of each image chunk; E holds the DeepStack layers too. None: not encoded yet."""


class VisionEncoder:
    """A loaded vision tower (mmproj file). Not thread-safe."""

    def __init__(
        self,
        mmproj: Path,
        model: Any,
        threads: int,
        *,
        side: int | None,
        one_tile: bool,
        budget: PhotoBudget,
        flag: AbortFlag,
        space: str = "",
        dtype: type[np.floating[Any]] = np.float16,
        disk: DiskCache | None = None,
    ) -> None:
        """`side`: pixels of the square that every photo becomes. None: the model takes any shape within `budget`
        (Qwen3-VL), or tiles (SmolVLM); where its vocabulary lacks the wrapper tokens of tiles, one square of the
        tower's own size. Of a small photo in tiles, the overview alone is read.
        `one_tile`: the model was trained on the overview of a photo alone, without tiles and wrappers.
        `flag`: when set, it stops the vision tower.
        `space`: hash of the mmproj; without it nothing goes to disk. `dtype`: of embeddings, in memory and on disk.
        """
        from llama_cpp import __version__, llama_cpp, mtmd_cpp

        self._llama, self._mtmd = llama_cpp, mtmd_cpp
        self._side, self._one_tile, self._budget, self._flag, self._dtype = side, one_tile, budget, flag, dtype
        vision = gguf_metadata.read_metadata(mmproj)
        self._any_shape = side is None and vision.get("clip.projector_type") == "qwen3vl_merger"
        params = mtmd_cpp.mtmd_context_params_default()
        params.n_threads, params.print_timings, params.warmup = threads, False, False
        if self._any_shape:  # with any bound of tokens, mtmd would cut tiles by another rule than the processor
            params.image_min_tokens, params.image_max_tokens = 1, max(MOST_TOKENS, budget.query)
        self._eval_callback = llama_cpp.ggml_backend_sched_eval_callback(lambda _, ask, __: self.on_node(ask))
        params.cb_eval = self._eval_callback
        self._ctx = mtmd_cpp.mtmd_init_from_file(os.fsencode(mmproj), model, params)
        if not self._ctx:
            raise ModelError(
                f"llama.cpp cannot read {mmproj.name} for this language model: check the two belong together"
            )
        self._width = llama_cpp.llama_model_n_embd_inp(model)
        self.hidden = llama_cpp.llama_model_n_embd(model)
        """Width of one visual token without DeepStack layers."""
        if side is None and not self._any_shape and self._lacks_wrappers():
            self._side, self._one_tile = side, one_tile = vision["clip.vision.image_size"], True
        self._tiled = side is None and not self._any_shape
        self._tile: int = vision["clip.vision.image_size"]
        self._longest: int = vision.get("clip.vision.preproc_image_size", 0)
        self.photos_encoded = 0
        """How often the vision tower has encoded a photo."""
        self._disk = disk if space else None
        self.write_to_disk = True
        """Whether embeddings may go to disk."""
        self._photos: OrderedDict[str, EncodedPhoto] = OrderedDict()
        """By the name of the entry on disk; the least recently used first."""
        made_by = f"{FORMAT} {__version__} {space} {side} {one_tile} {np.dtype(dtype)} {RULE} {budget.least}"
        self._made_by = [
            hashlib.sha256(f"{made_by} {small} {budget.most(small)}".encode()).hexdigest()[:16]
            for small in (False, True)
        ]

    def chunks(self, photo: Photo, small: bool = False) -> tuple[PhotoChunk, ...]:
        """A photo's chunks, without encoding it. `small`: with fewer tokens, where the model can choose."""
        return self._photo(photo, small).chunks

    def visual_tokens(self, photo: Photo) -> np.ndarray:
        """Visual tokens of the small photo, (T, D) float32, for recall: without wrappers and DeepStack layers."""
        return np.concatenate([e[:, : self.hidden] for e in self._embeddings(photo, True)]).astype(np.float32)

    def decode_chunk(self, ctx: Any, photo: Photo, small: bool, index: int, position: int, batch: int) -> int:
        """Decode chunk `index` of a photo into the KV cache at `position`; returns llama.cpp's code (0: done)."""
        chunks = self.chunks(photo, small)
        images_before = sum(1 for c in chunks[:index] if c.image)
        embedding = np.ascontiguousarray(self._embeddings(photo, small)[images_before], np.float32)
        serialised = bytes.fromhex(chunks[index].image)
        chunk = self._mtmd.mtmd_input_chunk_load(serialised, len(serialised))
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
        """The tower's callback for each operation: before it (`ask`), whether to call again after it (always); after
        it, whether to go on. The vision tower has no abort callback: this callback stops it."""
        return ask or not self._flag.is_set

    def close(self) -> None:
        """Free the tower and all embeddings. Calling it twice is fine."""
        self._photos.clear()
        if self._ctx:
            self._mtmd.mtmd_free(self._ctx)
            self._ctx = None

    def _lacks_wrappers(self) -> bool:
        """Whether mtmd would wrap a photo into tokens that the vocabulary lacks, as of a SmolVLM whose language model
        was never trained on tiles: mtmd gives them the id -1, which llama.cpp refuses to read."""
        chunks = self._tokenize(np.zeros((32, 32, 3), np.uint8))
        try:
            return any(token < 0 for chunk in self._list(chunks) for token in self._photo_chunk(chunk).tokens)
        finally:
            self._mtmd.mtmd_input_chunks_free(chunks)

    def _entry_name(self, photo: Photo, small: bool) -> str:
        return f"{photo.sha256}.{self._made_by[small and self._side is None]}"

    def _photo(self, photo: Photo, small: bool) -> EncodedPhoto:
        """A photo's chunks, from memory, from disk, or from its size; its embeddings only if they are in memory."""
        name = self._entry_name(photo, small)
        if name not in self._photos:
            header = self._disk.peek(name) if self._disk else None
            if header:
                chunks = [PhotoChunk(tuple(tokens), *rest) for tokens, *rest in header["parts"]]
            else:
                with self._mtmd_chunks(photo, small) as mtmd_chunks:
                    chunks = [self._photo_chunk(c) for c in mtmd_chunks]
                if self._tiled and small:  # before the overview: the end of the tiles, and the overview's two words
                    chunks[0] = replace(chunks[0], tokens=chunks[0].tokens[-2:], n_tokens=2, n_pos=2)
            self._photos[name] = EncodedPhoto(tuple(chunks))
        self._photos.move_to_end(name)
        return self._photos[name]

    def _embeddings(self, photo: Photo, small: bool) -> list[np.ndarray]:
        """Embeddings of every image chunk, from memory, from disk, or else from the vision tower."""
        encoded, name = self._photo(photo, small), self._entry_name(photo, small)
        if encoded.embeddings is None:
            entry = self._disk.get(name) if self._disk else None
            if entry:
                rows = np.frombuffer(entry[1], entry[0]["dtype"]).reshape(-1, self._width)
                encoded.embeddings = np.split(rows, np.cumsum([c.n_tokens for c in encoded.chunks if c.image])[:-1])
            else:
                encoded.embeddings = self._encode_photo(photo, small)
                if self._disk and self.write_to_disk:
                    header = {"parts": [astuple(c) for c in encoded.chunks], "dtype": encoded.embeddings[0].dtype.str}
                    self._disk.put(name, header, b"".join(e.tobytes() for e in encoded.embeddings))
            self._trim()
        return encoded.embeddings

    def _trim(self) -> None:
        """Free the least recently used embeddings; the last one stays, whatever its size."""
        held = sum(e.nbytes for photo in self._photos.values() for e in photo.embeddings or ())
        while len(self._photos) > 1 and (held > MOST_BYTES or len(self._photos) > MOST_PHOTOS):
            held -= sum(e.nbytes for e in self._photos.popitem(last=False)[1].embeddings or ())

    def _encode_photo(self, photo: Photo, small: bool) -> list[np.ndarray]:
        """Run the vision tower. Raises Cancelled when the flag is set meanwhile."""
        self.photos_encoded += 1
        with self._mtmd_chunks(photo, small) as chunks:
            out = [self._encode_chunk(chunk) for chunk in chunks if self._is_image(chunk)]
        if max(np.abs(e).max() for e in out) > np.finfo(self._dtype).max:
            return out  # half precision cannot hold such values
        return [e.astype(self._dtype) for e in out]

    def _encode_chunk(self, chunk: Any) -> np.ndarray:
        """Embeddings (n_tokens, E) of an image chunk."""
        code = self._mtmd.mtmd_encode_chunk(self._ctx, chunk)
        self._flag.check()  # the output of a stopped tower means nothing
        if code != 0:
            raise ModelError(
                "the vision tower failed on a photo: free some memory and ask again, or use a smaller model"
            )
        shape = int(self._mtmd.mtmd_input_chunk_get_n_tokens(chunk)), self._width
        return np.ctypeslib.as_array(self._mtmd.mtmd_get_output_embd(self._ctx), shape).copy()

    @contextmanager
    def _mtmd_chunks(self, photo: Photo, small: bool) -> Iterator[list[Any]]:
        """mtmd's chunks of a photo, with their pixels; they are freed when the context ends."""
        image = pixels(photo, self._side)  # (H, W, 3)
        if self._any_shape:
            image = resized(image, self._budget.most(small), self._budget.least)
        elif self._tiled and self._longest:
            image = resized_for_tiles(image, self._longest, self._tile)
        chunks = self._tokenize(image)
        try:
            listed = self._list(chunks)
            if self._one_tile:
                yield [c for c in listed if self._is_image(c)][-1:]
            else:
                yield listed[-3:] if self._tiled and small else listed
        finally:
            self._mtmd.mtmd_input_chunks_free(chunks)

    def _tokenize(self, image: np.ndarray) -> Any:
        """mtmd's chunks of an image (H, W, 3) uint8; the caller frees them. Raises ModelError."""
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

    def _list(self, chunks: Any) -> list[Any]:
        count = self._mtmd.mtmd_input_chunks_size(chunks)
        return [self._mtmd.mtmd_input_chunks_get(chunks, i) for i in range(count)]

    def _is_image(self, chunk: Any) -> bool:
        return bool(self._mtmd.mtmd_input_chunk_get_type(chunk) == self._mtmd.MTMD_INPUT_CHUNK_TYPE_IMAGE)

    def _photo_chunk(self, chunk: Any) -> PhotoChunk:
        """A chunk of mtmd's as a value of ours."""
        n_tokens = int(self._mtmd.mtmd_input_chunk_get_n_tokens(chunk))
        size = ctypes.c_size_t()
        if not self._is_image(chunk):
            tokens = self._mtmd.mtmd_input_chunk_get_tokens_text(chunk, ctypes.byref(size))
            return PhotoChunk(tuple(tokens[: size.value]), n_tokens, n_tokens)
        self._mtmd.mtmd_input_chunk_save(chunk, None, 0, ctypes.byref(size))
        out = ctypes.create_string_buffer(size.value)
        self._mtmd.mtmd_input_chunk_save(chunk, out, size.value, ctypes.byref(size))
        return PhotoChunk((), n_tokens, int(self._mtmd.mtmd_input_chunk_get_n_pos(chunk)), out.raw.hex())
