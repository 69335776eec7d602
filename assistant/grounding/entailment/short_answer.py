"""Whether a phrase without a verb of its own answers a question from one episode: "In Rome.", "Anna."."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.grounding.entailment import support
from assistant.grounding.entailment.bindings import other_preposition
from assistant.grounding.entailment.doers import told_doer
from assistant.grounding.entailment.premise import Evidence, Premise
from assistant.grounding.entailment.support import ENOUGH, Ask
from assistant.grounding.moments import asks_for_the_photo, of_another_moment
from assistant.grounding.words.phrases import is_verb
from assistant.grounding.words.tokens import GENERIC, Token, alike, stem

_VAGUE = frozenset(
    stem(w)
    for w in "get make happen tell say know remember mean go come see take thing photo picture call name old much many "
    "long far look colour kind year time day do have be where who what when how why place".split()
)
"""Words of a question that do not say what it is about."""


def answers(words: Sequence[Token], told: Premise, evidence: Evidence, ask: Ask) -> bool | None:
    """Whether a phrase answers the question of `evidence` from the episode `told`; None: it is no such phrase."""
    asked = evidence.asked
    own = [t for t in words if t.kind not in ("stop", "light", "day", "prep", "other", "be")]
    if not asked or any(t.kind in ("me", "aux", "not") or is_verb(t) for t in own):
        return None
    if asked[0].text.lower() == "who" and own and all(t.stem in told.names for t in own):
        whole = [*words, *asked[1:]]  # "Grumpf", for "Grumpf is afraid of it"
        return told_doer(words, asked, told) or support.cost(whole, told, Ask()) <= ENOUGH
    if own and _is_a_sentence(words, told):
        return None
    days = [t for t in words if t.kind == "day"]
    if (not days and not own) or other_preposition(words, told):
        return False
    if not own:
        return _days_answer(days, told, evidence)
    near = _where_it_may_stand(told, evidence)
    if not near or any(support.cost([day], told, Ask()) > ENOUGH for day in days):
        return False
    parts = support.phrases([t for t in words if t.kind not in ("stop", "day")])
    return sum(min(support.align(part, source, told, ask) for source in near) for part in parts) <= ENOUGH


def _is_a_sentence(words: Sequence[Token], told: Premise) -> bool:
    """Whether words have a verb, or begin with the thing in the photo: "It was Anna", "Grumpf, a troll"."""
    first = next((t for t in words if t.kind not in ("light", "stop", "prep")), None)
    begins = first is not None and (first.kind == "other" or first.stem in told.names)
    return begins or any(t.kind == "be" for t in words)


def _days_answer(days: Sequence[Token], told: Premise, evidence: Evidence) -> bool:
    """Whether days are told in the words or, of the photo's moment, by its date."""
    in_words = replace(told, day=None, place=())
    if asks_for_the_photo(evidence.question):
        here = tuple(s for s in told.sentences if not of_another_moment(s))
        in_words = replace(in_words, tokens=tuple(t for s in here for t in s), sentences=here)
    if all(support.cost([day], in_words, Ask()) <= ENOUGH for day in days):
        return True
    by_photo = told.day is not None and all(t.day.within(told.day) for t in days if t.day)
    return by_photo and _about_the_photo(evidence.asked)


def _where_it_may_stand(told: Premise, evidence: Evidence) -> list[tuple[Token, ...]]:
    """The sentences that speak of what is asked about or, where none does and the photo is asked about, all of them;
    and the place. None where what is asked about was told of another moment, or not at all."""
    asked = evidence.asked
    wanted = [t.stem for t in asked if t.kind == "word" and t.stem not in _VAGUE and t.stem not in told.about]
    there = [s for s in told.sentences if _speaks_of(wanted, s)]
    if wanted and not there and not _speaks_of(wanted, told.place):
        elsewhere = [t for one in evidence.told if one.id != told.id for t in one.tokens if t.content]
        if _speaks_of(wanted, elsewhere) or not _about_the_photo(asked):
            return []
    return [*(there or told.sentences), *([told.place] if told.place else [])]


def _speaks_of(stems: Sequence[str], words: Sequence[Token]) -> bool:
    return any(alike(t.stem, one) for t in words for one in stems)


def _about_the_photo(asked: Sequence[Token]) -> bool:
    """Whether a question asks for the moment of the photo, and not for that of a deed ("When did I buy it?")."""
    if not any(t.kind == "aux" and t.stem == "do" for t in asked):
        return True
    deed = [t.stem for t in asked if t.kind == "word" and not t.possessive]
    return all(s in support.FRAMES | GENERIC or (s in _VAGUE and s != stem("get")) for s in deed)
