"""Paths of photos as terminals, file managers, browsers and people write them, with a question before or behind."""

from __future__ import annotations

import shlex
import unicodedata
from pathlib import Path
from urllib.parse import quote

import pytest

from ui.import_paths import import_source
from ui.input_parser import read

NAMES = (
    "photo.jpg",
    "my photo.jpg",
    "photo (1).jpg",
    "Ben's photo.jpg",
    'say "hi".jpg',
    "Zo\u00eb.jpg",
    "my%20photo.jpg",
)
ASKED = "who is this?"


@pytest.fixture
def album(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "album").mkdir()
    for name in NAMES:
        (tmp_path / "album" / name).write_bytes(b"x")
    return tmp_path / "album"


@pytest.mark.parametrize("name", NAMES)
def test_a_photo_and_a_question_in_every_way_of_quoting(album: Path, name: str) -> None:
    path = str(album / name)
    escaped = "".join(f"\\{c}" if c in " ()'\"" else c for c in path)
    mac = f"'{unicodedata.normalize('NFD', path)}'" if "'" not in path else escaped
    for written in (shlex.quote(path), escaped, f"“{path}”", path, mac, f"file://{quote(path)}"):
        for line in (f"{written} {ASKED}", f"{written}\n{ASKED}", f"{written}, {ASKED}", f"{ASKED} {written}"):
            found = read(line)
            assert [one.samefile(path) for one in found.photos] == [True] and found.question == ASKED, line


@pytest.mark.parametrize(
    ("line", "question"),
    [
        ("$HOME/album/photo.jpg who is this?", ASKED),
        ("${HOME}/album/photo.jpg", ""),
        ("<~/album/photo.jpg>", ""),
        ("album/photo.jpg", ""),
        ("./album/photo.jpg: who is this?", ASKED),
        ("who is this? @album/photo.jpg", ASKED),
    ],
)
def test_shorter_ways(album: Path, line: str, question: str) -> None:
    found = read(line)
    assert [one.expanduser().resolve() for one in found.photos] == [album / "photo.jpg"] and found.question == question


def test_what_is_no_photo_that_lies_there_stays_as_it_was(album: Path) -> None:
    assert read("who took ./album/none.jpg").photos == [] and read("who took ./album/none.jpg").question
    assert read("/photo x.jpg").command == "/photo" and read("I sent photo.jpg to Ben").photos == []
    assert [one.name for one in read("./album/photo.jpg './album/my photo.jpg'").photos] == [
        "photo.jpg",
        "my photo.jpg",
    ]


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("result.json", True), ("result (1).json", True), ("main.jsonl", True), ("messages.html", True),
        ("export_results.html", True), ("chat.zip", True), ("_chat.txt", True), ("notes.json", False),
        ("index.html", False), ("photo.jpg", False),
    ],
)  # fmt: skip
def test_which_files_are_dropped_to_be_imported(album: Path, name: str, named: bool) -> None:
    (album / name).write_bytes(b"x")
    assert (import_source(str(album / name)) == album / name) is named
