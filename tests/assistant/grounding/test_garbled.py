"""A long answer of a small model that garbles what was told gives way to the user's own words."""

from __future__ import annotations

import pytest

from tests.support.grounded import check, recall

WILMA = (
    "This is Wilma and she belongs to my sister Katrin who got her from a shelter in Romania last winter, "
    "she is deaf on one ear and steals socks"
)


@pytest.mark.parametrize(
    ("question", "garbled"),
    [
        (
            "can she hear me?",
            "Wilma and Katrin got their from a shelter in Romania last winter, she is deaf on one ear.",
        ),
        (
            "since when has Katrin had her",
            "Last winter, she got her from a shelter in Romania last winter, she is deaf.",
        ),
    ],
)
def test_a_garbled_answer_gives_way_to_the_words(question: str, garbled: str) -> None:
    checked = check(garbled, recall(WILMA, by_sight=True), question=question)
    assert garbled not in checked.shown and checked.shown.startswith("You told me"), checked.shown


def test_a_piece_of_the_words_and_a_short_answer_stay() -> None:
    wilma, question = recall(WILMA, by_sight=True), "where is she from?"
    for answer in (
        "She belongs to your sister Katrin who got her from a shelter in Romania.",
        "From a shelter in Romania.",
    ):
        assert check(answer, wilma, question=question).shown == answer


def test_a_model_that_sees_well_may_say_it_in_other_words() -> None:
    answer = "Wilma belongs to your sister Katrin who got her from a shelter in Romania last winter."
    asked = check(answer, recall(WILMA, by_sight=True), question="since when has Katrin had her", may_say="seen")
    assert asked.shown == answer
