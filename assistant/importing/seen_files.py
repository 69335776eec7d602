"""Files that an import has decoded before: from the hash of a file's bytes to the hash of its photo's pixels.

A photo is known by its pixels, and decoding photos again only to see that they are in the memory takes a resumed import
most of its time. So each decoded file has a line of two hashes, under `cache/`, where any forget deletes them all. The
list only saves time and decides nothing: a photo that the memory does not have is decoded.

Lines are not JSON and not written by `memory/files.py`: the file is private (0600), and each line begins with its line
break, so that a line cut off by a kill spoils no other.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path

from memory.paths import private_folder

_LINE = re.compile(r"([0-9a-f]{64}) ([0-9a-f]{64})")


class SeenFiles:
    """The list in `folder`; with `keep=False` it is only read. A list that cannot be read counts as empty."""

    def __init__(self, folder: Path, *, keep: bool = True) -> None:
        self.file, self.keep = folder / "files", keep
        self._photos: dict[str, str] = {}
        with suppress(OSError):
            lines = self.file.read_text("ascii", "replace").splitlines()
            self._photos = {match[1]: match[2] for line in lines if (match := _LINE.fullmatch(line))}

    def photo(self, data: bytes) -> str | None:
        """The sha256 of the pixels of the photo in a file with these bytes; None for a file not decoded before."""
        return self._photos.get(hashlib.sha256(data).hexdigest())

    def add(self, data: bytes, photo: str) -> None:
        """Enter a file, by its bytes, with the sha256 of its photo's pixels."""
        digest = hashlib.sha256(data).hexdigest()
        if digest in self._photos or not self.keep:
            return
        self._photos[digest] = photo
        with suppress(OSError):  # a full or read-only disk costs speed
            private_folder(self.file.parent.parent)
            handle = os.open(private_folder(self.file.parent) / "files", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(f"\n{digest} {photo}")
