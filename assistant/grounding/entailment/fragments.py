"""Sentences that lost a word of what was told, as small models leave one out: "she bought in Prague", of "she bought it
in Prague"; and what was told as a condition only, "if Ghana wins", and is claimed as if it had happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from assistant.grounding.entailment.premise import Premise
from assistant.grounding.words import lexicon
from assistant.grounding.words.phrases import is_verb
from assistant.grounding.words.tokens import Token

_TAKES_AN_OBJECT = frozenset(
    """bought buys buy gave gives give found finds find carried carries carry wore wears wear brought brings bring lent
    lends lend inherited inherits inherit borrowed borrows borrow owned owns own put puts kept keeps keep took takes
    take stole steals steal threw throws throw chose chooses choose wanted wants want""".split()
)
"""Verbs that say nothing without what they are done to."""
_GIVING = frozenset("gave gives give bought buys buy brought brings bring lent lends lend".split())
"""Of these, the ones that may have before it to whom: "gave you a scarf"."""
_PARTICLES = frozenset("up off out over away back down after in on part care place turns".split())
"""Words behind which a verb may need nothing: "took off", "gave up"."""
_SETTLED = frozenset("in on".split())
"""Of these, the ones that also begin a place or a time: "bought in Prague"."""
_OBJECTS = frozenset("it him her them".split())
_IF = frozenset("if unless whether".split())
_END = Token(".", ".", "stop")


def lost_a_word(words: Sequence[Token], told: Premise) -> bool:
    """Whether a claim lacks the object, the doer or the article that its words have where they were told."""
    return _no_object(words, told) or _no_doer(words) or _no_article(words, told)


def _no_object(words: Sequence[Token], told: Premise) -> bool:
    """Whether a clause with a verb that needs an object has none: "Dad gave you for your birthday". Behind a noun that
    the clause is about, "the vase she bought in Prague", it stands before."""
    for i, deed in enumerate(words):
        low = deed.text.lower()
        begins = i == 1 or (i > 1 and words[i - 2].kind == "stop")
        if low not in _TAKES_AN_OBJECT or not begins or not _does(words[i - 1]):
            continue
        rest = [*words[i + 1 :], _END]
        if low in _GIVING and (rest[0].kind == "me" or rest[0].text.lower() in _OBJECTS - {"it"}):
            rest = rest[1:]
        behind = rest[0]
        lacks = behind.kind == "stop" or (behind.kind == "prep" and _begins_a_place(low, behind))
        if lacks and not _told_so(deed, behind, told):
            return True
    return False


def _does(t: Token) -> bool:
    """Whether a word may be who does something: "she", "Anna", "mum"."""
    return t.text.lower() in lexicon.SUBJECTS or t.kind == "name" or (t.kind == "word" and not is_verb(t))


def _begins_a_place(verb: str, behind: Token) -> bool:
    low = behind.text.lower()
    if low == "to":
        return not verb.startswith("want")
    return low not in _PARTICLES or (low in _SETTLED and verb in _GIVING | {"found", "finds", "find"})


def _told_so(deed: Token, behind: Token, told: Premise) -> bool:
    """Whether a sentence that was told has the verb without an object, too, at the beginning of a clause."""
    for sentence in told.sentences:
        source = [t for t in sentence if t.text.lower() not in lexicon.FREQUENCY]
        ends = [*source, _END]
        for i, (t, after) in enumerate(pairwise(ends)):
            begins = i < 2 or source[i - 2].kind == "stop" or source[i - 2].text.lower() in ("and", "but", "so")
            if t.stem == deed.stem and after.kind == behind.kind and begins:
                return True
    return False


def _no_doer(words: Sequence[Token]) -> bool:
    """Whether something is done by nobody: "Gogo and takes it to bed", where "he calls it" was before."""
    at = next((i for i, t in enumerate(words) if t.text.lower() == "and"), 0)
    if not 0 < at < len(words) - 2 or any(t.kind in ("be", "aux") or _acts(t) for t in words[:at]):
        return False
    deed, behind = words[at + 1], words[at + 2]
    return deed.kind == "word" and _acts(deed) and behind.text.lower() in _OBJECTS | {"me", "you", "us"}


def _acts(t: Token) -> bool:
    return is_verb(t) or (t.kind == "word" and t.text.lower().endswith("s") and not t.possessive)


def _no_article(words: Sequence[Token], told: Premise) -> bool:
    """Whether "this is vase" is said, where a vase never stands alone in what was told."""
    for this, be, thing, after in zip(words, words[1:], words[2:], [*words[3:], _END], strict=False):
        points = this.text.lower() in lexicon.THIS or this.text.lower() in ("it", "he", "she")
        if not points or be.kind != "be" or thing.kind != "word" or not thing.text[0].islower():
            continue
        if after.kind not in ("stop", "prep") or is_verb(thing) or thing.text.lower().endswith(("s", "ing", "ed")):
            continue
        near = [(*pair, b) for s in told.sentences for pair, b in zip(pairwise(s), [*s[2:], _END], strict=False)]
        there = [(before, behind) for before, t, behind in near if t.stem == thing.stem]
        if there and all(_article(before) and behind.kind not in ("word", "name") for before, behind in there):
            return True
    return False


def _article(t: Token) -> bool:
    return (
        t.kind == "mine" or t.possessive or t.text.lower() in ("a", "an", "the", "this", "that", "his", "her", "their")
    )


def only_if(words: Sequence[Token], told: Premise) -> bool:
    """Whether a claim stands only in a condition: "Ghana won", of "if Ghana wins, I dye my beard"."""
    said = {t.stem for t in words if t.content}
    if not said or any(t.text.lower() in _IF for t in words):
        return False
    open_, settled = False, False
    for source in told.sentences:
        if said <= {t.stem for t in source if t.content}:
            rest = {t.stem for t in _without_conditions(source) if t.content}
            settled, open_ = settled or said <= rest, open_ or not said & rest
    return open_ and not settled


def _without_conditions(source: Sequence[Token]) -> list[Token]:
    """A sentence without its clauses that begin with "if"."""
    out: list[Token] = []
    inside = False
    for t in source:
        inside = (inside or t.text.lower() in _IF) and t.kind != "stop"
        if not inside:
            out.append(t)
    return out
