"""Composites: cut-outs are told from other pictures, rooms are those of another memory, and winners are counted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from assistant import opening
from benchmark.__main__ import main
from benchmark.retrieval.things import composite_photos
from memory.errors import KeepsakeError
from tests.support.realthings import ColourEncoder

SIDE = 120


def cutouts(folder: Path, n: int = 8) -> Path:
    """Write pictures of a coloured disc, transparent around it; and some that are no cut-outs."""
    folder.mkdir()
    y, x = np.mgrid[:SIDE, :SIDE]
    alpha = np.where((x - 60) ** 2 + (y - 60) ** 2 < 50**2, 255, 0).astype(np.uint8)
    for i in range(n):
        colours = np.kron(np.random.default_rng(i).integers(0, 256, (4, 4, 3)), np.ones((30, 30, 1)))
        Image.fromarray(np.dstack([colours.astype(np.uint8), alpha])).save(folder / f"disc{i}.png")
    Image.new("RGB", (SIDE, SIDE)).save(folder / "opaque.png")
    Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0)).save(folder / "empty.png")
    Image.open(folder / "disc0.png").save(folder / "disc0_mirror.png")
    Image.open(folder / "disc0.png").resize((20, 20)).save(folder / "tiny.png")
    (folder / "damaged.png").write_bytes(b"\x89PNG no")
    return folder


def rooms(folder: Path, n: int = 5) -> Path:
    """Write photos of striped walls."""
    folder.mkdir()
    for i in range(n):
        stripes = np.random.default_rng((i, 7)).integers(60, 200, (1, 20, 3))
        Image.fromarray(np.kron(stripes, np.ones((200, 15, 1))).astype(np.uint8)).save(folder / f"{i}.jpg")
    return folder


def test_pictures_with_transparency_are_cutouts(tmp_path: Path) -> None:
    scenes = composite_photos.draw(cutouts(tmp_path / "cut"), [rooms(tmp_path / "rooms")], 0)
    assert sorted(scenes.plain.things) == [f"disc{i}" for i in range(8)] and scenes.rooms == 5
    assert len(scenes.plain.photos) == 16 and len(scenes.both.photos) == 16 + len(scenes.swaps)
    assert {(p.photo.width, p.photo.height) for p in scenes.both.photos} == {(448, 448)}


def test_the_room_behind_a_thing_is_that_of_another_memory(tmp_path: Path) -> None:
    scenes = composite_photos.draw(cutouts(tmp_path / "cut"), [rooms(tmp_path / "rooms")], 0)
    photos = scenes.both.photos
    assert scenes.swaps
    for swap in scenes.swaps:
        six = [swap.thing, swap.place, *swap.others]
        assert len(set(six)) == 6 == len({photos[i].thing for i in six})
        assert photos[swap.query].thing == photos[swap.thing].thing != photos[swap.place].thing
        room = photos[swap.query].name.split("room ")[1].split()[0]
        assert photos[swap.place].name.endswith(f"room {room}") and not photos[swap.thing].name.endswith(f"room {room}")


def test_the_winners_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(opening, "open_encoder", lambda name: ColourEncoder())
    command = ["recall", "--composites", "--cutouts", str(cutouts(tmp_path / "cut")), "--rooms",
               str(rooms(tmp_path / "rooms"))]  # fmt: skip
    assert main([*command, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    swapped = record["swapped"]
    assert swapped["n"] == 16 and swapped["thing"] + swapped["place"] + swapped["other"] == pytest.approx(1, abs=1e-3)
    assert record["things"] == 8 and record["rooms"] == 5 and 0 < record["right_of_six_among_all"] <= 1
    assert main(command) == 0
    assert "the thing first" in capsys.readouterr().out


def test_too_few_pictures_are_one_line(tmp_path: Path) -> None:
    behind = rooms(tmp_path / "rooms")
    with pytest.raises(KeepsakeError, match="holds 2 pictures of things with a transparent background"):
        composite_photos.draw(cutouts(tmp_path / "cut", 2), [behind], 0)
    (tmp_path / "none").mkdir()
    with pytest.raises(KeepsakeError, match="holds 0 photos of rooms"):
        composite_photos.draw(cutouts(tmp_path / "more"), [tmp_path / "none"], 0)
    with pytest.raises(KeepsakeError, match="python -m benchmark fetch"):
        composite_photos.draw(tmp_path / "more", None, 0)
    with pytest.raises(FileNotFoundError, match="python -m benchmark fetch"):
        composite_photos.draw(None, [behind], 0)
