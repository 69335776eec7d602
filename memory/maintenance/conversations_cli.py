"""`python -m memory conversations`: list the kept conversations, or delete one for good."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from memory import conversations
from memory.db.stored_conversation import Title
from memory.episode import printable
from memory.store import Memory

WHAT = "Kept conversations, newest first; --forget deletes one for good."
FORGET = "delete the conversation with this id, or its first digits, for good"
LONGEST = 80
"""Signs of a title that are shown."""


def run(memory: Memory, args: argparse.Namespace) -> int:
    """List the conversations, or delete one. Returns the exit code. Raises KeepsakeError."""
    if args.forget is not None:
        receipt = memory.forget_conversation(args.forget)
        as_json = {"receipt": receipt.lines(), **asdict(receipt)}
        print(json.dumps(as_json) if args.json else "\n".join(receipt.summary()))
        return 0
    found = conversations.titles(memory)
    for one in found:
        row = {"id": one.id, "when": one.when.isoformat(), "title": one.text, "photos": one.photos}
        print(json.dumps(row) if args.json else printable(line(one)))
    if not found:
        print("no conversations are kept", file=sys.stderr)
    return 0


def line(one: Title) -> str:
    """The id, the day and the first words of a conversation."""
    words = one.text if len(one.text) <= LONGEST else f"{one.text[: LONGEST - 1]}…"
    return f"{one.id}  {one.when.astimezone().date()}  {words or 'a photo'}"
