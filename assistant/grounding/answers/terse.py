"""Whether a short answer, without a verb of its own, can answer a question: by its kind, and by where it was told.

All words of "Nathan." were told where Nathan was: that answers no "Which hospital is it?", and "Who scored?" only where
the note says of Nathan that he scored. What is refused here is quoted from the note instead, so a rule may be wrong now
and then about a right answer; each was kept for what it refuses of names and facts that answer nothing (LOG.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from assistant.grounding.answers.amounts import misfit_amount
from assistant.grounding.answers.phrase import (
    EMPTY,
    NAMED,
    PEOPLE,
    WHO,
    Words,
    asked_words,
    beside,
    kind_asked,
    may_be_person,
    short,
    somebody,
    stems,
)
from assistant.grounding.premise import Premise
from assistant.grounding.words import lexicon
from assistant.grounding.words.families import related
from assistant.grounding.words.phrases import is_verb
from assistant.grounding.words.tokens import GENERIC, PERSONS, Token, alike
from memory.naming.word_lists import GIVEN

_COLOUR = stems("colour")
_COLOURS = stems(
    "red blue green yellow orange purple pink brown black white grey gray golden gold silver turquoise violet navy"
    " beige cream lilac maroon crimson scarlet colourless dark light bright pale"
)
_DAYS = stems("day weekday month")
_KNOWN_KINDS = stems(
    "street road lane town city village country place state language year date time hour season side direction"
)
"""Kinds whose instances a note tells without the word: "Bakery Lane", to "Which street is it?"."""
QUOTES = '"“”'
_IN_VIEW = lexicon.THIS | {"he", "she", "it", "they"}


def misfits(words: Words, asked: Words, told: Premise) -> bool:
    """Whether an answer is a phrase that does not answer the question; False for whole sentences and for captions."""
    question, said = asked_words(asked), short(words)
    own = [t for t in said if t.content]
    if len(question) < 2 or not own:
        return False
    return misfit_amount(question, own, said, told) or any(rule(question, own, said, told) for rule in _RULES)


def _deed(question: Words, own: Words, said: Words, told: Premise) -> bool:
    """A deed, to what asks for somebody, for where it was done, or for a thing of a kind: "Tells him."."""
    first = next((t for t in said if t.kind != "light"), said[0])
    low = first.text.lower()
    if first.kind != "word" or not is_verb(first) or low in GIVEN | {"left", "lit", "cut", "set"}:
        return False
    if any(t.kind == "name" and t.stem == first.stem for t in told.tokens):
        return False  # "Fred."
    wh = question[0].text.lower()
    return wh in WHO or (wh in ("where", "when") and question[1].kind == "aux") or bool(kind_asked(question))


def _instance(question: Words, own: Words, said: Words, told: Premise) -> bool:
    """What is no colour, to which colour; and what no word of the kind that is asked for was told near."""
    kind = kind_asked(question)
    if not kind or kind in PEOPLE:
        return False
    if kind in _COLOUR:
        return not any(t.stem in _COLOURS or "-" in t.text or t.text.lower().endswith("ish") for t in own)
    if kind in _DAYS:
        dated = any(t.kind == "day" or t.text.lower() in lexicon.TIMES for t in said)
        return not dated and any(t.kind != "number" for t in own)  # "17/10"
    if kind in _KNOWN_KINDS:
        return False
    homes = [n for n, s in enumerate(told.sentences) if any(t.content and alike(t.stem, own[-1].stem) for t in s)]
    near = {n for home in homes for n in (home - 1, home, home + 1) if 0 <= n < len(told.sentences)}
    return not any(related(kind, t.stem) for n in near for t in told.sentences[n] if t.content)


def _nobody_asked(question: Words, own: Words, said: Words, told: Premise) -> bool:
    """Somebody, to what asks for no person: to where, when, why, how, which ship, and what is it made of."""
    wh = question[0].text.lower()
    if said[0].kind == "prep" or any(t.possessive for t in own) or any(t.stem in NAMED for t in question):
        return False
    if not somebody(own, told, where=wh == "where"):
        return False
    if kind := kind_asked(question):
        return kind not in PEOPLE
    asks_more = bool(_topic(question, told)) or question[-1].kind == "prep"  # "What is he in for?"
    return wh in ("where", "when", "why", "how") or (wh == "what" and asks_more)


def _topic(question: Words, told: Premise) -> list[Token]:
    """The words of a question that say more than that it is about the thing in view; none of "Who is this ...?"."""
    if question[1].kind == "be" and any(t.text.lower() in _IN_VIEW for t in question[2:3]):
        return []
    return [t for t in question[1:] if t.kind == "word" and t.stem not in EMPTY | GENERIC | told.about]


def _did_not(question: Words, own: Words, said: Words, told: Premise) -> bool:
    """Somebody of whom what is asked was not told: "Kirsten.", to "Who scored?"."""
    wh = question[0].text.lower()
    if wh not in WHO or any(t.possessive for t in own) or not _named(own, told):
        return False
    if wh == "whose" and any(t.possessive and t.stem == own[-1].stem for t in told.tokens):
        return False
    topic = _topic(question, told)
    return bool(topic) and not _only_one(question, own, told) and not any(_tells(own, topic, told))


def _named(own: Words, told: Premise) -> bool:
    return all(t.stem in PERSONS or may_be_person(t, told) for t in own)


def _only_one(question: Words, own: Words, told: Premise) -> bool:
    """Whether nobody else was named, so that other words than the note's may well ask for them; not what is in view."""
    itself = own[-1].stem in told.names and any(t.kind == "other" for t in question[2:])
    people = {t.stem for t in told.tokens if t.kind == "name" and may_be_person(t, told)}
    return not itself and people <= {t.stem for t in own}


