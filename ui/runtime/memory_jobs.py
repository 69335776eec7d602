"""What app and plain mode both do with the memory: open it, list what was asked for, delete and export conversations.

The functions run in the background thread (`AppThread.query`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from assistant.backends.cache import disk_cache
from assistant.conversation.conversation import Conversation
from assistant.dialogue.photo_subject import subject
from assistant.embedder.text_embedder import attach
from memory import conversations, reminders
from memory.browse import Duplicate, EpisodeEntry, duplicates
from memory.db.keys import Ask
from memory.episode import Episode
from memory.errors import KeepsakeError
from memory.instructions import Reminder
from memory.naming.lists import photo_lists
from memory.naming.lists.list_requests import ListRequest
from memory.naming.named_things import NamedThing, things
from memory.paths import memory_file
from memory.store import Memory
from memory.text import folded
from ui import html_export
from ui.runtime.app_thread import AppThread
from ui.strings import EXPORTED, MEMORY_NEW, NOTHING_KEPT, PRIVATE_EXPORT

LISTED = 100
"""Number of conversations or memories in a list."""


def open_memory(file: Path | None, ask: Ask) -> Memory:
    """Open the memory, to be searched by meaning, too. A named file that does not exist is made: its notice says so."""
    is_new = file is not None and not file.exists()
    memory = Memory(memory_file(file), ask=ask)
    attach(memory)
    if is_new:
        memory.trouble = memory.trouble or MEMORY_NEW.format(file=file)
    return memory


def asked_for(
    wanted: ListRequest, view: Callable[[], Conversation], memory: Memory
) -> tuple[ListRequest, list[EpisodeEntry], int]:
    """What a request for a list means in the conversation in `view`, the memories that it means and, where it means
    none, how many would be meant whose day is unknown."""
    if wanted.here:
        now = view()
        wanted = photo_lists.of_view(memory, wanted, now.photo.sha256 if now.photo else "", now.recalls)
    found = photo_lists.listed(memory, wanted)
    return wanted, found, 0 if found else photo_lists.undated(memory, wanted)


def reminders_about(memory: Memory) -> list[tuple[Reminder, str]]:
    """The standing reminders, each with whom or what it is about, where its sentence does not say that: "Gustav"; else
    "". The name is the one in the list of names, or that by which a memory of the photo is called."""
    standing = reminders.standing(memory)
    named = things(memory) if standing else []
    return [(one, _about(memory, one, named)) for one in standing]


def _about(memory: Memory, reminder: Reminder, named: Sequence[NamedThing]) -> str:
    episode = memory.get(reminder.episode)
    photo = episode.photo.sha256
    names = [one.name for one in named if photo in one.hashes]
    told = (subject(one.words) for one in (episode, *memory.about(photo)))
    name = " and ".join(names) or next(filter(None, told), "")
    said = folded(reminder.words)
    return "" if name and folded(names[0] if names else name.split()[-1]) in said else name


def forget_conversation(id: str, memory: Memory) -> list[str]:
    """Delete a stored conversation and everything computed from it; returns the lines of the receipt."""
    receipt = memory.forget_conversation(id)
    for photo in receipt.photos or (id,):  # without a photo too: the model's saved state may hold the words
        disk_cache.forget(photo)
    return receipt.summary()


def export(id: str, file: Path, memory: Memory) -> str:
    """Write a stored conversation to an HTML file; returns the sentence for the user. Raises KeepsakeError."""
    html_export.save(conversations.get(memory, id), file)
    return EXPORTED.format(file=file)


def export_open(thread: AppThread, private: bool, file: Path, memory: Memory) -> str:
    """Write the open conversation to an HTML file, as `export` does. Raises KeepsakeError where nothing is stored."""
    if private:
        raise KeepsakeError(PRIVATE_EXPORT)
    if not any(title.id == thread.recorder.id for title in conversations.titles(memory)):
        raise KeepsakeError(NOTHING_KEPT)
    return export(thread.recorder.id, file, memory)


def find_duplicates(memory: Memory) -> tuple[list[Duplicate], dict[str, Episode]]:
    """Memories that seem to be told twice, and those of each pair that would stay."""
    found = duplicates(memory)
    return found, {one.stays: memory.get(one.stays) for one in found}
