"""Samples on disk: a folder that any program can read, and that a build killed at any time goes on with.

    samples.jsonl     one sample a line, photos named by their sha256
    photos/           every photo once, <sha256>.png or .jpg, the bytes as they are in `Photo.data`
    rejected.jsonl    what a filter turned away: the whole item, the filter, the reason
    build.json, card.md, sheet.png    how it was made, and what is in it (`build.py`, `data_card.py`)

It writes and reads; it judges nothing. A row is appended whole after its photos, so a row that is there is complete.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from benchmark.world.dialogue import Facts
from benchmark.world.question import LETTERS, Question
from benchmark.world.sample import Sample, Spec
from benchmark.world.scene import Look
from memory.episode import Episode, Photo, Turn
from memory.errors import KeepsakeError
from memory.paths import private_folder

SAMPLES, REJECTED, PHOTOS = "samples.jsonl", "rejected.jsonl", "photos"


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """A photo without its bytes."""

    sha256: str
    width: int
    height: int
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class EpisodeRow:
    """An episode; same fields as in an exported memory."""

    id: str
    when: datetime
    place: str | None
    photo: PhotoRow
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A line of `samples.jsonl`."""

    id: str
    key: str
    """Which draft of its source it was."""
    positives: tuple[int, ...]
    context: tuple[EpisodeRow, ...]
    query: PhotoRow
    questions: tuple[tuple[Question, ...], ...]
    facts: tuple[Facts, ...] = ()
    looks: tuple[Look, ...] = ()
    shown: tuple[Look, ...] = ()
    spec: Spec | None = None
    drawn: int | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line of `rejected.jsonl`."""

    key: str
    """Of the draft it belongs to."""
    level: Literal["source", "sample", "question"]
    """What was dropped: something the source could not use, a sample, or one question of a sample."""
    filter: str
    reason: str
    item: dict[str, Any]
    """All of it."""


class Corpus:
    """A corpus being written. Opening one that is there goes on with it: half a row at the end of a file is dropped.

    One draft is one sample row, or one rejection of level "source" or "sample"; its rejected questions come before.
    """

    def __init__(self, folder: Path) -> None:
        """Open or create. Raises KeepsakeError when rows that are there cannot be read."""
        self.folder = folder
        for left in private_folder(folder / PHOTOS).glob(".*.partial"):
            left.unlink()
        for name in (SAMPLES, REJECTED):
            _mend(folder / name)
        self.kept: dict[str, PhotoRow] = {row.key: row.query for _, row in rows(folder)}
        """Query by draft."""
        turned_away = list(rejected(folder))
        self.done = self.kept.keys() | {row.key for row in turned_away if row.level != "question"}
        """Drafts that need not be made again."""
        whole = [row for row in turned_away if row.key in self.done]
        if len(whole) < len(turned_away):  # killed between a draft's questions and its own row
            write(folder / REJECTED, b"".join(msgspec.json.encode(row) + b"\n" for row in whole))

    def keep(self, key: str, sample: Sample) -> None:
        """Add a sample."""
        self._save(photos_of(sample))
        self._append(SAMPLES, _row(key, sample))
        self.kept[key] = _photo_row(sample.query)
        self.done |= {key}

    def reject(self, key: str, check: str, reason: str, sample: Sample) -> None:
        """Keep a rejected sample with the reason."""
        self._save(photos_of(sample))
        self._append(REJECTED, Rejected(key, "sample", check, reason, msgspec.to_builtins(_row(key, sample))))
        self.done |= {key}

    def reject_question(self, key: str, check: str, reason: str, episode: Episode, question: Question) -> None:
        """Keep a rejected question with what it was asked about."""
        said = [[t.role, t.text] for t in episode.turns]
        item = {"episode": episode.id, "turns": said, "question": msgspec.to_builtins(question)}
        self._append(REJECTED, Rejected(key, "question", check, reason, item))

    def reject_draft(self, key: str, check: str, reason: str, item: dict[str, Any], photos: tuple[Photo, ...]) -> None:
        """Keep what a source could not make a sample of."""
        self._save(photos)
        self._append(REJECTED, Rejected(key, "source", check, reason, item))
        self.done |= {key}

    def query(self, key: str) -> Photo:
        """The query of a kept sample."""
        return _photo(self.folder, f"{self.folder / SAMPLES}: draft {key}", self.kept[key])

    def _save(self, photos: tuple[Photo, ...]) -> None:
        for photo in photos:
            path = self.folder / PHOTOS / f"{photo.sha256}.{_ending(photo.data)}"
            if not path.exists():
                write(path, photo.data)

    def _append(self, name: str, row: SampleRow | Rejected) -> None:
        with open(self.folder / name, "ab") as file:
            file.write(msgspec.json.encode(row) + b"\n")


def read(folder: Path) -> Iterator[Sample]:
    """The samples of a corpus, equal to those that were written.

    Raises KeepsakeError: one line with the file, the line and the field that is missing or wrong.
    """
    for n, row in rows(folder):
        yield load(folder, n, row)


def load(folder: Path, line: int, row: SampleRow) -> Sample:
    """The sample of one of `rows`, its photos read. Raises KeepsakeError as `read` does."""
    return _sample(folder, f"{folder / SAMPLES}, line {line}", row)


def rows(folder: Path) -> Iterator[tuple[int, SampleRow]]:
    """Line number (from 1) and row, without photos. Raises KeepsakeError as `read` does."""
    for n, row in _lines(folder / SAMPLES, SampleRow):
        _check(f"{folder / SAMPLES}, line {n}", row)
        yield n, row


def rejected(folder: Path) -> Iterator[Rejected]:
    """What was turned away. Raises KeepsakeError as `read` does."""
    yield from (row for _, row in _lines(folder / REJECTED, Rejected))


def photos_of(sample: Sample) -> tuple[Photo, ...]:
    """All photos, the query first."""
    return (sample.query, *(e.photo for e in sample.context))


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial.write_bytes(data)
    partial.replace(path)


def _mend(path: Path) -> None:
    """Cut off what a kill left of a row."""
    if not path.exists():
        path.touch()
    data = path.read_bytes()
    if data and not data.endswith(b"\n"):
        os.truncate(path, data.rfind(b"\n") + 1)


def _lines(path: Path, kind: type) -> Iterator[tuple[int, Any]]:
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(kind)
    if not path.is_file():
        raise KeepsakeError(f"{path} is not there: name a folder that `python -m benchmark build` wrote")
    with open(path, "rb") as file:
        for n, line in enumerate(file, 1):
            try:
                row = decoder.decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise KeepsakeError(f"{path}, line {n}: {error}") from error
            yield n, row


def _check(where: str, row: SampleRow) -> None:
    """What the types do not say. Raises KeepsakeError with the field."""
    n = len(row.context)
    wrong = [i for i in row.positives if not 0 <= i < n]
    if wrong:
        raise KeepsakeError(f"{where}: `positives` has {wrong[0]}, but there are {n} episodes")
    for field in ("questions", "facts", "looks"):
        length = len(getattr(row, field))
        if length not in (0, n):
            raise KeepsakeError(f"{where}: `{field}` has {length} entries for {n} episodes")
    for i, questions in enumerate(row.questions):
        for j, question in enumerate(questions):
            if question.answer not in LETTERS:
                raise KeepsakeError(
                    f"{where}: `questions[{i}][{j}].answer` is {question.answer!r}; it must be A, B or C"
                )


def _sample(folder: Path, where: str, row: SampleRow) -> Sample:
    context = []
    for i, e in enumerate(row.context):
        photo = _photo(folder, f"{where}: `context[{i}].photo`", e.photo)
        if e.when.tzinfo is None:
            raise KeepsakeError(f"{where}: `context[{i}].when` has no time zone")
        context.append(Episode(photo, e.turns, e.when, e.place))
    sample = Sample(
        tuple(context),
        _photo(folder, f"{where}: `query`", row.query),
        row.positives,
        row.questions,
        row.facts,
        row.looks,
        row.shown,
        row.spec,
        row.drawn,
    )
    if sample.id != row.id:
        raise KeepsakeError(f"{where}: `id` is {row.id}, but this content has {sample.id}: the line was changed")
    return sample


def _photo(folder: Path, where: str, row: PhotoRow) -> Photo:
    try:
        data = photo_path(folder, row.sha256).read_bytes()
    except OSError as error:
        raise KeepsakeError(f"{where}: {row.sha256!r} is not in {folder / PHOTOS} ({error.strerror})") from error
    return Photo(row.sha256, data, row.width, row.height, row.taken_at)


def photo_path(folder: Path, sha256: str) -> Path:
    name = Path(sha256).name  # a row must not lead out of the folder
    png = folder / PHOTOS / f"{name}.png"
    return png if png.exists() else png.with_suffix(".jpg")


def _ending(data: bytes) -> str:
    return "png" if data.startswith(b"\x89PNG") else "jpg"


def _row(key: str, sample: Sample) -> SampleRow:
    return SampleRow(
        sample.id,
        key,
        sample.positives,
        tuple(EpisodeRow(e.id, e.when, e.place, _photo_row(e.photo), e.turns) for e in sample.context),
        _photo_row(sample.query),
        sample.questions,
        sample.facts,
        sample.looks,
        sample.shown,
        sample.spec,
        sample.drawn,
    )


def _photo_row(photo: Photo) -> PhotoRow:
    return PhotoRow(photo.sha256, photo.width, photo.height, photo.taken_at)
