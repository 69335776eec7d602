"""A long history of drawn scenes, seen by a real encoder: are the memories of what a new photo shows among the first?

Keepsake's recall is compared with one vector for the whole photo, by exact search and in other stores (`baselines.py`),
and with words alone: the true words for everything in the photo ("drum otter"), as a person might type them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from assistant.encoder.encoder import PhotoEncoder
from assistant.photo import from_image
from benchmark.retrieval import baselines
from benchmark.world.concepts import concepts
from benchmark.world.dialogue import draw_date, draw_dialogue, draw_facts
from benchmark.world.sample import look_alikes
from benchmark.world.scene import TWIN_HUES, Look, draw
from memory.episode import Episode, Photo
from memory.errors import KeepsakeError
from memory.search import ranking
from memory.search.sightings import NewPhoto
from memory.store import Memory

FIRST = 5
"""How many of the first results count."""
MOST_THINGS = 4
"""Known things in a new photo, at most."""
SIDE = 128
"""Pixels on a side of a drawn photo."""
BATCH = 1000
"""Vectors that are added to another store in one call."""
WHOLE_IMAGE = "whole-image vector"

Progress = Callable[[str], None]
Trial = tuple[list[Look], np.ndarray]
"""The things that a new photo shows, and its visual tokens (T, D)."""


@dataclass(frozen=True, slots=True)
class DrawnHistory:
    """The photos of a memory, by their hash."""

    looks: dict[str, Look]
    """What each photo shows."""
    pooled: dict[str, np.ndarray]
    """Mean of each photo's visual tokens, as a unit vector (D,)."""


