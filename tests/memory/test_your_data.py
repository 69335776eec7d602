"""The page for people who open their memory with other programs: its queries run, and its tables are there."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlite_utils
from PIL import Image

from assistant.photo import from_image
from memory.episode import Episode, Turn
from memory.store import Memory

PAGE = (Path(__file__).parents[2] / "docs" / "your-data.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"^```sql\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
TOLD = (
    ("orange", 3, "This is Otto, my otter.", "Bergen"),
    ("brown", 1, "Dad's old drum", "Lyon"),
    ("grey", 5, "This is Lotte, she came with us to the lake", "Lake Bled"),
    ("grey", 5, "Lotte lost an ear that summer", "Lake Bled"),
)


@pytest.fixture
def copy(memory_file: Path, tmp_path: Path) -> Path:
    """A copy of a memory of four episodes, made as the page says, while the memory is open."""
    with Memory(memory_file) as memory:
        for colour, day, words, place in TOLD:
            photo = from_image(Image.new("RGB", (64, 48), colour))
            memory.add(Episode(photo, (Turn("user", words),), datetime(2025, 7, day, 12, tzinfo=UTC), place))
        command = [sys.executable, "-m", "sqlite_utils", "memory.db", f"VACUUM INTO '{tmp_path / 'copy.db'}'"]
        subprocess.run(command, cwd=memory_file.parent, check=True, capture_output=True)
    return tmp_path / "copy.db"


def test_the_five_queries_find_what_was_told(copy: Path) -> None:
    db = sqlite_utils.Database(copy)
    newest, said, lake, places, photos = ([*db.query(query)] for query in QUERIES)
    assert [row["place"] for row in newest] == ["Lake Bled", "Lake Bled", "Bergen", "Lyon"]
    assert [row["text"] for row in said] == [TOLD[1][2], TOLD[0][2], TOLD[2][2], TOLD[3][2]]
    assert {row["words"] for row in lake} == {TOLD[2][2], TOLD[3][2]}
    assert [(row["place"], row["memories"], row["photos"]) for row in places] == [
        ("Lake Bled", 2, 1),
        ("Bergen", 1, 1),
        ("Lyon", 1, 1),
    ]
    assert len(photos) == 3 and all((row["width"], row["height"]) == (64, 48) for row in photos)


def test_every_table_of_a_memory_is_explained(copy: Path) -> None:
    rows = re.findall(r"^\| (`\w.*?) \|", PAGE, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    parts_of_the_index = re.compile(r"(?:said|spellings)_\w+")
    assert named == {t for t in sqlite_utils.Database(copy).table_names() if not parts_of_the_index.fullmatch(t)}
