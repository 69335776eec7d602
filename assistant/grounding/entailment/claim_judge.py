"""Judges the sentences of a generated text against what was told, what the photo says, and what can be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from assistant.grounding import claims
from assistant.grounding.entailment import support
from assistant.grounding.entailment.bindings import (
    only_lists,
    other_preposition,
    partitive,
    says_twice,
    takes_the_users_place,
    torn_apart,
)
from assistant.grounding.entailment.described import describes
from assistant.grounding.entailment.doers import other_doer, thing_as_person, told_doer
from assistant.grounding.entailment.frames import equates, makes_a_habit, names_it, puts_user, repeats
from assistant.grounding.entailment.premise import Premise, excluded, groups
from assistant.grounding.entailment.pronouns import NEVER
from assistant.grounding.entailment.support import ENOUGH, Ask
from assistant.grounding.moments import asks_for_the_photo, of_another_moment
from assistant.grounding.words import lexicon
from assistant.grounding.words.phrases import is_verb
from assistant.grounding.words.tokens import GENERIC, Token, alike, stem, tokens

Kind = Literal["told", "maybe", "seen", "abstains", "talk", "unsupported"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a sentence is: told by memories (or perhaps), seen only, no claim, or unsupported."""

    sentence: str
    kind: Kind
    episodes: tuple[str, ...] = ()
    """Ids of the episodes that it stands in."""

    @property
    def borne_out(self) -> bool:
        """Whether memories tell it, surely or perhaps."""
        return self.kind in ("told", "maybe")


@dataclass(frozen=True)
class Evidence:
    """All that a text may say."""

    told: tuple[Premise, ...]
    """The recalled episodes, and without an id the photo's own data and what the user wrote."""
    question: str = ""
    sees: bool = False
    """Whether the model's descriptions of what it sees are worth keeping."""
    asked: tuple[Token, ...] = field(init=False)
    yes_no: bool = field(init=False)

    def __post_init__(self) -> None:
        asked = tokens(self.question)
        object.__setattr__(self, "asked", asked)
        object.__setattr__(self, "yes_no", bool(asked) and asked[0].kind in ("be", "aux"))


