"""Token cache: visual tokens of drawn photos, computed once for stages 2 and 3, which never run the vision tower.

A stand-in `Photo` carries the number of its row instead of pixels, so that the app's renderer lays out training
prompts, too.
"""

from __future__ import annotations

import pickle
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from benchmark.world.concepts import Concept, concepts
from benchmark.world.scene import TWIN_HUES, Look, draw
from memory.episode import Photo
from memory.files import whole_file
from train.pretrain.model import encode_image
from train.pretrain.vision import normalise


@dataclass(frozen=True)
class TokenCache:
    """Visual tokens of N drawn photos of one split, and what each photo shows."""

    tokens: torch.Tensor  # (N, T, D) float16
    single: dict[Look, list[int]]
    """For each look the rows of photos that show it alone."""
    groups: list[tuple[tuple[Look, ...], int]]
    """(looks, row) of each photo that shows two to four looks."""
    words: dict[str, Concept]
    """The split's concepts by their codes."""
    near: dict[str, list[str]]
    """For each concept's code up to eight codes of concepts that look most like it (cosine of mean tokens)."""


def photo_of(row: int) -> Photo:
    """A stand-in for the photo in a row of the cache."""
    return Photo(f"{row:064d}", b"", 0, 0)


def row_of(photo: Photo) -> int:
    """The row of the cache that a stand-in stands for."""
    return int(photo.sha256)


def load_or_build(work: Path, model, split: str, *how, name: str = "") -> TokenCache:
    """The cache of a split from the training folder, built and saved if it is missing or older than the vision tower.

    `how` is given to `build`. The file is named after the split, or `name`. A file that cannot be read, such as one of
    an earlier version of this module, is built anew.
    """
    path, tower = work / f"bank-{name or split}.pt", work / "vision.pt"
    if path.exists() and path.stat().st_mtime > tower.stat().st_mtime:
        try:
            cache = torch.load(path, weights_only=False)  # pickled, but our own file, written below
        except (AttributeError, EOFError, ImportError, RuntimeError, pickle.UnpicklingError) as error:
            print(f"{path} cannot be read ({type(error).__name__}): it is built anew", file=sys.stderr)
        else:
            if isinstance(cache, TokenCache):
                return cache
            print(f"{path} is not a token cache: it is built anew", file=sys.stderr)
    cache = build(model, split, *how)
    with whole_file(path) as partial:
        torch.save(cache, partial)
    return cache


@torch.inference_mode()
def build(model, split: str, views: int, groups: int, seed: int, size: int, device: str) -> TokenCache:
    """Draw and encode `views` photos of every look of a split, and `groups` photos of two to four looks.

    `size` is a photo's side in pixels. Groups come in threes: two photos of the same looks, and one without the last of
    them (if at least two remain).
    """
    pool = concepts(split)
    looks = [Look(c.code, hue) for c in pool for hue in (0, *TWIN_HUES)]
    rng = np.random.default_rng((seed, 3))
    plan: list[tuple[Look, ...]] = [(k,) for k in looks for _ in range(views)]
    together: tuple[Look, ...] = ()
    for i in range(groups):
        if i % 3 == 0:
            chosen = rng.choice(len(pool), 2 + i // 3 % 3, replace=False)
            together = tuple(Look(pool[c].code, int(rng.choice((0, 0, 0, *TWIN_HUES)))) for c in chosen)
        plan.append(together[: max(2, len(together) - 1)] if i % 3 == 2 else together)
    rows = []
    for start in range(0, len(plan), 128):
        part = plan[start : start + 128]
        pixels = np.stack([np.asarray(draw(p, int(rng.integers(1 << 31)), size).image) for p in part])
        with torch.autocast(device, dtype=torch.bfloat16):
            tokens = encode_image(model, normalise(torch.from_numpy(pixels).permute(0, 3, 1, 2).to(device)))
        rows.append(tokens.half().cpu())
        if start % 3840 == 0:
            print(f"token cache {split}: {start} of {len(plan)} photos", flush=True)
    tokens = torch.cat(rows)
    single = {look: list(range(i * views, (i + 1) * views)) for i, look in enumerate(looks)}
    mean = torch.stack([tokens[single[Look(c.code)]].float().mean((0, 1)) for c in pool])
    mean = torch.nn.functional.normalize(mean - mean.mean(0), dim=-1)
    order = (mean @ mean.T - 2 * torch.eye(len(pool))).topk(min(8, len(pool) - 1)).indices.tolist()
    near = {c.code: [pool[j].code for j in row] for c, row in zip(pool, order, strict=True)}
    first = len(looks) * views
    return TokenCache(
        tokens, single, [(p, first + i) for i, p in enumerate(plan[first:])], {c.code: c for c in pool}, near
    )
