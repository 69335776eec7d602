"""Is the right memory found, and how fast? Keepsake's recall against other ways, in the same run.

Without a number of scenes: drawn vectors (`synthetic.py`), Keepsake and other stores (`baselines.py`) query by query in
turn, each compared with the exact answer. With `--scenes`: a history of so many drawn photos as the benchmark draws
them, seen by a real model; new photos show one to four of the things in it, among look-alikes. A line of JSON each.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.retrieval import baselines, synthetic
from memory import ranking
from memory.errors import KeepsakeError
from memory.store import Memory

LARGEST = 200_000
"""Other stores are compared up to so many photos: one of them would index a million for an hour."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("--photos", type=int, default=10_000, help="drawn vectors in the memory (default 10,000)")
    parser.add_argument("--tokens", type=int, default=16, help="vectors a photo; the nano has 16 (a million: 18 GB)")
    parser.add_argument("--queries", type=int, default=40)
    parser.add_argument("--scenes", type=int, metavar="N", help="instead: a history of N drawn photos, seen by a model")
    parser.add_argument("--model", default="nano", help="whose eyes see the scenes")
    parser.add_argument("--split", choices=("train", "dev", "test"), default="test")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="keep the memory here, and go on with it the next time")


def command(args: argparse.Namespace) -> int:
    """Run it; 0 done. Raises KeepsakeError."""
    if min(args.photos, args.tokens, args.queries, args.scenes or 1) < 1:
        raise KeepsakeError("--photos, --tokens, --queries and --scenes must be 1 or more")
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if args.scenes:
            from benchmark.retrieval.drawn_history import scenes

            rows = scenes(args.model, args.split, args.scenes, args.queries, args.seed, folder, Path(temporary), _tell)
        else:
            world = synthetic.World(args.photos, args.tokens, seed=args.seed)
            rows = at_scale(world, args.queries, folder, Path(temporary))
    for row in rows:
        print(json.dumps(row))
    return 0


def at_scale(world: synthetic.World, n: int, folder: Path, scratch: Path) -> list[dict[str, Any]]:
    """A row a system: milliseconds of a recall of K photos, share of the exact answer that it brings, and size."""
    name = f"{world.photos}-{world.tokens}-{world.dim}-{world.seed}"
    path, queries = folder / f"memory-{name}.db", world.queries(n)
    with Memory(path, check=False) as memory:  # no snapshot of gigabytes that anybody can draw again
        synthetic.fill(memory, world, _tell)
        kept = folder / f"truth-{name}-{n}.json"
        if not kept.exists():
            kept.write_text(json.dumps(synthetic.truth(world, queries, _tell)), encoding="utf-8")
        right = json.loads(kept.read_text(encoding="utf-8"))
        number = {synthetic.photo_name(i): i for i in range(world.photos)}

        def ours(query: np.ndarray) -> list[int]:
            return [number[r.episode.photo.sha256] for r in memory.recall(synthetic.SPACE, query, k=synthetic.K)]

        systems: dict[str, Callable[[np.ndarray], Sequence[int]]] = {"keepsake": ours}
        rows: list[dict[str, Any]] = []
        common = synthetic.total(world)
        for rival in baselines.installed(scratch, world.dim) if world.photos <= LARGEST else ():
            if isinstance(rival, str):
                rows.append({"system": rival})
                continue
            _tell(f"filling {rival.name}")
            for start, special in synthetic.directions(world, common):
                rival.add(start, special)
            systems[rival.name] = partial(_by_one_vector, rival, ranking.unit(common[None])[0])
        took, found = _in_turn(systems, queries, right)
        for system in systems:
            row = {"system": system, "photos": world.photos, "tokens": world.tokens, **took[system]}
            rows.insert(0, row | {"recall_at_10": round(float(np.mean(found[system])), 4)})
        ours_row = next(row for row in rows if row["system"] == "keepsake")
        ours_row["bytes"] = memory.stats()["bytes"]
    ours_row |= synthetic.start(path, queries[0])
    copy = scratch / "copy.db"
    if path.stat().st_size < shutil.disk_usage(scratch).free / 2:
        shutil.copy(path, copy)  # so that the kept memory stays what the exact answers are for
        with Memory(copy, check=False) as memory:
            ours_row["add"] = synthetic.spread(synthetic.adding(memory, world))
    return rows


def _by_one_vector(rival: baselines.Rival, common: np.ndarray, query: np.ndarray) -> list[int]:
    """A store of vectors holds one a photo, and gets the best there is: what is special in it, as Keepsake has."""
    return rival.nearest(ranking.parts(query, common, most=1)[0], synthetic.K)


def _in_turn(
    systems: dict[str, Callable[[np.ndarray], Sequence[int]]], queries: np.ndarray, right: list[list[int]]
) -> tuple[dict[str, dict[str, Any]], dict[str, list[float]]]:
    """Every query to every system, one after another, so that a busy moment hits all. Wall and CPU milliseconds."""
    walls: dict[str, list[float]] = {name: [] for name in systems}
    cpus: dict[str, list[float]] = {name: [] for name in systems}
    found: dict[str, list[float]] = {name: [] for name in systems}
    for ask in systems.values():
        ask(queries[0])  # the first one reads what stays in memory
    for query, answer in zip(queries, right, strict=True):
        for name, ask in systems.items():
            wall, cpu = time.perf_counter(), time.process_time()
            brought = ask(query)
            walls[name].append(1000 * (time.perf_counter() - wall))
            cpus[name].append(1000 * (time.process_time() - cpu))
            found[name].append(len(set(brought) & set(answer)) / len(answer))
    took = {n: {**synthetic.spread(walls[n]), "cpu_p95_ms": synthetic.spread(cpus[n])["p95_ms"]} for n in systems}
    return took, found


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
