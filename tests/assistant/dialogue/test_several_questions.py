"""Two questions that are typed in one line are found, and one question is left alone."""

from __future__ import annotations

import pytest

from assistant.dialogue.several_questions import questions_in


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("who is this and where did we get her?", ["who is this?", "where did we get her?"]),
        ("Who is this? Where did we get her?", ["Who is this?", "Where did we get her?"]),
        ("whats his name and how old is he", ["whats his name?", "how old is he?"]),
        (
            "who’s this, where did we get her and is she ours?",
            ["who's this?", "where did we get her?", "is she ours?"],
        ),
        ("where and when was this?", ["where was this?", "when was this?"]),
        ("Where did we get her and when?", ["Where did we get her?", "when did we get her?"]),
        ("How old is he and what breed?", ["How old is he?", "what breed is he?"]),
        ("Where was this and who with?", ["Where was this?", "who with was this?"]),
        (
            "Do you know who this is and where we got her?",
            ["Do you know who this is?", "Do you know where we got her?"],
        ),
        ("who gave us this & when did we get it", ["who gave us this?", "when did we get it?"]),
        ("Who gave us this and when?", ["Who gave us this?", "when was it that they gave us this?"]),
        ("When, and who made it?", ["When was it that they made it?", "who made it?"]),
        (
            "which friend knitted it, where and why?",
            ["which friend knitted it?", "where was it that they knitted it?", "why was it that they knitted it?"],
        ),
        ("What happened then? And why?", ["What happened then?", "why was it that it happened then?"]),
        ("what broke and when", ["what broke?", "when was it that it broke?"]),
        ("tell me her name and where she's from", ["tell me her name?", "tell me where she's from?"]),
        ("remind me of the price and where i bought it", ["remind me of the price?", "remind me where i bought it?"]),
        ("who, when and where?", ["who is this?", "when was this?", "where was this?"]),
        ("did we go to Rome and did we like it?", ["did we go to Rome?", "did we like it?"]),
        ("I dare say you remember this one. Who put it right for me?", ["Who put it right for me?"]),
        ("Thank you kindly. Where was it taken?", ["Where was it taken?"]),
        ("I dare say you remember this one.", ["I dare say you remember this one."]),
        ("thats pickle right?", ["is that pickle?"]),
        ("So this is Rex, isn't it?", ["is this Rex?"]),
        ("its my sisters, innit", ["is it my sisters?"]),
    ],
)
def test_each_question_of_a_line(line: str, parts: list[str]) -> None:
    assert list(questions_in(line)) == parts


@pytest.mark.parametrize(
    "line",
    [
        "What is this?",
        "is that the right one?",
        "who said it was right?",
        "When we were in Rome, where did we stay?",
        "When Biscuit was a puppy, where did he sleep?",
        "Who was there and did the cooking?",
        "who lives there and why?",  # "why" of what still is has another verb, which is not known
        "who gave us this and how old?",
        "what did I pay and have to sign",
        "who are Milo and Biscuit",
        "tell me the names and ages",
        "tell me the story of how we met and married",
        "where did we eat and drink that night",
        "who came and stayed with us",
        "What is the difference between what I paid and what it is worth?",
        "who? what? where is it? when? why? how?",
        "Who is he? Where is he? Is he old? How is he? Why is he here?",  # more than MOST
    ],
)
def test_one_question_is_left_as_it_is(line: str) -> None:
    assert questions_in(line) == (line,)
