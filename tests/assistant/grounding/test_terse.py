"""Short answers: of the kind that is asked for, and told where the question's words were told."""

from __future__ import annotations

import pytest

from benchmark.grounding.checked import passes
from benchmark.grounding.short_answers import by_hand

BEES = (
    "Hive 4, requeened by Nora in May. My son Felix was stung twice and Nora lent us her veil, four euros at the fair."
)
TEAM = "Oona plait left, Brigit plait right. In the second half they'd changed. The goat of the verger ate the flag."
COAT = "old coat. i cut the sleeves off w garden shears, mia cried. wore it w a red tie. it was debbies coat once"


def shown(note: str, question: str, answer: str) -> bool:
    memory = {"words": note, "day": "2024-05-12", "place": None}
    return passes({"memories": [memory], "sees": False}, question, answer)


@pytest.mark.parametrize(
    ("note", "question", "right", "wrong"),
    [
        (BEES, "Who lent us the veil?", "Nora.", "Felix."),
        (BEES, "Who was stung?", "Felix.", "Nora."),
        (BEES, "Who was stung?", "It was Felix.", "It was Nora."),
        (BEES, "Which hive is it?", "Hive 4.", "Nora."),
        (BEES, "What did the veil cost?", "Four euros.", "Felix."),
        (TEAM, "What did the goat eat?", "The flag.", "Brigit."),
        (COAT, "whose coat was it", "Debbie's.", "A red tie."),
        (COAT, "what did i cut the sleeves off with", "Garden shears.", "Mia."),
    ],
)
def test_the_right_short_answer_is_shown_and_another_is_not(note: str, question: str, right: str, wrong: str) -> None:
    assert shown(note, question, right)
    assert not shown(note, question, wrong)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What colour is the hive?", "Nora."),
        ("What colour is the hive?", "Four euros."),
        ("Which village is the fair in?", "Felix."),
        ("Why did Nora requeen it?", "This hive."),
        ("How many bees are there?", "Four."),
        ("Where does Nora live?", "Felix."),
        ("What is the queen called?", "Felix."),
        ("Who sprayed the orchard?", "Nora."),
        ("Whose is the orchard?", "The fair."),
        ("When was Felix born?", "Nora."),
        ("How did the hive break?", "Four euros."),
        ("What is his sister called?", "Nora."),
        ("What is Nora in for?", "Felix."),
    ],
)
def test_what_was_never_told_gets_no_name_or_number_that_was(question: str, answer: str) -> None:
    assert not shown(BEES, question, answer)


def test_a_bare_name_is_no_answer_where_nothing_was_told() -> None:
    assert not shown("Nora in her garden. She is 80.", "Who pays her?", "Nora.")


def test_w_is_with() -> None:
    assert shown(COAT, "what did i wear it with", "With a red tie.")
    for word in ("w", "w/", "with"):
        note = f"i cut the sleeves off {word} garden shears"
        assert passes(_caption(note), None, "You cut the sleeves off with garden shears.")
        assert not passes(_caption(note), None, "You cut the sleeves off the garden shears.")
    assert not passes(_caption("We drove to Lyon w/o a map."), None, "You drove to Lyon with a map.")
    assert passes(_caption("We drove to Lyon w/o a map."), None, "You drove to Lyon without a map.")


def _caption(note: str) -> dict[str, object]:
    return {"memories": [{"words": note, "day": "2024-05-12", "place": None}], "sees": False}


def test_of_110_short_answers_labelled_by_hand() -> None:
    found = by_hand()
    assert found["right"]["shown"] >= 40 and found["wrong"]["not shown"] >= 44, found
