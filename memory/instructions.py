"""Instructions in what the user said: "When Gustav shows up, remind me to water the plants."

Said about a photo, "remind me to water him on Sundays" is one, too: it is due when the photo's thing appears again. No
clock rings on Sunday. English patterns find them in the user's own words. Nothing written by a model is searched, no
photo is read, and nothing is ever done but showing the words again (`reminders.py`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

LONGEST = 300
"""Characters of the longest sentence that is searched for an instruction; longer sentences are stories."""
_HINT = re.compile(r"remind me|(?:tell|ask|warn|ping|nudge) me|be reminded|me forget|reminder|say[:,]", re.IGNORECASE)
"""A quick test: no sentence without one of these phrases is an instruction."""
_SENTENCE = re.compile(r"(?<=[.!?])[\"'”’)]*\s+|\s*[;\n]\s*")
_WHEN = r"\b(?:when(?:ever)?|if|once|as soon as|(?:the )?next time|(?:every|each|any) ?time)\b"
_SEEN = (
    r"\b(?:sees?|spots?|meets?|notices?|recogni[sz]es?|(?:look|looks|looking) at|(?:runs?|bumps?) into|comes? across"
    r"|shows? (?:you|up)|turns? up|pops? up|comes? up|appears?"
    r"|(?:is|are) in (?:a|an|the|this|my|any|another) (?:new )?(?:photo(?:graph)?|picture|image))\b"
)
_PLEASE = (
    r"(?:(?:please(?: you)?|then|just|also|always|kindly|(?:can|could|would|will) you|you (?:should|must|can)"
    r"|make sure (?:to|you|that you)|(?:don['’]?t|do not) forget to|remember to"
    r"|i(?:['’]d like| want| need) you to)[, ]+)*"
)
_ASK = (
    r"remind me(?:,? please)?(?: to\b|:)?|tell me to\b|don['’]?t let me forget(?: to\b)?"
    r"|i (?:need|want|have) to be reminded(?: (?:to|about|of)\b)?|(?:ask|warn|ping|nudge) me(?: (?:to|that|about)\b)?"
    r"|tell me(?: that\b|(?= (?:his|her|its|the|my|our|he|she|it) [\w' ]*\b(?:is|are|needs?|has)\b))"
)
_TIME = r"(?:on|in|at|next|this|every|before|after|by|later|tomorrow|tonight|again)"
_STARTS = r"(?:^|[,:–—-]\s*|\b(?:and|so|but)\s+)"
# "When Gustav shows up, remind me to water the plants."
_CONDITION_FIRST = re.compile(
    rf"(?P<when>{_WHEN}.*?{_SEEN}.*?)(?P<stop>\s*[,:–—-]\s*|\s+){_PLEASE}(?:{_ASK}|(?P<say>say)[:,])\s+(?P<task>\S.*)",
    re.IGNORECASE,
)
# "Remind me to water the plants when Gustav shows up."
_TASK_FIRST = re.compile(rf"{_STARTS}{_PLEASE}(?:{_ASK})\s+(?P<task>\S.*?),?\s+{_WHEN}.*?{_SEEN}", re.IGNORECASE)
# "Remind me, when Gustav shows up, to water the plants."
_CONDITION_BETWEEN = re.compile(
    rf"{_STARTS}{_PLEASE}remind me,?\s+{_WHEN}.*?{_SEEN}.*?,?\s+to\s+(?P<task>\S.*)", re.IGNORECASE
)
# "Remind me to water him on Sundays, he is thirsty."
_PLAIN = re.compile(
    rf"{_STARTS}{_PLEASE}(?:(?:remind me|(?:don['’]?t|do not) let me forget)(?:,? please)?"
    rf"(?:,? {_TIME}\b[^,.;]{{0,24}})?,?"
    r" (?:to (?P<task>\S.*)|(?P<not>(?:not|never) to \S.*)"
    r"|(?P<what>(?<=forget )(?:about )?(?:the|my|our|his|her|\w+['’]s) \S.*))"
    r"|(?:note|reminder)(?: to (?:self|me|myself))?: ?(?P<own>\S.*)"
    r"|(?:(?:set|add|make|create)(?: me)? a )?reminder(?: for me)? to"
    r" (?P<set>(?!\w+ ?:|(?:self|me|myself|you|yourself)\b)\S.*)"
    r"|remind me (?P<that>that \S.*))",
    re.IGNORECASE,
)
# "Next time, ask me whether I watered it", "tell me to water it next time", "don't forget to remind me about the lid"
_NEXT_TIME = re.compile(
    rf"^(?:and |so )?(?:the )?next time\s*[,:–—-]?\s*{_PLEASE}(?:{_ASK})\s+(?P<task>\S.*)"
    rf"|{_STARTS}{_PLEASE}(?:{_ASK})\s+(?P<first>\S.*?),? (?:the )?next time\W*$"
    r"|^(?:please )?warn me (?:the )?next time(?: that)? (?P<warned>\S.*)"
    r"|^(?:please )?(?:(?:make sure|remember)(?: to| you)|(?:don['’]?t|do not) forget to)"
    r" (?:remind me (?P<about>(?:about|of) \S.*)|tell me to (?P<tell>\S.*))",
    re.IGNORECASE,
)
_TAKEN_BACK = re.compile(r"[,–—-] ?no,? (?:do not|don['’]?t|never ?mind)", re.IGNORECASE)
_OTHER_TIME = re.compile(rf"^(?:and |but |so )?{_WHEN}", re.IGNORECASE)
# What follows the task: "…, he is thirsty", "… because he is thirsty"
_TAIL = re.compile(
    r",\s+(?=(?:i|he|she|it|they|we|you|that|this|there|his|her|otherwise|last time|again)\b)"
    r"|,?\s+because\b|\s+[–—-]\s+",
    re.IGNORECASE,
)
_NO_REQUEST = frozenset("i you he she it we they this that these those which who not never don't don’t dont to".split())
"""Words before "remind me" that make it no request: "they remind me of home", "don't remind me"."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """An instruction that the app shows when its episode is recalled for a new photo."""

    id: str
    """Eight hex digits, a hash of the episode's id and the task."""
    task: str
    """What to do, in the user's words: "water the plants"."""
    words: str
    """The whole sentence of the instruction."""
    episode: str
    """Id of the episode in which the user said the sentence."""
    when: datetime
    """When that happened (UTC)."""
    day: date
    """The local day of that episode; where it is unknown, the day on which the episode was told."""


