"""`python -m benchmark calibrate`: a model's recall threshold, from which similarity on a memory counts as recalled.

Memories of several sizes are filled with photos of single things. New photos show one or two of these things, a
stranger, or a recoloured twin. The threshold is the lowest at which at most `STRANGERS` of the strangers recall
anything, over all memory sizes.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.backend import Backend
from assistant.models import local
from assistant.photo import from_image
from benchmark.world.concepts import concepts
from benchmark.world.dialogue import draw_date
from benchmark.world.sample import SIZE
from benchmark.world.scene import TWIN_HUES, Look, draw
from memory.episode import Episode, Photo, Turn
from memory.files import write_json
from memory.store import Memory

SIZES = (6, 24, 60)
"""Episodes in a memory."""
STRANGERS = 0.1
"""Share of strangers that may recall a memory."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One new photo: what it shows, and the recall scores of the right memory and of the best wrong one (0..1)."""

    kind: str
    """What the photo shows: "one" or "two" stored things, a "stranger", or a "twin" (a stored thing recoloured)."""
    right: float | None
    """None: no memory is right."""
    wrong: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `python -m benchmark calibrate`."""
    parser.add_argument("--model", default="nano", help="a model's name or folder")
    parser.add_argument("--split", choices=("train", "dev", "test"), default="dev")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--save", action="store_true", help="enter the threshold into the model's manifest")


def command(args: argparse.Namespace) -> int:
    """Calibrate a model and print the threshold with its rates as JSON. Raises KeepsakeError."""
    from assistant.backends.llamacpp import LlamaCpp

    backend = LlamaCpp(local.load(args.model))
    rates = calibrate(trials(backend, args.split, args.seed))
    backend.close()
    print(json.dumps(rates))
    if args.save:
        path = local.find(args.model) / "manifest.json"
        manifest = json.loads(path.read_text(encoding="utf-8"))
        write_json(path, {**manifest, "threshold": rates["threshold"], "recall": rates})
        print(f"saved in {path}", file=sys.stderr)
    return 0


def trials(backend: Backend, split: str, seed: int, each: int = 40) -> list[Trial]:
    """Ask `each` new photos of every kind for every memory size."""
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
                    recalled = memory.recall(backend.space, backend.embed(_photo(rng, shown)), k=size)
                    scores = {owner[r.episode.photo.sha256]: r.score for r in recalled}
                    right = scores.get(a, 0.0) if kind in ("one", "two") else None
                    out.append(Trial(kind, right, max((s for k, s in scores.items() if k not in shown), default=0.0)))
    return out


def calibrate(asked: list[Trial]) -> dict[str, Any]:
    """The threshold, and the shares of each kind of photo that recall a memory with it.

    recalled_one, recalled_two: the right memory passes. first_one: it passes and no wrong one scores higher.
    stranger_recalls, twin_recalls: a wrong memory passes.
    """
    strangers = np.array([t.wrong for t in asked if t.kind == "stranger"])
    threshold = float(np.quantile(strangers, 1 - STRANGERS))
    kinds = {k: [t for t in asked if t.kind == k] for k in ("one", "two", "stranger", "twin")}
    return {
        "threshold": round(threshold, 3),
        "recalled_one": _share(t.right is not None and t.right >= threshold for t in kinds["one"]),
        "first_one": _share(t.right is not None and t.right >= max(threshold, t.wrong) for t in kinds["one"]),
        "recalled_two": _share(t.right is not None and t.right >= threshold for t in kinds["two"]),
        "stranger_recalls": _share(t.wrong >= threshold for t in kinds["stranger"]),
        "twin_recalls": _share(t.wrong >= threshold for t in kinds["twin"]),
        "n": len(asked),
    }


def _share(values: Any) -> float:
    return round(float(np.mean(list(values))), 4)


def _photo(rng: np.random.Generator, looks: list[Look]) -> Photo:
    return from_image(draw(looks, int(rng.integers(1 << 31)), SIZE).image)
