"""Corrections that say which of the user's words are wrong: "it was 2021, not 2020", "change Ghent to Bruges".

Where one remembered sentence has the wrong words, the right ones take their place there; what corrects in any other way
is kept beside the words before (`grounding/quotes/later_words.py`). "That's Snow, not Shadow" says who is in the photo:
that is no correction.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import NamedTuple

from assistant.dialogue.only_of_its_kind import MONTH, before_a_thing, only, said_alone, same_kind
from assistant.dialogue.taken_back import A_NUMBER, LEAD, core
from memory.episode import Episode, Recall, Turn
from memory.naming.categories import of_one_category
from memory.text import folded

LONGEST = 5
"""Words of what is replaced, and of what takes its place."""
LIKE, ALIKE = 0.6, 0.75
"""How alike two spellings of one name are; and of a word that has no capital letter, and may be no name."""
_CHANGE = re.compile(
    rf"{LEAD}(?:change|replace|correct|swap|fix|edit|rename) [\"“']?(?P<old>[^\"”]+?)[\"”']? "
    r"(?:to|into|with|by|for) [\"“']?(?P<new>[^\"”]+?)[\"”']?(?:[\s,]+please)?[\s.!]*",
    re.IGNORECASE,
)
_MEANT = re.compile(
    rf"{LEAD}(?:i (?:meant|mean|wanted to (?:say|write|type))|make (?:that|it)"
    r"|(?:it|that) should (?:be|say|have been))(?: to say)? (?P<new>[^,.;]+?)"
    r",? (?:and )?(?:not|instead of|rather than) (?P<old>[^,.;]+?)[\s.!]*",
    re.IGNORECASE,
)
_NOT_BUT = re.compile(
    r".*?(?:\bnot|\b(?:is|was|are|were|did|does|do|has|had)n'?t) (?P<old>[^,.;]+?)"
    r"(?:,? but|[,;.] ?(?:it|that|this|he|she|they)(?:'s| is| was| were)) (?P<new>[^,.;]+?)[\s.!]*",
    re.IGNORECASE,
)
_NOT = re.compile(r"(?P<new>.+?),? (?:and )?(?:not|instead of|rather than) (?P<old>[^,.;]+?)[\s.!]*", re.IGNORECASE)
_NOT_THEN = re.compile(rf"{LEAD}not (?P<old>[^\s,.;]+)(?:[,;:–—-] ?| - )(?P<new>[^\s,.;]+)[\s.!]*", re.IGNORECASE)
""" "Not wife, girlfriend": of two words of one kind."""
_SAID = re.compile(
    rf"{LEAD}i (?:said|wrote|typed|put) (?P<old>[^,.;]+?),? (?:but|and) (?:it|that|he|she|they)(?:'s| is| was"
    r"|'re| are| were| should (?:be|say|have been)) (?P<new>[^,.;]+?)[\s.!]*",
    re.IGNORECASE,
)
_RELATES = re.compile(
    r"(?:it|he|she|they)(?:'s|s| is| was|'re| are| were) (?:[^\W\d]+ ){0,3}"
    r"(?P<behind>to|from|with|at|in|on|by|of|for|near) (?P<new>[^\s,.;]+),? (?:and )?"
    r"not (?:(?P=behind) )?(?P<old>[^\s,.;]+)",
    re.IGNORECASE,
)
""" "He is allergic to beef, not chicken", of "to chicken"; it says nothing of who is in the photo."""
_OF_A_MAKE = re.compile(
    r"(?:it|he|she)(?:'s| is| was) (?P<new>an? [A-Z][\w'-]+),? (?:and )?not (?P<old>an? [A-Z][\w'-]+)"
)
""" "It's a Giant, not a Trek": of what was told with the article, too."""
_ONE = re.compile(r"\s+ones?$", re.IGNORECASE)
_ARTICLE = re.compile(r"(?:the|an?)\s+", re.IGNORECASE)
_SPELLED = re.compile(
    rf"{LEAD}(?:.{{0,40}}\b)?(?:is|are|was|'s|it)?(?: actually| really)? ?(?:spelled|spelt|written)"
    r"(?: like(?: this)?:?)? (?P<new>[^\W\d_][\w'-]+)(?:[, ]+not (?P<old>[^\W\d_][\w'-]+))?"
    r"(?: with (?:an?|one|two|double) [a-z](?:'?s)?)?[\s.!]*",
    re.IGNORECASE,
)
_MEANT_WORD = rf"{LEAD}(?:typo|i meant?(?: to (?:say|write|type))?|it should (?:say|read))[:,]? "
_STAR = re.compile(rf"(?:\*\s?|{_MEANT_WORD})[\"“']?(?P<new>[^\W_][\w'-]*)[\"”']?[\s.!]*", re.IGNORECASE)
_STAR_BEHIND = re.compile(r"(?P<new>[^\W_][\w'-]*)\s?\*")
""" "*Otis", "typo: Otis", "Otis*": another spelling, or the only year."""
_COULD_YOU = re.compile(
    r"(?:please |pls )?(?:can|could|would|will) (?:you|u|we) (?:please )?(?:change|replace|correct|swap|edit|rename)\b",
    re.IGNORECASE,
)
_LETTERS = re.compile(
    rf"{LEAD}(?:(?:it|that|he|she)(?:'s| is) |(?:his|her|its|the) name is )?(?P<new>[^\W\d_][\w'-]+)"
    r" with (?:an?|one|two|double) [a-z](?:'?s)?(?: at the end)?[\s.!]*",
    re.IGNORECASE,
)
""" "Hector with a c"."""
_WHO_IT_IS = re.compile(
    rf"{LEAD}(?:this|that|these|those|it|he|she|they)(?:(?:'s|s| is|'re| are) (?!called\b|named\b)(?:[^\d,.;]+?,? )?"
    r"(?:and )?not|(?: is|'re| are)n't|isnt)\b"
    rf"|{LEAD}not [^\d]+(?:'s|s| is|'re| are)\b",
    re.IGNORECASE,
)
""" "That's Snow, not Shadow", "not Shadow, it's Snow"."""
_POINTS = re.compile(rf"{LEAD}(?:this|that|these|those|its?|here|not)\b", re.IGNORECASE)
_SMALL = re.compile(r"(?:in|at|on|from|with|by|for|the|a|an|to|of|it|he|she|was|were|is|my|our)\s+", re.IGNORECASE)


_AFTER = re.compile(r"\b(?:from|at|in|near|to|by|for|with|of) $", re.IGNORECASE)
""" "From aldi": a word in small letters behind which another of its kind may stand: "it was Lidl, not aldi"."""


class Correction(NamedTuple):
    """Words that are wrong and the right ones. `old` is "" for another spelling of whatever name is most like `new`."""

    old: str
    new: str
    whole: bool = True
    """Whether the line says both whole: "change X to Y"; else they are of one kind and length: "... Y, not X"."""
    wish: bool = False
    """Whether the line is a wish to change words, and nothing else."""
    its_kind: re.Pattern[str] | None = None
    """Where `new` takes the place of the only thing of its kind that the words have, what finds these: the years ..."""


def correction_of(text: str) -> Correction | None:
    """Which words a line corrects; None: it corrects none, or not by naming them."""
    text = " ".join(text.replace("’", "'").split())
    text = text.removesuffix("?") if _COULD_YOU.match(text) else text
    if len(text) > 200 or text.endswith("?"):
        return None
    if alone := said_alone(text):
        return Correction("", alone.new, its_kind=alone.its_kind)
    text, takes_back = core(text)
    text = re.sub(r"!+ ", ", ", text)
    if found := _STAR.fullmatch(text) or _STAR_BEHIND.fullmatch(text):
        new = found["new"]
        return Correction("", new, its_kind=only(new).its_kind) if new.isdecimal() else Correction("", new)
    for pattern in (_SPELLED, _LETTERS):
        if found := pattern.fullmatch(text):
            return Correction(found.groupdict().get("old") or "", found["new"])
    if alone := said_alone(text, takes_back):
        return Correction("", alone.new, its_kind=alone.its_kind)
    for pattern in (_CHANGE, _MEANT):
        if found := pattern.fullmatch(text):
            return _checked(Correction(*_without_small(found["old"], found["new"]), wish=pattern is _CHANGE))
    if found := _SAID.fullmatch(text):
        return _checked(Correction(*_without_small(found["old"], found["new"]), whole=False))
    if found := _RELATES.fullmatch(text):
        return _checked(Correction(f"{found['behind']} {found['old']}", f"{found['behind']} {found['new']}"))
    if found := _OF_A_MAKE.fullmatch(text):
        return _checked(Correction(found["old"], found["new"]))
    if (found := _NOT_THEN.fullmatch(text)) and same_kind(found["old"], found["new"]):
        return _checked(Correction(found["old"], found["new"], whole=False))
    for pattern in (_NOT_BUT, _NOT):
        if found := pattern.fullmatch(text):
            old, new = _without_small(*(_ONE.sub("", found[which].strip()) for which in ("old", "new")))
            old, new = _without_small(old, _counterpart(old, new.split(), pattern is _NOT_BUT))
            if _WHO_IT_IS.match(text) and not A_NUMBER.fullmatch(new) and not _of_its_own(text, old, new):
                return None
            return _checked(Correction(_year_of(old, new), new, whole=False))
    return None


def _of_its_own(text: str, old: str, new: str) -> bool:
    """Whether a line says how somebody is, "she is a beagle, not a corgi", and not that another one is in the photo:
    "that's a dog, not a cat"."""
    return same_kind(old, new) and not (_POINTS.match(text) and of_one_category(old, new))


def corrected(wanted: Correction, episodes: Sequence[Episode]) -> list[tuple[Episode, Episode]]:
    """The memories that have the words to be corrected, each as it is and as it shall be."""
    if pattern := wanted.its_kind:
        episodes = [one for one in episodes if len(pattern.findall(one.words)) == 1]
    elif old := wanted.old or _spelled_like(wanted.new, episodes):
        pattern = re.compile(rf"(?<!\w){_day(old) or re.escape(old)}(?=(?:'?s)?(?!\w))", re.IGNORECASE)
    else:
        return []
    found: dict[str, tuple[Episode, Episode]] = {}
    for one in episodes:
        if (match := pattern.search(one.words)) and _of_one_kind(wanted, match):
            new = [pattern.sub(lambda _: wanted.new, turn.text) for turn in one.turns]
            pairs = zip(one.turns, new, strict=True)
            turns = [Turn(turn.role, text) if turn.role == "user" else turn for turn, text in pairs]
            found[one.id] = (one, replace(one, turns=tuple(turns)))
    return [*found.values()]


def _day(text: str) -> str:
    """A regular expression of "the 3rd" as a day of a month, with its ending or without; "" for any other text."""
    day = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)", text)
    return rf"(?:{day[1]}(?:{text[len(day[1]) :]})?(?= (?:of )?{MONTH}\b)|{text})" if day else ""


def in_view(recalls: Sequence[Recall]) -> list[Episode]:
    """The memories whose words a correction may mean, with these recalls in view: those that are surely of it."""
    return [one for recall in recalls if recall.certainty == "sure" for one in (recall.episode, *recall.others)]


def _checked(wanted: Correction) -> Correction | None:
    lengths = len(wanted.old.split()), len(wanted.new.split())
    differs = folded(wanted.old) != folded(wanted.new)
    return wanted if differs and all(0 < n <= LONGEST for n in lengths) else None


def _year_of(old: str, new: str) -> str:
    """ "1961", of "1962, not 61"."""
    return new[:2] + old if re.fullmatch(r"(?:19|20)\d\d", new) and re.fullmatch(r"\d\d", old) else old


def _counterpart(old: str, said: Sequence[str], first: bool) -> str:
    """What takes the place of `old` in words that say it: as many words at their beginning (`first`) or end; of a lone
    number the only one there: "my 33rd birthday", for "34th"; of a word the only one of its kind: "her left paw"."""
    whose = [word for word in said if word.endswith("'s")] if old.endswith("'s") else []
    alike = whose or [word for word in said if same_kind(old, word) and word.lower() != old.lower()]
    if len(alike) == 1:
        return alike[0]
    numbers = [word for word in said if A_NUMBER.fullmatch(word)] if A_NUMBER.fullmatch(old) and " " not in old else []
    n = len(old.split())
    return numbers[0] if len(numbers) == 1 else " ".join(said[:n] if first else said[-n:])


def _without_small(old: str, new: str) -> tuple[str, str]:
    """Both without the small words that they share, "in Vienna", "in Rome", and the old one without an article if it is
    one word of those that stand before a thing: "the right"."""
    old, new = old.strip(), new.strip()
    if (article := _ARTICLE.match(old)) and before_a_thing(old[article.end() :]):
        old = old[article.end() :]
    while (lead := _SMALL.match(old)) and new.lower().startswith(lead[0].lower()):
        old, new = old[lead.end() :], new[lead.end() :]
    return old, new


def _of_one_kind(wanted: Correction, found: re.Match[str]) -> bool:
    """Whether words that stand somewhere in a line may take the place of those found: both numbers, or both names."""
    if wanted.whole:
        return True
    old, new = found[0], wanted.new
    if _shared(old, new) or same_kind(old, new):
        return True
    if A_NUMBER.fullmatch(old) or A_NUMBER.fullmatch(new):
        return bool(A_NUMBER.fullmatch(old) and A_NUMBER.fullmatch(new))
    if old.endswith("'s") and new.endswith("'s"):
        return True
    words = old.isalpha() and new.isalpha()
    return found.start() > 0 and (
        (old[:1].isupper() and new[:1].isupper())
        or (words and old.islower() and bool(_AFTER.search(found.string[: found.start()])))
    )


def _shared(old: str, new: str) -> bool:
    """Whether both are of one thing, in two ways: "third grade", "second grade"."""
    one, other = folded(old).split(), folded(new).split()
    return len(one) == len(other) > 1 and one[-1] == other[-1] and len(one[-1]) > 2


def _spelled_like(name: str, episodes: Iterable[Episode]) -> str:
    """The word in these memories that is spelled most like `name`: nearly so, if it has a capital, or all but so; ""
    where none is."""

    def likeness(word: str) -> float:
        return SequenceMatcher(None, word.lower().rstrip("s"), name.lower().rstrip("s")).ratio()

    said = (word for one in episodes for word in re.findall(r"[^\W\d_][\w-]+", one.words))
    best = max(said, key=lambda word: likeness(word) - (0 if word[:1].isupper() else ALIKE - LIKE), default="")
    if not best or likeness(best) < (LIKE if best[:1].isupper() else ALIKE):
        return ""
    return best[:-1] if best.endswith("s") and not name.endswith("s") else best
