"""Where an import comes from: a folder of photos, or the export of a WhatsApp chat. Decodes no photo, stores nothing.

From a folder come all photos in it and below it, in the order of their names. A chat is a folder or ZIP with the
chat's text (`whatsapp.py`) and media in it, or that text itself with the media beside it. A ZIP is not unpacked onto
the disk, and of a chat only files that its text names are read.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path

from assistant.importing import whatsapp
from assistant.importing.file_metadata import day_of_name, one_line, words_of_name
from assistant.photo import MAX_BYTES, SUFFIXES, read_file, shown
from memory.errors import KeepsakeError, PhotoError
from memory.text import count

THUMBNAILS = frozenset(["@eadir", "thumbs.db", "desktop.ini", "__macosx"])
"""Files and folders that other systems leave beside photos: counted as hidden."""
LONGEST_TEXT = 1 << 28
"""Bytes of the longest text of a chat that is read."""


@dataclass(frozen=True, slots=True)
class Item:
    """A file that may be a photo, with what is known about it before it is opened."""

    name: str
    """The file's name, fit to be printed."""
    read: Callable[[], bytes]
    """Returns the file's bytes. Raises PhotoError."""
    said: tuple[str, ...] = ()
    """What people wrote about the photo in the chat, in order."""
    named: str = ""
    """The words in the file's own name, or else in its folder's."""
    date: datetime | None = None
    date_source: str = ""
    """Where `date`, used when the camera wrote none, comes from: "chat", "name" or "file". The last is the file's
    time of change, which is not the day of the photo and only gives an order."""


@dataclass(frozen=True, slots=True)
class Source:
    """The files of an import, sorted into photos and the rest."""

    kind: str
    """"folder" or "chat"."""
    items: tuple[Item, ...]
    unusable: tuple[tuple[str, str], ...] = ()
    """Names of files that should be readable and are not, each with the reason."""
    others: tuple[str, ...] = ()
    """Names of files that are no photos."""
    notes: tuple[str, ...] = ()
    """Lines for the user about anything else."""


@contextmanager
def open_source(path: Path, me: str | None = None, order: whatsapp.DayOrder | None = None) -> Iterator[Source]:
    """The source at `path`; a ZIP stays open as long as this context. Raises KeepsakeError.

    `me` is the user's name in a chat, `order` the order of its dates; both are inferred when they are None.
    """
    name = shown(path)
    try:
        if not path.exists():
            raise KeepsakeError(f"{name}: there is no such folder or file; check the name")
        if path.is_dir():
            chat = _text_in([p for p in path.iterdir() if p.is_file()], name)
            yield _chat_folder(path, chat, path.name, me, order) if chat else _folder(path)
        elif path.suffix.lower() == ".txt":
            yield _chat_folder(path.parent, path, path.parent.name, me, order)
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                yield _chat_zip(archive, path, me, order)
        elif path.suffix.lower() in SUFFIXES:
            raise KeepsakeError(f'{name}: this is one photo; `python -m assistant remember {name} "WORDS"` keeps it')
        else:
            raise KeepsakeError(f"{name}: import a folder of photos, or the export of a WhatsApp chat (folder or ZIP)")
    except OSError as error:
        raise KeepsakeError(f"{shown(error.filename or name)}: cannot be read ({error.strerror})") from error


def _folder(root: Path) -> Source:
    """Every file with a photo's suffix. Links to folders are not followed, so no photo comes twice."""
    items, others, unusable, hidden = [], [], [], 0

    def unreadable(error: OSError) -> None:
        unusable.append((shown(os.path.relpath(error.filename, root)), f"cannot be read ({error.strerror})"))

    for folder, folders, names in os.walk(root, onerror=unreadable):
        visible = sorted(name for name in folders if not _hidden(name))
        hidden += len(folders) - len(visible)
        folders[:] = visible
        # The words of the nearest folder whose name has any, below the folder that was asked for: that one's name is
        # the same for all photos, and says where they lie more often than what they show.
        steps = Path(folder).relative_to(root).parts
        folder_words = next((words for step in reversed(steps) if (words := words_of_name(step))), "")
        for file in sorted(names):
            path = Path(folder) / file
            below = shown(path.relative_to(root))
            if _hidden(file):
                hidden += 1
            elif path.suffix.lower() not in SUFFIXES:
                others.append(below)
            else:
                items.append(_item(path, below, folder_words))
    notes = (f"{count(hidden, 'hidden file or folder')} left alone",) if hidden else ()
    return Source("folder", tuple(items), tuple(unusable), tuple(others), notes)


def _item(path: Path, name: str, folder_words: str) -> Item:
    day, date_source = day_of_name(path.stem), "name"
    if day is None:
        try:
            day, date_source = datetime.fromtimestamp(path.stat().st_mtime).astimezone(), "file"
        except (OSError, OverflowError, ValueError):  # reading the file will say why
            day, date_source = None, ""
    return Item(name, partial(read_file, path), (), words_of_name(path.stem) or folder_words, day, date_source)


def _hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in THUMBNAILS


def _text_in(files: Sequence[Path], where: str) -> Path | None:
    """The text of a chat among files, known by its name: `_chat.txt`, or a .txt with "WhatsApp" in its name."""
    names = [f for f in files if f.suffix.lower() == ".txt" and not f.name.startswith(".")]
    texts = [f for f in names if f.name.lower() == "_chat.txt" or "whatsapp" in f.name.lower()]
    if len(texts) > 1:
        raise KeepsakeError(f"{where}: holds {len(texts)} chats; name one: {', '.join(shown(f.name) for f in texts)}")
    return texts[0] if texts else None


