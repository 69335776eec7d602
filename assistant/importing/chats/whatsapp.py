"""Parse the text of a WhatsApp export: who wrote what when, with which files.

No file is opened here. An export is a text (`_chat.txt`, or `WhatsApp Chat with Anna.txt`) with the media beside it. A
message begins with a date and a sender; the lines up to the next such beginning belong to it:

    31/12/2023, 21:15 - Anna: Look who is here                          Android: also 12/31/23, 9:15 PM
    31/12/2023, 21:16 - Anna: IMG-20231231-WA0001.jpg (file attached)   the caption, if any, on the next lines
    31/12/2023, 21:17 - Ben added Carla                                 a notice of WhatsApp: skipped
    [31.12.23, 21:15:03] Anna: Milo again <attached: 00000012-PHOTO-2023-12-31-21-15-03.jpg>        iOS

Dates are written as the telephone was set: with points, slashes or dashes, and the day, the month or the year first. A
single line does not tell which, so the whole file decides (`_day_order`). "attached" and "omitted" are written in the
telephone's language: they are recognised by their form, and by the left-to-right mark that WhatsApp puts before its own
words; its notices, and the halves of its clocks, are in `whatsapp_words.toml`. A clock with other halves is refused and
never taken for the morning. Of calendars other than the Gregorian only the years of Thailand's are read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, get_args

from assistant.importing.chats.chat import Chat, Message
from assistant.importing.chats.whatsapp_senders import deeds, group, names_a_group, names_with_colons, within_quotes
from assistant.importing.chats.whatsapp_words import half_of, is_left_out, is_notice, tells_omission, without_additions
from assistant.metadata.name_day import DayOrder
from memory.errors import KeepsakeError

FOUNDED = 2009
"""Year in which WhatsApp began: no message is older."""
BUDDHIST = 543
"""Years that Thailand's calendar is ahead."""

