"""What somebody is called is found in the many ways of telling it, and a name counts for all memories of its photo."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from assistant.grounding.quotes.named_beside import asked_of
from assistant.grounding.quotes.naming import asks_for_name, called, introduces, tells_name
from assistant.grounding.quotes.pick import photo_day, pick
from assistant.grounding.quotes.quotation import Quotable
from assistant.grounding.quotes.reading import Reading
from memory.episode import Episode, Photo, Turn

DOG = "This is my dear old dog Bramble, a Border Collie, on the lane behind our house."


@pytest.mark.parametrize(
    "question",
    [
        "What does Poppy call the bear?",
        "What is the bear called?",
        "What is the harbourmaster's dog called?",
        "what's the name of my boat",
        "What did my wife christen the boat?",
        "By what name does Poppy know the bear?",
        "What has Alfie named his monster?",
        "What are the names of the twins?",
        "How was the old boat known?",
        "What does the tom answer to?",
    ],
)
def test_questions_for_a_name(question: str) -> None:
    assert asks_for_name(question)


@pytest.mark.parametrize(
    "question",
    [
        "When did Poppy call?",
        "Who named him?",
        "Who called the doctor?",
        "Why is he called Bear?",
        "What did he call out?",
        "What is she called for?",
        "Where is his name written?",
    ],
)
def test_other_questions_with_such_words(question: str) -> None:
    told = Episode(Photo("x", b"", 1, 1), (Turn("user", DOG),), datetime(2026, 5, 2, tzinfo=UTC))
    readings = {told.id: Reading(0, 4, -6.0)}
    assert pick(question, [Quotable(told, None, "sure", True)], readings, silent=True) is None


@pytest.mark.parametrize(
    "line",
    [
        "This bear belongs to Poppy, who calls him Old Humphrey.",
        "He has named it Mister Grumble.",
        "She was christened Molly by my late wife.",
        "He answers to Marmalade.",
        "He goes by the name of Captain.",
        "This little white fellow is Morty, he belongs to the harbourmaster.",
        "I keep my boat, the Kittiwake, at Whitby.",
        "We know her as the lady known as Tibby.",
        "Her name is Rosalind.",
        "She played in that dreadful skiffle band, the Marsh Hens.",
    ],
)
def test_sentences_that_tell_a_name(line: str) -> None:
    assert tells_name(line)


@pytest.mark.parametrize(
    "line", ["I called the doctor.", "He is afraid of thunder.", "She was named in the will.", "It belongs to Poppy."]
)
def test_sentences_that_tell_none(line: str) -> None:
    assert not tells_name(line)


@pytest.mark.parametrize(
    ("words", "question", "quoted"),
    [
        (
            "This bear belongs to my granddaughter Poppy, who calls him Old Humphrey.",
            "What does Poppy call the bear?",
            "Old Humphrey",
        ),
        (
            "This little fellow is Morty, he belongs to the harbourmaster.",
            "What is the harbourmaster's dog called?",
            "is Morty",
        ),
        ("It is my sister-in-law's corgi, Duchess, in the park.", "Whose dog is Duchess?", "sister-in-law's corgi"),
        ("It is my sister-in-law's corgi, Duchess, in the park.", "To whom does Duchess belong?", "sister-in-law's"),
        ("He is the tom next door and answers to Marmalade.", "What is Alfie's sister called?", ""),
        ("The vase came from Japan.", "What did my aunt call the vase?", ""),
        ("It stands in the hall.", "Whose clock is Duchess?", ""),
    ],
)
def test_a_name_and_an_owner_are_quoted_though_the_reader_is_not_sure(words: str, question: str, quoted: str) -> None:
    told = Episode(Photo("x", b"", 1, 1), (Turn("user", words),), datetime(2026, 5, 2, tzinfo=UTC))
    found = pick(question, [Quotable(told, None, "sure", True)], {told.id: Reading(0, 4, -5.0)}, silent=True)
    assert quoted in found.text if found and quoted else found is None and not quoted


@pytest.mark.parametrize(
    ("question", "words", "beside", "asked"),
    [
        ("How old is Bramble?", "She is eleven years old now.", [DOG], "How old is she?"),
        ("What is Bramble's breed?", "She was my brother's.", [DOG], "What is her breed?"),
        ("Where did Bramble sleep?", "It was windy that day.", [DOG], "Where did it sleep?"),
        ("How old is Bramble?", "Bramble is eleven.", [DOG], "How old is Bramble?"),
        ("Who is Bramble?", "She is eleven years old now.", [DOG], "Who is Bramble?"),
        ("How old is Leonard?", "She is eleven years old now.", [DOG], "How old is Leonard?"),
        ("How old is Bramble?", "She is eleven.", [], "How old is Bramble?"),
        ("Where is Percy from?", "He came from Malton.", ["My poodle, whom we all call Percy."], "Where is he from?"),
        ("How old is Bramble?", "She is eleven.", [DOG, "This is Milo, my cat."], "How old is Bramble?"),
    ],
)
def test_a_memory_is_asked_with_its_own_word_for_the_only_thing_of_its_photo(
    question: str, words: str, beside: list[str], asked: str
) -> None:
    assert asked_of(question, words, beside) == asked


def test_who_is_this_is_told_by_the_memory_that_says_the_name() -> None:
    photo, at = Photo("x", b"", 1, 1), datetime(2026, 5, 2, tzinfo=UTC)
    named = Episode(photo, (Turn("user", DOG),), at, order=1)
    later = Episode(photo, (Turn("user", "She was given to me by my brother Leonard."),), at, order=2)
    recalled = [Quotable(one, None, "sure", True) for one in (later, named)]
    found = pick("Who is this?", recalled, {later.id: Reading(0, 3, 9.0), named.id: Reading(0, 4, 1.0)})
    assert found and found.episode == named.id


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ("Who is Desmond?", "which I drank with my old shipmate Desmond on Boxing Day."),
        ("And who was Agatha?", "The clock is from my godmother Agatha, God rest her soul."),
        ("Who is Mr Entwistle?", "I had it mended by Mr Entwistle, the watchmaker in Harrogate."),
        ("Who is Henrietta?", "These were my niece Henrietta's pride and joy."),
        ("who's Anna", "Anna is my sister."),
    ],
)
def test_who_somebody_is_is_said_beside_the_name(question: str, line: str) -> None:
    assert introduces(question, line)


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ("Who is Anna?", "We met Anna at the lake"),
        ("Who is Anna?", "My dog bit Anna"),
        ("Who is Anna?", "my house in Anna"),
        ("Who is this?", "my niece Henrietta"),
        ("Who gave it to Anna?", "my niece Anna"),
    ],
)
def test_other_words_beside_a_name_do_not_say_who_it_is(question: str, line: str) -> None:
    assert not introduces(question, line)


def test_whoever_is_asked_about_by_name_is_found_whatever_is_in_view() -> None:
    at = datetime(2026, 5, 2, tzinfo=UTC)
    vase = Episode(Photo("x", b"", 1, 1), (Turn("user", "My aunt Winifred gave us this red vase."),), at, order=1)
    beer = Episode(Photo("y", b"", 1, 1), (Turn("user", "I drank it with my old shipmate Desmond."),), at, order=2)
    recalled = [Quotable(vase, None, "sure", True), Quotable(beer, None, "sure")]
    readings = {vase.id: Reading(0, 8, -10.0), beer.id: Reading(0, 4, -3.0)}
    found = pick("Who is Desmond?", recalled, readings, silent=True)
    assert found and found.episode == beer.id
    assert pick("Who is Leonard?", recalled, readings, silent=True) is None
    assert photo_day([recalled[0], recalled[1]._replace(day=date(2021, 12, 26))]) == "", "another photo's day"
    assert called("whom we all call Percy") == {"Percy"}
