"""Phrases of time in questions: the days they mean, the reason shown, and what is no time."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from memory.times import time_phrases
from memory.times.phrases.time_reasons import range_words
from memory.times.time_phrases import given_days, parse
from tests.support.day_ranges import days
from tests.support.local_clock import in_rome

__all__ = ["in_rome"]
pytestmark = pytest.mark.usefixtures("in_rome", "own_home")

NOW = datetime(2026, 11, 23, 0, 30, tzinfo=ZoneInfo("Europe/Rome"))
"""Still the day before in UTC."""
ASKED = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("two summers ago", "2025-06-01 .. 2025-08-31"),
        ("a few summers ago", "2022-06-01 .. 2025-08-31"),
        ("the weekend before last", "2026-11-14 .. 2026-11-15"),
        ("the month before last", "2026-09-01 .. 2026-09-30"),
        ("half a year ago", "2026-05-01 .. 2026-05-31"),
        ("a year and a half ago", "2025-05-01 .. 2025-05-31"),
        ("two days and a half ago", "2026-11-26 .. 2026-11-26"),
        ("5 years back", "2021-01-01 .. 2021-12-31"),
        ("the week before Christmas 2023", "2023-12-17 .. 2023-12-23"),
        ("the week after Easter 2025", "2025-04-22 .. 2025-04-28"),
        ("in winter 2022/23", "2022-12-01 .. 2023-02-28"),
        ("in the winter of 2022-2023", "2022-12-01 .. 2023-02-28"),
        ("in the nineties", "1990-01-01 .. 1999-12-31"),
        ("in the late '80s", "1986-01-01 .. 1989-12-31"),
        ("the first of May", "2026-05-01 .. 2026-05-01"),
        ("on the Fourth of July 2023", "2023-07-04 .. 2023-07-04"),
        ("from last May until now", "2026-05-01 .. 2026-11-28"),
        ("Monday to Friday last week", "2026-11-16 .. 2026-11-20"),
        ("in his nineties", " .. "),
        ("in Q3 2021", "2021-07-01 .. 2021-09-30"),
        ("in Q1/2024", "2024-01-01 .. 2024-03-31"),
        ("in May/2024", "2024-05-01 .. 2024-05-31"),
        ("in 2019/20", "2019-01-01 .. 2020-12-31"),
        ("in 1999/00", "1999-01-01 .. 2000-12-31"),
        ("photos from the first quarter of 2024", "2024-01-01 .. 2024-03-31"),
        ("circa 2012", "2011-01-01 .. 2013-12-31"),
        ("ca. 1995", "1994-01-01 .. 1996-12-31"),
        ("around May 2020", "2020-04-01 .. 2020-06-30"),
        ("around 12 May 2020", "2020-05-05 .. 2020-05-19"),
        ("the 90s", "1990-01-01 .. 1999-12-31"),
        ("photos of the 90's", "1990-01-01 .. 1999-12-31"),
        ("summer 23", "2023-06-01 .. 2023-08-31"),
        ("at Christmas 98", "1998-12-24 .. 1998-12-26"),
        ("did she fall 23 times", " .. "),
        ("weekend of 5 May 2024", "2024-05-04 .. 2024-05-05"),
        ("the weekend of May 8, 2024", "2024-05-11 .. 2024-05-12"),
        ("the weekend of 2024-05-06", "2024-05-04 .. 2024-05-05"),
        ("the weekend of 3 friends", " .. "),
        ("on 13/7/2024", "2024-07-13 .. 2024-07-13"),
        ("on 7/13/24", "2024-07-13 .. 2024-07-13"),
        ("on 13/13/2024", " .. "),
        ("on 24/12/98", "1998-12-24 .. 1998-12-24"),
        ("the 80s party", " .. "),
        ("where is it now", " .. "),
        ("our first May together", " .. "),
    ],
)
def test_the_days_that_people_mean(text: str, meant: str) -> None:
    assert days(parse(text, ASKED)) == meant


@pytest.mark.parametrize(
    ("text", "since", "before", "why", "words"),
    [
        ("lake last summer", "2026-06-01", "2026-09-01", "from last summer (June to August 2026)", "lake "),
        ("this summer", "2026-06-01", "2026-09-01", "from this summer (June to August 2026)", ""),
        ("the fall", None, None, "", "the fall"),
        ("in the fall", "2026-09-01", "2026-12-01", "from fall (September to November 2026)", ""),
        (
            "between 2001 and 2003",
            "2001-01-01",
            "2004-01-01",
            "between 2001 and 2003 (2001 to 2003)",
            "",
        ),
        ("between May and July", "2026-05-01", "2026-08-01", "between May and July (May to July 2026)", ""),
        ("last fall", "2025-09-01", "2025-12-01", "from last fall (September to November 2025)", ""),
        ("winter 2024", "2024-12-01", "2025-03-01", "from winter 2024 (December 2024 to February 2025)", ""),
        ("who came before Christmas?", None, "2025-12-24", "before Christmas (until 23 December 2025)", "who came ?"),
        ("since Easter", "2026-04-03", None, "since Easter (from 3 April 2026 on)", ""),
        ("after Easter", "2026-04-07", None, "after Easter (from 7 April 2026 on)", ""),
        ("the Christmas tree", None, None, "", "the Christmas tree"),
        ("at Christmas 2024", "2024-12-24", "2024-12-27", "from Christmas 2024 (24 to 26 December 2024)", ""),
        ("in 2023 at the sea", "2023-01-01", "2024-01-01", "from 2023", " at the sea"),
        ("until 2023", None, "2024-01-01", "until 2023 (until 31 December 2023)", ""),
        (
            "What did we do yesterday?",
            "2026-11-22",
            "2026-11-23",
            "from yesterday (22 November 2026)",
            "What did we do ?",
        ),
        ("three weeks ago", "2026-11-02", "2026-11-09", "from three weeks ago (2 to 8 November 2026)", ""),
        ("last week", "2026-11-16", "2026-11-23", "from last week (16 to 22 November 2026)", ""),
        ("last weekend", "2026-11-21", "2026-11-23", "from last weekend (21 to 22 November 2026)", ""),
        ("last month", "2026-10-01", "2026-11-01", "from last month (October 2026)", ""),
        ("last year", "2025-01-01", "2026-01-01", "from last year (2025)", ""),
        ("in December", "2025-12-01", "2026-01-01", "from December (December 2025)", ""),
        ("in May 2024", "2024-05-01", "2024-06-01", "from May 2024", ""),
        ("May I see it?", None, None, "", "May I see it?"),
        ("on 12 May 2025", "2025-05-12", "2025-05-13", "from 12 May 2025", ""),
        ("2025-08-01", "2025-08-01", "2025-08-02", "from 2025-08-01 (1 August 2025)", ""),
        ("on 31 February", None, None, "", "on 31 February"),
        ("how many years ago", None, None, "", "how many years ago"),
        ("2 dogs and 1998 stones", None, None, "", "2 dogs and 1998 stones"),
    ],
)
def test_times_are_ranges_of_local_days(text: str, since: str | None, before: str | None, why: str, words: str) -> None:
    asked = parse(text, NOW)
    edges = [day and date.fromisoformat(day) for day in (since, before)]
    assert [asked.since, asked.before] == edges and (asked.why, asked.words) == (why, words)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        # as people asked, and were given another range (issue 13)
        ("Who was with me in the summer of 2023?", "2023-06-01 .. 2023-08-31"),
        ("over the Christmas of 2022", "2022-12-24 .. 2022-12-26"),
        ("in March last year", "2025-03-01 .. 2025-03-31"),
        ("last year in March", "2025-03-01 .. 2025-03-31"),
        ("from May to July 2024", "2024-05-01 .. 2024-07-31"),
        ("in 2023 or 2024", "2023-01-01 .. 2024-12-31"),
        ("on New Year's Day 2025", "2025-01-01 .. 2025-01-01"),
        ("between 2019 and 2021", "2019-01-01 .. 2021-12-31"),
        ("in Aug 2024", "2024-08-01 .. 2024-08-31"),
        ("on 4 Jul 2024", "2024-07-04 .. 2024-07-04"),
        ("in early 2024", "2024-01-01 .. 2024-04-30"),
        # years, seasons, feasts in any order
        ("the spring of last year", "2025-03-01 .. 2025-05-31"),
        ("two years ago in summer", "2024-06-01 .. 2024-08-31"),
        ("last year's Christmas", "2025-12-24 .. 2025-12-26"),
        ("the summer before last", "2025-06-01 .. 2025-08-31"),
        ("in March, when Anna came, last year", "2025-03-01 .. 2025-03-31"),
        ("at Christmas in 2022", "2022-12-24 .. 2022-12-26"),
        ("summer '23", "2023-06-01 .. 2023-08-31"),
        ("2023, in summer", "2023-06-01 .. 2023-08-31"),
        ("New Year 2025", "2024-12-31 .. 2025-01-01"),
        ("on New Year's Eve 2024", "2024-12-31 .. 2024-12-31"),
        ("at Thanksgiving 2024", "2024-11-28 .. 2024-11-28"),
        ("Easter 2025", "2025-04-18 .. 2025-04-21"),
        ("on Mother's Day 2026", "2026-05-10 .. 2026-05-10"),
        ("in the 1990s", "1990-01-01 .. 1999-12-31"),
        # ranges
        ("between May and July 2024", "2024-05-01 .. 2024-07-31"),
        ("from November to February 2024", "2023-11-01 .. 2024-02-29"),
        ("from May 2023 to February", "2023-05-01 .. 2024-02-29"),
        ("June to August 2023", "2023-06-01 .. 2023-08-31"),
        ("2019-2021", "2019-01-01 .. 2021-12-31"),
        ("3-7 August 2024", "2024-08-03 .. 2024-08-07"),
        ("August 3-7, 2024", "2024-08-03 .. 2024-08-07"),
        ("from 24 December 2022 to 3 January 2023", "2022-12-24 .. 2023-01-03"),
        ("from Dec 24 to Jan 3", "2025-12-24 .. 2026-01-03"),
        ("between Christmas and New Year 2024", "2024-12-24 .. 2025-01-01"),
        ("after 2020 and before 2023", "2021-01-01 .. 2022-12-31"),
        ("from 2019 on", "2019-01-01 .. "),
        ("from 2019 onwards", "2019-01-01 .. "),
        ("from 2019 on the beach", "2019-01-01 .. 2019-12-31"),
        # one or the other, and shares
        ("in May or June 2024", "2024-05-01 .. 2024-06-30"),
        ("in spring or autumn 2024", "2024-03-01 .. 2024-11-30"),
        ("in summer 2023 or 2024", "2023-06-01 .. 2024-08-31"),
        ("late May", "2026-05-21 .. 2026-05-31"),
        ("in mid-2024", "2024-05-01 .. 2024-08-31"),
        ("at the end of 2023", "2023-09-01 .. 2023-12-31"),
        ("in the first half of 2024", "2024-01-01 .. 2024-06-30"),
        ("in the last week of May 2024", "2024-05-25 .. 2024-05-31"),
        # days
        ("Aug. 3rd, 2024", "2024-08-03 .. 2024-08-03"),
        ("the 12th of May 2024", "2024-05-12 .. 2024-05-12"),
        ("on 12.5.2025", "2025-05-12 .. 2025-05-12"),
        ("on 29 February", "2024-02-29 .. 2024-02-29"),
        ("on Monday last week", "2026-11-16 .. 2026-11-16"),
        ("last night", "2026-11-27 .. 2026-11-27"),
        ("the day before yesterday", "2026-11-26 .. 2026-11-26"),
        ("a few weeks ago", "2026-10-10 .. 2026-11-20"),
        ("seven weeks ago", "2026-10-05 .. 2026-10-11"),
        # what is not understood goes without a range, or leaves the wider one
        ("in the school holidays of 2023", "2023-01-01 .. 2023-12-31"),
        ("29 February 2023", " .. "),
        ("at May's house", " .. "),
        ("May and June came by", " .. "),
        ("photos of May", " .. "),
        ("not over 2000 people", " .. "),
        ("on 99 August", " .. "),
    ],
)
def test_what_a_phrase_means(text: str, meant: str) -> None:
    asked = parse(text, ASKED)
    assert days(asked) == meant
    assert bool(asked.why) == (meant != " .. ") and (asked.why or asked.words == text)


def test_a_range_in_words() -> None:
    for since, before, words in (
        ("2023-06-01", "2023-09-01", "June to August 2023"), ("2024-01-01", "2025-01-01", "2024"),
        ("2022-12-24", "2022-12-27", "24 to 26 December 2022"), 
        ("2024-12-31", "2025-01-02", "31 December 2024 to 1 January 2025"),
        ("2019-01-01", "2022-01-01", "2019 to 2021"), ("2024-05-12", "2024-05-13", "12 May 2024"),
        ("2023-11-01", "2024-03-01", "November 2023 to February 2024"),
    ):  # fmt: skip
        assert range_words(date.fromisoformat(since), date.fromisoformat(before)) == words


def test_days_that_a_person_types() -> None:
    for text, meant in (
        ("1 August", "2026-08-01 .. 2026-08-01"),
        ("May 2024", "2024-05-01 .. 2024-05-31"),
        ("2023", None),
    ):
        first, end = given_days(text, ASKED)
        assert f"{first} .. {end - timedelta(days=1)}" == (meant or "2023-01-01 .. 2023-12-31")
    for text in ("", "the lake", "1 August at the lake", "31 February", "before May"):
        with pytest.raises(ValueError, match="is not a day"):
            given_days(text, ASKED)


def test_any_text_is_read() -> None:
    """Words of times in any order and number, mixed with other text, raise nothing."""
    chance = random.Random(0)
    words = (
        "last this the before since in on christmas easter may 31 february 0 12 2024 99999 ago week a summer ’ "
        "q3 weekend circa around 4/7/24 90s "
        "to or and between 2023 '24 early end of 3rd monday few year new year's eve - from until"
    )
    for _ in range(5000):
        asked = time_phrases.parse(" ".join(chance.choices(words.split(), k=chance.randrange(9))), NOW)
        assert asked.since is None or asked.before is None or asked.since < asked.before
        assert bool(asked.why) == bool(asked.since or asked.before)
