"""Scenes for the second nano: cut-outs on photographs and on drawn grounds, as the photo encoder describes them.

The pictures are the picture world's training split, and cut-outs and grounds from folders that the caller names (the
model card says which were used). A scene is kept as the description of its 16 cells (`assistant/vision/connector.py`),
which looks it shows, and how much of each cell each look covers; its pixels are not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from assistant.encoder.open_encoder import open_shipped
from assistant.vision.connector import CELLS, TOKENS, features
from benchmark.world.concepts import concepts, picture
from benchmark.world.scene import TWIN_HUES, Look, Rng, draw, drawn_ground
from memory.errors import KeepsakeError
from memory.files import whole_file
from train.nano2.nano2_settings import Settings

MOST = 4
"""Most looks of a scene."""
DRAWN = 0.4
"""Share of scenes on a drawn ground."""
SMALLEST, LARGEST = 64, 3_000_000
"""Pixels of a cut-out: of its shorter side, and in all."""
CLEAR = (0.05, 0.9)
"""The least and the largest share of a cut-out's pixels that may be transparent."""
LEFT_OUT = ("mirror", "flip", "cartoon", "symbols", "/computer/", "/signs", "/shapes", "flag", "logo", "people")
"""Words in a picture's path for which it is left out: a twin of another picture, no thing, or people."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan of the scenes to draw: which looks each shows."""

    looks: tuple[Look, ...]
    """Every look that scenes show; a code with a slash is a file."""
    scenes: tuple[tuple[int, ...], ...]
    """The indices of each scene's looks: first `views` scenes of each look alone, then groups, then empty scenes."""
    views: int
    groups: int

    def rows(self, look: int) -> list[int]:
        """The scenes that show a look alone."""
        return list(range(look * self.views, (look + 1) * self.views))

    @property
    def group_rows(self) -> range:
        """The scenes that show several looks."""
        first = len(self.looks) * self.views
        return range(first, first + self.groups)


@dataclass(frozen=True, slots=True)
class Scenes:
    """Drawn scenes, S of them."""

    cells: np.ndarray
    """What the connector reads, (S, 16, F) float16."""
    cover: np.ndarray
    """Share of each cell that each look covers, (S, 4, 16) float16."""
    ids: np.ndarray
    """Numbers of the looks, (S, 4), -1 for none."""


def cut_outs(folders: Sequence[Path]) -> list[Path]:
    """The usable cut-outs in some folders, in the order of their paths."""
    found = sorted(p for folder in folders for p in folder.rglob("*.png") if p.is_file() and not p.is_symlink())
    return [p for p in found if not any(word in str(p) for word in LEFT_OUT) and _usable(p)]


