"""How feasts are written: shortened, without an apostrophe, and those of which is not known when they are."""

from __future__ import annotations

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


def feasts() -> Rules:
    """Feasts and holidays by the names of `calendar_names.py`."""
    yield r"x-?mas\b|christmas(?=(?:time|tide)\b)", "christmas"
    yield r"christmas-(?=eve\b|day\b)", "christmas "
    yield r"christmas ?(?:time|tide|hols?|holidays?|break|vacation|season)\b", "christmas holidays"
    yield r"easter (?:time|hols?|holidays?|break|vacation)\b", "easter holidays"
    yield r"(spring|summer|autumn|fall|winter) ?(?:time|hols?|holidays?|break|vacation)\b", r"\1"
    yield r"(?:the )?day before christmas\b(?! (?:eve|day))", "christmas eve"
    yield r"(?:the )?day after christmas\b(?! (?:eve|day))", "boxing day"
    yield (
        r"(christmas (?:and|&|to|until|or) )new year'?s? (19|20)(\d\d)[/-](?:19|20)?(\d\d)\b",
        r"christmas \2\3 and new year \2\4",
    )
    yield (
        r"(christmas(?: eve| day)?|boxing day)(,? (?:and|&|to|until|till|through) )(?:the )?(new year)'?s?(?: day)?"
        r" (?:of )?((?:19|20)\d\d)\b(?! ?[/-])",
        lambda m: f"{m[1]} {m[4]}{m[2]}{m[3]} {int(m[4]) + 1}",
    )
    yield r"nye\b|new year'?s'? eve\b", "new year's eve"
    yield r"new year'?s'? day\b", "new year's day"
    pair = r"(?:the )?turn of the year ((?:19|20)\d\d) ?[/-] ?(?:(?:19|20)\d\d|\d\d)\b"
    yield pair, lambda m: f"new year {int(m[1]) + 1}"
    yield r"(?:the )?turn of the year\b", "new year"
    yield r"new year'?s\b(?! (?:eve|day)\b)", "new year"
    yield r"(mother|father)s'? day\b", r"\1's day"
    yield r"valentine'?s?(?: day)?\b(?=,? (?:'?\d|last|this|day|of)|[?.!]|$)", "valentine's day"
    yield r"(?:st|saint)\.? (?:patrick|paddy)'?s(?: day)?\b", "st patrick's day"
    yield r"hallowe'en\b", "halloween"
    yield r"easter weekend\b", "easter"
    orthodox = "greek|russian|serbian|romanian|bulgarian"
    yield rf"(?:(?:{orthodox}|eastern) )?orthodox easter\b|(?:{orthodox}) easter\b", "orthodox easter"
    yield rf"(?!orthodox easter)(?:{_OTHER_CALENDARS}) (?:orthodox )?(?:new year|christmas|easter)\b", MOVABLE_FEAST
    yield (
        rf"(?:(?:al|ul)-)?(?:{_MOVABLE})\b(?: (?:night|day|eve|week|festival|holidays?|celebrations?))?",
        MOVABLE_FEAST,
    )
    yield (
        r"(christmas eve|new year's eve|new year's day|christmas day|boxing day|easter sunday|easter monday|good friday"
        r"|thanksgiving) (?:morning|afternoon|evening|night)\b",
        r"\1",
    )
    yield r"christmas morning\b", "christmas day"
    yield r"new year's morning\b", "new year's day"
    yield r"(?:presidents?'?s?|washington'?s birthday) day\b", "presidents' day"
    yield r"(?:martin luther king|mlk)(?:,? jr\.?)?'?s?(?: birthday)? day\b|mlk\b", "martin luther king day"
    yield r"(?:4th|fourth) (?:of )?july(?= weekend\b)", "fourth of july"
    yield r"april fool'?s'?(?: day)?\b", "april fools' day"
    yield r"(?:st|saint)\.? (stephen|david|george|andrew)'?s day\b", r"st \1's day"
    yield r"(?:international )?women'?s day\b", "women's day"
