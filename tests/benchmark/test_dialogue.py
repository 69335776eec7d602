"""What is said, asked and answered about a thing: seeded words that a score can find again, letter by letter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from benchmark.world import dialogue
from benchmark.world.dialogue import ABSTENTION, NO_ANSWER, QUESTION_FORMS, Facts
from memory.episode import Episode, Photo, Turn

MAY = datetime(2025, 5, 4, 9, tzinfo=UTC)
MILO = Facts(
    "Milo",
    "the harbour in Lisbon",
    "last summer",
    "feeding the gulls",
    "sleeps by the window",
    "he is old",
    "call Anna",
)


def episode(when: datetime = MAY, place: str | None = None, digit: str = "a") -> Episode:
    return Episode(Photo(digit * 64, b"", 1, 1), (Turn("user", "This is Milo."),), when, place)


def said(seed: int, split: str, turns: int, *, full: bool) -> list[tuple[Facts, tuple[Turn, ...]]]:
    rng = np.random.default_rng(seed)
    return [(f, dialogue.draw_dialogue(rng, f, "koala", turns)) for f in dialogue.draw_facts(rng, split, 3, full=full)]


@pytest.mark.parametrize("split", ["train", "dev", "test"])
@pytest.mark.parametrize("turns", [1, 2, 4, 6])
def test_every_fact_is_said_word_for_word_and_once(split: str, turns: int) -> None:
    for seed in range(15):
        for full in (True, False):
            for facts, told in said(seed, split, turns, full=full):
                words = " ".join(t.text for t in told if t.role == "user")
                assert facts.name in words
                for key in ("place", "time", "event", "habit", "note", "reminder"):
                    fact = getattr(facts, key)
                    if fact and key != "note":
                        assert words.count(fact) == 1, (key, words)
                    elif fact:
                        assert fact[1:] in words, "a sentence may begin with a capital letter"
                if full:
                    assert None not in (facts.place, facts.time, facts.event, facts.habit)
                    assert facts.note is None and facts.reminder is None


@pytest.mark.parametrize("turns", [1, 2, 4, 6])
def test_a_dialogue_has_the_turns_it_should(turns: int) -> None:
    """The user begins, replies alternate and add no fact; nothing is left of a template."""
    for facts, told in said(3, "test", turns, full=True):
        assert [t.role for t in told] == ["user", "assistant"] * (turns // 2) + ["user"] * (turns % 2)
        assert all(t.text and not set("{}") & set(t.text) for t in told)
        replies = " ".join(t.text for t in told if t.role == "assistant")
        assert not any(str(getattr(facts, key)) in replies for key in ("place", "time", "event", "habit"))


def test_the_same_seed_says_the_same() -> None:
    assert said(5, "test", 6, full=True) == said(5, "test", 6, full=True) != said(6, "test", 6, full=True)


@pytest.mark.parametrize(("split", "n"), [("train", 12), ("test", 12), ("dev", 6)])
def test_no_two_things_share_a_fact(split: str, n: int) -> None:
    """As many as the largest context of the split has (test: four positives, each with two others)."""
    for seed in range(30):
        drawn = dialogue.draw_facts(np.random.default_rng(seed), split, n, full=True)
        for key in ("name", "place", "time", "event", "habit"):
            assert len({getattr(f, key) for f in drawn}) == n, key


def test_the_gold_caption_tells_all_in_canonical_order() -> None:
    assert dialogue.caption([]) == ABSTENTION
    rex, early = Facts("Rex"), episode(datetime(2024, 12, 31, tzinfo=UTC), digit="b")
    assert dialogue.caption([(MILO, episode()), (rex, early)]) == (
        "Here are Rex and Milo. This is Rex. You were together on 31 December 2024. "
        "This is Milo. You were feeding the gulls at the harbour in Lisbon last summer. Milo always sleeps by the "
        "window. You told me: he is old. You asked me to remind you: call Anna."
    )
    three = [(Facts(name), early) for name in ("Rex", "Ada", "Bo")]
    assert dialogue.caption(three).startswith("Here are Rex, Ada and Bo. This is Rex.")


def test_date_and_place_of_the_episode_stand_in_for_what_was_not_said() -> None:
    bare, where = replace(MILO, place=None, time=None), episode(place="Porto")
    assert dialogue.answer("both", bare, where) == "This is Milo. You last saw Milo on 4 May 2025 at Porto."
    assert "at Porto on 4 May 2025." in dialogue.caption([(bare, where)])
    assert dialogue.answer("place", bare, episode()) == NO_ANSWER


@pytest.mark.parametrize("key", QUESTION_FORMS)
def test_every_question_has_its_answer(key: str) -> None:
    """The fact that was asked for; or that it was never told; or that nobody here is known."""
    rng = np.random.default_rng(0)
    asked = {dialogue.question(rng, key) for _ in range(60)}
    assert {q.count("{") for q in asked} == {0} and len(asked) == len(QUESTION_FORMS[key])
    answer = dialogue.answer(key, MILO, episode())
    fact = {"name": "Milo", "both": "last summer at the harbour in Lisbon"}.get(key) or getattr(MILO, key)
    assert str(fact) in answer
    silent = dialogue.answer(key, Facts("Milo"), episode())
    known = {"name": "Milo", "both": "Milo", "time": "4 May 2025"}  # the episode's date is always there
    assert known[key] in silent if key in known else silent == NO_ANSWER
    assert dialogue.answer(key, None, None).startswith("I do not know")


def test_a_name_is_used_where_the_question_has_room_for_it() -> None:
    rng = np.random.default_rng(0)
    assert {"Milo" in dialogue.question(rng, "place", "Milo") for _ in range(20)} == {True}
    assert {"Milo" in dialogue.question(rng, "event", "Milo") for _ in range(20)} == {False}
