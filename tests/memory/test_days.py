"""The day of an episode: the local one, or unknown; stored, listed, searched, counted, migrated and exported so."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import pytest
from PIL import Image

from assistant.photo import from_image
from assistant.prompt import caption_messages
from memory import browse
from memory.__main__ import main
from memory.days import UNKNOWN, day_words, given_day, likely_day, noon_of
from memory.db import schema
from memory.episode import Episode, Photo, Turn
from memory.maintenance.archive import export_archive, import_archive
from memory.relative_days import dated_words
from memory.store import Memory
from memory.times.typed_day import typed_day
from tests.support.local_clock import in_zone
from tests.support.oldmemory import version_1, version_4, version_5

ZONES = ["UTC", "America/Los_Angeles", "Pacific/Kiritimati"]
EVENING = datetime(2025, 8, 1, 20, 30, tzinfo=timezone(timedelta(hours=-7)))
"""2 August in UTC."""
NOON = datetime(2025, 7, 30, 12, tzinfo=UTC)


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run under each timezone of the machine."""
    for _ in in_zone(monkeypatch, request.param):
        yield request.param


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


@cache
def photo(name: str) -> Photo:
    return from_image(Image.effect_noise((24, 24), 40 + int(name)).convert("RGB"))


def said(n: int, words: str, when: datetime, **more: object) -> Episode:
    return Episode(photo(str(n)), (Turn("user", words),), when, **more)  # type: ignore[arg-type]


def test_the_day_is_the_one_on_the_clock_there_and_no_part_of_the_id() -> None:
    there, utc = said(1, "Nora", EVENING), said(1, "Nora", EVENING.astimezone(UTC))
    assert (there.day, utc.day) == (date(2025, 8, 1), date(2025, 8, 2))
    assert there.when == utc.when and there.id == utc.id, "the same photo imported again is known"
    assert said(1, "Nora", EVENING, day=None).id != there.id
    for wrong in (date(2025, 7, 30), date(2025, 8, 4)):
        with pytest.raises(ValueError, match="is not the day of"):
            said(1, "Nora", EVENING, day=wrong)


def test_a_day_in_words() -> None:
    assert day_words(date(2025, 5, 2)) == "2 May 2025" and day_words(None) == "day unknown"
    assert given_day("2025-05-02") == noon_of("2025-05-02") == datetime(2025, 5, 2, 12, tzinfo=UTC)
    assert [given_day(text) for text in ("", "unknown", " ? ", "Day unknown")] == [UNKNOWN] * 4
    with pytest.raises(ValueError, match="is not a day: write it as 2025-08-01"):
        given_day("May")


def test_days_that_have_not_come_yet_are_refused_by_the_clock_here(zone: str) -> None:
    today = datetime.now().date()
    assert noon_of(today.isoformat()).date() == today
    with pytest.raises(ValueError, match="has not come yet"):
        noon_of((today + timedelta(days=1)).isoformat())


