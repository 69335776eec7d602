"""Whether a clause only describes what is seen: nothing of the user's life, no name, no day, no habit, no past."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.grounding.entailment.premise import Premise, excluded
from assistant.grounding.words.phrases import is_verb
from assistant.grounding.words.tokens import GENERIC, Token, alike, stem

_LIFE = frozenset(
    stem(w)
    for w in "love like hate eat sleep steal belong want need know remember live work train cost mean believe enjoy "
    "name call birthday wedding anniversary favourite friend partner brother sister mum mother dad father uncle aunt "
    "son daughter husband wife grandma grandpa cousin neighbour colleague boyfriend girlfriend family year euro pound "
    "dollar kilometre afraid scare remind visit adopt buy give gift get bring move travel use own trip holiday tell "
    "taste famous".split()
)
_HABIT = frozenset("always usually often never every last yesterday once ago still again already".split())


def describes(clause: Sequence[Token], told: Sequence[Premise], asked: Sequence[Token]) -> bool:
    """Whether a clause that no memory tells may stand as what the model sees."""
    names = frozenset().union(*(one.names for one in told))
    known = frozenset(t.stem for one in told for t in one.tokens if t.kind in ("word", "name"))
    about = frozenset().union(*(one.about for one in told)) | GENERIC
    if any(_tells(clause, i, told, names, known - about) for i in range(len(clause))):
        return False
    if told and excluded([t.stem for t in clause], told[0]):
        return False
    first = next((t for t in clause if t.kind != "light"), None)
    started = clause[0].text[0].isupper() and clause[0].kind == "word" and clause[0].at == 0
    if started and clause[0].stem not in names | about and not clause[0].text.lower().endswith("s") and len(clause) > 1:
        return clause[1].kind != "be" and not any(alike(clause[0].stem, s) for s in known)
    past = any(t.text.lower() in ("was", "were", "did", "had") for t in asked)
    wanted = bool(asked) and (past or asked[0].text.lower() in ("who", "whose", "when", "why"))
    return first is not None and not wanted


def _tells(
    clause: Sequence[Token], i: int, told: Sequence[Premise], names: frozenset[str], unseen: frozenset[str]
) -> bool:
    """Whether the word at `i` tells more than what is seen: of the user, a habit, the past, somebody not in `names`, or
    what memories alone know (`unseen`)."""
    t, low = clause[i], clause[i].text.lower()
    behind = {a.stem for a in clause[i + 1 : i + 4]}
    being = low.endswith("ing") and any(a.kind == "be" for a in clause[max(0, i - 1) : i])
    return (
        t.kind in ("me", "not", "day")
        or low in _HABIT
        or (t.kind == "mine" and not any(one.about & behind and not one.owned for one in told))
        or (t.kind == "name" and t.stem not in names)
        or (t.kind == "number" and not (t.stem.isdigit() and int(t.stem) <= 12 and i + 1 < len(clause)))
        or low in ("was", "were", "had", "did")
        or (is_verb(t) and t.kind == "word" and not _participle(clause, i))
        or (t.stem in _LIFE and not being)
        or (t.content and t.stem in unseen and t.kind == "word" and not _scene(t))
    )


def _participle(clause: Sequence[Token], i: int) -> bool:
    return (
        any(t.kind in ("be", "aux") for t in clause[max(0, i - 3) : i])
        or i + 1 == len(clause)
        or clause[i + 1].kind in ("prep", "word")
    )


def _scene(t: Token) -> bool:
    return t.stem in _SCENE


_SCENE = frozenset(
    stem(w)
    for w in "red blue green yellow black white brown pink purple orange grey table floor wall window grass snow sand "
    "beach sea water sky tree street room chair desk sofa bed stand sit lie run walk play hold wear look".split()
)
