"""Files that are whole or not there: atomic writes, hashes, and JSON lines that a kill cannot spoil.

The one place for them in the project. Work that continues after a kill (a download, an export of hours), and copies of
a memory that the next start must find and remove, have partial files with names of their own.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISREG
from typing import Any

from memory.paths import home, private_folder


@contextmanager
def whole_file(target: Path, *, private: bool = False) -> Iterator[Path]:
    """A path to write to; the file gets `target`'s name when the block ends, or is gone if it fails.

    On Linux the file has no name until then, so that a killed process leaves nothing behind. Elsewhere it lies beside
    `target`, ends in ".partial", is used by this process and thread alone, and is removed by the next write if this
    process is killed. `private`: readable by this user only (0600), as every file in Keepsake's own folder is. Bytes
    that must survive a power cut are to be synced by the block (`sync_file`). Raises OSError.
    """
    mode = 0o600 if private or target.absolute().is_relative_to(home().absolute()) else 0o666
    partial = target.with_name(f".{target.name}.{os.getpid()}-{threading.get_ident()}.partial")
    handle = _unnamed(target.parent, mode)
    if handle is None:
        _remove_abandoned(target)
        partial.unlink(missing_ok=True)
        if mode == 0o600:  # a new file, never one that another user has put there to read along
            os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
    try:
        if handle is None:
            yield partial
        else:
            yield Path(f"{_OPEN_FILES}/{handle}")
            try:
                _name(handle, target, partial)
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                shutil.copyfile(f"{_OPEN_FILES}/{handle}", partial)
                partial.chmod(os.fstat(handle).st_mode & 0o777)
        if handle is None or partial.exists():
            partial.replace(target)
    finally:
        if handle is not None:
            os.close(handle)
        with suppress(OSError):
            partial.unlink(missing_ok=True)


NOT_ORDINARY = "it is no ordinary file"
"""Said of a pipe, a device or a folder where a file should be."""
_NO_LINKS = (errno.EPERM, errno.EXDEV, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOENT, errno.ENOSYS)
"""What a system answers that has files without a name, but lets nobody name them."""
_OPEN_FILES = "/proc/self/fd"
"""Where Linux shows the open files of a process as paths."""


def _unnamed(folder: Path, mode: int) -> int | None:
    """A new file without a name in `folder`, open for writing; None where the system has no such files."""
    if not hasattr(os, "O_TMPFILE") or not os.path.isdir(_OPEN_FILES):
        return None
    try:
        return os.open(folder, os.O_TMPFILE | os.O_RDWR, mode)
    except OSError as error:
        if error.errno in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL):  # a file system that cannot
            return None
        raise


def _name(handle: int, target: Path, partial: Path) -> None:
    """Give an unnamed file the name of `target`; if there is such a file already, that of `partial`."""
    folder = os.open(target.parent, os.O_RDONLY)  # with a folder, Python follows the link to the open file
    try:
        if not os.path.lexists(target):
            with suppress(FileExistsError):
                os.link(f"{_OPEN_FILES}/{handle}", target.name, dst_dir_fd=folder)
                return
        _remove_abandoned(target)
        with suppress(FileNotFoundError):
            os.unlink(partial.name, dir_fd=folder)
        os.link(f"{_OPEN_FILES}/{handle}", partial.name, dst_dir_fd=folder)
    finally:
        os.close(folder)


def _remove_abandoned(target: Path) -> None:
    """Remove partial files of `target` whose process is dead."""
    name = re.compile(rf"\.{re.escape(target.name)}\.(\d+)-\d+\.partial")
    with suppress(OSError):
        for file in os.scandir(target.parent):
            if (match := name.fullmatch(file.name)) and not _runs(int(match[1])):
                os.unlink(file.path)


def _runs(process: int) -> bool:
    """Whether a process with this number runs."""
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # another user's
        return True
    return True


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


def read_ordinary(path: Path, most: int) -> bytes:
    """The bytes of an ordinary file of at most `most` bytes: a pipe would wait for ever, a device never end.

    Raises OSError, whose `strerror` says so.
    """
    stat = path.stat()
    if not S_ISREG(stat.st_mode):
        raise OSError(errno.EINVAL, NOT_ORDINARY, str(path))
    if stat.st_size > most:
        raise OSError(errno.EFBIG, f"it is larger than {most >> 20} MB", str(path))
    return path.read_bytes()


def sync(file: Path) -> None:
    """Wait until the file's bytes and its name are on the disk. Raises OSError."""
    sync_file(file)
    sync_file(file.parent)


def sync_file(file: Path) -> None:
    """Wait until the bytes of a file, or the names in a folder, are on the disk. Raises OSError."""
    handle = os.open(file, os.O_RDONLY)
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
