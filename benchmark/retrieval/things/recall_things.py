"""Is the right one of real things found, and are strangers kept out? What one encoder reaches on a set of photos.

For each size of the memory (see `memory_draws.py`): how often the right memory comes first, how often it is found at a
threshold that few strangers pass, and what the encoder's shipped gate says. `recall_rates.py` computes the intervals.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from assistant.encoder.encoder import PhotoEncoder
from benchmark.retrieval.things import recall_rates
from benchmark.retrieval.things.memory_draws import Trials, ask, draw_things, turns
from benchmark.retrieval.things.photo_things import EncodedSet, PhotoSet, Progress, encode_all
from benchmark.retrieval.things.recall_rates import PASSING, Found, Share
from memory.search.gate import Gate

SIZES = (3, 6, 12, 24)
"""Photos in a memory; "all" comes beside them."""
ALL = "all"
MEMORIES = 40
"""Memories that are drawn for each size, at most."""
REMEMBERED = 1500
"""Most photos in all memories of one size together: of larger memories fewer are drawn, since each is asked more."""
COMPARED_AT = 6
"""Photos in the memory at which encoders are compared in one line."""


@dataclass(frozen=True, slots=True)
class SizeRates:
    """The rates at one size of the memory."""

    trials: Trials
    right: Share
    found: dict[float, Found]
    """What is found, by the share of strangers that pass; empty without strangers."""
    gate: dict[str, dict[str, Share]]
    """The result of `gate_shares`."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one encoder reached on a set of photos."""

    encoder: str
    photos: EncodedSet
    gate: Gate
    right_of_all: Share
    asked_of_all: int
    """How many (memory, query) pairs are behind `right_of_all`."""
    sizes: dict[str, SizeRates] = field(default_factory=dict)
    """The rates at each size: the number of photos in the memory as text, or "all"."""


def measure(encoder: PhotoEncoder, photos: PhotoSet, seed: int, progress: Progress) -> Measured:
    """Encode all photos once and ask all memories. Raises PhotoError, ModelError."""
    seen = encode_all(encoder, photos, progress)
    return rates(encoder.name, encoder.gate, seen, seed, progress)


def rates(name: str, gate: Gate, photos: EncodedSet, seed: int, progress: Progress) -> Measured:
    """The rates of encoded photos, by size of the memory."""
    own, things = photos.photos.own, len(photos.photos.things)
    mine = np.arange(own)
    times = recall_rates.resampled(things, (mine, np.arange(own, things)), seed)
    whole = ask(photos, np.random.default_rng((seed, 1)), draw_things(_rng(seed, 2), mine, own, memories(own)))
    found = Measured(name, photos, gate, recall_rates.right_first(whole, times), int(whole.known.sum()))
    for n in (size for size in SIZES if size <= own):
        progress(f"{name}: memories of {n}")
        drawn = draw_things(_rng(seed, 3, n), mine, n, memories(n))
        found.sizes[str(n)] = _rates(ask(photos, _rng(seed, 4, n), drawn), gate, times)
    if own == things:  # the strangers must come from the same folder, so not all can be remembered
        whole = ask(photos, _rng(seed, 5), turns(_rng(seed, 6), mine, (n := memories(own)) + -n % 3))
    found.sizes[ALL] = _rates(whole, gate, times)
    return found


def memories(n: int) -> int:
    """How many memories of n photos are drawn."""
    return min(MEMORIES, -(-REMEMBERED // n))


def _rng(*seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def _rates(trials: Trials, gate: Gate, times: np.ndarray) -> SizeRates:
    """The rates of trials at one size."""
    found = {p: one for p in PASSING if (one := recall_rates.found(trials, times, p))}
    return SizeRates(
        trials, recall_rates.right_first(trials, times), found, recall_rates.gate_shares(trials, gate, times)
    )
