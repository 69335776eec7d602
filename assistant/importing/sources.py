"""Where an import comes from: photos in a folder, or an export of WhatsApp, Telegram or Signal. Decodes no photo.

A folder is read by `photo_tree.py`. A chat is a folder or ZIP (`zipped_chat.py`) with the chat's text and media in it,
or that text itself with the media beside it (`chat_files.py`). Of a chat only files that its text names are read.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from assistant.importing.chats.chat import Chat
from assistant.importing.chats.chat_files import (
    LONGEST_TEXT,
    PAGES,
    SIGNAL,
    TELEGRAM,
    chats_of_pages,
    holds_pages,
    holds_signal,
    holds_telegram,
    is_text,
    signal_chats,
    telegram_chats,
    text_in,
    whatsapp_chat,
    without_copy,
)
from assistant.importing.chats.chat_source import same, source
from assistant.importing.chats.telegram_pages import ACCOUNT
from assistant.importing.chats.zipped_chat import holds_chat, zip_source
from assistant.importing.import_source import Source
from assistant.importing.libraries.folder_level import hidden
from assistant.importing.photo_tree import folder_source
from assistant.importing.zipped_photos import zips_source
from assistant.metadata.name_day import DayOrder
from assistant.photo import SUFFIXES, read_file, shown
from memory.errors import KeepsakeError
from memory.files import read_ordinary
from memory.maintenance.zip_files import DamagedZip, zip_archive
from memory.text import count

OTHER_PARTS = "the photos lie in other parts; put all parts into one folder and import that"
ARCHIVES = frozenset(".7z .rar .tar .gz .tgz .bz2 .xz .zst".split())
"""Suffixes of packed files that are not opened."""


@contextmanager
def open_source(path: Path, me: str | None = None, order: DayOrder | None = None) -> Iterator[Source]:
    """The source at `path`; a ZIP stays open as long as this context. Raises KeepsakeError.

    `me` is the user's name in a chat, `order` the order of its dates, or of those in names of files; both are inferred
    when they are None.
    """
    try:
        with ExitStack() as stack:
            yield _opened(path, me, order, stack)
    except DamagedZip as error:
        raise KeepsakeError(f"{shown(path)}: it is damaged ({shown(str(error))}); export the chat again") from error
    except OSError as error:
        raise KeepsakeError(f"{shown(error.filename or path)}: cannot be read ({error.strerror})") from error


def _opened(path: Path, me: str | None, order: DayOrder | None, stack: ExitStack) -> Source:
    """The source at `path`; ZIPs are closed with the `stack`."""
    if not path.exists():
        raise KeepsakeError(f"{shown(path)}: there is no such folder or file; check the name")
    if path.is_dir():
        return _folder(path, me, order, stack)
    if without_copy(path) == TELEGRAM:
        return _telegram_folder(path, me)
    if without_copy(path) == SIGNAL:
        return _signal_folder(path, me)
    if path.name == ACCOUNT or (path.name.lower() == PAGES and holds_pages(path)):
        return _telegram_pages(path, me)
    if path.suffix.lower() == ".txt":
        return _chat_folder(path.parent, path, path.parent.name, me, order)
    if path.is_file() and zipfile.is_zipfile(path):
        return _zip(path, me, order, stack)
    raise KeepsakeError(f"{shown(path)}: {_why_not(path)}")


def _why_not(path: Path) -> str:
    """Why a file is no source, and what to do."""
    suffix = path.suffix.lower()
    if suffix in SUFFIXES:
        return f'this is one photo; `python -m assistant remember {shown(path)} "WORDS"` keeps it'
    if suffix == ".zip":
        return "it is no whole ZIP, but cut short or damaged; copy it again"
    if suffix in ARCHIVES:
        return "only ZIPs are opened; unpack it, then name the folder"
    return "import a folder of photos, or the export of a chat (WhatsApp, Telegram, Signal)"


def _zip(path: Path, me: str | None, order: DayOrder | None, stack: ExitStack) -> Source:
    """The chat in a ZIP, or else its photos."""
    if chat := zip_source(stack.enter_context(zip_archive(path)), path, me, order):
        return chat
    found = zips_source([path], stack, order)
    if len(found.items):
        return found
    if any(other.lower().endswith(".json") for other in found.others):
        raise KeepsakeError(f"{shown(path)}: no photos are in it, but JSON about photos: of a Takeout, {OTHER_PARTS}")
    raise KeepsakeError(
        f"{shown(path)}: neither photos nor a chat of WhatsApp, Telegram or Signal are in it; "
        "unpack it, then name a folder"
    )


def _folder(path: Path, me: str | None, order: DayOrder | None, stack: ExitStack) -> Source:
    """The source that a folder is; where nothing else lies in it than the folder of a chat, or ZIPs, these are."""
    name, there = shown(path), list(path.iterdir())
    if chat := _chat_in(path, there, me, order):
        return chat
    if (path / "episodes.jsonl").is_file() and (path / "SHA256SUMS").is_file():
        hint = "zip it, then `python -m memory import` that ZIP"
        raise KeepsakeError(f"{name}: this is an export of Keepsake, unpacked: {hint}")
    seen = [one for one in there if not hidden(one.name)]
    alone = len(seen) == 1 and seen[0].is_dir() and not seen[0].is_symlink()
    if alone and (chat := _chat_in(seen[0], list(seen[0].iterdir()), me, order)):
        return chat
    found = folder_source(path, order)
    notes = []
    chats = [other for other in found.others if is_text(Path(other)) or without_copy(Path(other)) in (TELEGRAM, SIGNAL)]
    if chats:
        notes.append(f"{', '.join(chats[:3])}: if this is a chat, import its folder by itself, for what was said")
    if zips := [path / other for other in found.others if other.lower().endswith(".zip") and (path / other).is_file()]:
        opened = [] if len(found.items) else [file for file in zips if not holds_chat(file)]
        if opened and len((inside := zips_source(opened, stack, order)).items):
            gone = {shown(file.relative_to(path)) for file in opened}
            others = (*inside.others, *(other for other in found.others if other not in gone))
            return replace(inside, others=others, notes=(*inside.notes, *found.notes, *notes))
        notes.append(f"{count(len(zips), 'ZIP')} not opened: import each by its own path, or unpack it")
    return replace(found, notes=(*found.notes, *notes))


def _chat_in(path: Path, inside: Sequence[Path], me: str | None, order: DayOrder | None) -> Source | None:
    """The export of a chat that the files of a folder are; None where they are none."""
    files = [file for file in inside if file.is_file()]
    if text := text_in(files, shown(path)):
        return _chat_folder(path, text, path.name, me, order)
    for file in files:
        if without_copy(file) == TELEGRAM and holds_telegram(file):
            return _telegram_folder(file, me)
        if without_copy(file) == SIGNAL and holds_signal(file):
            return _signal_folder(file, me)
    for file in files:
        account = file.name == ACCOUNT and any(path.glob(f"chats/*/{PAGES}"))
        if account or (file.name.lower() == PAGES and holds_pages(file)):
            return _telegram_pages(file, me)
    return None


def _chat_folder(folder: Path, text: Path, title: str, me: str | None, order: DayOrder | None) -> Source:
    """The photos of a chat of WhatsApp whose text lies in this folder, and its media in it or below it."""
    data = read_ordinary(text, LONGEST_TEXT)
    chat = whatsapp_chat(data, shown(text), order)
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


def _telegram_folder(file: Path, me: str | None) -> Source:
    """The photos of an export of Telegram; only files within its own folder are read."""
    return _telegram_source(telegram_chats(read_ordinary(file, LONGEST_TEXT), shown(file)), file, me)


def _telegram_pages(file: Path, me: str | None) -> Source:
    """The photos of a chat, or of an account, of Telegram whose first page is `file`, as `_telegram_folder`."""
    found = [*file.parent.glob("*.html"), *file.parent.glob("lists/*.html"), *file.parent.glob("chats/*/*.html")]
    pages = {
        one.relative_to(file.parent).as_posix(): partial(read_ordinary, one, LONGEST_TEXT)
        for one in found
        if one.is_file()
    }
    return _telegram_source(chats_of_pages(pages, shown(file)), file, me)


def _telegram_source(chats: Sequence[Chat], file: Path, me: str | None) -> Source:
    folder = file.parent.resolve()
    named = {m.file: (folder / m.file) for chat in chats for m in chat.messages if m.file}
    media = {
        name: partial(read_file, path)
        for name, path in named.items()
        if path.is_file() and path.resolve().is_relative_to(folder)
    }
    return source(chats, shown(file), file.parent.name, media, me)


def _signal_folder(file: Path, me: str | None) -> Source:
    """The photos of an export of Signal; only files within its own folder are read."""
    folder = file.parent.resolve()
    media = {
        path.relative_to(folder).as_posix(): partial(read_file, path)
        for path in folder.glob("files/*/*")
        if path.is_file() and path.resolve().is_relative_to(folder)
    }
    chats = signal_chats(read_ordinary(file, LONGEST_TEXT), shown(file), media)
    return source(chats, shown(file), file.parent.name, media, me)
