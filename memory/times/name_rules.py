"""How names of times are written: months, weekdays and decades that are mistyped, shortened, or in words."""

from __future__ import annotations

import re

from memory.times.calendar_names import southern
from memory.times.spelling_parts import DATED, MONTH, NTH, SHORT_WEEKDAYS, WEEKDAY, YEAR, Rules

_OFTEN_MISTYPED = (
    "january february september october november december christmas thanksgiving halloween"
    " yesterday wednesday thursday saturday autumn"
).split()
_MISPLACED = "april august spring summer winter easter monday tuesday friday sunday weekend".split()
"""Names of which a word with another letter may be another word, but not one with two letters that changed places."""
_MISTYPED = {
    "wensday": "wednesday",
    "wendsday": "wednesday",
    "agust": "august",
    "augst": "august",
    "xmass": "christmas",
}
_DECADES = "twenties thirties forties fifties sixties seventies eighties nineties".split()
_SEASON = "spring|summer|autumn|fall|winter"
_SHORT = "|".join(SHORT_WEEKDAYS)
_DECADE_IN_DIGITS = r"(?:(?:early|mid|late)[ -])?'?(?:\d0'?s|[a-z]+ties)"
_OWNERS = "".join(f"(?<!{word} )" for word in "the my his her our their your".split())
"""No article stands before: "in her early 90s" tells an age."""


def _mended(match: re.Match[str]) -> str:
    """A word that is a name of time but for one letter, or for two that changed places."""
    word = match[0].lower()
    if word in _MISTYPED:
        return _MISTYPED[word]
    for name in _OFTEN_MISTYPED:
        if abs(len(name) - len(word)) <= 1 and word != name and word != f"{name}s" and _one_slip(word, name):
            return name
    return next((name for name in _MISPLACED if _misplaced(word, name)), match[0])


def _misplaced(word: str, name: str) -> bool:
    """Whether two letters beside each other, after the first, changed places."""
    return sorted(word) == sorted(name) and word != name and _one_slip(word, name)


def _one_slip(word: str, name: str) -> bool:
    """Whether one letter more, less or other, or two that changed places, make the name of the word."""
    if word[:1] != name[:1]:
        return False
    same = next((n for n, (a, b) in enumerate(zip(word, name, strict=False)) if a != b), min(len(word), len(name)))
    a, b = word[same:], name[same:]
    return a[1:] == b[1:] or a == b[1:] or a[1:] == b or (a[:2] == b[:2][::-1] and a[2:] == b[2:])


def _winter_that_ends(match: re.Match[str]) -> str:
    """ "Late winter 2021" is of the winter that began in 2020, in the north."""
    return f"{match[1]}{int(match[2]) - (not southern())}"


def _decade(match: re.Match[str]) -> str:
    """ "Nineteen eighties" as "the 1980s"."""
    century = 19 if match[1].lower() == "nineteen" else 20
    return f"the {century}{_DECADES.index(match[2].lower()) + 2}0s"


def _last_weekday(match: re.Match[str]) -> str:
    """ "Sat just gone" as "last saturday"."""
    return f"last {SHORT_WEEKDAYS.get(match[1].lower(), match[1].lower())}"


def _from_to(match: re.Match[str]) -> str:
    """ "Fri-Sun" as "friday - sunday"."""
    return f"{SHORT_WEEKDAYS[match[1].lower()]} {match[2]} {SHORT_WEEKDAYS[match[3].lower()]}"


def _weekday(match: re.Match[str]) -> str:
    """ "Last tue" as "last tuesday"."""
    return match[1] + SHORT_WEEKDAYS[match[2].lower()]


def _weekday_alone(match: re.Match[str]) -> str:
    return SHORT_WEEKDAYS[match[1].lower()]


