"""Files an import has looked at: from the hash of a file's bytes to that of its photo's pixels. Only to be fast.

A photo is known by its pixels, and decoding it again to see that it is in the memory costs an import that goes on from
where it was killed most of its time. So a line of two hashes is kept for each file, under `cache/`, where any forget
deletes them all. Nothing is decided by it: what the memory does not have is decoded. Without it all is only slower.
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
    """The list in `folder`; `keep=False` only reads it. A list that cannot be read or written is an empty one."""

    def __init__(self, folder: Path, *, keep: bool = True) -> None:
        self.file, self.keep = folder / "files", keep
        self._photos: dict[str, str] = {}
        with suppress(OSError):
            lines = self.file.read_text("ascii", "replace").splitlines()
            self._photos = {found[1]: found[2] for line in lines if (found := _LINE.fullmatch(line))}

    def photo(self, data: bytes) -> str | None:
        """Hash of the pixels of the photo in a file with these bytes, if it was looked at."""
        return self._photos.get(hashlib.sha256(data).hexdigest())

    def add(self, data: bytes, photo: str) -> None:
        """Enter a file's bytes and the hash of its photo's pixels."""
        digest = hashlib.sha256(data).hexdigest()
        if digest in self._photos or not self.keep:
            return
        self._photos[digest] = photo
        with suppress(OSError):  # a full or read-only disk costs speed
            private_folder(self.file.parent.parent)
            handle = os.open(private_folder(self.file.parent) / "files", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(f"\n{digest} {photo}")  # in front, so that a torn line spoils no other
