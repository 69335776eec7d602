"""Results on disk that can be computed again: private, checked, bounded, and never in anybody's way.

`DiskCache` is a folder of entries. A damaged or missing entry is a miss; a full or read-only disk costs speed, not an
error. Entries appear by renaming, so several processes may share a folder. What they hold is private: visual tokens
of photos (`vision/`) and the state of the last conversation (`talk/`). `forget` removes what belongs to a photo.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from memory.errors import KeepsakeError
from memory.paths import home, private_folder

MAGIC = b"keepsake cache 1\n"
FORMAT = 1
"""Part of every key; changes with what entries hold."""
MB = 1 << 20
VISION_BYTES, TALK_BYTES = 512 * MB, 1024 * MB
ABANDONED = 3600.0
"""Seconds after which a half-written entry counts as left behind by a killed process."""


def root() -> Path:
    """Where all caches lie."""
    return home() / "cache"


class DiskCache:
    """Entries of at most `limit` bytes together; those not used for longest go first."""

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder, self.limit = folder, limit

    def put(self, name: str, header: dict[str, Any], body: bytes | memoryview) -> bool:
        """Keep an entry. False when it could not be kept, whatever the reason."""
        head = json.dumps({**header, "name": name, "body": hashlib.sha256(body).hexdigest()}).encode() + b"\n"
        lines = MAGIC + hashlib.sha256(head).hexdigest().encode() + head
        if len(lines) + len(body) > self.limit:
            return False
        partial = None
        try:
            private_folder(self.folder.parent)
            handle, path = tempfile.mkstemp(".partial", dir=private_folder(self.folder))  # 0600
            partial = Path(path)
            with open(handle, "wb") as file:
                file.write(lines)
                file.write(body)
            self._make_room()
            partial.replace(self.folder / name)
            return True
        except OSError:
            if partial:
                with suppress(OSError):
                    partial.unlink()
            return False

    def peek(self, name: str) -> dict[str, Any] | None:
        """An entry's header alone; its body may still turn out damaged."""
        found = self._read(name, with_body=False)
        return found[0] if found else None

    def get(self, name: str) -> tuple[dict[str, Any], bytes] | None:
        """An entry, whole, or None."""
        found = self._read(name, with_body=True)
        if found:
            with suppress(OSError):
                os.utime(self.folder / name)  # used now: goes last
        return found

    def drop(self, name: str) -> None:
        """Remove an entry, or several: `name` may be a pattern."""
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
        """Remove the oldest entries until all, those being written included, are within the limit."""
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


def vision(folder: Path) -> DiskCache:
    """Visual tokens by photo: names begin with the photo's sha256 and a dot."""
    return DiskCache(folder / "vision", VISION_BYTES)


def talk(folder: Path) -> DiskCache:
    """The state of the last conversation, one entry a model."""
    return DiskCache(folder / "talk", TALK_BYTES)


def epoch(folder: Path) -> str:
    """Changes whenever something is forgotten: what was computed before may hold it and must not be kept."""
    try:
        return (folder / "epoch").read_text(encoding="ascii")
    except (OSError, UnicodeError):
        return ""


def forget(sha256: str, folder: Path | None = None) -> None:
    """Remove a photo's visual tokens, and every kept conversation, since any may hold it.

    Engines that run at this moment, in any process, keep nothing of what they have read so far.
    Raises KeepsakeError when something is there and cannot be removed.
    """
    folder = folder or root()
    if not folder.is_dir():
        return
    try:
        partial = folder / f"epoch.{os.getpid()}.partial"
        partial.write_text(secrets.token_hex(8), encoding="ascii")
        partial.replace(folder / "epoch")
        for path in [*(folder / "vision").glob(f"{sha256}.*"), *(folder / "talk").glob("*")]:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise KeepsakeError(f"{folder} still holds what should be forgotten: {error.strerror}; remove it") from error
