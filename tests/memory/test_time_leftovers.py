"""What stands beside a phrase of time and is not understood makes the range wider, or the phrase is of no account."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from memory.times.time_phrases import parse
from tests.support.day_ranges import days
from tests.support.local_clock import in_rome

__all__ = ["in_rome"]
pytestmark = pytest.mark.usefixtures("in_rome", "own_home")

TABLE = Path(__file__).parents[1] / "data" / "times_asked.tsv"
ASKED = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        # the other end of a range
        ("from June through to the end of the year", "2026-06-01 .. "),
        ("from the day we met to June 2020", " .. 2020-06-30"),
        ("from June 2020 to my birthday", "2020-06-01 .. "),
        ("from 2010 for five years", "2010-01-01 .. "),
        ("in the five years from 2010", "2010-01-01 .. "),
        ("during the 3 weeks ending 3 May 2022", " .. 2022-05-03"),
        # another one, before or after
        ("in 2019 and the month after", "2019-01-01 .. "),
        ("in May 2020 or the month before", " .. 2020-05-31"),
        ("in May 2020 and the next two weeks", "2020-05-01 .. "),
        ("photos from January, not this one but the one before", " .. 2026-01-31"),
        ("the month following June 2022", "2022-07-01 .. 2022-07-31"),
        ("the day preceding 5 May 2022", "2022-05-04 .. 2022-05-04"),
        ("the anniversary of 3 May 2021", "2021-05-03 .. "),
        ("photos taken before the 2024 election", " .. 2024-12-31"),
        ("photos since the 2024 election", "2024-01-01 .. "),
        ("from Friday through Sunday of last weekend", "2026-11-20 .. 2026-11-22"),
        ("who lived with us from 2005 on, until the fire in 2011", "2005-01-01 .. 2011-12-31"),
        ("was that in 2017, 2018 or maybe even later?", "2017-01-01 .. "),
        ("what did we do on Sunday, the one before last", " .. 2026-11-22"),
        ("within a few days of 5 May 2020", "2020-04-28 .. 2020-05-12"),
        ("on Christmas Day the year Grandma died", " .. "),
        ("did he limp before or only after the summer of 2022", " .. "),
        ("more in 2021 compared with 2022", "2021-01-01 .. 2022-12-31"),
        ("round about Halloween three years back", "2023-10-24 .. 2023-11-07"),
        ("the last evening of our holiday, 21 August 2022", "2022-08-21 .. 2022-08-21"),
        # which one, or how many
        ("on my first day in January", "2026-01-01 .. 2026-01-31"),
        ("in my last year of school, 2009 to 2010", "2009-01-01 .. 2010-12-31"),
        ("who was with us the last but one September", " .. "),
        ("the first and third weekend of May 2022", "2022-05-01 .. 2022-05-31"),
        ("in the first three and last two weeks of July 2022", "2022-07-01 .. 2022-07-31"),
        ("the twelfth night after Christmas 2022", "2022-12-27 .. "),
        ("the last week before Christmas", "2025-12-17 .. 2025-12-23"),
        ("the week before last Christmas", "2025-12-17 .. 2025-12-23"),
        ("within two years of 2015", " .. "),
        ("2020-13 in the attic", " .. "),
        ("from the year before last to last year", "2024-01-01 .. 2025-12-31"),
        # every year
        ("what do we usually do in December", " .. "),
        ("what do we do at Christmas", " .. "),
        ("have we ever been there in May", " .. "),
        ("at Christmas each year", " .. "),
        ("what did we usually do in 2019", "2019-01-01 .. 2019-12-31"),
        ("do we have photos from December", "2025-12-01 .. 2025-12-31"),
        # in other languages
        ("zwischen dem Umzug und August 2020", " .. 2020-08-31"),
        ("prima della festa a maggio 2020", " .. 2020-05-31"),
        ("entre la boda y agosto de 2020", " .. 2020-08-31"),
        ("immer im Mai", " .. "),
        ("até ao fim de março de 2021", " .. 2021-03-31"),
        ("letztes Jahr und dann dieses Jahr im Mai", "2025-01-01 .. 2026-05-31"),
        ("2020年の年末年始", " .. "),
        ("siempre en mayo", " .. "),
        ("im Mai 2020 oder im Monat davor", " .. 2020-05-31"),
        ("2022年の翌年", " .. "),
        ("来年5月", " .. "),
        ("去年5月我们搬家之前", " .. 2025-05-31"),
        # or so, and the year of what is left out
        ("in May 2020 or thereabouts", "2020-04-01 .. 2020-06-30"),
        ("in December but not at Christmas 2023", "2023-12-01 .. 2023-12-31"),
    ],
)
def test_what_is_not_understood_makes_wider(text: str, meant: str) -> None:
    assert days(parse(text, ASKED)) == meant


def test_the_wider_range_is_told() -> None:
    assert parse("from June through to the end of the year", ASKED).why == "since June (from 1 June 2026 on)"
    assert parse("the first and third weekend of May 2022", ASKED).why == "from third weekend of May 2022 (May 2022)"


@pytest.mark.parametrize(
    "text",
    [
        "at half past five on 3 May 2022", "between 5 and 6 on 3 May 2022", "from 3 pm to 5 pm on 3 May 2022",
        "in the middle of the night on 3 May 2022", "the 2 of us on 3 May 2022", "3 May 2022 to show Anna",
        "the other photos of 3 May 2022", "who came first on 3 May 2022 and when",
    ],
)  # fmt: skip
def test_what_says_nothing_of_the_days_changes_nothing(text: str) -> None:
    assert days(parse(text, ASKED)) == "2022-05-03 .. 2022-05-03"


@pytest.mark.parametrize(
    ("language", "text", "meant"),
    [
        ("en_GB.UTF-8", "Mother's Day 2024", "2024-03-10"),
        ("en_US.UTF-8", "Mother's Day 2024", "2024-05-12"),
        ("en_CA.UTF-8", "Thanksgiving 2024", "2024-10-14"),
        ("en_US.UTF-8", "Thanksgiving 2024", "2024-11-28"),
    ],
)
def test_a_feast_is_on_the_day_of_this_country(
    monkeypatch: pytest.MonkeyPatch, language: str, text: str, meant: str
) -> None:
    monkeypatch.setenv("LC_ALL", language)
    assert days(parse(text, ASKED)) == f"{meant} .. {meant}"


@pytest.mark.parametrize("today", ["2024-02-29", "2025-01-01", "2025-12-31", "2026-03-29", "2026-05-31"])
def test_no_day_of_the_year_makes_a_range_that_is_none(today: str) -> None:
    now = datetime.fromisoformat(f"{today}T12:00:00+00:00")
    for line in TABLE.read_text(encoding="utf-8").splitlines()[::3]:
        asked = parse(line.partition("\t")[0], now)
        assert not (asked.since and asked.before) or asked.since < asked.before, line
        assert bool(asked.why) == bool(asked.since or asked.before or asked.without), line
