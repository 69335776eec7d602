"""Questions about the world: known from those about the user's photos, and answered honestly."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from assistant.grounding.general_question import general
from assistant.grounding.quotes.quotation import GENERAL
from tests.support.grounded import check, recall

QUESTIONS = Path(__file__).parents[2] / "data" / "general_questions.tsv"
LEO = "This is Leo, my dog. We saw a spider with eight legs in Rome."


@pytest.mark.parametrize(("half", "most"), [("mend", 0), ("held", 1)])
def test_they_are_told_from_questions_about_what_was_told(half: str, most: int) -> None:
    with QUESTIONS.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["half"] == half]
    wrong = [row["question"] for row in rows if general(row["question"]) != (row["general"] == "yes")]
    assert len(rows) == 20 and len(wrong) <= most, wrong


def test_a_model_that_sees_nothing_says_what_it_can_answer() -> None:
    """Previously: "You did not tell me that." What was told about just this is still quoted."""
    question = "What is a good name for a dog?"
    assert check("I do not know.", recall(LEO), question=question).shown == GENERAL
    assert check("Paris is a good name.", recall(LEO), question=question).shown == GENERAL
    assert "eight legs" in check("I do not know.", recall(LEO), question="How many legs does a spider have?").shown


def test_things_that_were_told_of_are_no_matter_of_the_world() -> None:
    circus = recall("Circus on the meadow. Mama Rosa sells tickets and walks the rope.")
    for question, world in (
        ("what do tickets cost", False),
        ("what do lions cost", True),
    ):
        assert (check("I do not know.", circus, question=question).shown == GENERAL) is world


def test_who_has_what_was_told_of_is_no_matter_of_the_world() -> None:
    rash = recall("This brand made Ellie come out in a rash so we don't buy it any more.")
    assert check("I do not know.", rash, question="who has a rash").shown != GENERAL
    assert check("I do not know.", rash, question="who has a lion").shown == GENERAL


def test_what_a_model_that_sees_knows_is_shown_and_marked() -> None:
    found = check(
        "A spider has eight legs.", recall("This is Leo."), question="How many legs does a spider have?", may_say="seen"
    )
    assert found.shown.strip() == "A spider has eight legs." and found.grounding.seen == ("A spider has eight legs.",)
    found = check("He was in Paris with Tom in 1999.", recall(LEO), question="Where was he?", may_say="seen")
    assert "Paris" not in found.shown
