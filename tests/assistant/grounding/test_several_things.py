"""A photo of several known things: the caption tells of each, by the user's words where the model is silent."""

from __future__ import annotations

from datetime import date

from tests.support.grounded import BRUNO, OSKAR, check, recall


def test_of_another_thing_in_the_photo_that_the_model_leaves_out_the_users_words_are_quoted() -> None:
    day = date(2024, 6, 15)
    bruno, oskar = recall(BRUNO, by_sight=True), recall(OSKAR, day, by_sight=True)
    checked = check("This is Bruno. He is afraid of thunder.", bruno, oskar)
    assert checked.shown.startswith(
        "This is Bruno. He is afraid of thunder. You told me about your photo of 15 June 2024:"
    )
    assert "That's Oskar" in checked.shown and checked.grounding.quoted == (oskar.episode.id,)
    for other in (
        recall(OSKAR, day),  # words brought it back, the photo does not show it
        recall(OSKAR, day, by_sight=True, sure=False),
        recall(OSKAR, day, by_sight=True, score=0.7),  # like it, but not in the photo
        recall("This is Bruno at the lake. He was wet.", day, by_sight=True),  # no other thing
    ):
        assert check("This is Bruno.", bruno, other).shown == "This is Bruno."
    unnamed = recall("At the lake, in the rain.", day, by_sight=True)
    assert "At the lake" in check("This is Bruno.", bruno, unnamed).shown
    both = "This is Bruno. That's Oskar, he belongs to your uncle Karl."
    assert check(both, bruno, oskar).shown == both


def test_a_quotation_mark_that_ends_no_quotation_is_left_out() -> None:
    assert (
        check('This is Bruno". He is afraid of thunder.', recall(BRUNO)).shown
        == "This is Bruno. He is afraid of thunder."
    )
    sign = recall('My sign says "Hymns or nothing".')
    assert check('Your sign says "Hymns or nothing".', sign).shown == 'Your sign says "Hymns or nothing".'


def test_of_many_other_things_two_are_quoted() -> None:
    names = ("Oskar", "Mia", "Tom", "Rex", "Luna")
    recalls = [recall(f"This is {name}, from school.", by_sight=True) for name in names]
    assert len(check("This is Oskar.", *recalls).grounding.quoted) == 2
    silent = check("This is Napoleon.", *recalls)
    assert silent.shown.count("You told me") == 3 and len(silent.grounding.quoted) == 3


def test_what_is_only_a_reminder_is_not_quoted_beside_what_is_told() -> None:
    bruno, asked = recall(BRUNO, by_sight=True), recall("remind me to wind it when I see it", by_sight=True)
    assert check("This is Bruno.", bruno, asked).shown == "This is Bruno."
    assert "remind me" in check("This is Napoleon.", asked).shown  # where nothing else was told
    told = recall("At the lake. Remind me to wind it when I see it.", by_sight=True)
    assert "At the lake" in check("This is Bruno.", bruno, told).shown
