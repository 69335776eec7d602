"""Days that words tell from the day of their telling: which phrases do, which days they mean, and what finds them."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from memory import browse
from memory.episode import Episode, Turn
from memory.naming.lists import photo_lists
from memory.naming.lists.list_requests import request
from memory.relative_days import dated_words, relative_days, told_of_edit, with_days
from memory.search import told_times
from memory.store import Memory
from memory.times.time_phrases import TimeQuery
from tests.support.encoded import named_by_bytes

TOLD = date(2026, 5, 12)
"""A Tuesday."""
NOW = datetime(2026, 5, 20, 12).astimezone()
DAY = timedelta(days=1)


MEANT = (
    ("Last Saturday we took Bolt to the lake.", "Last Saturday", "9 May 2026"),
    ("we took bolt to the lake yesterday", "yesterday", "11 May 2026"),
    ("He said that last Saturday night they danced", "last Saturday night", "9 May 2026"),
    ("The day before yesterday she called", "The day before yesterday", "10 May 2026"),
    ("This morning he ate my shoe", "This morning", "12 May 2026"),
    ("last night he barked", "last night", "11 May 2026"),
    ("She is well today.", "today", "12 May 2026"),
    ("He lost a tooth three days ago.", "three days ago", "9 May 2026"),
    ("two weeks ago he broke his paw", "two weeks ago", "about 27 April to 3 May 2026"),
    ("a year ago we got him", "a year ago", "about 2025"),
    ("A year ago today we got him", "A year ago today", "12 May 2025"),
    ("It was great last week", "last week", "4 to 10 May 2026"),
    ("the week before last we were in Graz", "the week before last", "27 April to 3 May 2026"),
    ("We were in Rome last month", "last month", "April 2026"),
    ("last summer in Rome", "last summer", "June to August 2025"),
    ("in the summer of last year", "last year", "2025"),
    ("last year in May we met", "last year", "2025"),
    ("grandma gave it to me last christmas", "last christmas", "24 to 26 December 2025"),
    ("Last May we met", "Last May", "May 2025"),
    ("On Saturday we took him to the lake", "Saturday", "9 May 2026"),
    ("This weekend we were at the sea", "This weekend", "9 to 10 May 2026"),
    ("Yesterday was his birthday", "Yesterday", "11 May 2026"),
    ("Tomorrow he goes to the vet", "Tomorrow", "13 May 2026"),
    ("his party's next week", "next week", "18 to 24 May 2026"),
    ("Next Friday is his check-up.", "Next Friday", "told on 12 May 2026"),
    ("We got him the other day", "the other day", "told on 12 May 2026"),
    ("On Saturday he has his party", "Saturday", "told on 12 May 2026"),
    ("this weekend we go to the sea", "this weekend", "told on 12 May 2026"),
    ("this summer we go to Spain", "this summer", "told on 12 May 2026"),
    ("last March we met", "last March", "told on 12 May 2026"),
    ("last Monday he was ill", "last Monday", "told on 12 May 2026"),
    ("About three years ago we found him", "three years ago", "told on 12 May 2026"),
    ("a few weeks ago he was ill", "a few weeks ago", "told on 12 May 2026"),
    ("two or three weeks ago he ran off", "three weeks ago", "told on 12 May 2026"),
    ("an hour ago he fell", "an hour ago", "told on 12 May 2026"),
    ("He recently had a bath", "recently", "told on 12 May 2026"),
    ("we walked last evening", "last evening", "11 May 2026"),
    ("he slept this afternoon", "this afternoon", "12 May 2026"),
    ("this year we met", "this year", "2026"),
    ("this Saturday we swam", "this Saturday", "9 May 2026"),
    ("the weekend before last we swam", "the weekend before last", "2 to 3 May 2026"),
    ("yesterday, of course, he won", "yesterday", "11 May 2026"),
    ("the day after tomorrow he goes", "the day after tomorrow", "14 May 2026"),
    ("a year ago today's shop opened", "a year ago", "about 2025"),
    ("She said that tomorrow it rains", "tomorrow", "told on 12 May 2026"),
    ("We decided that on Saturday he will swim", "Saturday", "told on 12 May 2026"),
    ("next weekend we swim", "next weekend", "told on 12 May 2026"),
    ("next summer we swim", "next summer", "told on 12 May 2026"),
    ("he is slow lately", "lately", "told on 12 May 2026"),
    ("he came years ago", "years ago", "told on 12 May 2026"),
    ("he came several moons ago", "several moons ago", "told on 12 May 2026"),
    ("a couple of days ago he ran", "a couple of days ago", "told on 12 May 2026"),
    ("half a year ago he ran", "half a year ago", "told on 12 May 2026"),
)


@pytest.mark.parametrize(("words", "phrase", "days"), MEANT)
def test_the_days_that_a_phrase_means(words: str, phrase: str, days: str) -> None:
    """Where people mean different days by a phrase, only the day of the telling is said."""
    (found,) = relative_days(words, TOLD)
    assert (found.text, found.mention) == (phrase, days)
    assert with_days(words, TOLD) == words.replace(phrase, f"{phrase} ({days})")
    assert (found.days is None) == days.startswith("told")


@pytest.mark.parametrize(
    "words",
    [
        "This is last year's model.",
        "We danced to Yesterday by the Beatles",
        "Yesterday is her favourite song.",
        'She sang "yesterday" all day',
        "we saw the film Last Summer",
        "our band played last summer's hit, the song last christmas",
        "We danced to Last Christmas",
        "They played yesterday by the Beatles",
        "This spring is broken",
        "a yesterday-ish look",
        "my last year at school",
        "last week of May we met",
        "Every Saturday we go swimming",
        "On Saturdays we eat roast",
        "every last Saturday",
        "This is from Saturday's market",
        "Sunday roast at Nan's",
        "April and May are my cousins",
        "This may be his walk",
        "our last summer together",
        "Anna's last Christmas",
        "The last Saturday of May",
        "last week in May we met",
        "Last Saturday, 9 May 2026, we met",
        "the next week he was well",
        "last time he was there",
        "He brought a ball back.",
        "We took him there in 2015",
        "Anna's birthday is on 12 May.",
    ],
)
def test_what_tells_no_time_from_a_day_on(words: str) -> None:
    assert relative_days(words, TOLD) == []


@pytest.mark.parametrize(
    ("told", "words", "days"),
    [
        (date(2026, 5, 15), "last Wednesday we met", None),  # a Friday: of this week, or of that before
        (date(2026, 5, 16), "last Saturday we met", date(2026, 5, 9)),
        (date(2026, 5, 16), "on Saturday we met", None),
        (date(2026, 5, 17), "last week we met", None),  # a Sunday, on which a week begins, or ends
        (date(2026, 5, 17), "next week we meet", None),
        (date(2026, 5, 16), "this weekend we are at the sea", date(2026, 5, 16)),
        (date(2026, 10, 12), "last summer we met", None),
        (date(2026, 10, 12), "this summer we met", date(2026, 6, 1)),
        (date(2027, 1, 2), "yesterday we met", date(2027, 1, 1)),
        (date(2024, 2, 28), "tomorrow we meet", date(2024, 2, 29)),
        (date(2026, 12, 12), "next month we meet", date(2027, 1, 1)),
        (date(2026, 12, 12), "next year we meet", date(2027, 1, 1)),
    ],
)
def test_what_is_certain_depends_on_the_day_of_telling(told: date, words: str, days: date | None) -> None:
    (found,) = relative_days(words, told)
    assert (found.days and found.days[0]) == days


def test_each_time_gets_its_day_once() -> None:
    text = with_days("Last week he won. It was last week, and today he rests.", TOLD)
    assert text == "Last week (4 to 10 May 2026) he won. It was last week, and today (12 May 2026) he rests."


def episode(n: int, words: str, told: date | None, day: date | None = None) -> Episode:
    """An episode told at noon; of an unknown day, or of a day of its own."""
    at = datetime(told.year, told.month, told.day, 12).astimezone() if told else NOW
    when = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) if day else at
    return Episode(named_by_bytes(n), (Turn("user", words),), when, day=day, told=told and at)


LAKE, MOUSE = "Last Saturday we took Bolt to the lake.", "Minka caught a mouse yesterday."
PARK, VET = "Bolt in the park", "The vet saw him yesterday."


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    memory = Memory(tmp_path / "memory.db")
    memory.add_all(
        [
            episode(0, LAKE, TOLD),
            episode(1, MOUSE, TOLD, date(2024, 1, 1)),
            episode(2, PARK, TOLD, date(2026, 5, 9)),
            episode(3, VET, None),
        ]
    )
    return memory


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("9 May 2026", {LAKE, PARK}),
        ("last week", {MOUSE}),
        ("the week before last", {LAKE, PARK}),
        ("11 May", {MOUSE}),
        ("this month", {LAKE, MOUSE, PARK}),
        ("what did we do on 9 May with Bolt", {LAKE, PARK}),
        ("when did Minka catch something on 11 May", {MOUSE}),
        ("12 May 2026", set()),  # the day of the telling
        ("the vet on 11 May 2026", {VET}),  # told on a day that nobody knows
    ],
)
def test_a_search_for_a_time_finds_what_was_told_of_it(memory: Memory, asked: str, found: set[str]) -> None:
    assert sorted(memory.get(one.id).words for one in browse.search(memory, asked, NOW).entries) == sorted(found)


def test_the_reason_says_which_words_told_of_the_time(memory: Memory) -> None:
    (hit,) = [one for one in memory.search("what did we do on 11 May 2026?", now=NOW)]
    assert hit.why == "you said 'yesterday' (11 May 2026)" and hit.episode.day == date(2024, 1, 1)
    by_day = [one.why for one in memory.search("on 9 May 2026", now=NOW)]
    assert sorted(by_day) == ["from 9 May 2026", "you said 'Last Saturday' (9 May 2026)"]
    by_words = {one.episode.words: one.why for one in memory.search("Bolt on 9 May 2026", now=NOW)}
    assert by_words[LAKE] == "you said 'Bolt', you said 'Last Saturday' (9 May 2026)"
    memory.add(episode(4, "Today Bolt swam.", TOLD, TOLD))
    assert [one.why for one in memory.search("on 12 May 2026", now=NOW)] == ["from 12 May 2026"], "the day is the surer"


def test_the_first_time_is_by_the_day_of_the_photo(memory: Memory) -> None:
    found = memory.search("the first time with Minka or Bolt in May 2026", now=NOW)
    assert [one.episode.words for one in found if one.why.endswith("the first time")] == [PARK]


@pytest.mark.parametrize("words", [words for words, _, days in MEANT if not days.startswith("told")])
def test_each_phrase_with_days_is_found_by_them(tmp_path: Path, words: str) -> None:
    (told,) = relative_days(words, TOLD)
    assert told.days
    memory = Memory(tmp_path / "memory.db")
    memory.add(episode(0, words, TOLD, date(2001, 1, 1)))
    part = told.days[1] - told.days[0] > timedelta(days=1) and TimeQuery("", told.days[0], told.days[0] + DAY, "a day")
    with memory.transaction() as db:
        assert told_times.of_all(db, TimeQuery("", *told.days, "its time"))
        assert not part or not told_times.of_all(db, part), "a day of it may not be the one that was meant"


def test_what_is_done_is_listed_by_what_was_told_and_photos_by_their_day(memory: Memory) -> None:
    def listed(text: str) -> set[str]:
        wanted = request(text, NOW)
        assert wanted
        return {memory.get(one.id).words for one in photo_lists.listed(memory, wanted)}

    assert listed("what did we do on 9 May?") == {LAKE, PARK}
    assert listed("photos from 9 May") == {PARK}
    assert memory.between(date(2026, 5, 11), date(2026, 5, 12)) == [], "nothing is forgotten by days in its words"


def test_the_time_asked_for_may_have_no_limit(memory: Memory) -> None:
    with memory.transaction() as db:
        for since, before in ((None, date(2026, 5, 10)), (date.min, date(2026, 5, 10)), (date(2026, 5, 9), None)):
            assert told_times.of_all(db, TimeQuery("", since, before, "a time")), (since, before)


def test_words_are_shown_with_their_days() -> None:
    assert dated_words(episode(0, LAKE, TOLD)) == "Last Saturday [9 May 2026] we took Bolt to the lake."
    assert dated_words(episode(0, VET, None)) == VET, "nobody knows when it was told"
    soon = episode(0, "Next Friday is his check-up.", TOLD)
    assert dated_words(soon) == "Next Friday [told on 12 May 2026] is his check-up."
    assert dated_words(soon, only_known=True) == soon.words


@pytest.mark.parametrize(
    ("words", "day", "known"),
    [
        ("Last Saturday we took Bolt to the sea.", 20, True),
        ("We took Bolt to the lake.", 20, True),
        ("Last Sunday we took Bolt to the lake.", 20, False),
        ("Last Sunday we took Bolt to the lake.", 12, True),
    ],
)
def test_words_edited_on_another_day_count_from_a_day_that_nobody_knows(words: str, day: int, known: bool) -> None:
    old = episode(0, LAKE, TOLD)
    assert told_of_edit(old, words, TOLD.replace(day=day)) == (old.told if known else None)
    assert told_of_edit(episode(0, LAKE, None), words) is None


def test_a_search_among_many_memories_takes_no_time(tmp_path: Path) -> None:
    memory, first = Memory(tmp_path / "memory.db"), date(2018, 1, 1)
    memory.add_all(episode(n, f"Yesterday we met, {n}", first + timedelta(days=n)) for n in range(3000))
    began = time.process_time()
    (found,) = memory.search("what did we do on 9 May 2024?", now=NOW)
    assert found.episode.words.endswith(f", {(date(2024, 5, 10) - first).days}")
    assert time.process_time() - began < 2, "seconds of the processor"
