"""Run-on sentences, as people type, get the commas that they lack; other sentences stay as they are."""

from __future__ import annotations

import pytest

from assistant.grounding.words.run_on import with_commas, with_told_commas
from tests.support.grounded import check, recall


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("sarahs old bike we found it in the cellar", "Sarahs old bike, you found it in the cellar."),
        ("Grans clock she left it to me", "Grans clock, she left it to you."),
        ("my new trainers got them in the sale", "Your new trainers, got them in the sale."),
        ("our puppy his name is Otto we got him in May", "Your puppy, his name is Otto, you got him in May."),
        ("my nans corgi we got her from a farm", "Your nans corgi, you got her from a farm."),
        ("this is bluey my nans dog shes 9", "This is bluey your nans dog, shes 9."),
    ],
)
def test_a_caption_in_the_users_words_has_commas(told: str, shown: str) -> None:
    """Such notes were retold as one run-on sentence: "Your new trainers got them in the sale"."""
    assert check(shown.replace(",", ""), recall(told)).shown == shown


@pytest.mark.parametrize(
    "sentence",
    [
        "The bike Tom bought it with",
        "Mum said she bought it in Rome.",
        "The way he did it was odd.",
        "You know he loves it.",
        "Rex got it, and your dog found it.",
        "When she left it we cried.",
        "Cathal won it and he kept it.",
        "The boots Anna wore.",
        "The pupils of 7B bought him with money from a cake sale.",
        "The bike you got her in May.",
    ],
)
def test_other_sentences_stay(sentence: str) -> None:
    assert with_commas(sentence) == sentence


@pytest.mark.parametrize(
    ("told", "written", "shown"),
    [
        (
            "Tom's rucksack, going to the charity shop, check the pockets first",
            "Tom's rucksack, going to the charity shop check the pockets first.",
            "Tom's rucksack, going to the charity shop, check the pockets first.",
        ),
        ("Rex - labrador - born 2016", "Rex labrador born 2016.", "Rex - labrador - born 2016."),
        ("My vase, from Delft", "Your vase from Delft.", "Your vase from Delft."),  # other words: as it is written
        ("It is red. It is old, too", "It is red.", "It is red."),
        ("Otis. he bites", "Otis he bites.", "Otis he bites."),  # no full stop is put into a sentence
    ],
)
def test_commas_that_were_told_are_written(told: str, written: str, shown: str) -> None:
    assert with_told_commas(written, [told]) == shown


def test_a_caption_has_the_commas_of_the_words() -> None:
    told = "My old rucksack, going to the charity shop, check the pockets first"
    shown = check("Your old rucksack, going to the charity shop check the pockets first.", recall(told)).shown
    assert shown == "Your old rucksack, going to the charity shop, check the pockets first."