NAMES: Rules = (
    (r"[a-z]{5,12}\b", _mended),
    (rf"((?:last|past) )({_SHORT})\b\.?(?! \d)", _weekday),
    (r"((?:this|on|every|until|since) )(mon|tues?|thu(?:rs?)?|fri|weds)\b\.?(?! \d)", _weekday),
    (
        rf"((?:on )?)(?:{WEEKDAY})\.?,? (?:the )?({NTH}(?=(?: of)? {MONTH})|{MONTH}(?= (?:the )?{NTH}\b))",
        r"\1\2",
    ),
    (r"(?:y'?day|yest)\b", "yesterday"),
    (r"last evening\b(?! of\b)", "last night"),
    (r"this (?:afternoon|evening)\b", "today"),
    (r"the night before last\b", "the day before yesterday"),
    (rf"({_SHORT})\.?(?= (?:before|after) )", _weekday_alone),
    (
        rf"(?<!easter )(?:this |the )?({WEEKDAY}|weekend|week) (?:just gone|(?:just )?past|last)\b(?=\s*(?:[?.!,]|$))",
        _last_weekday,
    ),
    (rf"(?:the )?last but one ({_SEASON}|christmas|easter)\b", r"the \1 before last"),
)
"""Months, weekdays, decades: mistyped, shortened, in words."""

_FIRST_AND_LAST: Rules = (
    (r"(?:latter|2nd|back) half\b", "second half"),
    (r"back end (?=of\b)", "end "),
    (r"(?:the )?first and (?:the )?last (?:days?|weeks?|weekends?|months?) (?:of|in) (?:the )?", ""),
    (r"(first|last) fortnight (?=(?:of|in)\b)", r"\1 2 weeks "),
    (r"(?:every|each) (?:other )?(?:first|second|third|fourth|last|\d\w\w) (?=week|[a-z]+day)", "some "),
    (
        rf"a year (?:ago )?last (?={MONTH}|{_SEASON}|christmas|easter)({MONTH}|[a-z]+)",
        r"the \1 before last",
    ),
    (rf"((?:late|end of) winter (?:of |in )?)({YEAR})\b", _winter_that_ends),
)
_SPOKEN_DECADES: Rules = (
    (rf"(?:the )?(nineteen|twenty) ?-?({'|'.join(_DECADES)})\b", _decade),
    (r"(?:the )?twenty ?-?tens\b", "the 2010s"),
    (r"the (?:noughties|naughties|aughts)\b", "the 2000s"),
    (rf"(?:{WEEKDAY}) ?[-–] ?(?:{WEEKDAY})\.?,? (\d)", r"\1"),
    (rf"{_OWNERS}((?:early|mid|late)[ -]'?[2-9]0'?s)\b", r"the \1"),
    (rf"(the {_DECADE_IN_DIGITS}) (and|or|to|until|-) (?={_DECADE_IN_DIGITS}\b)", r"\1 \2 the "),
)
_WHICH_OF_MANY: Rules = (
    (
        rf"(last|this) (year|month|week|weekend|{_SEASON}|christmas|easter)"
        r"(,? (?:or|and)) the (?:\2|one) before\b(?! last)",
        r"last \2\3 \2 before last",
    ),
    (rf"({_SHORT})\.? ?(-|–|to|till|until|through) ?({_SHORT})\b(?!\.?,? \d)", _from_to),
    (
        rf"last (week|weekend|month|year|{_SEASON}|christmas|easter|[a-z]+day|{MONTH}) but one\b",
        r"the \1 before last",
    ),
    (rf"({MONTH}) half[- ]term(?: holidays?| break| week)?\b", r"\1"),
    (rf"({_SEASON}|christmas|easter)e?s (?=(?:of )?(?:19|20)\d\d\b)", r"\1 "),
    (
        rf"(early|mid|late)(?: to | or | and |/| ?- ?)(early|mid|late)[ -]({DATED}|{MONTH}|the '?\d0'?s)",
        r"\1 \3 to \2 \3",
    ),
    (rf"(?:the )?months? of (?={MONTH})", ""),
    (r"(?<!before )last to last (week|month|year|weekend|[a-z]+day|summer|winter|spring)\b", r"\1 before last"),
    (r"a week last ([a-z]+day)\b", r"\1 before last"),
    (r"(?:a|2|two) (?:fortnight|weeks) (?=last [a-z]+day\b)", "2 weeks ago "),
    (r"before the last(?: one)?\b(?=\s*[?.!,]|$)", "before last"),
)
PARTS: Rules = (*_FIRST_AND_LAST, *_SPOKEN_DECADES, *_WHICH_OF_MANY)
"""Halves, decades, and which one of many: "the last but one"."""
