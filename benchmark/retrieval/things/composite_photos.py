"""Cut-outs pasted on photographs of rooms: is a thing found again in another room, and does it win over a room?

A composite is a thing, scaled, turned, maybe mirrored, in its own light, before a part of a room. Each thing has
composites in rooms drawn at random, which are remembered and asked about as real photos are (`recall_things.py`). Then
a thing stands before the room of *another* memory of the same six: the memory of the thing should win, not that of the
room. A cut-out has one view, so this says nothing about new views; real photographs do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance

from assistant.encoder.encoder import PhotoEncoder
from assistant.photo import from_image, load_photo, picture, read_file, shown
from benchmark.retrieval.things import recall_rates, recall_table, recall_things
from benchmark.retrieval.things.memory_draws import DrawnMemory
from benchmark.retrieval.things.photo_things import EncodedSet, PhotoSet, Progress, ThingPhoto, encode_all
from benchmark.retrieval.things.recall_rates import Share
from benchmark.retrieval.things.recall_table import TextTable
from benchmark.retrieval.things.recall_things import COMPARED_AT, Measured
from benchmark.world import concepts
from benchmark.world.fetch import rooms_folder
from memory.errors import KeepsakeError, PhotoError
from memory.pictures.open_picture import open_picture

THINGS = 100
"""Cut-outs that are used, at most."""
VIEWS = 2
"""Composites of each thing in rooms drawn at random; the first is what is remembered where rooms are swapped."""
SWAPS = 2
"""Composites of each thing before the room of another memory."""
SIDE = 448
"""Pixels on a side of a composite."""
SMALLEST, LARGEST = 110, 2400
"""Pixels on a side of a cut-out."""
LEFT_OUT = ("mirror", "flip", "cartoon", "symbols")
"""Words in the path of pictures that are twins of another or no things, in open sets of stamps."""
SEE_THROUGH = (0.05, 0.95)
"""Share of a cut-out's pixels that is transparent."""
Cutout = tuple[str, Callable[[], Image.Image]]


@dataclass(frozen=True, slots=True)
class Swap:
    """A photo of a thing before the room of another memory; photos by their number in the set."""

    query: int
    thing: int
    """The remembered photo of the thing."""
    place: int
    """The remembered photo whose room is behind the thing now."""
    others: tuple[int, ...]
    """The other photos in the memory."""


@dataclass(frozen=True, slots=True)
class Composites:
    """Composites as a set of photos, and those with swapped rooms."""

    plain: PhotoSet
    both: PhotoSet
    """The photos of `plain`, then those with swapped rooms."""
    swaps: tuple[Swap, ...]
    rooms: int


@dataclass(frozen=True, slots=True)
class CompositeRates:
    """What an encoder reached on composites."""

    plain: Measured
    rooms: int
    six_among_all: Share
    """Share of photos whose own memory is first of six drawn at random, when all things are in one memory."""
    first: dict[str, Share]
    """Which memory of six came first when rooms were swapped: "thing", "place" or "other"."""
    n: int
    """Queries with swapped rooms."""


