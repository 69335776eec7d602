"""Picks the sentence of the recalled memories that fits a question, and quotes it with its day."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from assistant.grounding.claims import sentences
from assistant.grounding.days_of_telling import of_time_asked, without_time
from assistant.grounding.moments import asks_for_the_photo, of_another_moment, photo_s_day_answers
from assistant.grounding.other_subjects import of_another
from assistant.grounding.quotes.clauses import CUT, LONG, clause, may_be_cut
from assistant.grounding.quotes.naming import asks_for_name, introduces, names_thing, tells_name
from assistant.grounding.quotes.plainly_told import plainly_told
from assistant.grounding.quotes.question_kind import VAGUE, WHERE, WHOSE, Question, asks, getting, identity
from assistant.grounding.quotes.quotation import (
    UNDATED,
    UNTOLD,
    Quotable,
    Quote,
    beginning,
    introduction,
    of_its_photo,
    place_of,
    quoted,
    spoken_date,
)
from assistant.grounding.quotes.reading import Reading, Readings, asked_of_one
from assistant.grounding.quotes.rule_fit import fit, led
from assistant.grounding.words.families import asks_whose, related
from assistant.grounding.words.phrases import named
from assistant.grounding.words.tokens import GENERIC, Token, alike, stem, tokens

_UNSURE = 2.5
"""What a memory that is only maybe the same has to fit better by than one that is sure."""
_LATER, _FURTHER = 0.2, 0.05
"""What each memory that is recalled before, and each sentence before in the same memory, takes from a fit."""
_TOLD_THEN = 3.0
"""How well a sentence that tells of a time at least fits a question for nothing else: "what did we do yesterday?"."""
_PLACE = 2.5
"""How well the place of a photo fits a question for one."""
_ABOUT = re.compile(
    r"\W*(?:(?:and|so|but|please|can you|could you) )*(?:tell me\b|describe\b"
    r"|what(?:['’]?s| is| are| was| about)? (?:this|that|it|these|those)\W*$"
    r"|what (?:else )?(?:do|did|can|have) (?:you|i) (?:know|tell|told|say|said|remember|recall)\b|anything|more\b)",
    re.IGNORECASE,
)
"""Asks for whatever was told: "Tell me more"."""
_MARGIN, _HERE, _FIT, _NONE = 0.377, 1.463, 0.090, -2.186
"""A logistic regression: that a sentence holds the answer to a question, from the reader's margin, whether the reader
found the answer in this sentence, and the fit by rules (`python -m benchmark grounding --fit`)."""
LEAST_MARGIN, MOST_MARGIN = -5.0, 12.0
"""The limits of the margin; a sentence in which the reader did not find the answer has the lower one."""
LEAST, LEAST_AFTER_SILENCE = -0.6, 0.3
"""Logits from which a sentence is quoted: in the place of an answer that nobody told, and where the model says that it
was not told, which is mostly right."""
SAME_WORDS = 4.5
"""Fit by rules, that of a question in the note's own words, from which the sentence is quoted in which the reader found
the answer, however unsure of it (on dev that adds 1 to 2 % of what was never told)."""
_INTRODUCES = 3.0
"""What a sentence that says who somebody is ("my niece Henrietta") gets more, to "who is Henrietta?"."""
WHOSE_FIT = 3.0
"""Fit by rules from which a sentence is quoted to a question for an owner, whatever the reader found: it tells whose
the thing is, and has a word of the question."""
PLAIN = 5.0
"""Fit of a sentence that tells it plainly, where no reader sees it (`plainly_told.py`)."""


def pick(
    question: str, recalled: Sequence[Quotable], readings: Readings | None = None, *, silent: bool = False
) -> Quote | None:
    """The sentence that answers the question, quoted; None where no sentence does.

    `readings`: where a reader found the answer; without them rules decide. `silent`: the model says that it was not
    told.
    """
    if recalled and recalled[0].in_view and _of_view(tokens(question)):
        recalled = [of_its_photo(recalled[0], recalled)]  # who is most surely there, whoever else is named plainly
    least = LEAST_AFTER_SILENCE if silent else LEAST
    sure = any(one.certainty == "sure" for one in recalled)
    best: tuple[float, Quote] | None = None
    texts = [asked_of_one(question, one, recalled) for one in recalled]
    parsed = {text: _parsed(text, recalled) for text in {question, *texts}}
    for rank, (one, text) in enumerate(zip(recalled, texts, strict=True)):
        asked = parsed[text]
        if not _has_a_name(asked, one):
            continue
        lines, read = list(sentences(one.episode.words)), readings.get(one.episode.id) if readings else None
        scores = _fits(asked, one)
        if readings is not None and not _of_view(asked.tokens):
            scores = _read_fits(asked, one, scores, read, least)
        for n, score in _among_all(asked, one, rank, scores, sure=sure):
            if best is None or score > best[0]:
                best = (score, _quote(one, lines, n, asked, read))
        if _place_answers(asked, one) and (best is None or best[0] < _PLACE):
            best = (_PLACE - _LATER * rank, place_of(one))
    asked = parsed[question]
    if best is None and not asked.wanted and (identity(asked.tokens) or _ABOUT.match(question)):
        return introduction(recalled)  # "thats rocky, toms dog" has no name that anybody can be sure of
    return best[1] if best else None


def _of_view(asked: Sequence[Token]) -> bool:
    """Whether a question asks who is in view: "who is this?", not "who is Desmond?"."""
    return identity(asked) and not any(t.kind == "name" for t in asked)


def _has_a_name(asked: Question, one: Quotable) -> bool:
    """Whether a memory has one of the names that a question asks for, if it asks for any."""
    names = [t.stem for t in asked.wanted if t.kind == "name"]
    return not names or not _stems(one).isdisjoint(names)


def _among_all(
    asked: Question, one: Quotable, rank: int, scores: Sequence[float], *, sure: bool
) -> Iterator[tuple[int, float]]:
    """The sentences of a memory that may answer, each with its score among those of all memories.

    `rank`: how many memories come before this one; `sure`: one of them all is of what the photo shows.
    """
    of_the_photo = asks_for_the_photo(asked.text)
    for n, (line, fits) in enumerate(zip(sentences(one.episode.words), scores, strict=True)):
        then = of_time_asked(asked.text, line, one.episode.told_on)
        if then and not asked.wanted:
            fits = max(fits, _TOLD_THEN)
        other = (of_the_photo and of_another_moment(tokens(line))) or of_another(asked.text, line)
        if fits <= 0 or then is False or other:
            continue  # "Anna's birthday is on 12 May" tells no day of the photo
        score = fits - (_LATER * rank + _FURTHER * n + (_UNSURE if one.certainty == "maybe" else 0))
        if score > 0 or not sure:  # else the photo shows another thing, and no word but "one" fits
            yield n, score


def _place_answers(asked: Question, one: Quotable) -> bool:
    """Whether the place of a photo may answer "where", asked of what the memory speaks of; not how to get there."""
    if asked.kind != "where" or not one.episode.place or getting(asked.tokens):
        return False
    return not asked.wanted or any(alike(t.stem, s) for t in asked.wanted for s in _stems(one))


def _parsed(question: str, recalled: Sequence[Quotable]) -> Question:
    """A question as the rules read it, before these memories."""
    asked = tokens(question)
    return Question(question, asked, asks(asked), _wanted(question, asked, recalled))


def _stems(one: Quotable) -> set[str]:
    """The stems of a memory's words and place."""
    return {t.stem for t in tokens(f"{one.episode.words} {one.episode.place or ''}") if t.content}


