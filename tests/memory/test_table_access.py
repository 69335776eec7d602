"""sqlite-utils over our connections, plain and encrypted: it writes inside our transactions only, and adds no table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory.db import engine
from memory.db.schema import connect
from memory.db.table_access import database, table

ROW = {"reminder": "0a1b2c3d", "episode": "e"}


@pytest.fixture(params=["SQLite", "SQLCipher"])
def db(request: pytest.FixtureRequest, memory_file: Path) -> Iterator[sqlite3.Connection]:
    """A new memory's connection, as `Memory` opens it."""
    key = engine.Key(b"k" * 32) if request.param == "SQLCipher" else None
    opened = connect(memory_file, 1.0, lambda *_: None, key)
    opened.execute("PRAGMA foreign_keys = OFF")
    yield opened
    opened.close()


def test_a_rollback_of_ours_takes_its_writes_back(db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    table(db, "reminders_ended").insert(ROW)
    assert db.in_transaction, "nothing was committed"
    assert table(db, "reminders_ended").count == 1
    db.execute("ROLLBACK")
    assert table(db, "reminders_ended").count == 0


def test_it_leaves_no_table_and_no_setting_behind(db: sqlite3.Connection) -> None:
    before = db.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
    (recursive,) = db.execute("PRAGMA recursive_triggers").fetchone()
    db.execute("BEGIN IMMEDIATE")
    table(db, "reminders_ended").insert(ROW)
    table(db, "reminders_ended").update("0a1b2c3d", {"episode": "f"})
    assert [*table(db, "reminders_ended").rows_where("episode = ?", ("f",))] == [{**ROW, "episode": "f"}]
    db.execute("COMMIT")
    assert db.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall() == before
    assert db.execute("PRAGMA recursive_triggers").fetchone() == (recursive,)
    assert {"episodes", "photos", "talks"} <= set(database(db).table_names())
