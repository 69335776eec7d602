"""`python -m benchmark calibrate`: from which similarity on a memory counts as recalled.

Without options: a model's recall threshold, on drawn photos. Memories of several sizes are filled with photos of single
things. New photos show one or two of these things, a stranger, or a recoloured twin. The threshold is the lowest at
which at most `STRANGERS` of the strangers recall anything, over all memory sizes. With `--encoder`, that encoder's
tokens are compared, and its own gate is measured as well.

With `--photos FOLDER`: an encoder's gate, fitted to real photographs (`gate_fit.py`); with `--verify` as well, whether
`--model` tells better than the gate whether two photos show the same thing (`pair_check.py`).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.encoder.encoder import PhotoEncoder
from assistant.encoder.open_encoder import encoder_folder
from assistant.models import local
from assistant.opening import MODELS_OWN, encoder_and_model
from assistant.photo import from_image
from benchmark.retrieval import gate_fit, pair_check
from benchmark.retrieval.chosen_encoder import add_encoder, opened
from benchmark.retrieval.things.photo_things import encode_all, read_things
from benchmark.world.concepts import concepts
from benchmark.world.dialogue import draw_date
from benchmark.world.sample import SIZE
from benchmark.world.scene import TWIN_HUES, Look, draw
from memory.episode import Episode, Photo, Turn
from memory.errors import KeepsakeError
from memory.files import write_json
from memory.search.gate import Gate
from memory.search.sightings import NewPhoto
from memory.store import Memory

EACH = 40
"""New photos of each kind, for each size of memory."""
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
    size: int = 0
    """Photos in the memory."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `python -m benchmark calibrate`."""
    parser.add_argument("--model", default=local.DEFAULT, help="a model's name or folder (default: %(default)s)")
    add_encoder(parser, several=False)
    parser.add_argument("--photos", type=Path, metavar="FOLDER", help="real photos, a folder for each thing")
    parser.add_argument("--strangers", type=Path, metavar="FOLDER", help="photos of other things, never remembered")
    parser.add_argument("--verify", action="store_true", help="with --photos: measure if the model may check recalls")
    parser.add_argument("--pairs", type=int, default=150, metavar="N", help="pairs of each kind for --verify")
    parser.add_argument("--split", choices=("train", "dev", "test"), default="dev")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="real photos: one JSON object (drawn ones always print it)")
    parser.add_argument("--save", action="store_true", help="enter what was found into the manifest")


def command(args: argparse.Namespace) -> int:
    """Calibrate a model or an encoder, and print what was found. Raises KeepsakeError."""
    if args.verify and not args.photos:
        raise KeepsakeError("--verify compares real photos: give --photos FOLDER, a folder of photos for each thing")
    if args.photos:
        return _verify(args) if args.verify else _fit_to_photos(args)
    chosen = args.encoder or MODELS_OWN
    if args.save and chosen != MODELS_OWN:
        raise KeepsakeError("an encoder's gate is fitted to real photos: give --photos FOLDER, or leave --save out")
    if args.save:
        print(json.dumps(calibrate_model(args.model, args.split, args.seed)))
        return 0
    with opened(chosen, args.model) as encoder:
        asked = trials(encoder, args.split, args.seed)
        rates = calibrate(asked)
        print(json.dumps(rates | {"encoder": encoder.name, "gate": by_gate(asked, encoder.gate)}
                         if args.encoder else rates))  # fmt: skip
    return 0


def calibrate_model(model: str, split: str = "dev", seed: int = 3) -> dict[str, Any]:
    """Find the recall threshold of a model's own tokens on drawn photos, and enter it into its manifest."""
    with opened(MODELS_OWN, model) as encoder:
        rates = calibrate(trials(encoder, split, seed))
    _save(local.find(model) / "manifest.json", {"threshold": rates["threshold"], "recall": rates})
    return rates


