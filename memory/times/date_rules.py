"""How dates are written: days and months in numbers, several days of a month, weeks, quarters."""

from __future__ import annotations

import re
from datetime import date

from memory.times.calendar_names import MONTHS
from memory.times.spelling_parts import MONTH, NTH, WEEKDAY, YEAR, Rules


def dates() -> Rules:
    """Days and months in numbers, and several days of a month."""
    clock = r"\d\d?(?:[:.]\d\d)? ?(?:am|pm|a\.m\.|p\.m\.|o'clock)"
    yield rf"{clock}(?: on)? (?=(?:the )?{NTH} (?:of )?{MONTH}|{MONTH} (?:the )?{NTH}\b)", ""
    yield r"(\d{4}-\d\d-\d\d)/(?=\d{4}-\d\d-\d\d)", r"\1 to "
    yield r"((?:19|20)\d{6}) ?[-–] ?(?=(?:19|20)\d{6}\b)", r"\1 to "
    yield r"(20\d\d|19\d\d)(0[1-9]|1[0-2])([0-2]\d|3[01])\b", r"\1-\2-\3"
    yield r"(\d{4}-\d\d-\d\d)T\d\d:?\d\d[\d:.,]*(?:Z|[+-]\d\d:?\d\d)?", r"\1"
    yield rf"({YEAR})([/._-])(\d\d?)\2(\d\d?)\b", lambda m: f"{m[1]}-{int(m[3]):02}-{int(m[4]):02}"
    yield rf"({YEAR})[/.](0[1-9]|1[0-2])\b(?![./]?\d)", _month_or_years
    yield rf"({YEAR})-(1[3-9]|[2-9]\d)\b(?!-)", _two_years
    yield rf"({MONTH} {NTH}),? '?(\d\d)(?=\s*(?:[?.!,]|$))", lambda m: f"{m[1]} {_full_year(int(m[2]))}"
    both = rf"({NTH} (?:of )?{MONTH}) (\d\d)( (?:to|until|till|-|–) {NTH} (?:of )?{MONTH}) (\d\d)\b"
    yield both, lambda m: f"{m[1]} {_full_year(int(m[2]))}{m[3]} {_full_year(int(m[4]))}"
    yield r"((?:19|20)\d\d)[- ]?w(\d\d?)(?:-[1-7])?\b", r"calendar week \2 \1"
    yield rf"(?:(?:calendar )?week|wk|[ck]w)\.? ?(\d\d?)(?: ?[,/-] ?| | of | in )({YEAR})\b", r"calendar week \1 \2"
    yield rf"(?<![\d./-])(0?[1-9]|1[0-2])[./]({YEAR})\b(?![./]\d| ?s(?:ec)?\b)", lambda m: f"{m[2]}-{int(m[1]):02}"
    yield rf"(\d\d?)-(\d\d?)-({YEAR})\b", r"\1/\2/\3"
    yield r"(\d\d?/\d\d?)-(\d\d?/\d\d?/(\d\d(?:\d\d)?))\b", r"\1/\3 to \2"
    yield r"(\d\d?/\d\d?/\d\d(?:\d\d)?)-(?=\d\d?/\d\d?/\d\d)", r"\1 to "
    yield rf"(\d\d?([./])\d\d?)\2? ?(?:-|–|to|bis(?: zum)?) ?(\d\d?\2\d\d?\2({YEAR}))\b", _in_order
    yield (
        rf"(?<!\d[./])(\d\d?)\.? ?(?:-|–|to|bis) ?(\d\d?\.\d\d?\.{YEAR})\b",
        lambda m: f"{m[1]}{m[2][m[2].index('.') :]} to {m[2]}",
    )
    yield (
        rf"({NTH} (?:of )?({'|'.join(MONTHS)}) ({YEAR})) (?:to|until|till|-) (?:the )?({NTH})\b"
        rf"(?! (?:of )?{MONTH})",
        (r"\1 to \4 \2 \3"),
    )
    yield r"(?:the )?week (?:starting|beginning|commencing|ending)(?: on)? (?=\d|[a-z])", "around "
    yield r"(?:second to last|next to last|last but one|penultimate) (?=week|weekend|day|[a-z]+day)", "some "
    yield r"(\d\d?\.\d\d?\.)(\d\d)\b(?![.:]?\d)", lambda m: m[1] + str(_full_year(int(m[2])))
    yield rf"(\d\d?)[-. /]?({'|'.join(MONTHS)})[-. /]*({YEAR})\b", r"\1 \2 \3"
    yield (
        rf"(?:(?<=in )|(?<=of )|(?<=during ))({'|'.join(MONTHS)}) (\d\d)\b(?! ?[:–/.-]?\d| ?(?:to|and|or) )",
        _month_and_year,
    )
    yield rf"({'|'.join(MONTHS)})[-.]?({YEAR})\b", r"\1 \2"
    yield rf"({'|'.join(MONTHS)})-(?={MONTH})", r"\1 to "
    yield rf"({'|'.join(MONTHS)}) ?[-–] ?(?={NTH} (?:of )?{MONTH})", r"\1 to "
    yield rf"({NTH})(?: of)? (?:last|this) ({MONTH})(?! (?:of )?{YEAR})", r"\1 \2"
    yield (
        rf"({MONTH} to {MONTH}) '?(\d\d)(?=\s*(?:[?.!,]|$))",
        lambda m: f"{m[1]} {_full_year(int(m[2]))}",
    )
    yield rf"(?<!winter )(?<!winter of )(?<!summer )(?<!summer of )({YEAR})[/-]({YEAR})\b", r"\1 to \2"


