"""A long history of drawn scenes, seen by a real model: are the memories of what a new photo shows among the first?

Against one vector for the whole photo, compared with all and as other stores (`baselines.py`) find it, and against
words alone, which get what a person might type: the true words for everything in the photo ("drum otter").
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from assistant.photo import from_image
from benchmark.retrieval import baselines
from benchmark.world.concepts import concepts
from benchmark.world.dialogue import draw_date, draw_dialogue, draw_facts
from benchmark.world.sample import near
from benchmark.world.scene import TWIN_HUES, Look, draw
from memory import ranking
from memory.episode import Episode, Photo
from memory.errors import KeepsakeError
from memory.store import Memory

FIRST = 5
MOST = 4
"""Known things in one new photo, at most."""
SIDE = 128
BATCH = 1000
"""Vectors given to another store at once."""


def scenes(
    model: str,
    split: str,
    episodes: int,
    queries: int,
    seed: int,
    folder: Path,
    scratch: Path,
    tell_of: Callable[[str], None],
) -> list[dict[str, Any]]:
    """A row a way of looking: Recall@5 by how many known things a photo shows. Takes a second for 60 photos.
    `folder`: for the memory; `scratch`: for the other stores.

    Each known thing has one episode; the others are of its look-alikes, of recoloured twins, and of anything else.
    """
    from assistant.backends.llamacpp import LlamaCpp
    from assistant.models.local import load

    rng = np.random.default_rng((seed, 11))
    pool = concepts(split)
    shown = [Look(pool[i].code) for i in rng.permutation(len(pool))[: len(pool) // 2]]
    if episodes < 2 * len(shown):
        raise KeepsakeError(f"--scenes must be {2 * len(shown)} or more: {len(shown)} known things, and others")
    word, alike = {c.code: c.word for c in pool}, near()
    others = [look for code in word for look in [Look(code), *(Look(code, h) for h in TWIN_HUES)] if look not in shown]
    close = {n for look in shown for n in alike[look.code]} | {look.code for look in shown}
    hard = [look for look in others if look.code in close]
    backend = LlamaCpp(load(model))
    try:
        with Memory(folder / f"scenes-{split}-{episodes}-{seed}.db") as memory:
            of, pooled = _history(memory, backend, rng, seed, split, word, shown, hard, others, episodes, tell_of)
            trials = []
            for n in range(1, MOST + 1):
                for _ in range(queries // MOST):
                    looks = [shown[i] for i in rng.choice(len(shown), n, replace=False)]
                    trials.append((looks, backend.embed(_photo(rng, looks))))
            return _compare(memory, backend.space, of, pooled, word, trials, scratch)
    finally:
        backend.close()


def _history(
    memory: Memory,
    backend: Any,
    rng: np.random.Generator,
    seed: int,
    split: str,
    word: dict[str, str],
    shown: list[Look],
    hard: list[Look],
    others: list[Look],
    episodes: int,
    tell_of: Callable[[str], None],
) -> tuple[dict[str, Look], dict[str, np.ndarray]]:
    """Fill the memory, once; what each photo shows, and its mean token as one unit vector (D,)."""
    rest = (_one(rng, hard if rng.random() < 0.5 else others) for _ in range(episodes - len(shown)))
    looks = [*shown, *rest]
    of: dict[str, Look] = {}
    pooled: dict[str, np.ndarray] = {}
    for i, look in enumerate(looks):
        own = np.random.default_rng((seed, 12, i))
        photo = _photo(own, [look])
        [facts] = draw_facts(own, split, 1, full=True)
        tokens = backend.embed(photo)
        memory.add(
            Episode(photo, draw_dialogue(own, facts, word[look.code], turns=6), draw_date(own)), (backend.space, tokens)
        )
        of[photo.sha256], pooled[photo.sha256] = look, ranking.unit(ranking.unit(tokens).mean(axis=0)[None])[0]
        if i % 500 == 499:
            tell_of(f"{i + 1} of {episodes} photos drawn and seen")
    return of, pooled


def _compare(
    memory: Memory,
    space: str,
    of: dict[str, Look],
    pooled: dict[str, np.ndarray],
    word: dict[str, str],
    trials: list[tuple[list[Look], np.ndarray]],
    scratch: Path,
) -> list[dict[str, Any]]:
    names, vectors = list(pooled), np.stack(list(pooled.values()))

    def nearest(find: Callable[[np.ndarray], list[int]], words: str, tokens: np.ndarray) -> list[str]:
        return [names[i] for i in find(ranking.unit(ranking.unit(tokens).mean(axis=0)[None])[0])]

    def exact(query: np.ndarray) -> list[int]:
        return np.argsort(-(vectors @ query))[:FIRST].tolist()

    def by_words(words: str, tokens: np.ndarray) -> list[str]:
        return [r.episode.photo.sha256 for r in memory.search(words, k=FIRST)]

    def sight(words: str, tokens: np.ndarray) -> list[str]:
        return [r.episode.photo.sha256 for r in memory.recall(space, tokens, k=FIRST)]

    def both(words: str, tokens: np.ndarray) -> list[str]:
        return [r.episode.photo.sha256 for r in memory.recall(space, tokens, k=FIRST, words=words)]

    whole = "whole-image vector"
    ways: dict[str, Callable[[str, np.ndarray], list[str]]]
    ways = {"keepsake": sight, "keepsake, with the words": both, whole: partial(nearest, exact), "words only": by_words}
    rows: list[dict[str, Any]] = []
    for store in baselines.installed(scratch, vectors.shape[1]):
        if isinstance(store, str):
            rows.append({"way": store})
        else:
            for start in range(0, len(vectors), BATCH):
                store.add(start, vectors[start : start + BATCH])
            ways[f"{whole}, {store.name}"] = partial(nearest, partial(store.nearest, k=FIRST))
    for name, way in ways.items():
        found: dict[int, list[float]] = defaultdict(list)
        for looks, tokens in trials:
            first = list(dict.fromkeys(way(" ".join(word[look.code] for look in looks), tokens)))[:FIRST]
            found[len(looks)].append(len({of[p] for p in first} & set(looks)) / len(looks))
        row = {f"things_{n}": round(float(np.mean(values)), 4) for n, values in found.items()}
        several = [value for n, values in found.items() if n > 1 for value in values]
        mean = round(float(np.mean(several)), 4)
        rows.append({"way": name, "episodes": len(of), "n": len(trials), "recall_at_5": row, "several_things": mean})
    return rows


def _one(rng: np.random.Generator, looks: list[Look]) -> Look:
    return looks[int(rng.integers(len(looks)))]


def _photo(rng: np.random.Generator, looks: list[Look]) -> Photo:
    return from_image(draw(looks, int(rng.integers(1 << 31)), SIDE).image)
