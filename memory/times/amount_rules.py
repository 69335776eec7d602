"""How amounts of time and the words that say how a time limits are written: "2 yrs ago", "no later than"."""

from __future__ import annotations

import re

from memory.times.number_words import NUMBER, number_of
from memory.times.spelling_parts import DATED, MONTH, UNIT, UNITS, YEAR, Rules


def amounts() -> Rules:
    """How long ago: numbers in words, parts of years, and about, more than or less than that."""
    yield rf"(\d+|an?|the|last|this|few|of) ?((?:{'|'.join(UNITS)})s?)\b\.?", _unit
    yield rf"({NUMBER})[.,]5 (years?|months?|weeks?|days?)\b", r"\1 \2 and a half"
    yield rf"({NUMBER}) and (?:a )?half (years?|months?|weeks?|days?)\b", r"\1 \2 and a half"
    yield r"(years?|months?|weeks?|days?) and half\b", r"\1 and a half"
    yield (
        rf"(?:({NUMBER}) years?,? (?:and )?({NUMBER}) months?)(?= (?:ago|back)\b)",
        (lambda m: f"{12 * number_of(m[1]) + number_of(m[2])} months"),
    )
    yield rf"({NUMBER})(?= (?:years?|months?|weeks?|days?|nights?|decades?|[a-z]+day|[a-z]+er)s?\b)", _in_digits
    yield (
        r"(?:the )?(?:last|past) (year|month|week) or (so|two)\b",
        (lambda m: f"last {1 if m[2].lower() == 'so' else 2} {m[1]}s"),
    )
    yield rf"((?:last|past) )(?:{NUMBER}) or (?={NUMBER} (?:{UNIT}))", r"\1"
    yield r"((?:last|past) (?:decade|(?:\d+|few|couple of) (?:years|months|weeks|days))) or so\b", r"\1"
    yield rf"a (?:little|bit) (?:over|under|more than|less than) (?={NUMBER} (?:{UNIT}) (?:ago|back)\b)", "around "
    yield r"couple (?!of)(?=(?:years|months|weeks|days)\b)", "couple of "
    yield r"(?:about |around )?(\d+|a) decades? (?=ago\b|back\b)", lambda m: f"around {10 * number_of(m[1])} years "
    yield r"(\d+|a) fortnights? (?=ago\b|back\b)", lambda m: f"{2 * number_of(m[1])} weeks "
    yield (
        r"(?:the |this )?(?:last|past) (decade|fortnight)\b(?! of)",
        lambda m: "last 10 years" if m[1].lower() == "decade" else "last 2 weeks",
    )
    yield (
        r"(?:(?<=in )|(?<=over )|(?<=within )|(?<=during )|(?<=throughout )|(?<=for )|(?<=from ))"
        r"the last (year|month|week)\b(?! (?:of|in|before)\b)",
        r"last 1 \1s",
    )
    yield r"(?:the |this )?past (year|month|week)\b(?! (?:of|in|before)\b)", r"last 1 \1s"
    yield r"this past (?=[a-z])", "last "
    yield (
        rf"({NUMBER}) (years?|months?|weeks?|days?) or (?:so|two|three) (?=ago\b)",
        lambda m: (
            f"around {m[1]} {m[2]} "
            if " or so" in m[0].lower()
            else f"{m[1]} {m[2]} ago or {number_of(m[1]) + 1} {m[2]} "
        ),
    )
    yield rf"({NUMBER}) ?(?:-|–|to|or) ?(?=\d+ (year|month|week|day)s? (?:ago|back)\b)", r"\1 \2s ago or "
    seasons = rf"(?:{MONTH}|spring|summer|autumn|fall|winter|christmas|easter|weekend|[a-z]+day)(?:e?s)?"
    yield rf"({NUMBER}) ?(?:-|–|to|or) ?(?={NUMBER} ({seasons}) (?:ago|back)\b)", r"\1 \2 ago or "
    yield rf"(today|yesterday|last [a-z]+day) ({NUMBER}) ({UNIT}) (ago|back)\b", r"\2 \3 \4 \1"
    yield rf"(?<=between )({NUMBER}) and (?=\d+ (year|month|week|day)s? (?:ago|back)\b)", r"\1 \2s ago or "
    yield r"(\d+|an?|few|of) night(s?) (?=ago\b|back\b)", r"\1 day\2 "
    yield (
        rf"(?:more than|over) ({NUMBER})(?: {UNIT})? (?:but|and) (?:less than|under) "
        rf"(?={NUMBER} (year|month|week|day)s? ago)",
        r"\1 \2s ago or ",
    )
    yield rf"(?:more than|over|at least|well over) (?={NUMBER} (?:{UNIT}) (?:ago|back)\b)", "until "
    yield rf"(?:no more than|not more than|less than|under|at most) (?={NUMBER} (?:{UNIT}) (?:ago|back)\b)", "since "
    ago = rf"(?={NUMBER} (?:{UNIT})(?: and a half)? (?:ago|back)\b)"
    nearly = r"about|approximately|approx\.?|roughly|some|nearly|almost|not quite|not even|barely|close to"
    yield rf"(?:{nearly}|just over|just under|like) {ago}", "around "
    yield rf"(\d{{1,3}}|(?:a )?few|(?:a )?couple of) ({seasons}) back\b", r"\1 \2 ago"


