"""A folder of photos as the source of an import: all photos in it and below it, in the order of their names.

One folder after the other is read, so of a library of any size only the files of one folder are in memory at a time.
Links to folders are not followed, so no photo comes twice, and they are named. Of a photo and its edited twin the
edited one comes in, of a live photo the picture; what their sidecars say comes with them (`sidecars.py`).
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path, PurePath

from assistant.importing.automatic_words import is_screenshot
from assistant.importing.file_metadata import words_of_name
from assistant.importing.import_source import Item, Source
from assistant.importing.sidecars import ALBUM, LONGEST, is_clip, key_of, original_of, read_sidecars, sidecars_of
from assistant.metadata.name_day import day_of_name
from assistant.photo import is_photo_file, read_file, shown
from memory.files import read_ordinary
from memory.text import count

BESIDE = frozenset(["@eadir", "thumbs.db", "desktop.ini", "__macosx", "system volume information"])
"""Files and folders that other systems leave beside photos: counted as hidden."""
TRASH = frozenset(["$recycle.bin", "recycler", "recycled", "#recycle", "@recycle", "#snapshot", "@recently-snapshot"])
"""Folders of Windows and of disks in a network that hold what was deleted, or states of before: as hidden."""
PREVIEWS = (".lrdata", ".photolibrary-thumbnails")
"""Endings of folders that hold only small copies of photos."""
EDITS = ".aae"
"""The ending of the file in which Apple's programs keep how a photo was edited."""
LIBRARY, ORIGINALS = ".photoslibrary", frozenset(["originals", "masters"])
"""The ending of a library of Apple Photos, and the folders in it that hold photos, not copies."""
TAKEOUT = "Takeout"
"""The folder in each part of an export of Google, and"""
_A_PART = re.compile(r"takeout(?:[ _-]?\(?\d{1,3}\)?)?(?: copy| \d+)?", re.I)
"""what it is called where several are unpacked into one folder: Takeout 2, Takeout-1, Takeout (1)."""
ALL_PARTS = (
    "it lies in another part; put all parts into one folder and import that, now or later: "
    "words and days then come to the photos that are kept"
)
NAMED = 5
"""So many linked folders are named."""


@dataclass
class Level:
    """The files of one folder, sorted."""

    folder: Path
    photos: list[tuple[str, list[str]]] = field(default_factory=list)
    """Names of the photos, each with the names of its sidecars."""
    clips: list[str] = field(default_factory=list)
    originals: list[str] = field(default_factory=list)
    """Photos of which the edited twin comes in."""
    read: set[str] = field(default_factory=set)
    """Names of the sidecars, and of what else belongs to a photo."""
    others: list[str] = field(default_factory=list)
    hidden: int = 0
    links: list[str] = field(default_factory=list)
    """Names of links to folders."""
    of_google: bool = False
    """Whether the folder lies in a Takeout, where each photo has its JSON."""
    alone: int = 0
    """Photos whose JSON lies in a part of the Takeout that is not here."""


def sort_level(folder: Path, names: Collection[str], parts: Sequence[Path] = ()) -> Level:
    """Sort the files of a folder by their names and, where these have no suffix, by their first bytes.

    `parts`: those of the export of Google in which the folder lies.
    """
    level = Level(folder, of_google=in_takeout(folder.absolute().parts))
    photos: list[str] = []
    rest: list[str] = []
    for name in sorted(names):
        if hidden(name):
            level.hidden += 1
        else:
            (photos if is_photo_file(folder / name) else rest).append(name)
    return sort_names(level, photos, rest, _in_other_parts(folder, parts))


