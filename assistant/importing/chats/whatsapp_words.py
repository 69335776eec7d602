"""WhatsApp's own words in the languages of its users: halves of the day, and notices that nobody wrote.

The words stand in a table (`whatsapp_words.toml`), a line for a language. What WhatsApp writes stands in an export
like a message, often without the mark that it puts before its own words. So a notice is recognised as a whole message,
and a person's sentence that only has one of these words stays.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

from assistant.importing.chats.chat import MAP, without_coordinates

TABLE = Path(__file__).with_suffix(".toml")

_LASTED = r"\d+ ?[^\W\d]{1,12}\.?(?: \d+ ?[^\W\d]{1,12}\.?)?"  # "3 min", "1 h 20 min"
_DOCUMENT = r"[^\n<>]{1,80} • \u200e?\d+ [^\W\d]{3,8}\s\u200e?document"  # "Recipe.pdf • 2 pages document omitted"
_IN_BRACKETS = r"<[^<>:\n]{1,40}>"  # "<Media omitted>", in every language
_NULL = "(?-i:null)"  # WhatsApp writes it so, for media that it left out; "NULL" is a person's
_EVENT = r"(?-i:EVENT|VERANSTALTUNG|EVENTO|ÉVÉNEMENT|EVENEMENT): .*"


def half_of(word: str) -> str | None:
    """ "a" or "p" for a word of the half of the day, "" for one that joins date and time; None for any other."""
    word = re.sub(r"[\s.]", "", word.casefold())
    return _halves().get(word) if word else ""


def is_left_out(text: str) -> bool:
    """Whether a whole message stands for a picture, a film or a sound that was left out of the export."""
    return bool(_patterns()["left_out"].fullmatch(text))


def tells_omission(text: str) -> bool:
    """Whether one of the words for something left out is in a text: enough where WhatsApp's mark stands before it."""
    return bool(_patterns()["omitted_mark"].search(text))


def is_notice(text: str, sender: str) -> bool:
    """Whether a whole message is WhatsApp's own: a deletion, a missed call, a poll, a place, a change of the group."""
    plain = text.strip()
    if plain.casefold().startswith(f"{sender.casefold()} ") and is_own_deed(plain[len(sender) + 1 :]):
        return True
    return bool(_patterns()["notices"].fullmatch(plain) or _patterns()["place"].fullmatch(plain))


def is_own_deed(text: str) -> bool:
    """Whether what stands behind somebody's name tells what that person did to the group."""
    return bool(_patterns()["own_deeds"].match(text))


def has_deed(text: str) -> bool:
    """Whether somebody's name is followed, within a few words, by what that person did to the group."""
    words = text.split()
    return any(is_own_deed(" ".join(words[n:])) for n in range(1, min(len(words), 4)))


def is_deed(text: str, people: Collection[str]) -> bool:
    """Whether a whole message tells what somebody did to the group: "Anna added Ben", "You were added"."""
    plain = text.strip()
    names = [name for name in people if plain.casefold().startswith(f"{name.casefold()} ")]
    return bool(plain) and (
        any(is_own_deed(plain[len(name) + 1 :]) for name in names)
        or bool(_patterns()["your_deeds"].match(plain) or _patterns()["notices"].fullmatch(plain))
    )


def without_additions(text: str) -> str:
    """A message without the remark that it was edited, and with three dots for the coordinates in it."""
    return without_coordinates(_patterns()["edited"].sub("", text))


@cache
def _table() -> dict[str, dict[str, Any]]:
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


@cache
def _halves() -> dict[str, str]:
    """By the words around a time, in small letters without points and spaces: "a", "p", or "" for those that join."""
    words = _table()["halves"]
    return {word: half for half, kind in (("a", "morning"), ("p", "evening"), ("", "joining")) for word in words[kind]}


def _any(section: str) -> str:
    """One of a section's expressions, of any language."""
    return f"(?:{'|'.join(expression for language in _table()[section].values() for expression in language)})"


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """The expressions, compiled the first time that a chat is read."""
    calls = (
        rf"{_any('calls')}(?:[.,،、，]\s?|\s[-–·]\s)(?:{_LASTED}|{_any('unanswered')})(?:\s?[•·]\s?\d+ [^\n]{{1,30}})?"
    )
    notices = (
        rf"{_any('deleted')}{_any('deleted_by')}?[.。]?",
        rf"{_any('waiting')}(?:[.。…].*)?",
        _any("chat"),
        _any("missed_calls").replace(".*", "[^?!]{0,60}"),
        calls,
        rf".*{_any('encrypted')}.*",
        rf"{_any('polls')}\s?[:：]\s*\n.*",
        _EVENT,
        _any("once"),
        _NULL,
    )
    left_out = rf"{_IN_BRACKETS}|{_NULL}|(?:{_DOCUMENT}|{_any('things')})\s?{_any('omitted')}|{_any('left_out')}"
    place = rf"(?:[^\n:：]{{1,40}}[:：]\s*)?(?:{MAP})|[^\n]{{1,160}}[:：]\s*https?://(?:www\.)?foursquare\.com/v/\S+"
    return {
        "notices": re.compile("|".join(notices), re.I | re.S),
        "left_out": re.compile(left_out, re.I),
        "omitted_mark": re.compile(_any("omitted_mark"), re.I),
        "place": re.compile(place, re.I),
        "edited": re.compile(rf"\s*<[^<>:\n]{{0,60}}{_any('edited')}[^<>:\n]{{0,40}}>\s*$", re.I),
        "own_deeds": re.compile(rf"{_any('own_deeds')}.*", re.I | re.S),
        "your_deeds": re.compile(_any("your_deeds"), re.I),
    }
