"""Some 200 files that are made to do harm, by every way in: one clear line each, no traceback, none longer than 20 s.

Photos of every format spoilt, lying headers, endless scans, bombs, polyglots, pipes, devices, odd names, sidecars,
chats and archives: imported, remembered, shown in the app. The rest of a folder comes in.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.__main__ import main
from assistant.chatml import Mark, pieces
from assistant.photo import load_photo
from assistant.prompt import caption_messages
from memory.__main__ import main as memory_main
from memory.episode import Episode, Turn
from memory.errors import PhotoError
from memory.store import Memory
from tests.support.hostile_archives import ARCHIVES, CHATS, write
from tests.support.hostile_files import fill
from ui.dialogs.photo_picker import _read_photo

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
LONGEST = 20
"""Seconds that a file may take."""


@contextmanager
def soon(what: str) -> Iterator[None]:
    """Fail when the block takes longer than LONGEST seconds of this process's work, or waits for ten times as long."""

    def late(*_: object) -> None:
        raise AssertionError(f"{what!r} hangs")

    before, began = signal.signal(signal.SIGALRM, late), time.process_time()
    signal.alarm(10 * LONGEST)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert time.process_time() - began < LONGEST, f"{what!r} takes {time.process_time() - began:.0f} s"


@pytest.fixture
def hostile(tmp_path: Path) -> dict[str, Path]:
    return fill(tmp_path / "photos")


def printed(capsys: pytest.CaptureFixture[str], what: str) -> tuple[str, list[str]]:
    """Stdout, and the lines of stderr; nothing in either steers a terminal or is a traceback."""
    out, err = capsys.readouterr()
    for text in (out, err):
        assert "Traceback (most" not in text and "\x1b" not in text, (what, text[-600:])
    return out, err.splitlines()


def assert_no_mark_is_forged(episode: Episode) -> None:
    """A prompt with the episode has the marks of one without its words: what looks like a mark in them stays text."""

    def marks(one: Episode) -> list[str]:
        return [piece.text for piece in pieces(caption_messages([one], one.photo)) if isinstance(piece, Mark)]

    assert marks(episode) == marks(replace(episode, turns=(Turn("user", "Hello."),)))


def test_the_folder_comes_in_but_for_what_is_harmful(
    hostile: dict[str, Path], own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(hostile) >= 130
    folder = hostile["empty.jpg"].parent
    began = time.process_time()
    assert main(["import", str(folder), "--without-words", "--json", "--model", "fake"]) == 0
    assert time.process_time() - began < 3 * LONGEST
    out, _ = printed(capsys, "folder")
    found = json.loads(out)
    unusable = {one["file"]: one["why"] for one in found["unusable"]}
    assert all(why.isprintable() and 5 < len(why) < 300 for why in unusable.values())
    assert found["left"] == 0 and found["photos"] == found["imported"] + len(unusable) + len(found["duplicates"])
    assert {"empty.jpg", "pipe.jpg", "device.png", "itself.jpg", "JPEG of 3000 scans.jpg"} <= set(unusable)
    assert not {name for name in unusable if name.startswith("good ")}
    with Memory(own_home / "memory.db") as memory:
        assert memory.verify() == []
        for episode in memory.episodes():
            assert episode.words.isprintable()
            assert_no_mark_is_forged(episode)


def test_each_is_remembered_or_refused_in_one_line(
    hostile: dict[str, Path], own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = 0
    for what, path in (*hostile.items(), ("long", Path("x" * 10_000)), ("zero", Path("a\0b.jpg"))):
        with soon(what):
            code = main(["remember", "--model", "fake", "--", str(path), "This is Milo."])
        _, err = printed(capsys, what)
        assert code in (0, 1), what
        assert code == 0 or len([line for line in err if line.startswith("error: ")]) == 1 == len(err), (what, err)
        kept += code == 0
    with Memory(own_home / "memory.db") as memory:
        assert 0 < memory.stats()["episodes"] <= kept and memory.verify() == []


@pytest.mark.parametrize("load", [load_photo, _read_photo])
def test_the_app_shows_each_or_says_why_not(hostile: dict[str, Path], load: Callable[[Path], object]) -> None:
    for what, path in (*hostile.items(), ("long", Path("x" * 10_000)), ("zero", Path("a\0b.jpg"))):
        with soon(what):
            try:
                load(path)
            except PhotoError as error:
                assert "\n" not in str(error) and "\x1b" not in str(error), what


@pytest.mark.parametrize("what", CHATS)
def test_a_chat_is_read_or_refused_in_one_line(
    tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    path = write(tmp_path, what, CHATS[what])
    with soon(what):
        code = main(["import", str(path), "--without-words", "--model", "fake"])
    _, err = printed(capsys, what)
    assert code in (0, 1)
    assert code == 0 or len([line for line in err if line.startswith("error: ")]) == 1, (what, err)
    if (own_home / "memory.db").exists():
        with Memory(own_home / "memory.db") as memory:
            assert memory.verify() == []
            for episode in memory.episodes():
                assert_no_mark_is_forged(episode)


@pytest.mark.parametrize("what", ARCHIVES)
def test_an_archive_is_whole_or_refused_in_one_line(
    tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    path = write(tmp_path, what, ARCHIVES[what])
    with soon(what):
        code = memory_main(["import", str(path)])
    _, err = printed(capsys, what)
    assert code == 1 and len(err) == 1 and len(err[0]) < 500 + len(str(path)), (what, err)
    with Memory(own_home / "memory.db") as memory:
        assert memory.ids() == []
