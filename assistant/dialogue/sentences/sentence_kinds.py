"""What one sentence is for, by rules in their order: it tells, asks, only talks, or cannot be known."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Literal

from assistant.dialogue.sentences import act_lexicon as lex
from assistant.dialogue.sentences import left_out, remarks
from assistant.dialogue.sentences.about_app import ABOUT_APP, FEELS, HOW_TO, PARDON, SOON
from assistant.dialogue.sentences.app_questions import topic_of
from assistant.dialogue.sentences.plain_text import plain
from memory.naming.courtesy import plainly

Kind = Literal["tell", "question", "talk", "unclear"]


def kind_of(sentence: str, asked: bool) -> Kind:
    """What a sentence is for. `asked`: the app has just asked who or what is in the photo."""
    low = plain(plainly(sentence)).strip()
    marked, low = low.endswith("?"), remarks.OPENING.sub("", remarks.TAIL.sub("", low.rstrip(" .!?…)")), count=1)
    if HOW_TO.fullmatch(low) or topic_of(low) or (marked and PARDON.match(low)):
        return "talk"
    if marked and low:
        return "unclear" if lex.GUESSES.match(low) else "question"  # "I think he's called Gustl??"
    found: _Outcome = next((outcome for holds, outcome in _RULES if holds(low)), "statement")
    match found:
        case "what is thought":
            return kind_of(lex.THINKS.sub("", low, count=1), asked)
        case "tell if asked":
            return "tell" if asked else "unclear"
        case "statement":
            return _statement(low, asked)
        case _:
            return found


_Outcome = Kind | Literal["what is thought", "tell if asked", "statement"]
_RULES: tuple[tuple[Callable[[str], object], _Outcome], ...] = (
    (lambda low: not low, "talk"),
    (lambda low: tagged(low), "question"),
    (lambda low: talks(low) or _any((*ABOUT_APP, remarks.OF_APP, remarks.PLEASANT), low), "talk"),
    (remarks.ASKS_YOU.match, "question"),
    (lambda low: (unknown := remarks.NOT_KNOWN.match(low)) and not unknown["asks"], "talk"),
    (remarks.NOT_KNOWN.match, "question"),
    (lambda low: lex.THINKS.match(low) and lex.DOUBT.match(low), "unclear"),
    (lex.THINKS.match, "what is thought"),
    (lex.CERTAIN_AFTER.match, "tell"),
    (lex.DOUBT.match, "unclear"),
    (remarks.MOMENT.match, "unclear"),
    (FEELS.match, "unclear"),  # "I'm sad today, Biscuit died last week": maybe nothing that this photo shows
    (SOON.match, "unclear"),
    (lex.ASKED_AFTER.search, "question"),
    (left_out.ASKS_AT_END.match, "question"),
    (lambda low: _any(lex.TELLS, low), "tell"),
    (lambda low: not lex.ASKS_LATER.search(low) and _tells_when(low), "tell"),
    (lambda low: not lex.ASKS_LATER.search(low) and lex.WHEN_SHE_WAS.match(low), "tell if asked"),
    (lex.MONTH_OR_NAME.match, "statement"),
    (lambda low: _any((left_out.LEFT_OUT_IT, left_out.LEFT_OUT), low), "tell"),
    (lambda low: _any((lex.OF_OURS, left_out.LEFT_OUT_DOER, left_out.NO_REQUEST), low), "tell if asked"),
    (lambda low: _any(lex.ASKS, lex.POLITE.sub("", low, count=1)), "question"),
)
"""The first rule that holds for a sentence, in its plain form without what ends it, says what it is for; where none
does, it is a statement without a clear beginning."""


def talks(low: str) -> bool:
    """Whether a sentence in plain form says nothing of the photo."""
    return bool(lex.TALKS.fullmatch(low)) or _any(lex.TALKS_ABOUT, low)


def tagged(low: str) -> bool:
    """Whether a sentence in plain form ends like "..., right" or "..., isn't he"."""
    sides = re.search(r"\bleft\b.*\bright$", low)  # "Ada left, Bea right"
    return bool(lex.TAG.search(low)) and len(low.split()) > 2 and not sides and not lex.FAMILY.match(low)


def question_after(sentence: str) -> int:
    """Where, after a comma, a question begins in a sentence that tells; 0 when there is none."""
    low = plain(sentence)
    found = None if tagged(low.rstrip(" .!?")) or not _any(lex.TELLS, low) else lex.ASKED_AFTER.search(low)
    return len(sentence) - (len(low) - found.start()) if found else 0


def doubted(sentence: str) -> bool:
    """Whether a sentence ends in "?" and tells nevertheless: "my cousin, her name was Maria?"."""
    low = plain(sentence).rstrip(" .!?")
    if tagged(low) or talks(low) or re.match(r"(?:this|that|these|those|you|and|or|so|but)\b", low):
        return False
    return not _any(lex.ASKS, low) and (_any(lex.TELLS, low) or _statement(low, False) == "tell")


def _any(patterns: Iterable[re.Pattern[str]], low: str) -> bool:
    return any(pattern.match(low) for pattern in patterns)


def _tells_when(low: str) -> bool:
    """Whether a sentence tells after a "when" or an "if", and does not ask."""
    then = lex.IF_THEN.match(low)
    return bool(lex.WHEN_SHE_WAS_SHE.match(low) or (then and not _any(lex.ASKS, then["then"])))


def _statement(low: str, asked: bool) -> Kind:
    """What a sentence is for that has no clear beginning."""
    words = re.findall(r"[\w'-]+", low)
    if not words:  # no letters
        return "talk"
    if words[0] == "you":
        return "unclear"
    if re.match(rf"{lex.PRONOUN}(?:'\w+)?$", words[0]) and len(words) > 2:
        return "tell"
    verbs = [w for w in words[1:] if w in lex.VERBS or (w.endswith("ed") and len(w) > 4)]
    if lex.POSSESSIVE.match(low) or lex.FAMILY.match(low) or lex.CLAUSE_AFTER.search(low) or (verbs and len(words) > 2):
        return "tell"
    detailed = len(words) > 4 or (len(words) > 2 and bool(re.search(r"\b(?:19|20)\d\d\b", low)))
    if asked or (detailed and words[0] not in ("the", "all")):
        return "tell"
    return "unclear"
