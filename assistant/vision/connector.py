"""The connector: from the photo encoder's map to the visual tokens of a language model without a vision tower.

The encoder's tokens of the whole photo, 9 x 9 of them, are distributed over 4 x 4 cells. A cell is described by the sum
of its tokens (each as long as it is likely to show a thing), by the sum of their lengths, and by a histogram of its
colours, which the encoder hardly tells apart; one matrix turns this description into the language model's width. The
tokens are computed here once, in numpy, so that every engine reads the same numbers.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from assistant.encoder.onnx_encoder import OnnxEncoder
from assistant.photo import picture
from memory.episode import Photo
from memory.errors import ModelError

CELLS = 4
"""Cells on a side."""
TOKENS = CELLS * CELLS
"""Visual tokens of a photo."""
SHADES = 3
"""Shades of each colour in a histogram."""
DOTS = 4
"""A token's histogram is made of the mean colours of DOTS x DOTS parts of its square."""


class Connector:
    """Visual tokens of photos, from the encoder that it was trained for."""

    def __init__(self, file: Path, encoder: OnnxEncoder) -> None:
        """Raises ModelError when the file is no connector, or one of another encoder."""
        try:
            with np.load(file) as arrays:
                space = str(arrays["space"])
                self._matrix = arrays["matrix"].astype(np.float32)  # (F, D)
                self._bias = arrays["bias"].astype(np.float32)  # (D,)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise ModelError(f"{file} is no connector, which has a space, a matrix and a bias: {error}") from error
        if space != encoder.space:
            raise ModelError(f"{file} was made for the encoder {space}, not for {encoder.space}: bring its files back")
        self._encoder = encoder

    @property
    def hidden(self) -> int:
        """Width of a visual token."""
        return int(self._matrix.shape[1])

    @property
    def side(self) -> int:
        """Pixels of the square that the encoder sees of a photo."""
        return self._encoder.manifest.size

    def visual_tokens(self, photo: Photo) -> np.ndarray:
        """Visual tokens of a photo, (16, D) float32. Raises PhotoError, ModelError."""
        image = picture(photo, (self.side, self.side))
        tokens: np.ndarray = features(self._encoder.map_of(image), image) @ self._matrix + self._bias
        return tokens

    def close(self) -> None:
        """Free the encoder."""
        self._encoder.close()


def features(tokens: np.ndarray, image: Image.Image) -> np.ndarray:
    """The description of each cell, (16, N + 1 + 27) float32, from the encoder's map (R * R, N) and its picture."""
    rows = round(len(tokens) ** 0.5)
    shared = _shares(rows)
    lengths = np.linalg.norm(tokens, axis=1).reshape(rows, rows)
    dots = np.asarray(image.resize((rows * DOTS,) * 2, Image.Resampling.BOX), np.float32)
    colours = _histograms(dots, rows) * lengths[..., None]
    described = np.concatenate([tokens.reshape(rows, rows, -1), lengths[..., None], colours], -1)
    cells: np.ndarray = np.einsum("ai,bj,ijd->abd", shared, shared, described, optimize=True)
    return cells.reshape(TOKENS, -1).astype(np.float32)


def _shares(rows: int) -> np.ndarray:
    """Which share (0 to 1) of each of a map's `rows` lies in each row of cells, (CELLS, rows)."""
    edges = np.linspace(0, rows, CELLS + 1)
    at = np.arange(rows)
    return np.clip(np.minimum(edges[1:, None], at + 1) - np.maximum(edges[:-1, None], at), 0, None)


def _histograms(dots: np.ndarray, rows: int) -> np.ndarray:
    """Mean histograms (rows, rows, 27) of colours (rows * DOTS, rows * DOTS, 3) from 0 to 255.

    A colour between two shades counts in both, each the more the nearer it is.
    """
    scaled = np.clip(dots / 255 * SHADES - 0.5, 0, SHADES - 1)
    low = np.minimum(scaled.astype(int), SHADES - 2)
    part = scaled - low
    weight = np.zeros((*dots.shape, SHADES), np.float32)
    np.put_along_axis(weight, low[..., None], 1 - part[..., None], -1)
    np.put_along_axis(weight, low[..., None] + 1, part[..., None], -1)
    red, green, blue = (weight[:, :, c] for c in range(3))
    whole = np.einsum("ija,ijb,ijc->ijabc", red, green, blue).reshape(rows, DOTS, rows, DOTS, -1)
    mean: np.ndarray = whole.mean((1, 3))
    return mean
