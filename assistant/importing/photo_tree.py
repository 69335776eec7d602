"""A folder of photos as the source of an import: all photos in it and below it, in the order of their names.

One folder after the other is read, so of a library of any size only the files of one folder are in memory at a time.
Links to folders are not followed, so no photo comes twice, and they are named. Of a photo and its edited twin the
edited one comes in, of a live photo the picture; what their sidecars say comes with them (`sidecars.py`), and what the
lists of Apple's say (`apple_lists.py`).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path, PurePath

from assistant.importing.automatic_words import is_screenshot
from assistant.importing.file_metadata import words_of_name
from assistant.importing.import_source import Item, Sidecar, Source
from assistant.importing.libraries import apple_lists
from assistant.importing.libraries.folder_level import Level, hidden, sort_names
from assistant.importing.libraries.takeout_parts import export_of, in_other_parts, in_takeout, parts_in
from assistant.importing.sidecars import LONGEST, read_sidecars
from assistant.metadata.name_day import DayOrder, day_of_name
from assistant.photo import is_photo_file, read_file, shown
from memory.files import read_ordinary
from memory.text import count

LIBRARY, ORIGINALS = ".photoslibrary", frozenset(["originals", "masters"])
"""The ending of a library of Apple Photos, and the folders in it that hold photos, not copies."""
ALL_PARTS = (
    "it lies in another part; put all parts into one folder and import that, now or later: "
    "words and days then come to the photos that are kept"
)
NAMED = 5
"""So many linked folders, and photos that are left out, are named."""


def sort_level(root: Path, folder: Path, names: Collection[str], parts: Sequence[Path] = ()) -> Level:
    """Sort the files of a folder in `root` by their names and, where these have no suffix, by their first bytes.

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
    level = sort_names(level, photos, rest, in_other_parts(folder, parts))
    trash = folder != root and folder.name.casefold() == apple_lists.TRASH
    level.take_lists(lambda name: partial(read_ordinary, folder / name, apple_lists.LONGEST), trash=trash)
    return level


def _albums(root: Path, folder: Path) -> dict[str, str]:
    """The albums of the photos in a folder of an export of Apple, whose lists may lie in another part of it."""
    part = folder.parent
    parts = [part] if part.is_relative_to(root) else []
    if part.parent.is_relative_to(root):
        parts = [one for one in part.parent.iterdir() if one.is_dir()]
    lists = [file for one in parts for file in (one / "Albums").glob("*.csv")]
    reads = [(file.name, partial(read_ordinary, file, apple_lists.LONGEST)) for file in lists]
    names = [name for one in parts if (one / folder.name).is_dir() for name in os.listdir(one / folder.name)]
    return apple_lists.albums_of(reads, names)


def levels(root: Path, unreadable: Callable[[OSError], object] = lambda error: None) -> Iterator[Level]:
    """The folders in `root` and below it, one after the other; `unreadable` hears of those that cannot be read."""
    exports: list[tuple[Path, ...]] = []
    albums: dict[Path, dict[str, str]] = {}
    for folder, folders, names in os.walk(root, onerror=unreadable):
        path = Path(folder)
        visible = sorted(name for name in folders if not hidden(name))
        links = [name for name in visible if (path / name).is_symlink()]
        if path.suffix.lower() == LIBRARY and any(name.lower() in ORIGINALS for name in folders):
            visible, names = [name for name in visible if name.lower() in ORIGINALS], []
        if parts := parts_in(path, visible):
            exports.append(parts)
        level = sort_level(root, path, names, export_of(path, exports))
        level.hidden += len(folders) - len(visible)
        level.links = links
        if level.of_apple:
            above = path.parent.parent
            if above not in albums:
                albums[above] = _albums(root, path)
            level.albums = albums[above]
        folders[:] = visible
        yield level


def items_of(root: Path, level: Level, order: DayOrder | None = None) -> Iterator[Item]:
    """The photos of a level."""
    for name, sidecars in level.photos:
        path = level.folder / name
        files = [((level.folder / one).name, partial(read_ordinary, level.folder / one, LONGEST)) for one in sidecars]
        below = path.relative_to(root)
        steps, listed = level.steps_of(name, below.parent.parts), level.listed(name)
        yield item_of(below, steps, partial(read_file, path), files, partial(_changed, path), path, listed, order)


