"""A file of an import, read: its photo, what is said about the photo, and the episode that both make.

Nothing is stored here, and only the list of files that were decoded before is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from assistant.importing.file_metadata import FileMetadata, read_metadata
from assistant.importing.import_source import Choices, Item, Sidecar
from assistant.importing.seen_files import SeenFiles
from assistant.metadata.camera_date import MODIFIED, USUAL
from assistant.photo import decode
from memory.episode import Episode, Photo, Turn
from memory.errors import PhotoError
from memory.instructions import tasks
from memory.pictures.open_picture import open_picture

CORRECTED = timedelta(hours=36)
"""A sidecar's date that is further from the camera's is one that somebody set right; a nearer one differs by timezones,
and the camera's has the day on the clock there."""


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file that was read."""

    item: Item
    data: bytes
    metadata: FileMetadata
    sidecar: Sidecar
    turns: tuple[Turn, ...]
    """What was said about its photo."""
    guessed: bool
    """Whether the words are only a guess: a name, or the words for all photos."""
    guess: tuple[Turn, ...]
    """What that guess is, or would be."""
    seen: str | None
    """SHA-256 of the photo's pixels, when a file with these bytes was decoded before."""
    photo: Photo | None = None
    """None when the file need not be decoded, as far as can be told without the memory."""

    @property
    def screenshot(self) -> bool:
        """Whether a photo without words is a screenshot."""
        return not self.turns and (self.item.screenshot or self.metadata.screenshot)

    @property
    def has_a_day(self) -> bool:
        """Whether it says on which day the photo was taken, as far as can be told without decoding the photo."""
        return bool(self.metadata.date.at or self.sidecar.date or self.item.date_source in ("chat", "name"))

    def why_left_out(self, choices: Choices) -> Literal["", "silent", "screenshot"]:
        """Why the user wants no photo like this one; "" for one that is wanted."""
        if self.turns:
            return ""
        if not choices.without_words:
            return "silent"
        return "screenshot" if self.screenshot and not choices.screenshots else ""

    def decoded(self) -> Photo:
        """The photo. Raises PhotoError."""
        return self.photo or decode(self.data, self.item.name)


@dataclass(frozen=True, slots=True)
class Dated:
    """When a photo was taken."""

    when: datetime | None
    source: str
    """Where the date is from: "camera", "sidecar", "chat", "name" or "file", the time of a file, which is no day of a
    photo; "unknown"."""
    note: str
    """Which tag of the camera it is from, if not the usual one, or why the camera's date was not taken."""


def read_file(item: Item, choices: Choices, seen_files: SeenFiles | None) -> FileRead:
    """Read a file; decode its photo, unless that was done before or the user wants none like it. Raises PhotoError."""
    data = item.read()
    metadata = read_metadata(open_picture(data, item.name))
    sidecar = item.sidecar() if item.sidecar else Sidecar()
    if sidecar.deleted:
        raise PhotoError(f"{item.name}: it was deleted in Google Photos, and lay in the trash there")
    said, guess = _said(item, sidecar.words or metadata.words), _guess(item, choices)
    seen = seen_files.photo(data) if seen_files else None
    read = FileRead(item, data, metadata, sidecar, said or guess, not said, guess, seen)
    wanted = seen is None and not read.why_left_out(choices)
    return replace(read, photo=read.decoded()) if wanted else read


def dated(read: FileRead, photo: Photo) -> Dated:
    """When the photo of a file was taken."""
    item, written, sidecar = read.item, read.metadata.date, read.sidecar
    better = written.source == MODIFIED and (sidecar.date or item.date_source in ("chat", "name"))
    if photo.taken_at and sidecar.date and not sidecar.uploaded and abs(photo.taken_at - sidecar.date) > CORRECTED:
        return Dated(sidecar.date, "sidecar", f"the camera's clock says {photo.taken_at:%Y-%m-%d}")
    if photo.taken_at and not better:
        return Dated(photo.taken_at, "camera", sidecar.trouble or ("" if written.source == USUAL else written.source))
    note = f"the camera's clock says {written.refused}, which has not come yet" if written.refused else ""
    if sidecar.date:
        return Dated(sidecar.date, "sidecar", note)
    return Dated(item.date, item.date_source or "unknown", sidecar.trouble or note)


def episode_of(read: FileRead, photo: Photo, date: Dated, choices: Choices) -> Episode:
    """The memory that a photo becomes; its day is unknown where only its file has a time."""
    place = choices.place or ((read.metadata.place or read.sidecar.place) if choices.keep_places else None)
    written = read.item.date if read.item.said and read.item.date_source == "chat" else None
    if date.when and date.source != "file":
        return Episode(photo, read.turns, date.when, place, told=written)
    return Episode(photo, read.turns, date.when or datetime.now(UTC), place, day=None)


def without_instructions(text: str) -> str:
    """Text with three dots in place of each reminder in it."""
    while instruction := next((sentence for _, sentence in tasks(text)), None):
        text = text.replace(instruction, "…")
    return text


def _said(item: Item, described: str) -> tuple[Turn, ...]:
    """What was said about an item's photo; `described`: by a sidecar or the file's metadata."""
    said = item.said or ((described,) if described else ())
    return tuple(Turn("user", without_instructions(text)) for text in said)


def _guess(item: Item, choices: Choices) -> tuple[Turn, ...]:
    """The words that the name of an item's file or folder gives, else those for all photos."""
    guess = without_instructions(item.named) or choices.words
    return (Turn("user", guess),) if guess else ()
