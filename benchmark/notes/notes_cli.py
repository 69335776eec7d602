"""`python -m benchmark notes`: checks the notes, prints their data card, makes a page to browse, or exports them."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from benchmark.notes.check_notes import problems
from benchmark.notes.collection import Family, all_notes, load
from benchmark.notes.note import FilledNote
from benchmark.notes.note_files import DATA
from benchmark.notes.notes_card import card, counts
from benchmark.notes.notes_page import page
from benchmark.notes.slot_values import SPLITS
from memory import files
from memory.errors import KeepsakeError

CARD = DATA.parent / "README.md"
ACTIONS = {
    "check": "every rule that a note has to keep; exit code 1 where one is broken",
    "card": "the data card with counts and variety; --save writes it into the repository",
    "page": "a page to browse; --out FILE",
    "export": "JSON lines, filled anew for --split with --seed",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `notes`."""
    parser.add_argument(
        "action", choices=ACTIONS, help="; ".join(f"{name}: {words}" for name, words in ACTIONS.items())
    )
    parser.add_argument("--data", type=Path, default=DATA, metavar="FOLDER", help="notes of your own (files *.txt)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of words")
    parser.add_argument("--save", action="store_true", help="card: write it into the repository")
    parser.add_argument("--out", type=Path, default=Path("notes.html"), metavar="FILE", help="page: where to write it")
    parser.add_argument("--split", choices=SPLITS, default="train", help="export: which notes, filled with its values")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="export: which values fill the slots")


def command(args: argparse.Namespace) -> int:
    """Run an action. Returns 0, or 1 where `check` finds something. Raises KeepsakeError, OSError."""
    families = load(args.data)
    if args.action == "check":
        return _check(families, as_json=args.json)
    try:
        return _show(args, families)
    except ValueError as error:
        raise KeepsakeError(f"a note cannot be read ({error}): python -m benchmark notes check says which") from error


def _show(args: argparse.Namespace, families: tuple[Family, ...]) -> int:
    """Card, page or export. Raises ValueError for a note with marks that make no sense."""
    if args.action == "card":
        if args.json:
            print(json.dumps(counts(families)))
        elif args.save:
            files.write_text(CARD, card(families))
        else:
            print(card(families), end="")
        return 0
    if args.action == "page":
        files.write_text(args.out, page(families))
        print(json.dumps({"page": str(args.out)}) if args.json else f"the page is {args.out}")
        return 0
    for family in families:
        if family.split == args.split:
            for filled in family.filled(args.seed):
                print(json.dumps(exported(filled, family), ensure_ascii=False))
    return 0


def _check(families: tuple[Family, ...], *, as_json: bool) -> int:
    found = list(problems(families))
    notes = all_notes(families)
    if as_json:
        print(json.dumps({"notes": len(notes), "problems": found}))
    else:
        print(*found, sep="\n", end="\n" if found else "")
        print(f"{len(notes)} notes, {len(found)} problems", file=sys.stderr)
    return 1 if found else 0


def exported(filled: FilledNote, family: Family) -> dict[str, Any]:
    """A filled note as JSON: plain texts, spans as [kind, start, end], questions with kind and answers."""
    note = filled.note
    return {
        "id": note.id,
        "family": family.id,
        "split": family.split,
        "voice": note.voice,
        "kind": note.kind,
        "things": list(note.things),
        "label": filled.label,
        "text": filled.text,
        "spans": [[s.kind, s.start, s.end] for s in filled.spans],
        "captions": list(filled.captions),
        "questions": [dataclasses.asdict(q) for q in filled.questions],
        "follows": note.follows,
        "stale": list(filled.stale),
    }
