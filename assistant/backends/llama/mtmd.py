"""The vision encoder of llama.cpp (mtmd): a photo is encoded once in its life, and its embeddings are cached.

How many tokens a photo has is known without running the vision tower; the tower runs when embeddings are needed that
are neither in memory nor on disk.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass, replace
from typing import Any

import numpy as np

from assistant.backends.cache.disk_cache import FORMAT, MB, DiskCache
from assistant.backends.llama.mtmd_tower import Loaded, MtmdTower
from assistant.models import gguf_metadata
from assistant.models.photo_budget import RULE, PhotoBudget, resized, resized_for_tiles
from assistant.models.spec import Spec
from assistant.photo import pixels
from assistant.vision.photo_chunk import PhotoChunk
from memory.episode import Photo
from memory.errors import ModelError

MOST_BYTES, MOST_PHOTOS = 256 * MB, 1024
"""Bounds of the embeddings that stay in memory."""
MOST_TOKENS = 4096
"""The bound on a photo's tokens that mtmd gets: more than any photo has, so that mtmd never resizes one itself."""


@dataclass(frozen=True, slots=True)
class PhotoForm:
    """How a photo enters a vision tower: as one square, in any shape within a budget (Qwen3-VL), or in tiles
    (SmolVLM)."""

    side: int | None
    """Pixels of the square that every photo becomes; None: any shape, or tiles."""
    one_tile: bool
    """The model was trained on the overview of a photo alone, without tiles and wrappers."""
    any_shape: bool
    tile: int
    """Pixels of a tile's side."""
    longest: int
    """Pixels of the longer side of a photo that is cut into tiles; 0: the file does not say."""
    budget: PhotoBudget

    @classmethod
    def of(cls, spec: Spec, header: Mapping[str, Any]) -> PhotoForm:
        """The form that a model's description and the header of its mmproj file say."""
        return cls(
            side=spec.side,
            one_tile=spec.one_tile,
            any_shape=spec.side is None and header.get("clip.projector_type") == "qwen3vl_merger",
            tile=header["clip.vision.image_size"],
            longest=header.get("clip.vision.preproc_image_size", 0),
            budget=spec.budget,
        )

    @property
    def tiled(self) -> bool:
        """Whether photos are cut into tiles; of a small photo the overview alone is read."""
        return self.side is None and not self.any_shape

    @property
    def one_square(self) -> PhotoForm:
        """The form of a tower whose language model cannot read tiles: one square of the tower's own size."""
        return replace(self, side=self.tile, one_tile=True)

    def pixels(self, photo: Photo, small: bool) -> np.ndarray:
        """Pixels (H, W, 3) of a photo, as mtmd is to take them unchanged."""
        image = pixels(photo, self.side)
        if self.any_shape:
            return resized(image, self.budget.most(small), self.budget.least)
        return resized_for_tiles(image, self.longest, self.tile) if self.tiled and self.longest else image


@dataclass(slots=True)
class EncodedPhoto:
    """A photo's chunks and, once it was encoded, its embeddings."""

    chunks: tuple[PhotoChunk, ...]
    embeddings: list[np.ndarray] | None = None
    """(n_tokens, E) of each image chunk; E holds the DeepStack layers too. None: not encoded yet."""


def open_tower(loaded: Loaded, disk: DiskCache | None) -> VisionEncoder:
    """Load a model's vision tower and find out how photos enter it. Raises ModelError.

    `disk`: used for a model whose space of visual tokens has a name.
    """
    spec = loaded.spec
    form = PhotoForm.of(spec, gguf_metadata.read_metadata(spec.mmproj))
    # with any bound of tokens that a photo may reach, mtmd would cut it by another rule than the processor
    most_tokens = max(MOST_TOKENS, spec.budget.query) if form.any_shape else None
    tower = MtmdTower(loaded, most_tokens)
    try:
        if form.tiled and tower.lacks_wrappers():
            form = form.one_square
    except ModelError:
        tower.close()
        raise
    return VisionEncoder(tower, form, spec.space, np.float32 if loaded.exact else np.float16, disk)