def _fit_to_photos(args: argparse.Namespace) -> int:
    """Fit an encoder's gate to the photos of real things."""
    if args.save and args.encoder == MODELS_OWN:
        raise KeepsakeError("a model has one threshold and no gate: leave --photos out to calibrate it")
    photos = read_things(args.photos, args.strangers)
    for line in photos.skipped:
        _progress(f"left out: {line}")
    with opened(args.encoder, args.model) as encoder:
        found = gate_fit.fit(encoder.name, encode_all(encoder, photos, _progress), args.seed, _progress)
    print(json.dumps(gate_fit.as_record(found)) if args.json else gate_fit.table(found))
    if args.save:
        _save(encoder_folder(args.encoder) / "manifest.json", {"gate": asdict(found.gate)})
    return 0


def _verify(args: argparse.Namespace) -> int:
    """Ask the model about pairs of real photos; with `--save`, let it check recalls if it gains."""
    photos = read_things(args.photos, args.strangers)
    with encoder_and_model(args.encoder, args.model, generates=True) as (encoder, backend):
        assert backend is not None
        seen = encode_all(encoder, photos, _progress)
        found = pair_check.rates(
            pair_check.draw_pairs(seen, backend, args.pairs, args.seed, _progress), encoder.gate, 6
        )
    print(json.dumps(pair_check.as_record(found, args.model)) if args.json else pair_check.table(found, args.model))
    if args.save and found.gains:
        _save(local.find(args.model) / "manifest.json", {"verification": asdict(found.verification)})
    elif args.save:
        _progress("not saved: the model does not gain by it")
    return 0


def _save(path: Path, found: dict[str, Any]) -> None:
    """Enter values into a manifest, which keeps all others."""
    write_json(path, json.loads(path.read_text(encoding="utf-8")) | found)
    _progress(f"saved in {path}")


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def trials(encoder: PhotoEncoder, split: str, seed: int) -> list[Trial]:
    """Ask EACH new photos of every kind for every memory size."""
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
                memory.put_vectors(photo.sha256, encoder.space, encoder.encode(photo))
                owner[photo.sha256] = look
            for _ in range(EACH):
                a, b = (stored[i] for i in rng.choice(size, 2, replace=False))
                twin = Look(a.code, int(rng.choice(TWIN_HUES)))
                stranger = strangers[int(rng.integers(len(strangers)))]
                for kind, shown in (("one", [a]), ("two", [a, b]), ("stranger", [stranger]), ("twin", [twin])):
                    recalled = memory.recall(NewPhoto(encoder.space, encoder.encode(_photo(rng, shown))), k=size)
                    scores = {owner[r.episode.photo.sha256]: r.score for r in recalled}
                    right = scores.get(a, 0.0) if kind in ("one", "two") else None
                    out.append(
                        Trial(kind, right, max((s for k, s in scores.items() if k not in shown), default=0.0), size)
                    )
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


def by_gate(asked: Sequence[Trial], gate: Gate) -> dict[str, float]:
    """Shares of drawn photos that a gate calls sure or maybe: of one known thing whose memory comes first, of
    strangers, and of twins."""
    out: dict[str, float] = {}
    for kind, who in (("one", "known"), ("stranger", "strangers"), ("twin", "twins")):
        rows = [t for t in asked if t.kind == kind]
        said = [gate.certainty(t.wrong, t.size) if t.right is None else _first(t, gate) for t in rows]
        out |= {f"{who}_{word}": _share(s == word for s in said) for word in ("sure", "maybe")}
    return out


def _first(trial: Trial, gate: Gate) -> str | None:
    """The gate's certainty about the right memory; None when a wrong one scores higher."""
    assert trial.right is not None
    return gate.certainty(trial.right, trial.size) if trial.right >= trial.wrong else None


def _share(values: Any) -> float:
    return round(float(np.mean(list(values))), 4)


def _photo(rng: np.random.Generator, looks: list[Look]) -> Photo:
    return from_image(draw(looks, int(rng.integers(1 << 31)), SIZE).image)
