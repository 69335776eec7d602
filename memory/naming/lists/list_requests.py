"""Recognises requests for a list: "Which photos do you have of Anna?", "Show me everything from 2024". In English.

A question about one photo, or about what was said, is none: "When did we go to Rome?" wants a sentence.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Literal, NamedTuple

from memory.naming.categories import category
from memory.naming.courtesy import plainly
from memory.naming.lists import list_patterns as patterns
from memory.text import terms
from memory.times import time_phrases


class ListRequest(NamedTuple):
    """What a list shall hold."""

    words: str = ""
    """Names, places or other words that all of it has; "" for no limit."""
    since: date | None = None
    """First local day; None: no limit."""
    before: date | None = None
    """The day after the last; None: no limit."""
    why: str = ""
    """The time in words: "from last summer (June to August 2026)"; "" when there is none."""
    here: bool = False
    """Whether it shall hold photos of what the photo in view shows: see `photo_lists.of_view`."""
    photos: tuple[str, ...] | None = None
    """Hashes of the photos that it may hold; None for no limit."""
    told: bool = False
    """Whether what was told of the time belongs to it, whatever the day of the photo: "what did we do yesterday?"."""
    told_then: bool = False
    """Whether the time is that of the telling, and no day of a photo counts: "what did I tell you yesterday?"."""
    without: tuple[tuple[date, date], ...] = ()
    """Spans of days that are left out, each by its first day and the one after its last."""

    end: Literal["", "first", "last"] = ""
    """Whether only the first or the last of it is wanted: "the oldest photo of Otis"."""

    @property
    def title(self) -> str:
        """What the list holds, in words: "Photos: Anna, from 2024"; "All photos" without any limit."""
        like = "like this one" if self.here else ""
        time = self.why
        if self.told_then:
            time = "told " + re.sub("^from ", "in ", re.sub("^from (?=today|yesterday|this|last)", "", time))
        limits = ", ".join(filter(None, (self.words, like, time, self.end and f"the {self.end}")))
        return f"Photos: {limits}" if limits else "All photos"


def request(text: str, now: datetime | None = None, *, field: bool = False) -> ListRequest | None:
    """What list `text` asks for; None when it asks for none.

    `now`: the moment it is said, as `time_phrases.parse` takes it. `field`: the text stands in the search field, where
    "photos of Anna" alone can be nothing else.
    """
    asks, text = text.rstrip().endswith("?"), patterns.EDGE.sub("", " ".join(plainly(text).replace("’", "'").split()))
    if len(text) > 200 or re.search(r"[.!?]\s+\w", text):
        return None  # a story, or more than one sentence
    if not field and (wanted := _of_view(text, now, asks=asks)):
        return wanted
    if kind := _category(text):
        return _limited(kind, now)
    if found := patterns.IN_NUMBERED.match(text):
        return ListRequest(re.sub(r" (?:no\.?|number|#) ?(?=\d)", " ", found["rest"], flags=re.IGNORECASE))
    if patterns.ALL_THAT.match(text):
        return ListRequest()
    if patterns.WHO.match(text):
        return ListRequest("people")
    if (found := patterns.TOLD_THEN.match(text)) and (then := _limited(found["rest"], now, timed=True)):
        return then._replace(told=False, told_then=True)
    if (found := patterns.AT_END.match(text)) and (found["asks"] or asks or field):
        wanted = _limited(found["rest"], now)
        return wanted and wanted._replace(end="first" if found["first"] else "last")
    if found := patterns.FIND_ONE.match(text):
        return _limited(found["rest"], now)
    if found := patterns.ONE_OF.match(text):
        return _limited(found["kind"] or found["topic"], now)
    if found := patterns.COMMANDED.match(text):
        return _commanded(found, text, now, field)
    if found := patterns.WHICH.match(text) or patterns.HAVE.match(text):
        return _which(found, now)
    if (found := patterns.BARE.match(text)) and _asks_without_verb(found, asks=asks, field=field):
        return _limited(found["rest"], now)
    if found := patterns.ELSE.match(text):  # "which keys belong to the shed" wants a sentence
        return _limited(found["owner"] or found["rest"], now) if not found["kind"] or category(found["kind"]) else None
    if found := patterns.ALL_OF.match(text) or patterns.OF_WHICH.match(text):
        return _limited(found["rest"], now)
    if found := patterns.DONE.match(text):
        return _limited(found["rest"], now, timed=True)
    return None


def _category(text: str) -> str:
    """The category that a line asks for, in the plural: "pets", of "Which pets do I have?"; "" for none."""
    found = patterns.OF_KIND.match(text)
    return found["kind"] if found and category(found["kind"]) and found["kind"].endswith(("s", "e", "y")) else ""


def _which(found: re.Match[str], now: datetime | None) -> ListRequest | None:
    """The list that "which photos ..." or "do you have photos ..." asks for."""
    rest = found["rest"]
    if patterns.OF_THEM.match(rest):
        return None
    if found["what"].lower() in ("anything", "something", "ones") and not patterns.LIMITS.match(rest):
        return None  # "do you have anything to say"
    alone = not found["kind"] and not (rest and terms(patterns.LINKS.sub(" ", rest)))
    return _limited(f"{found['kind']}{rest}", now, alone=alone)


def _asks_without_verb(found: re.Match[str], *, asks: bool, field: bool) -> bool:
    """Whether "all photos of Anna", which has no verb, asks for a list; "the photo from Rome" tells of one."""
    what, rest = found["what"].lower(), found["rest"]
    if patterns.TELLS.search(rest) or not patterns.LIMITS.match(rest):
        return False
    if what == "all":
        return field or bool(found["all"].strip())
    one_of_all = re.search(r"\b(?:all|every|each)\b", found["all"], re.IGNORECASE)
    many = re.fullmatch(patterns.MANY, what) or (re.fullmatch(patterns.THINGS, what) and one_of_all)
    return field or asks or what == "everything" or bool(many)


def _of_view(text: str, now: datetime | None, *, asks: bool) -> ListRequest | None:
    """The request for photos of what the photo in view shows: "Any more of him?", "show me her other photos".

    It speaks of more, or of photos, points to what is in view or to nothing, and says nothing else.
    """
    asked = time_phrases.parse(text, now)
    said = asked.words
    if not (asks or re.match(rf"{patterns.HEAD}(?:show|list|find|see|give|any|all|more|other|got)\b", said, re.I)):
        return None  # "one more of him" may tell what a photo shows
    more, many = patterns.MORE.search(said), re.search(rf"\b(?:{patterns.MANY}|ones)\b", said, re.I)
    if not patterns.ASKING.match(said) or not (more or (many and patterns.VIEW.search(said))):
        return None
    if re.fullmatch(r"(?:(?:and|so|but|tell me|what)\W+)*more\W*", said.strip(), re.I):
        return None  # "and more?" asks the model to go on
    left = patterns.VIEW.sub(" ", patterns.MORE.sub(" ", said)).replace("'s", " ")
    rest = [
        w
        for w in re.findall(r"[\w']+", left.lower())
        if w not in patterns.MEANT | patterns.FILLER and not re.fullmatch(patterns.THINGS, w)
    ]
    return ListRequest("", asked.since, asked.before, asked.why, here=True, without=asked.without) if not rest else None


def _commanded(found: re.Match[str], text: str, now: datetime | None, field: bool) -> ListRequest | None:
    """The list that "show me ..." asks for."""
    what, rest = (found["many"] or found["what"] or "").lower(), patterns.EDGE.sub("", found["rest"] or "")
    if found["kind"]:
        return _limited(f"{found['kind']}{rest}", now)
    if what == "what":  # "show me what we did last summer"
        return _limited(rest, now, timed=True) if re.match(r"(?:we|i|you|happened|there)\b", rest, re.I) else None
    if what in ("anything", "something", "ones") and not patterns.LIMITS.match(rest):
        return None
    if not what and (not rest or patterns.NO_OBJECT.match(rest) or (patterns.ONE.match(rest) and not field)):
        return None
    if not what and not field and not re.match(patterns.PLAIN, text, re.IGNORECASE):
        return None  # "get some rest", "show me the way home"
    single = re.fullmatch(patterns.THINGS, what) and not re.fullmatch(rf"{patterns.MANY}|ones", what)
    if single and re.fullmatch(r"(?:the|my|our|your|those|these)?\s*", found["all"], re.I) and not field:
        return None  # "show the photo": one that is in view
    return _limited(rest, now, alone=bool(what) and (what == "everything" or not rest))


def _limited(rest: str, now: datetime | None, *, timed: bool = False, alone: bool = False) -> ListRequest | None:
    """The request with the limits that `rest` names. `timed`: only a time may stand there; `alone`: nothing need."""
    asked = time_phrases.parse(rest, now)
    if not asked.why and re.fullmatch(r"\D*(?:19|20)\d\d\D*", rest):  # "photos 2024"
        asked = time_phrases.parse(re.sub(r"((?:19|20)\d\d)", r"in \1", rest), now)
    words = _words(asked.words)
    if timed:
        done = re.sub(
            r"^(?:we|i|you)?\s*(?:did|do|saw|took|happened|have|has|was|there|went|been|were|got up to)*\s*",
            "",
            words,
            flags=re.I,
        )
        return _of(asked, "")._replace(told=True) if asked.why and not terms(done) else None
    if (not words and not asked.why and not alone) or (words and patterns.PRONOUN.fullmatch(words)):
        return None
    return _of(asked, words)


def _of(asked: time_phrases.TimeQuery, words: str) -> ListRequest:
    return ListRequest(words, asked.since, asked.before, asked.why, without=asked.without)


def _words(text: str) -> str:
    """The words that limit a list, without those that only lead to them: "do you have of Anna" gives "Anna"."""
    words = patterns.EDGE.sub("", patterns.LINKS.sub(" ", text)).split()
    while words and words[0].lower().strip(",") in patterns.FILLER:
        words.pop(0)
    while words and words[-1].lower().strip(",") in patterns.FILLER:
        words.pop()
    return patterns.EDGE.sub("", " ".join(words))
