"""Files that are whole or not there: atomic writes, hashes, and JSON lines that a kill cannot spoil.

The one place for them in the project. What has to survive a kill half done (a download, an export of hours) keeps a
partial file of its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from memory.paths import home, private_folder


@contextmanager
def whole_file(target: Path, *, private: bool = False) -> Iterator[Path]:
    """A path beside `target` to write to. It gets `target`'s name when the block ends, and is removed if that fails.

    The path ends in ".partial" and belongs to this process and thread alone. `private`: for this user only (0600).
    """
    partial = target.with_name(f".{target.name}.{os.getpid()}-{threading.get_ident()}.partial")
    try:
        if private:
            os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
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
    """Add values to a file of JSON lines; a line that a kill had cut off is ended first. Raises OSError."""
    with open(path, "ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            cut_off = file.read(1) != b"\n"
            file.write(b"\n" * cut_off)
        file.write("".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values).encode("utf-8"))


def whole_lines(path: Path) -> list[str]:
    """The lines of a file that may be missing, each with its end, without one that a kill cut off."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [f"{line}\n" for line in text.split("\n")[:-1]]


def read_lines(path: Path) -> list[Any]:
    """The values of a file of JSON lines that may be missing, without one that a kill cut off."""
    return [json.loads(line) for line in whole_lines(path)]


def sync(file: Path) -> None:
    """Have the file's bytes and its name on the disk before going on."""
    for one in (file, file.parent):
        handle = os.open(one, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sha256(path: Path) -> str:
    """Hash of a file in hex, computed once for each size and time of change (kept in home()/hashes.json)."""
    stat = path.stat()
    key = f"{path.resolve()}:{stat.st_size}:{stat.st_mtime_ns}"
    hashes = private_folder(home()) / "hashes.json"
    try:
        known = json.loads(hashes.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    if key not in known:
        with open(path, "rb") as file:
            known[key] = hashlib.file_digest(file, "sha256").hexdigest()
        with suppress(OSError):  # no room, or not ours to write: it is computed again the next time
            write_text(hashes, json.dumps(known))
    return str(known[key])
