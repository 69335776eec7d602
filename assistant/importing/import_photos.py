"""The loop of an import: photos of a source become episodes of the memory, one by one. It can be killed and resumed.

Each photo becomes an episode of its own, stored as `remember` stores one: encoded by the photo encoder, then written in
one transaction. A photo is known by its pixels, so a killed import is simply begun again, and a photo that occurs twice
is stored once. It is stored again only when people said something else about it. Only the memory decides what is new;
`seen_files.py` makes that decision fast.

    when     the camera's date (`camera_date.py`); else a sidecar's, the chat's, or the one in the file's name. Where
             all are missing the day is unknown: a file's own time is that of a copy, and only gives an order
    words    what the chat says, or a sidecar (`sidecars.py`), or the file's metadata (`file_metadata.py`), else what
             the name of the file or of its folder says, else --words. A photo without any words is left out, as
             `remember` refuses it: a model makes up a name for it, and it takes the place of one that has words.
             --without-words stores it
    place    --place; or with --keep-places the camera's coordinates, as text. Else the coordinates are stored nowhere

Only words typed on the command line can be a reminder (`memory/reminders.py`): such sentences are cut out
of everything else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Literal

from assistant.encoder.encoder import PhotoEncoder
from assistant.importing.file_metadata import FileMetadata, read_metadata
from assistant.importing.import_source import Item, Sidecar
from assistant.importing.kept_photos import KeptPhotos, tell
from assistant.importing.read_ahead import read_ahead
from assistant.importing.seen_files import SeenFiles
from assistant.metadata.camera_date import MODIFIED, USUAL
from assistant.photo import decode
from assistant.sight import store_episode
from memory.episode import Episode, Photo, Turn
from memory.errors import PhotoError
from memory.instructions import tasks
from memory.pictures.open_picture import open_picture
from memory.store import Memory

SNAPSHOT_FROM = 20
"""An import of at least so many photos makes a snapshot of the memory first."""
Outcome = Literal["new", "told", "dated", "again", "known", "duplicate", "silent", "screenshot", "unusable"]
"""Stored now; stored before without words, or with words from a name, and given some; stored before with an unknown
day, and given one; one more memory of a photo of this import, as something else is said about it; in the memory
already; the same picture as an earlier file; without words; a screenshot without words, where these are left out;
not a readable photo."""


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


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What became of one item."""

    name: str
    outcome: Outcome
    detail: str = ""
    """Which file it duplicates, or why it is unusable; for a new one, where its date is from."""
    episode: Episode | None = None
    screenshot: bool = False
    """Whether a new photo without words is a screenshot."""
    first_words: bool = False
    """Whether a photo of this import has words now, and had none before."""
    date_note: str = ""
    """Which tag of the camera the date is from, if not the usual one, or why the camera's date was not taken."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A file that was read ahead."""

    data: bytes
    metadata: FileMetadata
    sidecar: Sidecar
    turns: tuple[Turn, ...]
    guessed: bool
    """Whether the words are only a guess."""
    sha256: str | None
    """Of the photo's pixels, when the file was decoded before."""
    photo: Photo | None
    """None when the file need not be decoded, as far as can be told without the memory."""


@dataclass
class Tally:
    """Counts of what became of the items of an import."""

    outcomes: Counter[str] = field(default_factory=Counter)
    dates: Counter[str] = field(default_factory=Counter)
    """Of new photos: how often a date came from each source."""
    duplicates: list[tuple[str, str]] = field(default_factory=list)
    """A file's name, and the file it duplicates."""
    unusable: list[tuple[str, str]] = field(default_factory=list)
    """A file's name, and why it cannot be read."""
    screenshots: int = 0
    """How many new photos without words are screenshots, or were left out as such."""
    told: int = 0
    """How many of the new photos have words."""

    def count(self, item: ImportOutcome) -> None:
        """Enter what became of an item."""
        self.outcomes[item.outcome] += 1
        self.screenshots += item.screenshot or item.outcome == "screenshot"
        if item.episode:
            self.dates[item.detail] += item.outcome == "new"
            self.told += item.first_words
        elif item.outcome == "duplicate":
            self.duplicates.append((item.name, item.detail))
        elif item.outcome == "unusable":
            self.unusable.append((item.name, item.detail))


