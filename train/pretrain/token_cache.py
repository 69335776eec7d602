"""Visual tokens, computed once: stage 2 trains on them and never runs the vision tower.

A stand-in `Photo` carries a row number instead of pixels, so the one renderer lays out training prompts too.
"""

from __future__ import annotations

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
    """Tokens of many drawn photos of one split, and what each shows."""

    tokens: torch.Tensor  # (N, T, D) float16
    single: dict[Look, list[int]]
    """Rows that show one look alone."""
    groups: list[tuple[tuple[Look, ...], int]]
    """Rows that show two to four looks."""
    words: dict[str, Concept]
    near: dict[str, list[str]]
    """For each concept code the eight that look most like it (by mean tokens)."""


def photo(row: int) -> Photo:
    """A stand-in for the photo in a row of the bank."""
    return Photo(f"{row:064d}", b"", 0, 0)


def row_of(photo: Photo) -> int:
    """The row a stand-in stands for."""
    return int(photo.sha256)


def cached(work: Path, model, split: str, *how, name: str = "") -> TokenCache:
    """`build`, kept in the training folder, by the split or another name, until the tower is trained further."""
    path, tower = work / f"bank-{name or split}.pt", work / "vision.pt"
    if path.exists() and path.stat().st_mtime > tower.stat().st_mtime:
        kept: TokenCache = torch.load(path, weights_only=False)  # our own file, written below
        return kept
    bank = build(model, split, *how)
    with whole_file(path) as partial:
        torch.save(bank, partial)
    return bank


@torch.inference_mode()
def build(model, split: str, views: int, groups: int, seed: int, size: int, device: str) -> TokenCache:
    """Draw and encode `views` photos of every look of a split, and `groups` photos of two to four looks: two of each
    set, and one from which a look has gone (where two remain)."""
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
            print(f"bank {split}: {start} of {len(plan)} photos", flush=True)
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
