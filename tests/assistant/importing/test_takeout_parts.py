"""Exports of Google in several parts, and with a photo in its year and in an album: each photo once, with its words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.importing.import_outcomes import ImportOutcome, Tally
from assistant.importing.import_photos import import_all
from assistant.importing.import_source import Choices, Source
from assistant.importing.photo_tree import files_source
from assistant.importing.sources import open_source
from tests.support.albums import run_import, save, stored_episodes

YEAR = Path("Google Photos", "Photos from 2018")


def google(path: Path, **more: object) -> Path:
    """Write a photo's JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    said = {"title": "IMG_1.jpg", "description": "Anna at the pier", "photoTakenTime": {"timestamp": "1522917000"}}
    path.write_text(json.dumps({**said, **more}))
    return path


def looked_at(source: Source) -> dict[str, ImportOutcome]:
    return {o.name: o for o in import_all(None, None, source.items, Choices(without_words=True))}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("takeout-001/Takeout", "takeout-002/Takeout"), ("Takeout", "Takeout 2"), ("Takeout", "Takeout-1"),
        ("Takeout", "Takeout (1)"), ("exports/2024/Takeout", "exports/2024/Takeout 2"),
        ("a/Takeout", "b/Takeout"),
    ],
)  # fmt: skip
def test_a_photo_and_its_json_in_two_parts(tmp_path: Path, one: str, other: str) -> None:
    photo = save(tmp_path / one / YEAR / "IMG_1.jpg", 1)
    save(tmp_path / one / "Google Photos" / "Rome" / "IMG_1.jpg", 2)
    (tmp_path / one / YEAR / "VID_1.mp4").write_bytes(b"x")
    google(tmp_path / other / YEAR / "IMG_1.jpg.supplemental-metadata.json")
    google(tmp_path / other / YEAR / "VID_1.mp4.supplemental-metadata.json")
    google(tmp_path / other / YEAR / "IMG_7.jpg.json")
    with open_source(tmp_path) as source:
        found = looked_at(source)
        assert source.others == (f"{one}/{YEAR}/VID_1.mp4", f"{other}/{YEAR}/IMG_7.jpg.json"), "of IMG_7 is no photo"
    episode, album = found[f"{one}/{YEAR}/IMG_1.jpg"].episode, found[f"{one}/Google Photos/Rome/IMG_1.jpg"].episode
    assert episode and album and (episode.words, str(episode.day)) == ("Anna at the pier", "2018-04-05")
    assert album.words == "Rome", "the JSON of another folder is another photo's"
    (watched,) = looked_at(files_source(tmp_path, [photo])).values()
    assert watched.episode and watched.episode.words == "Anna at the pier"


def test_two_exports_that_lie_apart_are_no_parts(tmp_path: Path) -> None:
    save(tmp_path / "Anna" / "Takeout" / "Takeout" / YEAR / "IMG_1.jpg", 1)
    google(tmp_path / "Ben" / "old" / "Takeout" / YEAR / "IMG_1.jpg.json")
    with open_source(tmp_path) as source:
        assert len(source.others) == 1 and "photo of a Takeout without the JSON" in source.notes[0]


def test_what_is_said_takes_the_place_of_an_albums_name(
    tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An album is read before the year where its name says so: "Amalfi" was one memory, the description another."""
    save(tmp_path / "x" / "Takeout" / "Google Photos" / "Amalfi" / "IMG_1.jpg", 1)
    save(tmp_path / "x" / "Takeout" / YEAR / "IMG_1.jpg", 1)
    google(tmp_path / "x" / "Takeout" / YEAR / "IMG_1.jpg.json")
    with open_source(tmp_path / "x") as source:
        tally = Tally()
        for outcome in looked_at(source).values():
            tally.count(outcome)
    assert (dict(tally.outcomes), tally.told) == ({"new": 1, "told": 1}, 1)
    summary = run_import(capsys, tmp_path / "x")
    assert [summary[key] for key in ("imported", "told", "again")] == [1, 1, 0]
    assert {words: str(one.day) for words, one in stored_episodes(own_home).items()} == {
        "Anna at the pier": "2018-04-05"
    }


def test_a_photo_of_which_two_things_are_said_is_one_photo(
    tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder, words in ((YEAR, "Anna at the pier"), (Path("Google Photos", "Rome"), "Anna in Rome")):
        save(tmp_path / "x" / "Takeout" / folder / "IMG_1.jpg", 1)
        google(tmp_path / "x" / "Takeout" / folder / "IMG_1.jpg.json", description=words)
    summary = run_import(capsys, tmp_path / "x")
    assert [summary[key] for key in ("imported", "told", "again")] == [1, 0, 1]
    assert sorted(stored_episodes(own_home)) == ["Anna at the pier", "Anna in Rome"]
