"""Files that are whole or not there: atomic writes, hashes, and JSON lines that a kill cannot spoil.

The one place for them in the project. Work that continues after a kill (a download, an export of hours), and copies of
a memory that the next start must find and remove, have partial files with names of their own.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISREG
from typing import Any

from memory.paths import home, private_folder


@contextmanager
def whole_file(target: Path, *, private: bool = False) -> Iterator[Path]:
    """A path beside `target` to write to; the file gets `target`'s name when the block ends, or is removed if it fails.

    The path ends in ".partial" and is used by this process and thread alone. `private`: readable by this user only
    (0600), as every file in Keepsake's own folder is. Bytes that must survive a power cut are to be synced by the block
    (`sync`). Raises OSError.
    """
    partial = target.with_name(f".{target.name}.{os.getpid()}-{threading.get_ident()}.partial")
    if private or target.absolute().is_relative_to(
        home().absolute()
    ):  # a new file, never one that another user has put there to read along
        partial.unlink(missing_ok=True)
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield partial
        partial.replace(target)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def write_bytes(target: Path, data: bytes, *, private: bool = False) -> None:
    """Write a file whole, or leave what was there. Raises OSError."""
    with whole_file(target, private=private) as partial:
        partial.write_bytes(data)


def write_text(target: Path, text: str, *, private: bool = False) -> None:
    """Write a text file (UTF-8) whole, or leave what was there. Raises OSError."""
    write_bytes(target, text.encode("utf-8"), private=private)


def write_json(target: Path, value: Any, *, indent: int | None = 2) -> None:
    """Write a JSON file whole, or leave what was there. Raises OSError."""
    write_text(target, json.dumps(value, indent=indent, ensure_ascii=False) + "\n")


def append_lines(path: Path, values: Iterable[Any]) -> None:
    """Append values to a file of JSON lines; a last line that a kill cut off is ended first. Raises OSError."""
    with open(path, "ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            cut_off = file.read(1) != b"\n"
            file.write(b"\n" * cut_off)
        file.write("".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values).encode("utf-8"))


def whole_lines(path: Path) -> list[str]:
    """The lines of a file, each with its newline, without a last one that a kill cut off; none without a file."""
    data = path.read_bytes() if path.exists() else b""
    text = data[: data.rfind(b"\n") + 1].decode("utf-8")  # what was cut off may end within a character
    return [f"{line}\n" for line in text.split("\n")[:-1]]


def read_lines(path: Path) -> list[Any]:
    """The values of a file of JSON lines, without a last line that a kill cut off; none when there is no file.

    Raises ValueError for a whole line that is not JSON: also for one that was cut off and then ended by `append_lines`.
    """
    return [json.loads(line) for line in whole_lines(path)]


def sync(file: Path) -> None:
    """Wait until the file's bytes and its name are on the disk. Raises OSError."""
    for one in (file, file.parent):
        handle = os.open(one, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sha256(path: Path) -> str:
    """SHA-256 of a file in hex, computed once for each size and time of change (stored in home()/hashes.json)."""
    stat = path.stat()
    if not S_ISREG(stat.st_mode):  # a pipe would wait for ever
        raise FileNotFoundError(errno.ENOENT, "is no ordinary file", str(path))
    key = f"{path.resolve()}:{stat.st_size}:{stat.st_mtime_ns}"
    hashes = private_folder(home()) / "hashes.json"
    try:
        known = json.loads(hashes.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        known = {}
    if not isinstance(known, dict):
        known = {}
    if key not in known:
        with open(path, "rb") as file:
            known[key] = hashlib.file_digest(file, "sha256").hexdigest()
        with suppress(OSError):  # no room, or not ours to write: it is computed again the next time
            write_text(hashes, json.dumps(known))
    return str(known[key])
