"""Folders of small generated photos of things, a folder for each thing, and an encoder that tells their colours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from assistant.photo import pixels
from memory.episode import Photo
from memory.search.gate import Gate
from memory.search.ranking import unit

SIDE = 64


class ColourEncoder:
    """Sixteen tokens of a photo, each the colours of a part of it."""

    def __init__(self, gate: Gate | None = None) -> None:
        self.name, self.space = "colours", "colours-1"
        self.gate = gate or Gate((0.5, 0.1), (0.7, 0.1))
        self.asked: list[str] = []
        """The photos that were encoded, in order."""

    def encode(self, photo: Photo) -> np.ndarray:
        """Tokens (16, 12)."""
        self.asked.append(photo.sha256)
        small = Image.fromarray(pixels(photo)).resize((8, 8), Image.Resampling.BOX)
        cells = np.asarray(small, np.float32).reshape(4, 2, 4, 2, 3).transpose(0, 2, 1, 3, 4)
        return unit(cells.reshape(16, 12) - 127.0)

    def close(self) -> None:
        """Nothing to free."""


def draw_thing(thing: int, view: int, noise: float = 25.0) -> Image.Image:
    """A photo of a thing: a patch of its colours somewhere on a grey wall."""
    look = np.random.default_rng((thing, 1)).integers(0, 256, (4, 4, 3))
    rng = np.random.default_rng((thing, 2, view))
    wall = np.full((SIDE, SIDE, 3), 150.0)
    x, y = rng.integers(0, SIDE // 2, 2)
    wall[y : y + 32, x : x + 32] = np.kron(look, np.ones((8, 8, 1)))
    wall += rng.normal(0, noise, wall.shape)
    return Image.fromarray(wall.clip(0, 255).astype(np.uint8))


def things_folder(folder: Path, things: int, photos: int = 4, first: int = 0, noise: float = 25.0) -> Path:
    """Write `photos` photos of each of so many things; the number of the first makes them other things."""
    for thing in range(first, first + things):
        (folder / f"thing{thing}").mkdir(parents=True)
        for view in range(photos):
            draw_thing(thing, view, noise).save(folder / f"thing{thing}" / f"{view:02}.png")
    return folder
