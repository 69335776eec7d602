"""What is told without a verb is found by rules: from whom a thing is, who came along, when somebody was there."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assistant.dialogue.in_view import asked_about
from assistant.dialogue.sentences.plain_text import spelled_out
from assistant.grounding.quotes.quotation import introducing
from memory.episode import Episode, Photo, Recall, Turn
from tests.support.grounded import check
from ui.recall_strings import asked

REFUSED = "You did not tell me, so I cannot say."
BEAR = ("old teddy from leo", "my ex", "he won it at the fair in porto, summer 2022")
BACKPACK = ("my backpack, took it to lisbon w/ mia and tom in may", "tom spilled beer on it on the tram", "It was mia")
LAMP = ("got this lamp off my nan last xmas", "she had it in her flat for 40 yrs")
SNEAKERS = ("new kicks got em w/ my bday money in march", "80 euros, my mum nearly died")
CAT = ("This is mochi our flat cat", "mia found her behind the bins last winter")
BOOTS = ("Those r mia's boots, she wears them to every party",)
VASE = ("toms aunt made this vase",)
CAT_NAMED = ("My cat Smudge, we got her from the rescue centre in Leeds",)
GLASSES = ("bought these sunglasses at a stall in rome",)

SHOES = ("These were supposed to be for my graduation but they came two weeks late. Cost me $180 plus shipping.",)
DRAWN = ("I drew this at a workshop with Ken. Everyone says it looks like my boss.",)
LUNA = ("This is Luna, we adopted her last spring from a shelter in Valencia.",)
DANA = ("This guy sits on my desk. Dana from accounting gave him to me when I got promoted in October.",)

KEY = ("The spare key to the shed is inside this vase. Only me and Rob know that.",)
CAN = ("This brand made Ellie come out in a rash so we don't buy it any more.",)
VET = ("Bonnie, chip number 985141003456. Vet is Greenfield on 01632 960123. She's due her jabs every January.",)
MOVING = ("grandad Albert's clock, goes to Nina when we move. box 12, wrapped in the green blanket",)
SANTA = ("secret santa from work, still don't know who it was, I reckon it was Darren", "it was Darren after all")


def told(*words: str) -> list[Episode]:
    """Memories of one photo, in the order in which they were told."""
    at = datetime(2026, 5, 1, tzinfo=UTC)
    photo = Photo("x", b"", 1, 1)
    return [Episode(photo, (Turn("user", text),), at, order=n, day=None) for n, text in enumerate(words)]


def answer(question: str, *words: str) -> str:
    """What is shown where the model refuses, with these memories of the photo in view."""
    recalls = [Recall(one, 0.9, "the same thing", "sure", by_sight=True) for one in reversed(told(*words))]
    return check(REFUSED, *recalls, question=spelled_out(question), photo=Photo("new", b"", 1, 1)).shown


@pytest.mark.parametrize(
    ("words", "question", "quoted"),
    [
        (BEAR, "who gave it to me", "old teddy from leo"),
        (BEAR, "whos it from", "old teddy from leo"),
        (BEAR, "who did i get it from", "old teddy from leo"),
        (BEAR, "what did leo give me", "old teddy from leo"),
        (BEAR, "who is this", "old teddy from leo"),
        (LAMP, "who gave me the lamp", "off my nan"),
        (LAMP, "who's this from", "off my nan"),
        (BACKPACK, "when were we in lisbon", "in may"),
        (BACKPACK, "when did we go to lisbon", "in may"),
        (BACKPACK, "who came along", "w/ mia and tom"),
        (BACKPACK, "who did i go with", "w/ mia and tom"),
        (BACKPACK, "and who came to lisbon with me", "w/ mia and tom"),
        (BACKPACK, "who spilled beer on it", "But you told me later"),
        (BACKPACK, "whose is it", "my backpack"),
        (BACKPACK, "is it mine", "my backpack"),
        (SNEAKERS, "are these mine?", "got em w/ my bday money"),
        (SNEAKERS, "whose are these", "got em w/ my bday money"),
        (CAT_NAMED, "whats the cats name", "My cat Smudge"),
        (CAT_NAMED, "what is her name", "My cat Smudge"),
        (("Smudge is our cat, she came from Leeds",), "what's the cat's name?", "Smudge is our cat"),
        (("my new boots, £65 from schuh they rub my heals",), "where did i buy them", "£65 from schuh"),
        (("my new boots, £65 from schuh they rub my heals",), "what shop did i get them from", "£65 from schuh"),
        (("thrifted these boots w/ nadia in april",), "r these mine", "thrifted these boots"),
        (CAT, "is she ours", "our flat cat"),
        (CAT, "what about mia?", "mia found her"),
        (CAT, "and mia?", "mia found her"),
        (BOOTS, "are these mine", "mia's boots"),
        (BOOTS, "do they belong to tom", "mia's boots"),
        (SHOES, "how much were these", "Cost me $180"),
        (SHOES, "how much did I pay for them", "Cost me $180"),
        (DRAWN, "who made this", "I drew this"),
        (DRAWN, "who is Ken", "with Ken"),
        (LUNA, "which shelter", "a shelter in Valencia"),
        (LUNA, "how long have we had her", "adopted her last spring"),
        (DANA, "what did Dana give me", "Dana from accounting gave him to me"),
        (KEY, "what's in the vase", "The spare key to the shed"),
        (KEY, "what is inside this", "The spare key to the shed"),
        (CAN, "why don't we buy this any more", "come out in a rash"),
        (VET, "what is the phone number of the vet", "01632 960123"),
        (SANTA, "who gave me this", "it was Darren after all"),
        (MOVING, "what goes to Nina?", "clock, goes to Nina when we move"),
        (MOVING, "which one goes to nina", "clock, goes to Nina when we move"),
    ],
)
def test_it_is_quoted_where_the_model_refuses(words: tuple[str, ...], question: str, quoted: str) -> None:
    assert quoted in answer(question, *words)


@pytest.mark.parametrize(
    ("words", "question"),
    [
        (BEAR, "who sold it to me"),
        (BEAR, "what did mia give me"),
        (BEAR, "what did he give me"),
        (LAMP, "who made it"),
        (BACKPACK, "when were we in porto"),
        (BACKPACK, "when did tom spill beer"),
        (BACKPACK, "who came to porto with us"),
        (BACKPACK, "who else was there"),
        (SNEAKERS, "who gave me these"),
        (SNEAKERS, "what about mia"),
        (CAT, "what about tom"),
        (CAT, "who did we get her from"),
        (GLASSES, "who gave me these"),
        (GLASSES, "whos it from"),
        (VASE, "who is tom"),
        (("My dog Rex, from our vet in Bern",), "what's the vet's name"),
        (SHOES, "which shop"),
        (MOVING, "what goes to Tom"),
        (KEY, "does Ellie know"),
        (CAN, "why did Rob buy this"),
        (CAN, "does Ellie know"),
        (VET, "what is the phone number of the school"),
        (SHOES, "how long have I had these"),
        (DRAWN, "how much was it"),
        (LUNA, "how much was she"),
        (LUNA, "who made her"),
        (DANA, "what did Ken give me"),
        (("Tom's aunt made this vase",), "who is Tom"),
        (("our cat Mia, on the street",), "what's the name of the street"),
    ],
)
def test_what_was_not_told_stays_refused(words: tuple[str, ...], question: str) -> None:
    assert answer(question, *words) in (REFUSED, "You did not tell me that.")


@pytest.mark.parametrize(
    ("words", "n"),
    [
        (BEAR, 0),
        (BACKPACK, 0),
        (CAT, 0),
        (("got this clock at the flea market", "it doesnt even work"), 0),
        (("This is Leo", "It's Rajah"), 1),
        (("she is sleeping", "this is my cat"), 1),
        (("my mug", "its in the kitchen"), 0),
    ],
)
def test_one_memory_of_a_photo_introduces_what_it_shows(words: tuple[str, ...], n: int) -> None:
    episodes = told(*words)
    assert introducing(episodes[::-1]) is episodes[n]


def test_what_the_model_tells_of_the_thing_in_view_is_no_answer_about_another() -> None:
    vase, boots = (Recall(told(words[0])[0], 0.9, "", "sure", by_sight=True) for words in (VASE, BOOTS))
    boots = Recall(Episode(Photo("y", b"", 1, 1), boots.episode.turns, boots.episode.when), 0.5, "you said 'boots'")
    question = "tell me about the boots"
    shown = check("Toms aunt made this vase.", vase, boots, question=question, photo=Photo("new", b"", 1, 1)).shown
    assert "mia's boots" in shown and "aunt" not in shown


def test_who_did_it_after_all_is_not_what_the_photo_shows() -> None:
    """ "It was mia", told last of a backpack, made it "Is this mia?"."""
    about = asked_about([Recall(one, 0.5, "maybe the same thing", "maybe") for one in reversed(told(*BACKPACK))])
    assert about and asked(about.episode) == "Is this your backpack?"
