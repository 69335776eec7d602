"""A memory with up to twelve episodes, and the ids that a file of one holds, read without the app's code."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from memory.store import Memory
from tests.support.crasher import episode

TOLD = [episode(n) for n in range(12)]


def filled(path: Path, count: int = 12) -> set[str]:
    """Fill a memory at `path`; returns the ids of its episodes."""
    with Memory(path) as memory:
        memory.add_all(TOLD[:count])
        return set(memory.ids())


def ids(file: Path) -> set[str]:
    """The ids in a file that nobody may change meanwhile."""
    with closing(sqlite3.connect(f"{file.as_uri()}?immutable=1", uri=True)) as db:
        return {id for (id,) in db.execute("SELECT id FROM episodes")}
