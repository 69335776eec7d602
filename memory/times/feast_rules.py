"""How feasts are written: shortened, without an apostrophe, and those of which is not known when they are."""

from __future__ import annotations

import re

from memory.times.spelling_parts import MOVABLE_FEAST, Rules

_MOVABLE = (
    "diwali|deepavali|holi|eid(?:[- ](?:al|ul)?[- ]?(?:fitr|adha))?|ramadan|ramzan|bakr[ai]-?eid|muharram|ashura"
    "|mawlid|navratri|durga puja|dussehra|ganesh chaturthi|raksha bandhan|rakhi|janmashtami|onam|pongal|ugadi"
    "|karva chauth|[bv]aisakhi|hanukkah|chanukah|hannukah|passover|pesach|yom kippur|rosh hashanah?|purim|sukkot"
    "|shavuot|spring festival|tet|seollal|chuseok|(?:mid-autumn|moon|dragon boat|lantern) festival|qingming|songkran"
    "|vesak|wesak|nowruz|norooz|losar|loy krathong|obon|matariki|maha shivratri|shivaratri|makar sankranti|lohri|bihu"
)
"""Feasts whose day no rule of the Gregorian calendar gives."""
_OTHER_CALENDARS = (
    "chinese|lunar|jewish|hebrew|persian|iranian|islamic|muslim|hindu|thai|vietnamese|korean|tibetan|ethiopian|coptic"
    "|orthodox|greek|russian|serbian|ukrainian|armenian|tamil|bengali|balinese|nepali"
)
_ORTHODOX = "greek|russian|serbian|romanian|bulgarian"
_DAYS_WITH_HOURS = (
    "christmas eve|new year's eve|new year's day|christmas day|boxing day|easter sunday|easter monday|good friday"
    "|thanksgiving"
)
"""Feasts of one day, whose morning or evening is of that day."""


def _christmas_and_new_year(match: re.Match[str]) -> str:
    """ "Christmas and New Year 2019": the new year is the one after."""
    return f"{match[1]} {match[4]}{match[2]}{match[3]} {int(match[4]) + 1}"


def _new_year_after(match: re.Match[str]) -> str:
    return f"new year {int(match[1]) + 1}"


_CHRISTMAS: Rules = (
    (r"x-?mas\b|christmas(?=(?:time|tide)\b)", "christmas"),
    (r"christmas-(?=eve\b|day\b)", "christmas "),
    (r"christmas ?(?:time|tide|hols?|holidays?|break|vacation|season)\b", "christmas holidays"),
    (r"easter (?:time|hols?|holidays?|break|vacation)\b", "easter holidays"),
    (r"(spring|summer|autumn|fall|winter) ?(?:time|hols?|holidays?|break|vacation)\b", r"\1"),
    (r"(?:the )?day before christmas\b(?! (?:eve|day))", "christmas eve"),
    (r"(?:the )?day after christmas\b(?! (?:eve|day))", "boxing day"),
)
_NEW_YEAR: Rules = (
    (
        r"(christmas (?:and|&|to|until|or) )new year'?s? (19|20)(\d\d)[/-](?:19|20)?(\d\d)\b",
        r"christmas \2\3 and new year \2\4",
    ),
    (
        r"(christmas(?: eve| day)?|boxing day)(,? (?:and|&|to|until|till|through) )(?:the )?(new year)'?s?(?: day)?"
        r" (?:of )?((?:19|20)\d\d)\b(?! ?[/-])",
        _christmas_and_new_year,
    ),
    (r"nye\b|new year'?s'? eve\b", "new year's eve"),
    (r"new year'?s'? day\b", "new year's day"),
    (r"(?:the )?turn of the year ((?:19|20)\d\d) ?[/-] ?(?:(?:19|20)\d\d|\d\d)\b", _new_year_after),
    (r"(?:the )?turn of the year\b", "new year"),
    (r"new year'?s\b(?! (?:eve|day)\b)", "new year"),
)
_NAMED_DAYS: Rules = (
    (r"(mother|father)s'? day\b", r"\1's day"),
    (r"valentine'?s?(?: day)?\b(?=,? (?:'?\d|last|this|day|of)|[?.!]|$)", "valentine's day"),
    (r"(?:st|saint)\.? (?:patrick|paddy)'?s(?: day)?\b", "st patrick's day"),
    (r"hallowe'en\b", "halloween"),
    (r"easter weekend\b", "easter"),
)
_OF_OTHER_CALENDARS: Rules = (
    (rf"(?:(?:{_ORTHODOX}|eastern) )?orthodox easter\b|(?:{_ORTHODOX}) easter\b", "orthodox easter"),
    (rf"(?!orthodox easter)(?:{_OTHER_CALENDARS}) (?:orthodox )?(?:new year|christmas|easter)\b", MOVABLE_FEAST),
    (
        rf"(?:(?:al|ul)-)?(?:{_MOVABLE})\b(?: (?:night|day|eve|week|festival|holidays?|celebrations?))?",
        MOVABLE_FEAST,
    ),
)
_HOURS_OF_FEASTS: Rules = (
    (rf"({_DAYS_WITH_HOURS}) (?:morning|afternoon|evening|night)\b", r"\1"),
    (r"christmas morning\b", "christmas day"),
    (r"new year's morning\b", "new year's day"),
)
_PUBLIC_HOLIDAYS: Rules = (
    (r"(?:presidents?'?s?|washington'?s birthday) day\b", "presidents' day"),
    (r"(?:martin luther king|mlk)(?:,? jr\.?)?'?s?(?: birthday)? day\b|mlk\b", "martin luther king day"),
    (r"(?:4th|fourth) (?:of )?july(?= weekend\b)", "fourth of july"),
    (r"april fool'?s'?(?: day)?\b", "april fools' day"),
    (r"(?:st|saint)\.? (stephen|david|george|andrew)'?s day\b", r"st \1's day"),
    (r"(?:international )?women'?s day\b", "women's day"),
)
FEASTS: Rules = (
    *_CHRISTMAS,
    *_NEW_YEAR,
    *_NAMED_DAYS,
    *_OF_OTHER_CALENDARS,
    *_HOURS_OF_FEASTS,
    *_PUBLIC_HOLIDAYS,
)
"""Feasts and holidays by the names of `calendar_names.py`."""
