"""Words that nobody wrote: what cameras, telephones and programs write into photos and give them as names.

The rules stand in a table (`automatic_words.toml`). A text that a person may have written is left alone.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from memory.times.calendar_names import MONTHS

TABLE = Path(__file__).with_suffix(".toml")
_DIGITS = re.compile(r"\d{6}|\d\d\D\d\d\D\d\d")
_TIMES = re.compile(r"\d{4}")


@cache
def _table() -> dict[str, dict[str, Any]]:
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


@cache
def _descriptions() -> re.Pattern[str]:
    table = _table()["descriptions"]
    programs = "|".join(table["programs"])
    makers = "|".join(table["makers"])
    by = [table[form] % f"{programs}|{makers}" for form in ("made_by", "made_elsewhere", "by_alone", "downloaded")]
    whole = [*table["whole"], table["done"], table["made"], table["made_by_nobody"], *by]
    alone = [table["programs_alone"] % programs, f"(?:{makers}){table['firms']}"]
    return re.compile("|".join([*whole, *alone]), re.I | re.S)


@cache
def _names() -> dict[str, re.Pattern[str]]:
    table = _table()["names"]
    behind = rf"(?:[\W\d_]|(?<![^\W\d_])(?:{'|'.join(table['behind'])})(?![^\W\d_]))*"
    return {
        "screenshots": re.compile(rf"(?:{'|'.join(table['screenshots'])})(?![a-z])", re.I),
        "programs": re.compile(rf"(?:{'|'.join(table['programs'])})(?![^\W\d_]){behind}", re.I),
        "folders": re.compile("|".join(table["folders"]), re.I),
        "counters": re.compile(table["counters"]),
    }


@cache
def empty_words() -> frozenset[str]:
    """Words that say nothing at either end of a name, in small letters."""
    return frozenset(_table()["names"]["words"].split())


@cache
def words_alone() -> frozenset[str]:
    """Words that say nothing when no other word stands beside them, in small letters."""
    return empty_words() | frozenset(_table()["names"]["alone"].split())


def by_a_person(description: str) -> bool:
    """Whether a description was written by a person, not by a camera or a program."""
    text = unicodedata.normalize("NFC", description).strip(" \t\n\r\0\"'.")
    if not any(c.isalpha() for c in text):
        return False
    words = text.casefold().split()
    if len(words) > 1 and all(word.isdigit() or word in empty_words() - MONTHS.keys() for word in words):
        return False  # as in a file's name: "Document 1", "Camera Uploads"
    if _DIGITS.search(text) and _names()["programs"].fullmatch(text):  # a file's name: "WhatsApp Image 2024-03-12 at"
        return False
    return not (is_screenshot(text) or _descriptions().fullmatch(text) or _names()["counters"].fullmatch(text))


def is_screenshot(name: str) -> bool:
    """Whether a file's name, without suffix, is that of a screenshot: "Screenshot_20230101-120000_Chrome"."""
    name = unicodedata.normalize("NFC", name).lstrip(" _-")
    match = _names()["screenshots"].match(name)
    rest = name[match.end() :] if match else ""
    return match is not None and (not any(c.isalpha() for c in rest) or bool(_TIMES.search(rest)))


def automatic_name(name: str) -> bool:
    """Whether a file's or folder's name as a whole is one that cameras, telephones and programs give."""
    name = unicodedata.normalize("NFC", name).strip()
    return is_screenshot(name) or any(_names()[kind].fullmatch(name) for kind in ("programs", "folders", "counters"))
