"""Wishes to forget in words, and lines that only sound like one."""

from __future__ import annotations

import pytest

from assistant.dialogue.forget_request import words_to_forget


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("forget Mr Tibbs", "Mr Tibbs"),
        ("please forget about Pippa.", "Pippa"),
        ("can you delete the photos of my ex?", "my ex"),
        ("forget everything you know about Tom", "Tom"),
        ("Delete all memories of the wedding!", "the wedding"),
        ("get rid of the picture with the red car", "the red car"),
        ("forget the lake", "the lake"),
        ("forget the thing about the postman", "the postman"),
        ("please forget the stuff i told you about Tom", "Tom"),
        ("forget that story with the postman", "the postman"),
    ],
)
def test_what_is_to_be_forgotten(line: str, what: str) -> None:
    assert words_to_forget(line) == what


@pytest.mark.parametrize(
    "line",
    [
        "don't forget the milk",
        "forget it",
        "forget that",
        "forget this photo",
        "I always forget her birthday",
        "how do I forget a memory?",
        "delete the spots",
        "remove him",
        "did Mr Tibbs forget me?",
        "never forget Lena",
        "This is Mr Tibbs, forget him not",
    ],
)
def test_other_lines_are_none(line: str) -> None:
    assert words_to_forget(line) == ""
