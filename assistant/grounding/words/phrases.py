"""The few phrases of English that the grounding check reads: verbs, names, noun phrases and their heads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.grounding.words import lexicon
from assistant.grounding.words.tokens import PERSONS, Token
from memory.naming.word_lists import ALSO_WORDS, GIVEN


def is_verb(token: Token) -> bool:
    """Whether a word is surely a verb: a past form, or one of the most common."""
    low = token.text.lower()
    return token.kind in ("word", "aux", "be") and (
        token.kind != "word" or low in lexicon.PAST or (low.endswith("ed") and len(low) > 3 and not low.endswith("eed"))
    )


def named(found: tuple[Token, ...]) -> tuple[Token, ...]:
    """A sentence's first word is a name where it is one elsewhere, or stands like one."""
    names = {t.stem for t in found if t.kind == "name"}
    out: list[Token] = []
    for i, t in enumerate(found):
        first = i == 0 or (found[i - 1].kind == "stop" and found[i - 1].text in ".!?:;\n")
        if first and t.kind == "word" and t.text[0].isupper():
            after = found[i + 1] if i + 1 < len(found) else None
            like = t.possessive or after is None or after.kind in ("be", "aux", "name", "stop", "prep")
            like = like or (after is not None and (is_verb(after) or (after.stem == "the" and t.text[-3:] != "ing")))
            if t.stem in names or (like and t.text.lower() not in ("meet", "look", "found", "lost", "bought")):
                t = Token(t.text, t.stem, "name", t.possessive, t.day, t.at)
        if t.kind == "word" and t.text.lower() in GIVEN - ALSO_WORDS:
            t = replace(t, kind="name")  # "grumpf from emil"
        if _owner_as_typed(t, found[i + 1 : i + 2]):
            t = replace(t, possessive=True)
        out.append(t)
    return tuple(out)


def _owner_as_typed(t: Token, after: Sequence[Token]) -> bool:
    """Whether a word is an owner without an apostrophe: "toms dog", "my neighbours cat"."""
    low = t.text.lower()
    somebody = low.endswith("s") and (low[:-1] in GIVEN or (t.stem in PERSONS and low not in PERSONS))
    return somebody and t.kind in ("word", "name") and bool(after) and after[0].kind == "word" and not is_verb(after[0])


def phrase(found: Sequence[Token]) -> list[Token]:
    """The noun phrase at the beginning: determiners, adjectives, nouns, names."""
    out: list[Token] = []
    for i, t in enumerate(found):
        if (
            t.kind not in ("mine", "word", "name", "number")
            and not (t.kind == "aux" and i and found[i - 1].stem == "the")
            and not (t.kind == "light" and t.stem in ("a", "an", "the"))
        ):
            break
        if out and t.stem in ("a", "an", "the", "my") and out[-1].kind in ("word",):
            break
        if is_verb(t) and i and found[i - 1].kind not in ("mine", "light"):
            break
        out.append(t)
    return out


def without_it_was(said: Sequence[Token]) -> Sequence[Token]:
    """The words of an answer without "It was" before them: "Felix", of "It was Felix"."""
    points = len(said) > 2 and said[1].kind == "be"
    return said[2:] if points and said[0].text.lower() in ("it", "that", "this", "they", "he", "she") else said


def heads(said: Sequence[Token]) -> list[Token]:
    """What a phrase names: all behind the last possessor ("Emily's bear Mr. Buttons": bear, Mr, Buttons)."""
    last = max((i for i, t in enumerate(said) if t.possessive), default=-1)
    return [t for t in said[last + 1 :] if t.kind in ("word", "name", "aux")]


def sex(token: Token) -> str:
    """ "he" or "she", of a pronoun that tells it; "" of all other words."""
    low = token.text.lower()
    return "he" if low in lexicon.HE else "she" if low in lexicon.SHE else ""
