"""Parse the pages that Telegram Desktop exports unless asked for JSON: messages.html, messages2.html ... of one chat,
or of each chat of an account, whose kinds are in lists/chats.html.

No file is opened here. What stands where is taken from Telegram Desktop's own sources (export_output_html.cpp): each
message is a "message default", which has no name where it is "joined" to the one before; its date is on the clock of
the device that exported, with the offset from UTC in newer exports. Whose words count is decided as for JSON.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from typing import NamedTuple

from assistant.importing.chats.chat import Chat, Message, without_coordinates
from assistant.importing.chats.telegram import clean, inside, usable
from memory.errors import KeepsakeError

ACCOUNT = "export_results.html"
"""The page that leads to all chats of an account."""
_OF_PEOPLE = ("private", "group")
"""Kinds of chats that people write in."""
_DATE = re.compile(r"(\d\d)\.(\d\d)\.(\d{4}) (\d\d):(\d\d):(\d\d)(?: UTC([+-])(\d\d):?(\d\d))?")
_REPLIED = re.compile(r"#go_to_message(\d+)$")
_VIA = re.compile(r" via @\w+$")
_COMMANDS = re.compile(r"(?:/\w+(?:@\w+)?\s*)+")
_ACCOUNT = re.compile(r"^(?:\.\./)+chats/[^/]+/")
"""What paths of files begin with in the export of an account: the chat's own folder."""
_PAGE = re.compile(r"messages(\d*)\.html", re.I)
_KIND = re.compile(
    r'href="[./]*(chats/[^/"]+)/messages\.html[^"]*"(?:(?!<a ).){0,4000}?"pull_right info details">\s*(\w+)', re.S
)
"""A chat in the list of an account, and its kind."""
_ROW = r'>\s*%s\s*</div>\s*<div class="value bold">\s*(.*?)\s*</div>'
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_FILES = frozenset(["photo_wrap", "video_file_wrap", "media_photo", "media_file", "media_video"])
"""Classes of what was sent as a file, and"""
_SOUNDS = frozenset(["media_voice_message", "media_audio_file"])
_NO_WORDS = frozenset(f"media_{kind}" for kind in "call contact location live_location venue game invoice poll".split())
"""classes of what nobody wrote."""
_PARTS = {"from_name": "from", "reply_to": "reply", "text": "text", "signature": "signature", "title": "title"}
_GONE, _NOBODY = "Deleted Account", "somebody"


def is_pages(data: bytes) -> bool:
    """Whether some bytes look like the first page of a chat."""
    return b'class="page_wrap"' in data and b'class="message ' in data


def in_order(names: Iterable[str]) -> list[str]:
    """The pages of a chat among the names of a folder; [] without the first."""
    pages = {int(match[1] or 1): name for name in names if (match := _PAGE.fullmatch(name))}
    return [pages[n] for n in sorted(pages)] if 1 in pages else []


def parse_account(files: Mapping[str, Callable[[], bytes]]) -> list[Chat]:
    """The chats of an account that people write in; `files`: what reads each, by its path within the export.

    Raises KeepsakeError when it has no message of a person.
    """
    owner = _text(files, ACCOUNT)
    names = [match[1] for row in ("First name", "Last name") if (match := re.search(_ROW % row, owner, re.S))]
    me = " ".join(unescape(" ".join(names)).split())
    kinds = dict(_KIND.findall(_text(files, "lists/chats.html")))
    folders: dict[str, list[str]] = {}
    for file in files:
        folder, _, name = file.rpartition("/")
        if folder.startswith("chats/") and kinds.get(folder, "private") in _OF_PEOPLE:
            folders.setdefault(folder, []).append(name)
    found = []
    for folder, there in sorted(folders.items()):
        with suppress(KeepsakeError):  # nobody wrote in this one
            for chat in parse([files[f"{folder}/{page}"]() for page in in_order(there)]):
                messages = tuple(replace(m, file=m.file and f"{folder}/{m.file}") for m in chat.messages)
                found.append(replace(chat, messages=messages, me=me if any(m.sender == me for m in messages) else ""))
    if not found:
        raise KeepsakeError("no message of a person is in it: channels and bots are not read")
    return found


def _text(files: Mapping[str, Callable[[], bytes]], name: str) -> str:
    return files[name]().decode("utf-8", "replace") if name in files else ""


def parse(pages: Sequence[bytes]) -> list[Chat]:
    """The chat on these pages. Raises KeepsakeError when it has no message of a person."""
    reader = _Reader()
    try:
        for page in pages:
            reader.feed(page.decode("utf-8", "replace"))
            reader.begin_page()
    except AssertionError as error:  # of the parser, about a mark that no page of Telegram has
        raise KeepsakeError("a page is damaged: export the chat again") from error
    if not reader.messages:
        raise KeepsakeError("no message of a person is in it")
    return [Chat(tuple(reader.messages), title=" ".join(reader.title.split()))]


