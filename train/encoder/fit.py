"""The fit of what follows the photo encoder's convolutions: a centre, a projection, and a head that detects things.

The centre is the mean feature of photographs. The projection is a PCA of features of composites and of photographs,
half and half; one trained to bring composites of one thing together served real photographs worse (LOG.md). The head,
called objectness, says from one feature whether it shows a thing or what is around it: a logistic regression on
composites, whose masks are known.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps

from assistant.encoder.encoder_manifest import Crops
from assistant.encoder.views import crop_boxes
from memory.errors import KeepsakeError
from memory.files import whole_file
from train.encoder.composites import composite, pictures
from train.encoder.lite0 import WIDTH, Lite0

NUMBERS = 192
"""Numbers in a token's vector: with 256 recall finds no more, with 128 fewer."""
SIDE = 288
"""Pixels on a side of a composite as the network sees it: 9 x 9 tokens."""
VIEWS = 4
"""Composites of one cut-out."""
MOST = 1000
"""Cut-outs that are drawn from all."""
EPOCHS, BATCH, RATE, DECAY = 3, 2048, 3e-3, 1e-4


def fit(weights: Path, cutouts: Sequence[Path], rooms: Sequence[Path], photos: Path, out: Path) -> None:
    """Fit centre, projection and head, and write them to `out` (.npz): ten minutes of one core for 1,000 cut-outs.

    `cutouts`, `rooms`: folders of pictures; `photos`: a folder with a folder of photographs for each thing. Raises
    KeepsakeError when one of them holds none.
    """
    torch.manual_seed(0)
    lite0, rng = Lite0(weights), random.Random(0)
    photographs = sorted(photos.glob("*/*.jpg"))
    things, places = pictures(cutouts), pictures(rooms)
    if not (photographs and things and places):
        raise KeepsakeError(
            "a fit needs pictures: cut-outs and rooms of 110 pixels or more, photos in folders of things"
        )
    things = rng.sample(things, min(MOST, len(things)))
    rng.shuffle(places)
    seen = of_photos(lite0, photographs)
    centre = seen.mean(axis=0, dtype=np.float64).astype(np.float32)
    drawn: list[Path | None] = [thing for thing in things for _ in range(VIEWS)]
    drawn += [None] * (4 * len(places))
    features, masks = _features(lite0, drawn, places, rng)
    centred = features.reshape(-1, WIDTH).astype(np.float32) - centre
    matrix = principal_axes([seen, centred[::4]], NUMBERS)
    weight, bias = fit_objectness(centred[::2], masks.reshape(-1)[::2])
    with whole_file(out) as partial, open(partial, "wb") as file:
        np.savez(file, centre=centre, matrix=matrix.astype(np.float16), objectness=weight, objectness_bias=bias)


def of_photos(lite0: Lite0, photos: Iterable[Path]) -> np.ndarray:
    """Features (N, 1280) of photographs, each seen whole and in crops as the encoder sees it."""
    crops, found = Crops(), []
    for path in photos:
        with Image.open(path) as image:
            photo = ImageOps.exif_transpose(image).convert("RGB")
        boxes = [((0.0, 0.0, float(photo.width), float(photo.height)), SIDE)]
        boxes += [(box, crops.size) for box in crop_boxes(photo.size, crops.share)]
        for box, side in boxes:
            view = photo.resize((side, side), Image.Resampling.BICUBIC, box)
            found.append(lite0.features(_numbers([view])).flatten(2)[0].T.numpy())
    return np.concatenate(found)


def principal_axes(kinds: Sequence[np.ndarray], numbers: int) -> np.ndarray:
    """The first principal axes of several kinds of features (N, 1280), as columns of a matrix (1280, `numbers`).

    Each kind has the same weight, however many features it has and however much they vary.
    """
    spread = np.zeros((WIDTH, WIDTH))
    for features in kinds:
        covariance = np.cov(features.T.astype(np.float64))
        spread += covariance / np.trace(covariance)
    _, axes = np.linalg.eigh(spread)
    return np.ascontiguousarray(axes[:, ::-1][:, :numbers], np.float32)


def fit_objectness(centred: np.ndarray, covered: np.ndarray) -> tuple[np.ndarray, np.float32]:
    """Weight (1280,) and bias of a logistic regression from features (N, 1280) to how far a thing covers each (N,)."""
    scale = float(np.linalg.norm(centred, axis=1).mean())
    x, y = torch.from_numpy(centred / scale), torch.from_numpy(covered.astype(np.float32))
    head, order = torch.nn.Linear(WIDTH, 1), torch.Generator().manual_seed(0)
    optimiser = torch.optim.Adam(head.parameters(), lr=RATE, weight_decay=DECAY)
    for epoch in range(EPOCHS):
        losses = []
        for batch in torch.randperm(len(x), generator=order).split(BATCH):
            loss = F.binary_cross_entropy_with_logits(head(x[batch])[:, 0], y[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        print(f"objectness: epoch {epoch + 1} of {EPOCHS}, loss {np.mean(losses):.3f}", file=sys.stderr, flush=True)
    return head.weight.detach().numpy()[0] / scale, np.float32(head.bias.item())


def _features(
    lite0: Lite0, drawn: Sequence[Path | None], places: Sequence[Path], rng: random.Random
) -> tuple[np.ndarray, np.ndarray]:
    """Features (N, 81, 1280) in 16 bits of N composites, and how far a thing covers each of them, (N, 81)."""
    side = SIDE // 32
    features = np.empty((len(drawn), side * side, WIDTH), np.float16)
    masks = np.empty((len(drawn), side * side), np.float32)
    for i, cutout in enumerate(drawn):
        image, mask = composite(cutout, places[i % len(places)], rng)
        view = image.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        features[i] = lite0.features(_numbers([view])).flatten(2)[0].T.numpy()
        masks[i] = np.asarray(Image.fromarray(mask).resize((side, side), Image.Resampling.BOX)).ravel()
        if i % 200 == 0:
            print(f"composites: {i} of {len(drawn)}", file=sys.stderr, flush=True)
    return features, masks


def _numbers(views: Sequence[Image.Image]) -> torch.Tensor:
    """Pictures as a batch (B, 3, H, W) in 0..255."""
    return torch.from_numpy(np.stack([np.asarray(view) for view in views])).permute(0, 3, 1, 2).float()
