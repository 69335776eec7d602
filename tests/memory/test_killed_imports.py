"""Imports of folders and chats, and corrections, killed: what was said to be in is in, once, and old words are gone."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from memory.episode import Episode, Turn
from memory.store import Memory
from tests.support.albums import save
from tests.support.encoded import noise_photo
from tests.support.episodes import DAY
from tests.support.killer import Crasher

pytestmark = pytest.mark.slow
TIMES = int(os.environ.get("KEEPSAKE_KILLS", "1"))
PHOTOS = 20


def album(folder: Path) -> dict[str, int]:
    """A folder of photos; returns what is said how often."""
    for n in range(PHOTOS):
        save(folder / f"Milo at lake {'abcdefghijklmnopqrst'[n] * 4}.png", n)
    return {f"Milo at lake {letter * 4}": 1 for letter in "abcdefghijklmnopqrst"[:PHOTOS]}


def chat(folder: Path) -> dict[str, int]:
    """The export of a chat of two; returns what is said how often."""
    lines = []
    for n in range(PHOTOS):
        name = f"IMG-20231231-WA{n:04d}.jpg"
        save(folder / name, n)
        lines.append(f"{n + 1:02d}/12/2023, 21:15 - Anna: {name} (file attached)\nThis is Milo {n}\n")
        lines.append(f"{n + 1:02d}/12/2023, 23:15 - Ben: good night\n")
    (folder / "WhatsApp Chat with Ben.txt").write_text("".join(lines))
    return {f"This is Milo {n}": 1 for n in range(PHOTOS)}


@pytest.mark.parametrize("fill", [album, chat])
def test_what_an_import_said_to_be_in_is_in_and_once(crasher: Crasher, folder: Path, fill: object) -> None:
    """30 kills each, at any photo; begun again it goes on, and a whole one has each photo once with its words."""
    path, chance, cut = folder / "m" / "memory.db", random.Random(7), 0
    said = fill(path.parent / "photos")  # type: ignore[operator]
    for n in range(30 * TIMES):
        with Memory(path) as memory:
            before = set(memory.ids())
            if len(before) == PHOTOS:
                memory.forget_all(sorted(before))
                before = set()
        life = crasher.kill("photos", path, n, chance.randrange(PHOTOS), chance.random() * 0.02)
        with Memory(path) as memory:
            now = set(memory.ids())
            assert before | {id for _, id in life.done} <= now and memory.verify() == [] and memory.trouble == ""
            assert memory.photos_without_vectors("fake") == []
            assert memory.stats()["photos"] == len(now)
        cut += len(now) < PHOTOS
    assert cut, "some were killed in the middle"
    crasher.kill("photos", path, 0, 10**9, 0.0)
    with Memory(path) as memory:
        assert {one.words: 1 for one in memory.episodes()} == said and len(memory.ids()) == PHOTOS


def test_a_correction_is_made_or_not_and_old_words_are_gone(crasher: Crasher, folder: Path) -> None:
    """30 kills, half at one of the last calls: one memory with old or new words, and when new, the old ones nowhere."""
    path, chance, new = folder / "m" / "memory.db", random.Random(8), 0
    with Memory(path) as memory:
        memory.add(Episode(noise_photo(1, 40, 40), (Turn("user", "This is Quokkabread."),), DAY))
        memory.snapshot()
    window, calls = crasher.seconds("correct", path), 0
    for n in range(1 + 30 * TIMES):
        with Memory(path) as memory:
            (one,) = memory.episodes()
            old = f"Quokkabread{n}x"
            memory.replace({one.id: Episode(one.photo, (Turn("user", f"This is {old}."),), DAY)})
            memory.snapshot()
        if n == 0:
            calls = crasher.kill("correct", path, n, 1, 0.0, 10**9).calls
            continue
        step = calls - int(calls * 0.1 * (n / (30 * TIMES)) ** 2) if n % 2 else 0
        life = crasher.kill("correct", path, n, 1, chance.random() * window, step)
        with Memory(path) as memory:
            (words,) = [one.words for one in memory.episodes()]
            assert words in (f"This is {old}.", f"This is Milo {n}.") and memory.verify() == []
        if words == f"This is Milo {n}.":
            new += 1
            assert [f for f in path.parent.rglob("*") if f.is_file() and old.encode() in f.read_bytes()] == []
        assert words != f"This is {old}." or "corrected" not in life.marks
    assert new, "some were killed after the change"
