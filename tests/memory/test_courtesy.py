"""Courtesies around questions and wishes: what is asked behind them is found, and what tells stays whole."""

from __future__ import annotations

import pytest

from memory.naming.courtesy import plainly
from memory.naming.lists.list_requests import request


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("Would you happen to know who this is?", "who is this?"),
        ("Do you suppose you could remind me who Mrs Ogden is?", "who is Mrs Ogden?"),
        ("I should very much like to know where my hat was found.", "where was my hat found?"),
        ("Would you be so kind as to tell me what the name of the dog is?", "what is the name of the dog?"),
        ("I wonder whether you could tell me when we were in Skipton.", "when were we in Skipton?"),
        ("Might I ask who gave me this vase?", "who gave me this vase?"),
        ("May I ask how old Bramble is?", "how old is Bramble?"),
        ("How old is Bramble, if you please?", "How old is Bramble?"),
        ("What is this, I wonder?", "What is this?"),
        ("I wonder who gave me this clock?", "who gave me this clock?"),
        ("Have you the faintest notion where we were?", "where were we?"),
        ("I don't suppose you remember what the boat is called?", "what is the boat called?"),
        ("Would you mind showing me the photographs of the dog?", "show me the photographs of the dog?"),
        ("I'd be most grateful if you could show me everything from May.", "show me everything from May"),
        ("Be a dear and tell me what breed she is.", "what breed is she?"),
        ("Would you be a dear and show me every photograph of Percy?", "show me every photograph of Percy?"),
        ("Pray, who is this fellow?", "who is this fellow?"),
        ("Excuse me, whose boots are these?", "whose boots are these?"),
        ("Perhaps you could tell me why Rosalind complains.", "can you tell me why Rosalind complains?"),
        ("Would you kindly forget the beer tin?", "forget the beer tin?"),
        (
            "Could you tell me who this is and where we got her?",
            "can you tell me who this is and where we got her?",
        ),
    ],
)
def test_what_is_asked_behind_courtesies(line: str, asked: str) -> None:
    assert plainly(line) == asked
    assert plainly(asked) == asked


@pytest.mark.parametrize(
    "lead",
    """My dear fellow|My dear|I say|Pray|Kindly|If you please|If you don't mind|If I may ask|If I may|Do excuse me
    Excuse me|Forgive me|Pardon me|I beg your pardon|Now then|Well now|By the way|Incidentally""".replace(
        "\n", "|"
    ).split("|"),
)
def test_what_leads_to_a_question(lead: str) -> None:
    for asked in ("who is this?", "and with whom was it?", "is that him?", "find the boat?"):
        assert plainly(f"{lead.strip()}, {asked}") == asked


@pytest.mark.parametrize(
    "frame",
    [
        *(f"Would you {so} happen to know" for so in ("possibly", "perhaps", "please", "kindly", "just", "ever so")),
        *(
            f"Would you be {kind} tell me"
            for kind in ("so good as to", "very kind and", "kind enough to", "an angel and")
        ),
        *(f"Be {kind} remind me" for kind in ("so kind as to", "good enough to", "a love and", "a sport and")),
        *(f"Be a good {one} and tell me" for one in ("fellow", "chap", "lad", "girl")),
        "Oh, could you be able to tell me",
        "Would you care to tell me",
        "Would you mind telling me again",
        "Would you mind reminding me once more",
        "Do you happen to recall",
        "Do you chance to know",
        "Do you by any chance remember",
        "Do you imagine that you might recall",
        "Don't you think you could say",
        *(f"I should {like} you to tell me" for like in ("like", "love", "dearly love", "care")),
        "I would like to hear",
        "I'd love to ask you",
        *(f"I should be {so} if you could tell me" for so in ("grateful", "obliged", "so glad", "pleased", "thankful")),
        "I should be glad to learn",
        "I was wondering if you could say",
        "I wonder if you remember",
        "I don't suppose you could tell me",
        "You wouldn't happen to know",
        *(f"Have you got the {least} {idea}" for least, idea in (("faintest", "idea"), ("slightest", "inkling of"))),
        "Have you the foggiest idea as to",
        "Might I trouble you to tell me",
        "May I enquire",
        *(f"Perhaps you {can} tell me" for can in ("could", "can", "would", "might")),
    ],
)
def test_what_frames_a_question(frame: str) -> None:
    assert plainly(f"{frame} who this is?") == "who is this?"


@pytest.mark.parametrize(
    "tail",
    [
        *("if you please", "if you don't mind", "if you would be so kind", "if I may ask", "if one may", "I wonder"),
        *("if it's not too much trouble", "pray", "dear", "would you", "do you", "may I ask", "do you suppose"),
        *("there's a good chap", "my dear fellow", "my good man", "old boy", "old bean", "do you think"),
    ],
)
def test_what_follows_a_question(tail: str) -> None:
    assert plainly(f"Who is this, {tail}?") == "Who is this?"


@pytest.mark.parametrize("wish", ["forgetting", "deleting", "removing", "erasing", "finding", "listing", "giving me"])
def test_wishes_behind_mind(wish: str) -> None:
    plain = {"forgetting": "forget", "finding": "find", "listing": "list", "giving me": "give me"}
    assert plainly(f"Would you mind {wish} the boat?") == f"{plain.get(wish, wish.removesuffix('ing') + 'e')} the boat?"


@pytest.mark.parametrize(
    "line",
    [
        "This is my dear old dog.",
        "My dear wife loved this vase.",
        "I should like to see Venice once more.",
        "I should like to go there again with Poppy one day.",
        "I would love to show Poppy the boat one day.",
        "Could you see the sea from there?",
        "By the way, this is my brother Leonard.",
        "Where did I meet my dear friend Anna?",
        "Kindly old Mr Ogden gave us these.",
        "She would be so kind as to feed him when we were away.",
        "I beg your pardon, he is called Morty, not Monty.",
        "If I may say so, he was a handsome devil.",
        "Do you know who this is?",
        "/forget the last thing",
        "",
    ],
)
def test_what_tells_or_is_asked_plainly_stays_as_it_is(line: str) -> None:
    assert plainly(line) == line


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Which photographs have you got of Bramble?", "Bramble"),
        ("How many photographs do you have in all?", ""),
        ("How many photographs have I shown you altogether?", ""),
        ("What photographs have you of the boat?", "boat"),
        ("Would you be a dear and show me every photograph of Percy?", "Percy"),
        ("How many pictures have I given you so far?", ""),
        ("Are there any photographs with my daughter in them?", "daughter"),
        ("Might I see all the snaps of my grandchildren?", "grandchildren"),
        ("I wonder if you would list all the pictures of Duchess.", "Duchess"),
        ("I should like to see the photographs of Venice once more.", "Venice"),
        ("I'd be obliged if you could show me the photographs of Poppy, please.", "Poppy"),
    ],
)
def test_lists_that_are_asked_for_politely(line: str, words: str) -> None:
    found = request(line)
    assert found is not None and found.words == words


@pytest.mark.parametrize(
    "line",
    ["I would love to show Poppy the boat one day.", "The photographer gave us these", "I photographed her once"],
)
def test_lines_that_ask_for_no_list(line: str) -> None:
    assert request(line) is None
