"""A chat, whichever program exported it: who wrote what when, with which files, and what is about a photo."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from assistant.metadata.name_day import DayOrder

BEFORE, AFTER, ROW = timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=2)
"""A message is about a photo when it comes at most BEFORE ahead of it or AFTER behind it. Photos at most ROW apart are
sent in a row."""
MESSAGES_BEFORE, MESSAGES_AFTER = 2, 4
"""Most messages about a photo, before and after it."""
MAP = (
    r"https?://(?:maps\.google\.[a-z.]+/|www\.google\.[a-z.]+/maps"
    r"|maps\.apple\.com/|goo\.gl/maps/|maps\.app\.goo\.gl/|g\.co/maps/|(?:www\.|ul\.)?waze\.com/(?:ul|livemap)"
    r"|(?:www\.)?openstreetmap\.org/|osm\.org/go/|(?:maps\.)?yandex\.[a-z.]+/(?:maps|navi)|maps\.yandex\.[a-z.]+/"
    r"|(?:www\.)?bing\.com/maps|share\.here\.com/|wego\.here\.com/|uri\.amap\.com/|map\.baidu\.com/"
    r"|api\.map\.baidu\.com/"
    r"|map\.naver\.com/|map\.kakao\.com/|go\.2gis\.com/|2gis\.[a-z]+/|what3words\.com/|w3w\.co/"
    r"|maps\.me/|omaps\.app/|plus\.codes/)\S*|geo:[-\d.,]+"
)
"""Links to a place on a map."""
_COORDINATES = re.compile(MAP, re.I)


@dataclass(frozen=True, slots=True)
class Message:
    """What one person sent at one time."""

    when: datetime
    """On the clock of the device that exported the chat, without a timezone."""
    sender: str
    text: str
    """The message or the caption of its file; "" for a file alone."""
    file: str | None = None
    """The file that was sent, as the chat names it: without any folder, or within the export's."""
    omitted: bool = False
    """A file was sent, but the export was made without media; the text is its caption."""
    id: str = ""
    """What replies call the message; "" where the export has no such thing."""
    reply_to: str = ""
    """The id of the message that this one replies to."""
    offset: timedelta | None = None
    """How far that clock is from UTC, where the export says so."""
    forwarded: bool = False
    """Whether the sender wrote it elsewhere, and need be nobody of this chat."""

    @property
    def moment(self) -> datetime:
        """When it was sent, on the clock of the export, or this machine's where the offset is not known."""
        return self.when.replace(tzinfo=timezone(self.offset)) if self.offset is not None else self.when.astimezone()


@dataclass(frozen=True, slots=True)
class Chat:
    """All messages of an export."""

    messages: tuple[Message, ...]
    order: DayOrder | None = None
    """The order in which its dates were read: dmy is 31/12/2023. None: they can be read in one way only."""
    sure: bool = True
    """False when the dates could as well be read in another order."""
    title: str = ""
    """What the program calls the chat: the other person, or a group."""
    me: str = ""
    """The user's name in it, where the export says so."""


def without_coordinates(text: str) -> str:
    """A message with three dots for the places on a map in it: where somebody was is not kept unasked."""
    return _COORDINATES.sub("…", text)


def photos_with_messages(
    messages: Sequence[Message], is_photo: Callable[[str], bool]
) -> Iterator[tuple[Message, tuple[Message, ...]]]:
    """Every message with a photo, and the messages about it: its caption, those just before and those soon after.

    Messages reach up to the photo before and the photo after; photos sent in a row share the messages around them, not
    their captions. A message between two photos is about the first of them. A reply is about the photo it replies to,
    however late, and the caption of a file that was left out is about no other one.
    """
    messages = [m for m in messages if m.text or _shows(m, is_photo)]
    replies: dict[str, list[Message]] = {m.id: [] for m in messages if m.id and _shows(m, is_photo)}
    for message in messages:
        if message.reply_to in replies and not _shows(message, is_photo):
            replies[message.reply_to].append(message)
    taken, start = 0, 0
    while start < len(messages):
        if not _shows(messages[start], is_photo):
            start += 1
            continue
        end = start + 1
        while end < len(messages) and _shows(messages[end], is_photo) and _in_a_row(messages[end - 1], messages[end]):
            end += 1
        row = messages[start:end]
        others = replies.keys() - {m.id for m in row}
        first, last = row[0].when, row[-1].when
        before = messages[max(taken, start - MESSAGES_BEFORE) : start]
        before = [m for m in before if timedelta() <= first - m.when <= BEFORE]
        before = [m for m in before if not m.omitted and m.reply_to not in others]
        after: list[Message] = []
        taken = end
        for message in messages[end : end + MESSAGES_AFTER]:
            late = not timedelta() <= message.when - last <= AFTER
            if _shows(message, is_photo) or late or message.omitted:
                break
            after += [message] if message.reply_to not in others else []
            taken += 1
        for shown in row:
            around = (*before, *([shown] if shown.text else ()), *after)
            later = [m for m in replies.get(shown.id, ()) if m not in around]
            yield shown, (*around, *later[:MESSAGES_AFTER])
        start = taken


def _shows(message: Message, is_photo: Callable[[str], bool]) -> bool:
    return message.file is not None and is_photo(message.file)


def _in_a_row(one: Message, other: Message) -> bool:
    return one.sender == other.sender and timedelta() <= other.when - one.when <= ROW
