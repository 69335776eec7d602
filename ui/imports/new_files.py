"""Which photos in a folder, or below it, are new and whole: what a watched folder (`folder_watch.py`) brings in.

A look asks each folder when it was last changed, and reads only those that were: so a large folder costs little, and of
the photos that lie there already nothing is held. A photo is new when its file came there (its ctime) after the
beginning, or with a folder that came; it is whole when two looks find the same size and time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from assistant.importing.libraries.folder_level import hidden
from assistant.photo import is_photo_file
from memory.paths import home

SETTLED = 2.0
"""Seconds after which a folder that was not changed will show a change by its time: some file systems count so."""
MOST_BAD = 200
"""So many files that could not be read are looked at again."""


class _Seen(NamedTuple):
    """A folder as it was read."""

    changed: int
    """Its mtime in nanoseconds; 0 where it may have changed since within the same tick of the clock."""
    below: tuple[str, ...]
    """Names of the folders in it."""


class _File(NamedTuple):
    """A file as a look found it."""

    size: int
    changed: int
    came: float
    """Its ctime: seconds since 1970."""

    def same(self, other: _File | None) -> bool:
        """Whether it is as it was, and not empty."""
        return other is not None and self.size > 0 and self[:2] == other[:2]


class NewFiles:
    """The new photos below `root`: those whose files came after `since` (seconds since 1970)."""

    def __init__(self, root: Path, since: float) -> None:
        self.root, self.since = root, since
        self._until = since
        self._folders: dict[Path, _Seen] = {}
        self._waiting: dict[Path, _File] = {}
        self._done: dict[Path, _File] = {}
        self._bad: dict[Path, _File] = {}
        self._first, self._home = True, home()

    @property
    def until(self) -> float:
        """Up to when all that came was brought in: where a later watch begins."""
        return min([self._until, *(file.came for file in self._waiting.values())])

    def look(self) -> list[Path]:
        """The photos that are new and whole. Raises OSError when the folder is not there."""
        began = time.time()
        os.scandir(self.root).close()
        found = dict(self._changed())
        again = {**self._waiting, **self._bad}
        for path in [path for path in again if path not in found]:
            with suppress(OSError):
                found[path] = _file(path.stat())
        ready = [path for path, file in found.items() if file.same(self._waiting.get(path))]
        self._waiting = {
            path: file
            for path, file in found.items()
            if not file.same(self._done.get(path)) and not file.same(self._bad.get(path))
        }
        self._first, self._until = False, max(self.since, began - SETTLED)
        return sorted(path for path in ready if path in self._waiting)

    def done(self, paths: Collection[Path], bad: Collection[Path] = ()) -> None:
        """These were brought in, or are known; `bad`: those of them that could not be read, perhaps not yet."""
        for path in paths:
            if file := self._waiting.pop(path, None):
                (self._bad if path in bad and len(self._bad) < MOST_BAD else self._done)[path] = file

    def _changed(self) -> Iterator[tuple[Path, _File]]:
        """The files that came into folders which have changed since the last look."""
        rest = [self.root]
        there: dict[Path, _Seen] = {}
        while rest:
            folder = rest.pop()
            before = self._folders.get(folder)
            try:
                changed = folder.stat()
                if before is None or changed.st_mtime_ns != before.changed:
                    whole_folder = before is None and not self._first
                    below, files = self._read(folder, whole_folder)
                    unsettled = abs(time.time() - changed.st_mtime) < SETTLED
                    before = _Seen(0 if unsettled else changed.st_mtime_ns, tuple(below))
                    yield from files
            except OSError:  # gone since, or not to be read: the next look sees
                continue
            there[folder] = before
            rest += [folder / name for name in before.below]
        self._folders = there

    def _read(self, folder: Path, whole_folder: bool) -> tuple[list[str], list[tuple[Path, _File]]]:
        below, files = [], []
        with os.scandir(folder) as entries:
            for entry in entries:
                if hidden(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if folder / entry.name != self._home:
                        below.append(entry.name)
                elif is_photo_file(path := folder / entry.name):
                    file = _file(entry.stat())
                    if (whole_folder or file.came >= self.since) and not file.same(self._done.get(path)):
                        files.append((path, file))
        return below, files


def _file(stat: os.stat_result) -> _File:
    return _File(stat.st_size, stat.st_mtime_ns, stat.st_ctime)
