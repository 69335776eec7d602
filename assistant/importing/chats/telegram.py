"""Parse the JSON export of Telegram Desktop (`result.json`): one chat, or all of an account.

No file is opened here. Fields as documented at core.telegram.org/import-export: a message has a date on the clock of
the device that exported, and in seconds since 1970, which tell how far that clock is from UTC; who it is from, a text
in one piece or in pieces with marks, and the path of a photo or file within the export; where media were left out a
sentence stands in the path's place. What was forwarded is its author's words, or nobody's where the author is not said.
Notices, stickers, polls, places and calls are nobody's words; what deletes itself is left out. Channels and bots are
not read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from assistant.importing.chats.chat import Chat, Message, without_coordinates
from memory.errors import KeepsakeError

PEOPLE = ("personal_chat", "private_group", "private_supergroup", "public_supergroup", "saved_messages")
"""Kinds of chats that people write in."""
FOUNDED = 2013
"""Year in which Telegram began: no message is older."""
NO_WORDS = (
    "poll",
    "location_information",
    "contact_information",
    "game_title",
    "invoice_information",
    "giveaway_information",
    "giveaway_results",
    "paid_messages_price_change",
    "todo_list",
    "via_bot",
)
"""Fields of messages whose text, if any, is not what somebody wrote."""


def is_telegram(data: object) -> bool:
    """Whether some JSON looks like an export: a chat's messages, or a list of chats."""
    if not isinstance(data, dict):
        return False
    listed = data.get("chats")
    return ("type" in data and isinstance(data.get("messages"), list)) or (
        isinstance(listed, dict) and isinstance(listed.get("list"), list)
    )


def load(data: bytes) -> object:
    """The JSON in some bytes. Raises KeepsakeError when there is none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise KeepsakeError("it is no whole JSON: export the chat again") from error


def parse(data: object) -> list[Chat]:
    """The chats of an export that hold messages of people. Raises KeepsakeError when it has none."""
    if not is_telegram(data):
        raise KeepsakeError("it is no export of Telegram: choose JSON where Telegram Desktop asks for the format")
    assert isinstance(data, dict)
    me = _owner(data.get("personal_information"))
    single = "messages" in data
    left = data.get("left_chats")  # groups that the user left
    listed = [data] if single else [*data["chats"]["list"], *(left.get("list", []) if isinstance(left, dict) else [])]
    chats = [_chat(chat, me) for chat in listed if _of_people(chat, single)]
    found = [chat for chat in chats if chat.messages]
    if not found:
        raise KeepsakeError("no message of a person is in it: channels and bots are not read")
    return found


def _of_people(chat: object, single: bool) -> bool:
    return isinstance(chat, dict) and isinstance(chat.get("messages"), list) and (single or chat.get("type") in PEOPLE)


def _owner(info: object) -> str:
    """The name of the account's owner, as messages carry it; "" where the export does not say."""
    if not isinstance(info, dict):
        return ""
    return " ".join(filter(None, (_text(info.get("first_name")), _text(info.get("last_name")))))


def _chat(chat: dict[str, Any], me: str) -> Chat:
    messages = tuple(_messages(chat["messages"]))
    title = _text(chat.get("name"))
    if chat.get("type") == "saved_messages" and messages:
        me = me or messages[0].sender
    return Chat(messages, title=title, me=me if any(m.sender == me for m in messages) else "")


def _messages(listed: list[object]) -> Iterator[Message]:
    for raw in listed:
        if not isinstance(raw, dict) or raw.get("type") != "message":
            continue  # notices: joined, pinned, called
        if raw.get("self_destruct_period_seconds"):
            continue
        local, moment = _when(raw.get("date")), _moment(raw.get("date_unixtime"))
        when = local or (moment.astimezone().replace(tzinfo=None) if moment else None)
        own = raw.get("author") or raw.get("from")  # an author signs what a group or channel says
        said_by = raw.get("forwarded_from") if "forwarded_from" in raw else own  # null: nobody knows
        sender = " ".join(_text(said_by).split()) or "somebody"
        if when is None:
            continue
        nobodys = any(field in raw for field in NO_WORDS) or _is_command(raw.get("text"))
        written = _text(raw.get("text")) or _text(raw.get("text_entities"))
        text = "" if nobodys else without_coordinates(written)
        file = _file(raw)
        omitted = _path(raw).startswith("(")
        if text or file or omitted:
            yield Message(
                when,
                sender,
                text,
                file,
                omitted,
                _number(raw.get("id")),
                _number(raw.get("reply_to_message_id")),
                _offset(local, moment),
                "forwarded_from" in raw,
            )


def _number(value: object) -> str:
    """The number of a message as text; "" for none."""
    return str(value) if type(value) is int else ""


def _is_command(text: object) -> bool:
    """Whether a text is nothing but a command to a bot."""
    pieces = text if isinstance(text, list) else []
    return bool(pieces) and all(isinstance(piece, dict) and piece.get("type") == "bot_command" for piece in pieces)


def _path(raw: dict[str, Any]) -> str:
    """The path of what was sent; "" for nothing and for stickers. A sentence in brackets where it was left out."""
    path = raw.get("photo") or raw.get("file")
    return path if isinstance(path, str) and raw.get("media_type") not in ("sticker", "animation") else ""


def _file(raw: dict[str, Any]) -> str | None:
    """The path of what was sent, within the export."""
    path = _path(raw)
    return None if path.startswith("(") else inside(path)


def inside(path: str) -> str | None:
    """A path within the export; one that leads out of it is cut to its name. None for none."""
    parts = PurePosixPath(path.replace("\\", "/")).parts
    if not parts:
        return None
    return parts[-1] if ".." in parts or parts[0] == "/" else "/".join(parts)


def _when(value: object) -> datetime | None:
    """A date such as 2024-05-12T18:30:00; None where there is no such date, or it is not `usable`."""
    try:
        when = datetime.fromisoformat(value).replace(tzinfo=None) if isinstance(value, str) else None
    except ValueError:
        return None
    return when if when and usable(when) else None


def usable(when: datetime) -> bool:
    """Whether a message can be of this time: not before FOUNDED, nor after tomorrow."""
    return when.year >= FOUNDED and when <= datetime.now() + timedelta(days=1)


def _moment(value: object) -> datetime | None:
    """Seconds since 1970, as text or a number; None as for `_when`."""
    try:
        when = datetime.fromtimestamp(int(value), UTC)  # type: ignore[call-overload]
    except (ValueError, TypeError, OverflowError, OSError):
        return None
    return when if usable(when.replace(tzinfo=None)) else None


def _offset(local: datetime | None, moment: datetime | None) -> timedelta | None:
    """How far the clock of the device that exported was from UTC; None where that is not said, or is no such thing."""
    if not local or not moment:
        return None
    offset = local - moment.replace(tzinfo=None)
    return offset if abs(offset) <= timedelta(hours=14) and not offset % timedelta(minutes=15) else None


def _text(value: object) -> str:
    """A text: in one piece, or in pieces, of which some are marked as links, names and the like."""
    pieces = value if isinstance(value, list) else [value]
    texts = [piece.get("text") if isinstance(piece, dict) else piece for piece in pieces]
    return clean("".join(text for text in texts if isinstance(text, str)))


def clean(text: str) -> str:
    """A text without spaces around its lines."""
    return "\n".join(line.strip() for line in text.split("\n")).strip()
