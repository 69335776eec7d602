"""A page with pictures about recall of real things: the worst confusions, strangers taken for known, and hubs.

A hub is a remembered photo that is nearest to many strangers (hubness). All pictures come from the largest, hardest
memories: those of all things, or of all but the strangers. Nothing here is HTML: the template escapes all texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmark.report.html_page import check_libraries, thumbnail, write_page
from benchmark.retrieval.things import recall_table
from benchmark.retrieval.things.memory_draws import Trials
from benchmark.retrieval.things.recall_things import ALL, Measured

PAGE = "recall.html"
TEMPLATE = Path(__file__).parent / "recall_page.html.j2"
MOST = 12
"""Confusions, and strangers taken for known, of each encoder."""
HUBS, ATTRACTED = 6, 5
"""Hubs of each encoder, and strangers shown beside each."""
SIDE = 132
"""Pixels on the longer side of a thumbnail."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A photo on the page."""

    src: str
    """The picture itself, as a data URI."""
    name: str
    note: str = ""
    """What stands below it: its part in the line, and the score."""
    tone: str = ""
    """"right", "wrong" or nothing."""


@dataclass(frozen=True, slots=True)
class Hub:
    """A remembered photo, and the strangers that it attracts."""

    photo: Shown
    strangers: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """What the page says of one encoder."""

    encoder: str
    memories: int
    """Photos in each memory."""
    sure: str
    maybe: str
    """Thresholds at this size, as text."""
    confusions: tuple[tuple[Shown, ...], ...]
    """The worst mistakes: the new photo, the wrong memory that came first, the right one."""
    claimed: tuple[tuple[Shown, ...], ...]
    """Strangers taken for known: the new photo, and the memory that it was taken for."""
    hubs: tuple[Hub, ...]


def write(found: Sequence[Measured], out: Path, seed: int) -> Path:
    """Write `PAGE` into the folder `out`; returns its path. Raises KeepsakeError when a library is missing."""
    check_libraries()
    tables, drawn = recall_table.tables(found), recall_table.drawn(found[0])
    about = f"{recall_table.about(found[0].photos.photos)}. {drawn} memories of each size, seed {seed}."
    values = {"sections": [section(one) for one in found], "tables": tables, "about": about}
    return write_page(TEMPLATE, out / PAGE, {}, values)


def section(found: Measured) -> Section:
    """The pictures of one encoder."""
    trials = found.sizes[ALL].trials
    sure, maybe = found.gate.thresholds(trials.n)
    photos = _Photos(found)
    confusions = (
        (
            photos.shown(trials.query[i], "new photo"),
            photos.shown(trials.best[i], f"recalled first, {trials.score[i]:.2f}", "wrong"),
            photos.shown(trials.own[i], f"the right one, {trials.own_score[i]:.2f}", "right"),
        )
        for i in worst_confusions(found)
    )
    claimed = (
        (
            photos.shown(trials.query[i], "a stranger"),
            photos.shown(trials.best[i], f"taken for this, {trials.score[i]:.2f}", "wrong"),
        )
        for i in strangers_taken(found, sure)
    )
    attracting = (
        Hub(
            photos.shown(photo, f"attracts {share:.0%} of strangers", "wrong"),
            tuple(photos.shown(trials.query[i], f"{trials.score[i]:.2f}") for i in rows),
        )
        for photo, share, rows in hubs(trials, maybe)
    )
    return Section(
        found.encoder, trials.n, f"{sure:.2f}", f"{maybe:.2f}", tuple(confusions), tuple(claimed), tuple(attracting)
    )


def worst_confusions(found: Measured) -> list[int]:
    """Rows of trials where another memory came first, by how far it was ahead; each pair of things once."""
    trials = found.sizes[ALL].trials
    rows = np.flatnonzero(trials.known & ~trials.right)
    rows = rows[np.argsort((trials.own_score - trials.score)[rows], kind="stable")]
    return list(_each_pair_once(rows, found))[:MOST]


def strangers_taken(found: Measured, sure: float) -> list[int]:
    """Rows of trials where the gate was sure about a stranger, best score first; each pair of things once."""
    trials = found.sizes[ALL].trials
    rows = np.flatnonzero(~trials.known & (trials.score >= sure))
    return list(_each_pair_once(rows[np.argsort(-trials.score[rows], kind="stable")], found))[:MOST]


def _each_pair_once(rows: Iterable[int], found: Measured) -> Iterator[int]:
    """The rows in their order, without those whose things stood together before."""
    trials, seen = found.sizes[ALL].trials, set()
    for i in rows:
        pair = (int(trials.thing[i]), int(found.photos.thing[trials.best[i]]))
        if pair not in seen:
            seen.add(pair)
            yield int(i)


def hubs(trials: Trials, maybe: float) -> list[tuple[int, float, list[int]]]:
    """Remembered photos that attract most strangers: the photo, the share of strangers, and rows with the best scores.

    A photo attracts a stranger when its score is the best of its memory and at least `maybe`. The share is of all
    strangers that were shown to memories which hold the photo. For each thing among the strangers there is one row.
    """
    strangers = ~trials.known
    asked = np.bincount(trials.memory[strangers], minlength=len(trials.remembered))  # strangers of each memory
    of_photo: dict[int, int] = {}
    for memory, photos in enumerate(trials.remembered):
        for photo in photos:
            of_photo[int(photo)] = of_photo.get(int(photo), 0) + int(asked[memory])
    attracted: dict[int, list[int]] = {}
    rows = np.flatnonzero(strangers & (trials.score >= maybe))
    for i in rows[np.argsort(-trials.score[rows], kind="stable")]:
        attracted.setdefault(int(trials.best[i]), []).append(int(i))
    shares = {photo: len(found) / of_photo[photo] for photo, found in attracted.items()}
    out = []
    for photo in sorted(shares, key=lambda p: (-shares[p], p))[:HUBS]:
        first: dict[int, int] = {}
        for i in attracted[photo]:
            first.setdefault(int(trials.thing[i]), i)
        out.append((photo, shares[photo], list(first.values())[:ATTRACTED]))
    return out


class _Photos:
    """Thumbnails of a set, each made once."""

    def __init__(self, found: Measured) -> None:
        self._photos = found.photos.photos.photos
        self._made: dict[int, str] = {}

    def shown(self, i: int, note: str, tone: str = "") -> Shown:
        one = self._photos[i]
        if i not in self._made:
            self._made[i] = thumbnail(one.photo, SIDE)
        return Shown(self._made[i], one.name, note, tone)
