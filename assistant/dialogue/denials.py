"""Whom the user means by "that's not Leo" or "it's Biscuit": which recalled memories a line denies, or confirms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from assistant.dialogue.acts import Act
from assistant.dialogue.sentences.plain_text import plain
from memory.episode import Episode, Recall
from memory.naming.name_extraction import names
from memory.naming.word_lists import KIN, TITLES
from memory.text import folded

THE_PHOTO = "the same photo"
"""The reason for which a memory of the very photo in view comes."""
_SAYS_SO = frozenset(
    """yes it's it is this that that's he he's she she's they're these are my our the his her their i think sure surely
    definitely again of course exactly right correct indeed one same really and oh ok okay yeah yep ya""".split()
)
"""Words of an answer beside the name: "yes it's Biscuit again"."""
_IT = "(?:it|he|she|this|that|they|these|those)"
_SURELY = "(?:indeed|of course|certainly|definitely|absolutely|surely|sure|really|obviously)"
YES_IF_ASKED = re.compile(
    rf"(?:{_SURELY}(?: (?:him|her|them|it|mine|ours))?|aye|bingo|100 ?%|for sure|spot on"
    r"|you (?:got|guessed|know) (?:it|him|her|them|that)(?: right)?"
    rf"|(?:{_SURELY} )?{_IT}(?: {_SURELY})? (?:is|are|was)(?: {_SURELY})?|(?:sure|surely|yes) (?:is|are|was)"
    r"|(?:the )?(?:very )?same (?!but\b|not\b|here\b)\w+|who else|guess so"
    r"|i (?:think|guess|believe) so|think so|looks like it"
    r"|s[ií]|ja|oui|genau)"
)
""" "It is", "definitely", "same dog": a yes where the app has just asked."""
NO_IF_ASKED = re.compile(
    rf"(?:(?:{_SURELY}|probably|certainly) not|not (?:even |really |at all )?(?:close|at all|really|quite)|no way|never"
    r"|(?:i(?:'ve| have)? )?never (?:seen|met) (?:it|him|her|them|this|that)(?: \w+)?(?: before)?"
    r"|(?:i )?(?:don't|do not) think (?:so|(?:it|that|this|he|she)(?:'s| is) .*)|(?:i )?doubt it"
    rf"|(?:{_IT}(?:'s|'re)? )?(?:(?:looks?|is|are) )?(?:very |quite |a bit )?(?:similar|alike|like (?:it|him|her|them))"
    rf",? but (?:{_IT}(?:'s|'re| is| are)? )?(?:isn't|aren't|not|no)(?: \w+)?"
    rf"|{_IT} (?:doesn't|does not) look like \w+|{_IT} (?:can't|cannot) be \w+"
    rf"|(?:{_IT}(?:'s| is) )?(?:somebody|someone) else's|nein|non)"
)
""" "I don't think so", "not even close": a no where the app has just asked."""
_SIGNS = dict.fromkeys("👍👌✅💯🙌", True) | dict.fromkeys("👎❌🚫", False)
_IS_NAMED = re.compile(
    r"(?i:\W*(?:(?:no|nope|ah|oh|well|but|actually)[, ]+)*(?:(?:this|that|it|he|she)(?:['’]?s| is)|meet))"
    r" (?P<who>[^\W\d_][\w'’-]*(?: [A-Z][\w'’-]*){0,2})(?: the [a-z]+| again)?"
    r"(?:[.!,]| (?:my|our|the|an?|his|her|their|[A-Z]\w*['’]s) |$)"
)
""" "This is Moose", whatever follows."""
_BESIDE = re.compile(
    r"\b(?:and|with|too|also|both|other|another|beside|behind|left|right|front|middle|next to|as well)\b", re.IGNORECASE
)
_NOT_MEANT = frozenset("my our the his her their your this that a an".split())


class OnRecall(NamedTuple):
    """What the user says of a recalled memory."""

    episode: Episode
    same: bool
    """Whether the photo in view shows what the memory's photo shows."""
    denied: str = ""
    """Who or what the photo in view does not show, as in `Act.denied`: all memories of it are denied."""


