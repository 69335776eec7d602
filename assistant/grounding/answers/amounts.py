"""Whether a number answers a question: "Four." answers no "What was in it?", and "four minutes" no "How old?"."""

from __future__ import annotations

from assistant.grounding.answers.phrase import EMPTY, PEOPLE, WHO, Words, kind_asked, stems
from assistant.grounding.premise import Premise
from assistant.grounding.words.families import related
from assistant.grounding.words.tokens import Token

_TIMES = stems("second minute hour day week month year night")
_UNITS = _TIMES | stems(
    "euro pound quid penny pence cent dollar kilo kilometre km metre m cm mm gram g kg mile litre degree percent"
)
_NUMBERED = stems(
    "room table bed bus line number no nr platform page chapter slide box step stall size version clause gate unit"
    " floor sheet tram flat level coach seat hive class ward"
)
"""Before these a number is a name: "room 304"."""
_APART = frozenset("later ago before after running".split())
"""Behind a number of years: no age."""
_ASKS_NUMBER = stems(
    "number no nr time cost price pay score size weigh weight age old year page room code degree percent line bus stall"
    " platform seat date day worth value sum amount much many far long high deep wide often tall temperature level"
    " total rate charge tip fee bill salary share height length width diameter distance speed position place rank floor"
)


def misfit_amount(question: Words, own: Words, said: Words, told: Premise) -> bool:
    """Whether an answer is a number, alone or with its unit, and none is asked for, or the number of something else."""
    if own[0].kind != "number" or ":" in own[0].text or said[0].kind == "prep":
        return False
    wh, unit = question[0].text.lower(), len(own) == 2 and own[1].stem in _TIMES
    if wh == "how":
        by_means = question[1].kind == "aux" and (len(own) == 1 or own[1].stem in _UNITS)  # "How did it break?"
        return by_means or (len(own) == 1 and _counts_other(question, own[0], told))
    if any(t.stem in _ASKS_NUMBER or t.text.lower() == "when" for t in question):
        return False
    if len(own) == 1 and wh != "where":
        return not _named_beside(question, own[0], told)
    if wh in (*WHO, "where") and not own[0].stem.endswith("o"):
        return len(own) == 1 or unit
    return unit and (kind_asked(question) in PEOPLE or not _told_with(question, own[0], told))


def _counts_other(question: Words, number: Token, told: Premise) -> bool:
    """Whether a number counts, wherever it was told, what "how old", "how many" or "how much" does not ask for."""
    other = {
        "old": _UNITS - _TIMES,
        "many": _UNITS - {t.stem for t in question},
        "much": _TIMES,
        "far": _TIMES,
        "long": frozenset[str](),
    }.get(question[1].text.lower())
    words = [t for t in told.tokens if t.kind != "stop"]
    there = [n for n, t in enumerate(words) if t.kind == "number" and t.stem == number.stem]
    if other is None or not there:
        return False
    age = question[1].text.lower() == "old"
    return number.stem.endswith("o") or all(
        (n and words[n - 1].stem in _NUMBERED)
        or any(t.stem in other for t in words[n + 1 : n + 2])
        or (age and any(t.text.lower() in _APART for t in words[n + 2 : n + 3]))
        for n in there
    )


def _named_beside(question: Words, number: Token, told: Premise) -> bool:
    """Whether a word of the question stands beside the number, as "stall" in "stall 23"."""
    asked = {t.stem for t in question if t.content}
    return any(
        t.stem == number.stem and any(x.stem in asked for x in s[max(0, n - 2) : n + 2])
        for s in told.sentences
        for n, t in enumerate(s)
    )


def _told_with(question: Words, number: Token, told: Premise) -> bool:
    """Whether a sentence with the number speaks of what is asked."""
    asked = [t.stem for t in question if t.content and t.stem not in EMPTY]
    return any(
        any(t.stem == number.stem for t in s) and any(related(one, t.stem) for one in asked for t in s)
        for s in told.sentences
    )
