"""The connector's fit: one matrix from the photo encoder's description of a cell to the language model's width.

Its targets are visual tokens of the first nano's vision tower, so that the first nano's LoRA reads the connector from
the first step: a cell that a look covers should get that look's token, an empty cell the token of "nothing here".
Beside the distance to the targets, two contrastive losses keep looks apart, one against other looks' targets and one
against other scenes: without them the tokens of real photographs, which the tower never saw, lie too close together
(LOG.md). A hidden layer was no better.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from assistant.backends.llama.llamacpp import open_llamacpp
from assistant.encoder.open_encoder import open_shipped
from assistant.models.local import load
from assistant.photo import from_image
from benchmark.world.scene import draw
from memory.files import whole_file
from train.nano2.composite_scenes import Plan, Scenes, cut_out
from train.nano2.nano2_settings import Settings

TOWER_SIDE = 128
"""Pixels on a side of what the first nano's tower sees."""
COVERED, EMPTY = 0.25, 0.03
"""A cell belongs to a look that covers more than the first share of it; it is empty below the second."""
TEMPERATURES = (0.07, 0.1)
"""Temperatures of the contrast with targets, and of that with other scenes."""
RIDGE = 300.0
"""Weight of the ridge regression that the fit begins with."""


@dataclass(frozen=True, slots=True)
class Targets:
    """The visual tokens that the first nano's vision tower computes for looks."""

    looks: torch.Tensor  # (L, D)
    nothing: torch.Tensor  # (D,)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A connector: tokens are `cells @ matrix + bias`."""

    matrix: torch.Tensor  # (F, D)
    bias: torch.Tensor  # (D,)

    @staticmethod
    def of(file: Path) -> Fitted:
        """The connector that `save` wrote into a file."""
        with np.load(file) as arrays:
            return Fitted(torch.from_numpy(arrays["matrix"].astype(np.float32)), torch.from_numpy(arrays["bias"]))

    def tokens(self, cells: torch.Tensor) -> torch.Tensor:
        """Visual tokens (..., 16, D) of cells (..., 16, F)."""
        return cells @ self.matrix + self.bias

    def adapted(self, adapt: torch.Tensor) -> Fitted:
        """This connector with a matrix (D, D) folded in, which the language stage trains behind it."""
        return Fitted(self.matrix @ adapt.T, self.bias @ adapt.T)

    def save(self, file: Path) -> None:
        """Write what `assistant/vision/connector.py` reads: half precision, and the name of the encoder's space."""
        with whole_file(file) as partial, open(partial, "wb") as out:
            matrix = self.matrix.detach().numpy().astype(np.float16)
            np.savez(out, matrix=matrix, bias=self.bias.detach().numpy(), space=open_shipped().space)


def targets(scene_plan: Plan) -> Targets:
    """The first nano's visual token of each look: the mean over the cells that it covers, in two views."""
    tower = open_llamacpp(load("nano"))
    looks, nothing = [], []
    for i, look in enumerate(scene_plan.looks):
        views = []
        for view in range(2):
            scene = draw([look], 100_000 + 2 * i + view, TOWER_SIDE, cut_out=cut_out)
            tokens, cover = tower.embed(from_image(scene.image)), scene.cover.reshape(-1)
            views.append(tokens[cover >= min(0.5, cover.max())].mean(0))
            if (cover < EMPTY).any():
                nothing.append(tokens[cover < EMPTY].mean(0))
        looks.append(np.mean(views, 0))
        if i % 500 == 0:
            print(f"targets: {i} of {len(scene_plan.looks)}", flush=True)
    tower.close()
    return Targets(torch.from_numpy(np.stack(looks)), torch.from_numpy(np.mean(nothing, 0)))


