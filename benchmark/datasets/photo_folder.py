"""How a folder of your own photos is laid out: which things it has, their names and splits, and what new photos show.

PHOTOS/
  Rex/             a thing with several photos; the first by file name is what is remembered,
    1.jpg 2.jpg    every other one is a new photo that shows Rex alone
  17/              a name with a digit in it is no name: the thing is given one
  Nala.jpg         a thing with one photo
  queries/         may be left out: new photos that show any number of things
    queries.csv    photo,shows       with lines like   park.jpg,Rex;17
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmark.world.dialogue import words
from memory.errors import KeepsakeError

QUERIES, SHOWS = "queries", "queries.csv"
SPLITS = {"test": 0.2, "dev": 0.1, "train": 0.7}
"""Share of the things in each split."""


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing with photos of its own."""

    key: str
    """Name of its folder, or of its only photo without the ending."""
    name: str
    """What dialogues call the thing."""
    photos: tuple[Path, ...]
    """The photo that is remembered, then new photos that show the thing alone."""


def split_of(key: str) -> str:
    """The split of a thing: by the hash of its key alone, so that adding other photos never moves a thing."""
    share = int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) / 16**8
    for split, size in SPLITS.items():
        if share < size:
            return split
        share -= size
    return split


def find_things(folder: Path, seed: int, split: str) -> list[Thing]:
    """All things of a folder, by key; given names come from `split`. Raises KeepsakeError."""
    photos = _photos_by_key(folder)
    own = {key: " ".join(key.replace("_", " ").split()) for key in photos if not any(c.isdigit() for c in key)}
    taken = {name.casefold() for name in own.values()}
    lists = [split] if split in SPLITS else list(SPLITS)
    free = [n for one in lists for n in words(one)["names"] if n.casefold() not in taken]
    nameless = [key for key in photos if key not in own]
    order = np.random.default_rng((seed, 3)).permutation(len(free))
    given = {key: free[int(order[i % len(free)])] for i, key in enumerate(nameless)}
    return [Thing(key, (own | given)[key], files) for key, files in photos.items()]


def _photos_by_key(folder: Path) -> dict[str, tuple[Path, ...]]:
    """The photo files of each thing. Raises KeepsakeError."""
    if not folder.is_dir():
        raise KeepsakeError(f"{folder} is not a folder of photos")
    photos: dict[str, tuple[Path, ...]] = {}
    for entry in sorted(p for p in folder.iterdir() if not p.name.startswith(".") and p.name != QUERIES):
        key = entry.name if entry.is_dir() else entry.stem
        files = sorted(p for p in entry.iterdir() if not p.name.startswith(".")) if entry.is_dir() else [entry]
        if not files:
            raise KeepsakeError(f"{entry} holds no photo: put one there, or remove the folder")
        if key.casefold() in {k.casefold() for k in photos}:
            raise KeepsakeError(f"{folder} has two things called {key!r}: names must differ")
        photos[key] = tuple(files)
    if not photos:
        raise KeepsakeError(f"{folder} holds no photos: put a folder of photos there for each thing")
    return photos


def read_queries(folder: Path, keys: set[str]) -> dict[Path, tuple[str, ...]]:
    """What each photo of queries.csv shows, by file; `keys` are the keys of all things.

    Raises KeepsakeError that names the wrong line.
    """
    path = folder / QUERIES / SHOWS
    if not (folder / QUERIES).is_dir():
        return {}
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            lines = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise KeepsakeError(f"{path} cannot be read ({error}): it must say what each photo shows") from error
    queries: dict[Path, tuple[str, ...]] = {}
    for n, line in enumerate(lines, 2):
        if not line.get("photo") or not line.get("shows"):
            raise KeepsakeError(f"{path}, line {n}: it needs the columns photo and shows, as in park.jpg,Rex;17")
        shown = tuple(key.strip() for key in line["shows"].split(";"))
        if unknown := [key for key in shown if key not in keys]:
            raise KeepsakeError(f"{path}, line {n}: there is no thing {unknown[0]!r} in {folder}")
        if len(set(shown)) < len(shown):
            raise KeepsakeError(f"{path}, line {n}: {line['photo']} shows a thing twice")
        photo = folder / QUERIES / Path(line["photo"]).name
        if not photo.is_file():
            raise KeepsakeError(f"{path}, line {n}: there is no photo {photo.name} beside it")
        queries[photo] = shown
    return queries
