"""Corrections in the words of people who notice a mistake: which words they mean, and what is changed."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.dialogue.taken_back import settled
from assistant.dialogue.word_corrections import corrected, correction_of
from memory.episode import Episode, Photo, Turn

TABLE = Path(__file__).parents[2] / "data" / "corrections.tsv"
WHEN = datetime(2026, 5, 2, 12, tzinfo=UTC)


def told(words: str) -> Episode:
    return Episode(Photo("x", b"", 1, 1), (Turn("user", words),), WHEN)


CLOCK = told("I bought this alarm clock in 2020, at the flea market in Ghent. It cost twelve euros.")
BOOTS = told("Those are Lenas boots, she wore them to her wedding with Marek.")
CAT = told("This is Shadow, he belongs to Carol.")


def test_two_ways_of_one_thing_are_of_one_kind() -> None:
    bear = told("my nephew sewed him in second grade, one eye is a button")
    wanted = correction_of("oops, third grade, not second grade")
    assert wanted and [new.words for _, new in corrected(wanted, [bear])] == [bear.words.replace("second", "third")]
    other = correction_of("in the garden, not in second grade")
    assert not other or not corrected(other, [bear])


def test_another_spelling_of_a_name_in_small_letters() -> None:
    bear = told("meet herr schmidt, won him at the fair")
    wanted = correction_of("actually his name is spelled Schmitt")
    assert wanted and [new.words for _, new in corrected(wanted, [bear])] == ["meet herr Schmitt, won him at the fair"]
    assert not corrected(wanted, [told("won him at the fair, a smile")])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("actually it was 2021 not 2020", "in 2021, at the"),
        ("its 2021, not 2020", "in 2021, at the"),
        ("sorry i meant Bruges not Ghent", "market in Bruges."),
        ("no, it was in Bruges, not in Ghent!", "market in Bruges."),
        ("please change Ghent to Bruges", "market in Bruges."),
        ("it cost fifteen euros, not twelve euros", "cost fifteen euros."),
        ("Her name is spelled Lehna", "Those are Lehnas boots"),
        ("his name isn't Marek, it's Marko", "wedding with Marko."),
        ("Nope. Marko with an o", "wedding with Marko"),
        ("Actually, I beg your pardon, he is called Sparky, not Shadow.", "This is Sparky,"),
        ("he belongs to Pat, not Carol", "he belongs to Pat."),
    ],
)
def test_right_words_take_the_place_of_wrong_ones(line: str, words: str) -> None:
    wanted = correction_of(line)
    assert wanted
    ((old, new),) = corrected(wanted, [CLOCK, BOOTS, CAT])
    assert words in new.words and words not in old.words
    assert len(new.words.split()) == len(old.words.split())


@pytest.mark.parametrize(
    ("line", "before", "after"),
    [
        ("actually it was lidl not aldi", "yellow clock from aldi, 9.99", "yellow clock from lidl, 9.99"),
        ("It was Lidl, not Aldi.", "yellow clock from aldi, 9.99", "yellow clock from Lidl, 9.99"),
        ("No, it was not in December, it was in January", "to the party in december.", "to the party in January."),
        ("it was 2017 i think", "a stray in 2016, behind the shop", "a stray in 2017, behind the shop"),
        ("no wait, it was fifteen euros", "12 euros, in 2020", "fifteen euros, in 2020"),
        ("no wait it was my 33rd birthday not 34th", "for my 34th birthday", "for my 33rd birthday"),
        ("it was fifteen euros not twelve", "cost twelve euros", "cost fifteen euros"),
        ("it was 2017", "a stray in 2016", ""),
        (
            "No, I tell a lie, it was her forty-first birthday party.",
            "her fortieth birthday",
            "her forty-first birthday",
        ),
        ("I beg your pardon, it was our 25th anniversary.", "our 24th anniversary", "our 25th anniversary"),
        (
            "No, wait a moment, it must have been 1957, for the war was over.",
            "in 1956, in Hong Kong",
            "in 1957, in Hong Kong",
        ),
        ("I was mistaken, it was nineteen pounds.", "I paid him eighteen pounds", "I paid him nineteen pounds"),
        ("On second thoughts, it was his third birthday.", "at his second birthday", "at his third birthday"),
        ("no sorry it was his right ear", "He lost his left ear in Cornwall", "He lost his right ear in Cornwall"),
        ("no, my younger brother", "it was my older brother's first bike", "it was my younger brother's first bike"),
        ("size 40 actually", "boots: size 39, bought in Milan", "boots: size 40, bought in Milan"),
        ("no, year five", "Sophie is in year four now", "Sophie is in year five now"),
        ("actually it was in June", "We got her in March from Leeds", "We got her in June from Leeds"),
        ("no, it was on Thursday", "the vet comes on Tuesday", "the vet comes on Thursday"),
        ("no, it's blue", "My red bag, from Rome", "My blue bag, from Rome"),
        ("hes 5 actually", "This is Max, he is 4 and loves cheese", "This is Max, he is 5 and loves cheese"),
        ("actually it's 7 and 5 now", "so we do it at 8 and 5. Half a tin", "so we do it at 7 and 5. Half a tin"),
        ("no fifteen minutes", "it loses about ten minutes a week", "it loses about fifteen minutes a week"),
        ("no, it loses 15 minutes", "it loses about ten minutes a week", "it loses about 15 minutes a week"),
        ("*Otis", "This is Ottis, my cat", "This is Otis, my cat"),
        ("Otis*", "This is Ottis, my cat", "This is Otis, my cat"),
        ("typo: Otis", "This is Ottis, my cat", "This is Otis, my cat"),
        ("sorry I meant Otis", "This is Ottis, my cat", "This is Otis, my cat"),
        ("it's spelled Otis with one t", "This is Ottis, my cat", "This is Otis, my cat"),
        ("*2018", "We got her in 2019 from Bern", "We got her in 2018 from Bern"),
        ("wrong year, 2018", "We got her in 2019 from Bern", "We got her in 2018 from Bern"),
        ("the year is wrong, it was 2018", "We got her in 2019 from Bern", "We got her in 2018 from Bern"),
        ("it should say 2018", "We got her in 2019 from Bern", "We got her in 2018 from Bern"),
        ("make that 2018", "We got her in 2019 from Bern", "We got her in 2018 from Bern"),
        ("that was 2018, my mistake", "We got her in 2019 from Bern", "We got her in 2018 from Bern"),
        ("can you change Bern to Basel?", "We got her in 2019 from Bern", "We got her in 2019 from Basel"),
        ("40 euros actually", "paid 30 euros for it", "paid 40 euros for it"),
        ("no it was 40", "paid 30 for it at the fair", "paid 40 for it at the fair"),
        ("sorry 6pm", "dinner at 5pm", "dinner at 6pm"),
        ("no, at 6", "dinner at 5", "dinner at 6"),
        ("every monday, not tuesday", "bin day is tuesday", "bin day is monday"),
        ("aunt, not cousin", "This is Ria, my cousin", "This is Ria, my aunt"),
        ("she's a beagle, not a corgi", "This is Maya, a corgi", "This is Maya, a beagle"),
        ("she isn't a corgi, she's a beagle", "This is Maya, a corgi", "This is Maya, a beagle"),
        ("that's a dog, not a cat", "This is Momo, my cat", ""),
        ("that's not a cat, it's a dog", "This is Momo, my cat", ""),
        ("that's my aunt, not my cousin", "This is Ria, my cousin", ""),
        ("I meant Momo", "This is Ria, my cousin", ""),
        ("he is 5 actually", "This is Max, he has 2 brothers", ""),
        ("sorry it was June", "We got her in March, first seen in April", ""),
        ("it was in March", "we got her in June", ""),
        ("no that's right", "He lost his left ear", ""),
        ("no way it was blue", "the red one", ""),
        ("it was her forty-first birthday party.", "at her fortieth birthday party", ""),
        ("No, it was her first love.", "her second husband", ""),
        ("no it was 2017", "in 2015, not in 2016", ""),
        ("no, it was a shame", "what a shame, a mess", ""),
        ("it was heavy not old", "the old clock from aldi", ""),
    ],
)
def test_small_letters_and_the_only_number(line: str, before: str, after: str) -> None:
    wanted = correction_of(line)
    assert [new.words for _, new in corrected(wanted, [told(before)])] == [after] if after else True
    assert after or wanted is None or not corrected(wanted, [told(before)])


def test_corrections_from_a_table() -> None:
    """As people type them: what is right before or behind its "sorry", with what it takes the place of or without."""
    rows = [row.split("\t") for row in TABLE.read_text(encoding="utf-8").splitlines() if not row.startswith("#")]
    wrong = {}
    for before, line, after in rows:
        wanted = correction_of(line)
        found = [new.words for _, new in corrected(wanted, [told(before)])] if wanted else []
        if found != [after] * bool(after):
            wrong[line, before] = found
    assert len(rows) > 80 and not wrong


@pytest.mark.parametrize(
    "line",
    [
        "That's Snow, not Shadow",
        "Not Shadow, it's Snow",
        "That's not Shadow, it's Snow",
        "this is not Shadow, it's Snow",
        "it was three days, not two",
        "he is not friendly",
        "Pepper is not a border collie, she's an aussie",
        "We went to Ghent, not far from Bruges",
        "was it 2021 and not 2020?",
        "I meant the other one",
        "the name is written on the back",
        "not bad for twelve euros",
    ],
)
def test_other_lines_change_no_words(line: str) -> None:
    wanted = correction_of(line)
    assert wanted is None or corrected(wanted, [CLOCK, BOOTS, CAT]) == []


@pytest.mark.parametrize(
    "words",
    [
        "not a ",
        "it's a ",
        "no, from ",
        "the code ",
        "pls ",
        "wrong city, ",
        "wrong ",
        "the wrong ",
        "make that ",
        "it should be ",
        "no, ",
        "wrong year, ",
    ],
)
def test_one_word_again_and_again_is_read_at_once(words: str) -> None:
    """A pattern that reads "wrong wrong" in two ways took minutes for 200 characters."""
    began = time.process_time()
    assert correction_of((words * 70)[:199]) is None
    assert time.process_time() - began < 1


def test_where_several_memories_have_the_words_none_is_chosen() -> None:
    wanted = correction_of("change Ghent to Bruges")
    assert wanted and len(corrected(wanted, [CLOCK, told("The canal in Ghent.")])) == 2


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("I bought it in 2019, no wait, 2020, at the market", "I bought it in 2020, at the market"),
        ("got it for 60, sorry, 80 euros", "got it for 80 euros"),
        ("We met on Monday, sorry, Tuesday", "We met on Tuesday"),
        ("with Tom, I mean Tim", "with Tim"),
        ("We were with Anna, no Tom here", "We were with Anna, no Tom here"),
        ("He has 2 sons, no daughters", "He has 2 sons, no daughters"),
        ("I saw Anna. Sorry, Tom was late", "I saw Anna. Sorry, Tom was late"),
    ],
)
def test_what_a_sentence_takes_back_at_once_is_not_kept(line: str, kept: str) -> None:
    assert settled(line) == kept
