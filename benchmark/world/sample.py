"""One item of the benchmark: context episodes, a query photo, what is true about it, and questions.

Seeded samples are built from a `Spec`; same spec, same bytes. Photos are drawn by `scene.py`, words by `dialogue.py`,
questions by `question.py`. Samples from elsewhere (`covip_files.py`, `corpus.py`) have no spec, facts or looks.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import numpy as np

from assistant.photo import from_image
from benchmark.world.concepts import HERE, Concept, concepts
from benchmark.world.dialogue import Facts, draw_date, draw_dialogue, draw_facts, words
from benchmark.world.question import Question, draw_questions
from benchmark.world.scene import TWIN_HUES, Look, draw
from memory.episode import Episode, Photo

Mode = Literal["random", "near", "kind", "twin", "stranger"]
MODES: tuple[Mode, ...] = ("random", "near", "kind", "twin", "stranger")
"""Who else is in the context: others of the split, those that look most alike (`near.tsv`), others of a kind, the same
thing in other colours (another identity); "stranger": the photo shows somebody who is not there."""
SIZE = 256
"""Pixels on a side of a benchmark photo."""


@dataclass(frozen=True, slots=True)
class Spec:
    """Everything that a seeded sample depends on."""

    split: str
    seed: int
    index: int
    positives: int = 1
    mode: Mode = "random"
    extra: int = 0
    """Episodes beyond two distractors a positive: a long history."""
    reminders: bool = False
    """One positive and one distractor come with "if you ever see it again, say ..." (the ITR task)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A query photo with its context; `positives` index the context, and `questions[i]` are about `context[i]`."""

    context: tuple[Episode, ...]
    query: Photo
    positives: tuple[int, ...]
    questions: tuple[tuple[Question, ...], ...] = ()
    facts: tuple[Facts, ...] = ()
    """What was said of each episode's thing; seeded samples only, as are the next three."""
    looks: tuple[Look, ...] = ()
    shown: tuple[Look, ...] = ()
    """What the query shows."""
    spec: Spec | None = None
    drawn: int | None = None
    """Seed with which `scene.draw` draws the query: what is where in it. Seeded samples only."""

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
        yield build(Spec(split, seed, i, positives, mode))


def build(spec: Spec) -> Sample:
    """One sample from its spec. `extra` and questions have dice of their own: the rest stays the same with them."""
    rng = np.random.default_rng((spec.seed, spec.index, spec.positives))
    split, positives = spec.split, spec.positives
    shown, others = _choose(rng, split, positives, spec.mode)
    names = {c.code: c for c in concepts(split)}
    in_context = (others if spec.mode == "stranger" else shown + others)[: 3 * positives]
    facts = draw_facts(rng, split, len(in_context), full=True)
    own = np.random.default_rng((spec.seed, spec.index, positives, 1))
    if spec.reminders:
        facts = _remind(own, split, facts, positives)
    episodes = []
    for look, f in zip(in_context, facts, strict=True):
        photo = _photo(rng, [look])
        episodes.append(Episode(photo, draw_dialogue(rng, f, names[look.code].word, turns=6), draw_date(rng)))
    order = rng.permutation(len(in_context)).tolist()
    drawn = int(deepcopy(rng).integers(1 << 31))  # the number that `_photo` is about to take
    query = _photo(rng, shown)
    for _ in range(spec.extra):
        look, f, episode = _another(own, split, names, in_context, facts, positives, shown)
        order.insert(int(own.integers(len(order) + 1)), len(facts))
        in_context, facts, episodes = [*in_context, look], [*facts, f], [*episodes, episode]
    where = {old: new for new, old in enumerate(order)}
    true = tuple(facts[i] for i in order)
    return Sample(
        tuple(episodes[i] for i in order),
        query,
        () if spec.mode == "stranger" else tuple(sorted(where[i] for i in range(positives))),
        draw_questions(own, split, true),
        true,
        tuple(in_context[i] for i in order),
        tuple(shown),
        spec,
        drawn,
    )


def _remind(rng: np.random.Generator, split: str, facts: list[Facts], positives: int) -> list[Facts]:
    """A reminder on one positive, another one on one distractor: it must fire for the first only."""
    first, second = rng.choice(words(split)["reminders"], 2, replace=False)
    i, j = int(rng.integers(positives)), int(rng.integers(positives, len(facts)))
    return [replace(f, reminder=str(first if k == i else second)) if k in (i, j) else f for k, f in enumerate(facts)]


def _another(
    rng: np.random.Generator,
    split: str,
    names: dict[str, Concept],
    looks: list[Look],
    facts: list[Facts],
    positives: int,
    shown: list[Look],
) -> tuple[Look, Facts, Episode]:
    """One more episode of a history: a thing not seen so far, or, half the time, a distractor met once more."""
    taken = {f.name for f in facts}
    free = [n for n in words(split)["names"] if n not in taken]
    fresh = [Look(c) for c in names if Look(c) not in looks and Look(c) not in shown]
    [drawn] = draw_facts(rng, split, 1, full=True)
    if rng.random() < 0.5 and free and fresh:
        look, name = fresh[int(rng.integers(len(fresh)))], str(rng.choice(free))
    else:
        again = int(rng.integers(0 if looks[0] not in shown else positives, len(looks)))
        look, name = looks[again], facts[again].name
    f = replace(drawn, name=name)
    return look, f, Episode(_photo(rng, [look]), draw_dialogue(rng, f, names[look.code].word, turns=6), draw_date(rng))


@cache
def near() -> dict[str, tuple[str, ...]]:
    """For each concept the eight of its split that look most like it to an image encoder (EfficientNet-Lite0 on
    their clean views), most alike first."""
    with open(HERE / "near.tsv", encoding="utf-8", newline="") as file:
        return {row[0]: tuple(row[1:]) for row in csv.reader(file, delimiter="\t")}


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
        elif mode == "near":
            taken = [c.code for c in chosen[:positives]] + [o.code for o in others]
            alike = [c for c in near()[concept.code] if c not in taken]
            others += [Look(alike[j]) for j in sorted(rng.choice(min(4, len(alike)), 2, replace=False))]
        elif mode == "kind":
            alike = [
                c for c in pool if c.kind == concept.kind and c not in chosen[:positives] and Look(c.code) not in others
            ]
            picked = rng.choice(len(alike), min(2, len(alike)), replace=False) if alike else []
            of_kind = [Look(alike[j].code) for j in picked]
            spare = [look for c in chosen[positives:] if (look := Look(c.code)) not in (*others, *of_kind)]
            others += of_kind + spare[: 2 - len(of_kind)]
        else:
            others += [
                Look(c.code) for c in chosen[positives + 3 * i : positives + 3 * i + (3 if mode == "stranger" else 2)]
            ]
    return shown, others
