"""Days of episodes that were stored before version 6, when only the moment in UTC was kept. Part of that migration."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from datetime import datetime

from memory.days import likely_day


def fill(db: sqlite3.Connection) -> None:
    """Give every episode the day that its moment most likely had, in an open write transaction.

    A damaged moment gets no day: `verify` names its episode.
    """
    for row, when in db.execute("SELECT row, CAST(when_utc AS BLOB) FROM episodes").fetchall():  # it may be no text
        with suppress(ValueError):
            day = likely_day(datetime.fromisoformat((when or b"").decode())).isoformat()
            db.execute("UPDATE episodes SET day = ? WHERE row = ?", (day, row))
