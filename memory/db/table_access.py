"""sqlite-utils over our own connection (SQLite or SQLCipher): tables by name, for what is not asked often.

What is read or written all the time (episodes, photos, vectors, search) stays plain SQL: a call of sqlite-utils costs
10 to 165 microseconds where `execute` costs 2 to 4, and the import 80 ms. These parts of the library are not used, each
for a reason that was measured with version 4.2.1:

    upsert               makes and drops a scratch table in the user's file
    insert with pk=      reads the new row back, photo included
    migrations           keep a table of their own in the file; ours are numbered by `user_version` (`schema.py`)
    enable_fts           lays the index of words out otherwise than existing memories have it
    plugins              would be given the open, decrypted connection

Inside a transaction of ours (`Memory.transaction`) the library works with savepoints and commits nothing itself.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database
    from sqlite_utils.db import Table


def database(db: sqlite3.Connection) -> Database:
    """The library's view of an open connection. Opens, changes and commits nothing."""
    from sqlite_utils import Database  # 80 ms, and more where pandas is installed: only when it is needed

    return Database(db, recursive_triggers=False, execute_plugins=False)


def table(db: sqlite3.Connection, name: str) -> Table:
    """A table of the memory by its name."""
    return database(db).table(name)
