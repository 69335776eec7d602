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
import zipfile
from collections import Counter
from dataclasses import asdict, replace
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from memory.db import name_rows, rows, tray_rows, verdict_rows
from memory.db.upgrades import old_corrections
from memory.db.verdict_rows import Verdict
from memory.episode import Episode
from memory.errors import MemoryFileError, UnknownEpisode
from memory.files import sync_file, whole_file
from memory.maintenance import archive_reader, archived_names
from memory.maintenance.archive_reader import NOT_ASKED, SUMS, VERDICTS, Archive, Damaged, photo_name
from memory.maintenance.zip_files import opened_zip
from memory.pictures.strip_metadata import without_metadata
from memory.store import Memory

_README = "Keepsake memories: episodes.jsonl says what was said about photos/; `python -m memory import` reads this.\n"


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
            sync_file(partial)
        sync_file(target.parent)
    except OSError as error:
        raise MemoryFileError(f"cannot write {target}: {error.strerror}") from error
    return exported


def import_archive(memory: Memory, source: Path, keep_exif: bool = False) -> Imported:
    """Add all episodes of an archive, or none. Raises MemoryFileError when the archive is damaged or was changed.

    `keep_exif`: take photos of any format as they are in the archive, with their metadata.
    """
    try:
        if source.is_dir():
            unpacked = next(source.rglob(archive_reader.EPISODES), None)
            mend = "zip it, then import the ZIP" if unpacked else "`python -m assistant import FOLDER` imports photos"
            raise MemoryFileError(f"{source} is a folder{', an unpacked export' if unpacked else ''}: {mend}")
        with opened_zip(source) as files:
            read = archive_reader.read(files)
            return _add(memory, read, keep_exif)
    except OSError as error:
        raise MemoryFileError(f"cannot read {source}: {error.strerror or error}") from error
    except Damaged as error:
        raise MemoryFileError(f"{source} is not a whole Keepsake archive ({error}): nothing was imported") from error


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
            name = photo_name(episode.photo.sha256, episode.photo.data)
            if name not in sums:
                put(name, episode.photo.data, zipfile.ZIP_STORED)
            lines.append(json.dumps(as_json(episode), ensure_ascii=False, sort_keys=True) + "\n")
        put("episodes.jsonl", "".join(lines).encode())
        photos = len(sums) - 2
        answers = [json.dumps(_verdict_as_json(one), sort_keys=True) + "\n" for one in memory.verdicts()]
        if answers:
            put(VERDICTS, "".join(answers).encode())
        with memory.transaction() as db:
            marks = [json.dumps(photo) + "\n" for photo in tray_rows.marked(db)]
            names = archived_names.lines(db)
        if marks:
            put(NOT_ASKED, "".join(marks).encode())
        if names:
            put(archived_names.FILE, names.encode())
        put(SUMS, "".join(f"{digest}  {name}\n" for name, digest in sums.items()).encode())
    return Exported(len(lines), photos)


def _add(memory: Memory, archive: Archive, keep_exif: bool) -> Imported:
    """Store episodes, given by time and order of storing; new ones come between stored ones of their time."""
    counts: Counter[bool] = Counter()
    cleaned: set[str] = set()
    said: list[tuple[Episode, dict[str, bool]]] = []
    with memory.transaction("IMMEDIATE") as db:
        for _, moment in groupby(archive.episodes, key=lambda one: one.when):
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
        for verdict in archive.verdicts:
            before = verdict_rows.get(db, verdict.photo, verdict.other)
            if before is None or before.when < verdict.when:
                verdict_rows.put(db, verdict)
        tray_rows.mark(db, archive.not_asked)
        name_rows.put_missing(db, archive.names)
    return Imported(counts[True], counts[False], len(cleaned))


def _without_corrections(episode: Episode) -> tuple[Episode, dict[str, bool]]:
    """An episode of an old archive without its sentences of correction, and what these said (`old_corrections.py`)."""
    turns, said = old_corrections.without_corrections(episode.turns)
    return (replace(episode, turns=turns) if said else episode), said


def _stripped(episode: Episode) -> Episode:
    """The episode with a photo without metadata. Raises Damaged for formats that cannot be stripped."""
    photo = episode.photo
    try:
        data = without_metadata(photo.data)
    except ValueError as error:
        why = f"{photo_name(photo.sha256, photo.data)} is {error}, and may tell where it was taken"
        raise Damaged(f"{why}; --keep-exif takes it as it is") from error
    return episode if data == photo.data else replace(episode, photo=replace(photo, data=data))


def _verdict_as_json(verdict: Verdict) -> dict[str, Any]:
    return asdict(verdict) | {"when": verdict.when.isoformat()}