def tasks(text: str) -> Iterator[tuple[str, str]]:
    """The (task, sentence) of each instruction in `text`, which a user said."""
    for sentence in _SENTENCE.split(text):
        if len(sentence) <= LONGEST and _HINT.search(sentence) and (task := _task(sentence)):
            yield task, sentence.strip()


def only_instructs(text: str) -> bool:
    """Whether a text has an instruction and says nothing else: "remind me to wind it when you see it"."""
    said = [sentence for _, sentence in tasks(text)]
    for sentence in said:
        text = text.replace(sentence, "", 1)
    return bool(said) and not re.search(r"\w", text)


def id_of(episode: str, task: str) -> str:
    """The id of the instruction `task` in the episode with the id `episode`."""
    return hashlib.sha256(f"{episode}\n{task.casefold()}".encode()).hexdigest()[:8]


def _task(sentence: str) -> str:
    """The task that a sentence asks for; empty when the sentence is no instruction."""
    found = _CONDITION_FIRST.search(sentence)
    if found and not found["stop"].strip() and (found["say"] or found["when"].split()[-1].lower() in _NO_REQUEST):
        found = None
    found = found or _TASK_FIRST.search(sentence) or _CONDITION_BETWEEN.search(sentence)
    task = found["task"] if found else _next_time(sentence) or _plain(sentence)
    task = re.sub(r"[\s,]+(?:please|ok|okay)$", "", task.strip(" .!?,:"), flags=re.IGNORECASE)
    return re.sub(r"^[\"“](.*)[\"”]$", r"\1", task)


def _next_time(sentence: str) -> str:
    """The task of a request for the next time, whatever is seen then; empty for none."""
    found = _NEXT_TIME.search(sentence)
    return next(filter(None, found.groupdict().values())) if found else ""


def _plain(sentence: str) -> str:
    """The task of a request without a condition; empty for none, and for one that waits for something else."""
    found = _PLAIN.search(sentence)
    if not found or _OTHER_TIME.match(sentence) or _TAKEN_BACK.search(sentence):
        return ""
    return _TAIL.split(next(filter(None, found.groupdict().values())), maxsplit=1)[0]
