"""Of a long sentence the part is quoted that holds the answer, where the reader surely found it or it is a time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assistant.grounding.quotes.clauses import answering_part, clause, may_be_cut
from assistant.grounding.quotes.pick import pick
from assistant.grounding.quotes.quotation import Quotable
from assistant.grounding.quotes.reading import Reading
from assistant.grounding.quotes.second_opinion import speaks_against
from assistant.grounding.words.second_person import as_a_sentence
from memory.episode import Episode, Photo, Turn

NALA = "This is Nala our border collie, we got her in 2015 from a farm near Bern because my dad had died. She hates fog"
TIBBS = "thats Mr Tibbs, the neighbours cat. he comes for breakfast every day"


def quote(words: str, question: str, answer: str, margin: float) -> str:
    """What is quoted where the reader marks `answer`, so surely; the model said that it was not told."""
    told = Episode(Photo("x", b"", 1, 1), (Turn("user", words),), datetime(2026, 5, 2, tzinfo=UTC), day=None)
    begin = words.index(answer)
    readings = {told.id: Reading(begin, begin + len(answer), margin)}
    found = pick(question, [Quotable(told, None, "sure", True)], readings, silent=True)
    return found.text if found else ""


@pytest.mark.parametrize(
    ("words", "question", "answer", "margin", "quoted"),
    [
        (NALA, "where did we get her?", "a farm near Bern", 9.0, "“… we got her in 2015 from a farm near Bern …”"),
        (NALA, "what breed is she", "Nala our border collie", 4.0, "“This is Nala our border collie …”"),
        (NALA, "what year was that", "2015", -5.0, "“… we got her in 2015 from a farm near Bern …”"),
        (
            "This little fellow belongs to the harbourmaster at Whitby, where I keep my boat, the Kittiwake.",
            "where do I keep my boat?",
            "the Kittiwake",
            4.6,
            "at Whitby, where I keep my boat, the Kittiwake.”",
        ),
        (TIBBS, "whose cat is it", "the neighbours cat.", 3.4, "“thats Mr Tibbs, the neighbours cat.”"),
        (TIBBS, "what kind of cat", "the neighbours cat.", 2.9, "he comes for breakfast"),
        ("My backpack. Got it for my 9th bday, from Carol", "how old was I", "9th", 3.0, "Got it for my 9th bday"),
    ],
)
def test_the_part_with_the_answer_is_quoted(words: str, question: str, answer: str, margin: float, quoted: str) -> None:
    assert quoted in quote(words, question, answer, margin)


def test_words_that_were_dictated_are_cut_where_somebody_does_something() -> None:
    words = "um this is pepper my grandsons corgi he got her last spring from a breeder in York"
    assert quote(words, "where did he get her?", "in York", 4.8).endswith(
        "“… he got her last spring from a breeder in York”"
    )
    assert quote(words, "what breed is she", "corgi", 3.3).endswith("“um this is pepper my grandsons corgi …”")


def test_of_an_answer_that_repeats_it_all_the_part_is_shown() -> None:
    words = "12 august 2023, the pack i took round iceland, 11 days, rained on 9 of them lol"
    told = Episode(Photo("x", b"", 1, 1), (Turn("user", words),), datetime(2026, 5, 2, tzinfo=UTC), day=None)
    answer = "12 august 2023, the pack you took round iceland, 11 days, rained on 9 of them lol."

    def part(question: str, marked: str, margin: float) -> str:
        reading = Reading(words.index(marked), words.index(marked) + len(marked), margin)
        return answering_part(question, answer, [Quotable(told, None, "sure", True)], {told.id: reading})

    assert part("when was this taken", "12 august 2023,", 9.3) == "12 august 2023."
    assert part("how long was it", "11 days,", 5.1) == "the pack you took round iceland, 11 days."
    assert part("how long was it", "11 days,", 1.0) == part("did it rain", "11 days,", 9.0) == answer


@pytest.mark.parametrize(
    ("question", "found", "answer", "shown"),
    [
        ("what did he ask for", "25", "25, I took the fund down to 15.", "25."),
        ("how old is Sunita", "9", "9, top.", "9."),
        ("what is this dog called?", "Borys", "Borys and 4 years.", "Borys."),
        ("how old is he again?", "6", "6 and hates the hoover.", "6."),
        ("how many came", "3 cats", "3 cats and dogs in coats.", "3 cats and dogs in coats."),
        ("where was it before", "the closed school", "From the closed school, no liver.", "From the closed school."),
        ("what did I earn", "110 and lunch", "Paid 110 and lunch, they cut it.", "Paid 110 and lunch."),
        ("what is special", "nine fingers", "Nine fingers, won't talk about it.", "Nine fingers."),
        ("when was it", "3 May", "On 3 May, 2019.", "On 3 May, 2019."),
        ("what did we eat", "eggs", "Eggs, milk and bread.", "Eggs, milk and bread."),
        ("why did they go", "it rained", "It rained, they were wet.", "It rained, they were wet."),
    ],
)
def test_a_short_answer_ends_where_another_clause_begins(question: str, found: str, answer: str, shown: str) -> None:
    told = Episode(Photo("x", b"", 1, 1), (Turn("user", answer.lower()),), datetime(2026, 5, 2, tzinfo=UTC), day=None)
    at = answer.lower().index(found.lower())
    readings = {told.id: Reading(at, at + len(found), 5.0)}
    assert answering_part(question, answer, [Quotable(told, None, "sure", True)], readings) == shown


@pytest.mark.parametrize(("answer", "against"), [("Herr Schmidt.", True), ("Your ex.", False)])
def test_who_was_with_somebody_stands_behind_with(answer: str, against: bool) -> None:
    words = "Herr Schmidt, won him at the fair in linz with my ex on 3 may 2022"
    told = Episode(Photo("x", b"", 1, 1), (Turn("user", words),), datetime(2026, 5, 2, tzinfo=UTC), day=None)
    readings = {told.id: Reading(words.index("my ex"), words.index("my ex") + 5, 4.8)}
    assert speaks_against("who was i with", answer, [Quotable(told, None, "sure", True)], readings) is against


def test_a_year_in_the_words_is_no_answer_where_something_else_is_asked() -> None:
    assert not quote(NALA, "how much did she cost", "2015", -6.0)


def test_what_is_short_stays_whole_and_a_part_has_words_beside_the_answer() -> None:
    assert clause("She cried, for two days", 11, 23) == "She cried, for two days"
    line = "The boys went home, tired, and we stayed until the lights went out in the whole street."
    assert clause(line, 20, 25) == "The boys went home, tired …"
    assert clause(line, 0, len(line)) == line


def test_an_answer_is_a_sentence() -> None:
    assert as_a_sentence("he comes for breakfast.", "what for?") == "He comes for breakfast."
    assert as_a_sentence("Jonas did it.", "who did I run with?") == "Jonas."
    assert as_a_sentence("Jonas did it.", "who broke it?") == "Jonas did it."


def test_two_questions_in_one_get_the_whole_sentence() -> None:
    assert may_be_cut("what is he not allowed to have") and not may_be_cut("what is he not allowed to have and why")