def _fits(asked: Question, one: Quotable) -> list[float]:
    """How well each sentence of a memory's words fits the question, by rules."""
    stems, lines = _stems(one), sentences(one.episode.words)
    return [fit(asked, line, stems, n) for n, line in enumerate(lines)]


def _read_fits(
    asked: Question, one: Quotable, fits: Sequence[float], read: Reading | None, least: float
) -> list[float]:
    """How well each sentence fits, from the fits by rules and what the reader found: by how much the logit is above
    `least`, or the fit by rules where these know what the reader does not."""
    lines = list(sentences(one.episode.words))
    return [
        max(
            e.logit - least,
            e.fit if _known_by_rules(asked, one, lines, n, e) else 0.0,
            PLAIN * plainly_told(asked, lines[n]),
        )
        + _INTRODUCES * introduces(asked.text, lines[n])
        for n, e in enumerate(evidence(one.episode.words, lines, fits, read))
    ]


def _known_by_rules(asked: Question, one: Quotable, lines: Sequence[str], n: int, found: Evidence) -> bool:
    """Whether the sentence at `n` is for the rules, too, as they know what the reader does not.

    No reader's answer is "yes", nor a "he" whose name stands before, and it knows few ways of telling names. Nor does
    it know that "what year was that" may mean the only time in the words, and that "toms dog" is an answer to "whose
    dog is it".
    """
    return (
        asked.kind == "yes"
        or bool(WHOSE.match(asked.text))
        or (found.here and found.fit >= SAME_WORDS)
        or (asked.kind == "what" and asked.wanted and _says_all(found, asked))
        or (asked.kind == "who" and led(lines, n) != lines[n])
        or (asked.kind == "who" and asks_whose(t.stem for t in asked.tokens) and found.fit >= WHOSE_FIT)
        or (asks_for_name(asked.text) and tells_name(lines[n]) and found.fit >= 2 * max(len(asked.wanted), 1))
        or (one.in_view and names_thing(asked.text, asked.wanted, lines[n]))
        or (asked.kind == "when" and not asked.wanted and not one.day and _has_day(lines[n]))
    )


def _says_all(found: Evidence, asked: Question) -> bool:
    """Whether the reader found the answer, if barely, in a sentence that has all words of the question."""
    return found.here and found.margin >= 0 and found.fit >= 2 * len(asked.wanted)


