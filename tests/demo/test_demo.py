"""The demo album: real photographs with their notice, found again, told from a stranger, and loaded only once."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from assistant.backends.fake import FakeBackend
from assistant.encoder.encoder import BackendEncoder
from assistant.encoder.onnx_encoder import OnnxEncoder
from assistant.encoder.open_encoder import open_encoder
from assistant.photo import load_photo
from assistant.sight import recall
from demo import album
from memory.episode import Photo
from memory.errors import ModelError
from memory.store import Memory

PHOTOS = sorted(album.HERE.glob("*.jpg"))


def test_every_photo_is_used_small_and_has_its_notice() -> None:
    used = [entry["photo"] for entry in album.ALBUM["episode"]] + [album.demo_photo().name, album.stranger().name]
    assert sorted(used) == [photo.name for photo in PHOTOS]
    notice = {line.split()[0] for line in (album.HERE / "NOTICE").read_text("utf-8").splitlines() if line}
    assert set(used) == {name for name in notice if name.endswith(".jpg")}
    for photo in PHOTOS:
        with Image.open(photo) as image:
            assert (image.format, max(image.size) <= 640, dict(image.getexif())) == ("JPEG", True, {})
    assert sum(photo.stat().st_size for photo in PHOTOS) < 500_000


def test_the_new_photo_brings_its_thing_back_and_the_stranger_nothing(tmp_path: Path) -> None:
    encoder = open_encoder()
    with Memory(tmp_path / "memory.db") as memory:
        album.load(memory, encoder)
        [found] = recall(memory, encoder, load_photo(album.demo_photo()))
        assert (found.certainty, found.why) == ("sure", "the same thing")
        assert "This is Milo" in found.episode.words
        assert recall(memory, encoder, load_photo(album.stranger())) == []
    encoder.close()


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
        f"An album of {len(PHOTOS) - 2} photos was remembered. Now a new one: new.jpg",
        "Recalled  16 August 2025",
        "Caption   A photo.",
        f"> {album.QUESTION}",
        "Answer    A photo.",
        "And one of a cat that nobody ever spoke about: stranger.jpg",
        "Recalled  nothing that matches",
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
