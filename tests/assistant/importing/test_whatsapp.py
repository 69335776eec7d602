"""Exports of WhatsApp chats, in hand-written lines: telephones' formats, dates in every order, notices."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from assistant.importing.chats.chat import Chat, Message
from assistant.importing.chats.whatsapp import parse
from memory.errors import KeepsakeError

LRM = "\u200e"
NEW_YEAR = datetime(2023, 12, 31, 21, 15)


def one(text: str, **given: object) -> Message:
    """The only message of a chat."""
    [message] = parse(text, **given).messages  # type: ignore[arg-type]
    return message


def words(text: str) -> list[tuple[str, str]]:
    return [(m.sender, m.text) for m in parse(text).messages]


@pytest.mark.parametrize(
    "start",
    [
        "31/12/2023, 21:15 - ",
        "31/12/23, 21:15 - ",
        "31.12.23, 21:15 - ",
        "31.12.2023, 21:15 – ",
        "31-12-2023 21:15 - ",
        "2023-12-31, 21:15 - ",
        "2023/12/31 21:15 - ",
        "12/31/23, 9:15 PM - ",
        "12/31/23, 9:15\u202fPM - ",
        "31/12/2023, 9:15 p.\xa0m. - ",
        "31/12/2023, 9:15 pm - ",
        "31/12/2023 à 21:15 - ",
        "31. 12. 2023. 21:15 - ",
        "31.12.2023 21.15 - ",
        "[31/12/2023, 21:15:00] ",
        "[31.12.23, 21:15:00] ",
        "[12/31/23, 9:15:00\u202fPM] ",
        "[2023-12-31, 21:15:00] ",
        f"{LRM}[31/12/2023, 21:15:00] ",
        "\ufeff[31/12/2023, 21:15:00] ",
    ],
)
def test_how_telephones_write_the_beginning(start: str) -> None:
    assert one(f"{start}Anna: This is Milo: my dog\n") == Message(NEW_YEAR, "Anna", "This is Milo: my dog")


def test_midnight_and_noon_of_a_clock_with_halves() -> None:
    chat = parse("12/31/23, 12:05 AM - A: x\n12/31/23, 12:05 PM - A: y\n1/1/24, 1:05 PM - A: z\n")
    assert [m.when.hour for m in chat.messages] == [0, 12, 13]


# Which number is the day


def in_days(*days: str, order: str | None = None, today: date | None = None) -> Chat:
    text = "".join(f"{day}, 10:00 - Anna: x\n" for day in days)
    return parse(text, order, today)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("days", "order", "sure", "first"),
    [
        (["01/02/2023", "13/02/2023"], "dmy", True, (2, 1)),
        (["01/02/2023", "02/13/2023"], "mdy", True, (1, 2)),
        (["05/03/2023", "01/04/2023"], "dmy", True, (3, 5)),  # else it goes back in time
        (["03/05/2023", "04/01/2023"], "mdy", True, (3, 5)),
        (["01/02/2023", "02/02/2023", "03/02/2023"], "dmy", False, (2, 1)),  # three days, or three months
        (["02/01/2023", "02/02/2023", "02/03/2023"], "mdy", False, (2, 1)),
        (["05.05.2023"], "dmy", True, (5, 5)),  # the same either way
        (["01.02.2023"], "dmy", False, (2, 1)),
        (["2023-02-01"], "ymd", True, (2, 1)),
    ],
)
def test_the_whole_file_tells_the_day_from_the_month(
    days: list[str], order: str, sure: bool, first: tuple[int, int]
) -> None:
    chat = in_days(*days)
    assert (chat.order, chat.sure) == (order, sure)
    assert (chat.messages[0].when.month, chat.messages[0].when.day) == first
    assert len(chat.messages) == len(days)


def test_custom_decides_when_nothing_else_does() -> None:
    """One date with two readings: with am and pm and slashes the month comes first."""
    chat = parse("1/2/23, 9:15 PM - Anna: x")
    assert (chat.order, chat.sure, chat.messages[0].when.month) == ("mdy", False, 1)
    assert parse("1/2/23, 21:15 - Anna: x").messages[0].when.month == 2


def test_names_of_files_tell_the_day() -> None:
    line = "01/02/2023, 10:00 - Anna: IMG-20230102-WA0001.jpg (file attached)\n"
    assert parse(line).order == "mdy" and parse(line).sure
    assert parse(line.replace("20230102", "20230201")).order == "dmy"
    phone = "[01/02/2023, 10:00:00] Anna: <attached: 00000012-PHOTO-2023-01-02-10-00-00.jpg>"
    assert parse(phone).order == "mdy" and parse(phone).sure


def test_no_message_comes_from_the_future_or_from_before_whatsapp() -> None:
    """23/12/31 could be the year 2031."""
    chat = in_days("23/12/31", "23/12/31", today=date(2024, 1, 5))
    assert chat.order == "ymd" and chat.messages[0].when.year == 2023
    with pytest.raises(KeepsakeError, match="none of its dates is read"):
        in_days("03/04/05", "08/12/31", today=date(2024, 1, 5))


def test_the_order_can_be_said() -> None:
    assert in_days("01/02/2023", order="mdy").messages[0].when.month == 1
    assert in_days("01/02/2023", order="mdy").sure


def test_a_day_that_is_none_is_part_of_the_message() -> None:
    text = "31/12/2023, 21:15 - Anna: she wrote\n99/99/2023, 21:16 - Ben: nonsense\n31/12/2023, 25:00 - x: y\n"
    assert words(text) == [("Anna", "she wrote\n99/99/2023, 21:16 - Ben: nonsense\n31/12/2023, 25:00 - x: y")]


# What a message is


def test_lines_without_a_beginning_belong_to_the_message() -> None:
    text = (
        "Exported by a telephone\n"
        "31/12/2023, 21:15 - Anna: one\r\ntwo\u2028still two\r\n\r\n- three: x\r\n"
        "31/12/2023, 21:16 - Ben: [31/12/2023, 21:15:00] Anna: copied\n"
    )
    assert words(text) == [
        ("Anna", "one\ntwo\u2028still two\n\n- three: x"),
        ("Ben", "[31/12/2023, 21:15:00] Anna: copied"),
    ]


def test_a_beginning_of_the_other_telephone_is_text() -> None:
    text = "[31.12.23, 21:15:00] Anna: a\n31.12.23, 21:15 - Ben: pasted\n[31.12.23, 21:16:00] Ben: b\n"
    assert words(text) == [("Anna", "a\n31.12.23, 21:15 - Ben: pasted"), ("Ben", "b")]


@pytest.mark.parametrize(
    "line",
    [
        "31/12/2023, 21:15 - Messages and calls are end-to-end encrypted. Only people in this chat can read them.",
        "31/12/2023, 21:15 - Ben added Carla",
        '31/12/2023, 21:15 - Anna changed the group name from "a: b" to "c: d"',
        "31/12/2023, 21:15 - Anna: You deleted this message",
        "31/12/2023, 21:15 - Anna: This message was deleted.",
        "31/12/2023, 21:15 - Anna: ",
        f"[31/12/2023, 21:15:00] Trip: {LRM}Messages and calls are end-to-end encrypted.",
        f"{LRM}[31/12/2023, 21:15:00] Anna: {LRM}Missed voice call",
        f"[31/12/2023, 21:15:00] Anna: {LRM}Diese Nachricht wurde gelöscht.",
    ],
)
def test_a_notice_is_no_message(line: str) -> None:
    assert words(line) == []


@pytest.mark.parametrize(
    ("body", "file", "text"),
    [
        ("IMG-20231231-WA0001.jpg (file attached)", "IMG-20231231-WA0001.jpg", ""),
        (
            f"{LRM}IMG-20231231-WA0001.jpg (Datei angehängt)\nThis is Milo\nat home",
            "IMG-20231231-WA0001.jpg",
            "This is Milo\nat home",
        ),
        (f"{LRM}<attached: 00000012-PHOTO.jpg>", "00000012-PHOTO.jpg", ""),
        (f"This is Milo {LRM}<attached: 00000012-PHOTO.jpg>", "00000012-PHOTO.jpg", "This is Milo"),
        (f"This is\nMilo\n{LRM}<Anhang: a b (2).jpg>", "a b (2).jpg", "This is\nMilo"),
        (f"{LRM}<pièce jointe : x.heic>", "x.heic", ""),
        (f"2016-03-01-PHOTO-00000123.jpg <{LRM}attached>", "2016-03-01-PHOTO-00000123.jpg", ""),
        ("<attached: ../../secret.jpg>", None, "<attached: ../../secret.jpg>"),
        ("see milo.jpg (the old one) there", None, "see milo.jpg (the old one) there"),
        ("\u200e\u56fe.jpg（文件附件）", "\u56fe.jpg", ""),
        ("app.page(1)", None, "app.page(1)"),
        ("NULL", None, "NULL"),
    ],
)
def test_files(body: str, file: str | None, text: str) -> None:
    message = one(f"31/12/2023, 21:15 - Anna: {body}\n")
    assert (message.file, message.text, message.omitted) == (file, text, False)


@pytest.mark.parametrize(
    "body", ["<Media omitted>", f"{LRM}image omitted", f"{LRM}Bild weggelassen", "<Medien ausgeschlossen>"]
)
def test_media_left_out(body: str) -> None:
    assert one(f"[31/12/2023, 21:15:00] Anna: {body}\n") == Message(NEW_YEAR, "Anna", "", None, True)


def test_marks_of_direction_and_of_editing_are_gone() -> None:
    text = "31/12/2023, 21:15 - \u202a+49 170 1234567\u202c: \u2067so\u2069 it is <This message was edited>\n"
    assert words(text) == [("+49 170 1234567", "so it is")]
    assert words(f"[31/12/2023, 21:15:00] ~\u202fAnna: hi {LRM}<Bearbeitet>") == [("Anna", "hi")]


@pytest.mark.parametrize("text", ["", "Dear diary\nMilo was here", "31/12/2023 nothing"])
def test_a_text_that_is_no_chat_costs_one_line(text: str) -> None:
    with pytest.raises(KeepsakeError, match="begins like a message") as caught:
        parse(text)
    assert "\n" not in str(caught.value)


# Fuzzed
