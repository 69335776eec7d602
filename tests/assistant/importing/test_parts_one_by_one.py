"""Parts of a Takeout that come one after the other: what the first one lacks is said, and comes with the others."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant.__main__ import main
from tests.support.albums import import_error, run_import, save, stored_episodes
from tests.support.takeouts import YEAR, google, zipped

PHOTO, JSON = f"{YEAR}/IMG_1.jpg", f"{YEAR}/IMG_1.jpg.supplemental-metadata.json"


def test_a_part_alone_says_what_it_lacks(tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    zipped(tmp_path / "takeout-1-001.zip", {PHOTO: 1})
    zipped(tmp_path / "takeout-1-002.zip", {JSON: google("Anna at the pier")})
    assert run_import(capsys, tmp_path / "takeout-1-001.zip")["imported"] == 1
    ((words, kept),) = stored_episodes(own_home).items()
    assert (words, kept.day) == ("", None)
    assert "put all parts into one folder" in import_error(capsys, tmp_path / "takeout-1-002.zip")
    summary = run_import(capsys, tmp_path)
    assert [summary[key] for key in ("imported", "told", "dated")] == [0, 1, 0]
    assert {words: str(one.day) for words, one in stored_episodes(own_home).items()} == {
        "Anna at the pier": "2018-04-05"
    }


def test_the_note_names_the_photos_whose_json_is_elsewhere(
    tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(tmp_path / "Takeout" / YEAR.removeprefix("Takeout/") / "IMG_1.jpg", 1)
    save(tmp_path / "Pictures" / "IMG_2.jpg", 2)
    assert main(["import", str(tmp_path), "--without-words", "--model", "fake", "--dry-run"]) == 0
    said = capsys.readouterr().err
    assert "1 photo of a Takeout without the JSON that has the words and the day: it lies in another part" in said
    shutil.rmtree(tmp_path / "Takeout")
    assert main(["import", str(tmp_path), "--without-words", "--model", "fake", "--dry-run"]) == 0
    assert "JSON" not in capsys.readouterr().err


def test_a_day_that_comes_later_is_put_on_what_is_kept(
    tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Words of one's own, no day; then JSON with a day and no description."""
    zipped(tmp_path / "takeout-1-001.zip", {PHOTO: 1})
    run_import(capsys, tmp_path / "takeout-1-001.zip", "--words", "Our trip")
    zipped(tmp_path / "takeout-1-002.zip", {JSON: google("")})
    summary = run_import(capsys, tmp_path)
    assert [summary[key] for key in ("imported", "told", "dated", "again")] == [0, 0, 1, 0]
    assert {words: str(one.day) for words, one in stored_episodes(own_home).items()} == {"Our trip": "2018-04-05"}
    assert run_import(capsys, tmp_path)["known"] == 1


def test_words_of_a_name_give_way_to_what_comes_later(
    tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An album's name is kept with the first part; the description takes its place, and is no second memory."""
    album = "Takeout/Google Photos/Amalfi"
    zipped(tmp_path / "takeout-1-001.zip", {f"{album}/IMG_1.jpg": 1})
    run_import(capsys, tmp_path / "takeout-1-001.zip")
    assert list(stored_episodes(own_home)) == ["Amalfi"]
    zipped(tmp_path / "takeout-1-002.zip", {f"{album}/IMG_1.jpg.json": google("Anna at the pier")})
    summary = run_import(capsys, tmp_path)
    assert [summary[key] for key in ("imported", "told", "again")] == [0, 1, 0]
    assert {words: str(one.day) for words, one in stored_episodes(own_home).items()} == {
        "Anna at the pier": "2018-04-05"
    }


def test_words_of_a_person_stay_beside_what_comes_later(
    tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = save(tmp_path / "IMG_1.jpg", 1)
    (tmp_path / "x").mkdir()
    shutil.copy(photo, tmp_path / "x" / "IMG_1.jpg")
    run_import(capsys, tmp_path / "x", "--words", "Nora's first swim")
    (tmp_path / "x" / "IMG_1.jpg.json").write_bytes(google("Anna at the pier"))
    assert run_import(capsys, tmp_path / "x")["told"] == 0
    assert sorted(stored_episodes(own_home)) == ["Anna at the pier", "Nora's first swim"]


def test_a_day_of_the_second_file_of_one_import(
    tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The photo in an album, without JSON, comes before that of its year."""
    save(tmp_path / "Takeout" / "Google Photos" / "Amalfi" / "IMG_1.jpg", 1)
    photo = save(tmp_path / YEAR / "IMG_1.jpg", 1)
    photo.with_name("IMG_1.jpg.json").write_bytes(google(""))
    assert run_import(capsys, tmp_path)["dated"] == 1
    assert {words: str(one.day) for words, one in stored_episodes(own_home).items()} == {"Amalfi": "2018-04-05"}
