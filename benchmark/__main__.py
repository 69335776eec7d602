"""Command line of the benchmark room: data, captions scored, diagnostics, a page of results, and the recall gate."""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module

from benchmark.world import fetch
from memory.errors import KeepsakeError

COMMANDS = {
    "build": (
        "datasets.build",
        "samples on disk with quality filters and a data card: seeded, or from your own photos",
    ),
    "capeval": ("suite.capeval_cli", "captions, scored by questions (CapEval-QAs), with controls"),
    "diagnose": ("suite.suite", "the whole evaluation: tasks, shortcut tests, baselines, histories, ablations"),
    "recall": (
        "retrieval.compare",
        "is the right memory found, and how fast, against other stores",
    ),
    "report": ("report.report", "one page and plots from runs"),
    "speed": (
        "speed.measure",
        "the engine against its peers: first word, what is read again, equal logits",
    ),
    "injection": (
        "security.injection",
        "50 attempts to steer it by what it is shown and told: does it obey",
    ),
}
"""Module and what it does; only the one that is asked for is loaded, since some need the extra "benchmark"."""


def main(argv: list[str] | None = None) -> int:
    """Run a command; 0 done, 1 failed with one clear line, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m benchmark", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("fetch", help="download the whole picture set (16 MB; the held-out concepts are already here)")
    given = sys.argv[1:] if argv is None else argv
    asked = next((word for word in given if not word.startswith("-")), None)
    run = None
    for name, (module, words) in COMMANDS.items():
        under = commands.add_parser(name, help=words, description=words)
        if name == asked:
            try:
                run = import_module(f"benchmark.{module}")
            except ModuleNotFoundError as missing:
                print(f"error: {name} needs {missing.name}: pip install '.[benchmark]' in the clone", file=sys.stderr)
                return 1
            run.add_arguments(under)
    gate = commands.add_parser("calibrate", help="the recall threshold of a model, on the dev split (needs `fetch`)")
    gate.add_argument("--model", default="nano", help="a model's name or folder")
    gate.add_argument("--split", choices=("train", "dev", "test"), default="dev")
    gate.add_argument("--seed", type=int, default=3)
    gate.add_argument("--save", action="store_true", help="enter the threshold into the model's manifest")
    args = parser.parse_args(given)
    try:
        if run is not None:
            return run.command(args)
        if args.command == "calibrate":
            _calibrate(args)
        else:
            print(f"pictures are in {fetch.fetch_pictures()}", file=sys.stderr)
    except (KeepsakeError, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on where it was", file=sys.stderr)
        return 1
    return 0


def _calibrate(args: argparse.Namespace) -> None:
    from assistant.backends.llamacpp import LlamaCpp
    from assistant.models.local import find, load
    from benchmark.retrieval.calibrate import calibrate, trials

    backend = LlamaCpp(load(args.model))
    found = calibrate(trials(backend, args.split, args.seed))
    backend.close()
    print(json.dumps(found))
    if args.save:
        path = find(args.model) / "manifest.json"
        manifest = {**json.loads(path.read_text(encoding="utf-8")), "threshold": found["threshold"], "recall": found}
        path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        print(f"saved in {path}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
