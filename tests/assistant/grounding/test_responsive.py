"""Whether an answer, or a refusal, speaks of what was asked."""

from __future__ import annotations

import pytest

from assistant.grounding.responsive import declines


@pytest.mark.parametrize(
    ("question", "refusal", "fits"),
    [
        ("what is he called?", "You did not tell me his name.", True),
        ("who is tom", "You did not tell me his name.", False),
        ("where did we get her?", "You did not tell me where she got her.", False),
        ("where did we get her?", "You did not tell me where we got her.", True),
        ("Is it accurate?", "You did not tell me who gave it.", False),
        ("what boots do i have", "You did not tell me what you did not write.", False),
        ("who was my teacher", "You did not tell me who was your teacher.", True),
        ("how long did she look for them?", "You did not tell me how long she looked for them.", True),
        ("who gave it?", "You did not tell me who gave it.", True),
    ],
)
def test_a_refusal_speaks_of_what_was_asked(question: str, refusal: str, fits: bool) -> None:
    assert declines(question, refusal) is fits
