"""An answer as it is shown: of the model's text what answers the question, else the user's own words, else that it was
not told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from assistant.grounding import claims
from assistant.grounding.days_of_telling import of_time_asked
from assistant.grounding.entailment.claim_judge import Verdict
from assistant.grounding.entailment.premise import Evidence
from assistant.grounding.general_question import general
from assistant.grounding.grounded_text import GroundedText
from assistant.grounding.quotes import pick, quotation
from assistant.grounding.quotes.about_question import tells_of, topic, what_was_told
from assistant.grounding.quotes.clauses import answering_part
from assistant.grounding.quotes.later_words import later_words
from assistant.grounding.quotes.question_kind import identity
from assistant.grounding.quotes.quotation import Quotable, Quote
from assistant.grounding.quotes.reading import Readings, read_all
from assistant.grounding.quotes.second_opinion import garbles, speaks_against, speaks_for
from assistant.grounding.responsive import Names, declines, responsive
from assistant.grounding.text_checks import Checks
from assistant.grounding.words.second_person import as_a_sentence
from assistant.grounding.words.telegraphic import first_piece, telegraphic
from assistant.grounding.words.tokens import tokens
from memory.naming.named_things import names_of

_AND_WHEN = re.compile(r"(?:\band|,) (?:when|what day|which day|what year)\b", re.IGNORECASE)
"""The second half of a question, which small models forget: "Who is this and when did I last see them?"."""
_IS_IT = re.compile(
    r"\W*(?:and |but |so |hm+,? )?(?:is|are|was|isn['’]?t) (?:this|that|it|he|she|these|they)\b", re.IGNORECASE
)
"""Whether the photo shows somebody: "Is this Biscuit?"."""


class GroundedAnswer(GroundedText):
    """The answer to the question of `evidence`."""

    def __init__(
        self,
        evidence: Evidence,
        recalled: Sequence[Quotable],
        checks: Checks,
        *,
        corrected: Sequence[Quotable] = (),
        unseen: bool = False,
    ) -> None:
        """`corrected`: the caption in the user's own words, which is quoted before any memory. `unseen`: there is a
        photo in view, and what was recalled was found by words alone.
        """
        super().__init__(evidence, recalled, checks)
        self._question = evidence.question
        self._corrected = tuple(corrected)
        self._is_small_talk = bool(claims.SMALL.match(self._question))
        self._not_seen = unseen and bool(_IS_IT.match(self._question))
        """Whether it is asked if the photo shows somebody whom recall does not see in it."""

    # How a sentence is judged

    def _judged(self, sentence: str) -> Verdict:
        by_rules = self._judge.judge(sentence)
        if by_rules.kind == "unsupported" and (memory := self._read_so(sentence)):
            by_rules = Verdict(sentence, "told", (memory,))
        verdict = self._verified(by_rules)
        refused = verdict.borne_out and (
            self._is_small_talk
            or self._not_seen
            or (by_rules.kind != "unsupported" and not self._fits(sentence))
            or self._known_surely(verdict)
            or self._of_another_time(verdict)
            or self._read_otherwise(verdict)
            or self._of_another_thing(verdict)
            or self._leaves_out_who(verdict)
        )
        return Verdict(sentence, "unsupported") if refused else verdict

    def _read_so(self, sentence: str) -> str | None:
        """Id of the memory in which the reader surely finds what an answer says, and nothing else."""
        if self._readings is None:
            return None
        return speaks_for(self._question, sentence, self._recalled, self._readings)

    def _fits(self, sentence: str) -> bool:
        """Whether a sentence has what the question asks for."""
        return responsive(self._question, sentence, self._names)

    def _known_surely(self, verdict: Verdict) -> bool:
        """Whether a sentence stands only in memories that may be of this, and one that is sure answers the question."""
        sure = [one for one in self._recalled if one.certainty == "sure"]
        return verdict.kind == "maybe" and self._picked(sure) is not None

    def _of_another_time(self, verdict: Verdict) -> bool:
        """Whether the question is for a time, "yesterday", and a sentence stands in memories that tell of others."""
        told = ((one.episode.words, one.episode.told_on) for one in self._told_by(verdict))
        of_it = {of_time_asked(self._question, words, day) for words, day in told}
        return False in of_it and True not in of_it

    def _read_otherwise(self, verdict: Verdict) -> bool:
        """Whether the reader, which reads memories only, speaks against a sentence of a small model, from the memories
        that it stands in; or their own words answer, and the model garbles them."""
        own_words = any(not one.id and one.tokens for one in self._evidence.told)
        if self._evidence.sees or own_words or self._readings is None:
            return False
        told = self._told_by(verdict) or self._recalled
        if garbles(verdict.sentence, told) and self._picked(told):
            return True
        return speaks_against(self._question, verdict.sentence, told, self._readings)

    def _of_another_thing(self, verdict: Verdict) -> bool:
        """Whether a sentence is of a photo of which nothing names what is asked about: "Tom's aunt made it.", of the
        vase in view, to "tell me about the boots"."""
        wanted = topic(self._question)
        named = {one.episode.photo.sha256 for one in self._recalled if wanted and tells_of(one, wanted)}
        told = {one.episode.photo.sha256 for one in self._told_by(verdict)}
        return bool(named and told) and not named & told

    def _leaves_out_who(self, verdict: Verdict) -> bool:
        """Whether a small model says who is in view by another piece of a note than its first: "Vet: Dr. Nolan"."""
        if self._evidence.sees or not identity(tokens(self._question)):
            return False
        notes = [one.episode.words for one in self._told_by(verdict) if telegraphic(one.episode.words)]
        said = {t.stem for t in tokens(verdict.sentence)}
        return bool(notes) and not any(said & {t.stem for t in tokens(first_piece(words))} for words in notes)

    # How it is worded

    def _worded(self, verdict: Verdict) -> str:
        """The sentence; of a small model's that repeats a long one from the memories, the part that answers."""
        sentence = super()._worded(verdict)
        if not verdict.borne_out or self._evidence.sees or self._readings is None:
            return sentence
        part = answering_part(self._question, sentence, self._told_by(verdict), self._readings)
        return as_a_sentence(part, self._question)

    # What stands behind it, or in its place

    def _end(self) -> str:
        words = self._last_words()
        if self.shown and words and not words[0].isspace():
            words = " " + words
        shown = self._show(words)
        return shown + (self._show(self._later()) if self.shown else "")

    def _last_words(self) -> str:
        if self._is_small_talk:
            return claims.small_reply(self._question, " ".join(self._held))
        if any(verdict.borne_out or verdict.kind == "seen" for verdict in self._verdicts) and not self._not_seen:
            return self._forgotten_day()
        return self._instead()

    def _forgotten_day(self) -> str:
        """The day of the photo, where it was asked for, too, and the answer has none."""
        asked = _AND_WHEN.search(self._question) and not any(t.kind == "day" for t in tokens(self.shown))
        return f" {pick.photo_day(self._recalled)}".rstrip() if asked else ""

    def _instead(self) -> str:
        """What is said where nothing of the model's text answers."""
        silent = any(verdict.kind == "abstains" for verdict in self._verdicts)
        if of_caption := self._picked(self._corrected):
            return of_caption.text
        of_the_world = general(self._question, frozenset().union(*(one.stems for one in self._evidence.told)))
        told = what_was_told(self._question, self._recalled)
        found = None if len(told) > 1 else self._picked(self._recalled, silent=silent)
        if found and (not of_the_world or pick.covers(self._question, found.text)):
            self._quoted = (found.episode,)
            return f"{quotation.NOT_SEEN} {found.text}" if self._not_seen else found.text
        if of_the_world:
            return quotation.GENERAL
        if told:
            self._quoted = tuple(one.episode for one in told)
            return " ".join(one.text for one in told)
        untold, held = pick.untold(self._question, self._recalled), " ".join(self._held)
        declined = silent and untold == quotation.UNTOLD and declines(self._question, held)
        return held if declined else untold

    def _later(self) -> str:
        """What was told later against the answer, quoted."""
        basis = (*self._cited, *self._quoted)
        if (later := later_words(self._question, self.shown, basis, self._recalled)) is None:
            return ""
        self._quoted += (later.episode,)
        return f" {later.text}"

    # What it is judged by

    @cached_property
    def _readings(self) -> Readings | None:
        """What the recalled memories and a corrected caption say to the question; None without a reader that works."""
        return read_all(self._question, (*self._corrected, *self._recalled), self._checks.reader)

    @cached_property
    def _names(self) -> Names:
        """The names that were told."""
        things = frozenset().union(*(one.names | one.nouns for one in self._evidence.told))
        in_view = frozenset().union(*(one.names for one in self._evidence.told if one.id and one.sure))
        mentioned = [name for one in self._recalled for name in names_of(one.episode.words).mentioned]
        beside = frozenset(t.stem for name in mentioned for t in tokens(name)) - things
        return Names(things, in_view, beside)

    def _picked(self, recalled: Sequence[Quotable], *, silent: bool = False) -> Quote | None:
        """The sentence of these memories that answers the question, quoted."""
        return pick.pick(self._question, recalled, self._readings, silent=silent)