def _chat_folder(folder: Path, text: Path, title: str, me: str | None, order: whatsapp.DayOrder | None) -> Source:
    if text.stat().st_size > LONGEST_TEXT:
        raise KeepsakeError(f"{shown(text)}: larger than {LONGEST_TEXT >> 20} MB: this is no chat")
    media = {path.name: partial(read_file, path) for path in folder.iterdir() if path.is_file()}
    media.pop(text.name, None)
    return _chat(text.read_bytes(), shown(text), f"{title} {text.stem}", media, me, order)


def _chat_zip(archive: zipfile.ZipFile, path: Path, me: str | None, order: whatsapp.DayOrder | None) -> Source:
    name = shown(path)
    files = [info for info in archive.infolist() if not info.is_dir()]
    texts = [info for info in files if info.filename.lower().endswith(".txt")]
    text = _text_in([Path(info.filename) for info in texts], name)
    if text is None:
        ours = any(info.filename == "episodes.jsonl" for info in files)
        hint = (
            f"`python -m memory import {name}` reads an export of Keepsake" if ours else "unpack it, then name a folder"
        )
        raise KeepsakeError(f"{name}: no text of a WhatsApp chat is in it; {hint}")
    entry = next(info for info in texts if Path(info.filename) == text)
    if entry.file_size > LONGEST_TEXT:
        raise KeepsakeError(f"{name}: {shown(entry.filename)} is larger than {LONGEST_TEXT >> 20} MB: this is no chat")
    media = {Path(info.filename).name: partial(_unpack, archive, info) for info in files if info is not entry}
    return _chat(_unpack(archive, entry), f"{name}: {shown(text)}", f"{path.stem} {text.stem}", media, me, order)


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    name = shown(Path(info.filename).name)
    if info.file_size > MAX_BYTES:
        raise PhotoError(f"{name}: the file is larger than {MAX_BYTES >> 30} GB; save a smaller copy of the photo")
    try:
        data = archive.read(info)  # RuntimeError: a password, or an unknown compression
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError) as error:
        raise PhotoError(f"{name}: cannot be unpacked ({shown(str(error))}); export the chat again") from error
    if not data:
        raise PhotoError(f"{name}: the file is empty (0 bytes); copy it again")
    return data


def _chat(
    data: bytes,
    name: str,
    title: str,
    media: Mapping[str, Callable[[], bytes]],
    me: str | None,
    order: whatsapp.DayOrder | None,
) -> Source:
    """The photos that a chat's text names, with what was written about each. Damaged bytes become U+FFFD."""
    try:
        chat = whatsapp.parse(data.decode("utf-8-sig", "replace"), order, date.today())
    except KeepsakeError as error:
        raise KeepsakeError(f"{name}: {error}") from error
    me = _me(chat, title, me, name)
    items, missing = [], []
    for message, about in whatsapp.photos_with_messages(chat.messages, _is_photo):
        assert message.file is not None
        if message.file not in media:
            missing.append((shown(message.file), "the chat names it, but it is not in the export"))
            continue
        words = tuple(m.text if m.sender == me else f"{one_line(m.sender)} wrote: {m.text}" for m in about)
        items.append(Item(shown(message.file), media[message.file], words, "", message.when.astimezone(), "chat"))
    others = [shown(m.file) for m in chat.messages if m.file and m.file in media and not _is_photo(m.file)]
    omitted = sum(m.omitted for m in chat.messages)
    texts = sum(bool(m.text) for m in chat.messages)
    notes = [
        f"{count(len(chat.messages), 'message')}, {texts} with words, read from {name}; you are {me or 'nobody'} in it"
    ]
    if me is None:
        notes.append(f"say who you are with --me: {', '.join(_senders(chat)[:8])}")
    if not chat.sure:
        notes.append(
            f"its dates could be read in more than one way: taken as {chat.order}; say with --days which is right"
        )
    if omitted:
        notes.append(f"{count(omitted, 'photo, film or sound')} left out by WhatsApp: export the chat with media")
    return Source("chat", tuple(items), tuple(missing), tuple(others), tuple(notes))


def _is_photo(name: str) -> bool:
    """Whether a file is a photo by its name; stickers are pictures too, but no memories."""
    sticker = name.startswith("STK-") or "-STICKER-" in name
    return Path(name).suffix.lower() in SUFFIXES and not sticker


def _senders(chat: whatsapp.Chat) -> list[str]:
    """Names of those who wrote, most messages first."""
    return [one_line(name) for name, _ in Counter(m.sender for m in chat.messages).most_common()]


def _me(chat: whatsapp.Chat, title: str, me: str | None, name: str) -> str | None:
    """The user's name in the chat: as given, or of two people the one whom the export is not named after."""
    senders = _senders(chat)
    if me is not None:
        if me not in senders:
            raise KeepsakeError(f"{name}: nobody is called {me!r} in it; it has {', '.join(senders[:8]) or 'nobody'}")
        return me
    others = [sender for sender in senders if sender.casefold() in title.casefold()]
    return next((s for s in senders if s not in others), None) if len(senders) == 2 and len(others) == 1 else None
