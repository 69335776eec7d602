"""`python -m benchmark capeval --notes`: natural notes with real photographs (`--photos FOLDER`) or drawn ones."""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assistant import prompt
from assistant.models.local import load
from assistant.photo import from_image
from assistant.reader import answer_reader
from benchmark.judges.score import Scores, wilson
from benchmark.retrieval.things.photo_things import read_things
from benchmark.runner import CachedWriter
from benchmark.tasks import natural_notes
from benchmark.tasks.natural_notes import View
from benchmark.world.concepts import concepts
from benchmark.world.scene import Look, draw
from memory.episode import Photo
from memory.errors import KeepsakeError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `capeval --notes`."""
    parser.add_argument("--notes", action="store_true", help="instead: notes as people write them, with questions, and")
    parser.add_argument("--photos", type=Path, metavar="FOLDER", help="  real photos, a folder for each thing, and")
    parser.add_argument("--evidence", action="store_true", help="  with what recall and reader find in the prompt, and")
    parser.add_argument("--unread", action="store_true", help="  without the sentence that the reader finds, and")
    parser.add_argument("--request", type=int, default=0, choices=range(6), help="  the caption request in other words")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="  the first N captions and answers printed")


def command(args: argparse.Namespace) -> int:
    """Caption, answer, score; prints the shares with intervals. Raises KeepsakeError for what the user can mend."""
    from assistant.backends.llama.llamacpp import open_llamacpp

    view, things = photo_views(args.photos, args.split)
    request = (prompt.CAPTION_REQUEST, *prompt.OTHER_REQUESTS)[args.request]
    spec = load(args.model)
    backend, check = open_llamacpp(spec, threads=args.threads), spec.may_say if args.grounded else None
    writer = CachedWriter(backend)
    reader = answer_reader.shipped() if args.evidence and spec.evidence and not args.unread else None
    rows: dict[str, list[tuple[Scores, Scores]]] = defaultdict(list)
    try:
        for k in args.positives:
            for sample in natural_notes.draw(view, things, args.split, args.n, args.seed, max(3, k + 1), k):
                caption, answers = natural_notes.write(
                    writer, sample, "sure" if args.evidence else "none", request, check, reader
                )
                scored = natural_notes.score(sample, caption, answers)
                rows[str(k)].append((scored, natural_notes.score(sample, *natural_notes.gold(sample))))
                if len(rows[str(k)]) <= args.show:
                    _show(sample, caption, answers)
                if len(rows[str(k)]) % 25 == 0:
                    print(f"{k} shown: {len(rows[str(k)])} of {args.n}", file=sys.stderr)
    except ValueError as error:
        raise KeepsakeError(str(error)) from error
    finally:
        backend.close()
    found: dict[str, dict[str, Any]] = {}
    for k, some in rows.items():
        found[k] = {"n": len(some), "model": _tally([m for m, _ in some]), "gold": _tally([g for _, g in some])}
    if args.json:
        print(json.dumps(found))
        return 0
    print(f"{args.model}, notes of {args.split}, {'real' if args.photos else 'drawn'} photos, "
          f"evidence {'in' if args.evidence else 'not in'} the prompt, request {args.request}"
          f"{', as the app shows it' if args.grounded else ''}")  # fmt: skip
    for k, one in found.items():
        print(f"{k} shown, n={one['n']}:")
        for measure, value in one["model"].items():
            low, high = value["interval"]
            print(f"  {measure:17} {value['share']:6.1%} [{low:.1%}, {high:.1%}] of {value['of']:.0f}; "
                  f"gold {one['gold'][measure]['share']:.1%}")  # fmt: skip
    return 0


def _show(sample: natural_notes.NoteSample, caption: str, answers: list[str]) -> None:
    """Print a sample with what the model wrote, to be read."""
    for i, note in enumerate(sample.notes):
        print(f"{'*' if i in sample.shown else ' '} {note.text}")
    print(f"  caption: {caption}")
    for question, answer in zip(sample.questions, answers, strict=True):
        print(f"  {question.kind}: {question.text} -> {answer}   [{question.answers[0]}]")
    print(flush=True)


def _tally(rows: list[Scores]) -> dict[str, dict[str, Any]]:
    """Share, interval and number of each measure."""
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in rows:
        for measure, (right, asked) in row.items():
            sums[measure][0] += right
            sums[measure][1] += asked
    return {m: {"share": r / a, "interval": wilson(round(r), round(a)), "of": a}
            for m, (r, a) in sums.items() if a}  # fmt: skip


def photo_views(folder: Path | None, split: str) -> tuple[View, int]:
    """A function that draws photos, and the number of things that it knows: of a folder, or looks of a split."""
    if folder is None:
        looks = [Look(c.code) for c in concepts(split)]

        def drawn(things: Sequence[int], rng: np.random.Generator) -> Photo:
            return from_image(draw([looks[t] for t in things], int(rng.integers(1 << 31))).image)

        return drawn, len(looks)
    found = read_things(folder)
    by_thing: dict[int, list[Photo]] = defaultdict(list)
    for one in found.photos:
        by_thing[one.thing].append(one.photo)
    last: dict[int, str] = {}

    def taken(things: Sequence[int], rng: np.random.Generator) -> Photo:
        if len(things) != 1:
            raise ValueError("real photos show one thing each: leave --photos out for several")
        photos = by_thing[things[0]]
        others = [p for p in photos if p.sha256 != last.get(things[0])] or photos
        photo = others[int(rng.integers(len(others)))]
        last[things[0]] = photo.sha256
        return photo

    return taken, len(found.things)
