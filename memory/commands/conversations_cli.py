"""`python -m memory conversations`: list the kept conversations, or delete one for good."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from memory import conversations
from memory.commands.command_output import beginning, message, result
from memory.db.stored_conversation import Title
from memory.store import Memory

WHAT = "Kept conversations, newest first; --forget deletes one for good."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("--forget", metavar="ID", help="delete the one with this id, or its first digits, for good")


def run(memory: Memory, args: argparse.Namespace) -> int:
    """List the conversations, or delete one. Returns the exit code. Raises KeepsakeError."""
    if args.forget is not None:
        receipt = memory.forget_conversation(args.forget)
        result(args, {"receipt": receipt.lines(), **asdict(receipt)}, receipt.summary())
        return 0
    found = conversations.titles(memory)
    for one in found:
        row = {"id": one.id, "when": one.when.isoformat(), "title": one.text, "photos": one.photos}
        result(args, row, [line(one)])
    if not found:
        message("no conversations are kept")
    return 0


def line(one: Title) -> str:
    """The id, the day and the first words of a conversation."""
    return f"{one.id}  {one.when.astimezone().date()}  {beginning(one.text) or 'a photo'}"
