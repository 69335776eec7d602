"""Times as they are asked for by people of several countries, from a table; and times that are left out of a list."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from memory import browse
from memory.episode import Episode, Photo, Turn
from memory.naming.lists import photo_lists
from memory.naming.lists.list_requests import request
from memory.store import Memory
from memory.times.calendar_names import orthodox_easter
from memory.times.time_phrases import parse
from tests.support.day_ranges import days
from tests.support.encoded import encoded
from tests.support.local_clock import in_rome

__all__ = ["in_rome"]
pytestmark = pytest.mark.usefixtures("in_rome", "own_home")

ASKED = datetime(2026, 11, 28, 12, tzinfo=UTC)
TABLE = Path(__file__).parents[1] / "data" / "times_asked.tsv"
ROWS = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


def test_a_time_is_read_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    wrong = {}
    for text, meant in ROWS:
        asked = parse(text, ASKED)
        said = "none" if days(asked) == " .. " else days(asked)
        if (found := said + ", not known" * ("do not know" in asked.why)) != meant:
            wrong[text] = (meant, found)
    assert len(ROWS) > 800 and not wrong


@pytest.mark.parametrize(
    ("text", "why", "words", "without", "has"),
    [
        ("everything but 2023", "except 2023", "", "2023-06-01", "2024-06-01"),
        ("photos of Anna but not in May", "except May", "photos of Anna", "2019-05-31", "2019-06-01"),
        ("all photos except 2021 and 2022", "except 2021 and 2022", "all photos ", "2022-12-31", "2023-01-01"),
        ("photos that are not from 2023", "except 2023", "photos that are", "2023-01-01", "2022-12-31"),
        ("pictures from 2022 except the summer", "from 2022, except summer", "pictures  ", "2022-07-01", "2022-05-31"),
        ("anything except from May to July 2020", "except May to July 2020", "anything ", "2020-06-15", "2020-08-01"),
        ("everything except before 2010", "except before 2010", "everything ", "2009-12-31", "2010-01-01"),
        ("photos not from last summer", "except last summer", "photos", "2026-08-31", "2025-08-31"),
    ],
)
def test_what_is_excepted_is_left_out(text: str, why: str, words: str, without: str, has: str) -> None:
    asked = parse(text, ASKED)
    assert (asked.why, asked.words.rstrip()) == (why, words.rstrip())
    assert not asked.has(datetime.fromisoformat(without).date()) and not asked.has(None)
    assert asked.has(datetime.fromisoformat(has).date())


@pytest.mark.parametrize(
    "text", ["who did not come in 2021", "we never swam in May 2020", "photos without May", "Milo instead of 2020"]
)
def test_not_everything_that_is_denied_is_left_out(text: str) -> None:
    assert not parse(text, ASKED).without


def test_a_list_and_a_search_leave_out_what_is_excepted(memory_file: Path) -> None:
    with Memory(memory_file) as memory:
        for year in (2022, 2023, 2024):
            photo = Photo(f"{year:064x}", encoded(year), 4, 4)
            memory.add(Episode(photo, (Turn("user", f"Anna in {year}"),), datetime(year, 5, 12, 12, tzinfo=UTC)))
        wanted = request("show me everything except 2023", ASKED)
        assert wanted and wanted.title == "Photos: except 2023"
        assert years(photo_lists.listed(memory, wanted)) == [2024, 2022]
        wanted = request("photos of Anna, but not from 2024?", ASKED)
        assert wanted and years(photo_lists.listed(memory, wanted)) == [2023, 2022]
        assert years(browse.search(memory, "except 2022 and 2024", ASKED).entries) == [2023]
        assert years(browse.search(memory, "Anna except 2024", ASKED).entries)[2] == 2024, "the time puts others first"


def years(entries: list[browse.EpisodeEntry]) -> list[int]:
    return [entry.day.year for entry in entries if entry.day]


def test_orthodox_easter_is_the_day_that_the_churches_kept() -> None:
    kept = {2016: "05-01", 2019: "04-28", 2021: "05-02", 2023: "04-16", 2024: "05-05", 2025: "04-20"}
    assert {year: f"{orthodox_easter(year):%m-%d}" for year in kept} == kept
