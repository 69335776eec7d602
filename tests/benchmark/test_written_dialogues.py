"""What a model writes about photos of one's own, and how it is read."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from assistant.photo import from_image
from benchmark.datasets.llm_writer import read_dialogue, read_questions
from benchmark.world.question import UNKNOWN
from memory.episode import Turn
from tests.support.ownphotos import WHEN, dialogue, questions

GOOD = dialogue("Rex")
PHOTO = from_image(Image.new("RGB", (8, 8), "red"))


def test_a_good_dialogue_is_read_to_the_word() -> None:
    thought = f"<think>Dialogue: User: no</think>\n{GOOD}"
    for text in (GOOD, thought):
        turns = read_dialogue(text, "Rex", PHOTO, WHEN).turns
        assert turns[0] == Turn("user", "This is Rex. We were at the old pier in Kiel.")
        assert [t.role for t in turns] == ["user", "assistant"] * 3


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "does not begin"),
        ("Error", "does not begin"),
        (GOOD.removeprefix("**Dialogue:**\n\n"), "does not begin"),
        (GOOD + "\nI hope this helps!", "neither User: nor Model:"),
        (GOOD.replace("Model: I see.", "Model:"), "neither User: nor Model:"),
        (GOOD.rpartition("\n")[0], "5 turns instead of 6"),
        (GOOD.replace("**Model:** Lovely.", "**User:** Lovely."), "do not take turns"),
        (GOOD.replace("Rex", "Max"), "never says 'Rex'"),
        (GOOD.replace("Model: I see.", "Model: User: I see."), "speaker's label"),
    ],
)
def test_a_dialogue_in_another_form_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_dialogue(text, "Rex", PHOTO, WHEN)


def changed(**fields: object) -> str:
    rows = json.loads(questions("Rex").split("```json\n")[1].removesuffix("\n```"))
    rows[0].update(fields)
    return json.dumps(rows)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Error", "no JSON list"),
        ("[1, 2", "no JSON list"),
        ("[{]", "not the JSON"),
        ("[]", "0 questions"),
        (changed(asks="time"), "3 questions about 2 facts"),
        (changed(asks="colour"), "not the JSON"),
        (changed(wrong=["a park"]), "not the JSON"),
        (changed(wrong=["a park", 3]), "not the JSON"),
        (changed(mood="good"), "not the JSON"),
        (changed(wrong=["a park", "The old  pier."]), "three different"),
        (changed(wrong=["a park", " "]), "three different"),
        (changed(wrong=["a park", UNKNOWN]), "three different"),
        (changed(question="Where was it?"), "does not say 'Rex'"),
    ],
)
def test_questions_in_another_form_are_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_questions(text, "Rex", np.random.default_rng(0))


def test_the_right_option_stands_anywhere() -> None:
    letters = [q.answer for i in range(60) for q in read_questions(questions("Rex"), "Rex", np.random.default_rng(i))]
    assert min(letters.count(x) for x in "ABC") > 40


# A server that writes nonsense
