"""How alike two photos are: as slightly changed copies, by colours and shape, or by an image encoder's tokens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from assistant.photo import pixels
from benchmark.datasets.filters.tools import Tools
from memory.episode import Photo
from memory.search.ranking import sight_scores, unit

NEAR_BITS = 16
"""Photos whose 128-bit difference hashes differ in no more bits are one picture. Drawn scenes differ in 27 or
more; copies saved again, scaled, darkened or cut by 5 % in 19 or fewer, nine in ten in 13 or fewer."""


def difference_hash(photo: Photo) -> np.ndarray:
    """128 bits: where brightness rises to the right, and where downwards. They survive scaling, encoding and light."""
    grey = Image.fromarray(pixels(photo)).convert("L").resize((9, 9), Image.Resampling.BOX)
    grid = np.asarray(grey, np.int16)  # (9, 9)
    return np.concatenate([(grid[:-1, 1:] > grid[:-1, :-1]).ravel(), (grid[1:, :-1] > grid[:-1, :-1]).ravel()])


def is_copy(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two difference hashes are those of one picture."""
    return int((one != other).sum()) <= NEAR_BITS


def pixel_features(photo: Photo) -> np.ndarray:
    """A unit vector of colours and coarse shape, (256,), whose products compare photos where there is no encoder."""
    image = Image.fromarray(pixels(photo)).resize((64, 64), Image.Resampling.BOX)
    colours, _ = np.histogramdd(np.asarray(image).reshape(-1, 3), bins=4, range=[(0, 256)] * 3)  # (4, 4, 4)
    thumbnail = np.asarray(image.resize((8, 8), Image.Resampling.BOX), np.float32)  # (8, 8, 3)
    parts = [np.sqrt(colours).ravel(), (thumbnail - thumbnail.mean()).ravel()]
    return np.concatenate([p / max(float(np.linalg.norm(p)), 1e-9) for p in parts]) / np.sqrt(2)


def contained(photos: Sequence[Photo], query: Photo, tools: Tools) -> np.ndarray:
    """How much of what is special in each of the photos an encoder finds in `query`: (P,), 0..1.

    The score is that of recall (`memory/search/ranking.py`). `tools.encoder` must be given.
    """
    tokens = [_tokens(photo, tools) for photo in photos]
    pooled = np.stack([t.mean(axis=0) for t in tokens])
    return sight_scores(np.concatenate(tokens), np.array([len(t) for t in tokens]), pooled, _tokens(query, tools))


def _tokens(photo: Photo, tools: Tools) -> np.ndarray:
    """Visual tokens of unit length, (T, D), encoded once for each photo."""
    if photo.sha256 not in tools.tokens:
        assert tools.encoder is not None
        tools.tokens[photo.sha256] = unit(tools.encoder.embed(photo))
    return tools.tokens[photo.sha256]
