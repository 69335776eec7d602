"""The views of a photo that an encoder looks at: the whole of it, and crops; each as numbers a network takes."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from PIL import Image

from assistant.encoder.encoder_manifest import Manifest
from assistant.photo import picture
from memory.episode import Photo

RESAMPLING = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "lanczos": Image.Resampling.LANCZOS,
}
Box = tuple[float, float, float, float]
"""Left, top, right, bottom, in pixels."""


def views(photo: Photo, manifest: Manifest) -> Iterator[np.ndarray]:
    """Batches (B, 3, H, W) float32 of equal size: the whole photo first, then its crops. Raises PhotoError."""
    crops = manifest.crops
    least = max(manifest.size, math.ceil(crops.size / crops.share) if crops else 0)
    image = picture(photo, (least, least))
    yield whole_view(image, manifest)
    if crops:
        yield _numbers(image, crop_boxes(image.size, crops.share), crops.size, manifest)


def whole_view(image: Image.Image, manifest: Manifest) -> np.ndarray:
    """A whole picture as a batch of one, (1, 3, H, W) float32."""
    return _numbers(image, [(0, 0, *image.size)], manifest.size, manifest)


def focus_lengths(tokens: int, manifest: Manifest) -> np.ndarray:
    """The factor by which the focus shortens each of the T `tokens` of all views, (T, 1).

    Views are squares of as many tokens as their pixels allow: T is shared out in proportion. Raises ValueError when
    that leaves no whole squares.
    """
    if manifest.focus is None:
        return np.ones((tokens, 1), np.float32)
    boxes: list[tuple[Box, int]] = [((0.0, 0.0, 1.0, 1.0), manifest.size)]
    if manifest.crops:
        boxes += [(box, manifest.crops.size) for box in crop_boxes((1, 1), manifest.crops.share)]
    area = sum(side * side for _, side in boxes)
    lengths = []
    for (left, above, right, below), side in boxes:
        rows = math.isqrt(round(tokens * side * side / area))
        at = (np.arange(rows) + 0.5) / rows
        x, y = left + (right - left) * at, above + (below - above) * at
        away = (x[None, :] - 0.5) ** 2 + (y[:, None] - 0.5) ** 2
        lengths.append(np.exp(-away / (2 * manifest.focus**2)).ravel())
    joined = np.concatenate(lengths)
    if len(joined) != tokens:
        raise ValueError(f"{tokens} tokens are no squares for {len(boxes)} views, which a focus needs")
    return joined.astype(np.float32)[:, None]


def crop_boxes(size: tuple[int, int], share: float) -> list[Box]:
    """The four corners and the centre of a picture, in that order, each with `share` of its width and height."""
    width, height = size
    right, below = width * (1 - share), height * (1 - share)
    corners = [(0.0, 0.0), (right, 0.0), (0.0, below), (right, below), (right / 2, below / 2)]
    return [(x, y, x + width * share, y + height * share) for x, y in corners]


def _numbers(image: Image.Image, boxes: list[Box], side: int, manifest: Manifest) -> np.ndarray:
    """The boxes of a picture as squares of `side` pixels, in the network's numbers: (B, 3, side, side)."""
    how = RESAMPLING[manifest.resampling]
    mean, deviation = (np.array(colours, np.float32)[:, None, None] for colours in (manifest.mean, manifest.deviation))
    numbers = np.empty((len(boxes), 3, side, side), np.float32)
    for row, box in zip(numbers, boxes, strict=True):
        np.copyto(row, np.asarray(image.resize((side, side), how, box)).transpose(2, 0, 1))
    numbers -= mean  # in place: several times faster than one expression
    numbers /= deviation
    return numbers
