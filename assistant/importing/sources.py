"""Where an import comes from: photos in a folder, or an export of WhatsApp, Telegram or Signal. Decodes no photo.

A folder is read by `photo_tree.py`. A chat is a folder or ZIP with the chat's text (`whatsapp.py`, `telegram.py`,
`signal.py`) and media in it, or that text itself with the media beside it. A ZIP is not unpacked onto the disk, and of
a chat only files that its text names are read.
"""

from __future__ import annotations

import codecs
import os
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

from assistant.importing.chats import signal, telegram, whatsapp
from assistant.importing.chats.chat import Chat, DayOrder
from assistant.importing.chats.chat_source import Media, same, source
from assistant.importing.import_source import Source
from assistant.importing.photo_tree import folder_source, hidden
from assistant.photo import MAX_BYTES, SUFFIXES, read_file, shown
from memory.errors import KeepsakeError, PhotoError
from memory.files import read_ordinary
from memory.maintenance.zip_files import DamagedZip, bound, unpacked, written_names, zip_archive

_COPY = re.compile(r"(?: ?\(\d{1,2}\)| \d{1,2}| copy| - (?:copy|kopie|copie|copia))$", re.I)
ARCHIVES = frozenset(".7z .rar .tar .gz .tgz .bz2 .xz .zst".split())
"""Suffixes of packed files that are not opened."""
LONGEST_TEXT = 1 << 28
"""Bytes of the longest text of a chat that is read."""
TELEGRAM = "result.json"
"""The file that holds an export of Telegram."""
PAGES, AS_PAGES = "messages.html", "this is a chat of Telegram as pages, without its words: export it again as JSON"
"""The first file of an export of Telegram that only people can read, and what is said of it."""
SIGNAL = "main.jsonl"
"""The file that holds an export of Signal."""


@contextmanager
def open_source(path: Path, me: str | None = None, order: DayOrder | None = None) -> Iterator[Source]:
    """The source at `path`; a ZIP stays open as long as this context. Raises KeepsakeError.

    `me` is the user's name in a chat, `order` the order of its dates; both are inferred when they are None.
    """
    name = shown(path)
    try:
        if not path.exists():
            raise KeepsakeError(f"{name}: there is no such folder or file; check the name")
        if path.is_dir():
            yield _folder(path, me, order)
        elif _without_copy(path) == TELEGRAM:
            yield _telegram_folder(path, me)
        elif _without_copy(path) == SIGNAL:
            yield _signal_folder(path, me)
        elif path.suffix.lower() == ".txt":
            yield _chat_folder(path.parent, path, path.parent.name, me, order)
        elif path.is_file() and zipfile.is_zipfile(path):
            with zip_archive(path) as archive:
                yield _chat_zip(archive, path, me, order)
        elif path.suffix.lower() in SUFFIXES:
            raise KeepsakeError(f'{name}: this is one photo; `python -m assistant remember {name} "WORDS"` keeps it')
        elif path.suffix.lower() == ".zip":
            raise KeepsakeError(f"{name}: it is no whole ZIP, but cut short or damaged; copy it again")
        elif path.suffix.lower() in ARCHIVES:
            raise KeepsakeError(f"{name}: only ZIPs are opened; unpack it, then name the folder")
        else:
            raise KeepsakeError(
                f"{name}: import a folder of photos, or the export of a chat (WhatsApp, Telegram, Signal)"
            )
    except DamagedZip as error:
        raise KeepsakeError(f"{name}: it is damaged ({shown(str(error))}); export the chat again") from error
    except OSError as error:
        raise KeepsakeError(f"{shown(error.filename or name)}: cannot be read ({error.strerror})") from error


def _folder(path: Path, me: str | None, order: DayOrder | None) -> Source:
    """The source that a folder is; where nothing else lies in it than the folder of a chat, that one is."""
    name, inside = shown(path), list(path.iterdir())
    if chat := _chat_in(path, inside, me, order):
        return chat
    if (path / "episodes.jsonl").is_file() and (path / "SHA256SUMS").is_file():
        hint = "zip it, then `python -m memory import` that ZIP"
        raise KeepsakeError(f"{name}: this is an export of Keepsake, unpacked: {hint}")
    seen = [one for one in inside if not hidden(one.name)]
    alone = len(seen) == 1 and seen[0].is_dir() and not seen[0].is_symlink()
    if alone and (chat := _chat_in(seen[0], list(seen[0].iterdir()), me, order)):
        return chat
    found = folder_source(path)
    notes = [AS_PAGES] if (path / PAGES).is_file() else []
    chats = [
        other for other in found.others if _is_text(Path(other)) or _without_copy(Path(other)) in (TELEGRAM, SIGNAL)
    ]
    if chats:
        notes.append(f"{', '.join(chats[:3])}: if this is a chat, import its folder by itself, for what was said")
    return replace(found, notes=(*found.notes, *notes))


