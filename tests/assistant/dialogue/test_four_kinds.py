"""A hundred lines that tell, ask, talk, or want a list: half of them were in view when the rules were mended."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.dialogue.acts import act_of
from memory.naming.lists.list_requests import request

LINES = Path(__file__).parents[2] / "data" / "four_kinds.tsv"


def wrong(half: str) -> Iterator[tuple[str, str, str]]:
    """The label, the verdict of the rules, and the line, where the two differ."""
    with LINES.open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            kind = "list" if request(row["text"]) else str(act_of(row["text"]).kind)
            if row["half"] == half and kind != row["kind"]:
                yield row["kind"], kind, row["text"]


@pytest.mark.parametrize(("half", "most"), [("mend", 3), ("held", 6)])
def test_lines_of_four_kinds(half: str, most: int) -> None:
    """Before: 20 of 52 and 21 of 48 wrong, 5 and 7 of them kept as memories; then 2 and 5, and none kept."""
    found = list(wrong(half))
    assert len(found) <= most, found
    assert not [line for label, kind, line in found if kind == "tell"], "nothing is kept that tells nothing"
    assert len([line for label, kind, line in found if label == "tell"]) <= 1


@pytest.mark.parametrize(
    "line",
    """I have to think of grandma whenever I see it
I should find a new strap for it
I'll never forget this day
It made me smile every morning
This made me cry when I was five
I meant to give it to Anna
We didn't ask him
I asked the artist to sign it
It took a long time to knit
Wait until he grows up, they said
That's all that is left of the wall
The wrong person got the present
Not bad for a first cake
I have never seen such a big pumpkin
One second before the crash
She is good for a puppy
I want to try sailing with Tom next year
I'll take the boots to Norway in May
If the lid jams, turn it to the left
When the bell rings, Leo hides under the sofa
The next one is Rex's brother
That was enough for forty people
The photos of the wedding were lost in the fire
A photo of Anna at the beach""".splitlines(),
)
def test_what_only_sounds_like_talk_is_kept(line: str) -> None:
    assert request(line) is None and act_of(line).kind == "tell"
