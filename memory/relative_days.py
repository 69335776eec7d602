"""Days that words tell from the day of their telling: "last Saturday", told on 12 May 2026, is 9 May 2026.

Told words stay as they are for years, and "last Saturday" means another day to whoever reads them later. The day that
was meant follows from the day of the telling; the words mention it, and it is never the day of the photo. Where people
mean different days by one phrase ("next Friday", or "last Wednesday" on a Friday), no day is told. English only. Which
days a phrase means is read by `times/time_phrases.py`; what lies ahead, of which no question asks, is counted here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from memory.days import day_words
from memory.episode import Episode
from memory.times.atoms.atom_days import day_span, of_month, week_span, year_span
from memory.times.atoms.atom_patterns import COUNT, FEAST, SEASON, WEEKDAY
from memory.times.calendar_names import Span
from memory.times.number_words import NUMBER
from memory.times.phrases.time_reasons import range_words
from memory.times.spelling_parts import MONTH
from memory.times.time_phrases import parse

_PART = rf"(?:{SEASON}|{FEAST}|(?!(?-i:may|march|mar|sun)\b){MONTH})"
_OF_DAY = r"(?: (?:early |late )?(?:morning|afternoon|evening|night)\b)?"
_MANY = rf"(?:{COUNT}|{NUMBER})"
_UNITS = rf"(?:days?|weeks?|fortnights?|months?|years?|weekends?|(?:{WEEKDAY})s?)"
_FROM = rf"(?: (?:today|yesterday|to the day|last (?:{WEEKDAY}))(?!['’]))?"
_KINDS = (
    rf"(?P<back>(?:(?:the )?day before yesterday|yesterday|today|tonight|last (?:night|evening|week|weekend|month|year)"
    rf"|this (?:morning|afternoon|evening|week|month|year))\b{_OF_DAY})",
    rf"last (?P<lastday>{WEEKDAY})\b{_OF_DAY}",
    rf"(?:(?<=\bon )|this )(?P<anyday>{WEEKDAY})\b{_OF_DAY}",
    r"(?P<weekend>this weekend)\b",
    rf"(?P<part>(?:last|this) {_PART})\b",
    r"(?P<before>(?=[^.!?\n]{1,40} before last\b)"
    rf"(?:the )?(?:week|weekend|month|year|{WEEKDAY}|{_PART}) before last)\b",
    rf"(?P<ago>(?=[^.!?\n]{{1,40}} ago\b){_MANY} {_UNITS} ago{_FROM})\b",
    rf"(?P<ahead>(?:the day after )?tomorrow\b{_OF_DAY}|next (?:week|month|year)\b)",
    rf"next (?:weekend|{WEEKDAY}|{_PART})\b{_OF_DAY}",
    r"the other (?:day|week|weekend|morning|afternoon|evening|night)\b|recently\b|lately\b|a while (?:ago|back)\b",
    r"(?:days|weeks|months|years|not long) ago\b",
    rf"(?:{_MANY}|some|several|many) [a-z]+ ago\b",
)
"""How such phrases are written; those in no group mean no certain day."""
_PHRASE = re.compile(rf"\b(?:{'|'.join(_KINDS)})", re.IGNORECASE)
_HINT = re.compile(
    r"\b(?:yesterday|today|tonight|tomorrow|last|next|recently|lately|ago|while|other|this (?!(?:is|was)\b)"
    r"|on [a-z]+day)\b",
    re.IGNORECASE,
)
"""What every text with such a phrase has: most have none, and are not read closer."""
_ONE_OF_MANY = re.compile(
    r"(?:\b(?:the|my|our|your|his|her|its|their|an?|every|each|any|most|some|very|no|at) (?:last|next|this)"
    r"|['’]s last)$",
    re.IGNORECASE,
)
"""Begins a phrase that is none: "our last summer with him", "every last Saturday"."""
_TITLED = re.compile(r"(?:\b(?:called|titled|named|song|film|movie|book|band) |[\"“\u2018'])$", re.IGNORECASE)
_NAMES = re.compile(r"['’\"”]|-\w| by (?:the )?(?-i:[A-Z])| of\b(?! course\b)", re.IGNORECASE)
"""Stands behind what names something: "last year's model", "Yesterday by the Beatles", "last week of May"."""
_DATED = re.compile(rf" in (?:the )?{_PART}\b|[^.;!?\n]{{0,15}}\b(?:19|20)\d\d\b", re.IGNORECASE)
"""Stands behind a time that other words date: "last week in May", "yesterday, 3 May 2024"."""
_IS = re.compile(r" (?:is|means)\b", re.IGNORECASE)
_ABOUT = re.compile(
    r"\b(?:about|around|almost|nearly|roughly|over|under|more than|less than|at least|maybe|some|like|or) $",
    re.IGNORECASE,
)
_NO_NUMBER = re.compile(r"\b(?:few|couple|half|some|several|many)\b")
_PAST = re.compile(
    r"\b(?:was|were|did|had|went|took|got|came|saw|met|ate|drank|drove|rode|flew|found|gave|made|ran|swam|said|told|left"
    r"|fell|lost|won|bought|brought|began|broke|built|caught|sat|slept|sang|spent|threw|wore"
    r"|(?!(?:[a-z]*eed|bed|red|shed|sled|naked|hundred)\b)[a-z]{2,}ed)\b",
    re.IGNORECASE,
)
_FUTURE = re.compile(r"\b(?:will|going to|gonna|shall|due|tomorrow|next)\b|['’]ll\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?;\n]+")
_DAY_ALONE = re.compile(r"(?<=day|row) (?:early |late )?(?:morning|afternoon|evening|night)$")
""" "Yesterday" of "yesterday evening"."""


class RelativeDay(NamedTuple):
    """A phrase that tells a time from the day of its telling."""

    text: str
    """The phrase."""
    end: int
    """Where it ends in the text."""
    days: Span | None
    """The first day and the one after the last; None: it is left open which days are meant."""
    mention: str
    """The days as people write them or, where they are open, when the phrase was told: "told on 12 May 2026"."""


def relative_days(text: str, told: date) -> list[RelativeDay]:
    """The phrases of a text `told` on a day (local) that mean a time from this day on, in their order."""
    found = []
    for match, sentence in _phrases(text):
        days = _days(match, sentence, told)
        mention = range_words(*days) if days else f"told on {day_words(told)}"
        rough = days and match["ago"] and days[1] - days[0] > timedelta(days=2)  # the week of two weeks ago
        found.append(RelativeDay(match[0], match.end(), days, f"about {mention}" if rough else mention))
    return found


def with_days(text: str, told: date, *, marks: str = "()", only_known: bool = False) -> str:
    """The text with the days between `marks` behind its phrases, each once: "last Saturday (9 May 2026)", "recently
    (told on 12 May 2026)". `only_known`: nothing behind phrases of which the days are open."""
    found = [one for one in relative_days(text, told) if one.days or not only_known]
    first = {one.days: one for one in reversed(found)}.values()
    for one in sorted(first, key=lambda one: one.end, reverse=True):
        text = f"{text[: one.end]} {marks[0]}{one.mention}{marks[1]}{text[one.end :]}"
    return text


