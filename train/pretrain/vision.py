"""Stage 1: a vision tower whose tokens say *which* thing is there, whatever the light and the background.

Every scene is drawn with its masks, so that every token has a label: the look that covers its cell, or nothing. A token
must point to its look's target direction (`teacher.py`), nearer than to the other looks of the batch and to `negatives`
more, recoloured twins among them. Checkpoints hold weights and optimiser, and scenes are seeded by their step: a
resumed run ends as one that was never stopped.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, IterableDataset

from benchmark.world.concepts import concepts
from benchmark.world.scene import TWIN_HUES, Look, draw
from memory.files import append_lines, whole_file
from train.pretrain.model import build_model, encode_image, vision_parts
from train.recipe import Recipe, Vision

GRID = 4
"""Cells on a side of a scene's cover masks: one for each visual token."""
THINGS = ((1, 0.5), (2, 0.22), (3, 0.13), (4, 0.15))
"""How many things a training scene holds, with probabilities."""
OWNED, EMPTY = 0.18, 0.03
"""Share of a cell above which its main look claims its token, and below which a cell counts as empty."""
Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""Pixels, look indices and cover of a batch of scenes, as `Scenes` describes them."""


@dataclass(frozen=True, slots=True)
class LookTargets:
    """N looks that scenes are drawn of, their target directions, and which of them training may use."""

    looks: list[Look]
    targets: torch.Tensor  # (N, D)
    training: np.ndarray  # (N,) bool


def looks_of(split: str, *, signs: bool) -> list[Look]:
    """Every look of a split: each concept plain and recoloured. `signs`: with the concepts that are signs."""
    return [Look(c.code, hue) for c in concepts(split, signs=signs) for hue in (0, *TWIN_HUES)]


class Scenes(IterableDataset):
    """Endless batches of training scenes: pixels (B, 3, S, S) uint8, look indices (B, 4) or -1, cover (B, 4, 4, 4)."""

    def __init__(self, looks: list[Look], rows: np.ndarray, recipe: Recipe, start: int) -> None:
        """`rows` are the indices of looks to draw; `start` is the step of the first batch."""
        self.looks, self.rows, self.recipe, self.start = looks, rows, recipe, start
        self.plain = np.array([r for r in rows if looks[r].hue == 0])

    def __iter__(self) -> Iterator[Batch]:
        step = self.start
        while True:
            yield self.batch(step)
            step += 1

    def batch(self, step: int) -> Batch:
        """The scenes of a step, seeded by its number."""
        size, b = self.recipe.tower.image_size, self.recipe.vision.batch
        rng = np.random.default_rng((self.recipe.seed, 1, step))
        pixels = np.zeros((b, size, size, 3), np.uint8)
        ids = np.full((b, 4), -1)
        cover = np.zeros((b, 4, GRID, GRID), np.float32)
        for i in range(b):
            n = rng.choice([n for n, _ in THINGS], p=[p for _, p in THINGS])
            pool = self.plain if rng.random() < 0.6 else self.rows
            chosen = rng.choice(pool, n, replace=False)
            scene = draw([self.looks[c] for c in chosen], int(rng.integers(1 << 31)), size, GRID)
            pixels[i], ids[i, :n], cover[i, :n] = np.asarray(scene.image), chosen, scene.cover
        return torch.from_numpy(pixels).permute(0, 3, 1, 2), torch.from_numpy(ids), torch.from_numpy(cover)


def normalise(pixels: torch.Tensor) -> torch.Tensor:
    """Pixels 0-255 (uint8) scaled to -1..1, as SmolVLM's preprocessor does (mean and deviation 0.5)."""
    return pixels.float() / 127.5 - 1


def contrastive_loss(tokens, ids, cover, targets, negatives, temperature, nothing) -> tuple[torch.Tensor, float]:
    """Contrastive and cosine loss of visual tokens (B, T, D), and the share of things that were recognised.

    `ids` (B, 4) and `cover` (B, 4, 4, 4) say what a scene shows and where; `targets` (N, D) are the directions of all
    looks, `negatives` the indices of looks outside the batch, `nothing` (D,) the direction of an empty cell.
    """
    b, t, _ = tokens.shape
    cover = cover.reshape(b, 4, t)
    unit = F.normalize(tokens, dim=-1)
    present = ids >= 0
    classes, inverse = torch.unique(ids[present], return_inverse=True)
    candidates = torch.cat([targets[classes], targets[negatives[~torch.isin(negatives, classes)]]])  # (C, D)
    label = torch.full_like(ids, -1)
    label[present] = inverse
    best, owner = cover.max(1)  # (B, T): how much of the cell its main look covers, and which one
    owned = best > OWNED
    owner_label = label.gather(1, owner)
    logits = unit[owned] @ candidates.T / temperature
    weight = best[owned].sqrt()
    token_ce = (F.cross_entropy(logits, owner_label[owned], reduction="none") * weight).sum() / weight.sum()
    token_cos = ((1 - (unit[owned] * candidates[owner_label[owned]]).sum(-1)) * weight).sum() / weight.sum()
    share = cover * (cover == cover.max(1, keepdim=True).values)
    pooled = F.normalize(torch.einsum("bkt,btd->bkd", share, tokens), dim=-1)[present]
    pooled_logits = pooled @ candidates.T / temperature
    pooled_ce = F.cross_entropy(pooled_logits, inverse)
    empty = cover.sum(1) < EMPTY
    empty_cos = (1 - unit[empty] @ nothing).mean() if empty.any() else tokens.new_zeros(())
    length = (tokens.norm(dim=-1) - 1).square().mean()
    right = (pooled_logits.argmax(1) == inverse).float().mean().item()
    return pooled_ce + 0.5 * token_ce + 2 * token_cos + 0.5 * empty_cos + 0.05 * length, right


