"""Notes in pieces: a small model's caption and its "who" give way to the user's words; sentences are no such notes."""

from __future__ import annotations

import pytest

from assistant.grounding.claims import sentences
from assistant.grounding.words.telegraphic import first_piece, telegraphic
from tests.assistant.grounding.test_fragments import check, recall

NOTE = "Rex - labrador - b. 2016 - rescued, Dublin. Allergic to chicken. Vet: Dr. Nolan, Tuesdays only"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (NOTE, True),
        ("trainers = birthday gift from Marcus (40th). Worn twice!", True),
        ("Sticker from Ines / Barcelona 2023 / on my laptop until the hinge broke", True),
        ("This is Rex - he loves cheese", False),
        ("My dog Rex loves the vet next door - he always has", False),
        ("We found Rex - in Dublin", False),
        ("Rex, well-known in Dublin", False),
    ],
)
def test_a_note_in_pieces_is_known(text: str, is_one: bool) -> None:
    assert telegraphic(text) is is_one


def test_short_forms_end_no_sentence() -> None:
    assert next(sentences(NOTE)) == "Rex - labrador - b. 2016 - rescued, Dublin."
    assert next(sentences("Bought Sept. 2019. Blue.")) == "Bought Sept. 2019."
    assert list(sentences("It was the best. 2019 was bad.")) == ["It was the best.", "2019 was bad."]
    assert first_piece(NOTE) == "Rex"


def test_a_small_models_caption_gives_way_to_the_note() -> None:
    shown = check("Vet: Dr. Nolan, Tuesdays only.", recall(NOTE, by_sight=True)).shown
    assert "Rex - labrador - b. 2016" in shown and not shown.startswith("Vet")
    told = recall("Vet: Dr. Nolan, Tuesdays only. He is strict.", by_sight=True)
    assert check("Vet: Dr. Nolan, Tuesdays only.", told).shown.startswith("Vet"), "no note in pieces"


def test_who_is_answered_with_the_first_piece() -> None:
    told = recall(NOTE, by_sight=True)
    assert "Rex" in check("Vet: Dr. Nolan, Tuesdays only.", told, question="who is this").shown
    assert check("Vet: Dr. Nolan, Tuesdays only.", told, question="when is the vet there").shown.startswith("Vet")
