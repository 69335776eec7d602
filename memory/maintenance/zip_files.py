"""The files of a ZIP that anybody may have made: bounded before anything is unpacked, and one kind of error.

A folder that was unpacked and zipped again counts as the same ZIP: entries for folders, what a Finder or a Windows
Explorer adds, backslashes in names and a folder around everything are taken away.
"""

from __future__ import annotations

import errno
import lzma
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from memory.files import NOT_ORDINARY

LARGEST = 1 << 28
"""Bytes of the largest file that is unpacked."""
DENSEST = 40
"""A ZIP of photos and texts is at most so many times larger when it is unpacked, ..."""
SPARE = 1 << 28
"""... and so many bytes besides."""
MOST_FILES = 1_000_000
METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""Ways of packing that are read: others are rare, and unpack without a bound."""
UTF8 = 0x800
"""The bit by which an entry says that its name is UTF-8."""
CODES = (
    "cp850 cp1252 cp852 cp1250 cp866 cp1251 cp932 gbk cp949 cp950 cp857 cp1254 cp737 cp1253 cp862 cp1255 cp720 cp1256"
    " cp775 cp1257 cp874 cp1258"
).split()
"""Codes in which Windows writes names, besides that of the first PC."""
LOCKED = 1
"""The bit by which an entry says that it is encrypted."""
LITTER = frozenset(
    {"__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "@eadir", "system volume information"}
)
"""Names of what systems add to folders, in small letters; besides, all that begins with a dot."""
ERRORS = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, ValueError, struct.error, IndexError)
"""What Python's zipfile raises on damaged files: a RuntimeError, too, for a way of packing that it does not know, and a
ValueError for a name that is no text."""


class DamagedZip(Exception):
    """The ZIP is damaged, or made to do harm; the message says where."""


class ZipFiles:
    """The files of an open ZIP by name, each once."""

    def __init__(self, archive: zipfile.ZipFile, size: int) -> None:
        """`size`: bytes of the ZIP. Raises DamagedZip."""
        self._archive = archive
        entries = [info for info in archive.infolist() if not _litter(info)]
        bound(entries, size)
        names = [_path(info) for info in entries]
        around = _folder_around(names)
        self._infos = {name.removeprefix(around): info for name, info in zip(names, entries, strict=True)}
        if twice := [name for name, n in Counter(names).items() if n > 1]:
            raise DamagedZip(f"{twice[0]!r} is in it twice")

    def __contains__(self, name: str) -> bool:
        return name in self._infos

    def names(self) -> list[str]:
        """All names, in the order of the ZIP."""
        return list(self._infos)

    def read(self, name: str) -> bytes:
        """The bytes of a file. Raises DamagedZip."""
        return unpacked(self._archive, self._infos[name])


def bound(entries: Sequence[zipfile.ZipInfo], size: int) -> None:
    """Raise DamagedZip where entries of a ZIP of `size` bytes claim more, all together, than it can hold."""
    if len(entries) > MOST_FILES or sum(info.file_size for info in entries) > DENSEST * size + SPARE:
        raise DamagedZip("it claims to hold far more than its size allows")


def unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, largest: int = LARGEST) -> bytes:
    """The bytes of an entry. Raises DamagedZip."""
    name = repr(info.filename)
    if info.file_size > largest:
        raise DamagedZip(f"{name} is larger than {largest >> 20} MB")
    if info.compress_type not in METHODS:
        raise DamagedZip(f"{name} is packed in a way that is not read: pack it as an ordinary ZIP")
    if info.flag_bits & LOCKED:
        raise DamagedZip(f"{name} is locked with a password: zip it without one")
    try:
        return archive.read(info)
    except (*ERRORS, OSError) as error:
        raise DamagedZip(f"{name} cannot be unpacked: {error}") from error


@contextmanager
def opened_zip(path: Path) -> Iterator[ZipFiles]:
    """The files of the ZIP at `path`. Raises DamagedZip, and OSError where the file cannot be read at all."""
    with zip_archive(path) as archive:
        yield ZipFiles(archive, path.stat().st_size)


@contextmanager
def zip_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """An open ZIP; opening raises DamagedZip for every kind of damage, and OSError where it cannot be read at all."""
    if path.exists() and not path.is_file():  # opening a pipe would wait for ever
        raise OSError(errno.EINVAL, NOT_ORDINARY, str(path))
    with open(path, "rb") as file:  # first: what the system says of the file itself is no damage of the ZIP
        try:
            archive = zipfile.ZipFile(file)
        except (*ERRORS, OSError, OverflowError) as error:
            raise DamagedZip(f"its directory cannot be read: {error}") from error
        with archive:
            yield archive


def written_names(info: zipfile.ZipInfo) -> list[str]:
    """The names that an entry of a ZIP may have, with slashes between folders, the likeliest first.

    Some programs write UTF-8 without saying so, and a Windows Explorer the letters of its country.
    """
    name = info.filename.replace("\\", "/")
    if name.isascii() or info.flag_bits & UTF8:
        return [name]
    names = [name]
    with suppress(UnicodeError):
        raw = name.encode("cp437")  # as zipfile has read it
        for code in CODES:
            with suppress(UnicodeError):
                names.append(raw.decode(code))
        with suppress(UnicodeError):
            names.insert(0, raw.decode("utf-8"))
    return names


def _litter(info: zipfile.ZipInfo) -> bool:
    steps = _path(info).casefold().split("/")
    hidden = any(step.startswith(".") and step != ".." for step in steps)
    return info.is_dir() or info.filename.endswith("\\") or hidden or not LITTER.isdisjoint(steps)


def _path(info: zipfile.ZipInfo) -> str:
    return info.filename.replace("\\", "/").removeprefix("./")


def _folder_around(names: list[str]) -> str:
    """The innermost folder, with its slash, in which all files lie; "" when there is none."""
    common: list[str] = []
    for steps in zip(*(PurePosixPath(name).parts[:-1] for name in names), strict=False):
        if len(set(steps)) > 1:
            break
        common.append(steps[0])
    return f"{'/'.join(common)}/" if common else ""
