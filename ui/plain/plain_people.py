"""People and things in plain mode: the names as a list, the memories of one, and what the user decides about names."""

from __future__ import annotations

from functools import partial

from memory.naming import decisions
from memory.naming.named_things import things
from memory.store import Memory
from ui import people_strings
from ui.input_parser import parse_people_command
from ui.plain.printer import about
from ui.runtime.undo import UndoStack


def run(rest: str, changes: UndoStack, memory: Memory) -> list[str]:
    """`/people`: all names. `/people NAME`: its memories. `NAME = NEW` renames, `NAME + OTHER` joins the two."""
    name, what, other = parse_people_command(rest)
    if what:
        join = what == "join"
        job = (
            partial(decisions.join, name=name, into=other) if join else partial(decisions.rename, name=name, new=other)
        )
        line = (people_strings.JOINED if join else people_strings.RENAMED).format(name=name, new=other)
        return list(changes.decide(job, line, people_strings.UNDO_NAMED.format(name=name)).lines[:1])
    if name:
        thing = decisions.thing_named(memory, name)
        found = [memory.get(entry.id) for entry in (*thing.photos, *thing.mentioned)]
        return [
            f"{thing.name}: {people_strings.last_seen(thing)}",
            *(f"{episode.id}: {about(episode)}" for episode in found),
        ]
    lines = [f"{one.name}: {people_strings.last_seen(one)}" for one in things(memory)]
    return [*lines, people_strings.PEOPLE_HOW] if lines else [people_strings.PEOPLE_NONE]
