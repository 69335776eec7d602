"""One rule decides what a typed line is for, for the app and for plain mode."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.dialogue.in_view import InView
from assistant.dialogue.line_decision import Answer, Ask, Correct, Keep, Say, Scene, decide, declined
from memory.episode import Certainty, Episode, Recall, Turn
from memory.store import Memory
from tests.support.pictures import coloured

LEO = "This is Leo, our cat."


def recall(words: str, certainty: Certainty = "sure", colour: str = "orange") -> Recall:
    episode = Episode(coloured(colour), (Turn("user", words),), datetime(2025, 5, 12, tzinfo=UTC))
    return Recall(episode, 0.9, f"{'maybe ' * (certainty == 'maybe')}the same thing", certainty)


def scene(*recalls: Recall, private: bool = False, **view: bool) -> Scene:
    """A photo in view that recalled these."""
    seen = InView(**view)  # type: ignore[arg-type]  # flags only
    seen.ask(recalls)
    return Scene(seen, coloured("teal"), private=private)


NOWHERE = Scene(InView(), None)


@pytest.mark.parametrize(
    ("line", "where", "decided"),
    [
        ("https://example.org/cat.jpg", NOWHERE, Say("web address")),
        ("Who is this?", scene(), Ask("Who is this?")),
        ("This is Milo.", NOWHERE, Say("no photo", "This is Milo.")),
        ("This is Milo. Isn't he cute?", NOWHERE, Say("no photo", "This is Milo.", "Isn't he cute?")),
        ("the trip to rome", NOWHERE, Ask("the trip to rome")),
        ("This is Milo.", scene(private=True), Say("private")),
        ("the trip to rome", scene(private=True), Ask("the trip to rome")),
        ("thanks", scene(), Say("talk", "thanks")),
        ("yes", scene(), Say("talk", "yes")),
        ("that's wrong", scene(answer_last=True), Say("wrong answer")),
        ("that's not right", scene(), Say("not the same", "that's not right")),
        ("change Ghent to Bruges", scene(recall(LEO)), Say("nowhere", "Ghent")),
    ],
)
def test_what_is_done_with_a_line(line: str, where: Scene, decided: object, memory_file: Path) -> None:
    with Memory(memory_file) as memory:
        assert decide(line, where, memory) == decided


@pytest.mark.parametrize("line", ["y", "Yes", "yes, that's him", "it's leo", "n", "no", "That's not Leo"])
@pytest.mark.parametrize("certainty", ["sure", "maybe"])
def test_a_line_that_speaks_of_a_recalled_memory_only_is_an_answer(line: str, certainty: Certainty) -> None:
    decided = decide(line, scene(one := recall(LEO, certainty)), None)
    assert isinstance(decided, Answer)
    assert decided.said.episode is one.episode and decided.said.same == (line[0] in "yYi")


@pytest.mark.parametrize("line", ["it is", "definitely", "👍", "I don't think so", "no way"])
def test_a_short_answer_counts_only_where_it_was_asked(line: str) -> None:
    decided = decide(line, scene(recall(LEO, "maybe")), None)
    assert isinstance(decided, Answer) and decided.said.same == (line not in ("I don't think so", "no way"))
    assert not isinstance(decide(line, scene(recall(LEO, "sure")), None), Answer)


def test_a_second_yes_is_none_and_a_no_still_counts() -> None:
    where = scene(one := recall(LEO))
    where.view.answered(one.episode.photo.sha256, same=True)
    assert {decide(line, where, None) for line in ("y", "it's Leo")} == {Say("talk", "y"), Say("talk", "it's Leo")}
    assert isinstance(decide("no", where, None), Answer)
    where.view.seen([one], new=True, after_answer=False)
    assert isinstance(decide("y", where, None), Answer), "of another photo"


def test_a_telling_is_kept_with_what_it_says_of_the_recalled_memory() -> None:
    decided = decide("That's not Leo, it's Rajah. Isn't he big?", scene(one := recall(LEO)), None)
    assert isinstance(decided, Keep) and not decided.unsure
    assert (decided.kept, decided.question) == ("It's Rajah.", "Isn't he big?")
    assert decided.said and decided.said.episode is one.episode and not decided.said.same


@pytest.mark.parametrize("line", ["this is Moose", "that's wrong, this is Moose", "n"])
def test_a_no_is_said_of_the_memory_that_names_what_is_denied(line: str) -> None:
    """Of two about one photo that is the one that was offered: the reply says "not Leo", not "not the same"."""
    later, named = recall("he gets half a cup at noon"), recall(LEO)
    decided = decide(line, scene(later, named), None)
    assert isinstance(decided, Keep | Answer)
    assert decided.said and decided.said.episode is named.episode and not decided.said.same


def test_what_may_tell_nothing_or_of_something_else_is_asked_about_first(memory_file: Path) -> None:
    clock, leo = recall("This is my clock.", colour="red"), recall(LEO)
    with Memory(memory_file) as memory:
        memory.add_all([clock.episode, leo.episode])
        unclear = decide("roma", scene(clock), memory)
        other = decide("Leo died last week", scene(clock), memory)
        named = decide("Leo died last week", scene(clock, asking=True), memory)
        alike = decide("Leo died last week", scene(leo), memory)
    assert isinstance(unclear, Keep) and unclear.unsure == "whether it tells"
    assert declined(unclear) == Ask("roma")
    assert declined(unclear._replace(line="I feel sad today")) == Say("talk", "I feel sad today")
    assert isinstance(other, Keep) and other.unsure == "what it is about"
    assert declined(other) == Say("not about this", "Leo died last week")
    assert isinstance(named, Keep) and isinstance(alike, Keep) and not named.unsure and not alike.unsure


def test_right_words_take_the_place_of_wrong_ones_where_one_memory_has_them(memory_file: Path) -> None:
    one, other = recall("Rex in Ghent"), recall("Milo in Ghent", colour="red")
    with Memory(memory_file) as memory:
        memory.add(one.episode)
        found = decide("change Ghent to Bruges", scene(), memory)
        assert isinstance(found, Correct) and found.new.words == "Rex in Bruges"
        assert decide("change Ghent to Bruges", scene(one, private=True), memory) == Say("private")
        memory.add(other.episode)
        assert decide("change Ghent to Bruges", scene(), memory) == Say("several", "Ghent", n=2)


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("the clock stopped working yesterday", True),
        ("oh, we sold the clock", True),
        ("my clock is broken again", True),
        ("the clock gave it to me", False),
        ("the strap broke yesterday", False),
        ("the lake was cold", False),
        ("the backpack got wet", False),
        ("this is the clock", False),
    ],
)
def test_words_about_a_thing_that_another_photo_shows_are_asked_about(
    line: str, asked: bool, memory_file: Path
) -> None:
    """Before, only names were asked about, and "the clock stopped working" stood with the backpack in view for ever."""
    clock, bag = (
        recall("This is Mum's bedside clock.", colour="red"),
        recall("My backpack, from the lake", colour="blue"),
    )
    with Memory(memory_file) as memory:
        for one in (clock, bag):
            memory.add(one.episode)
        decided = decide(line, scene(bag), memory)
        assert isinstance(decided, Keep) and (decided.unsure == "what it is about") is asked
        known = decide(line, scene(bag, clock), memory)
        assert not isinstance(known, Keep) or known.unsure == "", "the clock is recalled, too"
