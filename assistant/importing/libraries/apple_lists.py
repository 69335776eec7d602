"""The lists in an export of iCloud Photos (privacy.apple.com), which give no day of their own to the files.

An export comes in parts, "iCloud Photos Part 1 of 3" and so on. In "Photos" of each part "Photo Details.csv", "Photo
Details-1.csv" ... list the photos of that folder: imgName, fileChecksum, favorite, hidden, deleted,
originalCreationDate ("Saturday July 4,2020 5:21 PM GMT", in English everywhere), viewCount, importDate. "Albums" of the
first part has a list of names for each album, "Memories" those of Apple's own albums, and "Recently Deleted" the trash.
No file is opened here, and names are compared as `key_of` has them.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from typing import Literal, NamedTuple

from assistant.importing.file_metadata import words_of_name
from assistant.importing.sidecars import key_of
from assistant.metadata.date_text import was_never_set
from memory.errors import PhotoError
from memory.text import count
from memory.times.calendar_names import MONTHS

Read = Callable[[], bytes]
DETAILS = re.compile(r"(?:photo|shared library) details(?:-\d+)?(?: ?\(\d+\)| copy| \d)?\.csv", re.I)
"""The list of what lies in its folder."""
LISTS = frozenset(["albums", "memories"])
"""Folders of lists, and"""
TRASH = "recently deleted"
"""the folder of photos that were deleted."""
LONGEST = 1 << 25
"""Bytes of the largest list that is read; Apple begins another after about a thousand photos."""
_NAMES = ("imgname", "images", "imagename")
"""What the first column of a list is called: of details, albums, and memories."""
_DATE = re.compile(
    r"(?:[A-Z][a-z]+ )?([A-Z][a-z]+) (\d{1,2}), ?(\d{4}),?\s(\d{1,2}):(\d\d)(?::(\d\d))?(?:\s?([AP])M)?\s(?:GMT|UTC)"
)
_ZERO = datetime(2001, 1, 1, tzinfo=UTC)
"""From where Apple counts: the date of nothing."""


class Detail(NamedTuple):
    """What a list says of a photo."""

    taken: datetime | None
    left_out: Literal["", "deleted", "hidden"]
    """Why the photo is left out."""


def details_of(lists: Mapping[str, Read]) -> tuple[dict[str, Detail], list[tuple[str, str]]]:
    """What all lists of a folder say of its photos, and which lists, by their names, are not read whole and why."""
    found: dict[str, Detail] = {}
    unusable = []
    for name, read in lists.items():
        try:
            rows = _rows(read())
        except (ValueError, OSError, PhotoError):
            unusable.append((name, "it is damaged, or no list of Apple's: what it says of photos is not read"))
            continue
        days = [row.get("originalcreationdate", "") for _, row in rows]
        if unread := [day for day in days if day and not _DATE.fullmatch(day)]:
            unusable.append((name, f"{count(len(unread), 'day')} in it cannot be read, such as “{unread[0][:40]}”"))
        for (photo, row), day in zip(rows, days, strict=True):
            marks = [column for column in ("deleted", "hidden") if row.get(column, "").lower() in ("yes", "true", "1")]
            one = Detail(_when(day), "deleted" if "deleted" in marks else "hidden" if marks else "")
            other = found.get(photo, one)  # two rows that differ: neither is sure to be the file's
            found[photo] = Detail(
                one.taken if one.taken == other.taken else None, one.left_out if one.left_out == other.left_out else ""
            )
    return found, unusable


def is_list(read: Read) -> bool:
    """Whether a file is a list of photos."""
    try:
        _rows(read())
    except (ValueError, OSError, PhotoError):
        return False
    return True


def albums_of(lists: Iterable[tuple[str, Read]], photos: Iterable[str]) -> dict[str, str]:
    """The name of an album for each photo in one; `lists`: the file's name of each album, and what reads it.

    A list tells photos by their names alone. So one of which the export has several is in no album.
    """
    several = {name for name, n in Counter(map(key_of, photos)).items() if n > 1}
    found: dict[str, str] = {}
    for name, read in sorted(lists):
        album = PurePath(name).stem
        if not words_of_name(album, with_year=False):
            continue
        try:
            rows = _rows(read())
        except (ValueError, OSError, PhotoError):
            continue  # it is named among the files that are no photos
        for photo, _ in rows:
            if photo not in several:
                found.setdefault(photo, album)
    return found


def _rows(data: bytes) -> list[tuple[str, dict[str, str]]]:
    """The rows of a list: the photo, and the cells by the names of their columns in small letters. Raises ValueError
    where it is none."""
    text = data.decode("utf-8-sig")
    head = text.partition("\n")[0]
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
    try:
        columns, *rows = list(filter(None, lines)) or [[_NAMES[0]]]  # Apple writes empty ones
    except csv.Error as error:
        raise ValueError(str(error)) from error
    columns = [column.strip().lower() for column in columns]
    named = next((column for column in columns if column in _NAMES), None)
    if named is None or "\0" in text:
        raise ValueError("no list of photos")
    cells = ({column: cell.strip() for column, cell in zip(columns, row, strict=False)} for row in rows)
    return [(key_of(row[named]), row) for row in cells if row.get(named)]


def _when(text: str) -> datetime | None:
    """The moment that a date means, on the clock of this machine; None for no date, and for one of nothing."""
    match = _DATE.fullmatch(text)
    month = MONTHS.get(match[1].lower()) if match else None
    if not match or not month:
        return None
    hour = int(match[4]) % 12 + 12 * (match[7] == "P") if match[7] and int(match[4]) <= 12 else int(match[4])
    try:
        at = datetime(int(match[3]), month, int(match[2]), hour, int(match[5]), int(match[6] or 0), tzinfo=UTC)
    except ValueError:
        return None
    never = was_never_set(at.replace(tzinfo=None)) or at == _ZERO or at > datetime.now(UTC) + timedelta(days=1)
    return None if never else at.astimezone()
