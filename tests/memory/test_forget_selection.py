"""Which memories a forget means: by words, by days, by photo; the command asks first."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from memory.__main__ import main
from memory.episode import Episode, Photo, Turn
from memory.store import Memory
from tests.support.secret_episode import DAY, ENCODED, SECRET, episode


def test_words_are_found_whole_and_in_any_case(path: Path) -> None:
    told = {
        "Milo": ["This is Milo", "MILO's ball", "with (milo)", "place", "Mílo"],
        "Milou": ["Milou is another"],
        "小花": ["我的小花很可爱"],
        "Ann Lee": ["ann\nLEE was there"],
    }
    with Memory(path) as memory:
        made = {
            name: {
                memory.add(episode(hash(text) % 10**6, text, n, "Milo" if text == "place" else None))
                for n, text in enumerate(texts)
            }
            for name, texts in told.items()
        }
        for name, ids in made.items():
            assert set(memory.mentioning(name)) == ids
        assert memory.mentioning("") == memory.mentioning("Ann Leeds") == []
        assert memory.mentioning("a.*b") == [], "text is no pattern"


def test_days_have_a_first_and_a_last(path: Path) -> None:
    with Memory(path) as memory:
        ids = [memory.add(episode(n, f"day {n}", n)) for n in range(4)]
        day = DAY.date()
        assert memory.between(day + timedelta(days=1), day + timedelta(days=3)) == [ids[2], ids[1]]
        assert memory.between(None, day + timedelta(days=1)) == [ids[0]]
        assert memory.between(day + timedelta(days=3), None) == [ids[3]]


def test_a_photo_is_found_by_pixels_bytes_and_first_digits(path: Path) -> None:
    photo = Photo("ab" * 32, ENCODED, 48, 48)
    with Memory(path) as memory:
        ids = {memory.add(Episode(photo, (Turn("user", text),), DAY)) for text in ("one", "two")}
        memory.add(episode(5, "other"))
        for hash in ("ab" * 32, "ab" * 4, hashlib.sha256(ENCODED).hexdigest()):
            assert set(memory.showing(hash)) == ids
        receipt = memory.forget_all(sorted(ids)[:1])
        assert receipt.photos_kept == (photo.sha256,) and receipt.photos == ()
        assert memory.forget_all(sorted(ids)[1:]).photos == (photo.sha256,)


@pytest.fixture
def run(path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*argv: object) -> tuple[int, str, str]:
        try:
            code = main([str(a) for a in argv])
        except SystemExit as stop:
            code = int(str(stop.code))
        return (code, *capsys.readouterr())

    with Memory(path) as memory:
        memory.add_all([SECRET, episode(1, "This is Milo", 0), episode(2, "Milo again", 1), episode(3, "Rex", 2)])
    return call


def test_words_ask_before_they_forget(run: Any, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Typed:
        def __init__(self, answer: str, terminal: bool = True) -> None:
            self.answer, self.isatty = answer, lambda: terminal

        def readline(self) -> str:
            return self.answer

    for typed, told in ((Typed("", False), "add --yes"), (Typed("n\n"), "[y/N]"), (Typed("\n"), "[y/N]")):
        monkeypatch.setattr("sys.stdin", typed)
        code, out, err = run("forget", "--words", "milo")
        assert (code, out) == (1, "") and told in err
        assert "Milo again" in err and "This is Milo" in err and "Rex" not in err
    with Memory(path) as memory:
        assert memory.stats()["episodes"] == 4
    monkeypatch.setattr("sys.stdin", Typed("y\n"))
    code, out, _ = run("forget", "--words", "milo")
    assert code == 0 and out.startswith("Forgotten: 2 memories, of ") and "Milo" not in out
    assert run("forget", "--words", "milo", "--yes")[0] == 1


def test_periods_and_photos(run: Any, tmp_path: Path) -> None:
    code, out, _ = run("forget", "--from", "2025-05-13", "--to", "2025-05-14", "--yes", "--json")
    assert (code, len(json.loads(out)["episodes"])) == (0, 2)
    (tmp_path / "a.jpg").write_bytes(ENCODED)
    code, out, _ = run("forget", "--photo", tmp_path / "a.jpg", "--yes", "--json")
    assert (code, json.loads(out)["episodes"]) == (0, [SECRET.id])
    code, out, err = run("forget", "--photo", "nowhere.jpg", "--yes")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert run("forget", "--photo", tmp_path / "a.jpg", "--yes")[2].startswith("no memory fits")


@pytest.mark.parametrize("argv", [(), ("abc", "--words", "x"), ("--from", "x"), ("--words", "a", "--to", "2025-01-01")])
def test_wrong_usage(run: Any, argv: tuple[str, ...]) -> None:
    assert run("forget", *argv)[0] == 2
