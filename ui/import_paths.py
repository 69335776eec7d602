"""Paths of what can be imported, as they are typed, pasted or dropped. Opens no file."""

from __future__ import annotations

import re
from pathlib import Path

from assistant.importing.chats.chat_files import CHATS, without_copy
from ui.input_parser import to_path

_SHAPE = re.compile(r"""['"]|file://|~|\.{1,2}/|/[^/\s]+/""", re.IGNORECASE)
"""The beginning of a text that is a path: a plain word is a word, though a folder may be called so."""


def is_source(path: Path) -> bool:
    """Whether there is a folder, or a file that may hold a chat."""
    try:
        named = path.suffix.lower() in (".zip", ".txt") or without_copy(path) in CHATS
        return path.is_dir() or (named and path.is_file())
    except (OSError, ValueError):  # far too long, or a null byte
        return False


def import_source(text: str) -> Path | None:
    """The folder or chat that `text` as a whole names; None for anything else."""
    text = text.strip()
    if "\n" in text or not _SHAPE.match(text):
        return None
    return path if is_source(path := to_path(text)) else None
