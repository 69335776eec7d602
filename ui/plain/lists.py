"""Lists in plain mode as lines of text: memories, marks, conversations, reminders, models, commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assistant.conversation.conversation import Conversation
from assistant.models import registry
from demo import album
from memory import conversations
from memory.browse import EpisodeEntry
from memory.days import day_words
from memory.episode import Episode, Recall
from memory.maintenance import marks as stored_marks
from memory.naming.lists import photo_lists
from memory.naming.lists.list_requests import ListRequest
from memory.store import Memory
from ui import dialog_strings, strings
from ui.people_strings import listed_as
from ui.plain import plain_strings
from ui.plain.printer import about
from ui.runtime.memory_jobs import LISTED, asked_for, reminders_about
from ui.telling_strings import MARKS_NONE, MARKS_PLAIN


def photos_asked_for(wanted: ListRequest, view: Callable[[], Conversation], memory: Memory) -> list[str]:
    """The memories that a request for a list means, in the conversation in `view`."""
    meant, found, undated = asked_for(wanted, view, memory)
    return _titled(meant.title, found, memory, undated)


def memories(wanted: str, memory: Memory) -> list[str]:
    """The newest memories, or those that the wanted words find or ask for."""
    if not wanted:
        return [line(one) for one in memory.episodes(LISTED)] or [plain_strings.NOTHING]
    finding = photo_lists.find(memory, wanted, most=LISTED)
    if finding.title:
        return _titled(finding.title, finding.entries, memory)
    lines = _lines(finding.entries, memory)
    instead = [dialog_strings.BROWSER_INSTEAD.format(instead=finding.instead)] if finding.instead and lines else []
    best = [dialog_strings.BEST.format(n=len(lines))] if finding.more else []
    return [*instead, *lines, *best] or [plain_strings.NOTHING]


def _titled(title: str, found: Sequence[EpisodeEntry], memory: Memory, undated: int = 0) -> list[str]:
    """A list that was asked for, below what was understood and how many photos that means."""
    return [listed_as(title, len(found), undated), *_lines(found, memory)]


def _lines(found: Sequence[EpisodeEntry], memory: Memory) -> list[str]:
    """The first LISTED memories."""
    return [line(memory.get(one.id)) for one in found[:LISTED]]


def line(episode: Episode) -> str:
    """A memory as lists have it, with its id."""
    return f"{episode.id}: {about(episode)}"


def to_forget(wanted: str, recalls: Sequence[Recall], memory: Memory) -> tuple[list[Episode], str]:
    """The memories that somebody who wants them forgotten may mean, and the words that were taken for mistyped ones."""
    found = photo_lists.to_forget(memory, wanted, recalls, LISTED)
    return [memory.get(one.id) for one in found.entries], found.instead


def reminders(memory: Memory) -> list[str]:
    """The standing reminders, and how one is ended."""
    lines = [
        f"{one.id}: {dialog_strings.REMINDER_ABOUT.format(task=one.task, about=about_it) if about_it else one.task}. "
        f"{day_words(one.day)}: “{one.words}”"
        for one, about_it in reminders_about(memory)
    ]
    return [*lines, plain_strings.REMINDERS if lines else dialog_strings.REMINDERS_EMPTY]


def marks(memory: Memory) -> list[str]:
    """What the user said of pairs of photos, and how it is taken back."""
    lines = [f"{one.id}: {one.line()}" for one in stored_marks.listed(memory)]
    return [*lines, MARKS_PLAIN if lines else MARKS_NONE]


def titles(wanted: str, memory: Memory) -> list[str]:
    """The stored conversations, or those in which the wanted words stand, and what can be done with one."""
    lines = [
        f"{one.id}: {one.when.astimezone():%d %B %Y %H:%M}, {one.text or strings.NO_WORDS_SAID}"
        for one in conversations.titles(memory, wanted, LISTED)
    ]
    return [*lines, plain_strings.HISTORY if lines else plain_strings.NOTHING]


def models() -> list[str]:
    """The models that are here, and those to be had."""
    lines = []
    for row in registry.rows():
        state = dialog_strings.MODELS_HERE if row.folder else dialog_strings.MODELS_TO_BE_HAD
        begin = f" {dialog_strings.MODEL_BEGIN.capitalize()}." if row.begin else ""
        lines.append(f"{row.name}: {state}.{begin} {row.problem or f'{dialog_strings.model_fit(row)}. {row.about}'}")
    return [*lines, plain_strings.MODELS]


def commands() -> list[str]:
    """What can be typed."""
    return [f"{key}: {meaning}" for key, meaning in plain_strings.HELP]


def tour() -> list[str]:
    """What to try first with the demo album."""
    return [line.format(photo=album.demo_photo(), question=album.QUESTION) for line in plain_strings.TOUR]


def receipt(details: Sequence[str]) -> Sequence[str]:
    """The last receipt with ids and counts."""
    return details or [strings.DETAILS_NONE]