class VisionEncoder:
    """A vision tower with what it has encoded. Not thread-safe."""

    def __init__(
        self, tower: MtmdTower, form: PhotoForm, space: str, dtype: type[np.floating[Any]], disk: DiskCache | None
    ) -> None:
        """`space`: the name of the space of visual tokens; without it nothing goes to `disk`. `dtype`: of embeddings,
        in memory and on disk."""
        from llama_cpp import __version__

        self.tower, self.form, self._dtype = tower, form, dtype
        self.photos_encoded = 0
        """How often the vision tower has encoded a photo."""
        self._disk = disk if space else None
        self.write_to_disk = True
        """Whether embeddings may go to disk."""
        self._photos: OrderedDict[str, EncodedPhoto] = OrderedDict()
        """Photos by the name of their entry on disk; the least recently used comes first."""
        shape = f"{form.side} {form.one_tile} {np.dtype(dtype)} {RULE} {form.budget.least}"
        self._made_by = [
            hashlib.sha256(
                f"{FORMAT} {__version__} {space} {shape} {small} {form.budget.most(small)}".encode()
            ).hexdigest()[:16]
            for small in (False, True)
        ]

    def chunks(self, photo: Photo, small: bool = False) -> tuple[PhotoChunk, ...]:
        """A photo's chunks, without encoding it. `small`: with fewer tokens, where the model can choose."""
        return self._photo(photo, small).chunks

    def visual_tokens(self, photo: Photo) -> np.ndarray:
        """Visual tokens of the small photo, (T, D) float32, for recall: without wrappers and DeepStack layers."""
        return np.concatenate([e[:, : self.tower.hidden] for e in self._embeddings(photo, True)]).astype(np.float32)

    def decode_chunk(self, ctx: Any, photo: Photo, small: bool, index: int, position: int, batch: int) -> int:
        """Decode chunk `index` of a photo into the KV cache at `position`; returns llama.cpp's code (0: done)."""
        chunks = self.chunks(photo, small)
        images_before = sum(1 for c in chunks[:index] if c.image)
        embedding = self._embeddings(photo, small)[images_before]
        return self.tower.decode(ctx, chunks[index], embedding, position, batch)

    def close(self) -> None:
        """Free the tower and all embeddings. Calling it twice is fine."""
        self._photos.clear()
        self.tower.close()

    def _entry_name(self, photo: Photo, small: bool) -> str:
        return f"{photo.sha256}.{self._made_by[small and self.form.side is None]}"

    def _photo(self, photo: Photo, small: bool) -> EncodedPhoto:
        """A photo's chunks, from memory, from disk, or from its size; its embeddings only if they are in memory."""
        name = self._entry_name(photo, small)
        if name not in self._photos:
            header = self._disk.peek(name) if self._disk else None
            if header:
                chunks = [PhotoChunk(tuple(tokens), *rest) for tokens, *rest in header["parts"]]
            else:
                with self._mtmd_chunks(photo, small) as mtmd_chunks:
                    chunks = [self.tower.described(c) for c in mtmd_chunks]
                if self.form.tiled and small:  # before the overview: the end of the tiles, and the overview's two words
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
                rows = np.frombuffer(entry[1], entry[0]["dtype"]).reshape(-1, self.tower.width)
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
        """Run the vision tower. Raises Cancelled when it is stopped meanwhile."""
        self.photos_encoded += 1
        with self._mtmd_chunks(photo, small) as chunks:
            out = [self.tower.encode(chunk) for chunk in chunks if self.tower.is_image(chunk)]
        if max(np.abs(e).max() for e in out) > np.finfo(self._dtype).max:
            return out  # half precision cannot hold such values
        return [e.astype(self._dtype) for e in out]

    @contextmanager
    def _mtmd_chunks(self, photo: Photo, small: bool) -> Iterator[list[Any]]:
        """Those of mtmd's chunks of a photo that the model reads; they are freed when the context ends."""
        with self.tower.chunks(self.form.pixels(photo, small)) as chunks:
            if self.form.one_tile:
                yield [c for c in chunks if self.tower.is_image(c)][-1:]
            else:
                yield chunks[-3:] if self.form.tiled and small else chunks
