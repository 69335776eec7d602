"""`python -m assistant forget PHOTO`: what was said about it goes, and what was computed from it. No model runs."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from assistant import __main__ as cli
from assistant.backends.cache import disk_cache
from assistant.photo import load_photo
from demo.album import HERE as DEMO
from memory.episode import Episode, Turn
from memory.paths import home
from memory.store import Memory


@pytest.fixture
def bear() -> str:
    """Hash of a photo that two of three episodes show; its visual tokens are in the cache."""
    photo, other = load_photo(DEMO / "bear.jpg"), load_photo(DEMO / "boot.jpg")
    day = datetime(2025, 8, 16, 12, tzinfo=UTC)
    with Memory(home() / "memory.db") as memory:
        for shown, words in ((photo, "This is Milo."), (photo, "Milo at the harbour."), (other, "Here is Thunder.")):
            memory.add(Episode(shown, (Turn("user", words),), day, None))
    for one in (photo, other):
        assert disk_cache.vision_cache(disk_cache.root()).put(f"{one.sha256}.x", {}, b"tokens")
    return photo.sha256


def left() -> list[str]:
    with Memory(home() / "memory.db") as memory:
        return sorted(episode.words for episode in memory.episodes())


def cached() -> list[str]:
    return [path.name.partition(".")[0] for path in (disk_cache.root() / "vision").iterdir()]


def test_all_episodes_of_a_photo_go_whatever_its_file_is_called(
    bear: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Image.open(DEMO / "bear.jpg") as image:
        image.save(tmp_path / "renamed.png")
    assert cli.main(["forget", str(tmp_path / "renamed.png"), "--yes"]) == 0
    output = capsys.readouterr()
    assert output.out.startswith("Forgotten: 2 memories, of ") and "1 photo of them" in output.out
    assert "Milo" not in output.out and output.err == ""
    assert left() == ["Here is Thunder."] and bear not in cached()


def test_json_is_one_object(bear: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["forget", str(DEMO / "bear.jpg"), "--yes", "--json"]) == 0
    receipt = json.loads(capsys.readouterr().out)
    assert (len(receipt["episodes"]), receipt["photos"], receipt["turns"]) == (2, [bear], 2)
    assert receipt["receipt"][0].startswith("2 episodes: forgotten")


def test_without_a_yes_nothing_goes(
    bear: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for answer in (io.StringIO("y\n"), Terminal("n\n"), Terminal("\n"), Terminal("")):
        monkeypatch.setattr("sys.stdin", answer)
        assert cli.main(["forget", str(DEMO / "bear.jpg")]) == 1
        output = capsys.readouterr()
        assert output.out == "" and "“This is Milo.”" in output.err and "“Milo at the harbour.”" in output.err
        assert len(left()) == 3 and bear in cached()
    assert "Forget 2 episodes for good? [y/N]" in output.err
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    assert cli.main(["forget", str(DEMO / "bear.jpg")]) == 0
    assert left() == ["Here is Thunder."]


def test_a_photo_that_was_only_asked_about_leaves_the_cache(bear: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked = load_photo(DEMO / "dog.jpg").sha256
    assert disk_cache.vision_cache(disk_cache.root()).put(f"{asked}.x", {}, b"tokens")
    assert cli.main(["forget", str(DEMO / "dog.jpg"), "--yes"]) == 1
    output = capsys.readouterr()
    assert output.out == "" and output.err.startswith("no memory has this photo") and output.err.count("\n") == 1
    assert asked not in cached() and bear in cached() and len(left()) == 3


def test_a_missing_file_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["forget", "nope.jpg", "--yes"]) == 1
    assert capsys.readouterr().err == "error: nope.jpg: there is no such file; check the name\n"
