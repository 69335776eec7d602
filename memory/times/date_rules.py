"""How dates are written: days and months in numbers, several days of a month, weeks, quarters."""

from __future__ import annotations

import re
from datetime import date

from memory.times.calendar_names import MONTHS
from memory.times.spelling_parts import MONTH, NTH, WEEKDAY, YEAR, Rules

_NAME = rf"({'|'.join(MONTHS)})"
_CLOCK = r"\d\d?(?:[:.]\d\d)? ?(?:am|pm|a\.m\.|p\.m\.|o'clock)"
_ANOTHER = rf" ?(?:,|/|and|or|&|-|–|to|through)(?: and| or)? ?(?:the )?(?:(?:{WEEKDAY})\.?,? (?:the )?)?"
"""What stands between days of one month: "3, 4 and Friday the 5th"."""


def _iso_day(match: re.Match[str]) -> str:
    """ "2019/5/3" as "2019-05-03"."""
    return f"{match[1]}-{int(match[3]):02}-{int(match[4]):02}"


def _iso_month(match: re.Match[str]) -> str:
    """ "05/2019", "5th month of 2019" as "2019-05"."""
    return f"{match[2]}-{int(match[1]):02}"


def _month_or_years(match: re.Match[str]) -> str:
    """ "2019/05" is a month, "2009/10" two years."""
    return match[0] if _is_next(match[1], match[2]) else f"{match[1]}-{match[2]}"


def _two_years(match: re.Match[str]) -> str:
    """ "2019-20" as "2019/20"."""
    return f"{match[1]}/{match[2]}" if _is_next(match[1], match[2]) else match[0]


def _is_next(year: str, two_digits: str) -> bool:
    """Whether two digits are those of the year after this one."""
    return (int(year) + 1) % 100 == int(two_digits)


def _full_year(two_digits: str) -> int:
    """ "19" as 2019, "95" as 1995: the latest such year that has begun."""
    year = 2000 + int(two_digits)
    return year if year <= date.today().year else year - 100


def _name_and_year(match: re.Match[str]) -> str:
    """ "3 May, '19" as "3 May 2019"."""
    return f"{match[1]} {_full_year(match[2])}"


def _day_and_year(match: re.Match[str]) -> str:
    """ "3.5.19" as "3.5.2019"."""
    return f"{match[1]}{_full_year(match[2])}"


def _both_years(match: re.Match[str]) -> str:
    """ "3 May 19 to 4 June 20" as "3 May 2019 to 4 June 2020"."""
    return f"{match[1]} {_full_year(match[2])}{match[3]} {_full_year(match[4])}"


def _month_and_year(match: re.Match[str]) -> str:
    """ "In Oct 22" as "in Oct 2022", where such a year has begun."""
    year = 2000 + int(match[2])
    return f"{match[1]} {year}" if year <= date.today().year else match[0]


def _in_order(match: re.Match[str]) -> str:
    """ "24.12. - 6.1.2023" with the year before at its first day, where the months say so in either order."""
    ends = [[int(n) for n in re.findall(r"\d+", end)[:2]] for end in (match[1], match[3])]
    back = ends[0][::-1] > ends[1][::-1] and (match[2] == "." or ends[0] > ends[1])
    return f"{match[1]}{match[2]}{int(match[4]) - back} to {match[3]}"


def _days_of_month(match: re.Match[str]) -> str:
    """ "3-5.8.2019" as "3.8.2019 to 5.8.2019"."""
    _, point, month_and_year = match[2].partition(".")
    return f"{match[1]}{point}{month_and_year} to {match[2]}"


def _days_together(match: re.Match[str]) -> str:
    """ "3, 4 and 5" as "3 to 5"; days that do not rise stay as they are."""
    return _together(match[1], match[2]) or match[0]


def _days_behind_month(match: re.Match[str]) -> str:
    """ "May 3, 4 and 5" as "May 3 to 5"."""
    return match[1] + (_together(match[2], match[3]) or match[0].removeprefix(match[1]))


