"""Composites: a cut-out pasted on a photograph of a room or a landscape, with a mask of where it lies.

A cut-out is turned, tilted, scaled, recoloured and partly hidden, so that composites of one cut-out differ as photos of
one thing do, except that they never show another side of it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

SIZE = 448
"""Pixels on a side of a composite."""
LARGEST = 4_000_000
"""Pixels of a cut-out; larger ones are left out."""
SMALLEST = 110
"""Pixels of the shorter side of a cut-out; smaller ones are left out."""
_TURN, _TILT, _HIDDEN, _BLURRED = 25.0, 0.18, 0.3, 0.3  # degrees, share of a side, shares of the composites


def pictures(folders: Sequence[Path]) -> list[Path]:
    """All pictures in the folders and below, in the order of their paths; small and huge ones are left out."""
    found = []
    for path in sorted(p for folder in folders for p in folder.rglob("*") if p.suffix.lower() in _SUFFIXES):
        with Image.open(path) as image:
            if min(image.size) >= SMALLEST and image.width * image.height <= LARGEST:
                found.append(path)
    return found


def composite(cutout: Path | None, room: Path, rng: random.Random) -> tuple[Image.Image, np.ndarray]:
    """A square picture of SIZE, and which part of it the cut-out covers, (SIZE, SIZE) from 0 to 1.

    Without a cut-out it is the room alone.
    """
    image = _room(room, rng)
    mask = Image.new("L", image.size)
    if cutout is not None:
        thing = _thing(cutout, rng)
        x, y = (rng.randint(0, max(0, SIZE - side)) for side in thing.size)
        image.paste(thing.convert("RGB"), (x, y), thing.getchannel("A"))
        mask.paste(thing.getchannel("A"), (x, y))
    if rng.random() < _BLURRED:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 2)))
    return image, np.asarray(mask, np.float32) / 255


def _room(path: Path, rng: random.Random) -> Image.Image:
    """A square part of a photo, perhaps mirrored, darker or brighter."""
    photo = _photo(path)
    side = int(min(photo.size) * rng.uniform(0.4, 1))
    x, y = rng.randint(0, photo.width - side), rng.randint(0, photo.height - side)
    part = photo.resize((SIZE, SIZE), Image.Resampling.BICUBIC, (x, y, x + side, y + side))
    if rng.random() < 0.5:
        part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return ImageEnhance.Brightness(part).enhance(rng.uniform(0.7, 1.2))


def _thing(path: Path, rng: random.Random) -> Image.Image:
    """A cut-out as it lies in one composite."""
    thing = _cutout(path)
    scale = SIZE * rng.uniform(0.25, 0.9) / max(thing.size)
    width, height = (max(1, int(side * scale)) for side in thing.size)
    thing = thing.resize((width, height), Image.Resampling.BICUBIC)
    thing = _tilted(thing, rng).rotate(rng.uniform(-_TURN, _TURN), Image.Resampling.BICUBIC, expand=True)
    if rng.random() < 0.5:
        thing = thing.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if rng.random() < _HIDDEN:
        share, (w, h) = rng.uniform(0.6, 0.95), thing.size
        thing = thing.crop((0, 0, int(w * share) + 1, h) if rng.random() < 0.5 else (0, int(h * (1 - share)), w, h))
    shown = thing.convert("RGB")
    for change, low, high in _CHANGES:
        shown = change(shown).enhance(rng.uniform(low, high))
    shown.putalpha(thing.getchannel("A"))
    return shown


def _tilted(thing: Image.Image, rng: random.Random) -> Image.Image:
    """A cut-out in perspective: each corner is moved by up to _TILT of a side."""
    w, h = thing.size
    corners = [(0, 0), (w, 0), (w, h), (0, h)]
    moved = [(x + rng.uniform(-_TILT, _TILT) * w, y + rng.uniform(-_TILT, _TILT) * h) for x, y in corners]
    rows = []
    for (x, y), (u, v) in zip(corners, moved, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    coefficients = np.linalg.solve(np.array(rows, float), np.array(moved, float).ravel())
    return thing.transform(thing.size, Image.Transform.PERSPECTIVE, tuple(coefficients), Image.Resampling.BICUBIC)


@cache
def _photo(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.draft("RGB", (1100, 1100))
        photo = image.convert("RGB")
    photo.thumbnail((1100, 1100))
    return photo


def _cutout(path: Path) -> Image.Image:
    with Image.open(path) as image:
        thing = image.convert("RGBA")
    thing.thumbnail((600, 600))
    return thing


_SUFFIXES = (".png", ".webp", ".jpg", ".jpeg")
_CHANGES = (
    (ImageEnhance.Brightness, 0.6, 1.35),
    (ImageEnhance.Color, 0.6, 1.3),
    (ImageEnhance.Contrast, 0.75, 1.2),
)
