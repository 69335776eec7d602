"""The captions and metadata of CoViP's authors (paper section 3), and the samples made of metadata and photos.

Field names and order are as released; `covip_questions.py` reads the questions, `covip_hub.py` the data sets. A missing
field raises an error of one line that names it. The data has no dates: episode i gets second i of one day, so that the
renderer keeps the order of the episodes; the day itself ("1 January 2000", in every prompt) means nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from assistant.photo import load_photo
from benchmark.datasets.covip_questions import Entry, Questions
from benchmark.datasets.json_fields import field, parse_json, read_utf8, shown, texts
from benchmark.world.sample import Sample
from memory.episode import Episode, Photo, Turn
from memory.errors import KeepsakeError

DAY = datetime(2000, 1, 1, tzinfo=UTC)
HEADER = re.compile(r"\A\s*(?:\*\*|#+ *)?dialogue(?:\*\*)?\s*:(?:\*\*)?\s*", re.IGNORECASE)
SPEAKER = re.compile(r"^[ \t]*(?:\*\*)?(user|model|assistant)(?:\*\*)?[ \t]*:(?:\*\*)?", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the metadata: its photos, and the dialogue about each photo of the context."""

    query: Path
    concepts: tuple[Path, ...]
    """The photos of the context."""
    dialogues: tuple[str, ...]


def read_captions(path: Path) -> dict[str, str]:
    """Captions by sample, from {"sample_0": "text"} or {"sample_0": {"caption": "text"}}. Raises KeepsakeError."""
    data = parse_json(read_utf8(path), path.name)
    if not isinstance(data, dict):
        raise KeepsakeError(f"{path.name}: {_failed(data)} where {{'sample_0': caption, ...}} should be")
    captions = {}
    for key, value in data.items():
        where = f"{path.name}: {shown(key)}"
        caption = field(value, "caption", object, where) if isinstance(value, dict) else value
        if not isinstance(caption, str):
            raise KeepsakeError(f"{where}: {_failed(caption)} where a caption should be")
        captions[key] = caption
    return captions


def read_metadata(path: Path, images: Path | str) -> tuple[Row, ...]:
    """Read `meta_*_cleaned.jsonl`. Raises KeepsakeError.

    `images` is put before the paths in the file as it is; only a folder gets the slash that it lacks.
    """
    prefix = f"{images}/" if Path(images).is_dir() and not str(images).endswith("/") else str(images)
    rows = []
    for i, line in enumerate(read_utf8(path).rstrip().split("\n")):
        where = f"{path.name}: line {i + 1} (sample_{i})"
        data = parse_json(line, where)
        query = field(data, "imgs", str, where)
        concepts = texts(field(data, "concepts", list, where), f"{where}, concepts")
        dialogues = texts(field(data, "dialogues", dict, where).values(), f"{where}, dialogues")
        if len(concepts) != len(dialogues):
            raise KeepsakeError(f"{where}: {len(concepts)} concepts, {len(dialogues)} dialogues")
        rows.append(Row(Path(prefix + query), tuple(Path(prefix + c) for c in concepts), dialogues))
    return tuple(rows)


def samples(questions: Questions, rows: Sequence[Row]) -> Iterator[Sample]:
    """Samples with photos and questions, joined by line number; a photo is read when its sample is reached.

    Raises KeepsakeError at once when questions and metadata do not belong together.
    """
    for entry in questions.entries:
        if entry.line >= len(rows):
            raise KeepsakeError(f"{entry.id}: the metadata has {len(rows)} lines only; is it of the same split?")
        if len(entry.questions) != (n := len(rows[entry.line].concepts)):
            raise KeepsakeError(f"{entry.id}: questions about {len(entry.questions)} concepts, metadata of {n}")
    return (_sample(rows[entry.line], entry) for entry in questions.entries)


def episodes(photos: Iterable[Photo], dialogues: Iterable[str]) -> tuple[Episode, ...]:
    """The episodes of a context in their order, one second apart."""
    pairs = enumerate(zip(photos, dialogues, strict=True))
    return tuple(Episode(photo, turns(text), DAY + timedelta(seconds=i)) for i, (photo, text) in pairs)


def turns(dialogue: str) -> tuple[Turn, ...]:
    """The turns of a dialogue written in lines that begin with "User:" or "Model:", in bold or not.

    A title "Dialogue:" is left out. A line without a speaker belongs to the turn before it, the first line to the user.
    """
    first, *rest = SPEAKER.split(HEADER.sub("", dialogue))
    spoken = [("user", first), *zip(rest[::2], rest[1::2], strict=True)]
    return tuple(
        Turn("user" if who.lower() == "user" else "assistant", text.strip()) for who, text in spoken if text.strip()
    )


def _sample(row: Row, entry: Entry) -> Sample:
    context = episodes((load_photo(path) for path in row.concepts), row.dialogues)
    return Sample(context, load_photo(row.query), entry.positives, entry.questions)


def _failed(value: Any) -> str:
    """A value that is no caption, as an error shows it."""
    return "an empty list, which a failed run leaves behind," if value == [] else shown(value)
