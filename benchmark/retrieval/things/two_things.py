"""Two known things in one picture: is recall sure of both? (`benchmark recall --things FOLDER --pairs N`)

The pictures are put together from real photographs. One photo of each thing is remembered, and others are shown: side
by side at one size, as two squares in a wide picture, and a small one in the corner of a large one. Recall is the app's
own, gate included; 12 things are remembered, or as many as there are.
"""

from __future__ import annotations

import io
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from assistant.encoder.encoder import PhotoEncoder
from assistant.photo import from_image
from benchmark.judges.score import wilson
from benchmark.retrieval.things.photo_things import PhotoSet, Progress
from memory.episode import Episode, Photo, Turn
from memory.errors import KeepsakeError
from memory.search.sightings import NewPhoto
from memory.store import Memory

REMEMBERED = 12
MEMORIES = 5
LAYOUTS = ("halves", "squares", "large and small")
GREY = (140, 140, 140)


@dataclass(frozen=True, slots=True)
class PairRates:
    """What recall was sure of, counted by layout."""

    layout: str
    asked: int
    both: int
    one: int
    """Pictures in which exactly one of the two things was sure."""
    wrong: int
    """Pictures for which a thing that they do not show was sure."""


def measure(encoder: PhotoEncoder, photos: PhotoSet, pairs: int, seed: int, progress: Progress) -> list[PairRates]:
    """Ask about `pairs` pictures of each layout. Raises KeepsakeError when the folder has fewer than three things with
    two photos, PhotoError, ModelError.
    """
    of_thing: dict[int, list[Photo]] = {}
    for one in photos.photos:
        of_thing.setdefault(one.thing, []).append(one.photo)
    usable = [thing for thing, own in of_thing.items() if len(own) > 1]
    if len(usable) < 3:
        raise KeepsakeError("--pairs needs at least three things with two photos each")
    counts: Counter[tuple[str, str]] = Counter()
    rng = np.random.default_rng(seed)
    for n in range(MEMORIES):
        progress(f"{encoder.name}: memory {n + 1} of {MEMORIES}")
        known = {int(t): of_thing[t][int(rng.integers(len(of_thing[t])))] for t in rng.permutation(usable)[:REMEMBERED]}
        with tempfile.TemporaryDirectory() as folder, Memory(Path(folder) / "memory.db") as memory:
            for photo in known.values():
                memory.add(Episode(photo, (Turn("user", "told"),), datetime(2025, 1, 1, tzinfo=UTC)))
                memory.put_vectors(photo.sha256, encoder.space, encoder.encode(photo))
            for layout, outcome in _asked(memory, encoder, known, of_thing, -(-pairs // MEMORIES), rng):
                counts[layout, outcome] += 1
    kinds = ("both", "one", "wrong", "none")
    return [PairRates(one, sum(counts[one, k] for k in kinds), *(counts[one, k] for k in kinds[:3])) for one in LAYOUTS]


def lines(found: list[PairRates]) -> list[str]:
    """The rates with 95 % intervals (Wilson), a line for each layout."""
    out = []
    for one in found:
        low, high = wilson(one.both, one.asked)
        both, single, wrong = (count / one.asked for count in (one.both, one.one, one.wrong))
        out.append(
            f"{one.layout:16} both sure {both:.0%} [{low:.0%}, {high:.0%}], one {single:.0%},"
            f" something else sure {wrong:.0%} of {one.asked}"
        )
    return out


def _asked(
    memory: Memory,
    encoder: PhotoEncoder,
    known: dict[int, Photo],
    of_thing: dict[int, list[Photo]],
    pairs: int,
    rng: np.random.Generator,
) -> Iterator[tuple[str, str]]:
    """Layout and outcome of each picture: "both", "one" or "none" is sure, or "wrong": something else is."""
    for layout in LAYOUTS:
        for _ in range(pairs):
            pair = [int(t) for t in rng.choice(list(known), 2, replace=False)]
            shown = []
            for thing in pair:
                others = [photo for photo in of_thing[thing] if photo.sha256 != known[thing].sha256]
                shown.append(others[int(rng.integers(len(others)))])
            tokens = encoder.encode(from_image(together(layout, *map(_picture, shown))))
            recalls = memory.recall(NewPhoto(encoder.space, tokens, encoder.gate))
            sure = {r.episode.photo.sha256 for r in recalls if r.certainty == "sure"}
            theirs = {known[thing].sha256 for thing in pair}
            yield layout, "wrong" if sure - theirs else ("none", "one", "both")[len(sure)]


def together(layout: str, first: Image.Image, second: Image.Image) -> Image.Image:
    """Two photos in one picture."""
    if layout == "halves":
        picture = Image.new("RGB", (660, 600), GREY)
        for n, one in enumerate((first, second)):
            picture.paste(ImageOps.fit(one, (600, 600)).crop((135, 0, 465, 600)), (330 * n, 0))
    elif layout == "squares":
        picture = Image.new("RGB", (1200, 600), GREY)
        for n, one in enumerate((first, second)):
            picture.paste(ImageOps.fit(one, (600, 600)), (600 * n, 0))
    else:
        picture = Image.new("RGB", (880, 800), GREY)
        picture.paste(ImageOps.fit(first, (560, 800)), (0, 0))
        picture.paste(ImageOps.fit(second, (320, 400)), (560, 400))
    return picture


def _picture(photo: Photo) -> Image.Image:
    return Image.open(io.BytesIO(photo.data)).convert("RGB")
