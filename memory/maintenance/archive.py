"""Export of the memory as one ZIP archive that anyone can open, and import: nothing lost, nothing half imported.

    README.txt            one line: what the archive is
    episodes.jsonl        one episode a line, newest first, of one time the last stored first: id, photo, turns, when
                          (UTC), place, day (where it happened, null: unknown; old archives have none), told
    photos/<sha256>.jpg   the photos as they are stored (or .png); the name is the hash of their pixels
    verdicts.jsonl        the user's answers about recalls, one a line; left out when there are none
    not_asked.jsonl       hashes of photos that the user called not interesting, one a line; only when there are any
    names.jsonl           the user's decisions about names (`archived_names.py`); only when there are any
    SHA256SUMS            hashes of all other files, as `sha256sum -c` reads them

Equal memories give equal bytes, and an import restores the order of storing. Visual tokens are left out, as the encoder
makes them again. The archive is not encrypted. An import strips the metadata of photos (`strip_metadata.py`), as the
archive may come from someone else. Of two answers about a pair of photos the later one stays.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from memory.days import likely_day
from memory.db import name_rows, old_corrections, rows, tray_rows, verdict_rows
from memory.db.name_rows import NameDecision
from memory.db.verdict_rows import Verdict
from memory.episode import Episode, Photo, Turn
from memory.errors import MemoryFileError, UnknownEpisode
from memory.files import sync, whole_file
from memory.maintenance import archived_names
from memory.store import Memory
from memory.strip_metadata import without_metadata

LARGEST = 1 << 30
"""Bytes: a larger file in an archive is refused, as it is no photo but a trap (a ZIP bomb)."""
_README = "Keepsake memories: episodes.jsonl says what was said about photos/; `python -m memory import` reads this.\n"
_SUMS = "SHA256SUMS"
_VERDICTS, _NOT_ASKED = "verdicts.jsonl", "not_asked.jsonl"


class Exported(NamedTuple):
    """How much an export wrote."""

    episodes: int
    photos: int


class Imported(NamedTuple):
    """How much an import added."""

    added: int
    """New episodes."""
    known: int
    """Episodes that the memory had already."""
    cleaned: int = 0
    """New photos from which metadata was stripped."""


def as_json(episode: Episode) -> dict[str, Any]:
    """An episode without its pixels, as values that JSON can hold."""
    photo = episode.photo
    return {
        "id": episode.id,
        "when": episode.when.isoformat(),
        "place": episode.place,
        "day": episode.day and episode.day.isoformat(),
        "told": episode.told and episode.told.isoformat(),
        "photo": {
            "sha256": photo.sha256,
            "width": photo.width,
            "height": photo.height,
            "taken_at": photo.taken_at.isoformat() if photo.taken_at else None,
        },
        "turns": [{"role": turn.role, "text": turn.text} for turn in episode.turns],
    }


def export_archive(memory: Memory, target: Path) -> Exported:
    """Write all episodes to the new file `target`, readable by its owner only. Raises MemoryFileError.

    Episodes that other programs add or forget meanwhile are left out.
    """
    try:
        if target.exists():
            raise MemoryFileError(f"{target} exists already: choose another name")
        with whole_file(target, private=True) as partial:
            with open(partial, "wb") as file:
                exported = _write(memory, file)
            sync(partial)
    except OSError as error:
        raise MemoryFileError(f"cannot write {target}: {error.strerror}") from error
    return exported


def import_archive(memory: Memory, source: Path, keep_exif: bool = False) -> Imported:
    """Add all episodes of an archive, or none. Raises MemoryFileError when the archive is damaged or was changed.

    `keep_exif`: take photos of any format as they are in the archive, with their metadata.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            _check_sums(archive)
            lines = archive.read("episodes.jsonl").splitlines()
            answers = archive.read(_VERDICTS).splitlines() if _VERDICTS in archive.NameToInfo else []
            verdicts = [_verdict(line) for line in answers]
            marks = archive.read(_NOT_ASKED).splitlines() if _NOT_ASKED in archive.NameToInfo else []
            not_asked = [_hash(line) for line in marks]
            named = archived_names.FILE in archive.NameToInfo
            names = archived_names.read(archive.read(archived_names.FILE)) if named else []
            episodes = (_episode(archive, line) for line in reversed(lines))
            return _add(memory, episodes, verdicts, not_asked, names, keep_exif)
    except OSError as error:
        raise MemoryFileError(f"cannot read {source}: {error.strerror or error}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, _Damaged) as error:
        raise MemoryFileError(f"{source} is not a whole Keepsake archive ({error}): nothing was imported") from error


class _Damaged(Exception):
    """The archive is damaged or was changed; the message says where."""


def _write(memory: Memory, file: Any) -> Exported:
    """Write the archive to an open binary file."""
    sums: dict[str, str] = {}
    lines: list[str] = []
    with zipfile.ZipFile(file, "w") as archive:

        def put(name: str, data: bytes, method: int = zipfile.ZIP_DEFLATED) -> None:
            info = zipfile.ZipInfo(name)  # always dated 1980: the same memory gives the same bytes
            info.compress_type, info.external_attr = method, 0o600 << 16
            archive.writestr(info, data)
            sums[name] = hashlib.sha256(data).hexdigest()

        put("README.txt", _README.encode())
        for id in memory.ids():
            try:
                episode = memory.get(id)
            except UnknownEpisode:
                continue  # another program has just forgotten this episode
            name = _photo_name(episode.photo.sha256, episode.photo.data)
            if name not in sums:
                put(name, episode.photo.data, zipfile.ZIP_STORED)
            lines.append(json.dumps(as_json(episode), ensure_ascii=False, sort_keys=True) + "\n")
        put("episodes.jsonl", "".join(lines).encode())
        photos = len(sums) - 2
        answers = [json.dumps(_verdict_as_json(one), sort_keys=True) + "\n" for one in memory.verdicts()]
        if answers:
            put(_VERDICTS, "".join(answers).encode())
        with memory.transaction() as db:
            marks = [json.dumps(photo) + "\n" for photo in tray_rows.marked(db)]
            names = archived_names.lines(db)
        if marks:
            put(_NOT_ASKED, "".join(marks).encode())
        if names:
            put(archived_names.FILE, names.encode())
        put(_SUMS, "".join(f"{digest}  {name}\n" for name, digest in sums.items()).encode())
    return Exported(len(lines), photos)


def _add(
    memory: Memory,
    episodes: Iterable[Episode],
    verdicts: Iterable[Verdict],
    not_asked: Iterable[str],
    names: Iterable[NameDecision],
    keep_exif: bool,
) -> Imported:
    """Store episodes, given by time and order of storing; new ones come between stored ones of their time."""
    counts: Counter[bool] = Counter()
    cleaned: set[str] = set()
    said: list[tuple[Episode, dict[str, bool]]] = []
    with memory.transaction("IMMEDIATE") as db:
        for _, moment in groupby(episodes, key=lambda one: one.when):
            ids: dict[str, bool] = {}
            for one in moment:
                episode, of_others = _without_corrections(one if keep_exif else _stripped(one))
                said += [(episode, of_others)] if of_others else []
                new = rows.insert(db, episode)
                ids.setdefault(episode.id, new)
                counts[new] += 1
                if new and episode.photo is not one.photo:
                    cleaned.add(one.photo.sha256)
            added = [id for id, new in ids.items() if new]
            if 0 < len(added) < len(ids):
                rows.merge_order(db, list(ids), added)
        for episode, of_others in said:
            old_corrections.put(db, episode.photo.sha256, of_others, episode.when)
        for verdict in verdicts:
            before = verdict_rows.get(db, verdict.photo, verdict.other)
            if before is None or before.when < verdict.when:
                verdict_rows.put(db, verdict)
        tray_rows.mark(db, not_asked)
        name_rows.put_missing(db, names)
    return Imported(counts[True], counts[False], len(cleaned))


def _without_corrections(episode: Episode) -> tuple[Episode, dict[str, bool]]:
    """An episode of an old archive without its sentences of correction, and what these said (`old_corrections.py`)."""
    turns, said = old_corrections.without_corrections(episode.turns)
    return (replace(episode, turns=turns) if said else episode), said


def _stripped(episode: Episode) -> Episode:
    """The episode with a photo without metadata. Raises _Damaged for formats that cannot be stripped."""
    photo = episode.photo
    try:
        data = without_metadata(photo.data)
    except ValueError as error:
        why = f"{_photo_name(photo.sha256, photo.data)} is {error}, and may tell where it was taken"
        raise _Damaged(f"{why}; --keep-exif takes it as it is") from error
    return episode if data == photo.data else replace(episode, photo=replace(photo, data=data))


def _photo_name(sha256: str, data: bytes) -> str:
    """The name of a photo in the archive."""
    return f"photos/{sha256}" + (".png" if data.startswith(b"\x89PNG") else ".jpg")


def _check_sums(archive: zipfile.ZipFile) -> None:
    """Raise _Damaged unless the archive has exactly the files in SHA256SUMS, each once and with its hash."""
    names = archive.namelist()
    for info in archive.infolist():
        if info.file_size > LARGEST:
            raise _Damaged(f"{info.filename} is far too big")
    if _SUMS not in names or "episodes.jsonl" not in names:
        raise _Damaged(f"{_SUMS} or episodes.jsonl is missing")
    pairs = [line.split("  ", 1) for line in archive.read(_SUMS).decode(errors="replace").splitlines()]
    sums = {pair[-1]: pair[0] for pair in pairs}
    if sorted([*sums, _SUMS]) != sorted(names):
        raise _Damaged(f"its files are not those in {_SUMS}")
    for name, digest in sums.items():
        if hashlib.sha256(archive.read(name)).hexdigest() != digest:
            raise _Damaged(f"{name} has changed")


def _episode(archive: zipfile.ZipFile, line: bytes) -> Episode:
    """Read an episode from a line of episodes.jsonl. Raises _Damaged."""
    try:
        row = json.loads(line)
        photo = row["photo"]
        if not re.fullmatch("[0-9a-f]{64}", photo["sha256"]):
            raise ValueError(f"no hash: {photo['sha256']!r}")
        files = [f"photos/{photo['sha256']}.{end}" for end in ("jpg", "png")]
        data = archive.read(next(name for name in files if name in archive.NameToInfo))
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
            raise _Damaged(f"episode {row['id']} has other content than its id says")
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, StopIteration) as error:
        raise _Damaged(f"a line of episodes.jsonl cannot be read: {error!r}") from error
    return episode


def _verdict_as_json(verdict: Verdict) -> dict[str, Any]:
    return asdict(verdict) | {"when": verdict.when.isoformat()}


def _verdict(line: bytes) -> Verdict:
    """Read an answer from a line of verdicts.jsonl. Raises _Damaged."""
    try:
        row = json.loads(line)
        verdict = Verdict(**row | {"when": datetime.fromisoformat(row["when"])})
        if not isinstance(verdict.same, bool) or not isinstance(verdict.space, str | None):
            raise ValueError(f"{verdict.same!r} in {verdict.space!r}")
        return verdict
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise _Damaged(f"a line of verdicts.jsonl cannot be read: {error!r}") from error


def _hash(line: bytes) -> str:
    """Read the hash of a photo from a line of not_asked.jsonl. Raises _Damaged."""
    try:
        value = json.loads(line)
        if not re.fullmatch("[0-9a-f]{64}", value):
            raise ValueError(f"no hash: {value!r}")
    except (ValueError, TypeError) as error:
        raise _Damaged(f"a line of {_NOT_ASKED} cannot be read: {error!r}") from error
    return str(value)