def _together(first: str, others: str) -> str:
    """The first and the last of several days, if they rise, else ""."""
    every = [int(n) for n in re.findall(r"\d+", first + others)]
    rising = len(every) > 1 and every == sorted(every) and every[-1] <= 31
    return f"{every[0]} to {every[-1]}" if rising else ""


def _nth_in_words(match: re.Match[str]) -> str:
    return {"1": "first", "2": "second", "3": "third", "4": "fourth", "5": "fifth"}[match[1][0]] + " "


def _half_in_words(match: re.Match[str]) -> str:
    return f"{'first' if match[1] == '1' else 'second'} half of "


_IN_NUMBERS: Rules = (
    (rf"{_CLOCK}(?: on)? (?=(?:the )?{NTH} (?:of )?{MONTH}|{MONTH} (?:the )?{NTH}\b)", ""),
    (r"(\d{4}-\d\d-\d\d)/(?=\d{4}-\d\d-\d\d)", r"\1 to "),
    (r"((?:19|20)\d{6}) ?[-–] ?(?=(?:19|20)\d{6}\b)", r"\1 to "),
    (r"(20\d\d|19\d\d)(0[1-9]|1[0-2])([0-2]\d|3[01])\b", r"\1-\2-\3"),
    (r"(\d{4}-\d\d-\d\d)T\d\d:?\d\d[\d:.,]*(?:Z|[+-]\d\d:?\d\d)?", r"\1"),
    (rf"({YEAR})([/._-])(\d\d?)\2(\d\d?)\b", _iso_day),
    (rf"({YEAR})[/.](0[1-9]|1[0-2])\b(?![./]?\d)", _month_or_years),
    (rf"({YEAR})-(1[3-9]|[2-9]\d)\b(?!-)", _two_years),
)
_YEARS_OF_TWO_DIGITS: Rules = (
    (rf"({MONTH} {NTH}),? '?(\d\d)(?=\s*(?:[?.!,]|$))", _name_and_year),
    (
        rf"({NTH} (?:of )?{MONTH}) (\d\d)( (?:to|until|till|-|–) {NTH} (?:of )?{MONTH}) (\d\d)\b",
        _both_years,
    ),
)
_WEEKS: Rules = (
    (r"((?:19|20)\d\d)[- ]?w(\d\d?)(?:-[1-7])?\b", r"calendar week \2 \1"),
    (rf"(?:(?:calendar )?week|wk|[ck]w)\.? ?(\d\d?)(?: ?[,/-] ?| | of | in )({YEAR})\b", r"calendar week \1 \2"),
)
_RANGES_IN_NUMBERS: Rules = (
    (rf"(?<![\d./-])(0?[1-9]|1[0-2])[./]({YEAR})\b(?![./]\d| ?s(?:ec)?\b)", _iso_month),
    (rf"(\d\d?)-(\d\d?)-({YEAR})\b", r"\1/\2/\3"),
    (r"(\d\d?/\d\d?)-(\d\d?/\d\d?/(\d\d(?:\d\d)?))\b", r"\1/\3 to \2"),
    (r"(\d\d?/\d\d?/\d\d(?:\d\d)?)-(?=\d\d?/\d\d?/\d\d)", r"\1 to "),
    (rf"(\d\d?([./])\d\d?)\2? ?(?:-|–|to|bis(?: zum)?) ?(\d\d?\2\d\d?\2({YEAR}))\b", _in_order),
    (rf"(?<!\d[./])(\d\d?)\.? ?(?:-|–|to|bis) ?(\d\d?\.\d\d?\.{YEAR})\b", _days_of_month),
    (
        rf"({NTH} (?:of )?{_NAME} ({YEAR})) (?:to|until|till|-) (?:the )?({NTH})\b(?! (?:of )?{MONTH})",
        r"\1 to \4 \2 \3",
    ),
)
_ROUGHLY: Rules = (
    (r"(?:the )?week (?:starting|beginning|commencing|ending)(?: on)? (?=\d|[a-z])", "around "),
    (r"(?:second to last|next to last|last but one|penultimate) (?=week|weekend|day|[a-z]+day)", "some "),
)
_WITH_NAMED_MONTHS: Rules = (
    (r"(\d\d?\.\d\d?\.)(\d\d)\b(?![.:]?\d)", _day_and_year),
    (rf"(\d\d?)[-. /]?{_NAME}[-. /]*({YEAR})\b", r"\1 \2 \3"),
    (
        rf"(?:(?<=in )|(?<=of )|(?<=during )){_NAME} (\d\d)\b(?! ?[:–/.-]?\d| ?(?:to|and|or) )",
        _month_and_year,
    ),
    (rf"{_NAME}[-.]?({YEAR})\b", r"\1 \2"),
    (rf"{_NAME}-(?={MONTH})", r"\1 to "),
    (rf"{_NAME} ?[-–] ?(?={NTH} (?:of )?{MONTH})", r"\1 to "),
    (rf"({NTH})(?: of)? (?:last|this) ({MONTH})(?! (?:of )?{YEAR})", r"\1 \2"),
    (rf"({MONTH} to {MONTH}) '?(\d\d)(?=\s*(?:[?.!,]|$))", _name_and_year),
    (rf"(?<!winter )(?<!winter of )(?<!summer )(?<!summer of )({YEAR})[/-]({YEAR})\b", r"\1 to \2"),
)
DATES: Rules = (
    *_IN_NUMBERS,
    *_YEARS_OF_TWO_DIGITS,
    *_WEEKS,
    *_RANGES_IN_NUMBERS,
    *_ROUGHLY,
    *_WITH_NAMED_MONTHS,
)
"""Days and months in numbers, and several days of a month."""

