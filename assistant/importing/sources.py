"""Where an import comes from: a folder of photos, or the export of a WhatsApp chat. Decodes no photo, stores nothing.

A folder is read by `photo_tree.py`. A chat is a folder or ZIP with the chat's text (`whatsapp.py`) and media in it, or
that text itself with the media beside it. A ZIP is not unpacked onto the disk, and of a chat only files that its text
names are read.
"""

from __future__ import annotations

import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from functools import partial
from pathlib import Path

from assistant.importing import whatsapp
from assistant.importing.file_metadata import one_line
from assistant.importing.import_source import Item, Source
from assistant.importing.photo_tree import folder_source
from assistant.photo import MAX_BYTES, SUFFIXES, read_file, shown
from memory.errors import KeepsakeError, PhotoError
from memory.maintenance.zip_files import DamagedZip, unpacked, zip_archive
from memory.text import count

UTF8 = 0x800
"""The bit by which an entry of a ZIP says that its name is UTF-8."""
LONGEST_TEXT = 1 << 28
"""Bytes of the longest text of a chat that is read."""


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
            yield _chat_folder(path, chat, path.name, me, order) if chat else folder_source(path)
        elif path.suffix.lower() == ".txt":
            yield _chat_folder(path.parent, path, path.parent.name, me, order)
        elif path.is_file() and zipfile.is_zipfile(path):
            with zip_archive(path) as archive:
                yield _chat_zip(archive, path, me, order)
        elif path.suffix.lower() in SUFFIXES:
            raise KeepsakeError(f'{name}: this is one photo; `python -m assistant remember {name} "WORDS"` keeps it')
        else:
            raise KeepsakeError(f"{name}: import a folder of photos, or the export of a WhatsApp chat (folder or ZIP)")
    except DamagedZip as error:
        raise KeepsakeError(f"{name}: it is damaged ({shown(str(error))}); export the chat again") from error
    except OSError as error:
        raise KeepsakeError(f"{shown(error.filename or name)}: cannot be read ({error.strerror})") from error


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
    for info in files:
        info.filename = _as_written(info)
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


def _as_written(info: zipfile.ZipInfo) -> str:
    """The name of a file in a ZIP: some write UTF-8 without saying so, which reads as the letters of old DOS."""
    if info.flag_bits & UTF8:
        return info.filename
    with suppress(UnicodeError):
        return info.filename.encode("cp437").decode("utf-8")
    return info.filename


def _same(name: str) -> str:
    """A name of a file as it is compared: composed or not, and in any case, it is the same file."""
    return unicodedata.normalize("NFC", name).casefold()


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
    media = {_same(file): read for file, read in media.items()}
    items, missing = [], []
    for message, about in whatsapp.photos_with_messages(chat.messages, _is_photo):
        assert message.file is not None
        if _same(message.file) not in media:
            missing.append((shown(message.file), "the chat names it, but it is not in the export"))
            continue
        words = tuple(m.text if m.sender == me else f"{one_line(m.sender)} wrote: {m.text}" for m in about)
        items.append(
            Item(shown(message.file), media[_same(message.file)], words, "", message.when.astimezone(), "chat")
        )
    others = [shown(m.file) for m in chat.messages if m.file and _same(m.file) in media and not _is_photo(m.file)]
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
