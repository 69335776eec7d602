"""Photos in ZIPs: parts of a Takeout as they were downloaded, what a cloud packs, and what cannot be opened."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from assistant.importing.import_outcomes import ImportOutcome
from assistant.importing.import_photos import import_all
from assistant.importing.import_source import Choices
from assistant.importing.sources import open_source
from memory.errors import KeepsakeError
from tests.support.albums import picture

YEAR = "Takeout/Google Photos/Photos from 2018/"
JSON = json.dumps({"description": "Anna at the pier", "photoTakenTime": {"timestamp": "1522917000"}}).encode()


def photo(seed: int) -> bytes:
    file = io.BytesIO()
    picture(seed).save(file, "PNG")
    return file.getvalue()


def packed(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def looked_at(path: Path) -> tuple[dict[str, ImportOutcome], tuple[str, ...], tuple[str, ...]]:
    with open_source(path) as source:
        found = {o.name: o for o in import_all(None, None, source.items, Choices(without_words=True))}
        return found, source.others, source.notes


def words(outcome: ImportOutcome) -> str:
    return outcome.episode.words if outcome.episode else outcome.outcome


def test_the_parts_of_a_takeout_belong_together(tmp_path: Path) -> None:
    packed(tmp_path / "takeout-20240102T030405Z-001.zip", {f"{YEAR}IMG_1.png": photo(1)})
    packed(tmp_path / "takeout-20240102T030405Z-002.zip", {f"{YEAR}IMG_1.png.supplemental-metadata.json": JSON})
    packed(tmp_path / "takeout-20200102T030405Z-001.zip", {f"{YEAR}IMG_1.png": photo(2)})
    found, others, notes = looked_at(tmp_path)
    assert {name: words(one) for name, one in found.items()} == {
        f"takeout-20240102T030405Z-001.zip/{YEAR}IMG_1.png": "Anna at the pier",
        f"takeout-20200102T030405Z-001.zip/{YEAR}IMG_1.png": "",
    }, "another export is none of its parts"
    episode = found[f"takeout-20240102T030405Z-001.zip/{YEAR}IMG_1.png"].episode
    assert episode and str(episode.day) == "2018-04-05"
    assert others == () and notes[0] == "1 photo with a sidecar file: its description, day and people count"
    assert notes[1].startswith("1 photo of a Takeout without the JSON") and len(notes) == 2


def test_one_zip_as_it_comes_from_a_cloud(tmp_path: Path) -> None:
    path = packed(
        tmp_path / "iCloud Photos.zip",
        {
            "Lake Como 2018\\IMG_1.png": photo(1), "Lake Como 2018\\notes.pdf": b"x", "Lake Como 2018\\": b"",
            "__MACOSX/._IMG_1.png": b"x", "a/.thumb.png": photo(3), "a/IMG_2.png": photo(2), "a/IMG_2.mov": b"x",
        },
    )  # fmt: skip
    found, others, notes = looked_at(path)
    assert {name: words(one) for name, one in found.items()} == {
        "Lake Como 2018/IMG_1.png": "Lake Como",
        "a/IMG_2.png": "",
    }
    assert others == ("Lake Como 2018/notes.pdf",)
    assert notes == ("1 clip of live photos left out: the pictures come in", "2 hidden files or folders left alone")


def test_what_cannot_be_opened_is_named(tmp_path: Path) -> None:
    packed(tmp_path / "a-001.zip", {"IMG_1.png": photo(1), "IMG_2.png": b"", "IMG_2.png.json": b"{"})
    (tmp_path / "a-002.zip").write_bytes((tmp_path / "a-001.zip").read_bytes()[:-90])
    with open_source(tmp_path) as source:
        assert [name for name, _ in source.unusable] == ["a-002.zip"]
        found = {o.name: (o.outcome, o.detail) for o in import_all(None, None, source.items)}
    assert found["a-001.zip/IMG_2.png"] == ("unusable", "the file is empty (0 bytes); copy it again")
    with (
        pytest.raises(KeepsakeError, match="neither photos nor a chat"),
        open_source(packed(tmp_path / "b.zip", {"notes.pdf": b"x"})),
    ):
        pass


def test_zips_beside_photos_and_chats_are_left_alone(tmp_path: Path) -> None:
    chat = packed(tmp_path / "WhatsApp Chat - Ben.zip", {"_chat.txt": b"", "a.png": photo(1)})
    with open_source(tmp_path) as source:
        assert not len(source.items) and source.others == (chat.name,)
    (tmp_path / "Milo.png").write_bytes(photo(2))
    packed(tmp_path / "more.zip", {"Nora.png": photo(3)})
    found, others, notes = looked_at(tmp_path)
    assert [*found] == ["Milo.png"] and others == (chat.name, "more.zip")
    assert notes == ("2 ZIPs not opened: import each by its own path, or unpack it",)
