"""The interface to a photo encoder, which recall compares photos with, and the one over a language model's own tower.

An encoder knows nothing of memories, and needs no language model: so vectors survive a change of model.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from assistant.backend import Backend
from memory.episode import Photo
from memory.search.gate import Gate


class PhotoEncoder(Protocol):
    """Turns photos into tokens that can be compared. `encode` may be called from several threads at a time."""

    name: str
    """The encoder's name on screen: "lite0"."""
    space: str
    """Identifies the vector space of `encode`: changes with the network, the projection and how photos enter it."""
    gate: Gate
    """The thresholds that were fitted to this encoder's scores."""

    def encode(self, photo: Photo) -> np.ndarray:
        """Tokens of a photo, (T, D) float32. A token's length (up to 1), how likely it shows a thing, is its weight.

        Raises PhotoError, ModelError.
        """
        ...

    def close(self) -> None:
        """Free the network. Calling it twice is fine; `encode` fails afterwards."""
        ...


class BackendEncoder:
    """A language model's own vision tower as an encoder, for research. It does not close the backend."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.name, self.space = backend.name, backend.space
        self.gate = Gate.constant(backend.threshold)

    def encode(self, photo: Photo) -> np.ndarray:
        """Tokens of a photo, as the protocol says; called from the thread that the backend is used in."""
        return unit_rows(self._backend.embed(photo))

    def close(self) -> None:
        """Do nothing: whoever opened the backend closes it."""


def unit_rows(tokens: np.ndarray) -> np.ndarray:
    """Rows of (T, D) scaled to unit length, float32; a row of zeros stays zero."""
    tokens = np.asarray(tokens, np.float32)
    return tokens / np.linalg.norm(tokens, axis=1, keepdims=True).clip(1e-12)
