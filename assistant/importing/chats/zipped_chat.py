"""An export of a chat as a ZIP, which is not unpacked onto the disk: only files that the chat's text names are read."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from functools import partial
from operator import itemgetter
from pathlib import Path

from assistant.importing.chats.chat_files import (
    CHATS,
    LONGEST_TEXT,
    PAGES,
    SIGNAL,
    TELEGRAM,
    chats_of_pages,
    is_text,
    signal_chats,
    telegram_chats,
    text_in,
    whatsapp_chat,
    without_copy,
)
from assistant.importing.chats.chat_source import Media, source
from assistant.importing.chats.telegram_pages import ACCOUNT, is_pages
from assistant.importing.import_source import Source
from assistant.importing.zip_entry import entry_bytes
from assistant.metadata.name_day import DayOrder
from assistant.photo import shown
from memory.errors import KeepsakeError
from memory.maintenance.zip_files import DamagedZip, bound, written_names, zip_archive


def zip_source(archive: zipfile.ZipFile, path: Path, me: str | None, order: DayOrder | None) -> Source | None:
    """The photos of the chat in a ZIP at `path`; None where there is no chat in it. Raises KeepsakeError, DamagedZip.

    `me` is the user's name in a chat, `order` the order of its dates; both are inferred when they are None.
    """
    name = shown(path)
    files = [info for info in archive.infolist() if not info.is_dir()]
    bound(files, path.stat().st_size)
    for info in files:
        info.filename = written_names(info)[0]
    texts = [info for info in files if info.filename.lower().endswith(".txt")]
    text = text_in([Path(info.filename) for info in texts], name)
    for name_of, opened in (
        (TELEGRAM, _telegram_zip),
        (SIGNAL, _signal_zip),
        (ACCOUNT, _telegram_pages),
        (PAGES, _telegram_pages),
    ):
        found = [info for info in files if without_copy(Path(info.filename)) == name_of]
        first = min(found, key=lambda info: len(info.filename), default=None)
        if text is None and first and (export := opened(archive, first, path, me)):
            return export
    if text is None:
        if any(info.filename == "episodes.jsonl" for info in files):
            raise KeepsakeError(f"{name}: this is an export of Keepsake: `python -m memory import {name}` reads it")
        return None
    entry = next(info for info in texts if Path(info.filename) == text)
    if entry.file_size > LONGEST_TEXT:
        raise KeepsakeError(f"{name}: {shown(entry.filename)} is larger than {LONGEST_TEXT >> 20} MB: this is no chat")
    others = [info for info in files if info is not entry]
    written = [(n, file, info) for info in others for n, file in enumerate(written_names(info))]
    media: dict[str, Callable[[], bytes]] = {}
    for _, file, info in sorted(written, key=itemgetter(0, 1)):  # as they are written, then as they may be meant
        media.setdefault(Path(file).name, partial(_unpack, archive, info))
    chat = whatsapp_chat(_unpack(archive, entry), where := f"{name}: {shown(text)}", order)
    return source([chat], where, f"{path.stem} {text.stem}", media, me)


def holds_chat(path: Path) -> bool:
    """Whether a ZIP looks like the export of a chat, by the names in it; one that cannot be opened does not."""
    try:
        with zip_archive(path) as archive:
            files = [Path(written_names(info)[0]) for info in archive.infolist()]
    except (DamagedZip, OSError):
        return False
    return any(is_text(file) or without_copy(file) in CHATS for file in files)


def _telegram_zip(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, me: str | None) -> Source:
    """The photos of an export of Telegram, whose files may lie in one folder of the ZIP."""
    name = f"{shown(path)}: {TELEGRAM}"
    return source(telegram_chats(_text_of(archive, entry, name), name), name, path.stem, _beside(archive, entry), me)


def _telegram_pages(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, me: str | None) -> Source | None:
    """As `_telegram_zip`, of a chat or an account as pages; None where the page is another program's."""
    name, media = f"{shown(path)}: {Path(entry.filename).name}", _beside(archive, entry)
    account = Path(entry.filename).name == ACCOUNT and any(re.fullmatch(rf"chats/[^/]+/{PAGES}", one) for one in media)
    if not account and not is_pages(_text_of(archive, entry, name)):
        return None
    return source(chats_of_pages(media, name), name, path.stem, media, me)


def _signal_zip(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, me: str | None) -> Source:
    """The photos of an export of Signal, whose files may lie in one folder of the ZIP."""
    name, media = f"{shown(path)}: {SIGNAL}", _beside(archive, entry)
    return source(signal_chats(_text_of(archive, entry, name), name, media), name, path.stem, media, me)


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
    """The bytes of a ZIP's entry. Raises PhotoError."""
    return entry_bytes(archive, info, shown(Path(info.filename).name), "export the chat again")
