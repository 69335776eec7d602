"""The writer of a corpus: samples, photos, and what was rejected; a build that was killed goes on where it was."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec

from benchmark.datasets.corpus import (
    PHOTOS,
    REJECTED,
    SAMPLES,
    EpisodeRow,
    PhotoRow,
    Rejected,
    SampleRow,
    photos_of,
    read_photo,
    rejected,
    rows,
)
from benchmark.world.question import Question
from benchmark.world.sample import Sample
from memory import files
from memory.episode import Episode, Photo
from memory.paths import private_folder


class CorpusWriter:
    """Writes a corpus, or goes on with one: half a row, which a kill left at the end of a file, is dropped.

    A draft becomes one sample row, or one rejection of level "source" or "sample"; its rejected questions are written
    before that row.
    """

    def __init__(self, folder: Path) -> None:
        """Open or create a corpus. Raises KeepsakeError when its rows cannot be read."""
        self.folder = folder
        for left in private_folder(folder / PHOTOS).glob(".*.partial"):
            left.unlink()
        for name in (SAMPLES, REJECTED):
            _drop_half_row(folder / name)
        self.accepted: dict[str, PhotoRow] = {row.key: row.query for _, row in rows(folder)}
        """The query photo of each accepted sample, by the key of its draft."""
        rejections = list(rejected(folder))
        self.done = self.accepted.keys() | {row.key for row in rejections if row.level != "question"}
        """Keys of the drafts that need not be made again."""
        whole = [row for row in rejections if row.key in self.done]
        if len(whole) < len(rejections):  # killed between a draft's questions and its own row
            files.write_bytes(folder / REJECTED, b"".join(msgspec.json.encode(row) + b"\n" for row in whole))

    def accept(self, key: str, sample: Sample) -> None:
        """Add a sample with its photos."""
        self._save(photos_of(sample))
        self._append(SAMPLES, _row(key, sample))
        self.accepted[key] = _photo_row(sample.query)
        self.done |= {key}

    def reject(self, key: str, check: str, reason: str, sample: Sample) -> None:
        """Record a rejected sample, the check that rejected it, and the reason."""
        self._save(photos_of(sample))
        self._append(REJECTED, Rejected(key, "sample", check, reason, msgspec.to_builtins(_row(key, sample))))
        self.done |= {key}

    def reject_question(self, key: str, check: str, reason: str, episode: Episode, question: Question) -> None:
        """Record a rejected question with the dialogue that it asks about."""
        turns = [[t.role, t.text] for t in episode.turns]
        item = {"episode": episode.id, "turns": turns, "question": msgspec.to_builtins(question)}
        self._append(REJECTED, Rejected(key, "question", check, reason, item))

    def reject_draft(self, key: str, check: str, reason: str, item: dict[str, Any], photos: tuple[Photo, ...]) -> None:
        """Record a draft of which the source could not make a sample."""
        self._save(photos)
        self._append(REJECTED, Rejected(key, "source", check, reason, item))
        self.done |= {key}

    def query(self, key: str) -> Photo:
        """The query photo of an accepted sample."""
        return read_photo(self.folder, f"{self.folder / SAMPLES}: draft {key}", self.accepted[key])

    def _save(self, photos: tuple[Photo, ...]) -> None:
        for photo in photos:
            path = self.folder / PHOTOS / f"{photo.sha256}.{_ending(photo.data)}"
            if not path.exists():
                files.write_bytes(path, photo.data)

    def _append(self, name: str, row: SampleRow | Rejected) -> None:
        """Add a line; msgspec writes fields in their order and no spaces, which `files.append_lines` would change."""
        with open(self.folder / name, "ab") as file:
            file.write(msgspec.json.encode(row) + b"\n")


def _drop_half_row(path: Path) -> None:
    """Cut off a row that a kill left half written; make the file where it is missing."""
    if not path.exists():
        path.touch()
    data = path.read_bytes()
    if data and not data.endswith(b"\n"):
        os.truncate(path, data.rfind(b"\n") + 1)


def _ending(data: bytes) -> str:
    return "png" if data.startswith(b"\x89PNG") else "jpg"


def _row(key: str, sample: Sample) -> SampleRow:
    """The line of a sample in `samples.jsonl`."""
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
