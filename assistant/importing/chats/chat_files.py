"""Which files are an export of a chat, known by their names, and the chats that their bytes say."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from assistant.importing.chats import signal, telegram, telegram_pages, whatsapp
from assistant.importing.chats.chat import Chat
from assistant.importing.chats.chat_source import Media
from assistant.metadata.name_day import DayOrder
from assistant.photo import shown
from memory.errors import KeepsakeError
from memory.files import read_ordinary

_COPY = re.compile(r"(?: ?\(\d{1,2}\)| \d{1,2}| copy| - (?:copy|kopie|copie|copia))$", re.I)
LONGEST_TEXT = 1 << 28
"""Bytes of the longest text of a chat that is read."""
TELEGRAM = "result.json"
"""The file that holds an export of Telegram."""
PAGES = "messages.html"
"""The first page of a chat of Telegram."""
SIGNAL = "main.jsonl"
"""The file that holds an export of Signal."""
CHATS = (TELEGRAM, SIGNAL, PAGES, telegram_pages.ACCOUNT)
"""Files by which an export is named, beside texts and ZIPs."""


def without_copy(file: Path) -> str:
    """A file's name in small letters, without what a system adds to a second one: `_chat (1).txt` is `_chat.txt`."""
    return f"{_COPY.sub('', file.stem)}{file.suffix}".lower()


def is_text(file: Path) -> bool:
    """Whether a file's name is that of a chat's text: `_chat.txt`, or a .txt with "WhatsApp" in its name."""
    named = without_copy(file) == "_chat.txt" or "whatsapp" in file.name.lower()
    return named and file.suffix.lower() == ".txt" and not file.name.startswith(".")


def text_in(files: Sequence[Path], where: str) -> Path | None:
    """The text of a chat among files, known by its name."""
    texts = [file for file in files if is_text(file)]
    if len(texts) > 1:
        raise KeepsakeError(f"{where}: holds {len(texts)} chats; name one: {', '.join(shown(f.name) for f in texts)}")
    return texts[0] if texts else None


def holds_telegram(file: Path) -> bool:
    """Whether a file is an export of Telegram; another program's `result.json` is none."""
    try:
        return telegram.is_telegram(telegram.load(read_ordinary(file, LONGEST_TEXT)))
    except (KeepsakeError, OSError):
        return False


def holds_pages(file: Path) -> bool:
    """Whether a file is the first page of a chat of Telegram; another program's `messages.html` is none."""
    try:
        return telegram_pages.is_pages(read_ordinary(file, LONGEST_TEXT))
    except OSError:
        return False


def holds_signal(file: Path) -> bool:
    """Whether a file is an export of Signal; another program's `main.jsonl` is none."""
    try:
        return signal.is_signal(read_ordinary(file, LONGEST_TEXT))
    except OSError:
        return False


def whatsapp_chat(data: bytes, name: str, order: DayOrder | None) -> Chat:
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


def telegram_chats(data: bytes, name: str) -> list[Chat]:
    """The chats in the bytes of a `result.json`. Raises KeepsakeError."""
    try:
        return telegram.parse(telegram.load(data))
    except KeepsakeError as error:
        raise KeepsakeError(f"{name}: {error}") from error


def chats_of_pages(files: Media, name: str) -> list[Chat]:
    """The chats of Telegram in a folder of pages, or of the folders of an account. Raises KeepsakeError."""
    try:
        if telegram_pages.ACCOUNT in files:
            return telegram_pages.parse_account(files)
        return telegram_pages.parse([files[page]() for page in telegram_pages.in_order(files)])
    except KeepsakeError as error:
        raise KeepsakeError(f"{name}: {error}") from error


def signal_chats(data: bytes, name: str, media: Media) -> list[Chat]:
    """The chats in the bytes of a `main.jsonl`. Raises KeepsakeError."""
    try:
        return signal.parse(data, tuple(media))
    except KeepsakeError as error:
        raise KeepsakeError(f"{name}: {error}") from error