def dated_words(episode: Episode, *, only_known: bool = False) -> str:
    """What the user said in an episode, as it is shown: behind "last Saturday" stands in brackets which day it was."""
    told = episode.told_on
    return with_days(episode.words, told, marks="[]", only_known=only_known) if told else episode.words


def told_of_edit(old: Episode, words: str, today: date | None = None) -> datetime | None:
    """When the words of an episode were told that are edited today: as before; None, unknown, where another day's edit
    has other phrases that mean a time from a day on, as nobody knows from which."""
    told = old.told_on
    if told is None or told == (today or date.today()):
        return old.told
    known = {one.text.lower() for one in relative_days(old.words, told)}
    return old.told if all(one.text.lower() in known for one in relative_days(words, told)) else None


def _phrases(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """The phrases with their sentences, without names and titles and times that are told otherwise."""
    for match in _PHRASE.finditer(text) if _HINT.search(text) else ():
        sentence = next((one for one in _SENTENCE.finditer(text) if one.start() <= match.start() < one.end()), match)
        before, behind, phrase = text[sentence.start() : match.start()], text[match.end() :], match[0]
        if _ONE_OF_MANY.search(before + phrase.split()[0]):
            continue
        if _TITLED.search(before) or _NAMES.match(behind) or (before.strip() and _is_title(phrase)):
            continue
        if _DATED.match(behind) and not phrase.endswith("year"):
            continue
        if _IS.match(behind) and re.fullmatch(r"yesterday|tomorrow|this (?:spring|fall)", phrase, re.IGNORECASE):
            continue  # "Yesterday is her favourite song"
        yield match, sentence[0]


def _is_title(phrase: str) -> bool:
    """Whether a phrase within a sentence is written like a title: "Yesterday", "Last Summer"."""
    return phrase[0].isupper() and not re.match(rf"(?:{WEEKDAY})\b", phrase, re.IGNORECASE)


def _days(match: re.Match[str], sentence: str, told: date) -> Span | None:
    """The days that a phrase means for sure, when its sentence was told on this day; else None."""
    phrase = _DAY_ALONE.sub("", match[0].lower().replace("’", "'"))
    if match["ahead"]:
        return None if _PAST.search(sentence) else _ahead(phrase, told)
    if match["ago"]:
        rough = _NO_NUMBER.search(phrase) or _ABOUT.search(match.string[: match.start()])
        return None if rough else _meant(phrase, told)
    if match["back"] or match["before"]:
        open_week = phrase.endswith(" week") and told.weekday() == 6  # which begins on this day, or the day after
        return None if open_week else _meant(phrase, told)
    if not (days := _meant((match["anyday"] or phrase).lower(), told)):
        return None  # "the other day"
    first, end = days
    if match["lastday"]:  # on a Friday "last Wednesday" may be of this week or of that before
        return days if first < told - timedelta(days=max(1, told.weekday())) else None
    if match["part"]:  # in October "last summer" may be of this year or of that before; "this" one is of this year
        this = phrase.startswith("this")
        return days if first <= told < end or (first.year == told.year) is this else None
    if match["anyday"] or match["weekend"]:
        over = end <= told and _PAST.search(sentence) and not _FUTURE.search(sentence)
        return days if over or (match["weekend"] and first <= told < end) else None
    return None


def _ahead(phrase: str, told: date) -> Span | None:
    if phrase.endswith("tomorrow"):
        return day_span(told + timedelta(days=1 if phrase == "tomorrow" else 2))
    if phrase == "next week":
        return week_span(told + timedelta(days=7)) if told.weekday() < 6 else None
    year, month = divmod(told.year * 12 + told.month, 12)
    return year_span(told.year + 1) if phrase == "next year" else of_month(month + 1)(year)


@lru_cache(maxsize=1024)
def _meant(phrase: str, told: date) -> Span | None:
    """The days that a phrase means on a day, if the whole of it says so."""
    asked = parse(f"on {phrase}", datetime.combine(told, time(12)))
    return (asked.since, asked.before) if asked.since and asked.before and not asked.words.strip() else None
