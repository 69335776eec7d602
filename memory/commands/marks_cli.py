"""`python -m memory marks`: list what you said of pairs of photos, or take one of it back."""

from __future__ import annotations

import argparse

from memory.commands.command_output import message, result
from memory.maintenance.marks import listed, take_back
from memory.store import Memory

WHAT = "Photos of which you said that they are, or are not, the same."
NONE = "there are no marks: you have said of no photo that it is, or is not, the same"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("--take-back", metavar="ID", help="take back the mark with this id, or its first digits")


def run(memory: Memory, args: argparse.Namespace) -> int:
    """List the marks, or take one back. Returns the exit code. Raises KeepsakeError."""
    taken = args.take_back is not None
    found = [take_back(memory, args.take_back)] if taken else listed(memory)
    for one in found:
        pair = {"same": one.same, "photo": one.photo, "other": one.other, "when": one.when.isoformat()}
        line = f"taken back: {one.line()}" if taken else f"{one.id}  {one.when.date()}  {one.line()}"
        result(args, {"taken_back" if taken else "id": one.id} | pair, [line])
    if not found:
        message(NONE)
    return 0
