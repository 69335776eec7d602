"""Photos in ZIPs, as Google Takeout and clouds give them: read without unpacking them onto the disk.

Each ZIP is a tree of folders like one on the disk (`photo_tree.py`). The parts of a Takeout belong together: a photo's
JSON may lie in another ZIP than the photo.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path, PurePosixPath

from assistant.importing.import_source import Item, Source
from assistant.importing.libraries import apple_lists
from assistant.importing.libraries.folder_level import Level, hidden, sort_names
from assistant.importing.libraries.takeout_parts import in_takeout
from assistant.importing.photo_tree import item_of, notes_of
from assistant.importing.sidecars import LONGEST, key_of
from assistant.importing.zip_entry import entry_bytes
from assistant.metadata.name_day import DayOrder
from assistant.photo import MAX_BYTES, SUFFIXES, shown
from memory.errors import PhotoError
from memory.maintenance.zip_files import DamagedZip, bound, written_names, zip_archive

_PART = re.compile(r"(?:[ _-]\(?\d{1,3}\)?)+$")
"""What the names of the parts of one Takeout end in: takeout-20240102T030405Z-3-001."""


@dataclass
class _Zip:
    """An open ZIP, and its entries by folder and name."""

    path: Path
    archive: zipfile.ZipFile
    folders: dict[PurePosixPath, dict[str, zipfile.ZipInfo]] = field(default_factory=dict)
    hidden: int = 0

    @property
    def export(self) -> str:
        """What its name has in common with other parts."""
        return _PART.sub("", self.path.stem).casefold()

    def read(self, info: zipfile.ZipInfo, name: str, largest: int = MAX_BYTES) -> bytes:
        """The bytes of an entry, which is called `name` in messages. Raises PhotoError."""
        return entry_bytes(self.archive, info, name, f"download {shown(self.path.name)} again", largest)

    def sidecar(self, info: zipfile.ZipInfo, largest: int = LONGEST) -> bytes:
        """The bytes of a file beside a photo. Raises ValueError."""
        try:
            return self.read(info, info.filename, largest)
        except PhotoError as error:
            raise ValueError(str(error)) from error


def zips_source(paths: Sequence[Path], stack: ExitStack, order: DayOrder | None = None) -> Source:
    """The photos in these ZIPs, which stay open as long as `stack`. Raises DamagedZip and OSError for a single one; of
    several, one that cannot be opened is named."""
    zips, unusable = [], []
    for path in sorted(paths):
        try:
            zips.append(_opened(path, stack))
        except (DamagedZip, OSError) as error:
            if len(paths) == 1:
                raise
            unusable.append((shown(path.name), shown(f"cannot be opened ({error})")))
    items: list[Item] = []
    others: list[str] = []
    left_out: list[tuple[str, str]] = []
    albums = _albums(zips)
    counts: Counter[str] = Counter(hidden=sum(one.hidden for one in zips))
    for one in zips:
        parts = [other for other in zips if other is not one and other.export == one.export]
        for folder in sorted(one.folders):
            level, entries = _level(one, folder, parts)
            where = PurePosixPath(one.path.name, folder) if len(paths) > 1 else folder
            others += [shown(str(where / name)) for name in level.others]
            unusable += [(shown(str(where / name)), why) for name, why in level.unusable]
            left_out += [(shown(str(where / name)), why) for why, name in level.left_out]
            level.albums = albums
            counts.update(
                alone=level.alone, photos=len(level.photos), clips=len(level.clips), originals=len(level.originals)
            )
            counts.update(
                sidecars=sum(bool(sidecars) for _, sidecars in level.photos),
                listed=sum(level.listed(name) is not None for name, _ in level.photos),
            )
            for name, sidecars in level.photos:
                files = [(PurePosixPath(at).name, partial(entries[at][0].sidecar, entries[at][1])) for at in sidecars]
                info, read = one.folders[folder][name], partial(one.read, name=shown(str(where / name)))
                steps, changed = level.steps_of(name, folder.parts), partial(_changed, info)
                items.append(
                    item_of(where / name, steps, partial(read, info), files, changed, None, level.listed(name), order)
                )
    notes = notes_of(counts, left_out=left_out)
    return Source("folder", items, tuple(unusable), tuple(others), notes, tuple(left_out))


def _albums(zips: Sequence[_Zip]) -> dict[str, str]:
    """The albums of an export of Apple, whose lists may lie in another part than the photos."""
    lists: list[tuple[str, apple_lists.Read]] = []
    photos: list[str] = []
    for one in zips:
        for folder, entries in one.folders.items():
            if folder.name.casefold() == "albums":
                lists += [
                    (name, partial(one.sidecar, info, apple_lists.LONGEST))
                    for name, info in entries.items()
                    if name.lower().endswith(".csv")
                ]
            if any(map(apple_lists.DETAILS.fullmatch, entries)):
                photos += entries
    return apple_lists.albums_of(lists, photos)


def _opened(path: Path, stack: ExitStack) -> _Zip:
    """Open a ZIP and sort its entries. Raises DamagedZip, OSError."""
    archive = stack.enter_context(zip_archive(path))
    found = _Zip(path, archive)
    entries = [info for info in archive.infolist() if not info.is_dir() and not info.filename.endswith("\\")]
    bound(entries, path.stat().st_size)
    for info in entries:
        at = PurePosixPath(written_names(info)[0].lstrip("/"))
        if any(map(hidden, at.parts)):
            found.hidden += 1
        else:
            found.folders.setdefault(at.parent, {})[at.name] = info
    return found


def _level(
    one: _Zip, folder: PurePosixPath, parts: Sequence[_Zip]
) -> tuple[Level, Mapping[str, tuple[_Zip, zipfile.ZipInfo]]]:
    """A folder of a ZIP with the same one of other parts, and the entries of its names."""
    names = sorted(one.folders[folder])
    entries = {name: (one, one.folders[folder][name]) for name in names}
    elsewhere: dict[str, list[str]] = {}
    for n, part in enumerate(parts):
        for name, info in part.folders.get(folder, {}).items():
            elsewhere.setdefault(key_of(name), []).append(f"{n}/{name}")
            entries[f"{n}/{name}"] = part, info
    photos = [name for name in names if PurePosixPath(name).suffix.lower() in SUFFIXES]
    rest = [name for name in names if PurePosixPath(name).suffix.lower() not in SUFFIXES]
    level = sort_names(Level(Path(folder), of_google=in_takeout(folder.parts)), photos, rest, elsewhere)
    trash = folder.name.casefold() == apple_lists.TRASH
    level.take_lists(lambda name: partial(one.sidecar, entries[name][1], apple_lists.LONGEST), trash=trash)
    return level, entries


def _changed(info: zipfile.ZipInfo) -> datetime | None:
    with suppress(ValueError, OverflowError):  # some write zeros
        return datetime(*info.date_time).astimezone()
    return None
