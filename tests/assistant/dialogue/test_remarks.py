"""Remarks of polite and long-winded people are no memories, and what only sounds like one is kept."""

from __future__ import annotations

import pytest

from assistant.dialogue.acts import act_of
from ui.telling_strings import small_talk


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Thank you ever so much, you have been most helpful. Good night to you.", "talk"),
        ("Much obliged.", "talk"),
        ("That is most kind of you.", "talk"),
        ("Good heavens, fancy that.", "talk"),
        ("Well I never!", "talk"),
        ("I bid you good night.", "talk"),
        ("Good night to you, my dear.", "talk"),
        ("Many thanks indeed, that was very helpful.", "talk"),
        ("I haven't the faintest.", "talk"),
        ("I'm afraid I couldn't tell you.", "talk"),
        ("I can't for the life of me remember.", "talk"),
        ("Goodness only knows.", "talk"),
        ("Your guess is as good as mine.", "talk"),
        ("I have no earthly idea whose shoe this is.", "question"),
        ("I haven't the foggiest notion who she might be.", "question"),
        ("I dare say you remember this one.", "question"),
        ("No doubt you recognise her.", "question"),
        ("You will remember this fellow.", "question"),
        ("My knees are giving me dreadful trouble today, but one mustn't grumble.", "unclear"),
        ("It is bitterly cold outside this morning.", "unclear"),
        ("What dreadful weather we are having.", "unclear"),
        ("I must put the kettle on.", "unclear"),
        ("I am off to the allotment now.", "unclear"),
        ("I am told that you can help an old man to remember his photographs.", "talk"),
        ("My daughter tells me you can remember things for me.", "talk"),
        ("My son-in-law installed this for me and says you will look after my memories.", "talk"),
        ("You have been an absolute treasure. Cheerio for now.", "talk"),
        ("I am rather new to this sort of thing.", "talk"),
        ("You will have to be patient with me.", "talk"),
        ("He has named it Mister Grumble, would you believe.", "tell"),
        ("She ate the whole leg of lamb, can you believe it!", "tell"),
        ("He was a captain in the navy, don't you know.", "tell"),
    ],
)
def test_remarks_tell_nothing_and_a_tag_asks_nothing(line: str, kind: str) -> None:
    act = act_of(line)
    assert act.kind == kind and act.verdict is None


@pytest.mark.parametrize(
    "line",
    [
        "Thanks to Leonard we got home.",
        "A great help to my mother, this old stove.",
        "Good old Bess, the best dog we ever had.",
        "Splendid view from the top of Ben Nevis.",
        "Marvellous old clock that belonged to my uncle.",
        "Bless her, she was ninety when this was taken.",
        "I cannot say I liked it much.",
        "I couldn't say no to him.",
        "My hands are covered in soil here.",
        "It was raining cats and dogs that day.",
        "It is the hot water bottle of my aunt.",
        "My brother-in-law gave me this for my birthday.",
        "You are my sunshine was her favourite song.",
        "My back garden is the best in the street.",
        "I must water it on Sundays.",
        "It is cold in the shed where I keep it.",
        "My daughter told me you could see the harbour from there.",
        "Here is another one of Bramble.",
        "No doubt it was my aunt who gave it to us.",
    ],
)
def test_what_only_sounds_like_a_remark_is_kept_whole(line: str) -> None:
    assert act_of(line).words == line


@pytest.mark.parametrize("line", ["Here is another one.", "Here's the next one"])
def test_another_photo_that_is_announced_denies_no_recall(line: str) -> None:
    assert act_of(line).verdict is None
    assert act_of("this is another dog").verdict is False


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("I tell a lie, it was her aunt's.", "It was her aunt's."),
        ("Come to think of it, that was in Whitby.", "That was in Whitby."),
        ("I must say it was windy that day.", "It was windy that day."),
    ],
)
def test_what_leads_to_a_telling_is_not_kept(line: str, words: str) -> None:
    assert act_of(line).words == words


def test_thanks_and_farewells_in_old_words_get_the_reply_of_new_ones() -> None:
    assert small_talk("Much obliged, you have been most helpful.") == small_talk("Thank you")
    assert small_talk("That is most kind of you.") == small_talk("Thank you")
    assert small_talk("Cheerio for now.") == small_talk("Goodbye")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Is the dog of my brother Andrés. He is called Toby", "Is the dog of my brother Andrés. He is called Toby"),
        ("is the dog of my brother, he likes the water", "is the dog of my brother, he likes the water"),
        ("is a present from my aunt", "is a present from my aunt"),
        ("Is the dog of my brother?", ""),
        ("is the dog of my brother there", ""),
        ("Is my dog in here? She is called Bella", "She is called Bella"),
        ("is he the dog of my brother", ""),
    ],
)
def test_it_may_be_left_out(line: str, told: str) -> None:
    assert act_of(line).words == told
