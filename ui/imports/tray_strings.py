"""What the tray says: "tell me about these"."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from memory.days import file_of
from memory.episode import Episode, printable
from memory.text import count
from ui.import_paths import is_source
from ui.recall_strings import day

TRAY = "Tell me about these"
TRAY_EMPTY = "No photo waits for words. F8 imports photos; those without words wait here."
TRAY_DONE = "That was the last one: no photo waits any more."
TRAY_SKIPPED = "The others were skipped: ctrl+t asks about them again."
TRAY_WORDS, TRAY_WORDS_SHORT = "What does it show?  “This is Zuri at the lake.”", "What does it show?  “This is Zuri.”"
TRAY_KEYS = "Enter keeps your words (empty: skips) · ctrl+x not interesting · ctrl+z undoes · Esc closes"
TRAY_UNDO_KEY = "ctrl+z undoes"
TRAY_NO_UNDO = "Nothing is left to take back here; /undo takes back other changes."
TRAY_GROUP_KEYS = TRAY_KEYS.replace(" · ", " · ctrl+g for the whole group · ", 1)
TRAY_ALIKE = "{n} look alike: ctrl+g tells about all of them"
TRAY_LEFT = "{waiting} {wait} for words"
TRAY_KEPT = "Kept for {photos}: “{words}”"
TRAY_NOT_ASKED = "Not asked about again: {photos}."
TRAY_PATH = "{what} is a path, and says nothing about this photo. Enter again closes the tray and {does}."
TRAY_COMMAND = "{command} is a command: Esc closes the tray, and commands are typed there."
TRAY_TOLD = "You told about this photo already: “{words}”  (/edit {id} WORDS changes that.)"
TRAY_NO_ID = "No photo in the tray has the id {id}: /tray lists those that wait."
PRIVATE_NO_TRAY = "Nothing is remembered in a private conversation: F5 ends it."


def waiting(n: int) -> str:
    """ "12 photos wait for words" """
    return TRAY_LEFT.format(waiting=count(n, "photo"), wait="waits" if n == 1 else "wait")


def a_path(paths: Sequence[Path]) -> str:
    """What is said of paths that were pasted where words are meant."""
    name = f"“{printable(paths[0].name)}”" if len(paths) == 1 else count(len(paths), "photo")
    return TRAY_PATH.format(
        what=name,
        does="shows what could be imported from it" if is_source(paths[0]) else "shows it",
    )


def title(episode: Episode, at: int, of: int) -> str:
    """ "3 of 10 · 12 May 2025 · Lisbon" """
    return f"{at} of {of}  ·  {when(episode)}"


def when(episode: Episode) -> str:
    """ "12 May 2025 · Lisbon", "day unknown (file of 21 September 2026)" """
    imported = episode.day is None and episode.told is None
    return f"{day(episode)} ({file_of(episode.when)})" if imported else day(episode)
