"""Sentences that lost a word of what was told, or have it in another place, as small models write them: "she bought in
Prague", of "she bought it in Prague"; "he works here since 2019", where "since 2019" was told of something else; and
what was told as a condition only, "if Ghana wins", and is claimed as if it had happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from assistant.grounding.entailment.premise import Premise
from assistant.grounding.words import lexicon
from assistant.grounding.words.phrases import is_verb
from assistant.grounding.words.tokens import Token

_GIVING = frozenset(
    "gave gives give bought buys buy brought brings bring lent lends lend offered offers offer sent sends send".split()
)
"""Verbs that may have before what is given to whom: "gave you a scarf"."""
_TAKES_AN_OBJECT = _GIVING | frozenset(
    """found finds find carried carries carry wore wears wear inherited inherits inherit borrowed borrows borrow owned
    owns own put puts kept keeps keep took takes take stole steals steal threw throws throw chose chooses choose wanted
    wants want""".split()
)
"""Verbs that say nothing without what they are done to."""
_PARTICLES = frozenset("up off out over away back down after in on part care place turns".split())
"""Words behind which a verb may need nothing: "took off", "gave up"."""
_SETTLED = frozenset("in on".split())
"""Of these, the ones that also begin a place or a time: "bought in Prague"."""
_OBJECTS = frozenset("it him her them".split())
_HIS = frozenset(("his", "her"))
_FROM_THEN = frozenset("since until till because".split())
_IF = frozenset("if unless whether".split())
_PERHAPS = frozenset("maybe perhaps probably possibly apparently supposedly allegedly".split())
_I_GUESS = frozenset("reckon guess suppose suspect assume think".split())
"""Words behind "I" that say that what follows is a guess."""
_END = Token(".", ".", "stop")


def lost_a_word(words: Sequence[Token], told: Premise) -> bool:
    """Whether a claim lacks the object, the doer, the thing or the article that its words have where they were told."""
    return _no_object(words, told) or _no_doer(words) or _no_thing(words, told) or _no_article(words, told)


def _no_object(words: Sequence[Token], told: Premise) -> bool:
    """Whether a clause with a verb that needs an object has none: "Dad gave you for your birthday". Behind a noun that
    the clause is about, "the vase she bought in Prague", it stands before."""
    for i, deed in enumerate(words):
        low = deed.text.lower()
        if low not in _TAKES_AN_OBJECT or not _one_doer(words[:i]):
            continue
        rest = [*words[i + 1 :], _END]
        if low in _GIVING and (rest[0].kind == "me" or rest[0].text.lower() in _OBJECTS - {"it"}):
            rest = rest[1:]
        behind = rest[0]
        lacks = behind.kind == "stop" or (behind.kind == "prep" and _begins_a_place(low, behind))
        if lacks and not _told_so(deed, behind, told):
            return True
    return False


def _one_doer(before: Sequence[Token]) -> bool:
    """Whether a clause begins with who does something and nothing else: "she", "Anna has", "your mother-in-law"."""
    at = next((i for i in range(len(before), 0, -1) if before[i - 1].kind == "stop"), 0)
    who = list(before[at:])
    if len(who) > 1 and who[-1].kind == "aux":
        who.pop()
    if [t.text.lower() for t in who[-2:]] == ["in", "law"]:
        del who[-2:]
    if len(who) > 1 and who[0].kind == "mine":
        del who[0]
    return len(who) == 1 and _does(who[0])


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


def _no_thing(words: Sequence[Token], told: Premise) -> bool:
    """Whether "this is Sophie takes to school" is said, of "the backpack Sophie takes to school"."""
    for (this, be), (doer, deed) in zip(pairwise(words), pairwise(words[2:]), strict=False):
        points = this.text.lower() in (*lexicon.THIS, "it") and be.kind == "be"
        if points and doer.kind == "name" and deed.kind == "word" and _acts(deed):
            return not any(a.kind == "be" and b.stem == doer.stem for s in told.sentences for a, b in pairwise(s))
    return False


def asks_back(words: Sequence[Token], asked: Sequence[Token]) -> bool:
    """Whether an answer only says the question again: "Does the clock work no more", to "does the clock work?"."""
    first = [[t.text.lower() for t in text[:2]] for text in (words, asked)]
    return bool(asked) and asked[0].kind in ("aux", "be") and first[0] == first[1]


def lost_its_verb(words: Sequence[Token], told: Sequence[Premise]) -> bool:
    """Whether a sentence has a place behind a colon, and not what was done there: "your bag: in Rome for a week"."""
    until = next((i for i, t in enumerate(words) if t.text.lower() in _FROM_THEN), len(words))
    if any(is_verb(t) for t in words[:until]):
        return False
    own = {behind.stem for one in told for s in one.sentences for stop, behind in pairwise(s) if stop.text == ":"}
    return any(a.text == ":" and b.kind == "prep" and b.stem not in own for a, b in pairwise(words))


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


def misplaced(words: Sequence[Token], told: Premise) -> bool:
    """Whether a claim has a word of what was told where it does not belong."""
    return (
        _of_another_clause(words, told)
        or _other_pronoun(words, told)
        or _two_pronouns(words)
        or _joined_on(words, told)
    )


def _of_another_clause(words: Sequence[Token], told: Premise) -> bool:
    """Whether what somebody did has the time or the reason that was told of something else: "He worked there since
    childhood", of "I have it since childhood. He worked there."."""
    for i, t in enumerate(words):
        if t.text.lower() not in _FROM_THEN:
            continue
        deeds = _deeds(_clause(words, i)[0])
        ends = {w.stem for w in _clause(words, i)[1] if w.content or w.kind in ("number", "day")}
        clauses = [clause for source in told.sentences if (clause := _begun(source, t, ends))]
        if deeds and clauses and not any(deeds & {w.stem for w in clause} for clause in clauses):
            return True
    return False


