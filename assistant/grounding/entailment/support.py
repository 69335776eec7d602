"""Whether one claim stands in one episode: its words in the order told, said of the same persons, not turned round."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from assistant.grounding.entailment.doers import left_out
from assistant.grounding.entailment.premise import Premise, excluded
from assistant.grounding.entailment.pronouns import NEVER, stands_for
from assistant.grounding.moments import may_date
from assistant.grounding.words import lexicon
from assistant.grounding.words.phrases import is_verb, sex
from assistant.grounding.words.tokens import GENERIC, Day, Token, alike, stem

ENOUGH = 1.5
"""Most cost of a claim that is supported; see `_unmatched` and `_skipped` for what costs how much."""
FARTHEST = 30
"""Most words left out between two matched ones: each costs 0.05 or more (`_skipped`), so that a wider gap is no match.
Without this bound, a note of a thousand words would take minutes."""
ELSEWHERE = 0.3
"""The price of a phrase of place or time that was told in another sentence of the episode."""
FRAMES = frozenset(
    stem(w) for w in "be take see meet visit show together photo shoot happen day date year this that".split()
)
"""Verbs and nouns of a claim whose date may be the photo's own."""


_SEEING = frozenset(map(stem, ("see", "meet")))
_TALK = frozenset(map(stem, lexicon.FRAME))


class Ask:
    """The question that a claim answers: its words may be repeated, but they are no evidence."""

    def __init__(self, question: Sequence[Token] = (), *, yes_no: bool = False) -> None:
        self.tokens = tuple(question)
        self.me = any(t.kind == "me" for t in question)
        self.stems = frozenset() if yes_no else frozenset(t.stem for t in question if t.kind == "word")
        self.verb = _asked_deed(question)


def _asked_deed(question: Sequence[Token]) -> str:
    """Stem of the deed that a question asks for with "do": "sleep", of "Where does Grumpf sleep?"; "" for no deed."""
    found = [t for t in question if t.kind != "stop"]
    if not any(t.kind == "aux" and t.stem == "do" for t in found):
        return ""
    deeds = [t for b, t in pairwise(found) if t.kind == "word" and b.kind not in ("light", "mine", "prep", "number")]
    return deeds[0].stem if deeds else ""


def cost(claim: Sequence[Token], told: Premise, ask: Ask) -> float:
    """How far a claim is from what was told, from 0 on; `ENOUGH` is enough."""
    words = [t for t in claim if t.kind != "stop"]
    days, words = [t for t in words if t.kind == "day"], without_days(words)
    if days and all(t.stem in FRAMES or t.stem in _TALK for t in words if t.content):
        words = [t for t in words if not t.content]
    price = sum(_day_cost(t, words, told) for t in days)
    if price > ENOUGH:
        return price
    if not any(t.content for t in words):
        return price if days else NEVER
    whole = align(tuple(words), _flat(told), told, ask)
    if price + whole <= ENOUGH:
        return price + whole
    return price + min(whole, _in_phrases(words, told, ask))


def without_days(words: Sequence[Token]) -> list[Token]:
    """The words without dates and the prepositions before them."""
    out: list[Token] = []
    for t in words:
        if t.kind == "day":
            while out and (out[-1].kind == "prep" or out[-1].stem == "the"):
                out.pop()
        else:
            out.append(t)
    return out


def _day_cost(day: Token, words: Sequence[Token], told: Premise) -> float:
    assert day.day is not None
    for t in (t for sentence in told.sentences if may_date(sentence, words) for t in sentence):
        if t.day and (day.day.within(t.day) or (told.day and day.day.within(_completed(t.day, told.day)))):
            return 0
    # the photo's own day: right for who was where, what was seen, and what went on; not for deeds of another day
    deeds = {t.stem for t in words if is_verb(t) and t.kind == "word"}
    return 0 if told.day and day.day.within(told.day) and deeds <= FRAMES else NEVER


def _completed(day: Day, by: Day) -> Day:
    """A date of the words with the year of the episode, where they leave it open."""
    return day if day.year else Day(by.year, day.month, day.day)


def _flat(told: Premise) -> tuple[Token, ...]:
    return (*told.tokens, Token(".", ".", "stop"), *told.place)