@torch.inference_mode()
def retrieval(model, looks: list[Look], seed: int, size: int, device: str) -> dict[str, float]:
    """Share of looks whose second view finds their first among all looks: by pooled tokens, and by late interaction."""
    rng = np.random.default_rng(seed)
    views = []
    for _ in range(2):
        pixels = np.stack([np.asarray(draw([k], int(rng.integers(1 << 31)), size).image) for k in looks])
        x = normalise(torch.from_numpy(pixels).permute(0, 3, 1, 2))
        views.append(torch.cat([encode_image(model, part.to(device)).float().cpu() for part in x.split(64)]))
    a, b = (F.normalize(v, dim=-1) for v in views)
    pooled = F.normalize(views[1].mean(1), dim=-1) @ F.normalize(views[0].mean(1), dim=-1).T
    object_like = (1 - b[..., -1].clamp(0, 1))[:, :, None, None]
    late = (torch.einsum("qtd,msd->qtms", b, a) * object_like).amax(-1).sum(1)
    truth = torch.arange(len(looks))
    return {name: (s.argmax(1) == truth).float().mean().item() for name, s in (("pooled", pooled), ("late", late))}


def train(recipe: Recipe, base_gguf: Path, looks: LookTargets, work: Path, device: str, resume: bool) -> Path:
    """Run stage 1; returns the checkpoint. Writes `vision.jsonl`, a row for each evaluation, beside it."""
    v = recipe.vision
    torch.manual_seed(recipe.seed)
    model, _ = build_model(base_gguf, recipe.tower)
    parts = vision_parts(model).to(device)
    optimiser = torch.optim.AdamW(
        parts.parameters(), lr=v.learning_rate, weight_decay=v.weight_decay, betas=(0.9, 0.98)
    )
    checkpoint, start = work / "vision.pt", 0
    if resume and checkpoint.exists():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        parts.load_state_dict(state["seeing"])
        optimiser.load_state_dict(state["optimiser"])
        start = state["step"]
    rows = np.flatnonzero(looks.training)
    data = DataLoader(Scenes(looks.looks, rows, recipe, start), batch_size=None, num_workers=1, prefetch_factor=8)
    targets = looks.targets.to(device)
    nothing = torch.zeros(targets.shape[1], device=device)
    nothing[-1] = 1
    dev = [look for look in looks_of("dev", signs=False) if look.hue == 0]
    average, began = None, time.monotonic()
    for step, (pixels, ids, cover) in enumerate(data, start):
        if step >= v.steps:
            break
        for group in optimiser.param_groups:
            group["lr"] = _learning_rate(v, step)
        with torch.autocast(device, dtype=torch.bfloat16):
            tokens = encode_image(model, normalise(pixels.to(device)))
        outside = np.random.default_rng((recipe.seed, 2, step)).choice(rows, v.negatives, replace=False)
        negatives = torch.from_numpy(outside).to(device)
        loss, right = contrastive_loss(
            tokens.float(), ids.to(device), cover.to(device), targets, negatives, v.temperature, nothing
        )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parts.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        average = right if average is None else 0.98 * average + 0.02 * right
        if (step + 1) % 25 == 0:
            progress = f"vision {step + 1}/{v.steps} loss {loss.item():.3f} right {average:.3f}"
            print(f"{progress} {(time.monotonic() - began) / (step + 1 - start):.2f} s/step", flush=True)
        if (step + 1) % v.eval_every == 0 or step + 1 == v.steps:
            parts.eval()
            scores = retrieval(model, dev, 11, recipe.tower.image_size, device)
            parts.train()
            row = {"step": step + 1, "loss": loss.item(), "right": average, **scores}
            print("vision", json.dumps(row), flush=True)
            append_lines(work / "vision.jsonl", [row])
            with whole_file(checkpoint) as partial:
                state = {"seeing": parts.state_dict(), "optimiser": optimiser.state_dict(), "step": step + 1}
                torch.save(state, partial)
    return checkpoint


def _learning_rate(v: Vision, step: int) -> float:
    """The learning rate of a step: it rises for `warmup` steps and follows a cosine to 2 %."""
    cosine = (1 + math.cos(math.pi * step / v.steps)) / 2
    return v.learning_rate * min(1, (step + 1) / v.warmup) * (0.02 + 0.98 * cosine)