def sort_names(level: Level, photos: Sequence[str], rest: Sequence[str], elsewhere: Mapping[str, list[str]]) -> Level:
    """Sort names of photos and of other files into a level; `elsewhere`: paths in other parts, by keys of the names."""
    own = {key_of(name): name for name in rest}
    files = {**{key: paths[0] for key, paths in elsewhere.items() if key.endswith(".json")}, **own}
    stems = {key_of(os.path.splitext(name)[0]): name for name in photos}
    twins = {key_of(original) for name in photos if (original := original_of(os.path.splitext(name)[0]))}
    for name in photos:
        sidecars = sidecars_of(name, files)
        level.read.update(sidecars)
        if twins and key_of(os.path.splitext(name)[0]) in twins:
            level.originals.append(name)
        else:
            level.photos.append((name, sidecars))
            level.alone += level.of_google and not any(key_of(one).endswith(".json") for one in sidecars)
    for name in rest:
        if not name.lower().endswith(".json"):
            level.read.update(sidecars_of(name, files))
        if is_clip(name, stems):
            level.clips.append(name)
        elif (
            name.lower().endswith(EDITS)
            and key_of(name)[: -len(EDITS)].replace("img_o", "img_") in stems.keys() | twins
        ):
            level.read.add(name)
    if any(key.endswith(".json") for key in own):
        for path in (path for paths in elsewhere.values() for path in paths if not path.endswith(".json")):
            level.read.update(sidecars_of(os.path.basename(path), own))  # it is read with the photo there
    gone = level.read.union(level.clips)
    level.others = [name for name in rest if name not in gone and not ALBUM.fullmatch(key_of(name))]
    return level


def in_takeout(steps: Sequence[str]) -> bool:
    """Whether folders are those of a part of a Takeout."""
    return any(_A_PART.fullmatch(step) for step in steps)


def _parts(folder: Path, names: Sequence[str]) -> tuple[Path, ...]:
    """The parts of an export of Google among the folders in one, as they are unpacked: each is "Takeout" in a folder of
    the ZIP's name, or is called "Takeout 2" beside the first. () where there are fewer than two."""
    found = [folder / name if _A_PART.fullmatch(name) else folder / name / TAKEOUT for name in names]
    found = [part / TAKEOUT if (part / TAKEOUT).is_dir() else part for part in found if part.is_dir()]
    return tuple(found) if len(found) > 1 else ()


def _export_of(folder: Path, exports: Sequence[tuple[Path, ...]]) -> tuple[Path, ...]:
    """The parts of the export in which a folder lies."""
    return next((parts for parts in exports if any(folder.is_relative_to(part) for part in parts)), ())


def _in_other_parts(folder: Path, parts: Sequence[Path]) -> dict[str, list[str]]:
    """The names in the same folder of other parts, as paths from `folder`, by their keys.

    A photo and its JSON may lie in two parts, each unpacked into its own folder.
    """
    found: dict[str, list[str]] = {}
    mine = next((part for part in parts if folder.is_relative_to(part)), None)
    for part in parts:
        other = part / folder.relative_to(mine) if mine else part
        if mine and part != mine and other.is_dir():
            for name in os.listdir(other):
                found.setdefault(key_of(name), []).append(os.path.relpath(other / name, folder))
    return found


def levels(root: Path, unreadable: Callable[[OSError], object] = lambda error: None) -> Iterator[Level]:
    """The folders in `root` and below it, one after the other; `unreadable` hears of those that cannot be read."""
    exports: list[tuple[Path, ...]] = []
    for folder, folders, names in os.walk(root, onerror=unreadable):
        path = Path(folder)
        visible = sorted(name for name in folders if not hidden(name))
        links = [name for name in visible if (path / name).is_symlink()]
        if path.suffix.lower() == LIBRARY and any(name.lower() in ORIGINALS for name in folders):
            visible, names = [name for name in visible if name.lower() in ORIGINALS], []
        if parts := _parts(path, visible):
            exports.append(parts)
        level = sort_level(path, names, _export_of(path, exports))
        level.hidden += len(folders) - len(visible)
        level.links = links
        folders[:] = visible
        yield level


def items_of(root: Path, level: Level) -> Iterator[Item]:
    """The photos of a level."""
    for name, sidecars in level.photos:
        path = level.folder / name
        files = [((level.folder / one).name, partial(read_ordinary, level.folder / one, LONGEST)) for one in sidecars]
        below = path.relative_to(root)
        yield item_of(below, below.parent.parts, partial(read_file, path), files, partial(_changed, path), path)


def item_of(
    name: PurePath,
    steps: tuple[str, ...],
    read: Callable[[], bytes],
    sidecars: Sequence[tuple[str, Callable[[], bytes]]],
    changed: Callable[[], datetime | None],
    path: Path | None = None,
) -> Item:
    """A photo in folders (`steps`); `sidecars`: a name and what reads the file, each; `changed`: when it was."""
    file_time = changed()
    day, date_source = day_of_name(name.stem, file_time), "name"
    if day is None:
        day, date_source = file_time, "file" if file_time else ""
    return Item(
        shown(str(name)),
        read,
        (),
        words_of_name(name.stem) or _words_of_folders(steps),
        day,
        date_source,
        partial(read_sidecars, sidecars) if sidecars else None,
        path,
        any(map(is_screenshot, (*steps, name.stem))),
    )


