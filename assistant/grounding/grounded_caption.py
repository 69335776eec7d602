"""A caption as it is shown: it names what is in view, and the user's own words stand where the model told nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from assistant.grounding.caption_name import only_name, with_name
from assistant.grounding.claims import sentences
from assistant.grounding.entailment.claim_judge import Verdict
from assistant.grounding.entailment.premise import Evidence
from assistant.grounding.grounded_text import GroundedText
from assistant.grounding.quotes import quotation
from assistant.grounding.quotes.quotation import Quotable, Quote
from assistant.grounding.responsive import only_day
from assistant.grounding.text_checks import Checks
from assistant.grounding.words.phrases import is_verb
from assistant.grounding.words.telegraphic import telegraphic
from assistant.grounding.words.tokens import tokens
from memory.instructions import only_instructs
from memory.naming.word_lists import KIN

_OF_KIN = re.compile(rf"^The (?P<whose>(?:{'|'.join(sorted(KIN | {'gran', 'nan'}))})['’]s)\b", re.IGNORECASE)
""" "The mum's boots", of "Mum's boots"."""
_IT_WAS = re.compile(
    r"\W*(?:(?:it|that) was|(?:they|he|she)(?:['’](?:re|s)| are| were| is| was)) (?P<rest>.+)",
    re.IGNORECASE | re.DOTALL,
)
MOST_OTHERS = 2
"""Further things in a photo that a caption quotes the user's words of, after one that the model told nothing of."""


class GroundedCaption(GroundedText):
    """The caption of the photo in view."""

    def __init__(self, evidence: Evidence, recalled: Sequence[Quotable], checks: Checks) -> None:
        super().__init__(evidence, recalled, checks)
        self._day = ""
        """The first sentence, if it tells a day only: it is shown after one that tells more."""

    def _judged(self, sentence: str) -> Verdict:
        verdict = self._verified(self._judge.judge(sentence))
        small = verdict.borne_out and not self._evidence.sees
        odd = self._of_pieces(verdict) or self._without_its_it(verdict)
        if small and (odd or (not self.shown and self._begins_with_a_deed(verdict))):
            return Verdict(sentence, "unsupported")
        return verdict

    def _begins_with_a_deed(self, verdict: Verdict) -> bool:
        """Whether a sentence says what was done and not of what, as the words did not begin: "Cost you $180"."""
        begin = tokens(verdict.sentence)[:1]
        told = {t.stem for one in self._told_by(verdict) for t in tokens(one.episode.words)[:1]}
        return any(t.kind == "word" and is_verb(t) and t.stem not in told for t in begin)

    def _without_its_it(self, verdict: Verdict) -> bool:
        """Whether a sentence is what stood behind an "it was" or "they are": "Darren after all", "On 420 now"."""
        said = [t.stem for t in tokens(verdict.sentence) if t.kind != "stop"]
        told = (sentence for one in self._told_by(verdict) for sentence in sentences(one.episode.words))
        return any(
            [t.stem for t in tokens(behind["rest"]) if t.kind != "stop"] == said
            for behind in map(_IT_WAS.match, told)
            if behind
        )

    def _of_pieces(self, verdict: Verdict) -> bool:
        """Whether a sentence of a small model stands in notes in pieces only, which are quoted instead."""
        told = [one.episode.words for one in self._told_by(verdict)]
        return bool(told) and all(telegraphic(words) for words in told)

    def _worded(self, verdict: Verdict) -> str:
        """The sentence with the name of what is in view, and with the day that was told before it."""
        sentence = _OF_KIN.sub(lambda kin: kin["whose"].capitalize(), super()._worded(verdict))
        if not self.shown and only_day(sentence):
            self._day = self._day or sentence
            return ""
        if not verdict.borne_out:
            return sentence
        if named := self._only_named(verdict.episodes):
            return "" if named in self.shown else named
        sentence = with_name(sentence, self.shown, self._recalled, verdict.episodes)
        if self._day:
            sentence, self._day = f"{sentence} {self._day}", ""
        return sentence

    def _end(self) -> str:
        quotes = self._quotes()
        self._quoted = tuple(one.episode for one in quotes)
        if quotes:
            return self._show(" " + " ".join(one.text for one in quotes))
        return "" if self.shown else self._show(self._day or " ".join(self._held) or quotation.NOBODY)

    def _only_named(self, episodes: Collection[str]) -> str:
        """What a caption says of memories (ids) that recall is sure of, where their words are a name and no more."""
        surely = [one for one in self._recalled if one.in_view and one.certainty == "sure"]
        told = {only_name(one.episode.words) for one in surely if one.episode.id in episodes}
        return told.pop() if len(told) == 1 else ""

    def _quotes(self) -> list[Quote]:
        """The user's words about what the caption tells nothing of: what is in view, then other things in the photo."""
        told = self._told
        sure = {one.episode.id for one in self._recalled if one.certainty == "sure"}
        silent = not told & sure if sure else not told
        first = quotation.introduction(self._recalled) if silent or self._day else None
        if first:
            told.add(first.episode)
            if named := self._only_named([first.episode]):
                first = Quote(named, first.episode)
        others = [quotation.introduction([one]) for one in self._untold(told)]
        return [one for one in (first, *others) if one]

    def _untold(self, told: set[str]) -> list[Quotable]:
        """Sure memories of other things in the photo than those of the memories `told` (ids), one of each thing."""
        called = {one.id: one.names | one.nouns for one in self._evidence.told}
        known = frozenset().union(*(called.get(id, frozenset()) for id in told))
        others: list[Quotable] = []
        for one in self._recalled:
            if one.certainty != "sure" or not one.in_view or only_instructs(one.episode.words):
                continue  # what is to be done is shown as a reminder
            mine = called.get(one.episode.id, frozenset())
            if one.episode.id not in told and not mine & known and len(others) < MOST_OTHERS:
                others.append(one)
                known |= mine
        return others
