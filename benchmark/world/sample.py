"""A sample of the benchmark: context episodes, a query photo, which episodes belong to the photo, and questions.

Seeded samples are built from a `Spec`, and one spec always gives the same bytes. Photos are drawn by `scene.py`,
dialogues by `dialogue.py`, questions by `question.py`. Samples of other sources have no spec, facts or looks.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

import numpy as np

from assistant.photo import from_image
from benchmark.world.concepts import HERE, Concept, concepts
from benchmark.world.dialogue import Facts, draw_date, draw_dialogue, draw_facts, words
from benchmark.world.question import Question, draw_questions
from benchmark.world.scene import TWIN_HUES, Look, draw
from memory.episode import Episode, Photo

Mode = Literal["random", "near", "kind", "twin", "stranger"]
MODES: tuple[Mode, ...] = ("random", "near", "kind", "twin", "stranger")
"""The kinds of distractors: any concepts of the split, those that look most alike (`near.tsv`), those of the same kind,
or the positive in other colours, which is another identity. "stranger": no episode is about what the query shows."""
UNTOLD = ("place", "event", "habit")
"""The facts that may be untold; not the time, since the episode's day would still answer "when"."""
SIZE = 256
"""Width and height of a benchmark photo in pixels."""


@dataclass(frozen=True, slots=True)
class Spec:
    """Everything that a seeded sample depends on."""

    split: str
    seed: int
    index: int
    positives: int = 1
    mode: Mode = "random"
    extra: int = 0
    """Episodes beyond two distractors for each positive, for a long history."""
    reminders: bool = False
    """Whether a positive and a distractor have a reminder, "if you ever see it again, say ..." (the ITR task)."""
    untold: bool = False
    """Whether one fact of each thing (place, event or habit) was never told, and is asked for (absent facts)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A query photo with its context; `positives` index the context, and `questions[i]` are about `context[i]`."""

    context: tuple[Episode, ...]
    query: Photo
    positives: tuple[int, ...]
    questions: tuple[tuple[Question, ...], ...] = ()
    facts: tuple[Facts, ...] = ()
    """What was said about the thing of each episode. This field and the next four are for seeded samples only."""
    looks: tuple[Look, ...] = ()
    """The look of the thing of each episode."""
    shown: tuple[Look, ...] = ()
    """The looks in the query."""
    spec: Spec | None = None
    drawn: int | None = None
    """The seed with which `scene.draw` draws the query."""

    @property
    def id(self) -> str:
        """A hash of context, query and positives."""
        content = "|".join([*(e.id for e in self.context), self.query.sha256, str(self.positives)])
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def samples(split: str, n: int, seed: int, positives: int = 1, mode: Mode = "random") -> Iterator[Sample]:
    """n samples whose contexts have three episodes for each positive: itself and two distractors.

    Sample i depends on (seed, i) only.
    In mode "stranger" the query shows as many things as `positives`, none of them in the context.
    """
    for i in range(n):
        yield build(Spec(split, seed, i, positives, mode))


def build(spec: Spec) -> Sample:
    """The sample of a spec. Extra episodes and questions have generators of their own: they change nothing else."""
    rng = np.random.default_rng((spec.seed, spec.index, spec.positives))
    split, positives = spec.split, spec.positives
    shown, others = _choose(rng, split, positives, spec.mode)
    names = {c.code: c for c in concepts(split)}
    in_context = (others if spec.mode == "stranger" else shown + others)[: 3 * positives]
    facts = draw_facts(rng, split, len(in_context), full=True)
    own = np.random.default_rng((spec.seed, spec.index, positives, 1))
    if spec.reminders:
        facts = _with_reminders(own, split, facts, positives)
    if spec.untold:
        dice = np.random.default_rng((spec.seed, spec.index, positives, 2))
        facts = [_without(f, UNTOLD[int(dice.integers(len(UNTOLD)))]) for f in facts]
    episodes = []
    for look, f in zip(in_context, facts, strict=True):
        photo = _photo(rng, [look])
        episodes.append(Episode(photo, draw_dialogue(rng, f, names[look.code].word, turns=6), draw_date(rng)))
    order = rng.permutation(len(in_context)).tolist()
    drawn = int(deepcopy(rng).integers(1 << 31))  # the seed that `_photo` draws next
    query = _photo(rng, shown)
    for _ in range(spec.extra):
        look, f, episode = _extra_episode(own, split, names, in_context, facts, positives, shown)
        order.insert(int(own.integers(len(order) + 1)), len(facts))
        in_context, facts, episodes = [*in_context, look], [*facts, f], [*episodes, episode]
    place = {old: new for new, old in enumerate(order)}
    ordered_facts = tuple(facts[i] for i in order)
    return Sample(
        tuple(episodes[i] for i in order),
        query,
        () if spec.mode == "stranger" else tuple(sorted(place[i] for i in range(positives))),
        draw_questions(own, split, ordered_facts),
        ordered_facts,
        tuple(in_context[i] for i in order),
        tuple(shown),
        spec,
        drawn,
    )


