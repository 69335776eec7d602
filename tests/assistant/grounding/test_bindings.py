"""What belongs together in the user's words stays together in a text: who did it, whose it is, when and where."""

from __future__ import annotations

import pytest

from tests.support.grounded import check, recall

BEAR = "That's Bruno, Emma's bear. She got him from Aunt Klara when she was born and won't sleep without him"


ROCKY = "Rocky! Tom's dog. He ate my left shoe at the barbecue in Linz lol"


BOOTS = "These are the boots I wore to Lena's wedding in the rain, never again"


CLOCK = "Grandma's alarm clock, it rang every morning at six. I inherited it in 2019."


def test_what_happened_once_is_no_habit() -> None:
    assert "always" not in check("This is Rocky. Tom always eats your left shoe.", recall(ROCKY)).shown
    told = "This is Simba. He comes by for breakfast."
    assert "always comes by" in check("This is Simba. He always comes by for breakfast.", recall(told)).shown


def test_a_year_in_which_somebody_else_did_something_is_no_day_together() -> None:
    words = "grandpas old alarm clock, he gave it to me in 1998 before he moved to hamburg"
    shown = check(
        "This is grandpas old alarm clock. You were together in 1998 before he moved to hamburg.", recall(words)
    ).shown
    assert "together" not in shown and "grandpas old alarm clock" in shown
    mine = check("This is Bo. You were together in 1998.", recall("This is Bo. We met in 1998.")).shown
    assert mine.endswith("in 1998.")


@pytest.mark.parametrize(
    ("words", "who", "shown"),
    [
        ("Emma got Mr Buttons for her fifth birthday from aunt Klara", "Emma", False),
        ("Grandpa always wound it on Sundays before church.", "Grandpa", False),
        ("Ben never liked it", "Ben", False),
        ("Anna gave me this", "Anna", False),
        ("Leo ate half a shoe.", "Leo", True),
        ("Grandpa always slept on Sundays.", "Grandpa", True),
        ("Emma got married in Rome", "Emma", True),
    ],
)
def test_who_does_something_with_the_thing_is_not_the_thing(words: str, who: str, shown: bool) -> None:
    """Previously the caption of a clock was "This is Grandpa.", as he wound it."""
    assert (check(f"This is {who}.", recall(words)).shown == f"This is {who}.") == shown


@pytest.mark.parametrize(
    ("words", "text", "shown"),
    [
        ("Grandpa's old clock. Grandpa always wound it on Sundays before church.", "on Sundays before church", False),
        ("This is Otto. Grandma bakes for him at Christmas.", "at Christmas", False),
        ("This is Otto. My brother walks him in the evening.", "in the evening", False),
        ("This is Otto. We go to the lake on Sundays.", "on Sundays", True),
        ("This is Otto at Christmas.", "at Christmas", True),
        ("This is Otto on my birthday. He ate the cake.", "on your birthday", True),
        ("This is Otto. I found him on a Sunday.", "on a Sunday", True),
    ],
)
def test_what_somebody_else_does_at_a_time_is_no_time_together(words: str, text: str, shown: bool) -> None:
    """Previously "You were together on Sundays before church." stood under the photo of a clock."""
    assert (f"You were together {text}." in check(f"You were together {text}.", recall(words)).shown) is shown


VASE = "We found this vase at the flea market in Lyon on our honeymoon, Jonas dropped it once so there is a crack"


BEN = "Ben's lucky sneakers. He ran the marathon in Vienna in them, 4 hours 12"


ZUZU = "this lil monster is called Zuzu, Mia won it at the fair in Graz and it sits on her desk now"


WEDDING = "My boots from the wedding of Lena, it was raining all the day"


SAM = "Sam at the lake near Villach. He jumped off the boat and Julia had to pull him out"


@pytest.mark.parametrize(
    ("words", "caption", "shown"),
    [
        (BEAR, "Bruno's bear, who got him from Aunt Klara when she was born.", False),
        (BEAR, "Bruno, Emma's bear, who got him from Aunt Klara when she was born.", True),
        (BOOTS, "This is Lena's boots.", False),
        (CLOCK, "Grandma's alarm clock, which rang every morning at six in 2019.", False),
        (CLOCK, "Grandma's alarm clock, which rang every morning at six.", True),
        (VASE, "Jonas dropped the vase once at the flea market in Lyon.", False),
        (VASE, "You found the vase at the flea market in Lyon.", True),
        (SAM, "Sam jumped off the boat at the lake near Villach.", True),
        (BEN, "Ben's lucky sneakers: 4 hours 12.", False),
        (SAM, "Sam, the boat and Julia, who had to pull him out.", False),
        (ZUZU, "Zuzu, Mia won it at the fair in Graz and sits on her desk now.", False),
        (ZUZU, "Zuzu, Mia won it at the fair in Graz and it sits on her desk now.", True),
        (
            "this is bluey my nans dog shes 9, nan got her from a farm in wales after grandad died",
            "Bluey's dog got her from a farm in Wales after grandad died.",
            False,
        ),
        (ROCKY, "Rocky ate your left shoe, and Tom's dog ate it too.", False),
        (WEDDING, "The boots from Lena, the wedding of Lena, it rained all the day.", False),
        (
            "mimi. neighbours cat, allergic to fish",
            "The cat mimi, the neighbours cat, and the fish that is allergic.",
            False,
        ),
    ],
)
def test_what_belongs_together_stays_together(words: str, caption: str, shown: bool) -> None:
    """All words of these captions were told; previously that was enough."""
    assert (check(caption, recall(words)).shown == caption) is shown


@pytest.mark.parametrize(
    ("words", "caption", "shown"),
    [
        ("its my birthday on thursday", "His birthday on thursday.", False),
        ("This is Rex. He loves our garden.", "He loves their garden.", False),
        ("This is Rex. It was his birthday and my birthday.", "It was his birthday.", True),
        ("This is Rex, on my mum's birthday.", "This is Rex, on your mum's birthday.", True),
    ],
)
def test_what_is_the_users_is_nobody_elses(words: str, caption: str, shown: bool) -> None:
    assert (check(caption, recall(words)).shown == caption) is shown


@pytest.mark.parametrize(
    ("words", "caption", "shown"),
    [
        ("this is not your cat Momo", "Your cat Momo.", False),
        ("This isn't our cat Momo but she looks like her", "Your cat Momo.", False),
        ("This isn't our cat Momo, Momo died. She looks like her", "She looks like Momo.", True),
        ("This is Rex. He is not a corgi.", "Rex is a corgi.", False),
    ],
)
def test_what_is_denied_is_not_told(words: str, caption: str, shown: bool) -> None:
    assert (check(caption, recall(words)).shown == caption) is shown


@pytest.mark.parametrize(
    ("words", "caption"),
    [
        ("sarahs old bike we found it 2019 in the cellar", "The old bike, found in the cellar: 2019 in the cellar."),
        ("Its blind in one eye", "Her blind in one eye, her blind in one eye, and her blind in one eye."),
    ],
)
def test_what_was_told_once_is_not_said_again_and_again(words: str, caption: str) -> None:
    shown = check(caption, recall(words)).shown
    assert caption not in shown and f"“{words}”" in shown
