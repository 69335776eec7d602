"""Messages of WhatsApp from a table: its own words in many languages, and what people write of such things."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from assistant.importing.chats import whatsapp

TABLE = Path(__file__).parents[2] / "data" / "whatsapp_messages.tsv"
ROWS = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
HEADS = ("31/12/2023, 21:15 - ", "[31.12.23, 21:15:03] ")


@pytest.mark.parametrize("head", HEADS)
def test_what_somebody_wrote_is_told_from_what_whatsapp_wrote(head: str) -> None:
    wrong = {}
    for row in ROWS:
        if row.startswith("notice\t"):
            continue
        said, _, words = row.partition("\t")
        message = said.replace("\\n", "\n")
        chat = whatsapp.parse(f"{head}Anna: Hello\n{head}Ben: Hi\n{head}Anna: {message}\n{head}Ben: Bye")
        found = [m.text for m in chat.messages if m.text and m.text not in ("Hello", "Hi", "Bye")]
        if found != [words] * bool(words):
            wrong[said] = found
    assert len(ROWS) > 220 and not wrong


def test_a_colon_in_a_notice_makes_nobody_a_sender() -> None:
    head, wrong = HEADS[0], {}
    for row in ROWS:
        kind, _, notice = row.partition("\t")
        if kind == "notice":
            chat = whatsapp.parse(f"{head}{notice}\n{head}Anna: Hello\n{head}Ben: Yes: really\n{head}Anna: Bye")
            if {m.sender for m in chat.messages} != {"Anna", "Ben"}:
                wrong[notice] = [m.sender for m in chat.messages]
    assert not wrong


@pytest.mark.parametrize(
    "name", ['ד"ר כהן', 'Bob "Bobby" Lee', 'Maria "Mia" de la Cruz Lopez', "ד״ר דן כהן לוי", "Anna van der Berg"]
)
def test_people_with_long_and_quoted_names_keep_their_messages(name: str) -> None:
    chat = whatsapp.parse("".join(f"{HEADS[0]}{sender}: Hello\n" for sender in (name, "Anna", "Maria", "Zoe", name)))
    assert [m.sender for m in chat.messages] == [name, "Anna", "Maria", "Zoe", name]


@pytest.mark.parametrize("head", ["2023-12-31 à 21 h 15 - ", "31. 12. 2023, 21:15 - ", "31. 12. 2023 21:15 - "])
def test_dates_of_quebec_and_slovakia(head: str) -> None:
    chat = whatsapp.parse(f"{head}Anna: Hello\n{head}Ben: Hi\n")
    assert [(m.when, m.sender) for m in chat.messages] == [
        (datetime(2023, 12, 31, 21, 15), "Anna"),
        (datetime(2023, 12, 31, 21, 15), "Ben"),
    ]


def test_a_colon_in_the_name_of_a_sender() -> None:
    lines = ("Dr. Ben: Praxis: IMG-20231231-WA0001.jpg (file attached)", "Anna: Hello: you", "Dr. Ben: Praxis: Hi")
    chat = whatsapp.parse("".join(f"{HEADS[0]}{line}\n" for line in lines))
    assert [(m.sender, m.text) for m in chat.messages] == [
        ("Dr. Ben: Praxis", ""),
        ("Anna", "Hello: you"),
        ("Dr. Ben: Praxis", "Hi"),
    ]
    often = "".join(f"{HEADS[0]}Family: Gran: {text}\n{HEADS[0]}Anna: So: {text}\n" for text in ("a", "b", "c"))
    chat = whatsapp.parse(f"{often}{HEADS[0]}Anna: Bye")
    assert {m.sender for m in chat.messages} == {"Family: Gran", "Anna"}
    places = "".join(
        f"{HEADS[0]}Ben: location: https://maps.google.com/?q=1.5,{n}\n{HEADS[0]}Anna: Hi\n" for n in "123"
    )
    assert {m.sender for m in whatsapp.parse(places).messages} == {"Anna"}


def test_the_caption_of_a_film_that_was_left_out_is_kept_as_such() -> None:
    chat = whatsapp.parse(f"{HEADS[0]}Anna: <Media omitted>\nRex in the garden\n{HEADS[0]}Ben: Hi")
    assert [(m.text, m.omitted) for m in chat.messages] == [("Rex in the garden", True), ("Hi", False)]
