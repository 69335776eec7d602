"""Questions in the word order of another language are asked as they are meant; what is in order stays."""

from __future__ import annotations

import pytest

from memory.naming.courtesy import plainly


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("What animals I have told you about?", "What animals have I told you about?"),
        ("which things I showed you", "which things have I told you about"),
        ("What things I told you until now?", "What things have I told you until now?"),
        ("How calls the dog?", "what is the dog called?"),
        ("How is called this dog?", "what is this dog called?"),
        ("How is she called?", "what is she called?"),
        ("How do you call this?", "what is this called?"),
        ("How it calls?", "what is it called?"),
        ("How does Anna call the bear?", "what does Anna call the bear?"),
        ("How old has the dog?", "how old is the dog?"),
        ("How many years has he?", "how old is he?"),
        ("What is name of cat?", "what is the name of cat?"),
        ("Which name has the bear?", "what is the name of the bear?"),
        ("Of who is this dog?", "whose dog is this?"),
        ("Who is?", "Who is it?"),
        ("Tell me please everything what you know about Kluska", "Tell me what you know about Kluska"),
        ("Say me who is Jürgen", "tell me who is Jürgen"),
        ("What you know from Toby?", "What you know about Toby?"),
        ("Forget please the clock", "Forget the clock"),
    ],
)
def test_the_order_of_another_language_is_put_right(line: str, asked: str) -> None:
    assert plainly(line) == asked


@pytest.mark.parametrize(
    "line",
    [
        "How many years did he have the boat?",
        "How old is she?",
        "Who is it?",
        "What names did I tell you?",
        "What is the name of the cat?",
        "Who is Anna?",
        "What do you know about Toby?",
        "How did we call it off?",
        "Which name is his?",
        "Everything that shines is gold to her.",
        "This is what I have told you about.",
        "/forget please",
    ],
)
def test_what_is_in_order_stays(line: str) -> None:
    assert plainly(line) == line
