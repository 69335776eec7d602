"""Command line of the benchmark: samples, captions scored, the whole suite, speed, retrieval, security, and reports."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from benchmark.world import fetch
from memory.errors import KeepsakeError, exit_with

COMMANDS = {
    "build": (
        "datasets.build",
        "write samples to disk, with quality filters and a data card: seeded, or from your own photos",
    ),
    "capeval": ("suite.capeval_cli", "score captions by questions (CapEval-QAs), with controls"),
    "official": ("suite.official", "score answers on the paper's own tasks LSD, LAR and ITR, from the published rows"),
    "diagnose": (
        "suite.suite",
        "run the whole evaluation: tasks, shortcut tests, baselines, long histories, ablations",
    ),
    "recall": (
        "retrieval.compare",
        "measure whether the right memory is found, on real photos too, and how fast, against other stores",
    ),
    "notes": (
        "notes.notes_cli",
        "notes as people write them about photos: check them, print their card, make a page, export them",
    ),
    "report": ("report.report", "make one page and plots of runs"),
    "table": ("report.paper_table", "print the paper's table of one or more models, from the rows that are there"),
    "speed": (
        "speed.measure",
        "time the engine against its peers: first word, what is read again, equal logits",
    ),
    "injection": (
        "security.injection",
        "try 50 ways to steer Keepsake by photos, words and files, and count what it obeys",
    ),
    "grounding": (
        "grounding.check_rates",
        "measure the check of captions and answers on texts labelled by hand, and how well it quotes",
    ),
    "search-meaning": (
        "meaning.search_meaning",
        "measure whether a question in other words finds the right note: by words, by meaning, by both",
    ),
    "calibrate": (
        "retrieval.calibrate",
        "find a model's recall threshold on the dev split (needs `fetch`), or fit an encoder's gate to real photos",
    ),
}
"""For each command its module and its help. Only the module that is asked for is loaded: some need the extra
"benchmark"."""
RESUMED = ("build", "capeval", "official", "diagnose", "injection")
"""Commands that go on where they were stopped; the others begin again."""


def main(argv: list[str] | None = None) -> int:
    """Run a command. Returns 0 for done, 1 for failed with one clear line; exits with 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m benchmark", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    words = "download the whole picture set and photos of rooms (26 MB; the held-out concepts are already here)"
    commands.add_parser("fetch", help=words)
    given = sys.argv[1:] if argv is None else argv
    name = next((word for word in given if not word.startswith("-")), None)
    run = _fetch
    for command, (module, words) in COMMANDS.items():
        subparser = commands.add_parser(command, help=words, description=words)
        if command == name:
            try:
                loaded = import_module(f"benchmark.{module}")
            except ModuleNotFoundError as missing:
                print(f"error: {name} needs {missing.name}: pip install '.[benchmark]' in the clone", file=sys.stderr)
                return 1
            loaded.add_arguments(subparser)
            run = loaded.command
    args = parser.parse_args(given)
    try:
        return run(args)
    except (KeepsakeError, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on where it was" if name in RESUMED else "stopped", file=sys.stderr)
        return 1


def _fetch(args: argparse.Namespace) -> int:
    """`fetch`: print where the picture set and the photos of rooms are."""
    print(f"pictures are in {fetch.fetch_pictures()}", file=sys.stderr)
    print(f"rooms are in {fetch.fetch_rooms()}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    exit_with(main)