def _without(facts: Facts, key: str) -> Facts:
    """The facts without one of them, which was never told."""
    untold: dict[str, Any] = {key: None}
    return replace(facts, **untold)


def _with_reminders(rng: np.random.Generator, split: str, facts: list[Facts], positives: int) -> list[Facts]:
    """The facts with a reminder on one positive and another on one distractor: only the first must be said."""
    first, second = rng.choice(words(split)["reminders"], 2, replace=False)
    i, j = int(rng.integers(positives)), int(rng.integers(positives, len(facts)))
    return [replace(f, reminder=str(first if k == i else second)) if k in (i, j) else f for k, f in enumerate(facts)]


def _extra_episode(
    rng: np.random.Generator,
    split: str,
    names: dict[str, Concept],
    looks: list[Look],
    facts: list[Facts],
    positives: int,
    shown: list[Look],
) -> tuple[Look, Facts, Episode]:
    """One more episode of a long history: half the time a new thing, else a distractor met once more."""
    taken = {f.name for f in facts}
    free = [n for n in words(split)["names"] if n not in taken]
    unseen = [Look(c) for c in names if Look(c) not in looks and Look(c) not in shown]
    [drawn] = draw_facts(rng, split, 1, full=True)
    if rng.random() < 0.5 and free and unseen:
        look, name = unseen[int(rng.integers(len(unseen)))], str(rng.choice(free))
    else:
        again = int(rng.integers(0 if looks[0] not in shown else positives, len(looks)))
        look, name = looks[again], facts[again].name
    f = replace(drawn, name=name)
    return look, f, Episode(_photo(rng, [look]), draw_dialogue(rng, f, names[look.code].word, turns=6), draw_date(rng))


@cache
def look_alikes() -> dict[str, tuple[str, ...]]:
    """For each concept the eight of its split that look most like the concept, most alike first.

    Compared by an image encoder, EfficientNet-Lite0, on clean views (`scene.clean_view`).
    """
    with open(HERE / "near.tsv", encoding="utf-8", newline="") as file:
        return {row[0]: tuple(row[1:]) for row in csv.reader(file, delimiter="\t")}


def _photo(rng: np.random.Generator, looks: list[Look]) -> Photo:
    """A photo of these looks; it takes one number from `rng`."""
    return from_image(draw(looks, int(rng.integers(1 << 31)), SIZE).image)


def _choose(rng: np.random.Generator, split: str, positives: int, mode: Mode) -> tuple[list[Look], list[Look]]:
    """The looks in the query, and the other looks of the context; in mode "stranger" enough for a whole context."""
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
            alike = [c for c in look_alikes()[concept.code] if c not in taken]
            others += [Look(alike[j]) for j in sorted(rng.choice(min(4, len(alike)), 2, replace=False))]
        elif mode == "kind":
            same_kind = [
                c for c in pool if c.kind == concept.kind and c not in chosen[:positives] and Look(c.code) not in others
            ]
            picked = rng.choice(len(same_kind), min(2, len(same_kind)), replace=False).tolist() if same_kind else []
            of_kind = [Look(same_kind[j].code) for j in picked]
            spare = [look for c in chosen[positives:] if (look := Look(c.code)) not in (*others, *of_kind)]
            others += of_kind + spare[: 2 - len(of_kind)]
        else:
            others += [
                Look(c.code) for c in chosen[positives + 3 * i : positives + 3 * i + (3 if mode == "stranger" else 2)]
            ]
    return shown, others
