"""One item of the benchmark: context episodes, a query photo, and what is true about it.

Built from a seed; same seed, same bytes. Photos are drawn by `scene.py`, words by `dialogue.py`. The distractor
modes are the hard cases: "random" concepts of the split, "kind" (same kind as the positive), "twin" (the same
cut-out recoloured: same look, different identity).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from assistant.photo import from_image
from benchmark.dialogue import Facts, draw_date, draw_facts, tell
from benchmark.scene import TWIN_HUES, Look, draw
from benchmark.world import Concept, concepts
from memory.episode import Episode, Photo

Mode = Literal["random", "kind", "twin", "stranger"]
SIZE = 256
"""Pixels on a side of a benchmark photo."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A query photo with its context. `facts[i]` belongs to `context[i]`; `positives` index both."""

    context: tuple[Episode, ...]
    facts: tuple[Facts, ...]
    looks: tuple[Look, ...]
    query: Photo
    positives: tuple[int, ...]

    @property
    def id(self) -> str:
        """Hash of the content."""
        content = "|".join([*(e.id for e in self.context), self.query.sha256, str(self.positives)])
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def samples(split: str, n: int, seed: int, positives: int = 1, mode: Mode = "random") -> Iterator[Sample]:
    """n samples; context = 3 episodes a positive (two distractors each). Sample i depends on (seed, i) only.

    In mode "stranger" the query shows as many things as `positives`, none of them in the context.
    """
    for i in range(n):
        yield build(split, (seed, i), positives, mode)


def build(split: str, seed: tuple[int, int], positives: int, mode: Mode) -> Sample:
    """One sample from its seed."""
    rng = np.random.default_rng((*seed, positives))
    shown, others = _choose(rng, split, positives, mode)
    names = {c.code: c for c in concepts(split)}
    in_context = (others if mode == "stranger" else shown + others)[: 3 * positives]
    facts = draw_facts(rng, split, len(in_context), full=True)
    episodes = []
    for look, f in zip(in_context, facts, strict=True):
        photo = _photo(rng, [look])
        episodes.append(Episode(photo, tell(rng, f, names[look.code].word, turns=6), draw_date(rng)))
    order = rng.permutation(len(in_context))
    where = {old: new for new, old in enumerate(order.tolist())}
    return Sample(
        tuple(episodes[i] for i in order),
        tuple(facts[i] for i in order),
        tuple(in_context[i] for i in order),
        _photo(rng, shown),
        () if mode == "stranger" else tuple(sorted(where[i] for i in range(positives))),
    )


def _photo(rng: np.random.Generator, looks: list[Look]) -> Photo:
    return from_image(draw(looks, int(rng.integers(1 << 31)), SIZE).image)


def _choose(rng: np.random.Generator, split: str, positives: int, mode: Mode) -> tuple[list[Look], list[Look]]:
    """Looks in the query, and the other looks of the context (enough for mode "stranger")."""
    pool = concepts(split)
    chosen: list[Concept] = [pool[i] for i in rng.choice(len(pool), 4 * positives, replace=False)]
    shown = [Look(c.code) for c in chosen[:positives]]
    others: list[Look] = []
    for i, concept in enumerate(chosen[:positives]):
        if mode == "twin":
            hues = rng.choice(TWIN_HUES, 2, replace=False)
            others += [Look(concept.code, int(h)) for h in hues]
        elif mode == "kind":
            alike = [
                c for c in pool if c.kind == concept.kind and c not in chosen[:positives] and Look(c.code) not in others
            ]
            picked = rng.choice(len(alike), min(2, len(alike)), replace=False) if alike else []
            near = [Look(alike[j].code) for j in picked]
            spare = [look for c in chosen[positives:] if (look := Look(c.code)) not in (*others, *near)]
            others += near + spare[: 2 - len(near)]
        else:
            others += [
                Look(c.code) for c in chosen[positives + 3 * i : positives + 3 * i + (3 if mode == "stranger" else 2)]
            ]
    return shown, others
