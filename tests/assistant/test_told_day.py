"""The day of a photo in what is said about it: only where the words say that the photo is of that day."""

from __future__ import annotations

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
        "Warranty until 3 May 2020",
    ],
)
def test_any_other_day_is_none_of_the_photo(words: str) -> None:
    assert day_told(words) is None
