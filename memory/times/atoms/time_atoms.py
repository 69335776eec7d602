"""The atoms of a text: all smallest phrases of time in it, each of the first kind that fits.

`phrases/phrase_finder.py` puts atoms together, and `phrases/meant_times.py` decides which of them mean a time.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date

from memory.times.atoms import counted_atoms as counted
from memory.times.atoms import dated_atoms as dated
from memory.times.atoms import named_atoms as named
from memory.times.atoms import year_atoms as years
from memory.times.atoms.atom import Atom, Words

_KINDS = (
    dated.NUMBERED,
    dated.WEEK_AROUND,
    years.VAGUE,
    dated.RELATIVE_QUARTER,
    dated.QUARTER,
    dated.ISO_MONTH,
    years.SEASON_OF_TWO_YEARS,
    years.WRITTEN_DECADE,
    years.TWO_YEARS,
    years.SPOKEN_DECADE,
    dated.DAY_BACK,
    dated.DAYS_OF_MONTH,
    dated.MONTH_AND_DAYS,
    dated.WORDED_DAY,
    counted.YEARS_AGO_THIS,
    counted.AGO_TO_THE_DAY,
    counted.AGO,
    counted.THE_SAME_YEARS_AGO,
    dated.DAYS_OF_THIS_MONTH,
    dated.ISO_WEEK,
    counted.PARTS_AGO,
    counted.BEFORE_LAST,
    counted.LAST_PARTS,
    counted.LAST_UNITS,
    named.RELATIVE_YEAR,
    named.YEAR_BEFORE_LAST,
    named.WRITTEN_YEAR,
    named.RELATIVE_PART,
    named.PART_BEFORE_LAST,
    named.PART,
    named.RELATIVE_DAYS,
    dated.WEEKDAY_BEFORE_LAST,
    dated.ANY_WEEKDAY,
)
"""In the order in which they are tried: what says more comes before what says less."""
_READERS = [(re.compile(kind.pattern, re.I), kind.read) for kind in _KINDS]
_BEGIN = re.compile(r"(?<![\w'])(?<![a-z]-)(?=[\w'])", re.I)


def atoms(text: str, today: date) -> list[Atom]:
    """All atoms of a text in their order. Days that no calendar has are none."""
    found, place = [], 0
    while begin := _BEGIN.search(text, place):
        place = begin.start() + 1
        for pattern, read in _READERS:
            if match := pattern.match(text, begin.start()):
                with suppress(ValueError, OverflowError, KeyError):
                    found.append(read(Words(match), today))
                place = match.end()
                break
    return found
