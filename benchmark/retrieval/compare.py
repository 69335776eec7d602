"""`python -m benchmark recall`: is the right memory found, and how fast, by Keepsake and by other stores?

Without options: drawn vectors (`synthetic.py`); Keepsake and other stores (`baselines.py`) get each query in turn and
are compared with exact search. With `--scenes N`: a history of N drawn photos, seen by a real encoder
(`drawn_history.py`); new photos show one to four of its things, among look-alikes. Both print JSON lines.

With `--things FOLDER`: real photographs (`recall_things.py`); with `--composites`: cut-outs pasted on photographs of
rooms (`composite_photos.py`). Both print a table, or one JSON object for each encoder.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from assistant.models import local
from assistant.opening import MODELS_OWN
from benchmark.retrieval import baselines, synthetic
from benchmark.retrieval.chosen_encoder import add_encoder, opened
from memory.errors import KeepsakeError
from memory.files import write_json
from memory.search import ranking
from memory.search.sightings import NewPhoto
from memory.store import Memory

LARGEST = 200_000
"""Photos up to which other stores are compared: one of them would take an hour to index a million."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `python -m benchmark recall`."""
    parser.add_argument("--photos", type=int, default=10_000, help="drawn vectors in the memory (default 10,000)")
    parser.add_argument("--tokens", type=int, default=84, help="vectors of a photo (default 84, as many as are kept)")
    parser.add_argument("--dim", type=int, default=256, help="numbers of a vector (default 256, as the photo encoder)")
    parser.add_argument("--queries", type=int, default=40)
    parser.add_argument("--scenes", type=int, metavar="N", help="instead: a history of N drawn photos, encoded")
    parser.add_argument("--things", type=Path, metavar="FOLDER", help="instead: real photos, a folder for each thing")
    parser.add_argument(
        "--pairs", type=int, metavar="N", help="real photos: instead N pictures of two things, three ways"
    )
    parser.add_argument("--strangers", type=Path, metavar="FOLDER", help="photos of other things, never remembered")
    parser.add_argument("--composites", action="store_true", help="instead: cut-outs pasted on photographs of rooms")
    parser.add_argument("--cutouts", type=Path, metavar="FOLDER", help="pictures with transparency (default: fetched)")
    parser.add_argument("--rooms", type=Path, nargs="+", metavar="FOLDER", help="photos of rooms (default: fetched)")
    add_encoder(parser, several=True)
    parser.add_argument("--json", action="store_true", help="real photos and composites: one JSON object an encoder")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="real photos: write a page with pictures there")
    parser.add_argument("--model", default=local.DEFAULT, help="the model of `--encoder model` (default: %(default)s)")
    parser.add_argument("--split", choices=("train", "dev", "test"), default="test")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="keep the memory in this folder, and go on with it the next time")


def command(args: argparse.Namespace) -> int:
    """Measure and print a row for each system. Raises KeepsakeError for what the user can mend."""
    if min(args.photos, args.tokens, args.dim, args.queries, args.scenes or 1) < 1:
        raise KeepsakeError("--photos, --tokens, --dim, --queries and --scenes must be 1 or more")
    if sum(map(bool, (args.scenes, args.things, args.composites))) > 1:
        raise KeepsakeError("choose one of --scenes, --things and --composites")
    if args.pairs is not None and (args.pairs < 1 or not args.things):
        raise KeepsakeError("--pairs must be 1 or more, and needs --things FOLDER")
    if args.pairs:
        return _two_things(args)
    if args.things or args.composites:
        return _pictures(args)
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if args.scenes:
            rows = _scenes(args, folder, Path(temporary))
        else:
            world = synthetic.World(args.photos, args.tokens, args.dim, args.seed)
            rows = at_scale(world, args.queries, folder, Path(temporary))
    for row in rows:
        print(json.dumps(row))
    return 0


def _scenes(args: argparse.Namespace, folder: Path, scratch: Path) -> list[dict[str, Any]]:
    """Rows about drawn scenes; those of a chosen encoder name it."""
    from benchmark.retrieval.drawn_history import scenes

    rows: list[dict[str, Any]] = []
    for name in args.encoder or [MODELS_OWN]:
        with opened(name, args.model) as encoder:
            what = (args.split, args.scenes, args.queries, args.seed)
            found = scenes(encoder, *what, folder, scratch, _progress)
            rows += [{"encoder": encoder.name, **row} for row in found] if args.encoder else found
    return rows


def _two_things(args: argparse.Namespace) -> int:
    """Measure recall of two real things in one picture, and print the rates."""
    from benchmark.retrieval.things import two_things
    from benchmark.retrieval.things.photo_things import read_things

    photos = read_things(args.things, args.strangers)
    for name in args.encoder or [None]:
        with opened(name, args.model) as encoder:
            found = two_things.measure(encoder, photos, args.pairs, args.seed, _progress)
            record = {"encoder": encoder.name, "pairs": [asdict(one) for one in found]}
            print(json.dumps(record) if args.json else "\n".join([encoder.name, *two_things.lines(found)]))
    return 0


