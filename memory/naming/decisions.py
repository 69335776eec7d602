"""What the user decides about names: another name, two that are one, one that are two, a word that is no name.

Each function stores the decision and returns all decisions of before, for undo (`restore`). The words of memories stay
as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from memory.db import name_rows
from memory.db.name_rows import NameDecision
from memory.errors import KeepsakeError
from memory.naming.named_things import NamedThing, find, things
from memory.store import Memory
from memory.text import folded

LONGEST = 60
"""Characters of the longest name."""
Before = tuple[NameDecision, ...]
"""The decisions before a change."""


def thing_named(memory: Memory, name: str) -> NamedThing:
    """The thing with this name, or the only one whose name begins so. Raises KeepsakeError."""
    found = find(things(memory), name)
    if found is None:
        raise KeepsakeError(f"nobody and nothing is called {name!r}: /people lists everyone and everything with a name")
    return found


def rename(memory: Memory, name: str, new: str) -> Before:
    """Call a thing `new` from now on. Raises KeepsakeError when another thing has that name already."""
    thing, new = thing_named(memory, name), _checked(new)
    taken = next((one for one in things(memory) if folded(one.name) == folded(new)), None)
    if taken and taken != thing:
        raise KeepsakeError(f"{taken.name} is a name already: join the two instead, if they are one")
    return _call(memory, thing, new)


def join(memory: Memory, name: str, into: str) -> Before:
    """Two names are of one thing, which is called `into`. Raises KeepsakeError."""
    thing, other = thing_named(memory, name), thing_named(memory, into)
    if thing == other:
        raise KeepsakeError(f"{thing.name} cannot be joined with itself")
    return _call(memory, thing, other.name)


def split(memory: Memory, name: str, episodes: Collection[str], new: str) -> Before:
    """What photos of these episodes (ids) show of the thing is another thing, called `new`. Raises KeepsakeError."""
    thing, new = thing_named(memory, name), _checked(new)
    photos = [memory.get(id).photo.sha256 for id in episodes]
    if folded(new) == folded(thing.name):
        raise KeepsakeError(f"the two need different names, such as “{thing.name} from work”")
    if not photos:
        raise KeepsakeError("choose the photos of the other one first")
    with memory.transaction("IMMEDIATE") as db:
        before = tuple(name_rows.every(db))
        for photo in photos:
            for said in thing.said_as:
                name_rows.put(db, NameDecision(said, new, photo))
    return before


def no_name(memory: Memory, name: str) -> Before:
    """The word is no name: it is not listed any more. Raises KeepsakeError."""
    return _call(memory, thing_named(memory, name), "")


def restore(memory: Memory, before: Iterable[NameDecision]) -> None:
    """Take back changes: these are the only decisions from now on."""
    with memory.transaction("IMMEDIATE") as db:
        name_rows.restore(db, before)


def _call(memory: Memory, thing: NamedThing, called: str) -> Before:
    with memory.transaction("IMMEDIATE") as db:
        before = tuple(name_rows.every(db))
        mine = [one for one in before if folded(one.called) == folded(thing.name)]
        for one in mine:
            name_rows.put(db, NameDecision(one.name, called, one.photo))
        for said in thing.said_as:
            apart = any(one.name == said and one.photo for one in mine)
            if not apart:  # else the name is that of another thing too, which keeps it
                name_rows.put(db, NameDecision(said, called))
    return before


def _checked(name: str) -> str:
    """A name as it is stored. Raises KeepsakeError when it is empty or far too long."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST:
        raise KeepsakeError(f"a name has 1 to {LONGEST} letters, this has {len(name)}")
    return name