def _untold(question: Words, own: Words, said: Words, told: Premise) -> bool:
    """Anything, to who or where, if nothing that was told speaks of what is asked: "The dress.", to "Who sewed it?"."""
    wh = question[0].text.lower()
    if not (wh == "who" or (wh == "where" and question[1].kind == "be" and said[0].kind != "prep")):
        return False
    topic = _topic(question, told)
    if not topic or (wh == "who" and _named(own, told) and _only_one(question, own, told)):
        return False
    everything = [t.stem for t in (*told.tokens, *told.place) if t.content]
    return not any(related(one.stem, other) for one in topic for other in everything)


def _by_somebody(question: Words, own: Words, said: Words, told: Premise) -> bool:
    """Anybody, to who did it, where the note says only that somebody did."""
    if question[0].text.lower() != "who" or question[1].kind != "word":
        return False
    doers = [b for s in told.sentences for b, t, _ in beside(s) if alike(t.stem, question[1].stem)]
    return bool(doers) and all(b is not None and b.text.lower() in ("somebody", "someone") for b in doers)


def _tells(own: Words, topic: Words, told: Premise) -> Iterator[bool]:
    """For each sentence with somebody in it, whether it, or the next one if nobody else is in that, is on the topic."""
    names = {t.stem for t in own}
    for s, after in zip(told.sentences, [*told.sentences[1:], ()], strict=True):
        if any(t.content and alike(t.stem, own[-1].stem) for t in s):
            more = () if any(t.kind == "name" and t.stem not in names for t in after) else after
            yield any(related(one.stem, t.stem) for one in topic for t in (*s, *more) if t.content)


def _no_owner(question: Words, own: Words, said: Words, told: Premise) -> bool:
    """What is nobody's, to whose: "The bathroom window."."""
    names = {t.stem for t in told.tokens if t.kind == "name"}
    if question[0].text.lower() != "whose" or not names:
        return False
    return not any(
        t.possessive or t.kind in ("mine", "other") or t.stem in names | PEOPLE or t.text.lower() in GIVEN for t in said
    )


def _other_name(question: Words, own: Words, said: Words, told: Premise) -> bool:
    """No name, or one told beside something else, to what it is called: "Kofi.", to "What is his daughter's name?"."""
    if question[0].text.lower() not in ("what", "how") or question[-1].stem not in NAMED or question[1].kind != "be":
        return False
    if _writes_names(told) and not any(t.stem in _names(told) for t in own):
        return True
    things = [t for t in question[1:] if t.kind in ("word", "name") and t.stem not in NAMED | told.about | GENERIC]
    stems_of = {t.stem for t in things}
    if not any(t.content and alike(t.stem, one) for t in told.tokens for one in stems_of):
        theirs = any(b.kind == "other" or b.possessive for b, t in pairwise(question) if t in things)
        aside = own[-1].stem not in told.names and somebody(own, told)
        return bool(things) and (theirs or aside) and (theirs or not PEOPLE & stems_of)
    homes = [s for s in told.sentences if any(t.content and t.stem == own[-1].stem for t in s)]
    return bool(homes) and not any(alike(one, t.stem) for s in homes for t in s for one in stems_of)


def _names(told: Premise) -> set[str]:
    """Stems of what may be a name: with a capital, or in quotation marks."""
    inside, out = False, set()
    for t in told.tokens:
        inside ^= t.text in QUOTES
        if inside or t.kind == "name" or t.text.isupper():
            out.add(t.stem)
    return out


def _writes_names(told: Premise) -> bool:
    """Whether the user writes names with capitals, as far as one can tell."""
    return any(t.kind == "name" for t in told.tokens) or any(s[0].text[:1].isupper() for s in told.sentences)


def _elsewhere(question: Words, own: Words, said: Words, told: Premise) -> bool:
    """Somebody to whom something is done, to where: "Bethany.", where the bird "chased Bethany up the slide"."""
    if question[0].text.lower() != "where" or len(own) > 1 or said[0].kind == "prep" or not own[0].text[:1].isupper():
        return False
    there = [b for s in told.sentences for b, t, _ in beside(s) if t.stem == own[0].stem and t.kind == "name"]
    return bool(there) and all(b is not None and b.kind in ("word", "aux", "be") for b in there)


def _no_reason(question: Words, own: Words, said: Words, told: Premise) -> bool:
    """Only the thing itself, to why: "For this bear.", to "Why did she knit it?"."""
    known = told.about | {t.stem for t in question}
    return question[0].text.lower() == "why" and all(t.stem in known for t in own)


_RULES: tuple[Callable[[Words, Words, Words, Premise], bool], ...] = (
    _deed,
    _instance,
    _nobody_asked,
    _did_not,
    _untold,
    _by_somebody,
    _no_owner,
    _other_name,
    _elsewhere,
    _no_reason,
)
