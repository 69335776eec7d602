"""What `CausalRunner` needs of a library: the `CausalModel` protocol, and visual tokens in memory and on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from assistant.backends.cache.disk_cache import FORMAT, DiskCache
from assistant.backends.causal.processor import Position
from memory.episode import Photo

Pack = Callable[[Sequence[Any]], memoryview]
"""The library's arrays as bytes."""
Unpack = Callable[[bytes], Sequence[Any]]


class PhotoSpan(NamedTuple):
    """Consecutive visual tokens of one photo in a step."""

    start: int
    """Index in the step of the first of them."""
    tokens: Any
    """(T, 1 + DeepStack layers, D), the library's own array."""


class VisualTokens(NamedTuple):
    """A photo as the vision tower encoded it."""

    tokens: Any
    """(T, 1 + DeepStack layers, D), the library's own array."""
    grid: tuple[int, int]
    """Rows and columns of the tokens."""


class CausalModel(Protocol):
    """A loaded model with one KV cache: everything that differs between the libraries."""

    context: int
    """Most tokens of a prompt that the model was trained for."""

    def encode_image(self, inputs: dict[str, Any]) -> Any:
        """Run the vision tower on a preprocessed photo: visual tokens (T, 1 + DeepStack layers, D)."""
        ...

    def extend(
        self, ids: Sequence[int], positions: Sequence[Position], photos: Sequence[PhotoSpan], *, want_logits: bool
    ) -> Any:
        """Read tokens into the cache, after what it holds. With `want_logits`, logits (V,) float32 of the next token.

        `photos`: visual tokens that take the place of the ids at their indices.
        """
        ...

    def crop(self, keep: int) -> None:
        """Drop all but the first `keep` tokens from the cache."""
        ...

    def numpy(self, array: Any) -> np.ndarray:
        """The library's array as float32."""
        ...

    def close(self) -> None:
        """Free the model. Calling it twice is fine."""
        ...


class PhotoCache:
    """Visual tokens of photos on disk.

    They are stored in the type that the tower computes: so a restart changes no bit of an answer, and for models in
    bf16, as they are published, they take as much room as f16.
    """

    def __init__(self, disk: DiskCache, made_by: str, pack: Pack, unpack: Unpack) -> None:
        """`made_by` names model, version and settings. `pack` and `unpack` turn arrays into bytes and back."""
        self._disk, self._pack, self._unpack = disk, pack, unpack
        self._made_by = hashlib.sha256(f"{FORMAT} {made_by}".encode()).hexdigest()[:16]

    def get(self, photo: Photo, small: bool) -> VisualTokens | None:
        """A photo's visual tokens, if they are on disk."""
        if not (entry := self._disk.get(self._file(photo, small))):
            return None
        (tokens,), (rows, columns) = self._unpack(entry[1]), entry[0]["grid"]
        return VisualTokens(tokens, (rows, columns))

    def put(self, photo: Photo, small: bool, visual: VisualTokens) -> None:
        """Write a photo's visual tokens to disk, for `get`."""
        self._disk.put(self._file(photo, small), {"grid": visual.grid}, self._pack([visual.tokens]))

    def _file(self, photo: Photo, small: bool) -> str:
        return f"{photo.sha256}.{self._made_by}{'s' * small}"
