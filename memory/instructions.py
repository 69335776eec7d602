"""Instructions in what the user said: "When Gustav shows up, remind me to water the plants."

English patterns find them in the user's own words. Nothing written by a model is searched, no photo is read, and
nothing is ever done but showing the words again (`reminders.py`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

LONGEST = 300
"""Characters of a sentence that may hold an instruction; longer ones are stories."""
_MAYBE = re.compile(r"remind me|tell me|me forget|say[:,]", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])[\"'”’)]*\s+|\s*[;\n]\s*")
_WHEN = r"\b(?:when(?:ever)?|if|once|as soon as|(?:the )?next time|(?:every|each|any) ?time)\b"
_SEEN = (
    r"\b(?:sees?|spots?|meets?|notices?|recogni[sz]es?|(?:look|looks|looking) at|(?:runs?|bumps?) into|comes? across"
    r"|shows? (?:you|up)|turns? up|pops? up|comes? up|appears?"
    r"|(?:is|are) in (?:a|an|the|this|my|any|another) (?:new )?(?:photo|picture|image))\b"
)
_PLEASE = r"(?:(?:please|then|just|also|always|kindly|(?:can|could|would|will) you|you (?:should|must|can))[, ]+)*"
_ASK = r"remind me(?:,? please)?(?: to\b|:)?|tell me to\b|don['’]?t let me forget(?: to\b)?"
_STARTS = r"(?:^|[,:–—-]\s*|\b(?:and|so|but)\s+)"
_LATER = re.compile(
    rf"(?P<when>{_WHEN}.*?{_SEEN}.*?)(?P<stop>\s*[,:–—-]\s*|\s+){_PLEASE}(?:{_ASK}|(?P<say>say)[:,])\s+(?P<task>\S.*)",
    re.IGNORECASE,
)
_FIRST = re.compile(rf"{_STARTS}{_PLEASE}(?:{_ASK})\s+(?P<task>\S.*?),?\s+{_WHEN}.*?{_SEEN}", re.IGNORECASE)
_BETWEEN = re.compile(rf"{_STARTS}{_PLEASE}remind me,?\s+{_WHEN}.*?{_SEEN}.*?,?\s+to\s+(?P<task>\S.*)", re.IGNORECASE)
_SOMEBODY = frozenset("i you he she it we they this that these those which who not never don't don’t dont to".split())
"""Words before "remind me" that make it no request: "they remind me of home", "don't remind me"."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """What to say when its memory is recalled for a new photo."""

    id: str
    """Eight hex digits, from the memory's id and the task."""
    task: str
    """ "water the plants": in the user's words."""
    words: str
    """The whole sentence."""
    episode: str
    """Id of the memory it was said in."""
    when: datetime
    """The memory's date (UTC)."""


def tasks(text: str) -> Iterator[tuple[str, str]]:
    """(task, sentence) of each instruction in what a user said."""
    for sentence in _SENTENCE.split(text):
        if len(sentence) <= LONGEST and _MAYBE.search(sentence) and (task := _task(sentence)):
            yield task, sentence.strip()


def id_of(episode: str, task: str) -> str:
    """The id of the instruction `task` in the memory with this id."""
    return hashlib.sha256(f"{episode}\n{task.casefold()}".encode()).hexdigest()[:8]


def _task(sentence: str) -> str:
    """What is to be said; empty when this is no instruction."""
    found = _LATER.search(sentence)
    if found and not found["stop"].strip() and (found["say"] or found["when"].split()[-1].lower() in _SOMEBODY):
        found = None
    found = found or _FIRST.search(sentence) or _BETWEEN.search(sentence)
    task = re.sub(r"[\s,]+(?:please|ok|okay)$", "", found["task"].strip(" .!?,:"), flags=re.IGNORECASE) if found else ""
    return re.sub(r"^[\"“](.*)[\"”]$", r"\1", task)
