"""The files of one folder, on the disk or in a ZIP, sorted by their names: photos, and what belongs to them.

No file is opened here but the lists of Apple's (`apple_lists.py`).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant.importing.import_source import Sidecar
from assistant.importing.libraries import apple_lists
from assistant.importing.libraries.apple_lists import Detail, Read
from assistant.importing.sidecars import ALBUM, is_clip, key_of, original_of, sidecars_of

BESIDE = frozenset(["@eadir", "thumbs.db", "desktop.ini", "__macosx", "system volume information"])
"""Files and folders that other systems leave beside photos: counted as hidden."""
TRASH = frozenset(["$recycle.bin", "recycler", "recycled", "#recycle", "@recycle", "#snapshot", "@recently-snapshot"])
"""Folders of Windows and of disks in a network that hold what was deleted, or states of before: as hidden."""
PREVIEWS = (".lrdata", ".photolibrary-thumbnails")
"""Endings of folders that hold only small copies of photos."""
EDITS = ".aae"
"""The ending of the file in which Apple's programs keep how a photo was edited."""


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
    of_apple: bool = False
    """Whether lists of Apple's lie in the folder, which say what follows."""
    details: dict[str, Detail] = field(default_factory=dict)
    albums: Mapping[str, str] = field(default_factory=dict)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    """Why a photo is left out, and its name."""
    unusable: list[tuple[str, str]] = field(default_factory=list)

    def take_lists(self, read: Callable[[str], Read], *, trash: bool) -> None:
        """Take what lists of Apple's among the files say; `read` makes of a name what reads the file. `trash`: all lies
        in the folder of what was deleted."""
        if trash:
            self.left_out, self.photos = [("deleted", name) for name, _ in self.photos], []
            self.clips, self.others = [], []
            return
        lists = [name for name in self.others if apple_lists.DETAILS.fullmatch(name)]
        self.of_apple = bool(lists)
        self.details, self.unusable = apple_lists.details_of({name: read(name) for name in lists})
        if self.folder.name.casefold() in apple_lists.LISTS:
            lists += [one for one in self.others if one.lower().endswith(".csv") and apple_lists.is_list(read(one))]
        self.others = [name for name in self.others if name not in lists]
        kept = []
        for name, sidecars in self.photos:
            if (detail := self.details.get(key_of(name))) and detail.left_out:
                self.left_out.append((detail.left_out, name))
            else:
                kept.append((name, sidecars))
        self.photos = kept

    def listed(self, name: str) -> Sidecar | None:
        """What the lists say of a photo. Its day does not correct the camera's."""
        detail = self.details.get(key_of(name))
        return Sidecar(date=detail.taken, uploaded=True) if detail and detail.taken else None

    def steps_of(self, name: str, steps: tuple[str, ...]) -> tuple[str, ...]:
        """The folders that may say what a photo shows; Apple's are called "Part 1 of 3"."""
        return tuple(filter(None, [self.albums.get(key_of(name))])) if self.of_apple else steps


def sort_names(level: Level, photos: Sequence[str], rest: Sequence[str], elsewhere: Mapping[str, list[str]]) -> Level:
    """Sort names of photos and of other files into a level; `elsewhere`: paths in other parts, by keys of the names."""
    own = {key_of(name): name for name in rest}
    files = {**{key: paths[0] for key, paths in elsewhere.items() if key.endswith(".json")}, **own}
    stems = {key_of(os.path.splitext(name)[0]): name for name in photos}
    twins = {key_of(original) for name in photos if (original := original_of(os.path.splitext(name)[0]))}
    originals = _originals(photos) if twins else frozenset()
    here = Counter(map(key_of, photos))
    for name in photos:
        mine = {key_of(one): one for one in rest if one.startswith(name)} if here[key_of(name)] > 1 else {}
        sidecars = sidecars_of(name, {**files, **mine} if mine else files, here)
        level.read.update(sidecars)
        if name in originals:
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


def _originals(photos: Sequence[str]) -> frozenset[str]:
    """The photos of which the edited twin is here: of several formats that of the twin, else the only one."""
    formats: dict[str, list[str]] = {}
    for name in photos:
        formats.setdefault(key_of(os.path.splitext(name)[0]), []).append(name)
    found = set()
    for name in photos:
        stem, suffix = os.path.splitext(name)
        if original := original_of(stem):
            there = formats.get(key_of(original), [])
            alike = [one for one in there if key_of(one).endswith(suffix.lower())]
            found.update(alike or there if len(alike or there) == 1 else alike)
    return frozenset(found)


def hidden(name: str) -> bool:
    """Whether a file or folder is left alone: by its name it is hidden, or not meant for people."""
    lower = name.lower()
    return name.startswith(".") or lower in BESIDE or lower in TRASH or lower.endswith(PREVIEWS)
