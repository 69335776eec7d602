"""How many visual tokens a photo may have, and the pixels that a model of any shape (Qwen3-VL) sees of it.

The one description of these budgets: engines, benchmark, training recipes, exports and model cards all read it. The
size rule is that of the published processor (`smart_resize` of Qwen2-VL): a photo is stretched to sides that are
multiples of one visual token, 32 pixels, bicubic. Every engine gets pixels that were resized here, so that none
resizes them in a way of its own. For a SmolVLM, which takes photos of one size, there is no budget.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from memory.errors import PhotoError

UNIT = 32
"""Pixels on a side of one visual token of Qwen3-VL: patches of 16, two by two merged."""
MOST_ASPECT = 200
"""The longer side of a photo is at most so many times the shorter one: the published processor's bound."""
RULE = "smart_resize 1"
"""The name of the size rule below; cached results have it in their names, since their pixels depend on the rule."""

MOST_PHOTO_TOKENS = 2304
"""Visual tokens of the largest normalised photo: 1,536 pixels on a side, 32 pixels on a side of a token."""
PHOTO_TOKENS_HELP = (
    "most visual tokens of the photo asked about, for models that take photos of any shape (default: 512, or as the "
    "model was trained); 1024 sees finer detail and waits about twice as long"
)


@dataclass(frozen=True, slots=True)
class PhotoBudget:
    """Visual tokens of a photo, where the model can choose."""

    query: int = 512
    """Most tokens of the photo that is asked about."""
    memory: int = 128
    """Most tokens of every other photo."""
    least: int = 8
    """A photo with fewer tokens is scaled up to this number."""

    def __post_init__(self) -> None:
        for key in ("least", "memory", "query"):
            if getattr(self, key) < 1:
                raise ValueError(f"{key} is {getattr(self, key)}, must be at least 1 visual token")
        if self.least > min(self.memory, self.query):
            raise ValueError(f"least is {self.least}, must be at most memory ({self.memory}) and query ({self.query})")

    def most(self, small: bool) -> int:
        """Most tokens of a photo: of a memory's if `small`, else of the one that is asked about."""
        return self.memory if small else self.query

    def table(self) -> dict[str, int]:
        """The budget as manifests and model cards record it."""
        return {"query_tokens": self.query, "memory_tokens": self.memory, "least_tokens": self.least}

    def __str__(self) -> str:
        return f"{self.query} visual tokens for the photo asked about, {self.memory} for each memory"


def read_budget(table: Mapping[str, Any]) -> PhotoBudget:
    """The budget of a table that `PhotoBudget.table` made; defaults for what it leaves out. Raises ValueError."""
    names = {"query_tokens": "query", "memory_tokens": "memory", "least_tokens": "least"}
    return PhotoBudget(**{field: int(table[key]) for key, field in names.items() if key in table})


def size_for(width: int, height: int, most: int, least: int, unit: int = UNIT) -> tuple[int, int]:
    """Width and height in pixels that a photo is stretched to: multiples of `unit`, `least` to `most` units of area.

    A photo of one unit's height can have a few units more than `most`, as in the published processor. Raises PhotoError
    for a photo that is more than 200 times as long as it is broad.
    """
    if max(height, width) > MOST_ASPECT * min(height, width):
        raise PhotoError(f"this model cannot see a photo of {width} x {height} pixels: crop it, or show another")
    area, least_pixels, most_pixels = height * width, least * unit**2, most * unit**2
    tall, wide = round(height / unit) * unit, round(width / unit) * unit
    if tall * wide > most_pixels:
        beta = math.sqrt(area / most_pixels)
        tall, wide = (max(unit, math.floor(side / beta / unit) * unit) for side in (height, width))
    elif tall * wide < least_pixels:
        beta = math.sqrt(least_pixels / area)
        tall, wide = (math.ceil(side * beta / unit) * unit for side in (height, width))
    return wide, tall


def resized(image: np.ndarray, most: int, least: int, unit: int = UNIT) -> np.ndarray:
    """A photo (H, W, 3) uint8 as the model sees it: (H', W', 3) uint8 of the size that `size_for` says."""
    height, width, _ = image.shape
    size = size_for(width, height, most, least, unit)
    return image if size == (width, height) else np.array(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))


def resized_for_tiles(image: np.ndarray, longest: int, tile: int) -> np.ndarray:
    """A photo (H, W, 3) uint8 as SmolVLM's published processor cuts it: sides of whole tiles, the longer one `longest`.

    Two steps of Lanczos, as there: the aspect kept, with an even shorter side; then stretched to whole tiles.
    """
    height, width, _ = image.shape
    shorter = int(longest / (width / height)) if width >= height else int(longest * (width / height))
    shorter = max(1, shorter + shorter % 2)
    kept = (longest, shorter) if width >= height else (shorter, longest)
    whole = -(-kept[0] // tile) * tile, -(-kept[1] // tile) * tile
    out = Image.fromarray(image)
    for size in (kept, whole):
        out = out if out.size == size else out.resize(size, Image.Resampling.LANCZOS)
    return np.array(out)
