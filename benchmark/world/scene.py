"""Draws a photo of the picture world: one to four concepts before a background made by code.

Equal looks, seed and size give equal bytes. Between two seeds everything that is not identity changes: background,
scale, rotation, mirroring, place, light, colour cast, occlusion, overlap with the frame. A *look* is a concept in a
colour: `Look(code, 120)` is the recoloured twin of `Look(code)`, and another identity.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageFilter

from benchmark.world.concepts import picture

Rng = np.random.Generator
MARGIN = 0.06
"""Margin of a clean view on each side, as a share of the picture."""
TWIN_HUES = (75, 150, 210, 285)
"""Turns of hue, in degrees, that make a twin; photos of one look differ by at most 8 degrees."""


@dataclass(frozen=True, slots=True)
class Look:
    """The visible identity of a thing: a concept's cut-out, turned by so many degrees of hue."""

    code: str
    hue: int = 0


@dataclass(frozen=True, slots=True)
class Scene:
    """A drawn photo, and where in it each look is."""

    image: Image.Image
    cover: np.ndarray
    """Share of each cell that shows each look, after occlusion: (looks, grid, grid), 0..1."""


def draw(
    looks: Sequence[Look],
    seed: int,
    size: int = 256,
    grid: int = 4,
    *,
    cut_out: Callable[[str], Image.Image] = picture,
    ground: Callable[[Rng, int], Image.Image] | None = None,
) -> Scene:
    """Draw `looks` (may be empty) on a `size` x `size` RGB photo.

    `cut_out` gives the RGBA picture of a look's code; `ground` draws the background (None: `drawn_ground`).
    """
    rng = np.random.default_rng(seed)
    canvas = (ground or drawn_ground)(rng, size)
    alphas: list[Image.Image] = []
    for look, (cx, cy, extent) in zip(looks, _places(rng, len(looks), size), strict=True):
        sprite = _pose(rng, cut_out(look.code), look.hue, extent)
        if rng.random() < 0.15:
            _occlude(rng, sprite)
        at = (int(cx - sprite.width / 2), int(cy - sprite.height / 2))
        canvas.paste(sprite, at, sprite)
        alpha = Image.new("L", (size, size))
        alpha.paste(sprite.getchannel("A"), at)
        for below in alphas:
            below.paste(0, (0, 0), alpha)
        alphas.append(alpha)
    cover = np.zeros((len(looks), grid, grid), np.float32)
    for i, alpha in enumerate(alphas):
        cover[i] = np.asarray(alpha.resize((grid, grid), Image.Resampling.BOX), np.float32) / 255
    return Scene(_light(rng, canvas, size), cover)


def _places(rng: Rng, n: int, size: int) -> list[tuple[float, float, int]]:
    """Centre x, centre y and extent in pixels for n things: side by side, or in two rows from three on."""
    if n <= 1:
        extent = size * rng.uniform(0.42, 0.85)
        slack = max(0.0, (size - extent) / 2 + 0.06 * size)
        return [(size / 2 + rng.uniform(-slack, slack), size / 2 + rng.uniform(-slack, slack), int(extent))] * n
    cells = [(x, y) for y in ((0.5,) if n == 2 else (0.27, 0.73)) for x in (0.27, 0.73)]
    places = []
    for index in rng.permutation(len(cells))[:n]:
        x, y = cells[index]
        extent = size * (rng.uniform(0.36, 0.52) if n == 2 else rng.uniform(0.34, 0.46))
        jitter = 0.06 * size
        fall = 0.2 * size if n == 2 else jitter
        places.append((x * size + rng.uniform(-jitter, jitter), y * size + rng.uniform(-fall, fall), int(extent)))
    return places


def _pose(rng: Rng, cut: Image.Image, hue: int, extent: int) -> Image.Image:
    """A cut-out, its longer side scaled to about `extent` pixels, turned, maybe mirrored, in its own light."""
    scale = extent / max(cut.size)
    wide = rng.uniform(0.88, 1.12)
    shape = (max(4, int(cut.width * scale * wide)), max(4, int(cut.height * scale / wide)))
    sprite = cut.resize(shape, Image.Resampling.BICUBIC, reducing_gap=2.0)
    if rng.random() < 0.5:
        sprite = sprite.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    sprite = sprite.rotate(rng.uniform(-25, 25), Image.Resampling.BICUBIC, expand=True)
    return _recolour(sprite, hue + rng.uniform(-8, 8), rng.uniform(0.8, 1.2), rng.uniform(0.78, 1.22))


