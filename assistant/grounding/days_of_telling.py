"""Days that the user told from the day of the telling ("last Saturday"), in a model's sentences about their memories.

A model repeats such words as if they were said now, so the day that was meant stands behind them. Which day that is
says `memory/relative_days.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from assistant.grounding.quotes.quotation import Quotable
from memory.episode import Episode
from memory.relative_days import relative_days, with_days
from memory.text import folded
from memory.times.time_phrases import TimeQuery, parse


def dated(sentence: str, basis: Sequence[Quotable]) -> str | None:
    """A sentence that stands in the memories `basis`, with the days behind its times: "You were at the lake last
    Saturday (9 May 2026)."

    None where it has a time that none of them told, or that they told on different days. As it is where nobody knows
    when they were told.
    """
    told = [one.episode for one in basis]
    if not all(one.told_on for one in told):
        return sentence
    found = {with_days(sentence, day) for one in told if (day := one.told_on) and _tells_times_of(sentence, one)}
    return found.pop() if len(found) == 1 else None if told else sentence


def undated(sentence: str, recalled: Sequence[Quotable]) -> str:
    """A sentence without the days that `dated` puts behind times, and `quoted` too: a model repeats these as well."""
    for episode in (one.episode for one in recalled):
        for one in relative_days(episode.words, episode.told_on) if episode.told_on else ():
            sentence = re.sub(rf" [(\[]{re.escape(one.mention)}[)\]]", "", sentence)
    return sentence


def of_time_asked(question: str, words: str, told: date | None) -> bool | None:
    """Whether some words, `told` on a day, tell of the time that a question asks for ("what did we do yesterday?"), as
    far as they tell a time from that day on; None: they tell none, or it is open which."""
    asked = _asked_time(question, date.today()) if told else None
    spans = [one.days for one in relative_days(words, told) if one.days] if asked and asked.why and told else []
    if not asked or not spans:
        return None
    if any(asked.has(first) and asked.has(end - timedelta(days=1)) for first, end in spans):
        return True
    since, before = asked.since or date.min, asked.before or date.max
    return False if all(end <= since or first >= before for first, end in spans) else None


def without_time(question: str) -> str:
    """A question without the time that it asks for."""
    return _asked_time(question, date.today()).words


@lru_cache(maxsize=16)
def _asked_time(question: str, today: date) -> TimeQuery:
    """The time that a question asks for, today."""
    return parse(question, datetime.combine(today, time(12)))


def _tells_times_of(sentence: str, episode: Episode) -> bool:
    """Whether a memory has all the times of a sentence that are told from a day on: "on Saturday" may be its "last
    Saturday", but what is left open has to be told in the same words."""
    if not (day := episode.told_on):
        return False
    told = {(one.days, "" if one.days else folded(one.text)) for one in relative_days(episode.words, day)}
    return told.issuperset((one.days, "" if one.days else folded(one.text)) for one in relative_days(sentence, day))