def draw(cutouts: Path | None, rooms: Sequence[Path] | None, seed: int) -> Composites:
    """Draw all composites. Raises KeepsakeError when there are too few pictures."""
    rng = np.random.default_rng((seed, 21))
    cut = _from_folder(cutouts, rng) if cutouts else _from_world(rng)
    behind = _rooms(rooms or [rooms_folder()], fetched=not rooms)
    if len(cut) < COMPARED_AT:
        raise KeepsakeError(f"{cutouts} holds {len(cut)} pictures of things with a transparent background, at least "
                            f"{COMPARED_AT} of {SMALLEST} pixels or more are needed")  # fmt: skip
    names = tuple(name for name, _ in cut)
    photos: list[ThingPhoto] = []
    room = rng.integers(len(behind), size=(len(cut), VIEWS))
    for i, (name, load) in enumerate(cut):
        thing = load()
        for view in range(VIEWS):
            image = compose(rng, thing, behind[room[i, view]])
            photos.append(ThingPhoto(i, f"{name}, room {room[i, view]}", from_image(image)))
    swapped: list[ThingPhoto] = []
    swaps: list[Swap] = []
    for i, (name, load) in enumerate(cut):
        thing, home = load(), room[:, 0]
        for j in rng.permutation(np.flatnonzero(home != home[i]))[:SWAPS]:
            image = compose(rng, thing, behind[home[j]])
            free = [t for t in rng.permutation(len(cut)) if t not in (i, j)]
            free.sort(key=lambda t: home[t] == home[j])  # things in that same room come last: none, if rooms suffice
            others = tuple(int(t) * VIEWS for t in free[: COMPARED_AT - 2])
            swaps.append(Swap(len(photos) + len(swapped), i * VIEWS, int(j) * VIEWS, others))
            swapped.append(ThingPhoto(i, f"{name}, room {home[j]} of {names[j]}", from_image(image)))
    plain = PhotoSet(names, tuple(photos), len(names))
    return Composites(plain, PhotoSet(names, (*photos, *swapped), len(names)), tuple(swaps), len(behind))


def compose(rng: np.random.Generator, thing: Image.Image, room: Image.Image) -> Image.Image:
    """The cut-out `thing` (RGBA) before a square part of `room`: SIDE pixels, RGB."""
    side = int(min(room.size) * rng.uniform(0.5, 1))
    x, y = (int(rng.integers(0, whole - side + 1)) for whole in room.size)
    page = room.crop((x, y, x + side, y + side)).resize((SIDE, SIDE), Image.Resampling.BICUBIC).convert("RGBA")
    scale = SIDE * rng.uniform(0.35, 0.75) / max(thing.size)
    shape = (max(1, int(thing.width * scale)), max(1, int(thing.height * scale)))
    turned = thing.resize(shape, Image.Resampling.BICUBIC)
    turned = turned.rotate(rng.uniform(-20, 20), Image.Resampling.BICUBIC, expand=True)
    if rng.random() < 0.5:
        turned = turned.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    lit = ImageEnhance.Brightness(turned.convert("RGB")).enhance(rng.uniform(0.7, 1.3))
    lit = ImageEnhance.Color(lit).enhance(rng.uniform(0.7, 1.2))
    lit.putalpha(turned.getchannel("A"))
    at = tuple(int(rng.integers(0, max(0, SIDE - length) + 1)) for length in lit.size)
    page.alpha_composite(lit, at)
    return page.convert("RGB")


def _from_folder(folder: Path, rng: np.random.Generator) -> list[Cutout]:
    """At most THINGS cut-outs of a folder and the folders below it, drawn at random. Raises KeepsakeError."""
    if not folder.is_dir():
        raise KeepsakeError(f"{shown(folder)} is not a folder; name one that holds pictures with transparency")
    paths = [p for p in sorted(folder.rglob("*")) if p.suffix.lower() in (".png", ".webp")]
    paths = [p for p in paths if not any(w in p.relative_to(folder).as_posix() for w in LEFT_OUT)]
    found: list[Cutout] = []
    for i in rng.permutation(len(paths)):
        if len(found) == THINGS:
            break
        image = _cut(paths[i])
        if image is not None:
            found.append((paths[i].stem, partial(_itself, image)))
    return found


def _itself(image: Image.Image) -> Image.Image:
    return image


def _cut(path: Path) -> Image.Image | None:
    """The cut-out of a file, RGBA, without its empty margin; None when the file is no cut-out of a usable size."""
    try:
        image = open_picture(read_file(path), shown(path))
        if min(image.size) < SMALLEST or max(image.size) > LARGEST or not image.has_transparency_data:
            return None
        image = image.convert("RGBA")
    except (PhotoError, OSError, SyntaxError, ValueError):  # what Pillow raises on damaged pictures
        return None
    alpha = np.asarray(image.getchannel("A"))
    least, most = SEE_THROUGH
    return image.crop(image.getchannel("A").getbbox()) if least <= (alpha < 128).mean() <= most else None


