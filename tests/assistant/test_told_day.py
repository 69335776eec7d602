"""The day of a photo in what is said about it: only where the words say that the photo is of that day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from assistant.metadata.told_day import day_told


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("14th june 2022, our wedding in Graz. The vase was from Oma", "2022-06-14"),
        ("14 June 2022", "2022-06-14"),
        ("This is Milo at the lake, 14 June 2022.", "2022-06-14"),
        ("Milo at the lake on June 14, 2022", "2022-06-14"),
        ("Anna's birthday, 12 May 2022", "2022-05-12"),
        ("this photo is from 3 May 2019", "2019-05-03"),
        ("it was taken on 3 may 2019 in Rome", "2019-05-03"),
        ("that was on 3 May 2019", "2019-05-03"),
        ("that was the 3rd of may 2019", "2019-05-03"),
        ("14 june 2022, we got married", "2022-06-14"),
        ("on 14 June 2022 in Rome with Anna", "2022-06-14"),
        ("Our wedding in Graz on 14 June 2022", "2022-06-14"),
        ("This is Zuri. We were in Rome. It was 5 May 2020.", "2020-05-05"),
        ("Rome, 5.5.2020", "2020-05-05"),
        ("2019-05-03: the day of the flood", "2019-05-03"),
        ("Wedding of Lena and Marek, Saturday 14 June 2022", "2022-06-14"),
        ("me and Julia on the ferry, 2 aug 2018", "2018-08-02"),
        ("selfie from the 3rd of May 2019", "2019-05-03"),
        ("um this was taken the 14th of june 2022", "2022-06-14"),
        ("A tin of beer on the frozen lake, which I drank with Desmond on Boxing Day in 2021.", "2021-12-26"),
        ("Christmas Day 2020, all of us at the table", "2020-12-25"),
        ("This was taken by Leonard at Whitby on the 3rd of May 2019", "2019-05-03"),
        ("This photograph was taken in the garden on Good Friday 2018", "2018-03-30"),
    ],
)
def test_a_photo_is_of_the_day_that_is_said_of_it(words: str, day: str) -> None:
    told = day_told(words)
    assert told is not None and told.date().isoformat() == day


@pytest.mark.parametrize(
    "words",
    [
        "Fiona won the egg and spoon race and got this clock, on 14th june 2022",
        "Anna's birthday is on 12 May 2022",
        "We bought this vase on 14 June 2022",
        "bought 14 June 2022, cost 20 euros",
        "Replace the water every 6 months, last done 3 March 2026.",
        "filters changed 3 May 2019",
        "14 june 2022, we bought it in Graz",
        "she was born on 3 May 2019",
        "My backpack from my 9th birthday, 3 May 2001",
        "12 May",
        "we moved here on 1 May 2010",
        "Graz, 31 February 2020",
        "Dentist appointment, 12 May 2021",
        "The clock stopped on 3 May 2019",
        "party on 14 june 2022 and again on 15 june 2022",
        "This is Rex on 3 May 2030",
        "He died on 3 May 2019",
        "the 3rd of may 2019 was our last day together",
        "photo by Anna, 3 May 2019",
        "She was born on Christmas Day 1950",
        "Poppy came to tea yesterday.",
        "This is the dog that bit me yesterday",
        "I had it mended last Friday",
        "This is my new boat, bought last Friday",
        "This is Alfie, he was ill yesterday",
        "Bought in Whitby, taken to the menders last Monday",
        "Warranty until 3 May 2020",
    ],
)
def test_any_other_day_is_none_of_the_photo(words: str) -> None:
    assert day_told(words) is None


@pytest.mark.parametrize(
    ("words", "weekday"),
    [
        ("This one was taken on my lawn last Sunday when Poppy came to tea with us.", 6),
        ("This is Bramble in the garden last Sunday.", 6),
        ("this picture is from last Saturday evening", 5),
        ("That was last Friday.", 4),
    ],
)
def test_a_day_of_late_counts_where_the_photo_is_said_to_be_of_it(words: str, weekday: int) -> None:
    told = day_told(words)
    assert told is not None and told.weekday() == weekday
    assert timedelta(0) < date.today() - told.date() <= timedelta(14)