def parts_of_years() -> Rules:
    """Quarters and halves, several days of a month, the week and the weekend of a feast."""
    yield rf"({YEAR}) ?([qh][1-4])\b", r"\2 \1"
    yield (
        rf"(1st|2nd|3rd|4th|5th) (?=quarter\b|half\b|week(?:end)?\b|{WEEKDAY}\b)",
        lambda m: {"1": "first", "2": "second", "3": "third", "4": "fourth"}.get(m[1][0], "fifth") + " ",
    )
    yield rf"(\d\d?)th week (?:of|in) (?={YEAR}\b)", r"calendar week \1 "
    yield rf"(\d\d?)th month (?:of|in) ({YEAR})\b", lambda m: f"{m[2]}-{int(m[1]):02}"
    yield rf"((?:first|second) half) (?={YEAR}\b)", r"\1 of "
    yield r"h([12]) (?=(?:of )?\w+)", lambda m: f"{('first', 'second')[int(m[1]) - 1]} half of "
    another = rf" ?(?:,|/|and|or|&|-|–|to|through)(?: and| or)? ?(?:the )?(?:(?:{WEEKDAY})\.?,? (?:the )?)?"
    yield (
        rf"(?:(?:{WEEKDAY})\.?,? (?:the )?)?({NTH}\.?)((?:{another}{NTH}\.?)+)(?= (?:of )?{MONTH})",
        _days_together,
    )
    yield (
        rf"({MONTH} (?:the )?)({NTH})((?:{another}{NTH})+)(?=\s*[,?.!]|$|(?: of)? {YEAR})(?!:)",
        (lambda m: m[1] + _days_together(m, 2)),
    )
    yield r"((?:christmas|easter|thanksgiving|new year)) week(?=\b(?!end| (?:before|after)))", r"week of \1"
    yield r"(christmas|new year|(?:labor|memorial|presidents'|columbus) day|fourth of july) weekend\b", r"weekend of \1"
    yield rf"new year (?:of )?{YEAR}[/-]({YEAR})\b", r"new year \1"
    yield r"new year (?:of )?(19|20)\d\d[/-](\d\d)\b", r"new year \1\2"
    yield rf"the years? (?:of )?({YEAR})", r"\1"
    yield rf"in years? (?:of )?(?={YEAR})", "in "


def _in_order(match: re.Match[str]) -> str:
    """ "24.12. - 6.1.2023" with the year before at its first day, where the months say so in either order."""
    ends = [[int(n) for n in re.findall(r"\d+", end)[:2]] for end in (match[1], match[3])]
    back = ends[0][::-1] > ends[1][::-1] and (match[2] == "." or ends[0] > ends[1])
    return f"{match[1]}{match[2]}{int(match[4]) - back} to {match[3]}"


def _month_and_year(match: re.Match[str]) -> str:
    """ "In Oct 22" as "in Oct 2022", where such a year has begun."""
    year = 2000 + int(match[2])
    return f"{match[1]} {year}" if year <= date.today().year else match[0]


def _days_together(match: re.Match[str], group: int = 1) -> str:
    """ "3, 4 and 5" as "3 to 5"; days that do not rise stay as they are."""
    every = [int(n) for n in re.findall(r"\d+", match[group] + match[group + 1])]
    rising = len(every) > 1 and every == sorted(every) and every[-1] <= 31
    return f"{every[0]} to {every[-1]}" if rising else match[0].removeprefix(match[1] if group == 2 else "")


def _two_years(match: re.Match[str]) -> str:
    """ "2019-20" as "2019/20"."""
    return f"{match[1]}/{match[2]}" if (int(match[1]) + 1) % 100 == int(match[2]) else match[0]


def _month_or_years(match: re.Match[str]) -> str:
    """ "2019/05" is a month, "2009/10" two years."""
    return match[0] if (int(match[1]) + 1) % 100 == int(match[2]) else f"{match[1]}-{match[2]}"


def _full_year(two: int) -> int:
    return 2000 + two if 2000 + two <= date.today().year else 1900 + two