def limits() -> Rules:
    """ "No later than", "up to", "2015 or earlier", "from 2019 to now": before, until, after, since, around."""
    yield r"(?:not before|no earlier than|not earlier than|ever since)\b", "since"
    yield rf"(?:starting|beginning)(?: in| from| with)? (?={DATED})", "since "
    yield rf"as (?:of|from) (?={DATED})", "since "
    yield r"to the day (?=(?:after|before) (?!yesterday))", ""
    yield r"(?:not after|no later than|not later than)\b", "until"
    yield r"(?:from )?(?:prior to|earlier than)\b", "before"
    yield rf"pre[- ](?={DATED})", "before "
    yield rf"post[- ](?={DATED})|(?:later|newer|more recent) than (?={DATED})|later than\b ?", "after "
    yield rf"older than (?={DATED}|(?:last|this) )", "before "
    yield r"(?:newer|more recent|later) than (?=(?:last|this) )", "after "
    yield rf"older than ({NUMBER} (?:{UNIT}))", r"until \1 ago"
    yield rf"(?:newer|more recent) than ({NUMBER} (?:{UNIT}))", r"since \1 ago"
    yield r"(days?|weeks?|months?) (?:leading|running|coming) up to\b", r"\1 before"
    yield r"(?:the |a )?(?:run|build|lead)[- ]?up to\b", "the weeks before"
    yield r"(?:up )?(?:to|until|till),? (?:but )?(?:not including|excluding),?\b", "before"
    busy = "".join(f"(?<!{word} )" for word in "we you he she they i get got been".split())  # "what we were up to"
    yield rf"{busy}up (?:un)?(?:to|til|till)(?: and including)?\b", "until"
    yield r"thru\b", "through"
    yield rf"(?:ending|finishing) (?:in|on|with) (?={DATED}|\d)", "until "
    yield rf"by (?=(?:the )?(?:{MONTH} )?{YEAR}\b|(?:christmas|easter|thanksgiving|halloween|new year)\b)", "until "
    yield (
        r"within (?:(?:an?|1|one) (?:day|week|month|year)|(?:a few|a couple of|[2-7]) days) of (?=\d|[a-z])",
        "around ",
    )
    beside, time = rf"({UNIT}|fortnight|weekend|[a-z]+day)", rf"(?={DATED}|\d|christmas|easter|last )"
    yield rf"{beside} (?:following|succeeding) {time}", r"\1 after "
    yield rf"{beside} preceding {time}", r"\1 before "
    yield rf"(?:(?:a )?(?:{NUMBER}|few|couple of) (?:days?|weeks?|months?) )?(?:on )?either side of ", "around "
    yield (
        rf"(?:in )?({DATED}) at the (latest|earliest)\b",
        lambda m: f"{'until' if m[2] == 'latest' else 'since'} {m[1]}",
    )
    yield r"(?:until )?at (?:the latest|least)(?: in| by)? (?=(?:19|20)\d\d\b)", "until "
    yield r"before the (?:mid|late)[ -](?='?\d0|[a-z]+ties)", "until the "
    yield r"after the (?:early|mid)[ -](?='?\d0|[a-z]+ties)", "since the "
    yield r"by (?:the )?end of\b|before (?:the )?end of\b", "until"
    yield r"after (?:the )?(?:beginning|start) of\b", "since"
    yield r"(?<= )(?:(?:un)?till?|to|and) (?:now|date|the present(?: day)?|this day)\b(?=\s*[?.!,]|$)", "to today"
    yield rf"(?:in|on) (?:or|and) (before|after) (?={DATED}|\d)", lambda m: _since_or_until(m[1]) + " "
    yield rf"(before|after) (?:or|and) (?:in|on) (?={DATED}|\d)", lambda m: _since_or_until(m[1]) + " "
    yield (
        (
            rf"(?:(?:in|from) )?({DATED}) (?:(?:or|and|&) )?"
            r"(earlier|older|later|newer|onwards?|(?:(?<=or )|(?<=and )|(?<=& ))(?:before|after))\b(?=\s*[?.!,]|$)"
        ),
        lambda m: f"{_since_or_until(m[2])} {m[1]}",
    )
    yield rf"(?:(?:in|from) )?({DATED})(?: or so|-ish)\b", r"around \1"
    yield rf"({YEAR})ish\b", r"around \1"
    yield (
        (
            rf"(?:in |from )?(?:about |approximately |approx\.? |roughly |~ ?)(?:in )?"
            rf"(?={DATED}|{MONTH} {YEAR}|(?:spring|summer|autumn|fall|winter|christmas|easter) (?:of )?{YEAR})"
        ),
        "around ",
    )
    yield r"from (?:around|about|circa|ca\.?|c\.) (?=['\w])(?!.* (?:to|until|till)\b)", "around "
    yield r"(since|until|till|before|after|from|between|to|and) (?:around|about|circa|ca\.?|c\.) (?=['\w])", r"\1 "


def _unit(match: re.Match[str]) -> str:
    unit = match[2].lower()
    return f"{match[1]} {UNITS[unit.removesuffix('s')]}{'s' if unit.endswith('s') else ''}"


def _in_digits(match: re.Match[str]) -> str:
    return match[0] if match[0].lower() in ("a", "an") else str(number_of(match[0]))


def _since_or_until(word: str) -> str:
    return "until" if word.lower() in ("earlier", "older", "before") else "since"
