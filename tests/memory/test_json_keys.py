"""The page of commands names every key that `--json` prints: the commands are run, and their keys looked up there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from assistant.__main__ import main as assistant
from memory import conversations
from memory.__main__ import main as memory
from memory.db.stored_conversation import Line, Part
from memory.episode import Episode, Turn
from memory.store import Memory
from tests.support.apppilot import picture
from tests.support.encoded import named_by_bytes

ROOT = Path(__file__).parents[2]
DAY = datetime(2025, 5, 12, 10, 30, tzinfo=UTC)
Main = Callable[[list[str]], int]


def page_keys(room: str, command: str) -> set[str]:
    """The words in code marks in the row of a command, in the table of what `--json` prints of a room's commands."""
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    table = page.split(f"\n## python -m {room}\n")[1].split("\n## ")[0].split("| `--json` of |")[1]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| `")]
    return {key for _, names, *keys in rows if f"`{command}`" in names for key in re.findall(r"`(\w+)`", "".join(keys))}


@pytest.fixture
def file(own_home: Path) -> Path:
    path = own_home / "memory.db"
    photos = [named_by_bytes(n, 64, 48) for n in (1, 2)]
    asked = Turn("user", "This is Milo. When you see him again, remind me to feed him.")
    with Memory(path) as store:
        store.add_all([Episode(photos[0], (asked,), DAY, "Porto"), Episode(photos[1], (Turn("user", "Milo"),), DAY)])
        for photo in photos:
            store.put_vectors(photo.sha256, "s", np.ones((1, 4), np.float32))
        store.answer(photos[0].sha256, photos[1].sha256, "s", 0.5, True)
        conversations.keep(store, "ab" * 16, Part(1, DAY, photos[0], (Line("question", "who?"),)), new=True)
    return path


@pytest.mark.parametrize(
    ("room", "main", "command", "more"),
    [
        ("memory", memory, "list", ()),
        ("memory", memory, "search", ("Milo",)),
        ("memory", memory, "reminders", ()),
        ("memory", memory, "people", ()),
        ("memory", memory, "marks", ()),
        ("memory", memory, "conversations", ()),
        ("memory", memory, "export", ("{folder}/all.zip",)),
        ("memory", memory, "verify", ()),
        ("memory", memory, "stats", ()),
        ("assistant", assistant, "import", ("{folder}", "--dry-run")),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_every_key_that_is_printed_is_on_the_page(
    room: str,
    main: Main,
    command: str,
    more: tuple[str, ...],
    file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """But for receipts, of which the page says "and the counts behind them"."""
    picture(tmp_path / "hat.png", "red")
    main([command, *(one.format(folder=tmp_path) for one in more), "--memory", str(file), "--json"])
    printed = json.loads(capsys.readouterr().out.splitlines()[0])
    assert printed and set(printed) - page_keys(room, command) == set()