@lru_cache(maxsize=1024)
def _hue_matrix(degrees: int, saturation: float) -> np.ndarray:
    """The 3x3 RGB matrix of a hue turn about the grey axis and a saturation gain (YIQ)."""
    to_yiq = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
    c, s = np.cos(np.radians(degrees)) * saturation, np.sin(np.radians(degrees)) * saturation
    turn = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    return (np.linalg.inv(to_yiq) @ turn @ to_yiq).astype(np.float32)


def _recolour(sprite: Image.Image, hue: float, saturation: float, gain: float) -> Image.Image:
    """The sprite with its hue turned by degrees, its saturation and its brightness multiplied."""
    pixels = np.asarray(sprite)
    rgb = pixels[..., :3].astype(np.float32) @ (_hue_matrix(round(hue), round(saturation, 1)).T * np.float32(gain))
    return Image.fromarray(np.dstack([rgb.clip(0, 255).astype(np.uint8), pixels[..., 3]]), "RGBA")


def clean_view(look: Look, size: int) -> Image.Image:
    """The look alone, upright, on white, as the teacher of the vision tower sees a look."""
    cut = picture(look.code)
    inner = int(size * (1 - 2 * MARGIN))
    scale = inner / max(cut.size)
    sprite = cut.resize((max(1, int(cut.width * scale)), max(1, int(cut.height * scale))), Image.Resampling.BICUBIC)
    sprite = _recolour(sprite, look.hue, 1.0, 1.0)
    page = Image.new("RGB", (size, size), "white")
    page.paste(sprite, ((size - sprite.width) // 2, (size - sprite.height) // 2), sprite)
    return page


def _occlude(rng: Rng, sprite: Image.Image) -> None:
    """Cut a corner of the sprite away, as if something stood before the thing: up to a quarter of its area."""
    w, h = int(sprite.width * rng.uniform(0.25, 0.5)), int(sprite.height * rng.uniform(0.25, 0.5))
    x = 0 if rng.random() < 0.5 else sprite.width - w
    y = 0 if rng.random() < 0.5 else sprite.height - h
    sprite.paste((0, 0, 0, 0), (x, y, x + w, y + h))


def drawn_ground(rng: Rng, size: int) -> Image.Image:
    """A gradient, stripes, patches, a grainy wall, or a horizon; never a picture of a thing."""
    kind = rng.integers(5)
    if kind == 0:
        cells = rng.integers(50, 235, (2, 2, 3))
    elif kind == 1:
        n = int(rng.integers(3, 9))
        base, other = rng.integers(50, 235, (2, 3))
        cells = np.where((np.arange(n) % 2)[:, None, None] == 0, base, other) * np.ones((1, n, 1))
        if rng.random() < 0.5:
            cells = cells.swapaxes(0, 1)
    elif kind == 2:
        cells = rng.integers(50, 235, (int(rng.integers(2, 7)), int(rng.integers(2, 7)), 3))
    elif kind == 3:
        cells = rng.integers(60, 225, 3) + rng.integers(-45, 45, (8, 8, 3))
    else:
        above, below = rng.integers(50, 235, (2, 3))
        cells = np.where((np.arange(6) < rng.integers(2, 5))[:, None, None], above, below) * np.ones((1, 6, 1))
    image = Image.fromarray(np.asarray(cells).clip(0, 255).astype(np.uint8), "RGB")
    filters = (Image.Resampling.NEAREST, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC)
    image = image.resize((size, size), filters[int(rng.integers(1, 3) if kind in (0, 3) else rng.integers(3))])
    if rng.random() < 0.3:
        image = image.rotate(90 * int(rng.integers(4)))
    return image


def _light(rng: Rng, image: Image.Image, size: int) -> Image.Image:
    """The photo with light that falls off to one side, a colour cast, sensor noise, and now and then a soft lens."""
    if rng.random() < 0.25:
        image = image.filter(ImageFilter.GaussianBlur(size * rng.uniform(0.002, 0.006)))
    slope = np.linspace(-1, 1, size, dtype=np.float32) * np.float32(rng.uniform(-0.18, 0.18))
    fall = 1 + (slope[:, None] if rng.random() < 0.5 else slope[None, :])
    cast = (rng.uniform(0.94, 1.06, 3) * rng.uniform(0.85, 1.12)).astype(np.float32)
    pixels = np.asarray(image, np.float32) * (fall[..., None] * cast)
    pixels += rng.integers(-9, 10, (size, size, 1), np.int8)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8), "RGB")
