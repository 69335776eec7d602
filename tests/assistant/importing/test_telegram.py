"""Exports of Telegram Desktop: one chat and a whole account, as folder, file and ZIP; and JSON that is none."""

from __future__ import annotations

import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from assistant.importing.chats import telegram
from assistant.importing.sources import open_source
from memory.errors import KeepsakeError
from tests.support.albums import save


def message(text: object, at: str, sender: str = "Anna", **more: object) -> dict[str, object]:
    return {"id": 1, "type": "message", "date": f"2024-05-12T{at}", "from": sender, "text": text, **more}


MILO = [{"type": "bold", "text": "This is "}, "Milo, ", {"type": "mention", "text": "@ben"}, "'s dog "]
MESSAGES: list[Any] = [
    {"id": 0, "type": "service", "date": "2024-05-12T18:00:00", "actor": "Anna", "action": "pin_message", "text": ""},
    message("Look who is here", "18:30:00"),
    message(MILO, "18:30:20", photo="photos/photo_1@12-05-2024_18-30-20.jpg", width=640, height=480),
    message("He stole my sandwich.\n When you see him, hide the food. geo:48.2,16.3", "18:31:00", "Ben"),
    message("BOT'S WORDS", "18:31:10", "Ben", via_bot="@gif"),
    message("", "20:00:00", file="stickers/AnimatedSticker.tgs", media_type="sticker", sticker_emoji="x"),
    message("", "20:10:00", file="video_files/video_1.mp4", media_type="video_file", mime_type="video/mp4"),
    message("Which day?", "20:20:00", poll={"question": "Which day?", "answers": []}),
    message("", "20:30:00", location_information={"latitude": 48.2, "longitude": 16.3}),
    message("", "21:00:00", photo="(File not included. Change data exporting settings to download.)"),
    message("From the zoo", "22:00:00", "Ben", file="files/tiger.jpg", mime_type="image/jpeg", forwarded_from="Zoo"),
    message("", "23:00:00", photo="../../secret.jpg"),
    message("", "23:10:00", photo="/etc/secret.jpg"),
    message("", "23:20:00", photo="photos/gone.jpg"),
]
CHAT = {"name": "Anna", "type": "personal_chat", "id": 7, "messages": MESSAGES}
SAID = (
    ("Anna wrote: Look who is here", "Anna wrote: This is Milo, @ben's dog",
     "He stole my sandwich.\nWhen you see him, hide the food. …"),
    ("Zoo wrote: From the zoo",),
)  # fmt: skip


def export(folder: Path, data: object = CHAT, at: str = "") -> Path:
    save(folder / at / "photos/photo_1@12-05-2024_18-30-20.jpg", 1)
    save(folder / at / "files/tiger.jpg", 2)
    save(folder / at / "photos/not in the chat.jpg", 3)
    save(folder.parent / "secret.jpg", 4)
    (folder / "result.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    return folder


def zipped(folder: Path) -> Path:
    target = folder.parent / "telegram.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for file in sorted(p for p in folder.rglob("*") if p.is_file()):
            archive.write(file, f"ChatExport_2024-05-12/{file.relative_to(folder).as_posix()}")
    return target


@pytest.mark.parametrize("form", ["folder", "file", "zip"])
def test_a_chats_photos_come_with_what_was_said(tmp_path: Path, form: str) -> None:
    folder = export(tmp_path / "ChatExport_2024-05-12")
    path = {"folder": folder, "file": folder / "result.json", "zip": zipped(folder)}[form]
    with open_source(path) as source:
        items = list(source.items)
        assert source.kind == "chat" and [item.name for item in items] == [
            "photo_1@12-05-2024_18-30-20.jpg",
            "tiger.jpg",
        ]
        assert all(item.read()[:2] for item in items)
    first = items[0].date
    assert first and first.astimezone().replace(tzinfo=None) == datetime(2024, 5, 12, 18, 30, 20)
    assert [item.said for item in items] == list(SAID), "of two people, as who is forwarded is none of the chat"
    assert [name for name, _ in source.unusable] == ["secret.jpg", "secret.jpg", "gone.jpg"]
    assert any("1 photo, film or sound left out" in note for note in source.notes)


def test_the_user_is_the_one_whom_the_chat_is_not_named_after(tmp_path: Path) -> None:
    chat = {**CHAT, "messages": [m for m in MESSAGES if "forwarded_from" not in m]}
    with open_source(export(tmp_path / "export", chat)) as source:
        assert [item.said for item in source.items] == [SAID[0]]
    with open_source(export(tmp_path / "export"), me="Ben") as source:
        assert tuple(item.said for item in source.items) == SAID
    with (
        pytest.raises(KeepsakeError, match="nobody is called 'Carl' in it"),
        open_source(tmp_path / "export", me="Carl"),
    ):
        pass


def test_a_whole_account_has_its_owner_and_no_channels(tmp_path: Path) -> None:
    inside = [{**m, "photo": f"chats/chat_1/{m['photo']}"} if "photo" in m else m for m in MESSAGES[:4]]
    channel = {"name": "News", "type": "public_channel", "messages": [message("Buy!", "10:00:00", "News")]}
    saved = {"type": "saved_messages", "messages": [message("my list", "09:00:00", "Ben Berg")]}
    owner = {"first_name": "Ben", "last_name": "Berg"}
    inside[3] = {**inside[3], "from": "Ben Berg"}
    account = {"personal_information": owner, "chats": {"list": [{**CHAT, "messages": inside}, channel, saved, None]}}
    with open_source(export(tmp_path / "DataExport", account, at="chats/chat_1")) as source:
        assert [item.said for item in source.items] == [SAID[0]]
        assert not any("Buy!" in str(item.said) or "News" in str(source.notes) for item in source.items)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"{", "it is no whole JSON"),
        (b"[" * 100_000, "it is no whole JSON"),
        (b"[]", "it is no export of Telegram"),
        (b'{"type": "x", "messages": 3}', "it is no export of Telegram"),
        (b'{"chats": {"list": [3, {"type": "bot_chat", "messages": []}]}}', "no message of a person"),
        (b'{"type": "x", "messages": [3, {}, {"type": "message", "date": 5}]}', "no message of a person"),
    ],
)
def test_what_is_no_export_is_told_in_one_line(data: bytes, line: str) -> None:
    with pytest.raises(KeepsakeError, match=line):
        telegram.parse(telegram.load(data))


