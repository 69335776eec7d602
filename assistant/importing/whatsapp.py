"""The text of a WhatsApp export, read: who said what when, which files, and what was said about a photo. Opens nothing.

An export is a text (`_chat.txt`, or `WhatsApp Chat with Anna.txt`) with the media beside it. A message begins a line;
what follows without such a beginning belongs to it:

    31/12/2023, 21:15 - Anna: Look who is here                          Android: also 12/31/23, 9:15 PM
    31/12/2023, 21:16 - Anna: IMG-20231231-WA0001.jpg (file attached)   the caption, if any, on the next lines
    31/12/2023, 21:17 - Ben added Carla                                 nobody's words: skipped
    [31.12.23, 21:15:03] Anna: Milo again <attached: 00000012-PHOTO-2023-12-31-21-15-03.jpg>        iOS

Days are written as the telephone was set: by point, slash or dash, with the day, the month or the year first. A single
line does not tell, so the whole file decides (`_order`). "attached" and "omitted" come in the telephone's language:
they are known by their form, and by the left-to-right mark that WhatsApp puts before its own words. Not read: clocks
with other halves than am and pm, calendars other than the Gregorian.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal, NamedTuple, get_args

from memory.errors import KeepsakeError

Order = Literal["dmy", "mdy", "ymd"]
BEFORE, AFTER, ROW = timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=2)
"""What is said so long before or after a photo is about it; photos so soon after one another are sent in a row."""
WORDS_BEFORE, WORDS_AFTER = 2, 4
"""The most messages of either kind."""
FOUNDED = 2009
"""No message is older than WhatsApp."""

_MARK = "\u200e"  # before what WhatsApp itself wrote
_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_DATE = r"(\d{1,4})([./-])\s?(\d{1,2})\2\s?(\d{1,4})\.?"
_TIME = r"(\d{1,2})[:.](\d\d)(?:[:.](\d\d))?(?:\s?([ap])\.?\s?m\.?)?"
_WHEN = rf"{_DATE},?\s(?:[^\W\d]{{1,3}}\.?\s)?{_TIME}"  # in between some languages have a word: "at", "à", "um"
_HEADS = tuple(re.compile(head, re.I) for head in (rf"\[{_WHEN}\]\s?(.*)", rf"{_WHEN}\s[-–]\s(.*)"))
_SENDER = re.compile(r"([^:\"“”]{1,60}):(?:\s(.*)|$)", re.S)
_NAME = r"[^/\\:*?\"<>|\n]{1,200}\.\w{2,5}"
_INSIDE = re.compile(rf"\u200e?<[^<>:\n]{{1,30}}:\s?({_NAME})>")
_AHEAD = re.compile(rf"\u200e?({_NAME}) (?:\([^()\n]{{1,40}}\)|<[^<>:\n]{{1,40}}>)(?:\n|$)")
_LEFT_OUT = re.compile(r"<[^<>:\n]{1,40}>|null")
_OMITTED = re.compile(r"omitted|weggelassen|omitid[oa]|omise?s?\b|omess[oi]|weggelaten|ocult[oa]", re.I)
_EDITED = re.compile(r"(?:\u200e<[^<>:\n]{1,40}>|<This message was edited>)\s*$")
_NOTICES = ("This message was deleted", "You deleted this message", "Missed voice call", "Missed video call")
_DATED = re.compile(r"(?<!\d)(20\d\d)-?(\d\d)-?(\d\d)(?!\d)")


@dataclass(frozen=True, slots=True)
class Message:
    """What one person sent at one time."""

    when: datetime
    """On the clock of the telephone that exported it, without a timezone."""
    sender: str
    text: str
    """What was written, also as a caption; "" for a file alone."""
    file: str | None = None
    """Name of the file that came with it, without any folder."""
    omitted: bool = False
    """A file came with it, and the export was made without."""


@dataclass(frozen=True, slots=True)
class Chat:
    """A whole export."""

    messages: tuple[Message, ...]
    order: Order
    """How its days were read: dmy is 31/12/2023."""
    sure: bool
    """False when they could as well be read in another order."""


class _Entry(NamedTuple):
    """A line that begins a message, and the lines up to the next one."""

    numbers: tuple[str, str, str]
    separator: str
    clock: tuple[int, int, int] | None
    halves: bool
    """The clock has am and pm."""
    body: str
    line: str


def parse(text: str, order: Order | None = None, today: date | None = None) -> Chat:
    """The messages of an export in the file's order. `order` says how days are written, if it is known; no message
    is later than the day after `today`. Raises KeepsakeError, one line, when nothing in it looks like a message."""
    entries = _entries(text)
    if not entries:
        raise KeepsakeError("no line in it begins like a message of WhatsApp: export the chat again, as text")
    sure = True
    if order is None:
        order, sure = _order(entries, today)
    bodies: list[tuple[datetime, list[str]]] = []
    for entry in entries:
        when = _when(entry, order, today)
        if when:
            bodies.append((when, [entry.body]))
        elif bodies:  # no day of the calendar: something that somebody copied into a message
            bodies[-1][1].append(entry.line)
    messages = (_message(when, "\n".join(body)) for when, body in bodies)
    return Chat(tuple(m for m in messages if m), order, sure)


def moments(messages: Sequence[Message], photo: Callable[[str], bool]) -> Iterator[tuple[Message, tuple[Message, ...]]]:
    """Every message with a photo, and what was said about it: its caption, what came just before and soon after.

    Up to the photo before and the one behind; photos sent in a row share what is said around them, not their captions.
    What follows a photo is about that one, not about the next.
    """
    said = [m for m in messages if m.text or _shows(m, photo)]
    taken, start = 0, 0
    while start < len(said):
        if not _shows(said[start], photo):
            start += 1
            continue
        end = start + 1
        while end < len(said) and _shows(said[end], photo) and _in_a_row(said[end - 1], said[end]):
            end += 1
        first, last = said[start].when, said[end - 1].when
        before = said[max(taken, start - WORDS_BEFORE) : start]
        before = [m for m in before if timedelta() <= first - m.when <= BEFORE]
        after: list[Message] = []
        for message in said[end : end + WORDS_AFTER]:
            if _shows(message, photo) or not timedelta() <= message.when - last <= AFTER:
                break
            after.append(message)
        for shown in said[start:end]:
            yield shown, (*before, *([shown] if shown.text else ()), *after)
        start = taken = end + len(after)


def _shows(message: Message, photo: Callable[[str], bool]) -> bool:
    return message.file is not None and photo(message.file)


def _in_a_row(one: Message, other: Message) -> bool:
    return one.sender == other.sender and timedelta() <= other.when - one.when <= ROW


def _entries(text: str) -> list[_Entry]:
    """Lines with a beginning of the more frequent kind, iOS or Android; what others begin is part of a message."""
    lines = [line.removesuffix("\r") for line in text.split("\n")]  # splitlines() would also cut inside messages
    bare = [line.lstrip("\u200e\u200f\ufeff") for line in lines]
    head = max(_HEADS, key=lambda head: sum(head.match(line) is not None for line in bare))
    found: list[tuple[re.Match[str], list[str]]] = []
    for line, start in zip(lines, bare, strict=True):
        if match := head.match(start):
            found.append((match, [line]))
        elif found:
            found[-1][1].append(line)
    entries = []
    for match, own in found:
        a, separator, b, c, hour, minute, second, half, rest = match.groups()
        clock = _clock(int(hour), int(minute), int(second or 0), (half or "").lower())
        entries.append(_Entry((a, b, c), separator, clock, bool(half), "\n".join((rest, *own[1:])), "\n".join(own)))
    return entries


def _clock(hour: int, minute: int, second: int, half: str) -> tuple[int, int, int] | None:
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    return (hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None


def _order(entries: Sequence[_Entry], today: date | None) -> tuple[Order, bool]:
    """How days are written in the whole file, and whether that is sure.

    Best is what makes the most lines days of the calendar, then what agrees with the days in the names of files
    (IMG-20231231-WA0001), then what goes back in time least often. When that does not decide, it is not sure, and the
    shorter chat is the likelier one; then custom: with slashes and am/pm the month first, else the day.
    """
    custom: Order = "mdy" if entries[0].separator == "/" and entries[0].halves else "dmy"

    def judged(order: Order) -> tuple[int, int, int, timedelta, bool, bool]:
        whens = [_when(entry, order, today) for entry in entries]
        days = [when for when in whens if when]
        agreed = 0
        for entry, when in zip(entries, whens, strict=True):
            named = _DATED.search(entry.body.split("\n", 1)[0])
            agreed += bool(when and named and when.strftime("%Y%m%d") == "".join(named.groups()))
        back = sum(later < earlier for earlier, later in pairwise(days))
        span = max(days) - min(days) if days else timedelta()
        return len(whens) - len(days), -agreed, back, span, order != custom, order == "ymd"

    ranked = sorted(get_args(Order), key=judged)
    best, second = ranked[:2]
    same = all(_when(entry, best, today) == _when(entry, second, today) for entry in entries)
    return best, same or judged(best)[:3] < judged(second)[:3]


def _when(entry: _Entry, order: Order, today: date | None) -> datetime | None:
    part = dict(zip(order, entry.numbers, strict=True))
    if entry.clock is None or len(part["y"]) not in (2, 4) or max(len(part["d"]), len(part["m"])) > 2:
        return None
    year = int(part["y"]) + (2000 if len(part["y"]) == 2 else 0)
    try:
        when = datetime(year, int(part["m"]), int(part["d"]), *entry.clock)
    except ValueError:
        return None
    late = today is not None and when.date() > today + timedelta(days=1)
    return None if late or year < FOUNDED else when


def _message(when: datetime, body: str) -> Message | None:
    """None for what nobody said: joined, left, encrypted, deleted."""
    found = _SENDER.match(body)
    if not found:
        return None
    sender = " ".join(_MARKS.sub("", found[1]).split()).lstrip("~ ")
    body = found[2] or ""
    if not sender:
        return None
    message = Message(when, sender, "")
    if attached := _INSIDE.search(body) or _AHEAD.match(body):
        body = f"{body[: attached.start()]}\n{body[attached.end() :]}"
        return replace(message, text=_plain(body), file=_MARKS.sub("", attached[1]).strip())
    if body.startswith(_MARK) or _LEFT_OUT.fullmatch(body.strip()):
        omitted = not body.startswith(_MARK) or _OMITTED.search(body)
        return replace(message, omitted=True) if omitted else None
    text = _plain(_EDITED.sub("", body))
    return None if not text or text.rstrip(".") in _NOTICES else replace(message, text=text)


def _plain(text: str) -> str:
    """Without marks of direction, and without empty lines around it."""
    lines = [line.strip() for line in _MARKS.sub("", text).split("\n")]
    return "\n".join(lines).strip()
