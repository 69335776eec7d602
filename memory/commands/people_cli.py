"""`python -m memory people`: everyone and everything with a name, one of them with its memories, and decisions."""

from __future__ import annotations

import argparse
from typing import Any

from memory.commands.command_output import beginning, message, result
from memory.days import day_words
from memory.episode import printable
from memory.naming import decisions
from memory.naming.named_things import NamedThing, things
from memory.relative_days import dated_words
from memory.store import Memory

WHAT = "Everyone and everything that has a name in your words, with all their photos."
NONE = "nobody and nothing has a name yet: say “This is …” about a photo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="one of them: its memories, newest first")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--rename", metavar="NEW", help="call NAME so from now on")
    what.add_argument("--join", metavar="OTHER", help="NAME and OTHER are one, called OTHER")
    what.add_argument("--split", nargs="+", metavar=("NEW", "ID"), help="what these memories show is another, NEW")
    what.add_argument("--no-name", action="store_true", help="NAME is no name: do not list it any more")


def run(memory: Memory, args: argparse.Namespace) -> int:
    """List them, show one, or keep a decision. Raises KeepsakeError."""
    changed = args.rename or args.join or args.split or args.no_name
    if changed and not args.name:
        message("say whose name it is: python -m memory people NAME --rename NEW")
        return 2
    name = args.name
    if args.rename:
        decisions.rename(memory, name, args.rename)
        name = args.rename
    elif args.join:
        decisions.join(memory, name, args.join)
        name = args.join
    elif args.split:
        decisions.split(memory, name, args.split[1:], args.split[0])
        name = args.split[0]
    elif args.no_name:
        decisions.no_name(memory, name)
        result(args, {"no_name": name}, [f"{name} is not listed any more; the memories stay as they are"])
        return 0
    found = [decisions.thing_named(memory, name)] if name else things(memory)
    for one in found:
        result(args, as_json(one), [one_line(one)])
        for entry in (*one.photos, *one.mentioned) if name and not args.json else ():
            words = " ".join(dated_words(memory.get(entry.id)).split())
            print(printable(f"{entry.id}  {day_words(entry.day)}  {beginning(words)}"))
    if not found:
        message(NONE)
    return 0


def as_json(thing: NamedThing) -> dict[str, Any]:
    """A named thing as values that JSON can hold."""
    return {
        "name": thing.name,
        "photos": [one.id for one in thing.photos],
        "mentioned": [one.id for one in thing.mentioned],
        "last": thing.last and thing.last.isoformat(),
    }


def one_line(thing: NamedThing) -> str:
    """ "Zuri: 3 photos, last on 12 May 2025" """
    last = f", last on {day_words(thing.last)}" if thing.last else ""
    return f"{thing.name}: {thing.times}{last}"