def align(claim: tuple[Token, ...], source: tuple[Token, ...], told: Premise, ask: Ask) -> float:
    """The least cost of matching the claim's words with words of the source, both in order."""
    if not claim:
        return 0
    lonely = [_unmatched(t, i, claim, told, ask) for i, t in enumerate(claim)]
    # rows[j]: the least cost with the claim's first i words placed, the last matched one at j
    start = 0.0
    rows: dict[int, float] = {}
    for i in range(len(claim)):
        fresh: dict[int, float] = {j: c + lonely[i] for j, c in rows.items()}
        for j in range(len(source)):
            if (m := _matched(claim, i, source, j, told)) >= NEVER:
                continue
            m += _turned_round(claim, i, source, j, told)
            c = start + m
            for k in range(max(0, j - FARTHEST - 1), j):
                if k in rows:
                    c = min(c, rows[k] + m + _skipped(source, k, j))
            if m == 0 and rows and _begins_phrase(claim, i) and _begins_phrase(source, j):
                c = min(c, min(rows.values()) + ELSEWHERE)
            fresh[j] = min(fresh.get(j, NEVER * 3), c)
        start += lonely[i]
        rows = {j: c for j, c in fresh.items() if c <= ENOUGH}
    return min([start, *rows.values()])


def _matched(claim: Sequence[Token], i: int, source: Sequence[Token], j: int, told: Premise) -> float:
    """The price of one word of the claim standing for one of the source; NEVER: it does not."""
    one, other = claim[i], source[j]
    match one.kind:
        case "me" | "mine" | "not":
            return 0 if other.kind == one.kind else NEVER
        case "other":
            return _matched_pronoun(claim, i, source, j)
        case "be" | "aux" if other.kind in ("be", "aux"):
            return 0 if one.stem == other.stem else 0.2
        case "prep" if other.kind == "prep":
            opposed = other.stem in lexicon.OPPOSITE.get(one.stem, ())
            return 0 if one.stem == other.stem else NEVER if opposed else 0.25
    if not one.content:
        return 0 if one.stem == other.stem else NEVER
    if other.content and alike(one.stem, other.stem):
        return 1.4 if one.possessive and one.kind == "name" and not other.possessive else 0
    return min(NEVER, stands_for(one, other, source, j, told)) if other.kind == "other" else NEVER


def _matched_pronoun(claim: Sequence[Token], i: int, source: Sequence[Token], j: int) -> float:
    """The price of "he" or "her" standing for a word of the source."""
    one, other = claim[i], source[j]
    owns = _owns(claim, i)
    if owns != _owns(source, j):
        return 0.3 if owns and other.possessive else NEVER
    if other.kind == "other":
        return 0 if sex(one) in ("", sex(other)) or sex(other) == "" else 0.6
    return 0.3 if other.kind == "name" and not other.possessive else NEVER


def _begins_phrase(words: Sequence[Token], i: int) -> bool:
    """Whether a phrase of place or time begins with a word: "at the harbour", "the day before"."""
    if words[i].kind == "prep":
        return True
    return words[i].stem in ("the", "a") and i > 0 and words[i - 1].kind != "prep"


def _owns(words: Sequence[Token], i: int) -> bool:
    """Whether a pronoun is a possessive: "her wedding", not "saw her"."""
    low, after = words[i].text.lower(), words[i + 1] if i + 1 < len(words) else None
    return low in ("his", "their", "its") or (low == "her" and after is not None and after.content)


def _turned_round(claim: Sequence[Token], i: int, source: Sequence[Token], j: int, told: Premise) -> float:
    """The price of a deed that is said of somebody else than it was told of."""
    one, other = _subject(claim, i), _subject(source, j)
    if claim[i].kind != "word" or one is None or other is None:
        return 0
    price = _matched(claim, one, source, other, told)
    return 2.0 if price >= NEVER else price if price >= 1 else 0


def _subject(words: Sequence[Token], i: int) -> int | None:
    """Index of the person right before a verb."""
    i -= 1
    while i >= 0 and words[i].kind in ("aux", "not", "light", "be"):
        i -= 1
    if i < 0 or words[i].possessive:
        return None
    who = words[i]
    return i if who.text.lower() in lexicon.SUBJECTS - {"it"} or who.kind == "name" else None