_MARK = "\u200e"  # before what WhatsApp itself wrote
_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_DATE = r"(\d{1,4})([./-])\s?(\d{1,2})\2\s?(\d{1,4})\.?"
_TIME = r"(\d{1,2})[:.](\d\d|\d(?=[:.]))(?:[:.](\d\d?))?"
_WORD = (  # of the half of the day, or "at", "à", "um"
    r"((?:(?:e|pre|po|пре|по|قبل|بعد)\s)?[^\W\d][^\s\d\]\[]{0,11}(?:\s(?:m\.?|אחה״צ))?)"
)
_WHEN = rf"{_DATE}[,،、]?\s*(?:{_WORD}\s?)?{_TIME}(?:\s?{_WORD})?"
_HEADS = tuple(
    re.compile(head, re.I)
    for head in (rf"\[{_WHEN}\]\s?(.*)", rf"{_WHEN}\s[-–]\s(.*)", rf"{_WHEN}:\s([^:：]{{1,60}}[:：].*)")
)
"""Of iOS, of Android, and of iOS until 2018, which had a colon behind the time."""
_SPELLINGS = tuple(
    (re.compile(pattern, re.I | re.M), instead)
    for pattern, instead in (
        (r"^(\[?)(\d\d)(?=[年년])", r"\g<1>20\2"),
        (r"^(\[?)(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]", r"\1\2/\3/\4"),
        (r"^(\[?\d{4}/\d{1,2}/\d{1,2})\s?\([日月火水木金土]\)", r"\1"),
        # in Vietnamese, and where messages were copied in a browser
        (
            r"^(\[?)(\d{1,2}:\d\d(?::\d\d)?(?:\s?(?:[ap]\.?\s?m\.?|sa|ch))?),?\s(\d{1,4}([./-])\d{1,2}\4\d{2,4})(?=[\]\s])",
            r"\1\3, \2",
        ),
        (
            r"^(\[?[\d./-]{6,12},?\s)(?:à\s)?(\d{1,2})\s?h\s?(\d\d)(?:\s?min)?(?:\s?(\d\d)\s?s)?(?=[\]\s])",
            r"\1\2:\3:\4",
        ),  # of Canada
        (r"^(\[?[\d./-]{6,12},?\s\d{1,2}:\d\d):(?=[\]\s])", r"\1"),
        (r"^(\[?[\d.]{6,10})\s?г\.", r"\1"),  # of Bulgaria and Macedonia
        (r"^(\[?[\d.]{6,10},?\s\d{1,2}:\d\d(?::\d\d)?)\s?ч\.", r"\1"),
        (r"^(\[[\d/]{6,10})\s\((\d{1,2}:\d\d:\d\d(?:\s[ap]m)?)\)", r"\1 \2"),  # of the Basques
        (r"^(\[?[\d./-]{6,12},?\s)(?:a las|a la|alle ore|à|às|o godz\.|plkst\.)\s(?=\d)", r"\1"),
        (r"^([\d./ -]{6,14},?\s\d{1,2}[:.]\d\d(?:[:.]\d\d)?)\s?(?:,\s)(?=[^:：\n]{1,60}:)", r"\1 - "),  # of Korea
        (r"^(\[?\d{4}/\d{1,2}/\d{1,2}\s\w{2}\s\d{1,2}:\d\d)(?:,\s)(?=[^:：\n]{1,60}:)", r"\1 - "),
    )
)
"""Beginnings that some telephones write otherwise."""
_SENDER = re.compile(r"([^:：\n]{1,60})(?::(?:\s|$)|：\s?)(.*)", re.S)
_ALONE = re.compile(
    r"\u200e?((?:IMG|VID)-\d{8}-WA\d{4,}\.\w{2,5}|\d{8}-PHOTO-[\d-]{19}\.\w{2,5})(?= \(|\n|$)(?: \([^()\n]{1,40}\))?"
)
"""A name that WhatsApp gives to files, alone or with a caption behind it."""
_NAME = r"[^/\\:*?\"<>|\n]{1,200}\.\w{2,5}"
_INSIDE = re.compile(rf"\u200e?<[^<>:：\n]{{1,30}}[:：]\s?({_NAME})>")
_REMARK = r" \([^()（）\n]{1,40}\)| ?（[^()（）\n]{1,40}）| ?<[^<>:\n]{1,40}>"
_AHEAD = re.compile(rf"\u200e?({_NAME})(?:{_REMARK})(?:\n|$)")
_EDITED = re.compile(r"\u200e<[^<>:\n]{1,40}>\s*$")
_DATED = re.compile(r"(?<!\d)(20\d\d)-?(\d\d)-?(\d\d)(?!\d)")


class _Entry(NamedTuple):
    """A line that begins a message, with the lines up to the next beginning."""

    numbers: tuple[str, str, str]
    """Of the date, as they are written."""
    separator: str
    clock: tuple[int, int, int] | None
    """Hour, minute, second; None where there is no such time."""
    halves: bool
    """The clock has am and pm."""
    body: str
    """Everything behind the date."""
    line: str
    """The lines, whole."""


def parse(text: str, order: DayOrder | None = None, today: date | None = None) -> Chat:
    """The messages of an export in the file's order. `order` is the order of its dates, if that is known; no message
    is later than the day after `today`. Raises KeepsakeError when no line looks like the beginning of a message."""
    entries = _entries(text)
    if not entries:
        raise KeepsakeError("no line in it begins like a message of WhatsApp: export the chat again, as text")
    sure = True
    if order is None:
        order, sure = _day_order(entries, today)
    bodies: list[tuple[datetime, list[str]]] = []
    for entry in entries:
        when = _when(entry, order, today)
        if when:
            bodies.append((when, [entry.body]))
        elif bodies:  # no date of the calendar: a text that was copied into a message
            bodies[-1][1].append(entry.line)
    if not bodies:
        mend = "set the telephone to the Gregorian calendar, and export the chat again"
        raise KeepsakeError(f"none of its dates is read, as in {entries[0].line[:30]!r}: {mend}")
    whole = [(when, "\n".join(body)) for when, body in bodies]
    colons = names_with_colons([match for _, body in whole if (match := _SENDER.match(body))], _attached)
    messages = [m for when, body in whole if (m := _message(when, body, colons))]
    nobody = {group(messages)} | deeds({m.sender for m in messages})
    return Chat(tuple(m for m in messages if m.sender not in nobody), order, sure)