_QUARTERS_AND_WEEKS: Rules = (
    (rf"({YEAR}) ?([qh][1-4])\b", r"\2 \1"),
    (rf"(1st|2nd|3rd|4th|5th) (?=quarter\b|half\b|week(?:end)?\b|{WEEKDAY}\b)", _nth_in_words),
    (rf"(\d\d?)th week (?:of|in) (?={YEAR}\b)", r"calendar week \1 "),
    (rf"(\d\d?)th month (?:of|in) ({YEAR})\b", _iso_month),
    (rf"((?:first|second) half) (?={YEAR}\b)", r"\1 of "),
    (r"h([12]) (?=(?:of )?\w+)", _half_in_words),
)
_SEVERAL_DAYS: Rules = (
    (
        rf"(?:(?:{WEEKDAY})\.?,? (?:the )?)?({NTH}\.?)((?:{_ANOTHER}{NTH}\.?)+)(?= (?:of )?{MONTH})",
        _days_together,
    ),
    (
        rf"({MONTH} (?:the )?)({NTH})((?:{_ANOTHER}{NTH})+)(?=\s*[,?.!]|$|(?: of)? {YEAR})(?!:)",
        _days_behind_month,
    ),
)
_FEASTS_AND_YEARS: Rules = (
    (r"((?:christmas|easter|thanksgiving|new year)) week(?=\b(?!end| (?:before|after)))", r"week of \1"),
    (
        r"(christmas|new year|(?:labor|memorial|presidents'|columbus) day|fourth of july) weekend\b",
        r"weekend of \1",
    ),
    (rf"new year (?:of )?{YEAR}[/-]({YEAR})\b", r"new year \1"),
    (r"new year (?:of )?(19|20)\d\d[/-](\d\d)\b", r"new year \1\2"),
    (rf"the years? (?:of )?({YEAR})", r"\1"),
    (rf"in years? (?:of )?(?={YEAR})", "in "),
)
PARTS_OF_YEARS: Rules = (*_QUARTERS_AND_WEEKS, *_SEVERAL_DAYS, *_FEASTS_AND_YEARS)
"""Quarters and halves, several days of a month, the week and the weekend of a feast."""
