"""What was told of somebody who is not in view is corrected where the line names them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.dialogue.in_view import InView
from assistant.dialogue.line_decision import Correct, Scene, decide
from memory.episode import Episode, Recall, Turn
from memory.store import Memory
from tests.support.pictures import coloured

TOLD = (
    ("red", "This is Moose. Owner is Tom Alvarez, flat 3B. Key is with the porter."),
    ("red", "he bit a jogger in March so he wears a muzzle in the park"),
    ("blue", "Luna, Greta's dog. she's 12 and nearly deaf"),
    ("blue", "greta's number is 0151 496 0132, the vet is Dr Shah on Mill Lane"),
    ("blue", "she loves vanilla ice cream"),
    ("teal", "the Hendersons have a cat too, this is Pickle"),
)
EPISODES = [
    Episode(coloured(colour), (Turn("user", words),), datetime(2025, 5, 12, tzinfo=UTC)) for colour, words in TOLD
]


def scene(name: str) -> Scene:
    """Pickle in view, a photo that nobody knows, or none."""
    view = InView()
    view.ask([Recall(EPISODES[-1], 0.9, "the same thing")] if name == "pickle" else [])
    return Scene(view, {"pickle": coloured("teal"), "unknown": coloured("navy"), "none": None}[name])


@pytest.mark.parametrize("where", ["pickle", "none"])
@pytest.mark.parametrize(
    ("line", "n", "part"),
    [
        ("sorry, Moose's flat is 3C not 3B", 0, "flat 3C."),
        ("moose's flat is 3c not 3b", 0, "flat 3c."),
        ("oh wait, Tom lives in 3C not 3B", 0, "flat 3C."),
        ("Luna is 13 not 12", 2, "she's 13 and"),
        ("Luna's vet is Dr Shaw, not Dr Shah", 3, "Dr Shaw on"),
    ],
)
def test_the_one_memory_of_the_named_is_corrected(line: str, n: int, part: str, where: str, memory_file: Path) -> None:
    with Memory(memory_file) as memory:
        memory.add_all(EPISODES)
        decided = decide(line, scene(where), memory)
    assert isinstance(decided, Correct)
    assert decided.old == EPISODES[n]
    assert part in decided.new.words


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("it's 3C not 3B", "pickle"),
        ("Nina's flat is 3C not 3B", "pickle"),
        ("Tom lives in 3C not 3B", "pickle"),
        ("Luna's cake was chocolate, not vanilla", "pickle"),
        ("my dog is called Moosey, not Moose", "none"),
        ("that's Luna, not Moose", "pickle"),
        ("Luna is 13 not 12", "unknown"),
    ],
)
def test_nothing_is_corrected_where_it_may_be_told_of_something_else(line: str, where: str, memory_file: Path) -> None:
    with Memory(memory_file) as memory:
        memory.add_all(EPISODES)
        assert not isinstance(decide(line, scene(where), memory), Correct)
