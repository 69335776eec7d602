"""Judges the sentences of a generated text against what was told, what the photo says, and what can be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from assistant.grounding import claims
from assistant.grounding.entailment import support
from assistant.grounding.entailment.bindings import (
    only_lists,
    partitive,
    says_twice,
    takes_the_users_place,
    torn_apart,
)
from assistant.grounding.entailment.described import describes
from assistant.grounding.entailment.doers import other_doer, thing_as_person
from assistant.grounding.entailment.fragments import asks_back, lost_a_word, lost_its_verb, misplaced, only_if
from assistant.grounding.entailment.frames import equates, makes_a_habit, names_it, puts_user, repeats
from assistant.grounding.entailment.premise import Evidence, Premise, excluded, groups
from assistant.grounding.entailment.short_answer import answers
from assistant.grounding.entailment.support import ENOUGH, Ask
from assistant.grounding.words import lexicon
from assistant.grounding.words.phrases import is_verb
from assistant.grounding.words.tokens import Token, tokens

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
        if (
            asks_back(found, self.evidence.asked)
            or says_twice(found, self.evidence.told)
            or lost_its_verb(found, self.evidence.told)
        ):
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
        """Ids of the episodes in which these words stand, of those that they can be about. `bare`: they repeat the
        question."""
        named = self._named_in(words)
        about = named if named is not None else self._focus
        asked = [t.stem for t in self.evidence.asked if t.kind == "name"] if named is None else []
        return tuple(
            one.id
            for one in self.evidence.told
            if (not one.id or ((about is None or one.id in about) and all(self._knows(one, name) for name in asked)))
            and self._stands(words, one, bare=bare)
        )

    def _knows(self, told: Premise, name: str) -> bool:
        """Whether an episode, or another of the same thing, has a name."""
        group = self._group([told.id])
        return any(name in one.stems | one.about for one in self.evidence.told if one.id in group)

    def _stands(self, words: Sequence[Token], told: Premise, *, bare: bool) -> bool:
        """Whether one episode tells these words: rules that refuse, then those for kinds of sentences, then support."""
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
            or lost_a_word(words, told)
            or misplaced(words, told)
            or only_if(words, told)
            or (not self.evidence.asked and only_lists(words, told))
        ):
            return False
        if (answer := answers(words, told, self.evidence, self._ask)) is not None:
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

    def _seen_or_told(self, clause: Sequence[Token]) -> bool:
        """Whether a clause is told, or only describes what is seen, but for phrases that are told: "at the lake"."""
        if self._where(clause):
            return True
        first, *others = support.phrases(clause) or [()]
        left = [t for part in (first, *(one for one in others if not self._sets_the_scene(one))) for t in part]
        return bool(left) and describes(left, self.evidence.told, self.evidence.asked)

    def _sets_the_scene(self, part: tuple[Token, ...]) -> bool:
        """Whether a phrase stands in the place or the first sentence of an episode."""
        scenes = [(one, source) for one in self.evidence.told for source in (one.place, *one.sentences[:1]) if source]
        return any(t.content for t in part) and any(support.align(part, s, one, Ask()) <= 0.5 for one, s in scenes)

    def _named_in(self, words: Sequence[Token]) -> frozenset[str] | None:
        """Ids of the things that these words name; None: they name none."""
        stems = {t.stem for t in words if t.content}
        ids = [one.id for one in self.evidence.told if one.id and one.names & stems]
        return self._group(ids) if ids else None

    def _group(self, ids: Sequence[str]) -> frozenset[str]:
        return frozenset().union(*(g for g in self._groups if g & set(ids)), ids)


def _about_thing(words: Sequence[Token], told: Premise) -> bool:
    """Whether a clause says what the thing is: it names it, or points at it."""
    return any(
        t.stem in told.about or t.text.lower() in lexicon.THIS or t.kind == "other" or t.kind == "mine" for t in words
    )
