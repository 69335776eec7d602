"""What a chat says about a photo: its caption and a few messages around it, and nothing of the next photo."""

from __future__ import annotations

from datetime import datetime, timedelta

from assistant.importing.chats.chat import Message, photos_with_messages

NEW_YEAR = datetime(2023, 12, 31, 21, 15)


def chat(*lines: tuple[int, str, str]) -> list[tuple[str, list[str]]]:
    """From (seconds, sender, text, or a name ending in .jpg before it) to photos with what is said about them."""
    messages = []
    for seconds, sender, said in lines:
        file, _, caption = said.partition(".jpg")
        when = NEW_YEAR + timedelta(seconds=seconds)
        photo = ".jpg" in said
        messages.append(Message(when, sender, caption.strip() if photo else said, f"{file}.jpg" if photo else None))
    found = photos_with_messages(messages, lambda name: name.endswith(".jpg"))
    return [(shown.file or "", [m.text for m in said]) for shown, said in found]


def test_a_photo_has_its_caption_and_what_is_said_around_it() -> None:
    assert chat(
        (0, "A", "long ago"),
        (200, "A", "look"),
        (210, "A", "1.jpg This is Milo"),
        (220, "B", "sweet"),
        (2000, "B", "later"),
    ) == [("1.jpg", ["look", "This is Milo", "sweet"])]


def test_what_follows_a_photo_is_not_about_the_next() -> None:
    assert chat((0, "A", "1.jpg"), (5, "A", "Milo"), (9, "A", "2.jpg"), (12, "A", "Nala")) == [
        ("1.jpg", ["Milo"]),
        ("2.jpg", ["Nala"]),
    ]


def test_photos_in_a_row_share_what_is_said_around_them_but_not_captions() -> None:
    assert chat((0, "A", "1.jpg"), (1, "A", "2.jpg Nala"), (2, "A", "3.jpg"), (9, "B", "At the lake")) == [
        ("1.jpg", ["At the lake"]),
        ("2.jpg", ["Nala", "At the lake"]),
        ("3.jpg", ["At the lake"]),
    ]
    assert chat((0, "A", "1.jpg"), (1, "B", "2.jpg"), (9, "B", "Mine")) == [("1.jpg", []), ("2.jpg", ["Mine"])]


def test_not_more_than_a_few_messages() -> None:
    lines = [(n, "A", f"b{n}") for n in range(9)] + [(10, "A", "1.jpg")] + [(20 + n, "B", f"a{n}") for n in range(9)]
    assert chat(*lines) == [("1.jpg", ["b7", "b8", "a0", "a1", "a2", "a3"])]


def told(messages: list[Message]) -> list[tuple[str, list[str]]]:
    found = photos_with_messages(messages, lambda name: name.endswith(".jpg"))
    return [(shown.file or "", [m.text for m in said]) for shown, said in found]


def at(seconds: int, text: str, file: str | None = None, **more: object) -> Message:
    return Message(NEW_YEAR + timedelta(seconds=seconds), "A", text, file, **more)  # type: ignore[arg-type]


def test_a_reply_is_about_the_photo_it_replies_to_however_late() -> None:
    assert told(
        [
            at(0, "", "1.jpg", id="1"),
            at(300, "", "2.jpg", id="2"),
            at(310, "This is Milo", id="3", reply_to="1"),
            at(320, "Nala", id="4"),
            at(330, "sweet", id="5", reply_to="4"),
            at(900_000, "Milo was small then", id="6", reply_to="1"),
        ]
    ) == [("1.jpg", ["This is Milo", "Milo was small then"]), ("2.jpg", ["Nala", "sweet"])]


def test_the_caption_of_a_file_that_was_left_out_is_about_no_other_photo() -> None:
    lines = [at(0, "Rex", omitted=True), at(1, "", "1.jpg"), at(2, "Milo"), at(3, "Nala", omitted=True), at(4, "there")]
    assert told(lines) == [("1.jpg", ["Milo"])]
    assert told([at(0, "", "1.jpg"), at(1, "", omitted=True), at(2, "Milo")]) == [("1.jpg", ["Milo"])], "a sound"
