"""`python -m memory edit ID WORDS`: other words, another day or place for a memory; it gets another id."""

from __future__ import annotations

import argparse
from dataclasses import replace

from memory.commands.argument_types import day
from memory.commands.command_output import result
from memory.days import UNKNOWN
from memory.episode import Episode, Turn
from memory.errors import KeepsakeError
from memory.relative_days import told_of_edit
from memory.store import Memory

WHAT = "Replace your words about a memory, its day or its place; prints its new id."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("id", metavar="ID", help="an id, or its first digits")
    parser.add_argument("words", nargs="?", metavar="WORDS", help="your words, instead of those before")
    parser.add_argument("--when", type=day, metavar="DAY", help="the day of the photo, or 'unknown'")
    parser.add_argument("--place", metavar="TEXT", help="where it was; '' for no place")


def run(memory: Memory, args: argparse.Namespace) -> int:
    """Replace the memory. Returns the exit code. Raises KeepsakeError."""
    if args.words is None and args.when is None and args.place is None:
        raise KeepsakeError("nothing to change: give other words, --when DAY or --place TEXT")
    if args.words is not None and not args.words.strip():
        raise KeepsakeError("a memory needs words: `python -m memory forget ID` removes it")
    old = memory.get(args.id)
    new = _edited(old, args)
    if new.id != old.id:
        memory.replace({old.id: new})
    result(args, {"id": new.id, "instead": old.id}, [f"{new.id}  {' '.join(new.words.split())}"])
    return 0


def _edited(old: Episode, args: argparse.Namespace) -> Episode:
    turns = old.turns if args.words is None else (Turn("user", args.words.strip()),)
    told = old.told if args.words is None else told_of_edit(old, args.words)
    place = old.place if args.place is None else args.place.strip() or None
    if args.when is None:
        return replace(old, turns=turns, place=place, told=told)
    if args.when == UNKNOWN:
        return replace(old, turns=turns, place=place, when=old.told or old.when, day=None, told=told)
    return replace(old, turns=turns, place=place, when=args.when, day=args.when.date(), told=told)
