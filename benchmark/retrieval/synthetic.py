"""Recall in very large memories, without a model: synthetic vectors, exact answers, and how long Keepsake takes.

A synthetic photo shows one or two things before a wall; things come in kinds, and tokens are noisy. The right answer is
the one by exact scores of all photos. Whether that answer is useful is measured on drawn scenes (`drawn_history.py`).
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from memory.episode import Episode, Photo, Turn
from memory.search import ranking, token_codes
from memory.store import Memory

SPACE = "drawn"
"""Name of the vector space in the memory."""
ADDED = 20
"""Photos that are added to a filled memory, one by one, to measure how long that takes."""
CHUNK = 1000
"""Photos that are drawn at once."""
K = 10
"""Photos that a recall asks for."""
WALLS = 40
"""Backgrounds that drawn photos share, so that whole-image vectors resemble each other."""
FIRST = datetime(2015, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class World:
    """Photos as vectors. A photo depends on the seed, its number and the sizes only."""

    photos: int
    tokens: int = 84
    """Vectors of each photo; a memory keeps 84 of the photo encoder's."""
    dim: int = 256
    """Numbers of each vector; the photo encoder's have 256."""
    seed: int = 0

    def chunks(self, first: int = 0) -> Iterator[tuple[int, np.ndarray]]:
        """Number of the first photo, and unit tokens (n, T, D) as a memory stores them.

        `first` is a multiple of `CHUNK`.
        """
        things, walls = self._things(), self._walls()
        for start in range(first, self.photos, CHUNK):
            rng = np.random.default_rng((self.seed, 1, start))
            shown = rng.integers(len(things), size=(CHUNK, 2))
            shown[rng.random(CHUNK) < 0.75, 1] = -1
            yield start, self._draw(rng, things, walls, shown)[: self.photos - start]

    def queries(self, n: int) -> np.ndarray:
        """Unit tokens (n, T, D) of new photos of one to four known things; with under 16 tokens, of T / 4 at most."""
        rng = np.random.default_rng((self.seed, 2))
        things = self._things()
        shown = rng.integers(len(things), size=(n, 4))
        shown[np.arange(4)[None] > np.arange(n)[:, None] % 4] = -1
        return self._draw(rng, things, self._walls(), shown[:, : max(1, self.tokens // 4)])

    def _things(self) -> np.ndarray:
        """Vectors of all things (C, D): twenty photos for each thing, a hundred things for each kind."""
        rng = np.random.default_rng((self.seed, 3))
        n = max(20, self.photos // 20)
        kinds = ranking.unit(rng.standard_normal((max(4, n // 100), self.dim), dtype=np.float32))
        own = ranking.unit(rng.standard_normal((n, self.dim), dtype=np.float32))
        return ranking.unit(0.7 * kinds[rng.integers(len(kinds), size=n)] + 0.7 * own)

    def _walls(self) -> np.ndarray:
        """Vectors of the backgrounds (W, D), which have much in common."""
        rng = np.random.default_rng((self.seed, 4))
        common = rng.standard_normal((1, self.dim), dtype=np.float32)
        return ranking.unit(common + 0.7 * rng.standard_normal((WALLS, self.dim), dtype=np.float32))

    def _draw(self, rng: np.random.Generator, things: np.ndarray, walls: np.ndarray, shown: np.ndarray) -> np.ndarray:
        """Unit tokens (n, T, D). `shown` (n, S) numbers the things, -1 for none; each fills a fifth of the tokens."""
        n, each = len(shown), max(1, self.tokens // 5)
        tokens = np.repeat(walls[rng.integers(len(walls), size=n)][:, None], self.tokens, axis=1)
        for s in range(shown.shape[1]):
            there = np.flatnonzero(shown[:, s] >= 0)
            look = things[shown[there, s]] + 0.5 * ranking.unit(rng.standard_normal((len(there), self.dim)))
            tokens[there, s * each : (s + 1) * each] = look[:, None]
        tokens += rng.standard_normal(tokens.shape, dtype=np.float32) * np.float32(0.4 / self.dim**0.5)
        unit = token_codes.as_stored(ranking.unit(tokens.reshape(-1, self.dim)))
        return unit.reshape(n, self.tokens, self.dim)


def photo_name(i: int) -> str:
    """The sha256 that stands for photo i."""
    return hashlib.sha256(f"drawn {i}".encode()).hexdigest()


def fill(memory: Memory, world: World, progress: Callable[[str], None]) -> None:
    """Put all photos into a memory, each with an episode. A filling that was stopped goes on."""
    began, done = time.monotonic(), memory.stats()["photos"] // CHUNK * CHUNK
    for start, tokens in world.chunks(done):
        memory.add_all(_episode(start + i) for i in range(len(tokens)))
        memory.put_all_vectors(SPACE, ((photo_name(start + i), photo) for i, photo in enumerate(tokens)))
        if start // CHUNK % 10 == 9:
            progress(f"{start + len(tokens)} of {world.photos} photos, {time.monotonic() - began:.0f} s")


def _episode(i: int) -> Episode:
    photo = Photo(photo_name(i), b"\xff\xd8" + i.to_bytes(8, "big"), 1, 1)
    words = f"This is thing{i % 50_000} of kind{i % 97}, by the {'lake' if i % 3 else 'sea'}"
    return Episode(photo, (Turn("user", words),), FIRST + timedelta(minutes=5 * i), f"town{i % 400}")


def total(world: World) -> np.ndarray:
    """Sum over all photos of their mean token (D,): what the photos have in common."""
    means = (tokens.mean(axis=1).astype("<f2") for _, tokens in world.chunks())
    return sum((mean.sum(axis=0, dtype=float) for mean in means), np.zeros(world.dim))


def directions(world: World, common: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """For each chunk the number of its first photo, and what is special in each photo as unit vectors (n, D).

    `common` is the `total` of the world.
    """
    for start, tokens in world.chunks():
        yield start, _special(tokens, common)


def _special(tokens: np.ndarray, common: np.ndarray) -> np.ndarray:
    """What is special in photos (n, T, D) as unit vectors (n, D)."""
    counts = np.full(len(tokens), tokens.shape[1])
    return ranking.distinctive(tokens.reshape(-1, tokens.shape[2]), counts, ranking.background(_means(tokens), common))


def _means(tokens: np.ndarray) -> np.ndarray:
    """The mean token of each photo (n, T, D) as a memory keeps it, (n, D)."""
    return tokens.mean(axis=1).astype("<f2").astype(np.float32)


def exact_answers(world: World, queries: np.ndarray, progress: Callable[[str], None]) -> list[list[int]]:
    """For each query of (n, T, D) the K photos with the best exact scores, best first; no photo is left out.

    A score is the mean of two halves of at most 1. The second half is not computed for photos that by the first cannot
    be among the K.
    """
    common = total(world)
    best = np.full((len(queries), K), -1.0)
    which = np.zeros((len(queries), K), int)
    for start, tokens in world.chunks():
        special = _special(tokens, common)
        for q, query in enumerate(queries):
            near = np.flatnonzero((ranking.similarity(special, query) + 1) / 2 >= best[q, -1])
            if not len(near):
                continue
            chosen, counts = tokens[near], np.full(len(near), world.tokens)
            exact = ranking.sight_scores(chosen.reshape(-1, world.dim), counts, _means(chosen), query, common)
            scores = np.concatenate([best[q], exact])
            names = np.concatenate([which[q], start + near])
            order = np.argsort(-scores, kind="stable")[:K]
            best[q], which[q] = scores[order], names[order]
        if start // CHUNK % 20 == 19:
            progress(f"exact scores: {start + len(special)} of {world.photos} photos")
    return which.tolist()


def adding(memory: Memory, world: World) -> list[float]:
    """Milliseconds to add one more photo with its vectors, `ADDED` times. The photos stay in the memory."""
    more, times = World(ADDED, world.tokens, world.dim, world.seed + 1), []
    for i, tokens in enumerate(next(more.chunks())[1]):
        episode = _episode(world.photos + i)
        began = time.perf_counter()
        memory.add(episode)
        memory.put_vectors(episode.photo.sha256, SPACE, tokens)
        times.append(1000 * (time.perf_counter() - began))
    return times


_START_SCRIPT = """
import json, sys, time
from pathlib import Path
import numpy as np
from memory.search.sightings import NewPhoto
from memory.store import Memory
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096
before = resident()
began = time.perf_counter()
memory = Memory(Path(sys.argv[1]), check=False)
opened = time.perf_counter()
memory.recall(NewPhoto(sys.argv[2], np.load(sys.argv[3])))
done = time.perf_counter()
took = {"open_s": opened - began, "first_recall_s": done - opened}
print(json.dumps({**took, "resident_mb": (resident() - before) / 1e6}))
"""


def start(path: Path, query: np.ndarray) -> dict[str, float]:
    """Seconds to open the memory and for the first recall in a new process, and the megabytes in use then (Linux).

    The daily snapshot is left out; it takes as long as a copy of the file.
    """
    file = path.with_name("query.npy")
    np.save(file, query)
    command = [sys.executable, "-c", _START_SCRIPT, str(path), SPACE, str(file)]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done: dict[str, float] = json.loads(subprocess.run(command, env=env, check=True, capture_output=True).stdout)
    return {name: round(value, 3) for name, value in done.items()}


def percentiles(milliseconds: list[float]) -> dict[str, Any]:
    """Median and 95th percentile."""
    p50, p95 = np.percentile(milliseconds, (50, 95))
    return {"p50_ms": round(float(p50), 2), "p95_ms": round(float(p95), 2)}
