"""`python -m memory forget`: remove one memory for good, or all of a photo, with some words, or of a time."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict

from memory import conversations
from memory.commands import conversations_cli
from memory.commands.argument_types import days
from memory.commands.command_output import message, one_line, result
from memory.db.stored_conversation import Title
from memory.episode import printable
from memory.forget import selection
from memory.store import Memory
from memory.text import count

WHAT = "Remove one memory for good, or all of a photo, with some words, or of a time."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("id", nargs="?", metavar="ID", help="an id, or its first digits")
    parser.add_argument("--photo", metavar="FILE", help="all of an exported photo, or of a hash that `show` prints")
    parser.add_argument("--words", metavar="TEXT", help="all that contains these words, kept conversations too")
    parser.add_argument("--from", dest="since", type=days, metavar="DAY", help="from 2025-08-01, August, 2023 on")
    parser.add_argument("--to", dest="until", type=days, metavar="DAY", help="up to the end of this day")
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")
    parser.add_argument("--details", action="store_true", help="a receipt with ids and counts")


def check(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Exit with code 2 unless the arguments say in exactly one way what is to be forgotten."""
    if sum(map(bool, (args.id, args.photo, args.words, args.since or args.until))) != 1:
        parser.error("forget needs one of ID, --photo, --words, or --from and --to")


def run(memory: Memory, args: argparse.Namespace) -> int:
    """Forget, after a confirmation where it is more than one memory named by its id. Returns the exit code. Raises
    KeepsakeError."""
    if args.id:
        ids = [memory.get(args.id).id]
    else:
        ids = _chosen(memory, args)
        talks = conversations.mentioning(memory, args.words) if args.words else []
        if not ids and not talks:
            message("no memory fits, and no conversation: nothing was forgotten")
            return 1
        if not args.yes and not _agreed(memory, ids, talks):
            return 1
    receipt = memory.forget_words(args.words) if args.words else memory.forget_all(ids)
    shown = receipt.lines() if args.details else receipt.summary()
    result(args, {**({"id": ids[0]} if args.id else {}), "receipt": receipt.lines(), **asdict(receipt)}, shown)
    return 0


def _chosen(memory: Memory, args: argparse.Namespace) -> list[str]:
    """Ids of the episodes that the options mean."""
    if args.words:
        return memory.mentioning(args.words)
    if args.since or args.until:
        return memory.between(args.since and args.since[0], args.until and args.until[1])
    return memory.showing(selection.named_photo(args.photo))


def _agreed(memory: Memory, ids: Sequence[str], talks: Sequence[Title]) -> bool:
    """Show the episodes and conversations that would be forgotten, and ask for confirmation."""
    for id in ids:
        message(printable(one_line(memory.get(id))))
    for talk in talks:
        message(printable(f"{conversations_cli.line(talk)}  (kept conversation: what says it)"))
    if not sys.stdin.isatty():
        message(f"these would be forgotten for good ({len(ids) + len(talks)}): add --yes")
        return False
    what = [count(len(ids), "episode")] * bool(ids) + [f"parts of {count(len(talks), 'conversation')}"] * bool(talks)
    print(f"Forget {' and '.join(what)} for good? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