class Judge:
    """Judges sentence after sentence of one text: what "he" means depends on the sentences before."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self._ask = Ask(evidence.asked, yes_no=evidence.yes_no)
        self._groups = groups(evidence.told)
        self._focus: frozenset[str] | None = self._named_in(evidence.asked)
        self._counts = self.evidence.question.lower().lstrip().startswith("how many")
        self._asks_where = bool(evidence.asked) and evidence.asked[0].text.lower() == "where"

    def judge(self, sentence: str) -> Verdict:
        """What the next sentence of the text is."""
        if claims.abstains(sentence):
            return Verdict(sentence, "abstains")
        if claims.small_talk(sentence):
            return Verdict(sentence, "talk")
        rest, said_yes = sentence, claims.YES_NO.match(sentence) if self.evidence.question else None
        if said_yes:
            rest = sentence[said_yes.end() :]
        found = tokens(claims.without_frame(rest))
        if said_yes and not any(t.content for t in found):
            return self._yes(sentence, said_yes[0])
        if says_twice(found, self.evidence.told):
            return Verdict(sentence, "unsupported")
        if supported := self._supported(found):
            ids = tuple(dict.fromkeys(i for part in supported for i in part))
            self._focus = self._group(ids)
            known = {one.id for one in self.evidence.told if one.sure}
            sure = all(known & set(part) for part in supported)
            return Verdict(sentence, "told" if sure else "maybe", tuple(i for i in ids if i))
        parts = claims.clauses(found)
        if self.evidence.sees and not said_yes and parts and all(self._seen_or_told(c) for c in parts):
            return Verdict(sentence, "seen")
        return Verdict(sentence, "unsupported")

    def _yes(self, sentence: str, word: str) -> Verdict:
        """A bare yes claims what the question asks; a bare no claims the opposite, which is hardly ever told."""
        if not word.strip().lower().startswith("n") and (ids := self._supported(self.evidence.asked, bare=True)):
            return Verdict(sentence, "told", tuple(i for part in ids for i in part if i))
        return Verdict(sentence, "unsupported")

    def _supported(self, found: Sequence[Token], *, bare: bool = False) -> list[tuple[str, ...]]:
        """Ids of the episodes in which the whole sentence stands or, one after the other, its clauses; [] where one
        stands in none. A caption without a deed says who is here, and that is one thing, though two may look like it.
        """
        words = [t for t in found if not (t.kind == "stop" and t.text not in ",;:")]
        if whole := self._repeated(words) or self._where(words, bare=bare):
            return [whole]
        parts = claims.clauses(words)
        if len(parts) < 2 or any(thing_as_person(words, one) for one in self.evidence.told):
            return []
        focus = self._focus
        out: list[tuple[str, ...]] = []
        try:
            for part in parts:
                if not (ids := self._where(part)):
                    return []
                out.append(ids)
                self._focus = self._group(ids)
        finally:
            self._focus = focus
        one_thing = any(all(set(ids) & (group | {""}) for ids in out) for group in self._groups)
        deed = any(is_verb(t) and t.kind == "word" for t in words)
        return out if one_thing or deed or self.evidence.asked else []

    def _repeated(self, words: Sequence[Token]) -> tuple[str, ...]:
        """Ids of the episodes whose words a caption's sentence repeats; an answer has a question to fit, too."""
        if self.evidence.question:
            return ()
        named, focus = self._named_in(words), self._focus
        here = [one for one in self.evidence.told if named or focus is None or one.id in focus]  # whom "he" means
        return tuple(one.id for one in here if repeats(words, one))

    def _where(self, words: Sequence[Token], *, bare: bool = False) -> tuple[str, ...]:
        named = self._named_in(words)
        asked = [t.stem for t in self.evidence.asked if t.kind == "name"]
        out: list[str] = []
        for one in self.evidence.told:
            group = self._group([one.id])
            if self._focus is not None and not named and one.id not in self._focus and one.id:
                continue
            if named is not None and one.id not in named and one.id:
                continue
            if asked and not named and one.id and not all(self._knows(group, name) for name in asked):
                continue
            if self._stands(words, one, bare=bare):
                out.append(one.id)
        return tuple(out)

    def _knows(self, group: frozenset[str], name: str) -> bool:
        return any(name in one.stems | one.about for one in self.evidence.told if one.id in group)

    def _stands(self, words: Sequence[Token], told: Premise, *, bare: bool) -> bool:
        ask = Ask() if bare else self._ask
        words = [replace(t, kind="name") if t.text[:1].isupper() and t.stem in told.names else t for t in words]
        if excluded([t.stem for t in words], told) and _about_thing(words, told):
            return False
        if other_doer(words, self.evidence.asked, told) or (self._counts and partitive(words, told)):
            return False
        if (
            torn_apart(words, told)
            or thing_as_person(words, told)
            or takes_the_users_place(words, told)
            or (not self.evidence.asked and only_lists(words, told))
        ):
            return False
        if (answer := self._answers(words, told)) is not None:
            return answer
        if (identity := names_it(words, told, where=self._asks_where)) is False:
            return False
        if (place := puts_user(words, told)) is not None:
            return place
        if identity is None and equates(words, told) is False:
            return False
        if makes_a_habit(words, told):
            return False
        return support.cost(words, told, ask) <= ENOUGH

    def _answers(self, words: Sequence[Token], told: Premise) -> bool | None:
        """Whether a phrase without a verb of its own answers the question; None: it is no such phrase."""
        asked = self.evidence.asked
        own = [t for t in words if t.kind not in ("stop", "light", "day", "prep", "other", "be")]
        if not asked or any(t.kind in ("me", "aux", "not") or is_verb(t) for t in own):
            return None
        first = next((t for t in words if t.kind not in ("light", "stop", "prep")), None)
        if asked[0].text.lower() == "who" and own and all(t.stem in told.names for t in own):
            whole = [*words, *asked[1:]]  # "Grumpf", for "Grumpf is afraid of it"
            return told_doer(words, asked, told) or support.cost(whole, told, Ask()) <= ENOUGH
        if own and (
            any(t.kind == "be" for t in words) or (first and (first.kind == "other" or first.stem in told.names))
        ):
            return None
        days = [t for t in words if t.kind == "day"]
        if (not days and not own) or other_preposition(words, told):
            return False
        if days and not own:
            in_words = replace(told, day=None, place=())
            if asks_for_the_photo(self.evidence.question):
                here = [s for s in told.sentences if not of_another_moment(s)]
                in_words = replace(in_words, tokens=tuple(t for s in here for t in s), sentences=tuple(here))
            if all(support.cost([d], in_words, Ask()) <= ENOUGH for d in days):
                return True
            by_photo = told.day is not None and all(d.day.within(told.day) for d in days if d.day)
            return by_photo and _about_the_photo(asked)
        wanted = [t.stem for t in asked if t.kind == "word" and t.stem not in _VAGUE and t.stem not in told.about]
        there = [s for s in told.sentences if any(alike(t.stem, w) for t in s for w in wanted)]
        known = there or any(alike(t.stem, w) for t in told.place for w in wanted)
        others = {t.stem for one in self.evidence.told if one.id != told.id for t in one.tokens if t.content}
        if wanted and not known and any(alike(w, s) for w in wanted for s in others):
            return False  # what is asked about was told of another moment
        if wanted and not known and not _about_the_photo(asked):
            return False
        places = [told.place] if told.place else []
        near = [*(there or told.sentences), *places]
        left = [t for t in words if t.kind not in ("stop", "day")]
        days_ok = all(support.cost([d], told, Ask()) <= ENOUGH for d in days)
        parts = support.phrases(left)
        return (
            days_ok
            and sum(min(support.align(p, s, told, self._ask) for s in near) if near else NEVER for p in parts) <= ENOUGH
        )

    def _seen_or_told(self, part: Sequence[Token]) -> bool:
        if self._where(part):
            return True
        scenes = [(one, s) for one in self.evidence.told for s in (one.place, *one.sentences[:1]) if s]
        left = [
            p
            for n, p in enumerate(support.phrases(part))
            if not (
                n and any(any(t.content for t in p) and support.align(p, s, one, Ask()) <= 0.5 for one, s in scenes)
            )
        ]
        return bool(left) and describes([t for p in left for t in p], self.evidence.told, self.evidence.asked)

    def _named_in(self, words: Sequence[Token]) -> frozenset[str] | None:
        """Ids of the things that these words name; None: they name none."""
        stems = {t.stem for t in words if t.content}
        ids = [one.id for one in self.evidence.told if one.id and one.names & stems]
        return self._group(ids) if ids else None

    def _group(self, ids: Sequence[str]) -> frozenset[str]:
        return frozenset().union(*(g for g in self._groups if g & set(ids)), ids)


_VAGUE = frozenset(
    stem(w)
    for w in "get make happen tell say know remember mean go come see take thing photo picture call name old much many "
    "long far look colour kind year time day do have be eat drive where who what when how why place buy".split()
) - {stem("buy"), stem("eat"), stem("drive")}


def _about_the_photo(asked: Sequence[Token]) -> bool:
    """Whether a question asks for the moment of the photo, and not for that of a deed ("When did I buy it?")."""
    deed = [t.stem for t in asked if t.kind == "word" and not t.possessive]
    if any(t.kind == "aux" and t.stem == "do" for t in asked):
        return all(s in support.FRAMES | GENERIC or s in _VAGUE - {stem("get")} for s in deed)
    return True


def _about_thing(words: Sequence[Token], told: Premise) -> bool:
    """Whether a clause says what the thing is: it names it, or points at it."""
    return any(
        t.stem in told.about or t.text.lower() in lexicon.THIS or t.kind == "other" or t.kind == "mine" for t in words
    )