def _chat_in(path: Path, inside: Sequence[Path], me: str | None, order: DayOrder | None) -> Source | None:
    """The export of a chat that the files of a folder are; None where they are none."""
    files = [file for file in inside if file.is_file()]
    if text := _text_in(files, shown(path)):
        return _chat_folder(path, text, path.name, me, order)
    for file in files:
        if _without_copy(file) == TELEGRAM and _holds_telegram(file):
            return _telegram_folder(file, me)
        if _without_copy(file) == SIGNAL and _holds_signal(file):
            return _signal_folder(file, me)
    return None


def _without_copy(file: Path) -> str:
    """A file's name in small letters, without what a system adds to a second one: `_chat (1).txt` is `_chat.txt`."""
    return f"{_COPY.sub('', file.stem)}{file.suffix}".lower()


def _is_text(file: Path) -> bool:
    """Whether a file's name is that of a chat's text: `_chat.txt`, or a .txt with "WhatsApp" in its name."""
    named = _without_copy(file) == "_chat.txt" or "whatsapp" in file.name.lower()
    return named and file.suffix.lower() == ".txt" and not file.name.startswith(".")


def _text_in(files: Sequence[Path], where: str) -> Path | None:
    """The text of a chat among files, known by its name."""
    texts = [file for file in files if _is_text(file)]
    if len(texts) > 1:
        raise KeepsakeError(f"{where}: holds {len(texts)} chats; name one: {', '.join(shown(f.name) for f in texts)}")
    return texts[0] if texts else None


def _holds_telegram(file: Path) -> bool:
    """Whether a file is an export of Telegram; another program's `result.json` is none."""
    try:
        return telegram.is_telegram(telegram.load(read_ordinary(file, LONGEST_TEXT)))
    except (KeepsakeError, OSError):
        return False


def _holds_signal(file: Path) -> bool:
    """Whether a file is an export of Signal; another program's `main.jsonl` is none."""
    try:
        return signal.is_signal(read_ordinary(file, LONGEST_TEXT))
    except OSError:
        return False


def _chat_folder(folder: Path, text: Path, title: str, me: str | None, order: DayOrder | None) -> Source:
    data = read_ordinary(text, LONGEST_TEXT)
    chat = _whatsapp(data, shown(text), order)
    wanted = {same(m.file) for m in chat.messages if m.file}
    media = {
        path.name: partial(read_file, path) for path in folder.iterdir() if path.is_file() and same(path.name) in wanted
    }
    if len(media) < len(wanted):  # some sort them into folders
        for at, folders, names in os.walk(folder):
            folders[:] = sorted(name for name in folders if not hidden(name))
            for name in names:
                if same(name) in wanted:
                    media.setdefault(name, partial(read_file, Path(at, name)))
    return source([chat], shown(text), f"{title} {text.stem}", media, me)


def _chat_zip(archive: zipfile.ZipFile, path: Path, me: str | None, order: DayOrder | None) -> Source:
    name = shown(path)
    files = [info for info in archive.infolist() if not info.is_dir()]
    bound(files, path.stat().st_size)
    for info in files:
        info.filename = written_names(info)[0]
    texts = [info for info in files if info.filename.lower().endswith(".txt")]
    text = _text_in([Path(info.filename) for info in texts], name)
    for name_of, opened in ((TELEGRAM, _telegram_zip), (SIGNAL, _signal_zip)):
        found = [info for info in files if _without_copy(Path(info.filename)) == name_of]
        if text is None and found:
            return opened(archive, min(found, key=lambda info: len(info.filename)), path, me)
    if text is None:
        ours = any(info.filename == "episodes.jsonl" for info in files)
        hint = (
            f"`python -m memory import {name}` reads an export of Keepsake" if ours else "unpack it, then name a folder"
        )
        raise KeepsakeError(f"{name}: no chat of WhatsApp, Telegram or Signal is in it; {hint}")
    entry = next(info for info in texts if Path(info.filename) == text)
    if entry.file_size > LONGEST_TEXT:
        raise KeepsakeError(f"{name}: {shown(entry.filename)} is larger than {LONGEST_TEXT >> 20} MB: this is no chat")
    names = sorted((n, name, info) for info in files if info is not entry for n, name in enumerate(written_names(info)))
    media: dict[str, Callable[[], bytes]] = {}
    for _, name, info in names:  # as they are written, then as they may be meant
        media.setdefault(Path(name).name, partial(_unpack, archive, info))
    chat = _whatsapp(_unpack(archive, entry), where := f"{name}: {shown(text)}", order)
    return source([chat], where, f"{path.stem} {text.stem}", media, me)


