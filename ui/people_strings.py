"""What the view of people and things says, and what is said of lists of photos."""

from __future__ import annotations

from datetime import date, datetime

from memory.days import day_words
from memory.naming.named_things import NamedThing
from memory.text import count

PEOPLE = "People and things"
PEOPLE_KEYS = "Enter: the photos · r rename · j join with another · x split · n no name · u undo · Esc"
PEOPLE_JOIN_KEY = "j join with another"
PEOPLE_ONE_KEYS = tuple(PEOPLE_KEYS.split(" · ")[:5])
"""The keys that need a name in the list."""
PEOPLE_EMPTY = (
    "Nobody and nothing has a name yet. Say “This is Zuri” about a photo, and Zuri is here, with all photos of Zuri."
)
PEOPLE_NONE = "Nobody and nothing with a name yet: say “This is …” about a photo."
PEOPLE_HOW = "/people NAME lists the memories of one; /people NAME = NEW renames; /people NAME + OTHER joins the two."
NEW_NAME = "The new name of {name}  ·  Enter keeps it  ·  Esc"
JOIN_WITH = "{name} is the same as …?  ↑ ↓ and Enter on the other one  ·  Esc"
SPLIT, SPLIT_KEYS = "Two with the name {name}", "Space marks the photos of the other one  ·  ctrl+s keeps it  ·  Esc"
SPLIT_NAME = "What is the other one called?"
RENAMED, JOINED = "{name} is called {new} now", "{name} and {new} are one now, called {new}"
APART, NOT_A_NAME = "{new} is apart from {name} now", "{name} is not listed any more; the memories stay as they are"
UNDO_NAMED = "Taken back: what was decided about {name}."
LISTED_AS = "{title}: {n}, newest first."
LISTED_NONE, LISTED_UNDATED = "{title}: no memory fits.", "{title}: no memory fits; the day of {n} is not known."

THIS_DAY = "{ago}: “{words}”"
THIS_DAY_HOW = "/memories shows them all  ·  F12: no more of this when Keepsake opens"
THIS_DAY_NONE = "Nothing was told of this day in other years, and no photo waits for words."
TRAY_TODAY = "{photos} in the tray for your words: ctrl+t"
THIS_DAY_ON = "When Keepsake opens it says what there was on this day, and what waits in the tray. F12 turns that off."
THIS_DAY_OFF = "Keepsake opens without a word about this day and the tray. F12 turns that on again."


def listed_as(title: str, found: int, undated: int) -> str:
    """What is said above a list of `found` memories, with `undated` more that may be of the time asked for."""
    if found:
        return LISTED_AS.format(title=title, n="1 memory" if found == 1 else f"{found} memories")
    line = LISTED_UNDATED if undated else LISTED_NONE
    return line.format(title=title, n=count(undated, "photo"))


def years_ago(day: date) -> str:
    """ "A year ago today", "5 years ago today" """
    years = datetime.now().astimezone().year - day.year
    return "A year ago today" if years == 1 else f"{years} years ago today"


def last_seen(thing: NamedThing, *, short: bool = False) -> str:
    """ "3 photos, last on 12 May 2025"; `short`: the month in three letters"""
    if not thing.last:
        return thing.times
    day = f"{thing.last.day} {thing.last:%b %Y}" if short else day_words(thing.last)
    return f"{thing.times}, last on {day}"
