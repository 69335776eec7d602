"""What the commands of `python -m memory` print: results on stdout, for people or as JSON, and messages on stderr."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from memory.days import DAY_UNKNOWN
from memory.episode import Episode, printable
from memory.relative_days import dated_words

LONGEST = 80
"""Characters of a memory's words, or of a conversation's title, that stand in one line."""


def result(args: argparse.Namespace, value: dict[str, Any], lines: Sequence[str]) -> None:
    """Print one result: `value` as a line of JSON with `--json`, else the lines for people."""
    if args.json:
        print(json.dumps(value))
    else:
        print("\n".join(printable(line) for line in lines))


def message(text: str) -> None:
    """Print a message on stderr."""
    print(text, file=sys.stderr)


def one_line(episode: Episode) -> str:
    """The episode's id, day, place and first words."""
    return f"{episode.id}  {day_and_place(episode)}  {beginning(' '.join(dated_words(episode).split()))}"


def day_and_place(episode: Episode) -> str:
    """ "2025-05-12, Lisbon" """
    return (episode.day.isoformat() if episode.day else DAY_UNKNOWN) + (f", {episode.place}" if episode.place else "")


def beginning(text: str) -> str:
    """A text cut to what one line has room for."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
