"""The part of a long sentence that holds an answer: "… we got her in 2015 from a farm near Bern …".

People write as they speak, one sentence for everything. Quoted whole, it leaves the reader to look for the answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.grounding.claims import sentences
from assistant.grounding.quotes.question_kind import WHOSE, asks, two_in_one
from assistant.grounding.quotes.quotation import Quotable
from assistant.grounding.quotes.reading import Readings
from assistant.grounding.words.second_person import to_the_user
from assistant.grounding.words.tokens import tokens
from memory.times.number_words import NUMBER

LONG = 60
"""Characters up to which a sentence is quoted whole."""
FEW = 3
"""Words that a part has at least: "the cat" alone says nothing."""
CUT = 3.0
"""Margin of the reader from which a long quotation is cut to the part in which it found the answer."""
AGREED = 0.0
"""The same of a short answer, in which the model says what the reader found."""
_BOUND = re.compile(
    r"(?:[,;:]|\s[–—/|=-])(?=\s)"
    r"|\s(?=(?:because|but|although|while|so|until|since|and (?:then )?(?:i|we|he|she|it|they|now)|then)\s"
    r"|(?:who|which) (?:is|was|had|has)\s)"
    r"|(?<!\bthat)(?<!\bwhen)(?<!\bif)(?<!\band)(?<!\bbut)(?<!\bas)(?<!\bso)(?<!\bwhere)(?<!\bwhat)(?<!\bhow)"
    r"\s(?=(?:he|she|they|it)(?:'s|'re)?(?: (?:still|always|never|only|just))? (?:is|was|were|has|had|got|gets|comes"
    r"|came|lives|lived|loves|hates|likes|works|bought|brought|gave|made|took|went|died|\w{3,}ed)\b)",
    re.IGNORECASE,
)
"""Where one part of a sentence ends and the next begins."""
_CLAUSE = re.compile(
    r"[,;:]\s+(?=(?:and |but |so )?(?:i|you|we|he|she|it|they|never|no|not|has|had|is|was|won['’]?t)\b)"
    r"|\s+[–—/|=-]\s+(?![\d\s])",
    re.IGNORECASE,
)
"""Where a short answer goes on with another clause."""
_MORE = re.compile(
    r"(?:[,;:]|\s[–—/|=-])\s+(?![\d\s])"
    r"|\s+and (?=[a-z]+s (?:the|an?|to|my|your|it|him|her|them)\b|(?:is|was|has|can|still|always|never)\b)"
)
"""Where an answer with a number or a day goes on with something else."""
_NAME = re.compile(r"\b(?:called|names?)\b", re.IGNORECASE)
_AND_NUMBER = re.compile(rf"{_CLAUSE.pattern}|\s+and (?=\d|{NUMBER}\b)", re.IGNORECASE)
"""The same where a name was asked for: "Borys and 4 years"."""
_RELATIVE = re.compile(r"\s*(?:who|whom|whose|which|where)\b", re.IGNORECASE)


def may_be_cut(question: str) -> bool:
    """Whether a part may answer a question. A reason stands in the part beside it, two answers may stand in two, and of
    who did what the reader takes the wrong part now and then."""
    if two_in_one(question):
        return False
    kind = asks(tokens(question))
    return bool(WHOSE.match(question)) if kind == "who" else kind not in ("yes", "liking", "why")


def clause(line: str, start: int, end: int) -> str:
    """The part of a sentence that holds its characters from `start` on and before `end`, with "…" for what is left
    out; the sentence itself where it is short."""
    if len(line) <= LONG:
        return line
    cuts = [0, *(found.end() for found in _BOUND.finditer(line)), len(line)]
    first = max(i for i, cut in enumerate(cuts[:-1]) if cut <= start)
    last = next((i for i, cut in enumerate(cuts) if cut >= end), len(cuts) - 1)
    while len(line[cuts[first] : cuts[last]].split()) < FEW and (first or last < len(cuts) - 1):
        first, last = (first - 1, last) if first else (first, last + 1)
    while first and _RELATIVE.match(line, cuts[first]):
        first -= 1  # "where I keep my boat" says nothing without "at Whitby"
    part = line[cuts[first] : cuts[last]].strip().rstrip(",;:")
    if len(part) > len(line) - 15:
        return line
    return f"{'… ' if first else ''}{part}{' …' if last < len(cuts) - 1 else ''}"


def answering_part(question: str, answer: str, recalled: Sequence[Quotable], readings: Readings) -> str:
    """The part of a long answer that holds what a reader surely found, where the answer repeats a told sentence, with
    "you" for "I"; of a short one, what stands before another clause: "25, you took the fund down to 15". Else the
    answer."""
    if not may_be_cut(question):
        return answer
    if len(answer) <= LONG:
        return _up_to_the_answer(question, answer, recalled, readings)
    for one in recalled:
        read, words = readings.get(one.episode.id), one.episode.words
        if read is None or read.margin < CUT:
            continue
        end = 0
        for line in sentences(words):
            begin = words.index(line, end)
            end = begin + len(line)
            if begin <= read.start < end:
                part = to_the_user(clause(line, read.start - begin, read.end - begin).strip("… ")).rstrip(" .!?")
                if part.lower() in answer.lower():
                    return f"{part}."
    return answer


def _up_to_the_answer(question: str, answer: str, recalled: Sequence[Quotable], readings: Readings) -> str:
    bound = _MORE if asks(tokens(question)) in ("number", "when") else _CLAUSE
    bound = _AND_NUMBER if _NAME.search(question) else bound
    for one in recalled:
        read = readings.get(one.episode.id)
        if read is None or read.margin < AGREED:
            continue
        span = to_the_user(one.episode.words[read.start : read.end]).lower()
        at = answer.lower().find(span)
        if at >= 0 and (found := bound.search(answer, at + len(span))):
            return f"{answer[: found.start()]}."
    return answer
