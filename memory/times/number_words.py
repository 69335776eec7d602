"""Numbers in English words up to ninety-nine, as they stand before days, weeks, months and years."""

from __future__ import annotations

_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_ONES = "one two three four five six seven eight nine".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
NUMBER = rf"(?:(?:{'|'.join(_TENS)})(?:[ -](?:{'|'.join(_ONES)}))?|{'|'.join((*_TEENS, *_ONES))}|an?|\d{{1,3}})"
"""A regular expression of one number, in words or digits; "a" is one."""


def number_of(text: str) -> int:
    """ "Twenty-five", "a", "25"."""
    if text.isdigit():
        return int(text)
    total = 0
    for word in text.lower().replace("-", " ").split():
        if word in _TENS:
            total += 10 * (_TENS.index(word) + 2)
        else:
            total += (_TEENS.index(word) + 10) if word in _TEENS else _ONES.index(word) + 1 if word in _ONES else 1
    return total
