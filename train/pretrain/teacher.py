"""The vision tower's teacher: a target direction for every look, which all photos of the look share.

A target joins EfficientNet-Lite0's features of the clean cut-out (what kind of thing it is) with a colour histogram
(which of two recoloured twins it is), rotated and half-whitened by PCA on the training looks, in the embedding width of
the language model. The last coordinate stays free: it is the direction of "nothing here". The network is the one that
the photo encoder is made of (`train/encoder/lite0.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from benchmark.world.concepts import HERE, concepts
from benchmark.world.scene import Look, clean_view
from memory.files import write_text
from train.encoder.lite0 import Lite0

SIZE = 224
"""Pixels on a side of the teacher's input."""
NEAR = 8
"""Concepts that look alike, listed for each concept."""


class Teacher:
    """EfficientNet-Lite0 without its classifier: 1280 features of a picture. On the CPU, for inference only."""

    def __init__(self, weights: Path) -> None:
        self._lite0 = Lite0(weights)

    def __call__(self, pictures: torch.Tensor) -> torch.Tensor:
        """Features (B, 1280) of pictures (B, 3, 224, 224) in 0..255."""
        return self._lite0.features(pictures).mean((2, 3))


def describe(looks: Sequence[Look], weights: Path) -> np.ndarray:
    """Raw descriptions of N looks, (N, 1280 + 64): EfficientNet features, and a unit colour histogram times 40."""
    teacher, rows = Teacher(weights), []
    for start in range(0, len(looks), 32):
        pictures = np.stack([np.asarray(clean_view(look, SIZE)) for look in looks[start : start + 32]])
        features = teacher(torch.from_numpy(pictures).permute(0, 3, 1, 2).float()).numpy()
        rows += [np.concatenate([f, _histogram(p) * 40]) for f, p in zip(features, pictures, strict=True)]
        if start % 640 == 0:
            print(f"teacher: {start} of {len(looks)} looks", flush=True)
    return np.stack(rows).astype(np.float32)


def write_near(weights: Path) -> None:
    """Write `benchmark/world/near.tsv`: for each concept the `NEAR` concepts of its split that look most like it.

    The measure is the cosine of EfficientNet's features of their clean views, less the mean of the split.
    """
    lines = []
    for split in ("train", "dev", "test"):
        pool = concepts(split)
        features = describe([Look(c.code) for c in pool], weights)[:, :1280]
        features -= features.mean(0)
        features /= np.linalg.norm(features, axis=1, keepdims=True)
        alike = features @ features.T - 2 * np.eye(len(pool))
        order = np.argsort(-alike, axis=1, kind="stable")[:, :NEAR]
        lines += ["\t".join([c.code, *(pool[j].code for j in row)]) for c, row in zip(pool, order, strict=True)]
    write_text(HERE / "near.tsv", "\n".join(lines) + "\n")


def _histogram(picture: np.ndarray) -> np.ndarray:
    """Square root of the 4 x 4 x 4 RGB histogram of all pixels that are not white, of unit length: (64,)."""
    pixels = picture.reshape(-1, 3)[(picture < 250).any(-1).reshape(-1)].astype(int) // 64
    counts = np.bincount(pixels @ np.array([16, 4, 1]), minlength=64).astype(np.float32)
    return np.sqrt(counts / max(1.0, counts.sum()))


def targets(described: np.ndarray, training: np.ndarray, width: int) -> np.ndarray:
    """Unit target directions (N, width) from what `describe` returned; PCA uses the rows that `training` (N,) marks.

    Features and colours are centred and weighted by 0.8 and 0.6. Components are half-whitened (divided by the fourth
    root of their variance), so that small differences count.
    """
    parts = []
    for columns, weight in ((slice(0, 1280), 0.8), (slice(1280, None), 0.6)):
        part = described[:, columns] - described[training][:, columns].mean(0)
        parts.append(weight * part / np.linalg.norm(part, axis=1, keepdims=True).clip(1e-6))
    joined = np.concatenate(parts, 1)
    centred = joined - joined[training].mean(0)
    _, singular, axes = np.linalg.svd(centred[training], full_matrices=False)
    keep = width - 1
    variance = singular[:keep] ** 2 / training.sum()
    turned = centred @ axes[:keep].T / np.maximum(variance, variance[0] * 1e-3) ** 0.25
    turned /= np.linalg.norm(turned, axis=1, keepdims=True)
    return np.pad(turned, ((0, 0), (0, 1))).astype(np.float32)