def _pictures(args: argparse.Namespace) -> int:
    """Measure encoders on real photographs or on composites, and print what they reached."""
    from benchmark.retrieval.things import composite_photos, recall_page, recall_table, recall_things
    from benchmark.retrieval.things.photo_things import read_things

    if args.things:
        photos = read_things(args.things, args.strangers)
        for line in photos.skipped:
            _progress(f"left out: {line}")
    else:
        scenes = composite_photos.draw(args.cutouts, args.rooms, args.seed)
    found: list[Any] = []
    for name in args.encoder or [None]:
        with opened(name, args.model) as encoder:
            if args.things:
                found.append(recall_things.measure(encoder, photos, args.seed, _progress))
            else:
                found.append(composite_photos.measure(encoder, scenes, args.seed, _progress))
    if args.out and args.things:
        _progress(f"page: {recall_page.write(found, args.out, args.seed)}")
    shown = recall_table if args.things else composite_photos
    if args.json:
        for one in found:
            print(json.dumps(shown.as_record(one, args.seed)))
    else:
        print(shown.table(found, args.seed))
    return 0


def at_scale(world: synthetic.World, n: int, folder: Path, scratch: Path) -> list[dict[str, Any]]:
    """A row for each system: milliseconds to find K photos, and the share of the exact answer among them.

    Keepsake's row also has its size, its start and the time to add a photo. `folder` holds the memory and the exact
    answers, `scratch` the other stores.
    """
    name = f"{world.photos}-{world.tokens}-{world.dim}-{world.seed}"
    path, queries = folder / f"memory-{name}.db", world.queries(n)
    with Memory(path, check=False) as memory:  # no daily snapshot: these gigabytes can be drawn again
        synthetic.fill(memory, world, _progress)
        exact = folder / f"truth-{name}-{n}.json"
        if not exact.exists():
            write_json(exact, synthetic.exact_answers(world, queries, _progress), indent=None)
        right = json.loads(exact.read_text(encoding="utf-8"))
        number = {synthetic.photo_name(i): i for i in range(world.photos)}

        def ours(query: np.ndarray) -> list[int]:
            return [
                number[r.episode.photo.sha256] for r in memory.recall(NewPhoto(synthetic.SPACE, query), k=synthetic.K)
            ]

        systems: dict[str, Callable[[np.ndarray], Sequence[int]]] = {"keepsake": ours}
        rows: list[dict[str, Any]] = []
        common = synthetic.total(world)
        for store in baselines.installed_stores(scratch, world.dim) if world.photos <= LARGEST else ():
            if isinstance(store, str):
                rows.append({"system": store})
                continue
            _progress(f"filling {store.name}")
            for start, special in synthetic.directions(world, common):
                store.add(start, special)
            systems[store.name] = partial(_by_one_vector, store, ranking.unit(common[None])[0])
        times, shares = _in_turn(systems, queries, right)
        for system in systems:
            row = {"system": system, "photos": world.photos, "tokens": world.tokens, **times[system]}
            rows.insert(0, row | {"recall_at_10": round(float(np.mean(shares[system])), 4)})
        ours_row = next(row for row in rows if row["system"] == "keepsake")
        ours_row["bytes"] = memory.stats()["bytes"]
    ours_row |= synthetic.start(path, queries[0])
    copy = scratch / "copy.db"
    if path.stat().st_size < shutil.disk_usage(scratch).free / 2:
        shutil.copy(path, copy)  # the memory in `folder` must stay the one of the exact answers
        with Memory(copy, check=False) as memory:
            ours_row["add"] = synthetic.percentiles(synthetic.adding(memory, world))
    return rows


def _by_one_vector(store: baselines.VectorStore, common: np.ndarray, query: np.ndarray) -> list[int]:
    """Ask a store of one vector for each photo, with the best such vector: what is special in the photo."""
    return store.nearest(ranking.parts(query, common, most=1)[0], synthetic.K)


def _in_turn(
    systems: dict[str, Callable[[np.ndarray], Sequence[int]]], queries: np.ndarray, right: list[list[int]]
) -> tuple[dict[str, dict[str, Any]], dict[str, list[float]]]:
    """Ask every system each query in turn, so that a busy moment of the machine hits them all.

    Returns by system the percentiles of wall and CPU milliseconds, and the share of the right photos for each query.
    """
    walls: dict[str, list[float]] = {name: [] for name in systems}
    cpus: dict[str, list[float]] = {name: [] for name in systems}
    shares: dict[str, list[float]] = {name: [] for name in systems}
    for ask in systems.values():
        ask(queries[0])  # the first query loads what then stays in memory
    for query, answer in zip(queries, right, strict=True):
        for name, ask in systems.items():
            wall, cpu = time.perf_counter(), time.process_time()
            results = ask(query)
            walls[name].append(1000 * (time.perf_counter() - wall))
            cpus[name].append(1000 * (time.process_time() - cpu))
            shares[name].append(len(set(results) & set(answer)) / len(answer))
    times = {
        n: {**synthetic.percentiles(walls[n]), "cpu_p95_ms": synthetic.percentiles(cpus[n])["p95_ms"]} for n in systems
    }
    return times, shares


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
