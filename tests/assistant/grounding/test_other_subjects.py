"""A sentence of another person, or of another box, answers no question for this one."""

from __future__ import annotations

import pytest

from assistant.grounding.other_subjects import of_another


@pytest.mark.parametrize(
    ("question", "sentence", "other"),
    [
        ("which things are in box 3?", "box 12, wrapped in the green blanket", True),
        ("what's in box 3", "Box 3, with the cups.", False),
        ("what is in box three", "box 3", False),
        ("what's in box 3", "box 3 and box 4", False),
        ("is it in box 3?", "Box 12.", False),  # says where it is instead
        ("who lives in flat 4", "flat 7: the Okafors", True),
        ("who sits in row 5", "row 12, seat 5", True),
        ("which bus do I take", "bus 42 from the station", False),
        ("what did I put in drawer 2", "wrapped in the green blanket", False),
        ("who is tomasz?", "Tomasz's mum.", True),
        ("who is tomasz?", "Tomasz, my brother.", False),
    ],
)
def test_of_another(question: str, sentence: str, other: bool) -> None:
    assert of_another(question, sentence) is other