def _begun(source: Sequence[Token], since: Token, ends: set[str]) -> Sequence[Token]:
    """The clause of `source` that goes on with this "since" and one of `ends`; empty where none does."""
    at = next((n for n, w in enumerate(source) if w.stem == since.stem), 0)
    if not ends & {w.stem for w in source[at:]} or not at:
        return ()
    return _clause(source, at)[0] or source[:at]


def _deeds(clause: Sequence[Token]) -> set[str]:
    """The stems of the verbs that say what was done: "works", "is working", "has been taken"."""
    before = [None, *clause]
    return {
        w.stem
        for w, helper in zip(clause, before, strict=False)
        if w.kind == "word" and (is_verb(w) or (helper is not None and helper.kind in ("aux", "be")))
    }


def _clause(words: Sequence[Token], at: int) -> tuple[Sequence[Token], Sequence[Token]]:
    """What stands before and behind a place in its clause."""
    before = next((i for i in range(at, 0, -1) if words[i - 1].kind == "stop"), 0)
    behind = next((i for i in range(at, len(words)) if words[i].kind == "stop"), len(words))
    return words[before:at], words[at + 1 : behind]


def _other_pronoun(words: Sequence[Token], told: Premise) -> bool:
    """Whether "her name" is claimed, of "his name"; or "his waking up", of "he is waking up"."""
    for his, owned in pairwise(words):
        if his.text.lower() not in _HIS or owned.kind not in ("word", "number"):
            continue
        before = [a.text.lower() for s in told.sentences for a, b in pairwise(s) if b.stem == owned.stem]
        owners = _HIS.intersection(before)
        if owners and his.text.lower() not in owners:
            return True
        if owned.text.endswith("ing") and any(one in ("is", "was", "are", "were") for one in before) and not owners:
            return True
    return False


def _joined_on(words: Sequence[Token], told: Premise) -> bool:
    """Whether an "and" goes on with another sentence: "for church and the zip sticks", of "for church and the doctor.
    The zip sticks."."""
    begin = {next((t.stem for t in s if t.content), "") for s in told.sentences}
    for i in range(1, len(words) - 1):
        behind = next((t.stem for t in words[i + 1 :] if t.content), "")
        if words[i].text.lower() != "and" or behind not in begin:
            continue
        there = [
            next((t.stem for t in s[j + 1 :] if t.content), "")
            for s in told.sentences
            for j in range(1, len(s))
            if s[j].text.lower() == "and" and s[j - 1].stem == words[i - 1].stem
        ]
        if there and behind not in there:
            return True
    return False


def _two_pronouns(words: Sequence[Token]) -> bool:
    """Whether words stand in the order of another language: "he has it you given"."""
    return any(
        it.text.lower() in _OBJECTS and you.kind == "me" and verb.kind == "word" and is_verb(verb)
        and before.kind in ("aux", "be")
        for before, it, you, verb in zip(words, words[1:], words[2:], words[3:], strict=False)
    )  # fmt: skip


def only_if(words: Sequence[Token], told: Premise) -> bool:
    """Whether a claim stands only in a condition, or is only guessed: "Ghana won", of "if Ghana wins, I dye my beard";
    "it was Darren", of "I reckon it was Darren"."""
    said = {t.stem for t in words if t.content}
    if not said or any(_opens(before, t) for before, t in pairwise([_END, *words])):
        return False
    open_, settled = False, False
    for source in told.sentences:
        if said <= {t.stem for t in source if t.content}:
            rest = {t.stem for t in _without_conditions(source) if t.content}
            settled, open_ = settled or said <= rest, open_ or not said & rest
    return open_ and not settled


def _without_conditions(source: Sequence[Token]) -> list[Token]:
    """A sentence without its clauses that begin with "if" or "I guess"."""
    out: list[Token] = []
    inside = False
    for before, t in pairwise([_END, *source]):
        inside = (inside or _opens(before, t)) and t.kind != "stop"
        if not inside:
            out.append(t)
    return out


def _opens(before: Token, t: Token) -> bool:
    """Whether what follows is a condition or a guess."""
    low = t.text.lower()
    return low in _IF or low in _PERHAPS or (low in _I_GUESS and before.kind == "me")