def scenes(
    encoder: PhotoEncoder,
    split: str,
    episodes: int,
    queries: int,
    seed: int,
    folder: Path,
    scratch: Path,
    progress: Progress,
) -> list[dict[str, Any]]:
    """Recall@5 of each way of searching, by the number of known things in the photo. A second draws 60 photos.

    Half of the split's things are known and have one episode each; the other episodes show their look-alikes,
    recoloured twins, and anything else. The memory lies in `folder`, other stores in `scratch`. Raises KeepsakeError.
    """
    rng = np.random.default_rng((seed, 11))
    pool = concepts(split)
    word = {c.code: c.word for c in pool}
    known = [Look(pool[i].code) for i in rng.permutation(len(pool))[: len(pool) // 2]]
    if episodes < 2 * len(known):
        raise KeepsakeError(f"--scenes must be {2 * len(known)} or more: {len(known)} known things, and others")
    with Memory(folder / f"scenes-{split}-{episodes}-{seed}.db") as memory:
        looks = _things_of_history(rng, word, known, episodes)
        history = _fill(memory, encoder, seed, split, word, looks, progress)
        trials = []
        for n in range(1, MOST_THINGS + 1):
            for _ in range(queries // MOST_THINGS):
                shown = [known[i] for i in rng.choice(len(known), n, replace=False)]
                trials.append((shown, encoder.encode(_photo(rng, shown))))
        return _compare(memory, encoder.space, history, word, trials, scratch)


def _things_of_history(rng: np.random.Generator, word: Iterable[str], known: list[Look], episodes: int) -> list[Look]:
    """What each photo of the history shows: the known things, then as many others, half of them look-alikes."""
    alike = look_alikes()
    others = [look for code in word for look in [Look(code), *(Look(code, h) for h in TWIN_HUES)] if look not in known]
    close = {n for look in known for n in alike[look.code]} | {look.code for look in known}
    hard = [look for look in others if look.code in close]
    return [*known, *(_one(rng, hard if rng.random() < 0.5 else others) for _ in range(episodes - len(known)))]


def _fill(
    memory: Memory,
    encoder: PhotoEncoder,
    seed: int,
    split: str,
    word: dict[str, str],
    looks: list[Look],
    progress: Progress,
) -> DrawnHistory:
    """Fill the memory with an episode for each look. An episode that is there already is not added again."""
    history = DrawnHistory({}, {})
    for i, look in enumerate(looks):
        rng = np.random.default_rng((seed, 12, i))
        photo = _photo(rng, [look])
        [facts] = draw_facts(rng, split, 1, full=True)
        tokens = encoder.encode(photo)
        dialogue = draw_dialogue(rng, facts, word[look.code], turns=6)
        memory.add(Episode(photo, dialogue, draw_date(rng)), (encoder.space, tokens))
        history.looks[photo.sha256], history.pooled[photo.sha256] = look, _mean_vector(tokens)
        if i % 500 == 499:
            progress(f"{i + 1} of {len(looks)} photos drawn and embedded")
    return history


def _compare(
    memory: Memory,
    space: str,
    history: DrawnHistory,
    word: dict[str, str],
    trials: list[Trial],
    scratch: Path,
) -> list[dict[str, Any]]:
    """A row for each way of searching, and one for each store that is not installed."""
    names, vectors = list(history.pooled), np.stack(list(history.pooled.values()))

    def by_vector(find: Callable[[np.ndarray], list[int]], words: str, tokens: np.ndarray) -> list[str]:
        return [names[i] for i in find(_mean_vector(tokens))]

    def exact(query: np.ndarray) -> list[int]:
        return np.argsort(-(vectors @ query))[:FIRST].tolist()

    def by_words(words: str, tokens: np.ndarray) -> list[str]:
        return [r.episode.photo.sha256 for r in memory.search(words, k=FIRST)]

    def by_sight(words: str, tokens: np.ndarray) -> list[str]:
        return [r.episode.photo.sha256 for r in memory.recall(NewPhoto(space, tokens), k=FIRST)]

    ways: dict[str, Callable[[str, np.ndarray], list[str]]] = {
        "keepsake": by_sight,
        WHOLE_IMAGE: partial(by_vector, exact),
        "words only": by_words,
    }
    rows: list[dict[str, Any]] = []
    for store in baselines.installed_stores(scratch, vectors.shape[1]):
        if isinstance(store, str):
            rows.append({"way": store})
        else:
            for start in range(0, len(vectors), BATCH):
                store.add(start, vectors[start : start + BATCH])
            ways[f"{WHOLE_IMAGE}, {store.name}"] = partial(by_vector, partial(store.nearest, k=FIRST))
    return rows + [{"way": name, **_recall_at_5(way, history, word, trials)} for name, way in ways.items()]


def _recall_at_5(
    way: Callable[[str, np.ndarray], list[str]], history: DrawnHistory, word: dict[str, str], trials: list[Trial]
) -> dict[str, Any]:
    """Mean share of a photo's things that are among the first results: by number of things, and over 2 and more."""
    shares: dict[int, list[float]] = defaultdict(list)
    for shown, tokens in trials:
        first = list(dict.fromkeys(way(" ".join(word[look.code] for look in shown), tokens)))[:FIRST]
        shares[len(shown)].append(len({history.looks[p] for p in first} & set(shown)) / len(shown))
    several = [value for n, values in shares.items() if n > 1 for value in values]
    return {
        "episodes": len(history.looks),
        "n": len(trials),
        "recall_at_5": {f"things_{n}": round(float(np.mean(values)), 4) for n, values in shares.items()},
        "several_things": round(float(np.mean(several)), 4),
    }


def _mean_vector(tokens: np.ndarray) -> np.ndarray:
    """The mean of unit tokens (T, D) as one unit vector (D,)."""
    return ranking.unit(ranking.unit(tokens).mean(axis=0)[None])[0]


def _one(rng: np.random.Generator, looks: list[Look]) -> Look:
    return looks[int(rng.integers(len(looks)))]


def _photo(rng: np.random.Generator, looks: list[Look]) -> Photo:
    return from_image(draw(looks, int(rng.integers(1 << 31)), SIDE).image)