def _entries(text: str) -> list[_Entry]:
    """The messages by their beginnings, of the kind that is more frequent, iOS or Android; the other kind is text."""
    lines = [line.removesuffix("\r") for line in text.split("\n")]  # splitlines() would also cut inside messages
    unmarked = _MARKS.sub("", text)
    bare = [line.removesuffix("\r") for line in unmarked.split("\n")]
    for pattern, instead in _SPELLINGS:
        if pattern.search(unmarked):  # no line is written so in most chats, which may have 100,000
            bare = [pattern.sub(instead, line, count=1) for line in bare]
            unmarked = "\n".join(bare)
    found = max(
        ([head.match(line) for line in bare] for head in _HEADS), key=lambda found: len(found) - found.count(None)
    )
    blocks: list[tuple[re.Match[str], list[str]]] = []
    for line, match in zip(lines, found, strict=True):
        if match:
            blocks.append((match, [line]))
        elif blocks:
            blocks[-1][1].append(line)
    whole_day = {
        word
        for match, _ in blocks
        for word in _around(match)
        if int(match[6]) > 12  # an hour of 0 is none: noon in Japan is 午後0:05
    }
    entries = []
    for match, own in blocks:
        a, separator, b, c, hour, minute, second = (match[n] for n in (1, 2, 3, 4, 6, 7, 8))
        half = _half(match, whole_day)
        clock = _clock(int(hour), int(minute), int(second or 0), half)
        rest = _with_marks(own[0], match[10])
        entries.append(_Entry((a, b, c), separator, clock, bool(half), "\n".join((rest, *own[1:])), "\n".join(own)))
    return entries


def _around(match: re.Match[str]) -> tuple[str, ...]:
    """The words before and behind the time."""
    return tuple(word.casefold().strip() for word in (match[5], match[9]) if word)


def _half(match: re.Match[str], whole_day: Collection[str]) -> str:
    """ "a", "p" or "" by the words around the time. Raises KeepsakeError for words of a clock that is not read.

    `whole_day`: words that stand beside hours which only a clock of 24 hours has, so they say nothing of the half.
    """
    for word in _around(match):
        half = half_of(word)
        if half is None and word not in whole_day:
            mend = "set the telephone to 24 hours, and export the chat again"
            raise KeepsakeError(f"its clock says {word!r} beside the time, which is not read: {mend}")
        if half and word not in whole_day:
            return half
    return ""


def _with_marks(line: str, rest: str) -> str:
    """The end of a line that is `rest` without marks of direction, with its marks."""
    if line.isascii():
        return line[len(line) - len(rest) :]
    wanted, at = len(rest), len(line)
    while at and (wanted or _MARKS.match(line[at - 1])):
        at -= 1
        wanted -= not _MARKS.match(line[at])
    return line[at:]


