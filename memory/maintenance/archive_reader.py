"""Reading an archive of memories: every file compared with its hash, every line checked, every photo decoded.

Nothing is stored here (`archive.py`). What comes in was written by anybody.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from memory.days import likely_day
from memory.db.name_rows import NameDecision
from memory.db.verdict_rows import Verdict
from memory.episode import Episode, Photo, Turn
from memory.maintenance import archived_names
from memory.maintenance.zip_files import DamagedZip, ZipFiles

SUMS, EPISODES = "SHA256SUMS", "episodes.jsonl"
VERDICTS, NOT_ASKED = "verdicts.jsonl", "not_asked.jsonl"
Damaged = DamagedZip
"""The archive is damaged or was changed; the message says where."""


class Archive(NamedTuple):
    """What is in an archive."""

    episodes: Iterator[Episode]
    """The oldest first; each is read when it is asked for."""
    verdicts: list[Verdict]
    not_asked: list[str]
    names: list[NameDecision]


def read(files: ZipFiles) -> Archive:
    """The content of an archive. Raises Damaged."""
    _check_sums(files)

    def lines(name: str) -> list[bytes]:
        return files.read(name).splitlines() if name in files else []

    try:
        names = archived_names.read(files.read(archived_names.FILE)) if archived_names.FILE in files else []
    except (ValueError, RecursionError) as error:
        raise Damaged(str(error)) from error
    written = lines(EPISODES)
    _decode_photos(_episodes(files, written))  # before the memory is locked for writing
    episodes = _episodes(files, written)
    return Archive(
        episodes, [_verdict(one) for one in lines(VERDICTS)], [_hash(one) for one in lines(NOT_ASKED)], names
    )


def photo_name(sha256: str, data: bytes) -> str:
    """The name of a photo in the archive."""
    return f"photos/{sha256}" + (".png" if data.startswith(b"\x89PNG") else ".jpg")


def _check_sums(files: ZipFiles) -> None:
    """Raise Damaged unless the archive has exactly the files in SHA256SUMS, each once and with its hash."""
    if SUMS not in files or EPISODES not in files:
        raise Damaged(f"{SUMS} or {EPISODES} is missing")
    pairs = [line.split("  ", 1) for line in files.read(SUMS).decode(errors="replace").splitlines()]
    sums = {pair[-1]: pair[0] for pair in pairs}
    if {*sums, SUMS} != set(files.names()):
        raise Damaged(f"its files are not those in {SUMS}")
    for name, digest in sums.items():
        if hashlib.sha256(files.read(name)).hexdigest() != digest:
            raise Damaged(f"{name} has changed")


def _episodes(files: ZipFiles, lines: Sequence[bytes]) -> Iterator[Episode]:
    """The episodes of the lines, from the last line to the first. Raises Damaged."""
    return (_episode(files, line) for line in reversed(lines))


def _decode_photos(episodes: Iterator[Episode]) -> None:
    """Raise Damaged unless every photo can be decoded, and is what its name and its size say."""
    from memory.pictures import stored_picture  # loads Pillow, which few commands of the memory need

    seen: set[str] = set()
    for photo in (episode.photo for episode in episodes):
        if photo.sha256 not in seen and (why := stored_picture.problem(photo, hashed=True)):
            raise Damaged(f"{photo_name(photo.sha256, photo.data)} {why}")
        seen.add(photo.sha256)


def _episode(files: ZipFiles, line: bytes) -> Episode:
    """Read an episode from a line of episodes.jsonl. Raises Damaged."""
    try:
        row = json.loads(line)
        photo = row["photo"]
        if not re.fullmatch("[0-9a-f]{64}", photo["sha256"]):
            raise ValueError(f"no hash: {photo['sha256']!r}")
        names = [f"photos/{photo['sha256']}.{end}" for end in ("jpg", "png")]
        data = files.read(next(name for name in names if name in files))
        taken = photo["taken_at"] and datetime.fromisoformat(photo["taken_at"])
        turns = tuple(Turn(turn["role"], turn["text"]) for turn in row["turns"])
        texts = [turn.text for turn in turns] + ([] if row["place"] is None else [row["place"]])
        if not all(isinstance(text, str) for text in texts) or {turn.role for turn in turns} - {"user", "assistant"}:
            raise ValueError("a turn or place is not what it should be")
        if not all(isinstance(side, int) and 0 < side < 1 << 31 for side in (photo["width"], photo["height"])):
            raise ValueError(f"no size of a photo: {photo['width']!r} x {photo['height']!r}")
        when, told = datetime.fromisoformat(row["when"]), row.get("told") and datetime.fromisoformat(row["told"])
        day = (row["day"] and date.fromisoformat(row["day"])) if "day" in row else likely_day(when)
        stored = Photo(photo["sha256"], data, photo["width"], photo["height"], taken)
        episode = Episode(stored, turns, when, row["place"], 0, day, told)
        if episode.id != row["id"]:
            raise Damaged(f"episode {row['id']} has other content than its id says")
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, StopIteration, RecursionError) as error:
        raise Damaged(f"a line of episodes.jsonl cannot be read: {error!r}") from error
    return episode


def _verdict(line: bytes) -> Verdict:
    """Read an answer from a line of verdicts.jsonl. Raises Damaged."""
    try:
        row = json.loads(line)
        verdict = Verdict(**row | {"when": datetime.fromisoformat(row["when"])})
        if not isinstance(verdict.same, bool) or not isinstance(verdict.space, str | None):
            raise ValueError(f"{verdict.same!r} in {verdict.space!r}")
        return verdict
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise Damaged(f"a line of verdicts.jsonl cannot be read: {error!r}") from error


def _hash(line: bytes) -> str:
    """Read the hash of a photo from a line of not_asked.jsonl. Raises Damaged."""
    try:
        value = json.loads(line)
        if not re.fullmatch("[0-9a-f]{64}", value):
            raise ValueError(f"no hash: {value!r}")
    except (ValueError, TypeError, RecursionError) as error:
        raise Damaged(f"a line of {NOT_ASKED} cannot be read: {error!r}") from error
    return str(value)
