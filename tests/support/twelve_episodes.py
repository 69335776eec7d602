"""A memory with up to twelve episodes, and the ids that a file of one holds, read without the app's code."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from memory.db import database_files
from memory.store import Memory
from tests.support.crasher import episode

TOLD = [episode(n) for n in range(12)]


def filled(path: Path, count: int = 12) -> set[str]:
    """Fill a memory at `path`; returns the ids of its episodes."""
    with Memory(path) as memory:
        memory.add_all(TOLD[:count])
        return set(memory.ids())


def age(path: Path, days: float) -> None:
    """Make the snapshots older by their names, and the memory as old as the newest of them."""
    for kept in database_files.snapshots(path):
        kept.file.rename(
            kept.file.with_name((kept.taken - timedelta(days=days)).strftime(database_files.STAMP) + ".db")
        )


def ids(file: Path) -> set[str]:
    """The ids in a file that nobody may change meanwhile."""
    with closing(sqlite3.connect(f"{file.as_uri()}?immutable=1", uri=True)) as db:
        return {id for (id,) in db.execute("SELECT id FROM episodes")}
