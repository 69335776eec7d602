"""A cache on disk of results that can be computed again: private, checked by hash, and bounded.

`DiskCache` is a folder of entries. A damaged or missing entry is a miss; a full or read-only disk costs speed and is no
error. Entries appear by renaming, so several processes may share a folder. Their contents are private: visual tokens of
photos (`vision/`) and the state of the last conversation (`talk/`). `forget` removes what belongs to a photo.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from memory.errors import KeepsakeError
from memory.files import whole_file, write_text
from memory.paths import home, private_folder

MAGIC = b"keepsake cache 1\n"
FORMAT = 1
"""Part of every key; changes when the contents of entries do."""
MB = 1 << 20
VISION_BYTES, CONVERSATION_BYTES = 512 * MB, 1024 * MB
"""Bounds of the two folders of entries."""
ABANDONED = 3600.0
"""Age in seconds from which a partial file counts as left behind by a killed process."""


def root() -> Path:
    """The folder of all caches."""
    return home() / "cache"


class DiskCache:
    """Entries of at most `limit` bytes together; the least recently used are removed first."""

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder, self.limit = folder, limit

    def put(self, name: str, header: dict[str, Any], body: bytes | memoryview) -> bool:
        """Write an entry. False when that was not possible, for whatever reason."""
        head = json.dumps({**header, "name": name, "body": hashlib.sha256(body).hexdigest()}).encode() + b"\n"
        lines = MAGIC + hashlib.sha256(head).hexdigest().encode() + head
        if len(lines) + len(body) > self.limit:
            return False
        try:
            private_folder(self.folder.parent)
            partial_file = whole_file(private_folder(self.folder) / name, private=True)
            with partial_file as partial, open(partial, "wb") as file:
                file.write(lines)
                file.write(body)
            self._make_room()
            return True
        except OSError:
            return False

    def peek(self, name: str) -> dict[str, Any] | None:
        """An entry's header, or None; its body may still turn out to be damaged."""
        entry = self._read(name, with_body=False)
        return entry[0] if entry else None

    def get(self, name: str) -> tuple[dict[str, Any], bytes] | None:
        """An entry's header and body, or None."""
        entry = self._read(name, with_body=True)
        if entry:
            with suppress(OSError):
                os.utime(self.folder / name)  # used now: removed last
        return entry

    def remove(self, name: str) -> None:
        """Remove an entry, or several: `name` may be a glob pattern."""
        with suppress(OSError):
            for path in list(self.folder.glob(name)):
                path.unlink(missing_ok=True)

    def _read(self, name: str, *, with_body: bool) -> tuple[dict[str, Any], bytes] | None:
        try:
            with open(self.folder / name, "rb") as file:
                magic, digest, head = file.read(len(MAGIC)), file.read(64), file.readline()
                if magic != MAGIC or digest != hashlib.sha256(head).hexdigest().encode():
                    return None
                header: dict[str, Any] = json.loads(head)
                body = file.read() if with_body else b""
        except OSError:
            return None
        if header["name"] != name or (with_body and hashlib.sha256(body).hexdigest() != header["body"]):
            return None
        return header, body

    def _make_room(self) -> None:
        """Remove the least recently used entries until the folder is within the limit."""
        total, entries = 0, []
        with os.scandir(self.folder) as files:
            for file in files:
                with suppress(OSError):  # another process may just have removed it
                    stat = file.stat()
                    total += stat.st_size
                    if not file.name.endswith(".partial") or time.time() - stat.st_mtime > ABANDONED:
                        entries.append((stat.st_mtime_ns, stat.st_size, file.path))
        for _, size, path in sorted(entries) if total > self.limit else ():
            with suppress(FileNotFoundError):
                os.unlink(path)
            total -= size
            if total <= self.limit:
                break


def vision_cache(folder: Path) -> DiskCache:
    """The cache of visual tokens: names begin with the photo's sha256 and a dot."""
    return DiskCache(folder / "vision", VISION_BYTES)


def conversation_cache(folder: Path) -> DiskCache:
    """The cache of the last conversation's state, one entry a model."""
    return DiskCache(folder / "talk", CONVERSATION_BYTES)


def epoch(folder: Path) -> str:
    """A mark that changes whenever something is forgotten: results computed before must then not be written."""
    try:
        return (folder / "epoch").read_text(encoding="ascii")
    except (OSError, UnicodeError):
        return ""


def forget(sha256: str, folder: Path | None = None) -> None:
    """Remove a photo's visual tokens, and every saved conversation, since any may hold the photo.

    Engines that run at this moment, in any process, save nothing of what they have read so far.
    Raises KeepsakeError when an entry cannot be removed.
    """
    folder = folder or root()
    if not folder.is_dir():
        return
    try:
        write_text(folder / "epoch", secrets.token_hex(8))
        # A killed write leaves a partial file, whose name begins with a dot and has the hash in it.
        for path in [*(folder / "vision").glob(f"*{sha256}*"), *(folder / "talk").glob("*")]:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise KeepsakeError(f"{folder} still holds what should be forgotten: {error.strerror}; remove it") from error
