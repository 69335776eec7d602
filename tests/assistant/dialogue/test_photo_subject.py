"""What a memory is called by, and which memory of a photo is asked about."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assistant.dialogue.in_view import asked_about, offered
from assistant.dialogue.photo_subject import named_subject
from memory.episode import Episode, Recall, Turn
from tests.support.pictures import coloured


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("thats Pippa my sisters corgi, she nicked a sausage", "Pippa"),
        ("This is the vase my aunt gave us", "the vase"),
        ("That's Zuri, the zebra Anna got for her birthday. When Zuri shows up, remind me to call Anna.", "Zuri"),
        ("This is Bruno too, he had a bath", "Bruno"),
        ("it's actually Lulu, Mimi's sister", "Lulu"),
        ("Look, this is my grandmother's clock from Bergen.", "your grandmother's clock"),
        ("We were at the lake. Here is Milo!", "Milo"),
        ("Meet Gustav, a cactus.", "Gustav"),
        ("These are Ada and Ida", "Ada"),
        ("“This is “Rex”.”", "Rex"),
        ("thats bruno, emmas bear", "Bruno"),
        ("um this is uh Momo", "Momo"),
        ("this is my sisters clock", "your sisters clock"),
        ("this is emmas bear", "emmas bear"),
        ("Our cat. He's asleep", ""),
        ("Grandma's red vase, bought in 1974. No wait, that was 1972", ""),
        ("A cake. It was so good! It was the first time. That was in May.", ""),
        ("Red vase, it's from Murano. This is where we ate.", ""),
        ("That was our wedding, and it was raining", "your wedding"),
        ("Bella in her new hat", ""),
        ("Biscuit! he belongs to auntie Maureen", "Biscuit"),
        ("This is " + "a very long thing " * 5, ""),
        ("", ""),
        ("this is Bolt hes a rescue from Sofia we got him in 2021", "Bolt"),
        ("This is dog of my sister Agnieszka. He is called Borys.", "Borys"),
        ("this is dog of my sister", ""),
        ("It's Isla's", ""),
        ("Ted was mine when I was little, now he's Isla's.", ""),
    ],
)
def test_the_name_in_what_was_said(words: str, name: str) -> None:
    assert named_subject(words) == name


def test_of_one_photo_the_memory_that_says_what_it_shows_is_asked_about() -> None:
    """Before, a reminder told last of a clock made it "Is this the same as in “remind me to wind …”?"."""
    photo = coloured("red")
    told = [
        Episode(photo, (Turn("user", words),), datetime(2025, 5, 12, tzinfo=UTC))
        for words in ("remind me to wind it", "this is my mother's clock")
    ]
    maybe = [Recall(one, 0.5, "maybe the same thing", "maybe") for one in told]
    sure = [Recall(one, 0.9, "the same thing") for one in told]
    assert asked_about(maybe) == maybe[1] and offered(sure) == sure[1]
    assert asked_about(maybe[:1]) == maybe[0] and offered(()) is None
