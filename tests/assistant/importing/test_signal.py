"""Readable exports of Signal, as folder, file and ZIP, with what is nobody's words; and lines that are none.

The frames are as Signal's `Backup.proto` and its writers have them: whole numbers as texts, bytes in base64, a file
called by the SHA-256 of its content's hash and its key.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assistant.__main__ import main
from assistant.importing.chats import signal
from assistant.importing.sources import open_source
from memory.errors import KeepsakeError
from memory.store import Memory
from tests.support.albums import save

START = datetime(2024, 5, 12, 18, 30)
INFO = {"version": "1", "backupTimeMs": "1715600000000", "mediaRootBackupKey": "AAAA"}
ACCOUNT = {"account": {"profileKey": "AAAA", "givenName": "Ben", "familyName": "Ott"}}
ACI = base64.b64encode(b"a" * 16).decode()
PEOPLE: list[dict[str, Any]] = [
    {"recipient": {"id": "1", "self": {}}},
    {"recipient": {"id": "2", "contact": {"aci": ACI, "e164": "436601234567", "profileGivenName": "Anna"}}},
    {"recipient": {"id": "3", "contact": {"profileGivenName": "x", "nickname": {"given": "Aunt", "family": "Mia"}}}},
    {"recipient": {"id": "4", "contact": {"e164": 436607654321}}},
    {"recipient": {"id": "5", "group": {"masterKey": "AAAA", "snapshot": {"title": {"title": "Lake friends"}}}}},
    {"chat": {"id": "10", "recipientId": "2"}},
    {"chat": {"id": "11", "recipientId": "5"}},
]


def item(words: str | None, minutes: float, author: int = 2, chat: int = 10, **more: object) -> dict[str, Any]:
    sent = str(int((START + timedelta(minutes=minutes)).timestamp() * 1000))
    message = {**({"text": {"body": words}} if words is not None else {}), **more}
    return {"chatItem": {"chatId": str(chat), "authorId": str(author), "dateSent": sent, "standardMessage": message}}


def other(kind: str, minutes: float, **content: object) -> dict[str, Any]:
    frame = item(None, minutes)
    del frame["chatItem"]["standardMessage"]
    frame["chatItem"][kind] = content
    return frame


class Export:
    """An export that is being written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.frames: list[Any] = [INFO, ACCOUNT, *PEOPLE]

    def photo(self, seed: int, suffix: str = ".jpeg", flag: object = "NONE", **more: object) -> dict[str, Any]:
        """Store a photo as Signal does; returns its attachment."""
        plain = save(self.folder / f"made{suffix}", seed)
        content = plain.read_bytes()
        hash, key = hashlib.sha256(content).digest(), bytes([seed]) * 64
        name = hashlib.sha256(hash + key).hexdigest()
        target = self.folder / "files" / name[:2] / f"{name}{suffix}"
        target.parent.mkdir(parents=True, exist_ok=True)
        plain.rename(target)
        locator = {"plaintextHash": base64.b64encode(hash).decode(), "localKey": base64.b64encode(key).decode()}
        pointer = {"contentType": f"image/{suffix[1:]}", "locatorInfo": {**locator, "size": len(content)}, **more}
        return {"pointer": pointer, "flag": flag, "wasDownloaded": True}

    def write(self, *frames: object) -> Path:
        lines = [json.dumps(frame, ensure_ascii=False) for frame in [*self.frames, *frames]]
        (self.folder / "main.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (self.folder / "metadata.json").write_text('{"version":1}')
        return self.folder


@pytest.fixture
def export(tmp_path: Path) -> Export:
    folder = tmp_path / "signal-export-2024-05-13-10-00-00"
    folder.mkdir()
    return Export(folder)


def said(path: Path, me: str | None = None) -> list[tuple[str, ...]]:
    with open_source(path, me) as source:
        return [one.said for one in source.items]


def mention(text: str, name_at: int) -> dict[str, Any]:
    ranges = [{"start": name_at, "length": 1, "mentionAci": ACI}, {"start": 0, "length": 2, "style": "BOLD"}]
    return {"body": text, "bodyRanges": ranges}


def everything(export: Export) -> Path:
    """Two chats with photos, and among the messages all that nobody wrote."""
    quote = {"authorId": "2", "text": {"body": "QUOTED words"}, "attachments": [{"contentType": "image/jpeg"}]}
    edited = item("This is Milo", 0.3, attachments=[export.photo(1)])
    edited["chatItem"]["revisions"] = [item("This is Mloi", 0.3)["chatItem"]]
    group = item(None, 60, author=3, chat=11, attachments=[export.photo(2, ".png"), export.photo(3, ".webp")])
    group["chatItem"]["standardMessage"]["text"] = mention("🏖 \ufffc at\n  the lake", 3)
    vanishing = item("VANISHES", 0.35)
    vanishing["chatItem"]["expiresInMs"] = "3600000"
    return export.write(
        item("Look who is here", 0),
        edited,
        vanishing,
        item("He stole my sandwich.", 1, author=1, quote=quote, reactions=[{"emoji": "REACTS", "authorId": "2"}]),
        other("stickerMessage", 1.1, sticker={"emoji": "STICKER"}),
        other("poll", 1.2, question="POLL?", options=[{"option": "POLL"}]),
        other("remoteDeletedMessage", 1.3),
        other("updateMessage", 1.4, simpleUpdate={"type": "IDENTITY_UPDATE"}),
        other("viewOnceMessage", 1.5),
        other("contactMessage", 1.6, contact={"name": {"givenName": "CONTACT"}}),
        group,
        item("So sunny: https://maps.google.com/?q=48.2,16.3", 61, author=4, chat=11),
        item(None, 90, attachments=[export.photo(4, flag="BORDERLESS"), export.photo(5, flag="VOICE_MESSAGE")]),
        {"adHocCall": {"callId": "1"}},
        {},
    )


SAID = [
    ("Anna wrote: Look who is here", "Anna wrote: This is Milo", "He stole my sandwich."),
    ("Aunt Mia wrote: 🏖 @Anna at\nthe lake", "+436607654321 wrote: So sunny: …"),
    ("Aunt Mia wrote: 🏖 @Anna at\nthe lake", "+436607654321 wrote: So sunny: …"),
]


@pytest.mark.parametrize("form", ["folder", "file", "zip", "zip in a folder"])
def test_photos_come_with_what_was_said(export: Export, form: str) -> None:
    path = everything(export)
    if form == "file":
        path = path / "main.jsonl"
    elif form.startswith("zip"):
        inside = "signal-export/" if form.endswith("folder") else ""
        target = path.parent / "signal.zip"
        with zipfile.ZipFile(target, "w") as archive:
            for file in sorted(one for one in path.rglob("*") if one.is_file()):
                archive.write(file, inside + file.relative_to(path).as_posix())
        path = target
    with open_source(path) as source:
        items = list(source.items)
        assert [one.said for one in items] == SAID
        assert [one.date for one in items] == [
            (START + timedelta(minutes=at)).astimezone() for at in (0.3, 60, 60)
        ] and {one.date_source for one in items} == {"chat"}
        assert len({one.read() for one in items}) == 3 and source.unusable == ()
        assert [note.split(", “")[1] for note in source.notes] == [
            "Anna”; you are Ben Ott in it", "Lake friends”; you are Ben Ott in it",
        ]  # fmt: skip


def test_an_import_keeps_the_words_and_the_day(export: Export, own_home: Path) -> None:
    assert main(["import", str(everything(export))]) == 0
    with Memory(own_home / "memory.db") as memory:
        kept = {one.words: str(one.day) for one in memory.episodes()}
        assert kept == {"\n".join(words): "2024-05-12" for words in SAID}
        assert memory.search("sandwich") and not memory.mentioning("QUOTED") and not memory.mentioning("VANISHES")


def test_who_the_user_is_can_be_said(export: Export) -> None:
    path = everything(export)
    assert said(path, "Anna")[0][:1] == ("Look who is here",)
    with pytest.raises(KeepsakeError, match="nobody is called 'Zoe' in it; it has"):
        said(path, "Zoe")


def test_a_contact_of_the_users_name_is_another_person(export: Export) -> None:
    export.frames[2:2] = [
        {"recipient": {"id": "2", "contact": {"profileGivenName": "Ben", "profileFamilyName": "Ott"}}}
    ]
    del export.frames[4]
    path = export.write(item("This is Milo", 0, attachments=[export.photo(1)]), item("I know", 1, author=1))
    assert said(path) == [("the other Ben Ott wrote: This is Milo", "I know")]


def test_an_export_without_media_says_so(export: Export) -> None:
    pointer = {"contentType": "image/jpeg", "locatorInfo": {"plaintextHash": "AAAA"}}
    path = export.write(item("This is Milo", 0, attachments=[{"pointer": pointer}]))
    with open_source(path) as source:
        assert list(source.items) == [] and "1 photo, film or sound left out" in source.notes[-1]


def test_a_photo_that_is_not_there_is_named(export: Export) -> None:
    gone = export.photo(1)
    path = export.write(item("This is Milo", 0, attachments=[gone, export.photo(2)]))
    next(path.glob("files/*/*.jpeg")).unlink()
    with open_source(path) as source:
        assert len(list(source.items)) == 1
        assert [why for _, why in source.unusable] == ["the chat names it, but it is not in the export"]


def test_links_out_of_the_export_are_not_followed(export: Export) -> None:
    attachment = export.photo(1)
    path = export.write(item("This is Milo", 0, attachments=[attachment, export.photo(2)]))
    first = next(path.glob("files/*/*.jpeg"))
    secret = save(path.parent / "secret.jpeg", 9)
    first.unlink()
    first.symlink_to(secret)
    assert len(said(path)) == 1


STRANGE: list[Any] = [
    [], 7, None, {"account": 7}, {"recipient": []}, {"recipient": {"id": {}, "contact": {"nickname": 3}}},
    {"chatItem": {"chatId": "10", "authorId": "2", "dateSent": "0", "standardMessage": {"text": {"body": "1970"}}}},
    {"chatItem": {"chatId": "10", "authorId": "2", "dateSent": "9" * 14, "standardMessage": {"text": {"body": "x"}}}},
    {"chatItem": {"chatId": "10", "authorId": "2", "dateSent": "-1", "standardMessage": {"text": {"body": "x"}}}},
    {"chatItem": {"chatId": "10", "dateSent": True, "standardMessage": {"text": {"body": "x"}}}},
    item("x", 5, attachments=[7, {}, {"pointer": {"fileName": 3, "locatorInfo": {"plaintextHash": "é"}}}]),
    item(None, 5, attachments={"pointer": {}}, text=[3]),
    item(None, 5, text={"body": "\ud83d \ufffc", "bodyRanges": [{"start": "9" * 30, "mentionAci": 5}, 7]}),
    item(None, 5, text={"body": "\ufffc", "bodyRanges": [{"start": 0, "length": 1, "mentionAci": "unknown"}]}),
]  # fmt: skip


def test_strange_frames_are_passed_over(export: Export) -> None:
    path = export.write(item("This is Milo", 0, attachments=[export.photo(1)]))
    with (path / "main.jsonl").open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(frame) + "\n\n" for frame in STRANGE)
    assert said(path)[0][0] == "Anna wrote: This is Milo"


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"", "no readable export of Signal"),
        (b'{"chats": []}', "no readable export of Signal"),
        (b"\xff\xfe{", "no readable export of Signal"),
        (json.dumps(INFO).encode(), "no message of a person"),
        (json.dumps(INFO).encode() + b'\n{"chatItem": {"chatId"', "line 2 is no whole JSON: export the chats again"),
        (json.dumps(INFO).encode() + b"\n" + b"[" * 100_000, "line 2 is no whole JSON"),
    ],
)
def test_what_is_no_export_is_told_in_one_line(data: bytes, line: str, tmp_path: Path) -> None:
    with pytest.raises(KeepsakeError, match=line):
        signal.parse(data, ())
    (tmp_path / "main.jsonl").write_bytes(data)
    with pytest.raises(KeepsakeError, match=line) as caught:
        said(tmp_path / "main.jsonl")
    assert "main.jsonl" in str(caught.value) and "\n" not in str(caught.value)


def test_another_programs_file_leaves_a_folder_of_photos(tmp_path: Path) -> None:
    (tmp_path / "main.jsonl").write_text('{"role": "user"}\n')
    save(tmp_path / "Milo.jpg", 1)
    with open_source(tmp_path) as source:
        assert source.kind == "folder" and len(source.items) == 1


def test_a_pipe_under_its_name_is_one_line_and_waits_for_nothing(tmp_path: Path) -> None:
    save(tmp_path / "Milo.jpg", 1)
    os.mkfifo(tmp_path / "main.jsonl")
    with open_source(tmp_path) as source:
        assert source.kind == "folder" and len(source.items) == 1
    with pytest.raises(KeepsakeError, match=r"main\.jsonl: cannot be read \(it is no ordinary file\)"):
        said(tmp_path / "main.jsonl")
