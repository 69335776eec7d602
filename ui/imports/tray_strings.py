"""What the tray says: "tell me about these"."""

from __future__ import annotations

from memory.episode import Episode
from memory.text import count
from ui.recall_strings import day

TRAY = "Tell me about these"
TRAY_EMPTY = "No photo waits for words. F8 imports photos; those without words wait here."
TRAY_DONE = "That was the last one: no photo waits any more."
TRAY_SKIPPED = "The others were skipped: ctrl+t asks about them again."
TRAY_WORDS = "What does it show?  “This is Zuri at the lake.”"
TRAY_KEYS = (
    "Enter keeps your words (empty: skips) · ctrl+g for the whole group · ctrl+x not interesting · ctrl+z undoes · Esc"
)
TRAY_ALIKE = "{n} of this day look alike: ctrl+g tells about all of them"
TRAY_LEFT = "{waiting} {wait} for words"
TRAY_KEPT = "Kept for {photos}: “{words}”"
TRAY_NOT_ASKED = "Not asked about again: {photos}."
PRIVATE_NO_TRAY = "Nothing is remembered in a private conversation: F5 ends it."


def waiting(n: int) -> str:
    """ "12 photos wait for words" """
    return TRAY_LEFT.format(waiting=count(n, "photo"), wait="waits" if n == 1 else "wait")


def title(episode: Episode, at: int, of: int) -> str:
    """ "3 of 10 · 12 May 2025 · Lisbon" """
    return f"{at} of {of}  ·  {day(episode)}"
