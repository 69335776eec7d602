"""Who did it, what it is called and how many: an answer that only has words of the note is not shown."""

from __future__ import annotations

import pytest

from assistant.grounding.entailment import premise, support
from assistant.grounding.words.tokens import tokens
from tests.support.grounded import check, recall

DOG = (
    "this is Biscuit, my aunt Carol's poodle mix, we looked after him for two weeks in August while she was in "
    "Portugal with Henry, he ate half of Tom's flipflop on the beach at Wells and then was sick in the car lol"
)
ZOG = (
    "This is Zog!! Nana Pat croched him for Ellie when she had her tonsils out (march 2021, she was 5) and he has "
    "slept in her bed ever since. Oscar cut off one of his arms once and Nana sewed it back on"
)
CLOCK = (
    "grandma Ruth's alarm clock - it stood on her nightstand in Duluth for forty years, she gave it to me the day "
    "I moved to Chicago for college"
)


@pytest.mark.parametrize(
    ("words", "question", "written"),
    [
        (ZOG, "who made this one?", "Oscar"),
        (ZOG, "who fixed it?", "Oscar"),
        (ZOG, "who sewed it back on?", "Oscar"),
        (ZOG, "and who sewed it back on?", "Oscar."),
        (ZOG, "what is it called", "Oscar"),
        (ZOG, "what's his name?", "Ellie."),
        (ZOG, "why was Ellie ill?", "Ellie was ill."),
    ],
)
def test_somebody_else_in_the_note_is_no_answer_and_the_note_is_quoted(words: str, question: str, written: str) -> None:
    assert check(written, recall(words), question=question).shown.startswith("You told me")


@pytest.mark.parametrize(
    ("words", "question", "written"),
    [
        (ZOG, "who sewed it back on?", "Nana."),
        (ZOG, "who fixed it?", "Nana"),
        (ZOG, "who cut off his arm?", "Oscar"),
        (ZOG, "who made it?", "Nana Pat"),
        (ZOG, "what is it called", "Zog"),
        (ZOG, "who did Nana make him for?", "Ellie"),
        (DOG, "who was with her in Portugal?", "Henry"),
        (CLOCK, "who is it from?", "Grandma Ruth"),
        (CLOCK, "how long did it stand there?", "Forty years"),
    ],
)
def test_who_did_it_stays(words: str, question: str, written: str) -> None:
    assert check(written, recall(words), question=question).shown == written


@pytest.mark.parametrize(
    ("words", "question", "written"),
    [
        (ZOG, "what did Nana Pat make?", "Nana"),
        (ZOG, "how many arms does it have?", "One"),
        (DOG, "who was sick in the car?", "Henry, who was sick in the car."),
        (DOG, "who was sick in the car?", "Henry"),
    ],
)
def test_what_no_rule_and_no_reader_finds_is_not_answered_by_somebody_else(
    words: str, question: str, written: str
) -> None:
    assert written not in check(written, recall(words), question=question).shown.partition(": “")[0]


BRUNO = "thats bruno, emmas bear. she got him from aunt klara in graz when she was born"


@pytest.mark.parametrize(
    "question",
    [
        "who is that?",
        "who's this",
        "whos that",
        "and who was he?",
        "who is in this photo?",
        "what's his name",
        "whats his name?",
    ],
)
def test_who_is_in_view_is_told_by_its_name_where_it_has_one(question: str) -> None:
    assert "“thats bruno, emmas bear." in check("Emmas bear", recall(BRUNO), question=question).shown
    assert check("Bruno, emmas bear", recall(BRUNO), question=question).shown == "Bruno, emmas bear"
    assert check("Emmas bear. It is Bruno.", recall(BRUNO), question=question).shown == "It is Bruno."


def test_who_is_in_view_needs_no_name_where_none_was_told() -> None:
    assert (
        check("My sister.", recall("My sister with her dog in Lyon"), question="who is this?").shown == "Your sister."
    )
    assert check("Emmas bear", recall(BRUNO), question="what is this?").shown == "Emmas bear"


