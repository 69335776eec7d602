"""The album of ten things: what is missing is named, and an answer counts when it holds what was told."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from PIL import Image

from benchmark.grounding import album_trial
from benchmark.grounding.album_trial import ALBUM, Reply
from memory.errors import KeepsakeError


def test_each_answer_stands_in_the_words() -> None:
    things = tomllib.loads(ALBUM.read_text(encoding="utf-8"))["thing"]
    assert len({thing["folder"] for thing in things}) == len(things) == 10
    for thing in things:
        assert len(thing["questions"]) == 2
        assert all(question["answer"].lower() in thing["words"].lower() for question in thing["questions"])


def test_a_folder_without_the_things_is_one_line(tmp_path: Path) -> None:
    for name, colour in (("a", "red"), ("b", "blue")):
        (tmp_path / name).mkdir()
        Image.new("RGB", (64, 64), colour).save(tmp_path / name / "0.png")
    with pytest.raises(KeepsakeError, match=r"needs 4 photos in each of the folders backpack, bear_plushie"):
        album_trial.run(tmp_path, "nano")


def test_right_answers_are_counted() -> None:
    replies = [
        Reply("dog", "This is Pepper.", "whose?", "My sister's.", True),
        Reply("dog", "This is Pepper.", "when?", "No.", False),
    ]
    lines = album_trial.lines(replies)
    assert lines[0] == "dog: This is Pepper." and len(lines) == 4
    assert lines[-1] == "1 of 2 answers hold what was told"