def _from_world(rng: np.random.Generator) -> list[Cutout]:
    """The pictures of the world's dev split. Raises FileNotFoundError with the command that fetches them."""
    pool = concepts.concepts("dev")
    codes = [pool[i] for i in rng.permutation(len(pool))[:THINGS]]
    for concept in codes:
        concepts.picture_path(concept.code)
    return [(c.word, partial(concepts.picture, c.code)) for c in codes]


def _rooms(folders: Sequence[Path], *, fetched: bool) -> list[Image.Image]:
    """The photos of folders and of the folders below, RGB; what is no photo is left out. Raises KeepsakeError."""
    paths = [p for folder in folders for p in sorted(folder.rglob("*"))]
    paths = [p for p in paths if p.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp")]
    found = []
    for path in paths:
        try:
            found.append(picture(load_photo(path)))
        except PhotoError:
            continue
    if len(found) < 2:
        missing = "photos of rooms are not here; bring them with: python -m benchmark fetch"
        few = f"{shown(folders[0])} holds {len(found)} photos of rooms, at least 2 are needed"
        raise KeepsakeError(missing if fetched else few)
    return found


def measure(encoder: PhotoEncoder, scenes: Composites, seed: int, progress: Progress) -> CompositeRates:
    """Encode all composites once and ask all memories. Raises ModelError."""
    seen = encode_all(encoder, scenes.both, progress)
    plain = recall_things.rates(encoder.name, encoder.gate, seen.only(len(scenes.plain.photos)), seed, progress)
    firsts = []
    for swap in scenes.swaps:
        memory = DrawnMemory(seen, np.array([swap.thing, swap.place, *swap.others]))
        firsts.append(int(memory.scores(seen.queries[swap.query]).argmax()))
    first, thing = np.array(firsts), seen.thing[[s.query for s in scenes.swaps]]
    times = recall_rates.resampled(len(scenes.both.things), [np.arange(len(scenes.both.things))], seed)
    marks = {"thing": first == 0, "place": first == 1, "other": first > 1}
    shares = {name: recall_rates.share(mark, thing, times) for name, mark in marks.items()}
    among = recall_rates.share(_six_among_all(seen), np.arange(len(scenes.both.things)), times)
    return CompositeRates(plain, scenes.rooms, among, shares, len(first))


def _six_among_all(seen: EncodedSet) -> np.ndarray:
    """For each thing the chance that its memory is ahead of five others drawn at random, in a memory of all things."""
    things = len(seen.photos.things)
    memory = DrawnMemory(seen, np.arange(things) * VIEWS)
    chances = []
    for i in range(things):
        scores = memory.scores(seen.queries[i * VIEWS + 1])
        behind = int((scores < scores[i]).sum())
        chances.append(math.comb(behind, COMPARED_AT - 1) / math.comb(things - 1, COMPARED_AT - 1))
    return np.array(chances)


def as_record(found: CompositeRates, seed: int) -> dict[str, Any]:
    """What `--json` prints of an encoder: the keys of `recall_table.as_record`, and those of composites."""
    swapped = {name: round(one.value, 4) for name, one in found.first.items()}
    intervals = {name: [round(one.low, 4), round(one.high, 4)] for name, one in found.first.items()}
    return {
        **recall_table.as_record(found.plain, seed),
        "right_of_six_among_all": round(found.six_among_all.value, 4),
        "rooms": found.rooms,
        "swapped": {"n": found.n, **swapped, "intervals": intervals},
    }


def table(found: Sequence[CompositeRates], seed: int) -> str:
    """All encoders side by side, for people."""
    things = found[0].plain.photos.photos.own
    among = TextTable(
        f"Right first of six that are drawn from a memory of all {things}",
        ("encoder", "of six"),
        tuple((one.plain.encoder, str(one.six_among_all)) for one in found),
    )
    swapped = TextTable(
        f"Before the room of another of six memories ({found[0].rooms} rooms, {found[0].n} composites)",
        ("encoder", "the thing first", "the place first", "another first"),
        tuple((one.plain.encoder, *map(str, one.first.values())) for one in found),
    )
    return "\n\n".join([recall_table.table([one.plain for one in found], seed), str(among), str(swapped)])