def plan(settings: Settings, files: Sequence[Path]) -> Plan:
    """Choose looks and scenes; seeded."""
    rng = np.random.default_rng((settings.seed, 11))
    looks: list[Look] = []
    for concept in concepts("train"):
        looks += [Look(concept.code), Look(concept.code, int(rng.choice(TWIN_HUES)))]
    for i, at in enumerate(rng.permutation(len(files))[: settings.cutouts]):
        looks.append(Look(str(files[at])))
        if i % 3 == 0:
            looks.append(Look(str(files[at]), int(rng.choice(TWIN_HUES))))
    told = len(looks)
    signs = [c.code for c in concepts("train", signs=True) if c.kind == "sign"]
    looks += [Look(str(code)) for code in rng.permutation(signs)[: settings.signs]]
    scenes: list[tuple[int, ...]] = [(i,) for i in range(len(looks)) for _ in range(settings.views)]
    together: tuple[int, ...] = ()
    for i in range(settings.groups):
        if i % 3 == 0:
            together = tuple(int(n) for n in rng.choice(told, 2 + i // 3 % 3, replace=False))
        scenes.append(together[: max(2, len(together) - 1)] if i % 3 == 2 else together)
    scenes += [()] * settings.empty
    return Plan(tuple(looks), tuple(scenes), settings.views, settings.groups)


def load_or_draw(settings: Settings, scene_plan: Plan, grounds: Sequence[Path], file: Path) -> Scenes:
    """The scenes of a plan from `file` (.npz), drawn and saved if it is missing: ten minutes of two cores.

    `grounds`: folders of photographs. Raises KeepsakeError when they hold none, or `file` is of another plan.
    """
    if not file.exists():
        scenes = _draw(settings, scene_plan, grounds)
        with whole_file(file) as partial, open(partial, "wb") as out:
            np.savez(out, cells=scenes.cells, cover=scenes.cover, ids=scenes.ids)
    with np.load(file) as arrays:
        scenes = Scenes(arrays["cells"], arrays["cover"], arrays["ids"])
    if len(scenes.cells) != len(scene_plan.scenes):
        raise KeepsakeError(f"{file} holds other scenes: delete it, and they are drawn anew")
    return scenes


@lru_cache(4096)
def cut_out(code: str) -> Image.Image:
    """The picture of a look's code: a concept's, or a file without its transparent margins."""
    if "/" not in code:
        return picture(code)
    with Image.open(code) as image:
        thing = image.convert("RGBA")
    thing.thumbnail((256, 256))
    box = thing.getchannel("A").point(lambda alpha: 255 if alpha > 16 else 0).getbbox()
    return thing.crop(box) if box else thing


def _draw(settings: Settings, scene_plan: Plan, grounds: Sequence[Path]) -> Scenes:
    """Draw all scenes of a plan and describe them."""
    encoder, ground = open_shipped(), _ground(grounds)
    cells: list[np.ndarray] = []
    cover = np.zeros((len(scene_plan.scenes), MOST, TOKENS), np.float16)
    ids = np.full((len(scene_plan.scenes), MOST), -1)
    for i, shown in enumerate(scene_plan.scenes):
        looks = [scene_plan.looks[n] for n in shown]
        scene = draw(looks, 900_000 + i, settings.side, CELLS, cut_out=cut_out, ground=ground)
        cells.append(features(encoder.map_of(scene.image), scene.image).astype(np.float16))
        cover[i, : len(shown)] = scene.cover.reshape(-1, TOKENS)
        ids[i, : len(shown)] = shown
        if i % 500 == 0:
            print(f"scenes: {i} of {len(scene_plan.scenes)}", flush=True)
    encoder.close()
    return Scenes(np.stack(cells), cover, ids)


def _ground(folders: Sequence[Path]) -> Callable[[Rng, int], Image.Image]:
    """A function that draws a scene's background: part of a photograph, or a drawn ground. Raises KeepsakeError."""
    photos = []
    for path in sorted(p for folder in folders for p in folder.rglob("*.jpg")):
        with Image.open(path) as image:
            photo = image.convert("RGB")
        photo.thumbnail((900, 900))
        photos.append(photo)
    if not photos:
        raise KeepsakeError("no photographs (*.jpg) to paste on: name folders that hold some")

    def ground(rng: Rng, size: int) -> Image.Image:
        if rng.random() < DRAWN:
            return drawn_ground(rng, size)
        photo = photos[int(rng.integers(len(photos)))]
        side = int(min(photo.size) * rng.uniform(0.35, 1))
        x, y = (int(rng.integers(0, edge - side + 1)) for edge in photo.size)
        part = photo.resize((size, size), Image.Resampling.BICUBIC, (x, y, x + side, y + side))
        return part.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else part

    return ground


def _usable(path: Path) -> bool:
    """Whether a picture is a cut-out of a fit size."""
    try:
        with Image.open(path) as image:
            if min(image.size) < SMALLEST or image.width * image.height > LARGEST:
                return False
            alpha = np.asarray(image.convert("RGBA").resize((48, 48)))[..., 3]
    except (OSError, Image.DecompressionBombError):
        return False
    return CLEAR[0] < float((alpha < 128).mean()) < CLEAR[1]