@dataclass
class _Raw:
    """A message whose end is not read yet; `parts` has the texts in it by what they are."""

    id: str
    joined: bool
    when: datetime | None = None
    offset: timedelta | None = None
    parts: dict[str, str] = field(default_factory=dict)
    forwarded: bool = False
    reply_to: str = ""
    kinds: set[str] = field(default_factory=set)
    """Classes of what was sent."""
    file: str = ""

    def line(self, part: str) -> str:
        return " ".join(self.parts.get(part, "").split())


class _Open(NamedTuple):
    """A tag that is open."""

    tag: str
    role: str
    """What its text is."""
    roles: frozenset[str]
    """And that of the tags around it."""


class _Reader(HTMLParser):
    """Reads pages, one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.title = ""
        self.messages: list[Message] = []
        self._open: list[_Open] = []
        self._tags: Counter[str] = Counter()  # how many of each are open: pages may be nested as deep as they like
        self._now: _Raw | None = None
        self._sender = self._forwarded = ""  # of the message before

    def begin_page(self) -> None:
        """Begin a new page; what the one before left open is none of it."""
        self.reset()
        self._open, self._tags, self._now = [], Counter(), None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the text of a tag is."""
        if tag in _VOID:
            if tag == "br":
                self.handle_data("\n")
            return
        found = {name: value or "" for name, value in attrs}
        classes = set(found.get("class", "").split())
        role = ""
        if "message" in classes:
            said = "default" in classes  # else a notice
            role = "message" if said else "notice"
            self._now = _Raw(found.get("id", "").removeprefix("message"), "joined" in classes) if said else None
        elif "page_header" in classes:
            role = "header"
        elif self._now:
            role = self._part(self._now, found, classes)
        above = self._open[-1] if self._open else _Open("", "", frozenset())
        self._open.append(_Open(tag, role or above.role, above.roles | {role} if role else above.roles))
        self._tags[tag] += 1

    def _part(self, now: _Raw, attrs: dict[str, str], classes: set[str]) -> str:
        """What a tag within a message is."""
        roles = self._open[-1].roles
        if classes >= {"date", "details"}:
            if "forwarded" not in roles and now.when is None:
                now.when, now.offset = _when(attrs.get("title", ""))
            return "date"
        if classes >= {"forwarded", "body"}:
            now.forwarded = True
            return "forwarded"
        now.kinds |= classes
        if classes & (_FILES | _SOUNDS) and (href := attrs.get("href", "")) and "://" not in href:
            now.file = _ACCOUNT.sub("", href)
        if "reply" in roles and (match := _REPLIED.search(attrs.get("href", ""))):
            now.reply_to = match[1]
        role = next((role for name, role in _PARTS.items() if name in classes), "")
        return "forwarded from" if role == "from" and "forwarded" in roles else role

    def handle_data(self, data: str) -> None:
        """Keep text where it is a part of a message, or the chat's title."""
        role = self._open[-1].role if self._open else ""
        if role == "header":
            self.title += data if not self.messages else ""
        elif self._now and role:
            self._now.parts[role] = self._now.parts.get(role, "") + data

    def handle_endtag(self, tag: str) -> None:
        """Close a tag, and what was left open in it."""
        while self._tags[tag]:
            closed = self._open.pop()
            self._tags[closed.tag] -= 1
            if self._now and not (self._open and "message" in self._open[-1].roles):
                self._end(self._now)
                self._now = None
            if closed.tag == tag:
                return

    def _end(self, now: _Raw) -> None:
        """Keep a message that is read to its end."""
        if not now.joined:
            self._sender = now.line("from")
        self._forwarded = (now.line("forwarded from") or self._forwarded) if now.forwarded else ""
        own = now.line("signature") or self._sender
        names = (self._forwarded if now.forwarded else own, self._sender)
        sender = _VIA.sub("", names[0])
        when = now.when
        if when is None or not usable(when) or now.line("title").startswith("Self-destructing"):
            return
        written = clean(now.parts.get("text", ""))
        nobodys = now.kinds & _NO_WORDS or any(map(_VIA.search, names)) or _COMMANDS.fullmatch(written)
        text = "" if nobodys else without_coordinates(written)
        sent = bool(now.kinds & (_FILES | _SOUNDS)) and now.line("title") not in ("Sticker", "Animation")
        file = inside(now.file) if sent and now.file else None
        omitted = sent and not now.file
        if text or file or omitted:
            sender = _NOBODY if sender in ("", _GONE) else sender
            self.messages.append(
                Message(when, sender, text, file, omitted, now.id, now.reply_to, now.offset, now.forwarded)
            )


def _when(text: str) -> tuple[datetime | None, timedelta | None]:
    """The time of "25.12.2023 18:30:05 UTC+01:00", and its offset from UTC."""
    if not (match := _DATE.fullmatch(text.strip())):
        return None, None
    day, month, year, hour, minute, second = map(int, match.groups()[:6])
    offset = timedelta(hours=int(match[8]), minutes=int(match[9])) if match[7] else None
    if offset is not None and match[7] == "-":
        offset = -offset
    try:
        return datetime(year, month, day, hour, minute, second), offset
    except ValueError:
        return None, None