def item_of(
    name: PurePath,
    steps: tuple[str, ...],
    read: Callable[[], bytes],
    sidecars: Sequence[tuple[str, Callable[[], bytes]]],
    changed: Callable[[], datetime | None],
    path: Path | None = None,
    listed: Sidecar | None = None,
    order: DayOrder | None = None,
) -> Item:
    """A photo in folders (`steps`); `sidecars`: a name and what reads the file, each; `changed`: when it was; `listed`:
    what a list says of it; `order`: that of days in names."""
    file_time = changed()
    day, date_source = day_of_name(name.stem, file_time, order), "name"
    if day is None:
        day, date_source = file_time, "file" if file_time else ""
    return Item(
        shown(str(name)),
        read,
        (),
        words_of_name(name.stem) or _words_of_folders(steps),
        day,
        date_source,
        partial(read_sidecars, sidecars, listed) if sidecars or listed else None,
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
    order: DayOrder | None

    def __len__(self) -> int:
        return self.total

    def __iter__(self) -> Iterator[Item]:
        for level in levels(self.root):
            yield from items_of(self.root, level, self.order)


def folder_source(root: Path, order: DayOrder | None = None) -> Source:
    """All photos in a folder and below it; `order`: that of days in their names."""
    counts: Counter[str] = Counter()
    others: list[str] = []
    links: list[str] = []
    unusable: list[tuple[str, str]] = []
    left_out: list[tuple[str, str]] = []

    def unreadable(error: OSError) -> None:
        unusable.append((shown(os.path.relpath(error.filename, root)), f"cannot be read ({error.strerror})"))

    for level in levels(root, unreadable):
        below = level.folder.relative_to(root)
        counts.update(hidden=level.hidden, photos=len(level.photos), clips=len(level.clips))
        counts.update(
            alone=level.alone,
            originals=len(level.originals),
            listed=sum(level.listed(name) is not None for name, _ in level.photos),
            sidecars=sum(bool(sidecars) for _, sidecars in level.photos),
        )
        others += [shown(below / name) for name in level.others]
        links += [shown(below / name) for name in level.links]
        unusable += [(shown(below / name), why) for name, why in level.unusable]
        left_out += [(shown(below / name), why) for why, name in level.left_out]
    notes, photos = notes_of(counts, links, left_out), _Photos(root, counts["photos"], order)
    return Source("folder", photos, tuple(unusable), tuple(others), notes, tuple(left_out))


def files_source(root: Path, files: Collection[Path]) -> Source:
    """Some photos below a folder."""
    by_folder: dict[Path, set[str]] = {}
    for path in files:
        by_folder.setdefault(path.parent, set()).add(path.name)
    items: list[Item] = []
    above = {at for folder in by_folder for at in (folder, *folder.parents) if at.is_relative_to(root)}
    exports = [parts_in(at, os.listdir(at)) for at in above if at.is_dir()]
    for folder, wanted in sorted(by_folder.items()):
        try:
            level = sort_level(root, folder, os.listdir(folder), export_of(folder, exports))
        except OSError:  # gone since
            continue
        level.photos = [(name, sidecars) for name, sidecars in level.photos if name in wanted]
        level.albums = _albums(root, folder) if level.of_apple else {}
        items += items_of(root, level)
    return Source("folder", tuple(items))


def notes_of(
    counts: Counter[str], links: Sequence[str] = (), left_out: Sequence[tuple[str, str]] = ()
) -> tuple[str, ...]:
    """Lines about what is not imported as it lies there."""
    notes = []
    if n := counts["listed"]:
        notes.append(f"{count(n, 'photo')} in a list of Apple's: its day counts where the photo says none")
    for why, hint in (("deleted", ""), ("hidden", "; to import one, copy it into another folder")):
        if names := [PurePath(name).name for name, reason in left_out if reason == why]:
            notes.append(f"{count(len(names), 'photo')} left out, {why} in Apple Photos: {_some(names)}{hint}")
    if n := counts["sidecars"]:
        notes.append(f"{count(n, 'photo')} with a sidecar file: its description, day and people count")
    if n := counts["alone"]:
        notes.append(f"{count(n, 'photo')} of a Takeout without the JSON that has the words and the day: {ALL_PARTS}")
    if n := counts["clips"]:
        notes.append(f"{count(n, 'clip')} of live photos left out: the pictures come in")
    if n := counts["originals"]:
        notes.append(f"{count(n, 'original')} left out: the edited twin comes in")
    if links:
        notes.append(f"{count(len(links), 'linked folder')} not followed: {_some(links)} (import one by its own path)")
    if n := counts["hidden"]:
        notes.append(f"{n} hidden {'file or folder' if n == 1 else 'files or folders'} left alone")
    return tuple(notes)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"
