"""A corpus on disk and its reader: a folder of samples that any program can read.

    samples.jsonl     one sample a line, photos named by their sha256
    photos/           every photo once, <sha256>.png or .jpg, the bytes as they are in `Photo.data`
    rejected.jsonl    what a filter rejected: the whole item, the filter, the reason
    build.json, card.md, sheet.png    how the corpus was made, and what is in it (`builder.py`, `data_card.py`)

`corpus_writer.py` writes these files. A row is appended whole after its photos, so a row that is there is complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from benchmark.world.dialogue import Facts
from benchmark.world.question import LETTERS, Question
from benchmark.world.sample import Sample, Spec
from benchmark.world.scene import Look
from memory.episode import Episode, Photo, Turn
from memory.errors import KeepsakeError

SAMPLES, REJECTED, PHOTOS = "samples.jsonl", "rejected.jsonl", "photos"
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """A photo without its bytes."""

    sha256: str
    width: int
    height: int
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class EpisodeRow:
    """An episode, with the fields of an exported memory."""

    id: str
    when: datetime
    place: str | None
    photo: PhotoRow
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A line of `samples.jsonl`: the fields of `Sample`, with rows in the place of photos."""

    id: str
    """The sample's hash, by which a changed line is found."""
    key: str
    """The key of the source's draft that became the sample."""
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
    """The key of the draft that the item belongs to."""
    level: Literal["source", "sample", "question"]
    """What was rejected: something that the source could not use, a sample, or one question of a sample."""
    filter: str
    """The name of the filter's function, or of the source's check."""
    reason: str
    item: dict[str, Any]
    """The whole item that was rejected."""


def read(folder: Path) -> Iterator[Sample]:
    """The samples of a corpus, equal to those that were written.

    Raises KeepsakeError with the file, the line, and the field that is missing or wrong.
    """
    for n, row in rows(folder):
        yield load(folder, n, row)


def load(folder: Path, line: int, row: SampleRow) -> Sample:
    """The sample of a row, with its photos read. Raises KeepsakeError as `read` does."""
    return _sample(folder, f"{folder / SAMPLES}, line {line}", row)


def rows(folder: Path) -> Iterator[tuple[int, SampleRow]]:
    """Line number, from 1, and row of every sample, without photos. Raises KeepsakeError as `read` does."""
    for n, row in _lines(folder / SAMPLES, SampleRow):
        _check(f"{folder / SAMPLES}, line {n}", row)
        yield n, row


def rejected(folder: Path) -> Iterator[Rejected]:
    """What was rejected. Raises KeepsakeError as `read` does."""
    yield from (row for _, row in _lines(folder / REJECTED, Rejected))


def photos_of(sample: Sample) -> tuple[Photo, ...]:
    """All photos of a sample, the query first."""
    return (sample.query, *(e.photo for e in sample.context))


def _lines(path: Path, kind: type[Row]) -> Iterator[tuple[int, Row]]:
    """Line number, from 1, and value of every line, which must be of this type. Raises KeepsakeError."""
    decoder = msgspec.json.Decoder(kind)
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
    """Check what the types do not say. Raises KeepsakeError with the field."""
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
    """The sample of a row, whose place errors call `where`. Raises KeepsakeError."""
    context = []
    for i, e in enumerate(row.context):
        photo = read_photo(folder, f"{where}: `context[{i}].photo`", e.photo)
        if e.when.tzinfo is None:
            raise KeepsakeError(f"{where}: `context[{i}].when` has no time zone")
        context.append(Episode(photo, e.turns, e.when, e.place))
    sample = Sample(
        tuple(context),
        read_photo(folder, f"{where}: `query`", row.query),
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


def read_photo(folder: Path, where: str, row: PhotoRow) -> Photo:
    """The photo of a row, whose place errors call `where`. Raises KeepsakeError."""
    try:
        data = photo_path(folder, row.sha256).read_bytes()
    except OSError as error:
        raise KeepsakeError(f"{where}: {row.sha256!r} is not in {folder / PHOTOS} ({error.strerror})") from error
    return Photo(row.sha256, data, row.width, row.height, row.taken_at)


def photo_path(folder: Path, sha256: str) -> Path:
    """Where a photo of a corpus lies, or would lie."""
    name = Path(sha256).name  # a row must not lead out of the folder
    png = folder / PHOTOS / f"{name}.png"
    return png if png.exists() else png.with_suffix(".jpg")
