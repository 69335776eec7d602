"""Parse the readable export of Signal for Android or Desktop (`main.jsonl`): all chats of an account.

No file is opened here. A line is a frame in JSON as `Backup.proto` of Signal's own sources documents it: people and
groups come before the chats that name them, chats before their messages. A file is called by a hash of its content and
its key (`files/ab/ab12….jpeg`). Quotes are somebody else's words, and earlier wordings of an edited message do not
count. Disappearing messages are left out, as are stickers, polls, calls and notices: they are nobody's words.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from assistant.importing.chats.chat import Chat, Message, without_coordinates
from memory.errors import KeepsakeError

FOUNDED = 2010
"""Year in which TextSecure, later Signal, began: no message is older."""
NO_PHOTO = ("VOICE_MESSAGE", "BORDERLESS", "GIF", 1, 2, 3)
"""Kinds of attachments that are no photos: voices, stickers, moving pictures."""
NOTE_TO_SELF = "Note to Self"
_MENTION = "\N{OBJECT REPLACEMENT CHARACTER}"


def is_signal(data: bytes) -> bool:
    """Whether some bytes begin as an export does: with a line about the backup."""
    try:
        first = json.loads(data.lstrip().split(b"\n", 1)[0])
    except (ValueError, RecursionError):
        return False
    return isinstance(first, dict) and "version" in first and "backupTimeMs" in first


def parse(data: bytes, files: Collection[str]) -> list[Chat]:
    """The chats of an export that hold messages. `files`: the paths within the export, without which no file is named.

    Raises KeepsakeError when there is none, or a line is no JSON.
    """
    if not is_signal(data):
        raise KeepsakeError("it is no readable export of Signal: choose “Export chat history” in Signal's settings")
    export = _Export(files)
    for n, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            frame = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise KeepsakeError(f"line {n} is no whole JSON: export the chats again") from error
        if isinstance(frame, dict):
            export.add(frame)
    if not (found := list(export.chats())):
        raise KeepsakeError("no message of a person is in it")
    return found


class _Export:
    """What the frames of an export said so far."""

    def __init__(self, files: Collection[str]) -> None:
        self._files = {PurePosixPath(file).stem: file for file in files if file.startswith("files/")}
        self._me = ""
        self._names: dict[str, str] = {}  # by the number of a person or group
        self._by_aci: dict[str, str] = {}  # by the account's id, as mentions have it
        self._titles: dict[str, str] = {}  # of chats, by their numbers
        self._messages: dict[str, list[Message]] = {}

    def add(self, frame: Mapping[str, Any]) -> None:
        """Take one frame; what is not needed is passed over."""
        if account := _part(frame, "account"):
            self._me = _joined(account.get("givenName"), account.get("familyName")) or _text(account.get("username"))
        elif recipient := _part(frame, "recipient"):
            self._add_recipient(recipient)
        elif chat := _part(frame, "chat"):
            self._titles[_text(chat.get("id"))] = self._names.get(_text(chat.get("recipientId")), "")
        elif item := _part(frame, "chatItem"):
            self._messages.setdefault(_text(item.get("chatId")), []).extend(self._sent(item))

    def chats(self) -> Iterator[Chat]:
        """The chats, each in the order of time, as lists of messages of a person."""
        for id, messages in self._messages.items():
            if messages:
                title = self._titles.get(id, "")
                ordered = tuple(sorted(messages, key=lambda message: message.when))
                yield Chat(ordered, title=NOTE_TO_SELF if title == self._own else title, me=self._own)

    @property
    def _own(self) -> str:
        return self._me or "me"

    def _add_recipient(self, recipient: Mapping[str, Any]) -> None:
        id = _text(recipient.get("id"))
        if contact := _part(recipient, "contact"):
            name = _contact_name(contact) or "somebody"
            self._names[id] = f"the other {name}" if name == self._own else name
            self._by_aci[_text(contact.get("aci"))] = self._names[id]
        elif group := _part(recipient, "group"):
            self._names[id] = _text(_part(_part(group, "snapshot"), "title").get("title"))
        elif "self" in recipient:
            self._names[id] = self._own

    def _sent(self, item: Mapping[str, Any]) -> Iterator[Message]:
        """The message of an item: with one photo, or as many times as it has photos."""
        message, when = _part(item, "standardMessage"), _when(item.get("dateSent"))
        if not message or when is None or item.get("expiresInMs"):
            return
        sender = self._names.get(_text(item.get("authorId")), "") or "somebody"
        text = self._words(_part(message, "text"))
        attachments = message.get("attachments")
        found = [one for one in attachments if isinstance(one, dict)] if isinstance(attachments, list) else []
        pointers = [_part(one, "pointer") for one in found if one.get("flag") not in NO_PHOTO]
        said = Message(when, sender, text, None, False, _text(item.get("dateSent")), _replied(message))
        if not self._files and pointers:
            yield replace(said, omitted=True)
        elif pointers:
            yield from (replace(said, file=self._file(one)) for one in pointers)
        elif text:
            yield said

    def _words(self, text: Mapping[str, Any]) -> str:
        """What was written, with the names of those whom it mentions."""
        units = _text(text.get("body")).encode("utf-16-le", "replace")
        ranges = text.get("bodyRanges")
        marked = [one for one in ranges if isinstance(one, dict)] if isinstance(ranges, list) else []
        for one in sorted(marked, key=lambda one: _number(one.get("start")), reverse=True):
            start, end = 2 * _number(one.get("start")), 2 * (_number(one.get("start")) + _number(one.get("length")))
            if one.get("mentionAci") and units[start:end].decode("utf-16-le", "replace") == _MENTION:
                name = self._by_aci.get(_text(one["mentionAci"]), self._own)
                units = units[:start] + f"@{name}".encode("utf-16-le") + units[end:]
        lines = units.decode("utf-16-le", "replace").split("\n")
        return without_coordinates("\n".join(line.strip() for line in lines).strip())

    def _file(self, pointer: Mapping[str, Any]) -> str:
        """The path of a file within the export: that of the file there is, or where it should be."""
        locator = _part(pointer, "locatorInfo")
        name = hashlib.sha256(_bytes(locator.get("plaintextHash")) + _bytes(locator.get("localKey"))).hexdigest()
        kind = PurePosixPath(_text(pointer.get("fileName"))).suffix.removeprefix(".")
        kind = kind or _text(pointer.get("contentType")).rpartition("/")[2]
        return self._files.get(name, f"files/{name[:2]}/{name}.{kind}")


def _replied(message: Mapping[str, Any]) -> str:
    """When the message was sent that is quoted; "" for none."""
    return _text(_part(message, "quote").get("targetSentTimestamp"))


def _contact_name(contact: Mapping[str, Any]) -> str:
    """What Signal calls a person: the nickname, the name among the contacts, the person's own name, the number."""
    nickname = _part(contact, "nickname")
    number = _text(contact.get("e164")).lstrip("+")
    names = (
        _joined(nickname.get("given"), nickname.get("family")),
        _text(contact.get("systemNickname")),
        _joined(contact.get("systemGivenName"), contact.get("systemFamilyName")),
        _joined(contact.get("profileGivenName"), contact.get("profileFamilyName")),
        f"+{number}" if number else "",
        _text(contact.get("username")),
    )
    return next(filter(None, names), "")


def _part(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A part of a frame; an empty one where there is none."""
    part = value.get(name)
    return part if isinstance(part, dict) else {}


def _joined(*names: object) -> str:
    return " ".join(filter(None, (" ".join(_text(name).split()) for name in names)))


def _text(value: object) -> str:
    """A text or a number as text: Signal writes whole numbers either way."""
    return value if isinstance(value, str) else str(value) if type(value) is int else ""


def _number(value: object) -> int:
    return min(int(text), 1 << 30) if (text := _text(value)).isascii() and text.isdigit() and len(text) < 20 else 0


def _when(value: object) -> datetime | None:
    """The local time of milliseconds since 1970; None where it is no time, before FOUNDED, or after tomorrow."""
    text = _text(value)
    if not (text.isascii() and text.isdigit() and len(text) < 15):
        return None
    when = datetime.fromtimestamp(int(text) // 1000)
    return when if when.year >= FOUNDED and when <= datetime.now() + timedelta(days=1) else None


def _bytes(value: object) -> bytes:
    """Bytes in base64, of either alphabet; none where it is none."""
    try:
        text = _text(value).replace("-", "+").replace("_", "/")
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""
