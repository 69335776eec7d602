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

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from functools import partial

from assistant.encoder.encoder import PhotoEncoder
from assistant.importing.import_outcomes import ImportOutcome
from assistant.importing.import_source import Choices, Item
from assistant.importing.kept_photos import KeptPhotos, tell
from assistant.importing.read_ahead import read_ahead
from assistant.importing.read_photo import Dated, FileRead, dated, episode_of, read_file
from assistant.importing.seen_files import SeenFiles
from assistant.sight import store_episode
from memory.episode import Episode, Turn
from memory.errors import PhotoError
from memory.store import Memory

SNAPSHOT_FROM = 20
"""An import of at least so many photos makes a snapshot of the memory first."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A photo that is new, or of which words or a day are new."""

    read: FileRead
    date: Dated
    episode: Episode
    only_day: bool
    """Whether only its day is new, and its words are kept already."""

    @property
    def sha256(self) -> str:
        return self.episode.photo.sha256


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
    work = _Import(memory, encoder, choices, seen_files, KeptPhotos(memory))
    for item, reading in read_ahead(partial(read_file, choices=choices, seen_files=seen_files), items):
        try:
            found = work.look_up(reading.result())
        except PhotoError as error:
            yield _unusable(item, error)
            continue
        yield work.store(found) if isinstance(found, _Found) else found


@dataclass(frozen=True)
class _Import:
    """An import that goes on: what it writes to, and what it knows by now."""

    memory: Memory | None
    encoder: PhotoEncoder | None
    choices: Choices
    seen_files: SeenFiles | None
    kept: KeptPhotos

    def look_up(self, read: FileRead) -> _Found | ImportOutcome:
        """What is new about a file's photo, or else what became of the file. Raises PhotoError."""
        known = self._nothing_new(read, read.seen)
        if (why := read.why_left_out(self.choices)) and not known:
            return ImportOutcome(read.item.name, why)
        if known and not (read.seen in self.kept.undated and read.has_a_day):
            return known
        photo = read.decoded()
        if self.seen_files:
            self.seen_files.add(read.data, photo.sha256)
        known = self._nothing_new(read, photo.sha256)
        if known and photo.sha256 not in self.kept.undated:
            return known
        date = dated(read, photo)
        episode = episode_of(read, photo, date, self.choices)
        return known if known and episode.day is None else _Found(read, date, episode, only_day=bool(known))

    def _nothing_new(self, read: FileRead, sha256: str | None) -> ImportOutcome | None:
        """That a photo with this hash is kept already, with all that is said about it here; None where it is not."""
        if not sha256 or not self.kept.nothing_new(sha256, read.turns, read.guess, guessed=read.guessed):
            return None
        same = self.kept.first_file.get(sha256, "")
        return ImportOutcome(read.item.name, "duplicate" if same else "known", same)

    def store(self, found: _Found) -> ImportOutcome:
        """Store a photo, or give the words or the day that are new about it to the memory that lacks them."""
        read, date = found.read, found.date
        if found.only_day:
            self.kept.put_on_day(found.episode, write=self.encoder is not None)
            return ImportOutcome(read.item.name, "dated", date.source, date_note=date.note)
        before = self.kept.outdated(found.sha256, read.turns, guessed=read.guessed)
        if before is not None:
            return self._tell(found, before)
        if self.memory and self.encoder:
            store_episode(self.memory, self.encoder, found.episode)
        again = self.kept.add(found.episode, read.item.name)
        return ImportOutcome(
            read.item.name,
            "again" if again else "new",
            date.source,
            found.episode,
            screenshot=read.screenshot,
            first_words=bool(read.turns) and not again,
            date_note=date.note,
        )

    def _tell(self, found: _Found, before: tuple[Turn, ...]) -> ImportOutcome:
        """Put words in the place of `before`. The episode is told of where this import stored the photo."""
        episode = found.episode
        if self.memory and self.encoder:
            episode = tell(self.memory, episode, before)
        mine = found.sha256 in self.kept.first_file
        return ImportOutcome(
            found.read.item.name,
            "told",
            found.date.source,
            episode if mine else None,
            first_words=mine and not before,
            date_note=found.date.note,
        )


def _unusable(item: Item, error: PhotoError) -> ImportOutcome:
    _, named, why = str(error).partition(f"{item.name}: ")  # the printed line begins with the name already
    return ImportOutcome(item.name, "unusable", why if named else str(error))