@pytest.mark.parametrize(
    ("more", "sender", "text"),
    [
        ({"forwarded_from": None}, "somebody", "hi"),  # forwarded from an account that is gone: not Anna's words
        ({"forwarded_from": "Zoo"}, "Zoo", "hi"),
        ({"from": None}, "somebody", "hi"),
        ({"from": "Choir", "author": "Carla"}, "Carla", "hi"),  # what a group's admin signs
        ({"text": [{"type": "bot_command", "text": "/start"}]}, None, None),
        ({"date": "", "date_unixtime": "1715531400"}, "Anna", "hi"),
        ({"date": None, "date_unixtime": "soon"}, None, None),
        ({"self_destruct_period_seconds": 60, "photo": "photos/a.jpg"}, None, None),
        ({"giveaway_information": {"quantity": 3}, "photo": "photos/a.jpg"}, "Anna", ""),
        ({"edited": "2024-05-12T19:00:00", "media_spoiler": True, "photo": "photos/a.jpg"}, "Anna", "hi"),
    ],
)
def test_whose_words_and_when(more: dict[str, object], sender: str | None, text: str | None) -> None:
    chat = {**CHAT, "messages": [{**message("hi", "18:30:00"), **more}, message("end", "23:00:00")]}
    *found, _ = telegram.parse(chat)[0].messages
    assert [(m.sender, m.text) for m in found] == ([(sender, text)] if sender else [])


def test_groups_that_the_user_left_are_read_too() -> None:
    left = {**CHAT, "type": "private_group", "name": "Old flat"}
    account = {"chats": {"list": [CHAT]}, "left_chats": {"about": "...", "list": [left]}}
    assert [chat.title for chat in telegram.parse(account)] == ["Anna", "Old flat"]
    assert len(telegram.parse({"chats": {"list": [CHAT]}, "left_chats": 3})) == 1


def test_another_programs_result_leaves_a_folder_of_photos(tmp_path: Path) -> None:
    save(tmp_path / "lab/photo.jpg", 1)
    (tmp_path / "lab/result.json").write_text('{"score": 3}')
    with open_source(tmp_path / "lab") as source:
        assert source.kind == "folder" and len(source.items) == 1


def test_links_out_of_the_export_are_not_followed(tmp_path: Path) -> None:
    folder = export(tmp_path / "export")
    (folder / "photos/gone.jpg").symlink_to(tmp_path / "secret.jpg")
    with open_source(folder) as source:
        assert "gone.jpg" in {name for name, _ in source.unusable} and len(source.items) == 2
