"""The demo album: its photos are what the picture world draws, and loading it is safe to repeat."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from assistant.backends.fake import FakeBackend
from assistant.encoder.encoder import BackendEncoder
from assistant.encoder.onnx_encoder import OnnxEncoder
from assistant.photo import load_photo, pixels
from benchmark.world.concepts import concepts
from benchmark.world.scene import Look, draw
from demo import album
from memory.episode import Photo
from memory.errors import ModelError
from memory.store import Memory

SIZE = 448
ENTRIES = [*album.ALBUM["episode"], album.ALBUM["new"]]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e["photo"])
def test_a_photo_is_the_scene_it_says_it_is(entry: dict[str, object]) -> None:
    """Drawn again from look and seed: equal but for JPEG. Another seed differs by 40 levels and more."""
    stored = pixels(load_photo(album.HERE / str(entry["photo"]))).astype(int)
    drawn = np.asarray(draw([Look(str(entry["look"]))], int(str(entry["seed"])), SIZE).image, int)
    assert stored.shape == drawn.shape == (SIZE, SIZE, 3)
    assert np.abs(stored - drawn).mean() < 4


def test_the_album_shows_things_no_model_of_ours_has_seen() -> None:
    assert {e["look"] for e in ENTRIES} <= {c.code for c in concepts("test")}
    assert {p.name for p in album.HERE.glob("*.jpg")} == {e["photo"] for e in ENTRIES}
    assert [e["photo"] for e in ENTRIES if e["look"] == album.ALBUM["new"]["look"]] == ["koala.jpg", "new.jpg"]


def test_loading_it_twice_is_loading_it_once(tmp_path: Path) -> None:
    with Memory(tmp_path / "memory.db") as memory:
        album.load(memory, BackendEncoder(FakeBackend()))
        before = (memory.ids(), memory.stats())
        album.load(memory, BackendEncoder(FakeBackend()))
        assert (memory.ids(), memory.stats()) == before
        told = {e.words: e.when.date() for e in memory.episodes()}
        assert memory.photos_without_vectors("fake") == memory.verify() == []
    with open(album.HERE / "album.toml", "rb") as file:
        assert told == {e["words"]: date.fromisoformat(e["when"]) for e in tomllib.load(file)["episode"]}


def test_it_plays_without_a_terminal(capsys: pytest.CaptureFixture[str], own_home: Path) -> None:
    """With the fake model, which writes the same always; nothing is kept."""
    assert album.play_plain("fake") == 0
    said = capsys.readouterr().out
    order = [
        f"An album of {len(ENTRIES) - 1} photos was remembered. Now a new one: new.jpg",
        "Recalled  16 August 2025",
        "Caption   A photo.",
        f"> {album.QUESTION}",
        "Answer    A photo.",
    ]
    places = [said.index(line) for line in order]
    assert places == sorted(places)
    assert [file.name for file in own_home.iterdir()] == ["hashes.json"], "of the files that ship"


def test_what_goes_wrong_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: OnnxEncoder, photo: Photo) -> np.ndarray:
        raise ModelError("the photo is damaged")

    monkeypatch.setattr(OnnxEncoder, "encode", broken)
    assert album.play_plain("fake") == 1
    assert capsys.readouterr().out.endswith("\nerror: the photo is damaged\n")