def import_all(
    memory: Memory | None,
    encoder: PhotoEncoder | None,
    items: Iterable[Item],
    choices: Choices | None = None,
    seen_files: SeenFiles | None = None,
) -> Generator[ImportOutcome, None, None]:
    """Store what is new, item by item. Without an encoder nothing is written; without a memory every photo is new.

    A photo that cannot be read is an outcome. Raises MemoryFileError, ModelError: what was stored stays.
    """
    choices = choices or Choices()
    kept = KeptPhotos(memory)
    for item, reading in read_ahead(partial(_read, choices=choices, seen_files=seen_files), items):
        try:
            read = reading.result()
            turns, guessed, photo, sha256 = read.turns, read.guessed, read.photo, read.sha256
            guess = _guess(item, choices)
            left_out = _left_out(item, read, choices)
            if left_out and not kept.nothing_new(sha256, turns, guess, guessed=True):
                yield ImportOutcome(item.name, left_out)
                continue
            known = kept.nothing_new(sha256, turns, guess, guessed=guessed)
            if photo is None and (not known or (sha256 in kept.undated and _has_a_day(read, item))):
                photo = decode(read.data, item.name)  # decoded before, but not, or no longer, in the memory
            if photo:
                sha256 = photo.sha256
                if seen_files:
                    seen_files.add(read.data, sha256)
            assert sha256 is not None
            if photo is None or kept.nothing_new(sha256, turns, guess, guessed=guessed):
                dated = _episode(photo, read, item, choices) if photo and sha256 in kept.undated else None
                if dated and dated[0].day:
                    kept.put_on_day(dated[0], write=encoder is not None)
                    yield ImportOutcome(item.name, "dated", dated[1], date_note=dated[2])
                    continue
                same = kept.first_file.get(sha256, "")
                yield ImportOutcome(item.name, "duplicate" if same else "known", same)
                continue
            episode, date_source, date_note = _episode(photo, read, item, choices)
        except PhotoError as error:
            _, named, why = str(error).partition(f"{item.name}: ")  # the printed line begins with the name already
            yield ImportOutcome(item.name, "unusable", why if named else str(error))
            continue
        before, mine = kept.outdated(sha256, turns, guessed=guessed), sha256 in kept.first_file
        if before is not None:
            if memory and encoder:
                episode = tell(memory, episode, before)
            first_words = mine and not before
            yield ImportOutcome(
                item.name, "told", date_source, episode if mine else None, first_words=first_words, date_note=date_note
            )
            continue
        if memory and encoder:
            store_episode(memory, encoder, episode)
        outcome: Outcome = "again" if kept.add(episode, item.name) else "new"
        screenshot = not turns and (item.screenshot or read.metadata.screenshot)
        first_words = bool(turns) and outcome == "new"
        yield ImportOutcome(item.name, outcome, date_source, episode, screenshot, first_words, date_note)


def _episode(photo: Photo, read: _Read, item: Item, choices: Choices) -> tuple[Episode, str, str]:
    """The episode of a photo, where its date is from, and what to say of that."""
    when, source, note = _date(photo, read, item)
    place = choices.place or ((read.metadata.place or read.sidecar.place) if choices.keep_places else None)
    if when and source != "file":
        return Episode(photo, read.turns, when, place), source, note
    return Episode(photo, read.turns, when or datetime.now(UTC), place, day=None), source, note


def _read(item: Item, choices: Choices, seen_files: SeenFiles | None) -> _Read:
    """Read a file; decode its photo, unless that was done before or nothing is said about it. Raises PhotoError."""
    data = item.read()
    metadata = read_metadata(open_picture(data, item.name))
    sidecar = item.sidecar() if item.sidecar else Sidecar()
    if sidecar.deleted:
        raise PhotoError(f"{item.name}: it was deleted in Google Photos, and lay in the trash there")
    turns, guessed = _turns(item, sidecar.words or metadata.words, choices)
    sha256 = seen_files.photo(data) if seen_files else None
    read = _Read(data, metadata, sidecar, turns, guessed, sha256, None)
    wanted = sha256 is None and not _left_out(item, read, choices)
    return replace(read, photo=decode(data, item.name)) if wanted else read


def _left_out(item: Item, read: _Read, choices: Choices) -> Literal["", "silent", "screenshot"]:
    """Why the user wants no photo like this one; "" for one that is wanted."""
    if read.turns:
        return ""
    if not choices.without_words:
        return "silent"
    return "screenshot" if not choices.screenshots and (item.screenshot or read.metadata.screenshot) else ""


def _date(photo: Photo, read: _Read, item: Item) -> tuple[datetime | None, str, str]:
    """When a photo was taken, where that is from ("camera", "sidecar", "chat", "name", "file"), and what to say."""
    written, sidecar = read.metadata.date, read.sidecar
    better = written.source == MODIFIED and (sidecar.date or item.date_source in ("chat", "name"))
    if photo.taken_at and not better:
        return photo.taken_at, "camera", sidecar.trouble or ("" if written.source == USUAL else written.source)
    note = f"the camera's clock says {written.refused}, which has not come yet" if written.refused else ""
    if sidecar.date:
        return sidecar.date, "sidecar", note
    return item.date, item.date_source or "unknown", sidecar.trouble or note


def _has_a_day(read: _Read, item: Item) -> bool:
    return bool(read.metadata.date.at or read.sidecar.date or item.date_source in ("chat", "name"))


def without_instructions(text: str) -> str:
    """Text with three dots in place of each reminder in it."""
    while instruction := next((sentence for _, sentence in tasks(text)), None):
        text = text.replace(instruction, "…")
    return text


def _turns(item: Item, described: str, choices: Choices) -> tuple[tuple[Turn, ...], bool]:
    """What was said about an item's photo, and whether that is only a guess (a name, or the words for all photos)."""
    said = item.said or ((described,) if described else ())
    words = tuple(Turn("user", without_instructions(text)) for text in said)
    return words or _guess(item, choices), not said


def _guess(item: Item, choices: Choices) -> tuple[Turn, ...]:
    """The words that the name of an item's file or folder gives, else those for all photos."""
    guess = without_instructions(item.named) or choices.words
    return (Turn("user", guess),) if guess else ()
