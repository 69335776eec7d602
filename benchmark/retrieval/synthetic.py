"""Recall in very large memories: drawn vectors, the exact answer to them, and how long Keepsake takes. No model.

A drawn photo shows one or two things before a wall; things are clustered in kinds, tokens are noisy. What is "right" is
what an exact score of every photo would bring: whether that is useful is measured on drawn scenes (`compare.py`).
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

from memory import ranking
from memory.episode import Episode, Photo, Turn
from memory.store import Memory

SPACE = "drawn"
CHUNK = 1000
K = 10
WALLS = 40
FIRST = datetime(2015, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class World:
    """Photos as vectors; photo i depends on the seed and its chunk only."""

    photos: int
    tokens: int = 16
    dim: int = 576
    """The nano's tokens are 16 x 576."""
    seed: int = 0

    def chunks(self, first: int = 0) -> Iterator[tuple[int, np.ndarray]]:
        """Number of the first photo and unit tokens (n, T, D), as float16 keeps them, from a whole chunk on."""
        things, walls = self._things(), self._walls()
        for start in range(first, self.photos, CHUNK):
            rng = np.random.default_rng((self.seed, 1, start))
            shown = rng.integers(len(things), size=(CHUNK, 2))
            shown[rng.random(CHUNK) < 0.75, 1] = -1
            yield start, self._draw(rng, things, walls, shown)[: self.photos - start]

    def queries(self, n: int) -> np.ndarray:
        """Unit tokens (n, T, D) of new photos of one to four known things (with 16 tokens; fewer have less room)."""
        rng = np.random.default_rng((self.seed, 2))
        things = self._things()
        shown = rng.integers(len(things), size=(n, 4))
        shown[np.arange(4)[None] > np.arange(n)[:, None] % 4] = -1
        return self._draw(rng, things, self._walls(), shown[:, : max(1, self.tokens // 4)])

    def _things(self) -> np.ndarray:
        """Looks of all things (C, D): twenty photos a thing, a hundred things a kind."""
        rng = np.random.default_rng((self.seed, 3))
        n = max(20, self.photos // 20)
        kinds = ranking.unit(rng.standard_normal((max(4, n // 100), self.dim), dtype=np.float32))
        own = ranking.unit(rng.standard_normal((n, self.dim), dtype=np.float32))
        return ranking.unit(0.7 * kinds[rng.integers(len(kinds), size=n)] + 0.7 * own)

    def _walls(self) -> np.ndarray:
        rng = np.random.default_rng((self.seed, 4))
        common = rng.standard_normal((1, self.dim), dtype=np.float32)
        return ranking.unit(common + 0.7 * rng.standard_normal((WALLS, self.dim), dtype=np.float32))

    def _draw(self, rng: np.random.Generator, things: np.ndarray, walls: np.ndarray, shown: np.ndarray) -> np.ndarray:
        """`shown` (n, S): which things, -1 for none; each fills a fifth of the tokens, at least one."""
        n, each = len(shown), max(1, self.tokens // 5)
        tokens = np.repeat(walls[rng.integers(len(walls), size=n)][:, None], self.tokens, axis=1)
        for s in range(shown.shape[1]):
            there = np.flatnonzero(shown[:, s] >= 0)
            look = things[shown[there, s]] + 0.5 * ranking.unit(rng.standard_normal((len(there), self.dim)))
            tokens[there, s * each : (s + 1) * each] = look[:, None]
        tokens += rng.standard_normal(tokens.shape, dtype=np.float32) * np.float32(0.4 / self.dim**0.5)
        unit = ranking.unit(tokens.reshape(-1, self.dim)).astype("<f2").astype(np.float32)
        return unit.reshape(n, self.tokens, self.dim)


def photo_name(i: int) -> str:
    """The hash that drawn photo i goes by."""
    return hashlib.sha256(f"drawn {i}".encode()).hexdigest()


def fill(memory: Memory, world: World, tell: Callable[[str], None]) -> None:
    """Put all photos of the world into a memory, each with an episode; goes on where it was stopped."""
    began, done = time.monotonic(), memory.stats()["photos"] // CHUNK * CHUNK
    for start, tokens in world.chunks(done):
        memory.add_all(_episode(start + i) for i in range(len(tokens)))
        memory.put_all_vectors(SPACE, ((photo_name(start + i), photo) for i, photo in enumerate(tokens)))
        if start // CHUNK % 10 == 9:
            tell(f"{start + len(tokens)} of {world.photos} photos, {time.monotonic() - began:.0f} s")


def _episode(i: int) -> Episode:
    photo = Photo(photo_name(i), b"\xff\xd8" + i.to_bytes(8, "big"), 1, 1)
    words = f"This is thing{i % 50_000} of kind{i % 97}, by the {'lake' if i % 3 else 'sea'}"
    return Episode(photo, (Turn("user", words),), FIRST + timedelta(minutes=5 * i), f"town{i % 400}")


def total(world: World) -> np.ndarray:
    """Sum of the mean tokens of all photos (D,): what they have in common."""
    means = (tokens.mean(axis=1).astype("<f2") for _, tokens in world.chunks())
    return sum((mean.sum(axis=0, dtype=float) for mean in means), np.zeros(world.dim))


def directions(world: World, common: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Number of the first photo, and what is special in each, unit (n, D), a chunk at a time; `common`: the `total`."""
    for start, tokens in world.chunks():
        others = ranking.unit(common - tokens.mean(axis=1).astype("<f2"))
        yield start, ranking.special(tokens.reshape(-1, world.dim), np.full(len(tokens), world.tokens), others)


def truth(world: World, queries: np.ndarray, tell: Callable[[str], None]) -> list[list[int]]:
    """For each query (n, T, D) the K photos with the best exact scores, best first; every photo is scored."""
    best = np.full((len(queries), K), -1.0)
    which = np.zeros((len(queries), K), int)
    for start, special in directions(world, total(world)):
        for q, query in enumerate(queries):
            scores = np.concatenate([best[q], ranking.likeness(special, query)])
            names = np.concatenate([which[q], np.arange(start, start + len(special))])
            order = np.argsort(-scores, kind="stable")[:K]
            best[q], which[q] = scores[order], names[order]
        if start // CHUNK % 20 == 19:
            tell(f"exact scores: {start + len(special)} of {world.photos} photos")
    return which.tolist()


def adding(memory: Memory, world: World, n: int = 20) -> list[float]:
    """Milliseconds to remember one more photo with its vectors, n times; they are forgotten with the file."""
    more, took = World(n, world.tokens, world.dim, world.seed + 1), []
    for i, tokens in enumerate(next(more.chunks())[1]):
        episode = _episode(world.photos + i)
        began = time.perf_counter()
        memory.add(episode)
        memory.put_vectors(episode.photo.sha256, SPACE, tokens)
        took.append(1000 * (time.perf_counter() - began))
    return took


_START = """
import json, sys, time
from pathlib import Path
import numpy as np
from memory.store import Memory
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096
before = resident()
began = time.perf_counter()
memory = Memory(Path(sys.argv[1]), check=False)
opened = time.perf_counter()
memory.recall(sys.argv[2], np.load(sys.argv[3]))
done = time.perf_counter()
took = {"open_s": opened - began, "first_recall_s": done - opened}
print(json.dumps({**took, "resident_mb": (resident() - before) / 1e6}))
"""


def start(path: Path, query: np.ndarray) -> dict[str, float]:
    """Seconds to open the memory and to recall the first time in a new process, and the memory that takes (Linux).

    Without the daily snapshot, which takes as long as a copy of the file.
    """
    file = path.with_name("query.npy")
    np.save(file, query)
    command = [sys.executable, "-c", _START, str(path), SPACE, str(file)]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done: dict[str, float] = json.loads(subprocess.run(command, env=env, check=True, capture_output=True).stdout)
    return {name: round(value, 3) for name, value in done.items()}


def spread(milliseconds: list[float]) -> dict[str, Any]:
    """p50 and p95."""
    p50, p95 = np.percentile(milliseconds, (50, 95))
    return {"p50_ms": round(float(p50), 2), "p95_ms": round(float(p95), 2)}
