"""The values that an import begins with: a file that may be a photo, all files of a source, and the user's choices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol


class Sidecar(NamedTuple):
    """What a file beside a photo says about it."""

    words: str = ""
    """A description by a person, and who is in the photo; else ""."""
    date: datetime | None = None
    uploaded: bool = False
    """Whether the date is only that of the upload."""
    place: str | None = None
    """Coordinates, written as those of a camera."""
    trouble: str = ""
    """Why it could not be read."""
    deleted: bool = False
    """Whether the photo was deleted, and only its trash kept it."""


@dataclass(frozen=True, slots=True)
class Item:
    """A file that may be a photo, with what is known about it before it is opened."""

    name: str
    """The file's name, fit to be printed."""
    read: Callable[[], bytes]
    """Returns the file's bytes. Raises PhotoError."""
    said: tuple[str, ...] = ()
    """What people wrote about the photo in the chat, in order."""
    named: str = ""
    """The words in the file's own name, or else in its folder's."""
    date: datetime | None = None
    date_source: str = ""
    """Where `date`, used when the camera wrote none, comes from: "chat", "name" or "file". The last is the file's
    time of change, which is not the day of the photo and only gives an order."""
    sidecar: Callable[[], Sidecar] | None = None
    """Reads what the files beside the photo say; None when there are none."""
    path: Path | None = None
    """Where the file lies; None for one in a ZIP."""
    screenshot: bool = False
    """Whether its name, or that of its folder, is one of screenshots."""


class Items(Protocol):
    """The files of a source: their number, and one after the other."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Item]: ...


@dataclass(frozen=True, slots=True)
class Source:
    """The files of an import, sorted into photos and the rest."""

    kind: str
    """"folder" or "chat"."""
    items: Items
    unusable: tuple[tuple[str, str], ...] = ()
    """Names of files that should be readable and are not, each with the reason."""
    others: tuple[str, ...] = ()
    """Names of files that are no photos."""
    notes: tuple[str, ...] = ()
    """Lines for the user about anything else."""
    left_out: tuple[tuple[str, str], ...] = ()
    """Names of photos that are not imported unasked, each with the reason; the notes name the first of them."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user decides for all photos of an import."""

    words: str = ""
    """Words for photos that come without any."""
    place: str | None = None
    keep_places: bool = False
    """Store the camera's coordinates."""
    without_words: bool = False
    """Store photos without words too."""
    screenshots: bool = True
    """Of these also screenshots."""