def _unmatched(t: Token, i: int, claim: Sequence[Token], told: Premise, ask: Ask) -> float:
    """The price of a word of the claim that is not told at this point."""
    match t.kind:
        case "light":
            return {"always": 0.4, "never": 0.4, "too": NEVER}.get(t.text.lower(), 0)
        case "be" | "aux":
            return 0.1 if i + 1 < len(claim) and claim[i + 1].text[-3:] == "ing" else 0.3
        case "prep":
            return 1.3 if i + 1 < len(claim) and claim[i + 1].kind == "number" else 0.35
        case "other":
            return 0.9 if _owns(claim, i) else 0.2
        case "mine":
            return _unmatched_owner(t, claim[i + 1 :], told)
        case "me":
            if i + 1 < len(claim) and left_out(claim[i + 1], told):
                return 0.2
            seen = any(c.stem in _SEEING for c in claim[i + 1 : i + 3])
            return 0.3 if seen else 2.0  # whoever shows a photo has seen what it shows
        case "not":
            return NEVER
        case "number" if t.stem == "1":
            return 0.3 if not (i and claim[i - 1].stem == "the") else NEVER  # "the one she slept on"
    if t.stem in told.about:
        return 0.2 if not any(c is not t and c.stem == t.stem for c in claim) else 1.0
    return _unmatched_word(t, i, claim, told, ask) if t.kind == "word" else NEVER


def _unmatched_owner(mine: Token, after: Sequence[Token], told: Premise) -> float:
    """The price of a "your" that was not told: low where the thing in the photo may be the user's."""
    owned = next((t for t in after if t.content), None)
    thing = owned is not None and (owned.stem in told.about | GENERIC or mine.text.lower() in ("mine", "yours", "ours"))
    alone = all(t.stem in told.about for t in told.tokens if t.kind == "name")
    users = any(t.kind in ("me", "mine") for t in told.tokens)
    return 0.4 if (thing or alone) and not told.owned and users else 1.6


def _unmatched_word(t: Token, i: int, claim: Sequence[Token], told: Premise, ask: Ask) -> float:
    """The price of a word that is no name: low for a kind of thing, for talk about photos, and for the question's."""
    if t.stem in GENERIC and not excluded([t.stem], told) and t.text[-1] != "s":
        return 0.3 if not i or claim[i - 1].kind != "prep" else NEVER
    if t.stem in _TALK:
        who = next((c for c in reversed(claim[:i]) if c.kind not in ("light", "aux")), None)
        return NEVER if who is not None and who.kind in ("name", "other") and not who.possessive else 0.2
    if t.stem == "last" and any(c.stem in _SEEING for c in claim[i + 1 : i + 2]):
        return 0.1
    if t.stem in _SEEING and any(c.stem == "last" for c in claim):
        return 0.2
    if any(alike(t.stem, s) for s in ask.stems):
        return 0.9 if t.stem in FRAMES or not (is_verb(t) or alike(t.stem, ask.verb)) else NEVER
    return NEVER


def _skipped(source: Sequence[Token], k: int, j: int) -> float:
    """The price of words of the source left out between two matched ones."""
    price = 0.0
    for t in source[k + 1 : j]:
        if t.kind == "not":
            price += 0.9 if any(x.stem == "stop" for x in source[k + 1 : j]) else 3
        elif t.kind == "stop":
            price += 0.3 if t.text in ".!?;\n" else 0.1
        elif t.kind == "mine":
            price += 0.7
        elif t.possessive:
            price += 1.5
        elif t.content:
            price += 0.2 if t.kind != "name" else 0.3
        else:
            price += 0.05
    return min(price, 6.0)


def _in_phrases(words: Sequence[Token], told: Premise, ask: Ask) -> float:
    """The cost of a claim whose phrases of place and time were told in another order than the claim's."""
    parts = phrases(words)
    if len(parts) < 2:
        return NEVER
    total = 0.0
    for phrase in parts:
        if any(t.content for t in phrase):
            total += min(align(phrase, s, told, ask) for s in (*told.sentences, told.place)) + ELSEWHERE
        else:
            total += align(phrase, (), told, ask)
    return total


def phrases(words: Sequence[Token]) -> list[tuple[Token, ...]]:
    """The words cut before each preposition."""
    cuts = [i for i, t in enumerate(words) if t.kind == "prep" and i and words[i - 1].kind != "prep"]
    return [tuple(words[a:b]) for a, b in pairwise([0, *cuts, len(words)]) if b > a]
