"""What encoders reached on real things, as tables for people and as a record for scripts (`--json`)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmark.retrieval.things.photo_things import PhotoSet
from benchmark.retrieval.things.recall_rates import NOTHING, PASSING, Share
from benchmark.retrieval.things.recall_things import ALL, COMPARED_AT, Measured


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table of texts, printed in columns."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        """The title, and columns of equal width two spaces apart."""
        wide = [max(map(len, column)) for column in zip(self.head, *self.rows, strict=True)]
        lines = ("  ".join(map(str.ljust, row, wide)).rstrip() for row in (self.head, *self.rows))
        return "\n".join([f"{self.title}:", "", *lines])


def about(photos: PhotoSet) -> str:
    """The set in words: "15 things, 81 photos; strangers: 15 other things, 77 photos"."""
    own = sum(p.thing < photos.own for p in photos.photos)
    words = f"{photos.own} things, {own} photos"
    if photos.own == len(photos.things):
        return f"{words}; strangers: those of them that are not in the memory"
    return f"{words}; strangers: {len(photos.things) - photos.own} other things, {len(photos.photos) - own} photos"


def drawn(found: Measured) -> str:
    """How many memories were drawn of each size, as text: "40", or "15 to 40"."""
    counts = sorted({len(row.trials.remembered) for row in found.sizes.values()})
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"


def table(found: Sequence[Measured], seed: int) -> str:
    """All encoders side by side, for people."""
    what = f"{about(found[0].photos.photos)}. {drawn(found[0])} memories of each size, seed {seed}."
    how = "Brackets: 95 % intervals; things are resampled, not photos."
    return "\n\n".join([f"{what}\n{how}", *map(str, tables(found))])


def tables(found: Sequence[Measured]) -> list[TextTable]:
    """The tables of `table`: the ranking, strangers kept out, and the gate as it ships."""
    photos = found[0].photos.photos
    compared = str(COMPARED_AT)
    ranking = [
        (m.encoder, str(m.right_of_all), str(m.sizes[compared].right if compared in m.sizes else NOTHING))
        for m in found
    ]
    rates, gates = [], []
    for size in found[0].sizes:
        for one in found:
            row = one.sizes[size]
            first = (f"{ALL} ({row.trials.n})" if size == ALL else size, one.encoder)
            at = [str(row.found[p].share) if p in row.found else str(NOTHING) for p in PASSING]
            least = " ".join(f"{at.threshold:.2f}" for at in row.found.values())
            rates.append((*first, str(row.right), *at, least))
            gates.append((*first, *(str(s) for who in ("known", "strangers") for s in row.gate[who].values())))
    turns = f'; in the rows "{ALL}" a third of the things is left out by turns, to be the strangers'
    found_title = "Known things found where a share of strangers passes"
    passing = (f"found, {p:.0%} pass" for p in PASSING)
    says = ("known: sure", "maybe", "wrong", "nobody", "strangers: sure", "maybe")
    return [
        TextTable("Right first", ("encoder", f"of all {photos.own}", "of six"), tuple(ranking)),
        TextTable(
            found_title + (turns if photos.own == len(photos.things) else ""),
            ("memories", "encoder", "right first", *passing, "needs scores above"),
            tuple(rates),
        ),
        TextTable(
            "What the gate says as it ships (known: sure and maybe are right, wrong is another thing)",
            ("memories", "encoder", *says),
            tuple(gates),
        ),
    ]


def as_record(found: Measured, seed: int) -> dict[str, Any]:
    """What `--json` prints of an encoder: shares as fractions, null where nothing could be asked."""
    photos = found.photos.photos
    strangers = len(photos.things) - photos.own
    return {
        "encoder": found.encoder,
        "things": photos.own,
        "photos": sum(p.thing < photos.own for p in photos.photos),
        "n": found.asked_of_all,
        **_shares(found, lambda share: _number(share.value)),
        "memories": {size: row.trials.n for size, row in found.sizes.items()},
        "thresholds": {
            size: {f"{p:.2f}": _number(at.threshold) for p, at in row.found.items()}
            for size, row in found.sizes.items()
            if row.found
        },
        "intervals": _shares(found, lambda share: [_number(share.low), _number(share.high)]),
        "strangers": {"things": strangers or photos.own, "from": "other things" if strangers else "the same things"},
        "drawn": {size: len(row.trials.remembered) for size, row in found.sizes.items()},
        "seed": seed,
        "skipped": list(photos.skipped),
    }


def _shares(found: Measured, shown: Callable[[Share], Any]) -> dict[str, Any]:
    """All shares, each as `shown` gives it."""
    sizes, six = found.sizes, found.sizes.get(str(COMPARED_AT))
    return {
        "right_of_all": shown(found.right_of_all),
        "right_of_six": shown(six.right if six else NOTHING),
        "right_first": {size: shown(row.right) for size, row in sizes.items()},
        "found": {
            size: {f"{p:.2f}": shown(at.share) for p, at in row.found.items()}
            for size, row in sizes.items()
            if row.found
        },
        "gate": {
            size: {who: {name: shown(one) for name, one in shares.items()} for who, shares in row.gate.items()}
            for size, row in sizes.items()
        },
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)