@lru_cache(maxsize=16)
def _words_of_folders(steps: tuple[str, ...]) -> str:
    """The words of the nearest folder whose name has any, below the folder that was asked for: that one's name is the
    same for all photos, and says where they lie more often than what they show, its year when most were taken."""
    return next((words for step in reversed(steps) if (words := words_of_name(step, with_year=False))), "")


def _changed(path: Path) -> datetime | None:
    with suppress(OSError, OverflowError, ValueError):  # reading the file will say why
        return datetime.fromtimestamp(path.stat().st_mtime).astimezone()
    return None


@dataclass(frozen=True, slots=True)
class _Photos:
    """The photos in a folder and below it: counted before, walked anew each time."""

    root: Path
    total: int

    def __len__(self) -> int:
        return self.total

    def __iter__(self) -> Iterator[Item]:
        for level in levels(self.root):
            yield from items_of(self.root, level)


def folder_source(root: Path) -> Source:
    """All photos in a folder and below it."""
    counts: Counter[str] = Counter()
    others: list[str] = []
    links: list[str] = []
    unusable: list[tuple[str, str]] = []

    def unreadable(error: OSError) -> None:
        unusable.append((shown(os.path.relpath(error.filename, root)), f"cannot be read ({error.strerror})"))

    for level in levels(root, unreadable):
        below = level.folder.relative_to(root)
        counts.update(hidden=level.hidden, photos=len(level.photos), clips=len(level.clips))
        counts.update(
            alone=level.alone,
            originals=len(level.originals),
            sidecars=sum(bool(sidecars) for _, sidecars in level.photos),
        )
        others += [shown(below / name) for name in level.others]
        links += [shown(below / name) for name in level.links]
    return Source("folder", _Photos(root, counts["photos"]), tuple(unusable), tuple(others), notes_of(counts, links))


def files_source(root: Path, files: Collection[Path]) -> Source:
    """Some photos below a folder."""
    by_folder: dict[Path, set[str]] = {}
    for path in files:
        by_folder.setdefault(path.parent, set()).add(path.name)
    items: list[Item] = []
    above = {at for folder in by_folder for at in (folder, *folder.parents) if at.is_relative_to(root)}
    exports = [_parts(at, os.listdir(at)) for at in above if at.is_dir()]
    for folder, wanted in sorted(by_folder.items()):
        try:
            level = sort_level(folder, os.listdir(folder), _export_of(folder, exports))
        except OSError:  # gone since
            continue
        level.photos = [(name, sidecars) for name, sidecars in level.photos if name in wanted]
        items += items_of(root, level)
    return Source("folder", tuple(items))


def hidden(name: str) -> bool:
    """Whether a file or folder is left alone: by its name it is hidden, or not meant for people."""
    lower = name.lower()
    return name.startswith(".") or lower in BESIDE or lower in TRASH or lower.endswith(PREVIEWS)


def notes_of(counts: Counter[str], links: Sequence[str] = ()) -> tuple[str, ...]:
    """Lines about what is not imported as it lies there."""
    notes = []
    if n := counts["sidecars"]:
        notes.append(f"{count(n, 'photo')} with a sidecar file: its description, day and people count")
    if n := counts["alone"]:
        notes.append(f"{count(n, 'photo')} of a Takeout without the JSON that has the words and the day: {ALL_PARTS}")
    if n := counts["clips"]:
        notes.append(f"{count(n, 'clip')} of live photos left out: the pictures come in")
    if n := counts["originals"]:
        notes.append(f"{count(n, 'original')} left out: the edited twin comes in")
    if links:
        more = f" and {len(links) - NAMED} more" if len(links) > NAMED else ""
        names = f"{', '.join(links[:NAMED])}{more}"
        notes.append(f"{count(len(links), 'linked folder')} not followed: {names} (import one by its own path)")
    if n := counts["hidden"]:
        notes.append(f"{n} hidden {'file or folder' if n == 1 else 'files or folders'} left alone")
    return tuple(notes)