def test_she_is_not_he_and_a_clock_gives_nothing() -> None:
    """Captions of the second nano, word for word."""
    away = "You were looking after him for two weeks in August while {} was in Portugal with Henry."
    assert "while she was" in check(away.format("she"), recall(DOG)).shown
    assert "while he was" not in check(away.format("he"), recall(DOG)).shown
    gave = (
        "Grandma Ruth's alarm clock, which stood on her nightstand in Duluth for forty years, gave it to you the "
        "day you moved to Chicago for college."
    )
    assert "gave it to you" not in check(gave, recall(CLOCK)).shown
    dog = "This is Tom's dog Rocky. He ate my left shoe."
    assert "ate" in check("Tom's dog ate your left shoe.", recall(dog)).shown


BOOTS = "the boots i wore to Lena's wedding, it poured all day and i danced in the mud with uncle Pat"


@pytest.mark.parametrize(
    ("sentence", "right"),
    [
        ("The boots you wore to Lena's wedding: they poured all day and danced in the mud with uncle Pat.", False),
        ("They poured all day.", False),
        ("The boots danced in the mud.", False),
        ("It danced in the mud with uncle Pat.", False),
        ("It poured all day.", True),
        ("You danced in the mud with uncle Pat.", True),
        ("The boots you wore to Lena's wedding.", True),
    ],
)
def test_nobody_else_did_what_the_user_did_and_nobody_rains(sentence: str, right: bool) -> None:
    assert (check(sentence, recall(BOOTS)).grounding.left_out == ()) is right


def test_what_the_user_did_with_a_thing_may_be_said_of_the_thing() -> None:
    lamp = recall("I found this lamp in Rome. We froze all night.")
    assert check("The lamp found in Rome.", lamp).grounding.left_out == ()
    assert check("You froze all night.", lamp).grounding.left_out == ()


PIPPA = "this is my dog Pippa, got her from a farm nr Shrewsbury in march 2019"


@pytest.mark.parametrize(
    ("words", "written", "shown"),
    [
        (PIPPA, "This is Pippa. She got her from a farm nr Shrewsbury in march 2019.", "This is Pippa."),
        (PIPPA, "This is Pippa. You got her from a farm.", "This is Pippa. You got her from a farm."),
        ("bought these in Dallas w/ my sister", "You bought these in Dallas.", "You bought these in Dallas."),
        ("This is Rex, ate a whole cake", "This is Rex. You ate a whole cake.", "This is Rex."),
    ],
)
def test_the_user_who_left_out_the_i_is_nobody_else(words: str, written: str, shown: str) -> None:
    """Before, the dog got itself from a farm, and what the user did so was not shown as theirs."""
    assert check(written, recall(words)).shown == shown


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ("Left on the step by Erika, every Wednesday.", "Erika left it on the step by Erika."),
        ("Calpol at 1:50. The doctor opens at 9:20.", "The doctor opens at 9:20 at 9:20."),
        (
            "Caroline tipped over, the ref offered a hand, she pulled him down.",
            "The ref offered a hand, he pulled down.",
        ),
    ],
)
def test_nothing_is_said_twice_and_she_is_not_he(words: str, wrong: str) -> None:
    assert check(wrong, recall(words)).grounding.left_out
    own = words.split(". ")[-1].rstrip(".") + "."
    assert check(own, recall(words)).grounding.left_out == ()


def test_an_owner_that_was_not_told_costs_the_same_in_a_phrase_told_elsewhere() -> None:
    """Previously each word of a phrase was priced as its first: of "of his", no pronoun that owns something."""
    told = premise.read("At the harbour, Grumpf slept on the sofa.")

    def cost(claim: str) -> float:
        return support.cost(tokens(claim), told, support.Ask())

    assert cost("Grumpf slept on the sofa at the harbour") <= support.ENOUGH
    assert cost("Grumpf slept on the sofa of his at the harbour") > support.ENOUGH
