"""What slots are filled with: the lists of `values.toml`, and days and numbers in the form that was written."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import numpy as np

from benchmark.notes.day_forms import (
    WEEKDAYS,
    other_day,
    other_month,
    other_number,
    other_time,
    other_year,
)

Rng = np.random.Generator
SPLITS = ("train", "dev", "test")
LISTED = ("F", "M", "P", "SURNAME", "PET", "NICK", "CITY", "COUNTRY", "STREET")
"""The kinds of slots with a list for each split; all others are drawn in the form they were written in."""
TRIES = 100
_DRAWN: Mapping[str, Callable[[Rng, str], str]] = {
    "DAY": other_day,
    "MONTH": other_month,
    "WEEKDAY": lambda rng, _: WEEKDAYS[int(rng.integers(7))],
    "YEAR": lambda rng, written: str(other_year(rng, int(written))),
    "TIME": other_time,
    "NUM": other_number,
}


@cache
def values(split: str) -> dict[str, tuple[str, ...]]:
    """The lists of a split by kind of slot. Raises ValueError for an unknown split."""
    if split not in SPLITS:
        raise ValueError(f"no split named {split!r}: use {', '.join(SPLITS)}")
    with open(Path(__file__).parent / "values.toml", "rb") as file:
        lists = {kind: tuple(words) for kind, words in tomllib.load(file)[split].items()}
    return lists | {"P": lists["F"] + lists["M"]}


@cache
def all_names() -> frozenset[str]:
    """Every word of every list of every split: none of them may stand in a note outside a slot."""
    return frozenset(
        w for split in SPLITS for words in values(split).values() for value in words for w in value.split()
    )


def draw_values(rng: Rng, slots: Mapping[str, str], split: str, text: str) -> dict[str, str]:
    """A new value for each slot. `slots` (kinds) and the result have the values as they were written, in lower case, as
    keys.

    No two slots get the same value, and no name is a word of `text`. Raises ValueError for a value of an unknown form.
    """
    taken = set(re.findall(r"[\w'-]+", text.lower()))
    drawn: dict[str, str] = {}
    for written, kind in slots.items():
        for _ in range(TRIES):
            new = _draw(rng, kind, written, split)
            known = kind in LISTED and bool(taken & set(new.lower().split()))
            if new not in drawn.values() and not known:
                break
        drawn[written] = new
        taken |= set(new.lower().split()) if kind in LISTED else set()
    return drawn


@cache
def gender(name: str) -> str:
    """Whether the name of a pet or a thing, in lower case, is listed as a "she" or as a "he"; "" for neither."""
    with open(Path(__file__).parent / "values.toml", "rb") as file:
        lists = tomllib.load(file)["gender"]
    return next((which for which, names in lists.items() if name in map(str.lower, names)), "")


def _draw(rng: Rng, kind: str, written: str, split: str) -> str:
    if kind in LISTED:
        pool = values(split)[kind]
        if kind in ("PET", "NICK"):  # the note may call it he or she: the new name must be listed alike, or as neither
            fitting = (gender(written), "")
            pool = tuple(name for name in pool if gender(name.lower()) in fitting) or pool
        return pool[int(rng.integers(len(pool)))]
    return _DRAWN[kind](rng, written)