def by_sight(recalls: Sequence[Recall]) -> list[Recall]:
    """The recalls that came by sight, of other photos than the one in view."""
    seen = [r for r in recalls if r.why.removeprefix("maybe ").startswith("the same ")]
    return [r for r in seen if r.why != THE_PHOTO]


def called(recalls: Sequence[Recall], denied: str) -> list[Recall]:
    """The recalls of somebody or something (`denied`: "leo", "my backpack"), in their order; none when it is not said.

    Those that show it come alone, if there are any: "not Leo" says nothing of Anna, who has Leo's ball. Else a name
    means the first memory that has it, and any other word all memories that have as many of the words.
    """
    wanted = {word for word in re.findall(r"\w{2,}", folded(denied)) if word not in _NOT_MEANT}
    fits = [(len(wanted & set(re.findall(r"\w+", folded(r.episode.words)))), r) for r in by_sight(recalls)]
    most = max((n for n, _ in fits), default=0)
    best = [r for n, r in fits if n and n == most]
    said = [names(r.episode.words) for r in best]
    shown = [r for r, one in zip(best, said, strict=True) if wanted & _words(one.shown)]
    if shown:
        return shown
    return best[:1] if any(wanted & _words(one.mentioned) for one in said) else best


def as_answer(act: Act, text: str, recall: Recall | None) -> Act:
    """What a line is for, typed where `recall` is asked about or was sure: to "Is this Biscuit?", "it's biscuit" is a
    yes and nothing to remember, "Biscuit at the vet's" is a yes and told, and "That's Winston" is a no."""
    if recall and recall.certainty == "maybe" and act.verdict is None and not act.question:
        verdict = _short_verdict(text)
        if verdict is not None:
            return Act("talk", verdict=verdict)
    if recall is None or act.kind in ("talk", "question"):
        return act
    words, there = recall.episode.words, _words(names(recall.episode.words).shown)
    said = re.findall(r"[\w']+", folded(plain(text)))
    left = [word.removesuffix("'s") for word in said if word not in _SAYS_SO]
    mine = bool(_NOT_MEANT & set(said)) and set(left) <= set(re.findall(r"\w+", folded(words)))
    if left and not act.denied and act.verdict is not False and (mine or set(left) <= there):
        return Act("talk", verdict=True)
    if act.verdict is not None or not there:
        return act
    here = _words(names(text, known=frozenset(there)).shown)
    if here & there:
        return act._replace(kind="tell", verdict=True)
    another = here and act.kind == "tell" and (recall.certainty == "maybe" or _instead(text, recall))
    return act._replace(verdict=False) if another else act


def _instead(text: str, recall: Recall) -> bool:
    """Whether a line says that the photo shows somebody else than a sure recall does, and not one beside the other.

    "Mum" may be the Ulla that was told of before.
    """
    first = re.split(r"(?<=[.!?\n])\s", text, maxsplit=1)[0]
    found = _IS_NAMED.match(first)
    if not found or "thing" not in recall.why or _BESIDE.search(first):
        return False
    return (KIN | TITLES).isdisjoint([*folded(found["who"]).split(), *_words(names(recall.episode.words).shown)])


def _short_verdict(text: str) -> bool | None:
    """What a line says that is no more than a yes or a no to the question just asked; None where it says more."""
    low = plain(text).strip(" .!,")
    if not low:
        return _SIGNS.get(text.strip()[:1])
    return True if YES_IF_ASKED.fullmatch(low) else False if NO_IF_ASKED.fullmatch(low) else None


def to_keep(act: Act, text: str, recall: Recall | None, recalls: Sequence[Recall]) -> str:
    """The words of a line to be remembered. With what it denies, where that is of no recalled memory (`recall`): at its
    end, "it was wool, not cotton", or in the words that were told, "it's not deaf, it's blind in one eye"."""
    if recall is not None or not act.denied:
        return act.words
    said = set(re.findall(r"\w+", folded(" ".join(one.episode.words for one in recalls))))
    ends = folded(plain(text)).rstrip(" .!").endswith(folded(act.denied))
    return f"{text[:1].upper()}{text[1:]}" if ends or set(act.denied.split()) <= said else act.words


def _words(said: Sequence[str]) -> set[str]:
    return {word for name in said for word in folded(name).split()}
