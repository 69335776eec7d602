"""Photographs of real things, a folder for each thing: read once, encoded once, and kept as a memory would keep them.

FOLDER/
  clock/           a thing; its name is that of the folder
    00.jpg 01.jpg  its photos, in any format that Keepsake reads

What is no photo, lies deeper, or lies beside the folders is left out and named. A thing with one photo can be
remembered and be a stranger, but nobody can be asked about it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from assistant.encoder.encoder import PhotoEncoder
from assistant.photo import SUFFIXES, load_photo, shown
from memory.episode import Photo
from memory.errors import KeepsakeError, PhotoError
from memory.search import ranking, token_codes, vectors

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ThingPhoto:
    """A photo, and which thing it shows."""

    thing: int
    """Number of the thing in `PhotoSet.things`."""
    name: str
    """For people: "clock/00.jpg"."""
    photo: Photo


@dataclass(frozen=True, slots=True)
class PhotoSet:
    """All photos of a folder, or of two: things that may be remembered, then things that are strangers always."""

    things: tuple[str, ...]
    photos: tuple[ThingPhoto, ...]
    own: int
    """The first `own` things may be remembered."""
    skipped: tuple[str, ...] = ()
    """Files that were left out, each with the reason."""


@dataclass(frozen=True, slots=True)
class EncodedSet:
    """The photos of a `PhotoSet` as one encoder sees them."""

    photos: PhotoSet
    thing: np.ndarray
    """The thing of each photo, (P,)."""
    queries: tuple[np.ndarray, ...]
    """Tokens of each photo as recall compares them with a memory, (T, D)."""
    stored: tuple[np.ndarray, ...]
    """The tokens of each photo that a memory gives back, (S, D)."""
    pooled: np.ndarray
    """The mean direction of each photo's tokens as a memory keeps it, (P, D)."""

    def only(self, n: int) -> EncodedSet:
        """The first n photos alone."""
        photos = replace(self.photos, photos=self.photos.photos[:n])
        return EncodedSet(photos, self.thing[:n], self.queries[:n], self.stored[:n], self.pooled[:n])


def read_things(folder: Path, strangers: Path | None = None) -> PhotoSet:
    """The photos of a folder and, as strangers, those of another. Raises KeepsakeError when they are too few."""
    mine = _read(folder)
    if len(mine.things) < 2:
        raise KeepsakeError(f"{folder} holds photos of {len(mine.things)} things, at least 2 are needed: put a folder "
                            "of photos there for each thing")  # fmt: skip
    if strangers is None:
        return mine
    other = _read(strangers)
    if not other.things:
        raise KeepsakeError(f"{strangers} holds no photos: put a folder of photos there for each thing")
    known = {p.photo.sha256: p.name for p in mine.photos}
    if both := next((p for p in other.photos if p.photo.sha256 in known), None):
        raise KeepsakeError(f"{both.name} of {strangers} is also {known[both.photo.sha256]} of {folder}: a stranger "
                            "must not be remembered")  # fmt: skip
    moved = (ThingPhoto(len(mine.things) + p.thing, p.name, p.photo) for p in other.photos)
    things, skipped = mine.things + other.things, mine.skipped + other.skipped
    return PhotoSet(things, (*mine.photos, *moved), len(mine.things), skipped)


def _read(folder: Path) -> PhotoSet:
    """The photos of one folder. Raises KeepsakeError when there is no such folder."""
    if not folder.is_dir():
        raise KeepsakeError(f"{shown(folder)} is not a folder; name one that holds a folder of photos for each thing")
    things: list[str] = []
    photos: list[ThingPhoto] = []
    skipped: list[str] = []
    seen: dict[str, str] = {}
    for entry in sorted(p for p in folder.iterdir() if not p.name.startswith(".")):
        if not entry.is_dir():
            skipped.append(f"{shown(entry)}: lies beside the folders of the things")
            continue
        before = len(photos)
        for path in sorted(p for p in entry.iterdir() if not p.name.startswith(".")):
            photo = _photo(path, skipped)
            if photo is None:
                continue
            name = f"{entry.name}/{path.name}"
            if photo.sha256 in seen:
                skipped.append(f"{shown(path)}: the same picture as {seen[photo.sha256]}")
                continue
            seen[photo.sha256] = name
            photos.append(ThingPhoto(len(things), name, photo))
        if len(photos) > before:
            things.append(entry.name)
    return PhotoSet(tuple(things), tuple(photos), len(things), tuple(skipped))


def _photo(path: Path, skipped: list[str]) -> Photo | None:
    """The photo of a file; None, with a line in `skipped`, when the file is none."""
    if path.is_dir() or path.suffix.lower() not in SUFFIXES:
        skipped.append(f"{shown(path)}: {'a folder within a folder' if path.is_dir() else 'no photo'}")
        return None
    try:
        return load_photo(path)
    except PhotoError as error:
        skipped.append(str(error))
        return None


def encode_all(encoder: PhotoEncoder, photos: PhotoSet, progress: Progress) -> EncodedSet:
    """Every photo of the set, encoded once."""
    queries, stored, pooled = [], [], []
    for i, one in enumerate(photos.photos):
        tokens = encoder.encode(one.photo)
        kept, mean = as_stored(tokens)
        queries.append(ranking.bounded(tokens))
        stored.append(kept)
        pooled.append(mean)
        if i % 20 == 19:
            progress(f"{encoder.name}: {i + 1} of {len(photos.photos)} photos encoded")
    thing = np.array([p.thing for p in photos.photos])
    return EncodedSet(photos, thing, tuple(queries), tuple(stored), np.stack(pooled))


def as_stored(tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The tokens (S, D) that a memory gives back of those of a photo (T, D), and their mean direction (D,)."""
    given = ranking.bounded(tokens)
    mean = ranking.unit(given).mean(axis=0).astype("<f2").astype(np.float32)
    return token_codes.as_stored(vectors.longest(given)), mean