def _whatsapp(data: bytes, name: str, order: DayOrder | None) -> Chat:
    """The chat in the bytes of a text; damaged ones become U+FFFD. Raises KeepsakeError."""
    try:
        return whatsapp.parse(_as_text(data), order, date.today())
    except KeepsakeError as error:
        raise KeepsakeError(f"{name}: {error}") from error


def _as_text(data: bytes) -> str:
    """The text of a chat: UTF-8 as it was exported, or as an old editor of Windows saved it again."""
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return data.decode("utf-16", "replace")
    if data[:4000].count(0) > len(data[:4000]) // 3:
        return data.decode("utf-16-be" if data[:1] == b"\0" else "utf-16-le", "replace")
    text = data.decode("utf-8-sig", "replace")
    if "\n" not in text:  # of an old Macintosh
        text = text.replace("\r", "\n")
    foreign = {sign for sign in text if ord(sign) > 127}
    return data.decode("cp1252", "replace") if foreign == {"\N{REPLACEMENT CHARACTER}"} else text


def _telegram(data: bytes, name: str) -> list[Chat]:
    """The chats in the bytes of a `result.json`. Raises KeepsakeError."""
    try:
        return telegram.parse(telegram.load(data))
    except KeepsakeError as error:
        raise KeepsakeError(f"{name}: {error}") from error


def _telegram_folder(file: Path, me: str | None) -> Source:
    """The photos of an export of Telegram; only files within its own folder are read."""
    chats = _telegram(read_ordinary(file, LONGEST_TEXT), shown(file))
    folder = file.parent.resolve()
    named = {m.file: (folder / m.file) for chat in chats for m in chat.messages if m.file}
    media = {
        name: partial(read_file, path)
        for name, path in named.items()
        if path.is_file() and path.resolve().is_relative_to(folder)
    }
    return source(chats, shown(file), file.parent.name, media, me)


def _telegram_zip(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, me: str | None) -> Source:
    """The same of a ZIP, whose files may lie in one folder."""
    name = f"{shown(path)}: {TELEGRAM}"
    return source(_telegram(_text_of(archive, entry, name), name), name, path.stem, _beside(archive, entry), me)


def _signal(data: bytes, name: str, media: Media) -> list[Chat]:
    """The chats in the bytes of a `main.jsonl`. Raises KeepsakeError."""
    try:
        return signal.parse(data, tuple(media))
    except KeepsakeError as error:
        raise KeepsakeError(f"{name}: {error}") from error


def _signal_folder(file: Path, me: str | None) -> Source:
    """The photos of an export of Signal; only files within its own folder are read."""
    folder = file.parent.resolve()
    media = {
        path.relative_to(folder).as_posix(): partial(read_file, path)
        for path in folder.glob("files/*/*")
        if path.is_file() and path.resolve().is_relative_to(folder)
    }
    chats = _signal(read_ordinary(file, LONGEST_TEXT), shown(file), media)
    return source(chats, shown(file), file.parent.name, media, me)


def _signal_zip(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, me: str | None) -> Source:
    """The same of a ZIP, whose files may lie in one folder."""
    name, media = f"{shown(path)}: {SIGNAL}", _beside(archive, entry)
    return source(_signal(_text_of(archive, entry, name), name, media), name, path.stem, media, me)


def _text_of(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> bytes:
    """The bytes of a chat's text in a ZIP. Raises KeepsakeError for one that is too long."""
    if entry.file_size > LONGEST_TEXT:
        raise KeepsakeError(f"{name} is larger than {LONGEST_TEXT >> 20} MB: export fewer chats at once")
    return _unpack(archive, entry)


def _beside(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Media:
    """What reads the files in the folder of a ZIP's entry, by their paths in that folder."""
    inside = entry.filename.removesuffix(Path(entry.filename).name)
    return {
        info.filename.removeprefix(inside): partial(_unpack, archive, info)
        for info in archive.infolist()
        if info.filename.startswith(inside) and not info.is_dir()
    }


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    name = shown(Path(info.filename).name)
    if info.file_size > MAX_BYTES:
        raise PhotoError(f"{name}: the file is larger than {MAX_BYTES >> 30} GB; save a smaller copy of the photo")
    try:
        data = unpacked(archive, info, MAX_BYTES)
    except DamagedZip as error:
        raise PhotoError(
            f"{name}: cannot be unpacked ({shown(str(error.__cause__ or error))}); export the chat again"
        ) from error
    if not data:
        raise PhotoError(f"{name}: the file is empty (0 bytes); copy it again")
    return data
