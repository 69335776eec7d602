"""Lines in words that mean a command, as people type them, and lines that only sound like one."""

from __future__ import annotations

import pytest

from assistant.dialogue.spoken_commands import THIS, Command, command_of


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("take that back", Command("/undo")),
        ("undo", Command("/undo")),
        ("oh never mind, I take it back", Command("/undo")),
        ("erase all the stuff about the cat please", Command("/forget", "the cat")),
        ("oops, undo that please", Command("/undo")),
        ("scrap the last thing i told you", Command("/undo")),
        ("I didn't mean to save that", Command("/undo")),
        ("no wait, delete what I just said", Command("/undo")),
        ("dont save that", Command("/undo")),
        ("delete that", Command("/forget", THIS)),
        ("can you remove this one?", Command("/forget", THIS)),
        ("forget everything about him", Command("/forget", THIS)),
        ("forget this photo", Command("/forget", THIS)),
        ("pls forget everything about the boots", Command("/forget", "the boots")),
        ("Kindly forget the last thing I told you about the shoe.", Command("/forget", "the shoe")),
        ("Would you be so good as to forget the photograph of the tin?", Command("/forget", "the tin")),
        ("get rid of all photos from 2022", Command("/forget", "from 2022")),
        ("what did i want to be reminded of?", Command("/reminders")),
        ("Do I have any reminders?", Command("/reminders")),
        ("Who are the people you know?", Command("/people")),
        ("who do you know", Command("/people")),
        ("everyone i know", Command("/people")),
        ("who have I told you about so far?", Command("/people")),
        ("please cancel that reminder", Command("/reminders")),
        (
            "I've bought the beer for Ravi, you can drop the reminder",
            Command("/reminders", said="I've bought the beer for Ravi"),
        ),
    ],
)
def test_a_command_in_words(line: str, command: Command) -> None:
    assert command_of(line) == command


@pytest.mark.parametrize(
    "line",
    [
        "forget it",
        "forget that",
        "don't forget this one",
        "Take the boat back to Anna",
        "he took that back to the shop",
        "we had to delete everything and start again",
        "I never wanted to save money",
        "She didn't mean to say that to Tom",
        "remind me to call Carol",
        "He always forgets the reminder",
        "what did he want to be?",
        "This is the last thing I told you about",
    ],
)
def test_other_lines_mean_none(line: str) -> None:
    assert command_of(line) is None
