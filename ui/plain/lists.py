"""Lists in plain mode, a line each: memories, conversations, reminders, models, keys and commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assistant.conversation import Conversation
from assistant.models import registry
from demo import album
from memory.days import day_words
from memory.db.conversation_rows import Title
from memory.episode import printable
from memory.instructions import Reminder
from memory.maintenance.marks import Mark
from memory.naming import photo_lists
from memory.naming.list_requests import ListRequest
from memory.store import Memory
from memory.text import count
from ui import dialog_strings, strings
from ui.people_strings import LISTED_AS, LISTED_NONE
from ui.plain import plain_strings
from ui.plain.printer import about
from ui.runtime.memory_jobs import LISTED, asked_for
from ui.telling_strings import MARKS_NONE, MARKS_PLAIN


def photos_asked_for(wanted: ListRequest, view: Callable[[], Conversation], memory: Memory) -> list[str]:
    """The lines of the memories that a request for a list means, in the conversation in `view`."""
    meant, found = asked_for(wanted, view, memory)
    title = (LISTED_AS if found else LISTED_NONE).format(title=meant.title, n=count(len(found), "photo"))
    return [title, *(f"{one.id}: {about(memory.get(one.id))}" for one in found[:LISTED])]


def memories(wanted: str, memory: Memory) -> list[str]:
    """The lines of the newest memories, or of those that the wanted words find or ask for."""
    if not wanted:
        return [f"{one.id}: {about(one)}" for one in memory.episodes(LISTED)] or [plain_strings.NOTHING]
    finding = photo_lists.find(memory, wanted, most=LISTED)
    lines = [f"{one.id}: {about(memory.get(one.id))}" for one in finding.entries[:LISTED]]
    if finding.title:
        photos = count(len(finding.entries), "photo")
        return [(LISTED_AS if lines else LISTED_NONE).format(title=finding.title, n=photos), *lines]
    instead = [dialog_strings.BROWSER_INSTEAD.format(instead=finding.instead)] if finding.instead and lines else []
    best = [dialog_strings.BEST.format(n=len(lines))] if finding.more else []
    return [*instead, *lines, *best] or [plain_strings.NOTHING]


def to_forget(wanted: str, memory: Memory) -> list[str]:
    """The lines of the memories that somebody who wants them forgotten may mean, and how each is forgotten."""
    lines = memories(wanted, memory)
    return lines if lines == [plain_strings.NOTHING] else [*lines, plain_strings.FORGET_WHICH]


def reminders(standing: list[Reminder]) -> None:
    """Print the standing reminders."""
    for one in standing:
        print(printable(f"{one.id}: {one.task}. {day_words(one.day)}: “{one.words}”"))
    print(plain_strings.REMINDERS if standing else dialog_strings.REMINDERS_EMPTY)


def marks(found: list[Mark]) -> None:
    """Print what the user said of pairs of photos."""
    for one in found:
        print(printable(f"{one.id}: {one.line()}"))
    print(MARKS_PLAIN if found else MARKS_NONE)


def titles(found: list[Title]) -> None:
    """Print stored conversations."""
    for one in found:
        print(printable(f"{one.id}: {one.when.astimezone():%d %B %Y %H:%M}, {one.text or strings.NO_WORDS_SAID}"))
    print(plain_strings.HISTORY if found else plain_strings.NOTHING)


def models() -> None:
    """Print the models that are here, and those to be had."""
    for row in registry.rows():
        state = dialog_strings.MODELS_HERE if row.folder else dialog_strings.MODELS_TO_BE_HAD
        begin = f" {dialog_strings.MODEL_BEGIN.capitalize()}." if row.begin else ""
        print(
            printable(f"{row.name}: {state}.{begin} {row.problem or f'{dialog_strings.model_fit(row)}. {row.about}'}")
        )
    print(plain_strings.MODELS)


def commands() -> None:
    """Print what can be typed."""
    for key, meaning in plain_strings.HELP:
        print(f"{key}: {meaning}")


def tour() -> None:
    """Print what to try first with the demo album."""
    for line in plain_strings.TOUR:
        print(line.format(photo=album.demo_photo(), question=album.QUESTION))


def receipt(details: Sequence[str]) -> None:
    """Print the last receipt with ids and counts."""
    for line in details or [strings.DETAILS_NONE]:
        print(printable(line))
