"""Times as they are typed: shortened, mistyped, in numbers, excluded; what is shown are the words of the user."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from memory.times.time_phrases import given_days, parse
from memory.times.time_spelling import spelled
from tests.support.day_ranges import days
from tests.support.local_clock import in_rome

__all__ = ["in_rome"]
pytestmark = pytest.mark.usefixtures("in_rome", "own_home")

ASKED = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        # names as people type them
        ("on xmas eve 2021", "2021-12-24 .. 2021-12-24"),
        ("NYE 2022", "2022-12-31 .. 2022-12-31"),
        ("over New Year's 2021", "2020-12-31 .. 2021-01-01"),
        ("on mothers day 2023", "2023-03-19 .. 2023-03-19"),
        ("on Valentine's 2020", "2020-02-14 .. 2020-02-14"),
        ("last chrismas", "2025-12-24 .. 2025-12-26"),
        ("in Febuary 2022", "2022-02-01 .. 2022-02-28"),
        ("in octobre 2022", "2022-10-01 .. 2022-10-31"),
        ("last yr", "2025-01-01 .. 2025-12-31"),
        ("3 mths ago", "2026-08-01 .. 2026-08-31"),
        ("a couple weeks ago", "2026-11-09 .. 2026-11-15"),
        ("last tues", "2026-11-24 .. 2026-11-24"),
        ("yday", "2026-11-27 .. 2026-11-27"),
        ("the summer of 69", "1969-06-01 .. 1969-08-31"),
        ("in Oct 22", "2022-10-01 .. 2022-10-31"),
        ("in Dec-2019", "2019-12-01 .. 2019-12-31"),
        ("in dec2019", "2019-12-01 .. 2019-12-31"),
        ("jan-mar 2022", "2022-01-01 .. 2022-03-31"),
        # days and months in numbers
        ("on 20230704", "2023-07-04 .. 2023-07-04"),
        ("on 2023/07/04", "2023-07-04 .. 2023-07-04"),
        ("2022-08-17T10:30", "2022-08-17 .. 2022-08-17"),
        ("in 07/2023", "2023-07-01 .. 2023-07-31"),
        ("on 31-12-2019", "2019-12-31 .. 2019-12-31"),
        ("on 31.12.19", "2019-12-31 .. 2019-12-31"),
        ("17aug2022", "2022-08-17 .. 2022-08-17"),
        ("Sun 5 May 2019", "2019-05-05 .. 2019-05-05"),
        ("1/5/2023 - 10/5/2023", "2023-05-01 .. 2023-05-10"),
        ("Tuesday the 3rd of March", "2026-03-03 .. 2026-03-03"),
        # several days, weekdays, decades, years
        ("between the 3rd and the 7th of August 2022", "2022-08-03 .. 2022-08-07"),
        ("on 3 or 4 August 2022", "2022-08-03 .. 2022-08-04"),
        ("on 3, 4 and 5 August 2022", "2022-08-03 .. 2022-08-05"),
        ("on 3/4 August 2022", "2022-08-03 .. 2022-08-04"),
        ("on August 3rd or 4th 2022", "2022-08-03 .. 2022-08-04"),
        ("Fri 3 - Sun 5 May 2024", "2024-05-03 .. 2024-05-05"),
        ("17.–19. August 2022", "2022-08-17 .. 2022-08-19"),
        ("with 3 or 4 dogs in May 2020", "2020-05-01 .. 2020-05-31"),
        ("from Friday to Sunday", "2026-11-20 .. 2026-11-22"),
        ("Monday or Tuesday last week", "2026-11-16 .. 2026-11-17"),
        ("in the 70's and 80's", "1970-01-01 .. 1989-12-31"),
        ("2019/2020", "2019-01-01 .. 2020-12-31"),
        ("'98 or '99", "1998-01-01 .. 1999-12-31"),
        ("2020, 2021, 2022", "2020-01-01 .. 2022-12-31"),
        ("in 2019, or was it 2020?", "2019-01-01 .. 2020-12-31"),
        ("3.-5.3.2021", "2021-03-03 .. 2021-03-05"),
        ("3.3.-5.3.2021", "2021-03-03 .. 2021-03-05"),
        ("from the 3rd of March 2021 until the 5th", "2021-03-03 .. 2021-03-05"),
        ("1.5.-3.5.2019", "2019-05-01 .. 2019-05-03"),
        ("in nineteen eighty-four", "1984-01-01 .. 1984-12-31"),
        ("third of May two thousand and nineteen", "2019-05-03 .. 2019-05-03"),
        ("two thousand people in twenty ten", "2010-01-01 .. 2010-12-31"),
        # how long ago
        ("twenty five years ago", "2001-01-01 .. 2001-12-31"),
        ("1.5 years ago", "2025-05-01 .. 2025-05-31"),
        ("2-3 years ago", "2023-01-01 .. 2024-12-31"),
        ("a year or two ago", "2024-01-01 .. 2025-12-31"),
        ("between two and four years ago", "2022-01-01 .. 2024-12-31"),
        ("ten years and three months ago", "2016-08-01 .. 2016-08-31"),
        ("about three years ago", "2022-01-01 .. 2024-12-31"),
        ("a decade ago", "2015-01-01 .. 2017-12-31"),
        ("more than two years ago", " .. 2024-12-31"),
        ("less than a year ago", "2025-01-01 .. "),
        ("3 sundays ago", "2026-11-08 .. 2026-11-08"),
        ("two weekends ago", "2026-11-14 .. 2026-11-15"),
        ("the Sunday before last", "2026-11-15 .. 2026-11-15"),
        ("in the last two summers", "2025-06-01 .. 2026-08-31"),
        # the last week is none of the calendar
        ("in the last week", "2026-11-21 .. 2026-11-28"),
        ("over the past year", "2025-11-28 .. 2026-11-28"),
        ("this past month", "2026-10-28 .. 2026-11-28"),
        ("in the last decade", "2016-11-28 .. 2026-11-28"),
        ("last week", "2026-11-16 .. 2026-11-22"),
        ("last quarter", "2026-07-01 .. 2026-09-30"),
        ("in the last quarter of 2020", "2020-10-01 .. 2020-12-31"),
        # words that limit
        ("not before 2019", "2019-01-01 .. "),
        ("no later than May 2020", " .. 2020-05-31"),
        ("prior to 2015", " .. 2014-12-31"),
        ("pre-2015", " .. 2014-12-31"),
        ("up to 2018", " .. 2018-12-31"),
        ("by the end of May 2020", " .. 2020-05-31"),
        ("after the beginning of 2020", "2020-01-01 .. "),
        ("beginning in 2021", "2021-01-01 .. "),
        ("2015 or later", "2015-01-01 .. "),
        ("2015 or earlier", " .. 2015-12-31"),
        ("in or after 2015", "2015-01-01 .. "),
        ("since around 2015", "2015-01-01 .. "),
        ("from 2019 to now", "2019-01-01 .. 2026-11-28"),
        ("from 2019 up to and including 2021", "2019-01-01 .. 2021-12-31"),
        ("2018 onwards", "2018-01-01 .. "),
        ("in 2012 or so", "2011-01-01 .. 2013-12-31"),
        ("~2012", "2011-01-01 .. 2013-12-31"),
        ("newer than 2018", "2019-01-01 .. "),
        ("older than two years", " .. 2024-12-31"),
        ("what were we up to in 2020", "2020-01-01 .. 2020-12-31"),
        ("in 2010 at the latest", " .. 2010-12-31"),
        ("in 2010 at the earliest", "2010-01-01 .. "),
        ("before the mid 90s", " .. 1999-12-31"),
        ("2010 & later", "2010-01-01 .. "),
        ("2014-05-03/2014-05-06", "2014-05-03 .. 2014-05-06"),
        ("the Sat before Easter 2020", "2020-04-11 .. 2020-04-11"),
        ("photos since we got Milo in 2017", "2017-01-01 .. "),
        ("before we moved in 2016", " .. 2016-12-31"),
        ("after Ben came in May 2020", "2020-05-01 .. "),
        ("after lunch in 2016", "2016-01-01 .. 2016-12-31"),
        ("late 90s or early 2000s", "1996-01-01 .. 2003-12-31"),
        ("in his late 80s", " .. "),
        ("Mon-Wed 5-7 Oct 2020", "2020-10-05 .. 2020-10-07"),
        # which Sunday, which week, which feast
        ("the first Sunday of May 2024", "2024-05-05 .. 2024-05-05"),
        ("the last Friday of October 2025", "2025-10-31 .. 2025-10-31"),
        ("on the last day of May 2022", "2022-05-31 .. 2022-05-31"),
        ("the week of 5 May 2023", "2023-05-01 .. 2023-05-07"),
        ("the week of Christmas 2021", "2021-12-20 .. 2021-12-26"),
        ("Thanksgiving weekend 2022", "2022-11-24 .. 2022-11-27"),
        ("over the Easter weekend 2022", "2022-04-15 .. 2022-04-18"),
        ("winter 21/22", "2021-12-01 .. 2022-02-28"),
        ("the day after Christmas 2020", "2020-12-26 .. 2020-12-26"),
        ("on Palm Sunday", "2026-03-29 .. 2026-03-29"),
        ("on Ash Wednesday 2024", "2024-02-14 .. 2024-02-14"),
        ("on Black Friday 2023", "2023-11-24 .. 2023-11-24"),
        ("the 2nd quarter of 2022", "2022-04-01 .. 2022-06-30"),
        ("in H1 2023", "2023-01-01 .. 2023-06-30"),
        ("in the 1900s", "1900-01-01 .. 1999-12-31"),
        ("in the early 1900s", "1900-01-01 .. 1939-12-31"),
        ("in the second half of the 1900s", "1950-01-01 .. 1999-12-31"),
        ("last summer or the one before", "2025-06-01 .. 2026-08-31"),
        ("in the summer of the 90s", "1990-06-01 .. 1999-08-31"),
        # a year that stands elsewhere
        ("at Christmas with Anna, 2019", "2019-12-24 .. 2019-12-26"),
        ("in summer at the lake 2021", "2021-06-01 .. 2021-08-31"),
        ("in the summer holidays 2019", "2019-06-01 .. 2019-08-31"),
        ("in May next year", "2027-05-01 .. 2027-05-31"),
        # what is excluded, what nobody can know, what is no time
        ("photos not in 2023", " .. "),
        ("everything except 2023", " .. "),
        ("no photos from 2021", " .. "),
        ("which ones weren't taken in 2021", " .. "),
        ("in 2023 but not in summer", "2023-01-01 .. 2023-12-31"),
        ("in 2024, just not in May or June", "2024-01-01 .. 2024-12-31"),
        ("2021 or 2022, but not in May", "2021-01-01 .. 2022-12-31"),
        ("in the summer we moved", " .. "),
        ("at the Christmas when the dog ate the goose", " .. "),
        ("in the spring Tom left for Oslo", " .. "),
        ("years ago in May", " .. "),
        ("in May of the same year", " .. "),
        ("in summer with 2019 sheep around", " .. "),
        ("at 2000 m", " .. "),
        ("in 2000 pieces", " .. "),
        ("with May in 2020", "2020-01-01 .. 2020-12-31"),
        ("did we march in 2018", "2018-01-01 .. 2018-12-31"),
        ("lunch on sun deck", " .. "),
        ("not only in 2021", " .. "),
        ("neither in 2020 nor in 2021", " .. "),
        ("in 2020 apart from August", "2020-01-01 .. 2020-12-31"),
        ("photos that are not from in 2023", " .. "),
        ("instead of 2020", " .. "),
        ("at the Christmas market", " .. "),
        ("at the Christmas market in 2019", "2019-01-01 .. 2019-12-31"),
        ("in the summer house", " .. "),
        ("the last Christmas with grandpa", " .. "),
        ("the last Christmas", "2025-12-24 .. 2025-12-26"),
        ("in the summer months", "2026-06-01 .. 2026-08-31"),
        ("on Christmas Island in 2019", "2019-01-01 .. 2019-12-31"),
        ("at Spring Street in 2019", "2019-01-01 .. 2019-12-31"),
        ("in May's kitchen", " .. "),
        ("the second to last week of May 2021", "2021-05-01 .. 2021-05-31"),
    ],
)
def test_times_are_read_as_they_are_typed(monkeypatch: pytest.MonkeyPatch, text: str, meant: str) -> None:
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    assert days(parse(text, ASKED)) == meant


@pytest.mark.parametrize(
    ("text", "why", "words"),
    [
        ("photos from NYE 2022", "from NYE 2022 (31 December 2022)", "photos "),
        ("with Ben about 3 yrs ago, at sea", "around 3 yrs ago (2022 to 2024)", "with Ben , at sea"),
        ("up to and including May 2020 please", "until May 2020 (until 31 May 2020)", " please"),
        ("lake in 2023 but not in summer", "from 2023, except summer", "lake "),
        ("in 2024 with Ben, except in May", "from 2024, except May", " with Ben, "),
        ("lake, not in 2023", "", "lake, not in 2023"),
        ("Thurs 12 Nov 2020, Dr Wedd", "from Thurs 12 Nov 2020 (12 November 2020)", ", Dr Wedd"),
        ("my thre yrs old in sptember", "from sptember (September 2026)", "my thre yrs old "),
        ("xmas jumper, a couple dogs, 3 or 4", "", "xmas jumper, a couple dogs, 3 or 4"),
    ],
)
def test_the_words_shown_are_those_that_were_typed(text: str, why: str, words: str) -> None:
    asked = parse(text, ASKED)
    assert (asked.why, asked.words) == (why, words)


def test_the_summer_of_two_years_begins_where_summer_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    assert days(parse("summer 2022/23", ASKED)) == "2022-06-01 .. 2023-08-31"
    monkeypatch.setattr("memory.times.calendar_names.southern", lambda: True)
    assert days(parse("summer 2022/23", ASKED)) == "2022-12-01 .. 2023-02-28"
    assert days(parse("in the winter of 21/22", ASKED)) == "2021-06-01 .. 2022-08-31"


def test_what_is_forgotten_is_no_guess() -> None:
    """A day that is given to forget by is understood whole, or refused."""
    for text in ("about 2012", "not 2023", "2012 or later", "2012 or so", "the summer we moved"):
        with pytest.raises(ValueError, match="is not a day"):
            given_days(text, ASKED)


def test_every_letter_keeps_its_place() -> None:
    for text in (
        "on xmas-eve 2021 we had 3, 4 or 5 guests",
        "twenty-five yrs ago",
        "the years 2019/2020 and 17aug2022",
    ):
        found = spelled(text)
        assert len(found.text) == len(found.starts) == len(found.ends) and found.typed == text
        assert found.place(0, len(found.text)) == (0, len(text)) and list(found.starts) == sorted(found.starts)