def _has_day(line: str) -> bool:
    """Whether a sentence tells a day or a year."""
    return any(t.kind == "day" for t in tokens(line))


def _quote(one: Quotable, lines: Sequence[str], n: int, asked: Question, read: Reading | None) -> Quote:
    """The sentence at `n` quoted, with those behind it; of much, the part in which the answer is found, if it is."""
    led_by = led(lines, n) if asked.kind == "who" else lines[n]
    words = max(led_by, beginning(lines[n:]), key=len)
    if len(words) > LONG and may_be_cut(asked.text):
        begin = list(_places(one.episode.words, lines))[n]
        words = _part(asked, lines[n], begin, read) or words
    return quoted(one, words)


def _part(asked: Question, line: str, begin: int, read: Reading | None) -> str:
    """The part of a sentence, which begins at `begin` of the words, in which the answer is found; "" where none is."""
    if read and read.margin >= CUT and 0 <= read.start - begin < len(line):
        part = clause(line, read.start - begin, read.end - begin)
        tells = asked.kind != "who" or any(t.possessive or t.kind == "mine" for t in named(tokens(part)))
        return part if tells else ""  # to "whose dog is it" the reader may mark the dog
    days = [t for t in tokens(line) if t.kind == "day"]
    if asked.kind == "when" and len(days) == 1:
        return clause(line, days[0].at, days[0].at + len(days[0].text))
    return ""


class Evidence(NamedTuple):
    """What speaks for a sentence as the one that answers."""

    margin: float
    """The reader's, within its limits; the lower one where the reader did not find the answer in this sentence."""
    here: bool
    """Whether it did."""
    fit: float
    """How well the sentence fits the question by rules."""

    @property
    def logit(self) -> float:
        """The logit of the sentence holding the answer."""
        return _MARGIN * self.margin + _HERE * self.here + _FIT * self.fit + _NONE


def evidence(words: str, lines: Sequence[str], fits: Sequence[float], read: Reading | None) -> Iterator[Evidence]:
    """What speaks for each sentence, from the fits by rules and what the reader found in all the words."""
    for begin, line, by_rules in zip(_places(words, lines), lines, fits, strict=True):
        here = read is not None and begin <= read.start < begin + len(line)
        margin = max(LEAST_MARGIN, min(read.margin, MOST_MARGIN)) if read and here else LEAST_MARGIN
        yield Evidence(margin, here, by_rules)


def _places(words: str, lines: Sequence[str]) -> Iterator[int]:
    """Where each sentence begins."""
    end = 0
    for line in lines:
        begin = words.index(line, end)
        end = begin + len(line)
        yield begin


def fits_by_rules(question: str, one: Quotable) -> list[float]:
    """How well each sentence of the only memory fits a question, by rules."""
    return _fits(_parsed(question, [one]), one)


def _wanted(question: str, asked: Sequence[Token], recalled: Sequence[Quotable]) -> list[Token]:
    """The words of a question by which a sentence can answer it."""
    wanted = [t for t in asked if (t.content and t.kind != "day" and t.stem not in VAGUE) or t.stem in WHERE]
    if shown := WHOSE.match(question):  # "whose dog is this": the corgi in view, whatever it is called
        wanted = [t for t in wanted if t.stem != stem(shown[1].lower())]
    if any(of_time_asked(question, one.episode.words, one.episode.told_on) for one in recalled):
        apart = {t.stem for t in tokens(without_time(question))}  # "last Saturday" is told as "yesterday"
        wanted = [t for t in wanted if t.stem in apart]
    everything = {t.stem for one in recalled for t in tokens(one.episode.words)}
    return [t for t in wanted if t.stem not in GENERIC or t.stem in everything]


def covers(question: str, words: str) -> bool:
    """Whether the words speak of all that the question speaks of."""
    said = [t.stem for t in tokens(words) if t.content]
    asked = [t.stem for t in tokens(question) if t.content and t.stem not in VAGUE]
    return bool(asked) and all(any(related(one, other) for other in said) for one in asked)


def untold(question: str, recalled: Sequence[Quotable]) -> str:
    """What is said where nothing that was told answers; to a question for a time, the day of the photo is known."""
    if asks(tokens(question)) == "when" and (day := photo_day(recalled)):
        return day if photo_s_day_answers(question) else f"{UNTOLD} {day}"
    if recalled and not any(one.day for one in recalled) and asks_for_the_photo(question):
        return UNDATED
    return UNTOLD


def photo_day(recalled: Sequence[Quotable]) -> str:
    """A sentence with the day of the first photo that recall is sure of, of those in view if any is; empty where there
    is none with a day."""
    shown = [one for one in recalled if one.in_view] or recalled
    return next(
        (f"Your photo is of {spoken_date(one.day)}." for one in shown if one.certainty == "sure" and one.day), ""
    )
