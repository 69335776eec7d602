"""Lines as people type them on the way: short forms, drawn-out words, emoji, a shrug, "this one again"."""

from __future__ import annotations

import pytest

from assistant.dialogue.acts import act_of
from assistant.dialogue.sentences.plain_text import spelled_out
from ui.telling_strings import ABOUT_KEEPSAKE, small_talk

GOODBYE, WELCOME, LATER = "Goodbye", "You are welcome", "All right. When you know"


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("gn", GOODBYE),
        ("good night 😴", GOODBYE),
        ("cya tmrw", GOODBYE),
        ("byeee", GOODBYE),
        ("tysm!!", WELCOME),
        ("omg thx 😊", WELCOME),
        ("thanksss", WELCOME),
        ("no thanks", "All right."),
        ("heyyy", "Hello"),
        ("hiii", "Hello"),
        ("what can u do", ABOUT_KEEPSAKE),
        ("idk tbh", LATER),
        ("no idea tbh", LATER),
        ("dunno tbh, some sticker", LATER),
        ("idk just a lamp", LATER),
        ("no clue, a random statue lol", LATER),
        ("beats me", LATER),
        ("idk if i should wash it", "All right."),
        ("dunno what to wear w/ these", "All right."),
        *((line, "All right.") for line in ("lmao same", "ikr", "np", "omg yes", "lol 😂😂", "bruh", "sooo cute")),
    ],
)
def test_small_talk_in_short_forms_gets_a_short_reply_and_is_not_kept(line: str, reply: str) -> None:
    act = act_of(line, asked=True)
    assert (act.kind, act.words) == ("talk", "") and small_talk(line).startswith(reply)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("dunno some toy in a shop window", "unclear"),
        ("idk something from ikea", "unclear"),
        ("idk maybe a cat", "unclear"),
        ("dunno what it is but found it on the beach", "tell"),
        ("dunno when but it's from nan", "tell"),
        ("some guy sold it to me at the market", "tell"),
        ("random cat from my street", "tell"),
        ("something old from my nan", "tell"),
        ("idk who that is", "question"),
        ("dunno who gave it to me", "question"),
        ("idk if it's mine", "question"),
        ("tbh idk where we took this", "question"),
        ("wut is dis", "question"),
        ("np it was cheap", "tell"),
        ("night bus in porto", "tell"),
        ("she said bet", "tell"),
    ],
)
def test_a_shrug_is_asked_about_and_what_tells_or_asks_stays_so(line: str, kind: str) -> None:
    assert act_of(line, asked=True).kind == kind


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("omg this is mochi our flat cat", "This is mochi our flat cat"),
        ("tbh those r mia's boots", "Those r mia's boots"),
        ("ngl i love this cat", "I love this cat"),
        ("yoo this is my vase", "This is my vase"),
        ("ugh my backpack, so heavy", "My backpack, so heavy"),
        ("awww thats my nans old clock", "Thats my nans old clock"),
    ],
)
def test_what_leads_to_a_telling_is_not_kept(line: str, words: str) -> None:
    assert act_of(line)[:2] == ("tell", words)


@pytest.mark.parametrize(
    "line",
    "same as before,ugh this one again,him again,not this one again,same one 😂,the same guy,its the same as last time,"
    "oh these again,same thing as always".split(","),
)
def test_the_same_again_says_yes_to_what_was_recalled(line: str) -> None:
    act = act_of(line)
    assert (act.kind, act.verdict) == ("talk", True)


@pytest.mark.parametrize("line", "again,it rained again,mia lost it again,same shop as last time,same lol".split(","))
def test_another_thing_that_is_the_same_says_nothing_of_the_recall(line: str) -> None:
    assert act_of(line).verdict is None


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("what do u know abt Mia", "what do you know about Mia"),
        ("r these mine", "are these mine"),
        ("who dis", "who is this"),
        ("and who that?", "and who is that?"),
        ("wht did i say bc of ur cat", "what did i say because of your cat"),
        ("who this belongs to", "who this belongs to"),
        ("wot is her name", "what is her name"),
        ("hoo is this", "who is this"),
        ("wen did we get the cat", "when did we get the cat"),
        ("were is it from", "where is it from"),
        ("whos clock was it", "whose clock was it"),
        ("whos is this vase", "whose is this vase"),
        ("who's clock is new?", "who's clock is new?"),
        ("Wen did the dishes", "Wen did the dishes"),
        ("were we in rome", "were we in rome"),
        ("R2D2 on a u-turn, u.s. army", "R2D2 on a u-turn, u.s. army"),
        ("what did Ur-Oma say", "what did Ur-Oma say"),
    ],
)
def test_a_question_is_asked_with_its_short_forms_spelled_out(line: str, asked: str) -> None:
    assert spelled_out(line) == asked


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("wot is her name", "question"),
        ("hoo is this", "question"),
        ("wen did nanna pass away", "question"),
        ("were is it from", "question"),
        ("whos is this vase", "question"),
        ("thankyou your brill", "talk"),
        ("ur the best", "talk"),
        ("your brother in Leeds", "unclear"),
        ("Wen did the dishes at our wedding", "tell"),
    ],
)
def test_lines_spelled_as_they_sound(line: str, kind: str) -> None:
    assert act_of(line).kind == kind
