"""`benchmark speed --beside`: both models write a caption of every photo but those remembered, in turns."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from benchmark.__main__ import main

PHOTOS = Path(__file__).parents[1] / "data" / "photos"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two things with two photos each."""
    for thing in ("bear_plushie", "clock"):
        (tmp_path / thing).mkdir()
        for path in sorted((PHOTOS / thing).glob("*.jpg"))[:2]:
            shutil.copy(path, tmp_path / thing)
    return tmp_path


def test_both_models_are_timed_at_each_new_photo(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["speed", "--model", "nano2", "--beside", "nano", "--photos", str(photos)]
    assert main([*command, "--json"]) == 0
    times = json.loads(capsys.readouterr().out)
    assert [one["model"] for one in times] == ["nano2", "nano"] * 2
    assert all(one["cpu"] > 0 and one["clock"] > 0 and one["tokens"] > 1 for one in times)
    assert main(command) == 0
    assert "| nano2 |" in (table := capsys.readouterr().out) and "times as long as nano (median of 2 photos)" in table


def test_two_models_and_photos_belong_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["speed", "--beside", "nano"]) == 1
    assert "--beside MODEL --photos FOLDER" in capsys.readouterr().err