def _clock(hour: int, minute: int, second: int, half: str) -> tuple[int, int, int] | None:
    """A time as hour (0-23), minute, second; None where there is no such time. `half`: "a", "p" or ""."""
    if half:
        if hour > 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    elif hour == 24:
        hour = 0  # of the same day: clocks that count from 1 to 24 write 24:05
    return (hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None


def _day_order(entries: Sequence[_Entry], today: date | None) -> tuple[DayOrder, bool]:
    """The order of dates in the whole file, and whether it is sure.

    The best order makes the most lines dates of the calendar, then agrees most often with the dates in the names of
    files (IMG-20231231-WA0001), then goes back in time least often. When these do not decide, the order is not sure,
    and the shorter chat is the likelier one; then custom: with slashes and am/pm the month first, else the day.
    """
    custom: DayOrder = "mdy" if entries[0].separator == "/" and entries[0].halves else "dmy"

    dated = [_DATED.search(entry.body.split("\n", 1)[0]) for entry in entries]
    named = ["".join(found.groups()) if found else "" for found in dated]
    moments = {order: [_when(entry, order, today) for entry in entries] for order in get_args(DayOrder)}

    def badness(order: DayOrder) -> tuple[int, int, int, timedelta, bool, bool]:
        whens = moments[order]
        days = [when for when in whens if when]
        agreed = sum(bool(when and day and f"{when:%Y%m%d}" == day) for when, day in zip(whens, named, strict=True))
        back = sum(later < earlier for earlier, later in pairwise(days))
        span = max(days) - min(days) if days else timedelta()
        return len(whens) - len(days), -agreed, back, span, order != custom, order == "ymd"

    ranked = sorted((badness(order), order) for order in moments)
    (least, best), (next_least, second) = ranked[:2]
    return best, moments[best] == moments[second] or least[:3] < next_least[:3]


def _when(entry: _Entry, order: DayOrder, today: date | None) -> datetime | None:
    """When a message was sent, its date read in `order`; None where the calendar has no such date."""
    day = _day(entry.numbers, order, today)
    return datetime(*day, *entry.clock) if day and entry.clock else None


@lru_cache(maxsize=1 << 12)
def _day(numbers: tuple[str, str, str], order: DayOrder, today: date | None) -> tuple[int, int, int] | None:
    """Year, month and day of a date; None where the calendar has no such date, and of one in the future."""
    part = dict(zip(order, numbers, strict=True))
    if len(part["y"]) not in (2, 4) or max(len(part["d"]), len(part["m"])) > 2:
        return None
    year = int(part["y"]) + (2000 if len(part["y"]) == 2 else 0)
    if year >= FOUNDED + BUDDHIST:
        year -= BUDDHIST
    elif len(part["y"]) == 2 and year >= FOUNDED + BUDDHIST - 500:  # no day of a month is so large
        year += 500 - BUDDHIST
    try:
        day = date(year, int(part["m"]), int(part["d"]))
    except ValueError:
        return None
    late = today is not None and day > today + timedelta(days=1)
    return None if late or year < FOUNDED else (day.year, day.month, day.day)


def _message(when: datetime, body: str, colons: Mapping[str, str]) -> Message | None:
    """A message from what stands behind its date; None for notices of WhatsApp: joined, left, encrypted, deleted.

    `colons`: by the beginnings of names with a colon their ends.
    """
    match = _SENDER.match(body)
    if not match:
        return None
    name, body = match[1], match[2] or ""
    if (end := colons.get(name)) and body.startswith(f"{end}: "):
        name, body = f"{name}: {end}", body[len(end) + 2 :]
    sender, plain = _sender(name), _plain(body)
    if not sender or names_a_group(sender, plain):
        return None
    if attached := _attached(body):
        body = f"{body[: attached.start()]}\n{body[attached.end() :]}"
        return Message(when, sender, _plain(body), file=_MARKS.sub("", attached[1]).strip())
    first, _, caption = body.partition("\n")
    if caption and is_left_out(_plain(first)) and tells_omission(first):
        return Message(when, sender, _plain(caption), omitted=True)
    if body.startswith(_MARK) or is_left_out(body.strip()):
        omitted = is_left_out(plain) or tells_omission(body)
        return Message(when, sender, "", omitted=True) if omitted else None
    text = without_additions(_plain(_EDITED.sub("", body)))
    return None if not text or is_notice(plain, sender) else Message(when, sender, text)


@lru_cache(maxsize=1 << 12)
def _sender(name: str) -> str:
    """A sender by what stands before the colon; "" where that is nobody: the colon is one in a group's name."""
    sender = " ".join(_MARKS.sub("", name).split()).lstrip("~ ")
    return "" if within_quotes(sender) else sender


def _attached(body: str) -> re.Match[str] | None:
    """The file that a message has, with what stands for it in the text."""
    return _INSIDE.search(body) or _AHEAD.match(body) or _ALONE.match(body)


def _plain(text: str) -> str:
    """A text without marks of direction, and without spaces around its lines and empty lines around it."""
    text = text if text.isascii() else _MARKS.sub("", text)
    return "\n".join([line.strip() for line in text.split("\n")]).strip() if "\n" in text else text.strip()
