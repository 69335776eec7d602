"""How well a sentence of a memory fits a question, by rules: its words, and whether it has what is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import pairwise

from assistant.grounding.quotes.question_kind import LIKING, WHERE, WHOSE, Question, identity, names_a_matter
from assistant.grounding.quotes.quotation import LONGEST
from assistant.grounding.words import lexicon
from assistant.grounding.words.families import asks_whose, related, same_sense
from assistant.grounding.words.phrases import named
from assistant.grounding.words.tokens import PERSONS, Token, alike, stem, tokens

_BECAUSE = re.compile(
    r"\b(?:because|for|since|so|that's why|thats why|to|when|as|instead|won|gave|from)\b", re.IGNORECASE
)
_CALLED = re.compile(
    r"^\W*(?:this|that|it|here|these|those)(?:['’]s| is| are| was| were) (?:called )?(\w+)", re.IGNORECASE
)
_PLACING = frozenset("in at on near from to into by behind inside under".split())
_KNOWING = frozenset(map(stem, "know have remember think say mind".split()))
_RELATED = 0.75
"""What speaks of the matter counts after what says it."""


def fit(question: Question, line: str, stems: Iterable[str], n: int) -> float:
    """How well the sentence at `n` of a memory fits a question: 0 where it does not, 2 for each word that both have,
    some more where it has what the kind of question asks for. `stems`: those of all the memory's words."""
    one = _Fit(question, line, stems, n)
    match question.kind:
        case "who":
            return one.of_person()
        case "where" | "when" | "number":
            return one.of_fact() if one.has_it else 0.0
        case "why":
            return one.score + 1.5 if one.has_it and (one.speaks or not question.wanted) else 0.0
        case "liking":
            return one.score + 2 if one.has_it else 0.0
        case "yes" if _of_somebody_only(question):
            return 0.0
        case "yes":
            return one.score if one.overlap >= max(1, (len(question.wanted) + 1) // 2) - 0.25 else 0.0
        case _ if not question.wanted:
            return 1.0 + one.score + (0.5 if n == 0 else 0)
        case _:
            return one.score if one.overlap else 0.0


def _of_somebody_only(question: Question) -> bool:
    """Whether "does Ellie know?" names somebody, and a verb by which no sentence can be known as an answer."""
    names = question.wanted and all(t.kind == "name" for t in question.wanted)
    return bool(names) and any(t.stem in _KNOWING for t in question.tokens[1:])


class _Fit:
    """A sentence of a memory beside a question."""

    def __init__(self, question: Question, line: str, stems: Iterable[str], n: int) -> None:
        self.question, self.line, self.n = question, line, n
        self.found = named(tokens(line))
        owner = any(t.possessive or t.kind == "mine" for t in self.found)
        self.tells_whose = question.kind == "who" and asks_whose(t.stem for t in question.tokens) and owner
        here = {t.stem for t in self.found if t.content or t.stem in WHERE}
        self.overlap: float = sum(any(alike(w.stem, s) for s in here) for w in question.wanted)
        """How many of the words wanted the sentence has."""
        self.elsewhere = sum(any(alike(w.stem, s) for s in stems) for w in question.wanted) - self.overlap
        """How many only the rest of the memory has."""
        if not self.overlap and (self.tells_whose or self._speaks_of_the_matter(here)):
            self.overlap = _RELATED
        self.score = 2.0 * self.overlap + 0.5 * self.elsewhere
        self.has_it = self.tells_whose or has_what_is_asked(question.kind, self.found, line)

    @property
    def speaks(self) -> bool:
        """Whether the memory has any word that is wanted."""
        return bool(self.overlap or self.elsewhere)

    @cached_property
    def same_sense(self) -> bool:
        """Whether a verb of the sentence tells what one of the question asks for."""
        return same_sense(self.question.kind, self.question.text, self.found)

    def of_person(self) -> float:
        """The fit to a question for somebody."""
        wanted, asked = self.question.wanted, self.question.tokens
        if not self.has_it:
            return self.score if self._tells_a_pronouns_deed() else 0.0
        whose = WHOSE.match(self.question.text)
        if whose and len([t for t in self.found if t.kind != "stop"]) < 2:
            return 0.0  # "Biscuit!", to "whose dog is this?"
        if wanted and all(t.kind == "name" for t in wanted):
            return self.score + (1 if self.n == 0 else 0)
        says = self.speaks or self.tells_whose or self.same_sense or whose
        if not says and names_a_matter(asked):
            return 0.0  # "Who made it?", of "the boots from Lena's wedding"
        does = any(t.kind == "word" and not t.possessive for t in wanted)
        if does and not (self.tells_whose or self._names_somebody_else()):
            return 0.0
        return self.of_fact()

    def of_fact(self) -> float:
        """The fit of a sentence that has the person, place, time or number asked for: does it tell it of the matter?"""
        kind = self.question.kind
        verbs = [t for t in self.question.wanted if t.kind == "word"]
        said_beside = self.elsewhere and len(verbs) == 1 and kind in ("where", "when")
        if verbs and not self.overlap and not said_beside:
            return 1.2 + self.score if self.same_sense else 0.0
        day = kind == "when" and any(t.kind == "day" for t in self.found)  # "17 May", rather than "for forty years"
        return self.score + 1.5 + 0.5 * day + self.same_sense

    def _speaks_of_the_matter(self, here: Iterable[str]) -> bool:
        """Whether one of the stems `here` speaks of what the question asks: of the words wanted or, where none is, of
        its verbs ("Who owns it?")."""
        matter = [t for t in self.question.wanted if t.kind == "word"]
        matter = matter or [t for t in self.question.tokens if t.kind == "word"]
        return any(related(t.stem, s) for t in matter for s in here)

    def _tells_a_pronouns_deed(self) -> bool:
        """Whether a sentence that names nobody tells all that is asked, behind one that may: "he bit the postman", to
        "who bit the postman?"."""
        if not self.n or self.overlap != len(self.question.wanted) or identity(self.question.tokens):
            return False
        return self.found[0].kind != "me" and any(t.kind == "other" for t in self.found)

    def _names_somebody_else(self) -> bool:
        """Whether the sentence names somebody whom the question does not name, and is not the thing in the photo."""
        called = stem(match[1].lower()) if (match := _CALLED.match(self.line)) else ""
        known = {t.stem for t in self.question.tokens} | {called}
        return any((t.kind == "name" or t.stem in PERSONS or t.possessive) and t.stem not in known for t in self.found)


def has_what_is_asked(kind: str, found: Sequence[Token], line: str) -> bool:
    """Whether a sentence, `found` its tokens, has what a kind of question asks for: somebody, a place, a time ..."""
    match kind:
        case "who":
            return _has_somebody(found)
        case "where":
            return _has_place(found) or "everywhere" in line.lower() or "home" in line.lower()
        case "when":
            return any(
                t.kind == "day" or t.text.lower() in lexicon.TIMES or (t.stem == "when" and n)
                for n, t in enumerate(found)
            )
        case "number":
            return any(t.kind == "number" or t.text.lower() in ("every", "twice", "until") for t in found)
        case "why":
            return bool(_BECAUSE.search(line))
        case "liking":
            return any(t.stem in LIKING or t.text.lower() in ("always", "whenever", "steals", "best") for t in found)
        case _:
            return True


def _has_somebody(found: Sequence[Token]) -> bool:
    """Whether a sentence has a name that is no place's ("in Antwerp"), a noun for a person, or an owner."""
    places = {t.at for prep, t in pairwise(found) if prep.text.lower() in lexicon.PLACING}
    return any((t.kind == "name" and t.at not in places) or t.stem in PERSONS or t.possessive for t in found)


def _has_place(found: Sequence[Token]) -> bool:
    """Whether a sentence has a phrase of place: "in the cellar", not "on Sunday" or "from my aunt"."""
    for i, prep in enumerate(found[:-1]):
        if prep.kind != "prep" or prep.stem not in _PLACING:
            continue
        behind = [t for t in found[i + 1 : i + 4] if t.kind not in ("light", "mine", "other")][:1]
        if any(
            t.kind in ("name", "word") and t.text.lower() not in lexicon.TIMES and t.stem not in PERSONS for t in behind
        ):
            return True
    return False


def led(lines: Sequence[str], n: int) -> str:
    """The sentence with those before it that name its "he": "Biscuit! He lives next door. He bit the postman."."""
    if not n or has_what_is_asked("who", named(tokens(lines[n])), lines[n]):
        return lines[n]
    return max((text for first in range(n + 1) if len(text := " ".join(lines[first : n + 1])) <= LONGEST), key=len)