def test_search_list_forget_and_years_agree_on_the_day(
    zone: str, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new_year = datetime(2025, 1, 1, 8, tzinfo=timezone(timedelta(hours=9)))
    with Memory(path) as memory:
        evening = memory.add(said(1, "Nora at the beach", EVENING))
        typed = memory.add(said(2, "Nora again", noon_of("2025-08-01")))
        morning = memory.add(said(3, "New Year", new_year))
        assert {r.episode.id for r in memory.search("on 1 August 2025")} == {evening, typed}
        assert memory.search("on 2 August 2025") == []
        assert {e.id for e in browse.find(memory, "1 August 2025")} == {evening, typed}
        assert [r.episode.id for r in memory.search("in 2025", 9)] != [] and not memory.search("in 2024")
        assert browse.statistics(memory).years == ((2025, 3, 3),)
        assert browse.statistics(memory).first == date(2025, 1, 1)
        assert {e.id: e.day for e in browse.timeline(memory)}[morning] == date(2025, 1, 1)
        assert "Memory of 1 August 2025:" in str(caption_messages([memory.get(evening)], photo("9")))
    assert main(["--memory", str(path), "list"]) == 0
    assert f"{evening}  2025-08-01  Nora at the beach" in capsys.readouterr().out
    assert main(["--memory", str(path), "forget", "--from", "1 August 2025", "--to", "1 August 2025", "--yes"]) == 0
    with Memory(path) as memory:
        assert memory.ids() == [morning]


def test_an_unknown_day_is_told_and_is_in_no_range(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    now = datetime.now(UTC)
    with Memory(path) as memory:
        known = memory.add(said(1, "Milo at the lake", EVENING))
        unknown = memory.add(said(2, "Rex at the lake", now, day=None, told=now))
        assert memory.ids() == [unknown, known], "its place is that of the telling"
        one = memory.get(unknown)
        assert one.day is None and one.told == now.replace(microsecond=0)
        for words in ("today", "in 2025", f"in {now.year}", "before 2030-01-01", "since 2001"):
            assert unknown not in {r.episode.id for r in memory.search(words, 9)}, words
        assert memory.between(None, None) == [known]
        assert [r.episode.id for r in memory.search("the last time")] == [known]
        assert {r.episode.id for r in memory.search("lake")} == {known, unknown}
        assert {e.id: e.day for e in browse.timeline(memory)}[unknown] is None
        assert browse.statistics(memory).years == ((2025, 1, 1), (None, 1, 1))
        prompt = str(caption_messages([one], photo("9")))
        assert "Memory, day unknown:" in prompt and str(now.year) not in prompt
        assert memory.verify() == []
    assert main(["--memory", str(path), "list"]) == 0
    assert f"{unknown}  day unknown  Rex at the lake" in capsys.readouterr().out


def test_two_photos_told_at_once_without_a_day_are_no_burst(path: Path) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with Memory(path) as memory:
        memory.add_all([said(n, "Milo", now, day=None) for n in (1, 2)])
        assert browse.duplicates(memory) == []


@pytest.mark.parametrize("write", [version_1, version_4, version_5])
def test_an_older_memory_keeps_every_episode_and_gets_its_days(
    zone: str, path: Path, write: Callable[[Path, list[Episode]], None]
) -> None:
    old = [said(1, "by the camera", EVENING.astimezone(UTC)), said(2, "typed", noon_of("2025-08-01"))]
    write(path, old)
    with Memory(path) as memory:
        assert sorted(memory.ids()) == sorted(e.id for e in old) and memory.verify() == []
        days = {e.words: e.day for e in memory.episodes()}
        assert days["typed"] == date(2025, 8, 1)
        assert days["by the camera"] == likely_day(EVENING) == EVENING.astimezone().date()
        assert all(e.told is None for e in memory.episodes())
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == len(schema.MIGRATIONS)


def test_a_damaged_moment_does_not_stop_an_update(path: Path) -> None:
    version_4(path, [said(1, "a", EVENING), said(2, "b", EVENING)])
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE episodes SET when_utc = 'yesterday' WHERE photo = ?", (photo("1").sha256,))
    with Memory(path, check=False) as memory:
        assert len(memory.ids()) == 2


def test_what_was_told_abroad_keeps_the_day_on_the_clock_there(zone: str, path: Path, tmp_path: Path) -> None:
    with Memory(path) as memory:
        id = memory.add(said(1, "Nora fell in yesterday", NOON, told=EVENING))
        export_archive(memory, tmp_path / "a.zip")
    with Memory(tmp_path / "other.db") as other:
        import_archive(other, tmp_path / "a.zip")
        assert other.get(id).told_on == date(2025, 8, 1)
        assert dated_words(other.get(id)) == "Nora fell in yesterday [31 July 2025]"
        days = {day: browse.time_alone(f"on {day}") for day in ("31 July 2025", "1 August 2025", "2 August 2025")}
        assert [day for day, asked in days.items() if asked and browse.told_of(other, asked)] == ["31 July 2025"]
        assert [day for day, asked in days.items() if asked and browse.told_then(other, asked)] == ["1 August 2025"]
    assert said(1, "Nora", NOON, told=EVENING.astimezone(UTC)).told_on == EVENING.astimezone().date(), (
        "of an old memory"
    )


def test_archives_carry_days_and_old_ones_are_read(zone: str, path: Path, tmp_path: Path) -> None:
    now = datetime(2026, 1, 1, 3, tzinfo=UTC)
    episodes = [said(1, "Nora", EVENING, told=now), said(2, "Rex", now, day=None, told=now)]
    with Memory(path) as memory:
        memory.add_all(episodes)
        export_archive(memory, tmp_path / "a.zip")
    with Memory(tmp_path / "other.db") as other:
        import_archive(other, tmp_path / "a.zip")
        assert {(e.words, e.day, e.told) for e in other.episodes()} == {
            ("Nora", date(2025, 8, 1), now), ("Rex", None, now),
        }  # fmt: skip
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        rows = [json.loads(line) for line in archive.read("episodes.jsonl").splitlines()]
    assert {row["day"] for row in rows} == {"2025-08-01", None}


def test_photo_of_a_camera_keeps_its_clock() -> None:
    at = Photo("0" * 64, b"", 1, 1, EVENING).taken_at
    assert at and at.date() == date(2025, 8, 1)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("yesterday", date(2026, 11, 28)),
        ("last Friday", date(2026, 11, 27)),
        ("3 days ago", date(2026, 11, 26)),
        ("1st of may 2021", date(2021, 5, 1)),
        ("2025-08-01", date(2025, 8, 1)),
    ],
)
def test_a_day_is_typed_in_words(text: str, day: date) -> None:
    found = typed_day(text, datetime(2026, 11, 29, 12))
    assert found != UNKNOWN and found.date() == day


def test_what_is_no_single_day_says_what_it_is() -> None:
    with pytest.raises(ValueError, match="'march 2022' is not a day, but March 2022: write one of its days"):
        typed_day("march 2022")
    for doubtful in ("31 May", "May", "soon"):  # of which year?
        with pytest.raises(ValueError, match="is not a day: write it as 2025-08-01"):
            typed_day(doubtful)
    assert typed_day("?") == UNKNOWN