def fit(settings: Settings, scenes: Scenes, wanted: Targets) -> Fitted:
    """Fit a connector to scenes. Two minutes of one core."""
    torch.manual_seed(settings.seed)
    cells = torch.from_numpy(scenes.cells.astype(np.float32))
    cover = torch.from_numpy(scenes.cover.astype(np.float32))
    ids = torch.from_numpy(scenes.ids)
    mean, scale = _normal(cells)
    cells = (cells - mean) / scale
    wants = _wanted(cover, ids, wanted)
    layer = _ridge(cells, wants)
    optimiser = torch.optim.AdamW(layer.parameters(), lr=settings.fit_rate, weight_decay=0.01)
    spread = wanted.looks.var(0).mean()
    for step in range(settings.fit_steps):
        for group in optimiser.param_groups:
            group["lr"] = settings.fit_rate * (1 - step / settings.fit_steps) * min(1, (step + 1) / 50)
        rows = torch.randint(len(cells), (settings.fit_batch,))
        tokens = layer(cells[rows])
        distance = (tokens - wants[rows]).square().mean() / spread
        loss = distance + settings.contrast * _contrast(tokens, cover[rows], ids[rows], wanted)
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
        if (step + 1) % 250 == 0:
            print(f"connector {step + 1}/{settings.fit_steps} distance {distance.item():.3f}", flush=True)
    matrix = (layer.weight / scale).detach().T
    return Fitted(matrix, layer.bias.detach() - mean @ matrix)


def _normal(cells: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and scale (F,) of the cells' descriptions; all features share one scale, and so do all colours."""
    flat = cells.reshape(-1, cells.shape[-1])
    mean, scale = flat.mean(0), flat.std(0)
    colours = 27
    features = len(scale) - colours - 1
    scale[:features] = scale[:features].mean()
    scale[-colours:] = scale[-colours:].mean()
    return mean, scale


def _wanted(cover: torch.Tensor, ids: torch.Tensor, wanted: Targets) -> torch.Tensor:
    """The target token of each cell, (S, 16, D): its looks' tokens by their cover, for the rest that of "nothing"."""
    shown = torch.einsum("skt,skd->std", cover, wanted.looks[ids.clamp(min=0)])
    return shown + (1 - cover.sum(1)).clamp(0, 1)[..., None] * wanted.nothing


def _ridge(cells: torch.Tensor, wants: torch.Tensor) -> torch.nn.Linear:
    """The linear layer that a ridge regression finds."""
    inputs = torch.cat([cells, torch.ones_like(cells[..., :1])], -1).flatten(0, 1)
    square = inputs.T @ inputs + RIDGE * torch.eye(inputs.shape[1])
    found = torch.linalg.solve(square, inputs.T @ wants.flatten(0, 1))
    layer = torch.nn.Linear(inputs.shape[1] - 1, wants.shape[-1])
    with torch.no_grad():
        layer.weight.copy_(found[:-1].T)
        layer.bias.copy_(found[-1])
    return layer


def _contrast(tokens: torch.Tensor, cover: torch.Tensor, ids: torch.Tensor, wanted: Targets) -> torch.Tensor:
    """The two contrastive losses of tokens (B, 16, D) in covered cells: against looks' targets, and other scenes."""
    best, owner = cover.max(1)
    label = ids.gather(1, owner)
    owned = (best > COVERED) & (label >= 0)
    classes, which = torch.unique(label[owned], return_inverse=True)
    unit = F.normalize(tokens[owned] - wanted.nothing, dim=-1)
    by_target = unit @ F.normalize(wanted.looks[classes] - wanted.nothing, dim=-1).T / TEMPERATURES[0]
    loss = F.cross_entropy(by_target, which)
    scene = torch.arange(len(tokens))[:, None].expand(-1, tokens.shape[1])[owned]
    elsewhere = scene[:, None] != scene[None]
    same = (which[:, None] == which[None]) & elsewhere
    has = same.any(1)
    if not has.any():
        return loss
    alike = (unit @ unit.T / TEMPERATURES[1]).masked_fill(~elsewhere, -1e9)
    by_view = torch.logsumexp(alike, 1) - torch.logsumexp(alike.masked_fill(~same, -1e9), 1)
    return loss + by_view[has].mean()
