"""From the messages of chats to an import: the photos that they name, with what was written about each."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from assistant.importing.chats.chat import Chat, photos_with_messages
from assistant.importing.file_metadata import one_line
from assistant.importing.import_source import Item, Source
from assistant.photo import SUFFIXES, shown
from memory.errors import KeepsakeError
from memory.text import count

Media = Mapping[str, Callable[[], bytes]]
"""What reads the files beside a chat, by their names as the chat writes them."""


def source(chats: Sequence[Chat], name: str, title: str, media: Media, me: str | None) -> Source:
    """The photos of some chats of one export called `name`. Raises KeepsakeError when nobody is called `me`.

    `title`: how the export itself is called, which may name the other person. Who the user is comes from `me`, from the
    export, or from the names.
    """
    if me is not None:
        everybody = [sender for chat in chats for sender in _senders(chat)]
        if me not in everybody:
            there = ", ".join(everybody[:8]) or "nobody"
            raise KeepsakeError(f"{name}: nobody is called {me!r} in it; it has {there}")
    found = [_source(chat, name, title, {same(file): read for file, read in media.items()}, me) for chat in chats]
    return Source(
        "chat",
        tuple(item for one in found for item in one.items),
        tuple(bad for one in found for bad in one.unusable),
        tuple(other for one in found for other in one.others),
        tuple(note for one in found for note in one.notes),
    )


def same(name: str) -> str:
    """A name of a file as it is compared: composed or not, and in any case, it is the same file."""
    return unicodedata.normalize("NFC", name).casefold()


def _source(chat: Chat, name: str, title: str, media: Media, me: str | None) -> Source:
    me = me or chat.me or _me(chat, f"{title} {chat.title}")
    items, missing = [], []
    for message, about in photos_with_messages(chat.messages, _is_photo):
        assert message.file is not None
        file = shown(Path(message.file).name)
        if same(message.file) not in media:
            missing.append((file, "the chat names it, but it is not in the export"))
            continue
        words = tuple(m.text if m.sender == me else f"{one_line(m.sender)} wrote: {m.text}" for m in about)
        items.append(Item(file, media[same(message.file)], words, "", message.moment, "chat"))
    others = [
        shown(Path(m.file).name) for m in chat.messages if m.file and same(m.file) in media and not _is_photo(m.file)
    ]
    omitted = sum(m.omitted for m in chat.messages)
    texts = sum(bool(m.text) for m in chat.messages)
    called = f", “{one_line(chat.title)}”" if chat.title else ""
    notes = [
        f"{count(len(chat.messages), 'message')}, {texts} with words, read from {name}{called}; "
        f"you are {one_line(me or 'nobody')} in it"
    ]
    if me is None:
        notes.append(f"say who you are with --me: {', '.join(_senders(chat)[:8])}")
    if not chat.sure:
        notes.append(
            f"its dates could be read in more than one way: taken as {chat.order}; say with --days which is right"
        )
    if omitted:
        notes.append(f"{count(omitted, 'photo, film or sound')} left out of the export: export the chat with media")
    return Source("chat", tuple(items), tuple(missing), tuple(others), tuple(notes))


def _is_photo(name: str) -> bool:
    """Whether a file is a photo by its name; stickers are pictures too, but no memories."""
    sticker = name.startswith("STK-") or "-STICKER-" in name
    return Path(name).suffix.lower() in SUFFIXES and not sticker


def _senders(chat: Chat) -> list[str]:
    """Names of those who wrote, most messages first."""
    return [one_line(name) for name, _ in Counter(m.sender for m in chat.messages).most_common()]


def _me(chat: Chat, title: str) -> str | None:
    """The user's name in the chat: of two people the one whom the export is not named after.

    Signs that a file's name cannot have are others there. Where one name is in the other, "Ben" and "Ben Smith", the
    export is named after the longer one.
    """
    senders = list({one_line(m.sender): None for m in chat.messages if not m.forwarded})
    if len(senders) != 2:
        return None
    called, names = _plain(title), {sender: _plain(sender) for sender in senders}
    others = [one for one, name in names.items() if name and f" {name} " in f" {called} "]
    others = others or [one for one, name in names.items() if name and name in called]  # no spaces in Chinese
    others = others or [one for one in senders if same(one) in same(title)]  # no letters in a face
    others.sort(key=lambda one: len(names[one]))
    if not others or (len(others) == 2 and names[others[0]] not in names[others[1]]):
        return None
    return next((one for one in senders if one != others[-1]), None)


def _plain(name: str) -> str:
    """The letters and digits of a name, with single spaces for all else."""
    return " ".join(re.findall(r"\w+", same(name).replace("_", " ")))
