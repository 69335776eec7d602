"""Shows a text that a model writes sentence by sentence: each is held until it is complete, judged, then shown or not.

Where nothing is left, or the model abstains although the answer was told, the user's own words are quoted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from assistant.grounding import claims
from assistant.grounding.caption_name import with_name
from assistant.grounding.claim_judge import Evidence, Judge, Verdict
from assistant.grounding.entailed import Verifier, verified
from assistant.grounding.general_question import general
from assistant.grounding.quotes import pick, quotation
from assistant.grounding.quotes.about_question import what_was_told
from assistant.grounding.quotes.clauses import answering_part
from assistant.grounding.quotes.later_words import later_words
from assistant.grounding.quotes.quotation import Quotable, Quote
from assistant.grounding.quotes.reading import Reader, Readings, read_all
from assistant.grounding.quotes.second_opinion import garbles, speaks_against, speaks_for
from assistant.grounding.responsive import declines, only_day, responsive
from assistant.grounding.result import Grounding
from assistant.grounding.words.second_person import as_a_sentence, to_the_user, without_stray_quote
from assistant.grounding.words.tokens import tokens
from memory.naming import name_extraction

MAYBE = "Maybe: "
MOST_OTHERS = 2
"""Further things in a photo that a caption quotes the user's words of, after one that the model told nothing of."""
_ENDED = re.compile(r"[.!?…][\"'”’)]*\s*$")
_AND_WHEN = re.compile(r"(?:\band|,) (?:when|what day|which day|what year)\b", re.IGNORECASE)
"""The second half of a question, which small models forget: "Who is this and when did I last see them?"."""
_HEDGED = re.compile(r"\b(?:maybe|perhaps|may|might|could be|looks like|seems|probably|possibly)\b", re.IGNORECASE)
FREE = re.compile(
    r"^\W*(?:please |can you |could you )*(?:write|compose|draft|translate|rewrite|summari[sz]e|invent|make up|explain"
    r"|tell me a (?:joke|story|poem))\b",
    re.IGNORECASE,
)
"""A request for a text that is no claim about the user's life."""

_IS_IT = re.compile(
    r"\W*(?:and |but |so |hm+,? )?(?:is|are|was|isn['’]?t) (?:this|that|it|he|she|these|they)\b", re.IGNORECASE
)
"""Whether the photo shows somebody: "Is this Biscuit?"."""


