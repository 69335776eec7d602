"""The recall gate of a model: from which similarity on may a memory be told? Measured on the dev split.

Memories of several sizes are filled with photos of known things; new photos show one or two of them, or a stranger.
The threshold is the lowest at which at most `STRANGERS` of the strangers bring back anything, over all memory sizes.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.backend import Backend
from assistant.photo import from_image
from benchmark.world.concepts import concepts
from benchmark.world.dialogue import draw_date
from benchmark.world.sample import SIZE
from benchmark.world.scene import TWIN_HUES, Look, draw
from memory.episode import Episode, Photo, Turn
from memory.store import Memory

SIZES = (6, 24, 60)
STRANGERS = 0.1


@dataclass(frozen=True, slots=True)
class Trial:
    """One query: what kind it was, the score of what it should bring back, and of the best of the rest."""

    kind: str
    """one, two (things shown), stranger, or twin (a recoloured stored thing)."""
    right: float | None
    wrong: float


def trials(backend: Backend, split: str, seed: int, each: int = 40) -> list[Trial]:
    """`each` queries of every kind for every memory size."""
    rng = np.random.default_rng((seed, 9))
    pool = [Look(c.code) for c in concepts(split)]
    out: list[Trial] = []
    for size in SIZES:
        order = rng.permutation(len(pool))
        stored, strangers = [pool[i] for i in order[:size]], [pool[i] for i in order[size:]]
        with tempfile.TemporaryDirectory() as folder, Memory(Path(folder) / "memory.db") as memory:
            owner: dict[str, Look] = {}
            for look in stored:
                photo = _photo(rng, [look])
                memory.add(Episode(photo, (Turn("user", "This is it."),), draw_date(rng)))
                memory.put_vectors(photo.sha256, backend.space, backend.embed(photo))
                owner[photo.sha256] = look
            for _ in range(each):
                a, b = (stored[i] for i in rng.choice(size, 2, replace=False))
                twin = Look(a.code, int(rng.choice(TWIN_HUES)))
                stranger = strangers[int(rng.integers(len(strangers)))]
                for kind, shown in (("one", [a]), ("two", [a, b]), ("stranger", [stranger]), ("twin", [twin])):
                    found = memory.recall(backend.space, backend.embed(_photo(rng, shown)), k=size)
                    scores = {owner[r.episode.photo.sha256]: r.score for r in found}
                    right = scores.get(a, 0.0) if kind in ("one", "two") else None
                    out.append(Trial(kind, right, max((s for k, s in scores.items() if k not in shown), default=0.0)))
    return out


def calibrate(found: list[Trial]) -> dict[str, Any]:
    """Threshold and what it costs, as fractions of the queries of each kind."""
    strangers = np.array([t.wrong for t in found if t.kind == "stranger"])
    threshold = float(np.quantile(strangers, 1 - STRANGERS))
    kinds = {k: [t for t in found if t.kind == k] for k in ("one", "two", "stranger", "twin")}
    return {
        "threshold": round(threshold, 3),
        "recalled_one": _share(t.right is not None and t.right >= threshold for t in kinds["one"]),
        "first_one": _share(t.right is not None and t.right >= max(threshold, t.wrong) for t in kinds["one"]),
        "recalled_two": _share(t.right is not None and t.right >= threshold for t in kinds["two"]),
        "stranger_recalls": _share(t.wrong >= threshold for t in kinds["stranger"]),
        "twin_recalls": _share(t.wrong >= threshold for t in kinds["twin"]),
        "n": len(found),
    }


def _share(values: Any) -> float:
    return round(float(np.mean(list(values))), 4)


def _photo(rng: np.random.Generator, looks: list[Look]) -> Photo:
    return from_image(draw(looks, int(rng.integers(1 << 31)), SIZE).image)
