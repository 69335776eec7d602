""" "That's not Leo" denies all that the memory has of Leo, for the photo in view, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.backends.fake import FakeBackend
from assistant.conversation.conversation import Conversation
from assistant.dialogue.acts import act_of
from assistant.dialogue.denials import as_answer, called
from assistant.encoder.encoder import BackendEncoder
from assistant.sight import remember
from memory.episode import Episode, Recall, Turn
from memory.search.gate import Gate
from memory.store import Memory
from tests.support.pictures import coloured

DAY = datetime(2025, 8, 16, 12, tzinfo=UTC)
COLOURS = ("red", "blue", "green", "orange", "purple", "brown", "pink", "gray", "navy", "olive")


def recalls(*words: str) -> list[Recall]:
    episodes = [Episode(coloured("red"), (Turn("user", one),), DAY) for one in words]
    return [Recall(one, 0.9, "the same thing") for one in episodes]


@pytest.mark.parametrize(
    ("denied", "words", "meant"),
    [
        ("leo", ["This is Leo.", "This is Mia.", "This is Leo and Mia."], [0, 2]),
        ("leo", ["This is Anna, with Leo's ball.", "Leo again", "This is Leo."], [1, 2]),
        ("leo", ["This is Anna, with Leo's ball.", "The ball of Leo"], [0]),
        ("my backpack", ["My backpack in Rome", "My boots", "The old backpack"], [0, 2]),
        ("the grey cat", ["Our grey cat", "A cat", "The dog"], [0]),
        ("zoe", ["This is Zoë."], [0]),
        ("rex", ["This is Leo."], []),
    ],
)
def test_who_is_meant(denied: str, words: list[str], meant: list[int]) -> None:
    found = recalls(*words)
    assert [found.index(one) for one in called(found, denied)] == meant


@pytest.mark.parametrize(
    ("line", "kind", "verdict"),
    [
        ("it's biscuit", "talk", True),
        ("Biscuit, yes", "talk", True),
        ("yes that's Biscuit again", "talk", True),
        ("my sister's corgi", "talk", True),
        ("those are them", "talk", True),
        ("it's biscuit at the vet", "tell", True),
        ("That's Winston", "tell", False),
        ("not biscuit", "talk", False),
        ("It's broken", "tell", None),
        ("is it biscuit?", "question", None),
    ],
)
def test_a_name_is_an_answer_to_the_question_about_it(line: str, kind: str, verdict: bool | None) -> None:
    (asked,) = recalls("this is biscuit, my sister's corgi")
    act = as_answer(act_of(line), line, replace(asked, certainty="maybe"))
    assert (act.kind, act.verdict) == (kind, verdict)
    assert as_answer(act_of(line), line, None) == act_of(line)


YES = """
it is | indeed it is | Of course it is | sure is | 100% | Bingo! | you got it | same dog | the same one | aye
Definitely | definitely him | sí | 👍🏽 | of course | I think so | he sure is | looks like it | that's the one
yep
"""
NO = """
not even close | Definitely not | never seen it before | I've never met him | that's somebody else's | no way
I don't think so | looks similar but isn't | similar, but it's not him | 👎 | it doesn't look like him
that can't be him | nope | nice try
"""
NEITHER = """
maybe | not sure | could be | hard to say | idk | who? | no idea | let me check | probably | same here
it's broken | he is old now | never been to Rome | he looks like his brother | definitely the best dog
of course he was old then | same but smaller | no way to wash it | it looks like it rained
"""
ANSWERS = [
    (one.strip(), said)
    for text, said in ((YES, True), (NO, False), (NEITHER, None))
    for one in re.split(r"[|\n]", text.strip())
]


INSTEAD = """This is Moose. Owner is Tom Alvarez, flat 3B. | this is Moose, my dog | it's Luna the corgi | Meet Rex!
no, this is Moose | That's Winston | He's Max, Biscuit's brother | This is Hugo again"""
NOT_INSTEAD = """This is Moose, too | That's Ben next to Biscuit | This is Moose with his ball | Moose is on the left
This is Rome last summer | This is our garden | It's Monday | This is Mum | That's Grandma. | This is Auntie Ulla
He is tired | This is Anna's birthday | This is Tom and his dog | Moose and Biscuit"""


@pytest.mark.parametrize("line", re.split(r"\s*[|\n]\s*", INSTEAD))
def test_another_name_says_that_a_sure_recall_is_wrong(line: str) -> None:
    (sure,) = recalls("This is Biscuit, he belongs to the Hendersons.")
    act = as_answer(act_of(line), line, sure)
    assert (act.kind, act.verdict, bool(act.words)) == ("tell", False, True)


@pytest.mark.parametrize("line", re.split(r"\s*[|\n]\s*", NOT_INSTEAD))
def test_what_may_be_told_beside_a_sure_recall_denies_nothing(line: str) -> None:
    (sure,) = recalls("This is Biscuit, he belongs to the Hendersons.")
    assert as_answer(act_of(line), line, sure).verdict is not False
    place = replace(sure, why="the same place")
    assert as_answer(act_of("This is Moose"), "This is Moose", place).verdict is None


@pytest.mark.parametrize(("line", "verdict"), ANSWERS)
def test_short_answers_to_the_question_whether_it_is_the_same(line: str, verdict: bool | None) -> None:
    (asked,) = recalls("this is biscuit, my sister's corgi")
    act = as_answer(act_of(line), line, replace(asked, certainty="maybe"))
    assert act.verdict is verdict and (verdict is None or act.kind == "talk")


def test_a_no_that_goes_on_is_told() -> None:
    line = "close but no, this is Max"
    assert act_of(line)[:3] == ("tell", "This is Max", False)
    assert [act_of(one).kind for one in ("it is", "of course it is", "he really was")] == ["talk"] * 3


def told(memory: Memory, words: Sequence[str]) -> Conversation:
    """A conversation in which all these memories may be the same as the photo in view."""
    backend = FakeBackend()
    encoder = BackendEncoder(backend)
    encoder.gate = Gate((0.0, 0.0), (1.1, 0.0))
    for n, text in enumerate(words):
        remember(memory, encoder, coloured(COLOURS[n]), text, DAY + timedelta(days=n))
    talk = Conversation(backend, memory, encoder)
    list(talk.attach(coloured("teal")))
    return talk


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize(
    ("denied", "words", "left"),
    [
        ("leo", ["This is Leo."] * 3 + ["This is Leo with Mia.", "Leo in Rome", "This is Rex."], ["This is Rex."]),
        ("my backpack", [f"My backpack, trip {n}" for n in range(7)] + ["My boots"], ["My boots"]),
    ],
)
def test_all_memories_of_it_are_denied(
    tmp_path: Path, keep: bool, denied: str, words: list[str], left: list[str]
) -> None:
    """Previously one was, and the next took its place; there are more than are recalled at once."""
    with Memory(tmp_path / "m.db") as memory:
        talk = told(memory, words)
        first = called(talk.recalls, denied)[0].episode.photo
        before = {one.episode.id for one in talk.recalls}
        done = talk.confirm(first, False, keep=keep, denied=denied)
        assert [one.episode.words for one in talk.recalls] == left
        assert len(done.answers) == len(memory.verdicts()) and bool(done.answers) == keep
        for new, other, was in done.answers:
            assert was is None and memory.take_back_verdict(new, other)
        assert {one.episode.id for one in talk.recall(coloured("teal"))} >= before or not keep