class GroundedText:
    """One text, piece by piece: `write` and `finish` return what is to be shown next."""

    def __init__(
        self,
        evidence: Evidence,
        recalled: Sequence[Quotable],
        *,
        answers: bool,
        free: bool = False,
        unseen: bool = False,
        reader: Reader | None = None,
        verifier: Verifier | None = None,
        corrected: Sequence[Quotable] = (),
    ) -> None:
        """`answers`: the text answers `evidence.question`; else it is a caption. `free`: everything is shown.

        `unseen`: there is a photo in view, and what was recalled was found by words alone.
        `reader`: finds the sentence that is quoted. `verifier`: finds what follows from the memories in other words, of
        a model that writes freely. `corrected`: the caption in the user's own words,
        which is quoted before any memory.
        """
        self._evidence, self._recalled, self._answers = evidence, tuple(recalled), answers
        self._judge, self._reader, self._corrected = Judge(evidence), reader, corrected
        self._verifier = verifier
        self._raw = ""
        self._verdicts: list[Verdict] = []
        self._held: list[str] = []
        """Sentences that are shown only if nothing better comes: abstentions and small talk."""
        self._said: list[frozenset[str]] = []
        """The words of the sentences so far."""
        self._quoted: tuple[str, ...] = ()
        self._gap = ""
        """The spaces between the last sentence and the next."""
        self._day = ""
        """A caption's first sentence, if it tells a day only: it is shown after one that tells more."""
        self.shown = ""
        """All that was shown."""
        self._world = answers and general(evidence.question)
        """Whether it is about the world: then a model that can see knows more than was told, and one that cannot is no
        use."""
        free = free or (self._world and evidence.sees)
        self._free = free or (answers and bool(FREE.match(evidence.question)))
        self._not_seen = unseen and answers and bool(_IS_IT.match(evidence.question))
        self._small = answers and bool(claims.SMALL.match(evidence.question))

    def write(self, piece: str) -> str:
        """Take a piece of the model's text; returns what can be shown by now."""
        self._raw += piece
        if self._free:
            return self._show(piece)
        end = claims.ends_sentence(self._raw)
        done, self._raw = self._raw[:end], self._raw[end:]
        return "".join(self._take(piece) for piece in claims.pieces(done))

    def finish(self, *, cancelled: bool = False, cut: bool = False) -> str:
        """The model's text is over; returns the rest to be shown. Of one that was cancelled or, by the limit of its
        length, `cut`, a half sentence is left out."""
        if self._free:
            self._verdicts = [self._judge.judge(s) for s in claims.sentences(self.shown) if not cancelled]
            return ""
        half = cancelled or (cut and not _ENDED.search(self._raw))
        out = "" if half else "".join(self._take(piece) for piece in claims.pieces(self._raw))
        self._raw = ""
        return out if cancelled else out + self._end() + self._later()

    @property
    def whole(self) -> bool:
        """Whether only whole sentences are shown, wherever the model's text ended."""
        return not self._free

    @property
    def grounding(self) -> Grounding:
        """What was found so far."""
        ids = [id for v in self._verdicts if v.kind in ("told", "maybe") for id in v.episodes]
        order = [one.episode.id for one in self._recalled]
        cited = tuple(id for id in order if id in ids)
        if self._free:
            own = [v.sentence for v in self._verdicts if v.kind not in ("told", "maybe")]
            return Grounding(cited, seen=tuple(own) if self._world and self._evidence.sees else ())
        return Grounding(
            cited,
            self._quoted,
            tuple(v.sentence for v in self._verdicts if v.kind == "seen"),
            tuple(v.sentence for v in self._verdicts if v.kind == "unsupported"),
        )

    def _take(self, piece: str) -> str:
        sentence, gap = piece.strip(), self._gap
        self._gap = piece[len(piece.rstrip()) :] or " "
        verdict = self._judge.judge(sentence)
        if verdict.kind == "unsupported" and (memory := self._read_so(sentence)):
            verdict = Verdict(sentence, "told", (memory,))
        by_rules = verdict.kind != "unsupported"
        if not by_rules and self._verifier:
            verdict = verified(sentence, self._evidence.question, self._recalled, self._verifier)
        claims_it = verdict.kind in ("told", "maybe")
        if (
            self._answers
            and claims_it
            and (
                self._small
                or self._not_seen
                or (by_rules and not self._fits(sentence))
                or self._known_surely(verdict)
                or self._read_otherwise(sentence, verdict.episodes)
            )
        ):
            verdict = Verdict(sentence, "unsupported")
        self._verdicts.append(verdict)
        if verdict.kind in ("abstains", "talk"):
            self._held.append(sentence)
            return ""
        if verdict.kind == "unsupported" or self._said_before(sentence):
            return ""
        if verdict.kind in ("told", "maybe"):
            sentence = as_a_sentence(to_the_user(without_stray_quote(sentence, self.shown)), self._evidence.question)
            sentence = self._shortened(sentence, verdict.episodes)
        if not self._answers and not self.shown and only_day(sentence):
            self._day = self._day or sentence
            return ""
        if not self._answers and verdict.kind in ("told", "maybe"):
            sentence = with_name(sentence, self.shown, self._recalled, verdict.episodes)
        if self._day and verdict.kind in ("told", "maybe"):
            sentence, self._day = f"{sentence} {self._day}", ""
        if verdict.kind == "maybe" and not _HEDGED.search(sentence) and MAYBE not in self.shown:
            sentence = MAYBE + sentence
        return self._show(gap + sentence)

    def _shortened(self, sentence: str, episodes: Sequence[str]) -> str:
        """Of a small model's answer that repeats a long sentence from the memories `episodes` the part that answers."""
        if not self._answers or self._evidence.sees or self._readings is None:
            return sentence
        told = [one for one in self._recalled if one.episode.id in episodes]
        part = answering_part(self._evidence.question, sentence, told, self._readings)
        return as_a_sentence(part, self._evidence.question)

    def _said_before(self, sentence: str) -> bool:
        """Whether one sentence before it said all that it says: small models repeat themselves."""
        said = frozenset(t.stem for t in tokens(sentence) if t.content or t.kind in ("number", "day"))
        if said and any(said <= earlier for earlier in self._said):
            return True
        self._said.append(said)
        return False

    def _fits(self, sentence: str) -> bool:
        names = frozenset().union(*(one.names | one.nouns for one in self._evidence.told))
        own = frozenset().union(*(one.names for one in self._evidence.told if one.id and one.sure))
        beside = [name for one in self._recalled for name in name_extraction.names(one.episode.words).mentioned]
        people = frozenset(t.stem for name in beside for t in tokens(name)) - names
        return responsive(self._evidence.question, sentence, names, own, people)

    @cached_property
    def _readings(self) -> Readings | None:
        """What the recalled memories and a corrected caption say to the question; None without a reader that works."""
        return read_all(self._evidence.question, (*self._corrected, *self._recalled), self._reader)

    def _picked(self, recalled: Sequence[Quotable], *, silent: bool = False) -> Quote | None:
        return pick.pick(self._evidence.question, recalled, self._readings, silent=silent)

    def _read_otherwise(self, sentence: str, episodes: Sequence[str]) -> bool:
        """Whether the reader, which reads memories only, speaks against an answer of a small model, from the memories
        `episodes` that it stands in; or their own words answer, and the model garbles them."""
        own = any(not one.id and one.tokens for one in self._evidence.told)
        if self._evidence.sees or own or self._readings is None:
            return False
        told = [one for one in self._recalled if one.episode.id in episodes] or self._recalled
        if garbles(sentence, told) and self._picked(told):
            return True
        return speaks_against(self._evidence.question, sentence, told, self._readings)

    def _read_so(self, sentence: str) -> str | None:
        """The memory in which the reader surely finds what an answer says, and nothing else; None for captions."""
        if not self._answers or self._readings is None:
            return None
        return speaks_for(self._evidence.question, sentence, self._recalled, self._readings)

    def _known_surely(self, verdict: Verdict) -> bool:
        """Whether a sentence stands only in memories that may be of this, and one that is sure answers the question."""
        sure = [one for one in self._recalled if one.certainty == "sure"]
        return verdict.kind == "maybe" and self._picked(sure) is not None

    def _show(self, text: str) -> str:
        text = text if self.shown else text.lstrip()
        self.shown += text
        return text

    def _end(self) -> str:
        kinds = {v.kind for v in self._verdicts}
        held = " ".join(self._held)
        if self._small:
            return self._show(claims.small_reply(self._evidence.question, held))
        if not self._answers:
            return self._end_caption(held)
        if kinds & {"told", "maybe", "seen"} and not self._not_seen:
            when = _AND_WHEN.search(self._evidence.question) and not any(t.kind == "day" for t in tokens(self.shown))
            return self._show(f" {pick.photo_day(self._recalled)}".rstrip()) if when else ""
        silent = "abstains" in kinds
        if of_caption := self._picked(self._corrected):
            return self._show(of_caption.text)
        found = self._picked(self._recalled, silent=silent)
        if found and not (self._world and not pick.covers(self._evidence.question, found.text)):
            self._quoted = (found.episode,)
            return self._show(f"{quotation.NOT_SEEN} {found.text}" if self._not_seen else found.text)
        if self._world:
            return self._show(quotation.GENERAL)
        if told := what_was_told(self._evidence.question, self._recalled):
            self._quoted = (told.episode,)
            return self._show(told.text)
        untold = pick.untold(self._evidence.question, self._recalled)
        fits = silent and untold == quotation.UNTOLD and declines(self._evidence.question, held)
        return self._show(held if fits else untold)

    def _later(self) -> str:
        """What was told later against the answer, quoted behind it."""
        if not self._answers or not self.shown:
            return ""
        text, id = later_words(self._evidence.question, self.shown, self.grounding.cited + self._quoted, self._recalled)
        self._quoted += (id,) if id else ()
        return self._show(f" {text}") if text else ""

    def _end_caption(self, held: str) -> str:
        sure = [one for one in self._recalled if one.certainty == "sure"]
        told = {id for v in self._verdicts if v.kind in ("told", "maybe") for id in v.episodes}
        silent = sure and not told & {one.episode.id for one in sure}
        if (silent or self._day or (self._recalled and not told)) and (found := quotation.introduction(self._recalled)):
            quotes, told = [found], told | {found.episode}
        else:
            quotes = []
        quotes += [found for one in self._untold(told) if (found := quotation.introduction([one]))]
        self._quoted = tuple(one.episode for one in quotes)
        if quotes:
            return self._show(" " + " ".join(one.text for one in quotes))
        return "" if self.shown else self._show(self._day or held or quotation.NOBODY)

    def _untold(self, told: set[str]) -> list[Quotable]:
        """Sure memories of other things in the photo than those that the caption tells of, one of each thing."""
        called = {one.id: one.names | one.nouns for one in self._evidence.told}
        known = frozenset().union(*(called.get(id, frozenset()) for id in told))
        others: list[Quotable] = []
        for one in self._recalled:
            if one.certainty != "sure" or not one.in_view:
                continue
            mine = called.get(one.episode.id, frozenset())
            if one.episode.id not in told and not mine & known and len(others) < MOST_OTHERS:
                others.append(one)
                known |= mine
        return others
