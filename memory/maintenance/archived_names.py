"""The user's decisions about names in an archive: names.jsonl, one decision a line."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from datetime import datetime

from memory.db import name_rows
from memory.db.name_rows import NameDecision
from memory.text import folded

FILE = "names.jsonl"


def lines(db: sqlite3.Connection) -> str:
    """All decisions of a memory; "" when there are none."""
    rows = (asdict(one) | {"when": one.when.isoformat()} for one in name_rows.every(db))
    return "".join(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rows)


def read(data: bytes) -> list[NameDecision]:
    """The decisions of a file. Raises ValueError when a line is none."""
    try:
        rows = [json.loads(line) for line in data.splitlines()]
        # an older Keepsake folded fewer letters
        whens = ({"name": folded(row["name"]), "when": datetime.fromisoformat(row["when"])} for row in rows)
        return [NameDecision(**row | when) for row, when in zip(rows, whens, strict=True)]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a line of {FILE} cannot be read: {error!r}") from error
