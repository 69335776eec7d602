"""The grounding check: what stands in the memories is shown, nothing else is, and the user's own words are quoted."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.backend import MaySay
from assistant.grounding.evidence import grounded_text
from assistant.grounding.text_checks import Checks
from memory.episode import Photo
from tests.support.grounded import BRUNO, OSKAR, check, recall

TAKEN = datetime(2025, 7, 20, 12, tzinfo=UTC)


def test_what_was_told_is_shown_as_it_is_and_cites_its_memory() -> None:
    text = "This is Bruno. You got him from your sister Anna when she moved to Lisbon. He is afraid of thunder."
    bruno, oskar = recall(BRUNO), recall(OSKAR)
    checked = check(text, oskar, bruno, may_say="told")
    assert checked.shown == text
    assert checked.grounding.cited == (bruno.episode.id,) and checked.grounding.grounded


@pytest.mark.parametrize(
    "wrong",
    [
        "This is John.",
        "This is Anna.",
        "You were at the beach.",
        "You were together on 300 euros.",
        "You were cheese sandwiches.",
        "Anna always gets a zebra Anna.",
        "You gave him to your sister Anna.",
        "He is not afraid of thunder.",
        "You got him on 3 May 2024.",
    ],
)
def test_a_made_up_sentence_is_left_out(wrong: str) -> None:
    checked = check(f"This is Bruno. {wrong}", recall(BRUNO))
    assert checked.shown == "This is Bruno."
    assert checked.grounding.left_out == (wrong,)


def test_facts_are_not_said_of_the_other_thing() -> None:
    both = (recall(BRUNO), recall(OSKAR, date(2024, 6, 15)))
    assert check("This is Oskar. He is afraid of thunder.", *both).grounding.left_out == ("He is afraid of thunder.",)
    asked = check("He is afraid of thunder.", *both, question="What is Oskar afraid of?")
    assert "thunder" not in asked.shown
    told = "Oskar once ate a whole cheese sandwich off your plate, and Bruno is afraid of thunder."
    assert check(told, *both).shown == told


def test_of_a_text_that_its_length_cuts_whole_sentences_are_shown() -> None:
    checked = grounded_text([recall(BRUNO)], None, None, Checks("told"))
    out = checked.write("This is Bruno. He is afraid of thun")
    assert out + checked.finish(cut=True) == "This is Bruno." and checked.whole
    ended = grounded_text([recall(BRUNO)], None, None, Checks("told"))
    assert (
        ended.write("This is Bruno. He is afraid of thunder.") + ended.finish(cut=True)
        == BRUNO[:15] + "He is afraid of thunder."
    )
    free = grounded_text([recall(BRUNO)], None, "Write a poem about Bruno", Checks("told"))
    assert free.write("Bruno, oh Br") + free.finish(cut=True) == "Bruno, oh Br" and not free.whole


def test_where_nothing_is_left_the_words_that_fit_are_quoted_with_their_day() -> None:
    rome = recall("My red backpack. I bought it in Rome in 2019.", date(2024, 8, 2))
    checked = check("You were at the beach.", rome, question="Where did I buy it?")
    assert checked.shown == "You told me about your photo of 2 August 2024: “I bought it in Rome in 2019.”"
    assert checked.grounding.quoted == (rome.episode.id,) and not checked.grounding.grounded


def test_an_abstention_gives_way_to_what_was_told_and_stays_where_nothing_was() -> None:
    bruno = recall(BRUNO)
    assert (
        "He is afraid of thunder." in check("You did not tell me that.", bruno, question="What is he afraid of?").shown
    )
    assert check("I am not sure.", bruno, question="How much did he cost?").shown == "I am not sure."
    caption = check("I do not know anything in this photo. None of your memories match it.", bruno)
    assert caption.shown.startswith("You told me about your photo of 12 May 2025: “This is Bruno.")
    stranger = check("This is Anna. You were together in Rome.")
    assert stranger.shown == "I do not know anybody or anything here."


def test_a_caption_and_the_answer_agree_on_the_place() -> None:
    teddy = recall("Teddy Bartholomew! Grandma sewed him.", date(2024, 11, 3), "Grandma's living room in Graz")
    assert check("This is Grandma's living room in Graz.", teddy).grounding.grounded
    answer = check("You did not tell me that.", teddy, question="Where is this?")
    assert answer.shown == "The place of your photo of 3 November 2024: Grandma's living room in Graz."


def test_the_users_my_and_i_are_said_as_your_and_you() -> None:
    rome = recall("The can I collect coins in for our trip to Iceland.")
    said = check("This is the can I collect coins in for our trip to Iceland.", rome).shown
    assert said == "This is the can you collect coins in for your trip to Iceland."


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How old is he?", "It is Bruno."),
        ("Who gave him to me?", "This is Bruno."),
        ("When did I get him?", "It was on 12 May 2025."),
        ("Where was this?", "You were on 12 May 2025."),
    ],
)
def test_a_true_sentence_that_answers_nothing_is_no_answer(question: str, answer: str) -> None:
    assert answer not in check(answer, recall(BRUNO), question=question).shown
    assert check("This is Bruno.", recall(BRUNO), question="Who is this?").shown == "This is Bruno."


@pytest.mark.parametrize(
    ("question", "answer", "shown"),
    [
        ("Is he afraid of thunder?", "Yes.", True),
        ("Is he afraid of cats?", "Yes.", False),
        ("Was it in Rome?", "Yes, in Rome.", False),
        ("Did I get him from my sister?", "Yes, you got him from your sister Anna.", True),
    ],
)
def test_a_leading_question_is_no_support(question: str, answer: str, shown: bool) -> None:
    assert (check(answer, recall(BRUNO), question=question).shown == answer) is shown


def test_what_may_be_says_maybe() -> None:
    assert check("This is Bruno.", recall(BRUNO, sure=False)).shown == "Maybe: This is Bruno."


def test_what_is_seen_is_kept_of_a_model_that_sees_and_marked() -> None:
    text = "Bruno is lying on a green lawn. You got him from your sister Anna."
    checked = check(text, recall(BRUNO), may_say="seen")
    assert checked.shown == text and checked.grounding.seen == ("Bruno is lying on a green lawn.",)
    assert check(text, recall(BRUNO)).shown == "You got him from your sister Anna."
    assert check("Bella is lying on the lawn.", recall(BRUNO), may_say="seen").grounding.left_out


def test_small_talk_is_answered_and_neither_echoed_nor_judged() -> None:
    bruno = recall(BRUNO)
    assert check("Thanks.", bruno, question="thanks").shown == "You are welcome."
    assert check("This is Bruno.", bruno, question="Hello.").shown == "Hello."
    assert check("Bye!", bruno, question="bye").shown == "Goodbye."
    assert check("hi there", bruno, question="hi there").shown == "Hello."
    assert check("You're welcome!", bruno, question="Thank you!").shown == "You're welcome!"


def test_the_photos_own_day_and_the_users_own_caption_are_evidence() -> None:
    photo = Photo("new", b"", 1, 1, TAKEN)
    assert check("The photo was taken on 20 July 2025.", photo=photo).grounding.grounded
    own = check(
        "She lives in Oslo.", question="Where does Pia live?", own="This is Pia. She lives in Oslo.", photo=photo
    )
    assert own.shown == "She lives in Oslo."


def test_plain_talk_without_photo_and_memories_is_for_a_model_that_knows_the_world() -> None:
    """The built-in model knows nothing of it, and made up what to say."""
    asked = "what is the capital of france?"
    assert check("Paris.", question=asked, may_say="seen").shown == "Paris. "
    assert "Paris" not in check("Paris.", question=asked).shown
    assert "Grand" not in check("I do not know you.\n\nThis is Grand so.", question="grand so").shown
    assert check("I do not know anything. I do not know it.", question="hiya").shown == "Hello."
    assert "Rome" not in check("You were in Rome.", question="Where did we go?").shown


def test_words_of_memories_cannot_steer_the_terminal() -> None:
    shown = check("x", recall("Milo\x1b[31m is red."), question="What colour is Milo?").shown
    assert "\x1b" not in shown and "Milo" in shown


def test_of_a_cancelled_text_the_judged_sentences_stay() -> None:
    checked = grounded_text((recall(BRUNO),), None, None, Checks("told"))
    out = checked.write("This is Bruno. He is afr")
    assert out + checked.finish(cancelled=True) == checked.shown == "This is Bruno."


def test_a_sentence_is_shown_once_it_is_complete() -> None:
    checked = grounded_text((recall(BRUNO),), None, None, Checks("told"))
    assert [checked.write(piece) for piece in ("This is ", "Bruno.", " He", " is")] == ["", "", "This is Bruno.", ""]


SENTENCES = (
    "{name} loves warm milk.",
    "I bought {name} a red collar in Porto.",
    "We saw {name} at the lake on 3 March 2021.",
    "{name} hid 14 socks under my bed.",
    "My brother takes {name} to the market every Friday.",
    "{name} never sleeps before midnight.",
)
SHIFTED = (("I ", "you "), ("We ", "You "), ("My ", "Your "), (" my ", " your "))
NAMES = st.sampled_from(("Milo", "Zuri", "Bartholomew", "Minka", "Kaya"))


@given(name=NAMES, told=st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=4, unique=True), data=st.data())
@settings(max_examples=60)
def test_a_sentence_of_a_memory_said_to_the_user_always_stands(name: str, told: list[str], data: st.DataObject) -> None:
    words = f"This is {name}. " + " ".join(one.format(name=name) for one in told)
    said = data.draw(st.sampled_from(told)).format(name=name)
    for mine, yours in SHIFTED:
        said = said.replace(mine, yours)
    said = said[0].upper() + said[1:]
    assert check(said, recall(words)).shown == said


@given(
    told=st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=4, unique=True),
    said=st.sampled_from(SENTENCES),
    stranger=st.sampled_from(("Xanthe", "Quentin", "Ottokar", "Vesna")),
    may_say=st.sampled_from(("told", "seen")),
)
@settings(max_examples=60)
def test_a_name_that_was_nowhere_told_is_never_shown(
    told: list[str], said: str, stranger: str, may_say: MaySay
) -> None:
    words = "This is Milo. " + " ".join(one.format(name="Milo") for one in told)
    assert stranger not in check(said.format(name=stranger), recall(words), may_say=may_say).shown


def test_what_was_said_is_not_said_again() -> None:
    told = recall("This is Pegasus, who was her mother's before. I replaced the left eye with a coat button in 2016.")
    whole, eye = (
        "This is Pegasus, who was her mother's before.",
        "You replaced the left eye with a coat button in 2016.",
    )
    assert check(" ".join((whole, eye, whole, "This is Pegasus.", eye)), told).shown == f"{whole} {eye}"


def test_what_the_user_does_is_not_done_by_the_thing() -> None:
    """Seen: "Pepper, your sister's corgi, looks after her every August."."""
    told = recall("This is Pepper, my sister's corgi. We look after her every August.")
    assert "looks after" not in check("Pepper, your sister's corgi, looks after her every August.", told).shown
    right = "Pepper, your sister's corgi. You look after her every August."
    assert check(right, told).shown == right
    barks = recall("This is Pepper. We bark when she barks.")
    assert check("Pepper barks.", barks).shown == "Pepper barks."


@pytest.mark.timeout(30)  # it took half an hour, when every pair of places in the note was compared with all before it
def test_a_note_as_long_as_a_line_may_be_is_checked_soon() -> None:
    checked = check("This is the harbour. You were at the zoo.", recall("This is the harbour. " + "harbour " * 1200))
    assert checked.shown == "This is the harbour."


@pytest.mark.parametrize("text", ["I do not know.", "This is Bruno.", "It is a lamp from Berlin."])
def test_a_corrected_caption_is_quoted_before_a_memory(text: str) -> None:
    photo = Photo("c" * 64, b"", 1, 1)
    own = "This is Boomer. You were together at the opera house in Zagreb."
    checked = check(text, recall(OSKAR, by_sight=True), question="Who is this?", own=own, photo=photo)
    assert checked.shown.startswith("You told me: “This is Boomer.") and checked.grounding.cited == ()
    other = check("I do not know.", recall(OSKAR), question="Who is this?", photo=photo)
    assert "Boomer" not in other.shown
