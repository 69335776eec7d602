"""The concepts of the picture world: what each is, which split it belongs to, and its picture.

A concept is one 3D emoji (Microsoft Fluent, MIT; see `pictures/NOTICE`). `concepts.tsv` fixes the split once
and for all, by *family* (all balls, all books, both astronauts go to the same side), so that no near-twin of a
held-out concept is ever trained on:

    train   what the models learn from          dev    held out of training, used for tuning
    test    held out of both; committed here    sign   (a kind) smileys and hands: vision training only

This module draws nothing; `scene.py` does.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from PIL import Image

from memory.paths import home

HERE = Path(__file__).parent
COMMITTED = HERE / "pictures"


@dataclass(frozen=True, slots=True)
class Concept:
    """One kind of thing that scenes show."""

    code: str
    """Unicode code points joined by '-': the picture's file name."""
    word: str
    """The common word for the thing, for somebody who does not know its name: "koala"."""
    kind: str
    """animal, plant, food, thing, vehicle, place, person, or sign."""
    split: str
    """train, dev or test."""


@cache
def all_concepts() -> tuple[Concept, ...]:
    """Every line of `concepts.tsv`, in file order."""
    with open(HERE / "concepts.tsv", encoding="utf-8", newline="") as file:
        return tuple(Concept(**row) for row in csv.DictReader(file, delimiter="\t"))


def concepts(split: str, *, signs: bool = False) -> tuple[Concept, ...]:
    """The concepts of a split; `signs` adds those for vision training only. Raises ValueError for an unknown split."""
    chosen = tuple(c for c in all_concepts() if c.split == split and (signs or c.kind != "sign"))
    if not chosen:
        raise ValueError(f"no split named {split!r}: use train, dev or test")
    return chosen


def fetched_folder() -> Path:
    """The folder into which `python -m benchmark fetch` puts all pictures."""
    return home() / "pictures"


def picture_path(code: str) -> Path:
    """The picture file of a concept, from the repository or else from the fetched set.

    Raises FileNotFoundError with the command that fetches the set.
    """
    for folder in (COMMITTED, fetched_folder()):
        path = folder / f"{code}.webp"
        if path.exists():
            return path
    raise FileNotFoundError(f"picture {code} is not here; bring the whole set with: python -m benchmark fetch")


@lru_cache(maxsize=2048)
def picture(code: str) -> Image.Image:
    """The concept's cut-out, RGBA, cropped to what is not transparent. It is shared: do not write into it."""
    with Image.open(picture_path(code)) as image:
        cut = image.convert("RGBA")
    return cut.crop(cut.getchannel("A").getbbox())
