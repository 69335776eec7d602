"""Memories that the words of a question bring: "Where did we take Zuri?", whatever photo is in view.

With a photo in view they come only where they fit clearly, since the model then reads its prompt anew: a name, a place
or a thing asked about that no memory in the prompt has, or two words that say something.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from assistant.grounding.quotes.about_question import asked_about
from assistant.grounding.words.families import family_words, same_words
from assistant.grounding.words.lexicon import MONTHS, TIMES
from memory.episode import Episode, Photo, Recall
from memory.naming.named_things import names_of
from memory.store import Memory
from memory.text import folded, terms
from memory.times.time_phrases import parse

MOST = 2
"""Most memories that words add to those of the photo in view."""
_SAYS_LITTLE = frozenset(
    """take took taken go went gone get got tell told know known knew remember say said show see saw seen look
    looked think thought photo photos picture pictures image name names called thing things please last first
    time times place day year years much many old new other one ones more else something anything happened
    happen make made give gave like want wanted use used come came find found still really who's what's let good
    great nice big small long left right dog cat man woman person people friend guy again""".split()
)
"""Words of questions by which no memory is meant."""
_SOMEBODY = re.compile(
    r"(?:\b(?:who(?:'?s| is| was)"
    r"|(?:what|how|(?:tell|told|remind) (?:me|you)(?: \w+)?|know|said|anything|something) about)"
    r"|^\W*and)(?: the| my| our)? ([^\W\d_]{3,})\b"
)
""" "Who is tomasz", "what about mia?": a name, however it is written."""
_THING = re.compile(r"\b(?:(in|on|at|from|near|under|behind|into|for|by|of) )?(?:the|my|our) ([^\W\d_]{3,})\b")
""" "What happened to the clock?"; not a place of something else: "who sat on the bench"."""
_IS_OF = re.compile(
    r"(?:(?:i |we )?(?:(?:just )?(?:got|bought|found|made|ordered) )|(?:omg|ok|so|oh|and|ugh|lol)[, ]+)*"
    r"(?:(?:this|that|these|those)(?:'?s| is| are)? )?(?!(?:i|we|he|she|it|they|you)\b)"
    r"(?P<of>[^\W_][\w'-]*(?: (?!(?:in|at|on|with|from|for|of|i|we)\b)[\w'-]+){0,4}?)"
    r"(?=[,.;:!]| (?:is|was|are|were|that|i|we|in|at|on|from|for|with|w|of|by)\b|$)"
)
"""What a memory is of, at its beginning: "grandad's old alarm clock, he gave it to me", "that ugly vase is from"."""
_POINTS = re.compile(
    r"\b(?:th(?:is|ese|at|ose|ere|ey|em|eir)|it|its|it's|he|she|him|her|his|here|photo(?:graph)?|picture|name|else|more)\b",
    re.IGNORECASE,
)
"""What a question has that may be of the photo in view."""
_FOR_SOMEBODY = re.compile(r"\W*(?:(?:and|so|but|ok) )?(?:who|which|whose)\b", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]{3,}")

_POINTED_AT = re.compile(
    r"\b(?:i|we)(?:'ve)? (?:[^\W\d_]+ ){1,3}?th(?:is|ese) "
    r"(?P<of>[^\W\d_][\w'-]*(?: (?!(?:in|at|on|with|from|for|of|to|by|i|we|when|through)\b)[\w'-]+){0,3})"
)
""" "I carried this red backpack through Norway", "we bought this lamp in Rome"."""


def by_words(memory: Memory, question: str, k: int, recalls: Sequence[Recall], photo: Photo | None) -> list[Recall]:
    """Memories for a question, best first: without a photo in view the k that share any words with it; with one, at
    most MOST that are not among `recalls` yet and fit clearly. Raises MemoryFileError."""
    if photo is None:
        return _with_families(memory, question, k)
    time_asked = parse(question)
    only_time = bool(time_asked.why) and not terms(time_asked.words)  # "what did we do yesterday?"
    same = same_words(re.findall(r"\w+", folded(question)))
    asked = {_stem(word) for word in (*(text.strip('"') for text in terms(question)), *same)}
    known = {_stem(word) for recall in recalls for word in _words(recall.episode)}
    about = {_stem(word) for word in _LETTERS.findall(asked_about(question))}
    if not (asked - known or only_time or about):
        return []
    here = {recall.episode.id for recall in recalls}
    found = [one for one in memory.search(" ".join((question, *same)), k=k) if one.episode.id not in here]
    fit = [one for one in found if only_time or _fits(one.episode, question, asked, known)]
    fit = fit or _tell_all(found, about) or _of_nothing_here(found, question, asked, known)
    return fit[:MOST]


def _tell_all(found: Sequence[Recall], about: set[str]) -> list[Recall]:
    """Memories of whom a question asks all about, whatever those in view tell: "what have I told you about Sophie?"."""
    return [one for one in found if about and about <= {_stem(word) for word in _words(one.episode)}]


def _of_nothing_here(found: Sequence[Recall], question: str, asked: set[str], known: set[str]) -> list[Recall]:
    """The few memories with a word of a question for somebody that points at nothing in view, and has no word of what
    is known there: "who is scared of balloons?"; a word that says where it was counts not."""
    if not _FOR_SOMEBODY.match(question) or _POINTS.search(question):
        return []
    placed = {_stem(word) for place, word in _THING.findall(folded(question)) if place}
    wanted = {stem for stem in asked if not _says_little(stem)}
    told = [one for one in found if (wanted - placed) & {_stem(word) for word in _words(one.episode)}]
    return told if not wanted & known and len(told) <= MOST else []


def _with_families(memory: Memory, question: str, k: int) -> list[Recall]:
    """Memories with specific words of the question, then those that speak of one matter with it ("married": "Lena's
    wedding"), then those that have any other word of it."""
    found = memory.search(question, k=k)
    specific = [word for text in terms(question) if (word := text.strip('"')) and not _says_little(word)]
    family = [*family_words(specific), *same_words(specific)]
    if not family:
        return found
    here = {recall.episode.id for recall in found}
    more = [recall for recall in memory.search(" ".join(family), k=k) if recall.episode.id not in here]
    asked = {_stem(word) for word in specific}
    fits = [bool(asked & {_stem(word) for word in _words(recall.episode)}) for recall in found]
    first, last = ([r for r, fit in zip(found, fits, strict=True) if fit is one] for one in (True, False))
    return [*first, *more, *last][:k]


def _fits(episode: Episode, question: str, asked: set[str], known: set[str]) -> bool:
    """Whether a memory has two telling words of the question, or what one telling word asks about: a name, a place, or
    the thing that it is of, which is not known yet."""
    specific = {stem for word in _words(episode) if (stem := _stem(word)) in asked and not _says_little(word)}
    names = _names(episode, question) | _places(episode.words) & _places(question) | _spoken_of(episode, question)
    return bool(specific - known) and (len(specific) > 1 or bool((specific - known) & names))


def _places(text: str) -> set[str]:
    """Words that stand where places stand, in small letters as well: "what did I do in wales"."""
    found = re.findall(r"\b(?:in|at|near|from|to) (?!the\b|our\b|his\b|her\b)([^\W\d_]{3,})", folded(text))
    return {_stem(word) for word in found if word not in TIMES and word not in MONTHS}


def _spoken_of(episode: Episode, question: str) -> set[str]:
    """Whom a question asks about, and which of its things a memory is of."""
    asked, topic = folded(question), asked_about(question)
    somebody = {_stem(word) for word in _SOMEBODY.findall(asked)}
    said = [word for place, word in _THING.findall(asked) if not place and word not in TIMES]
    things = {_stem(word) for word in (*said, *same_words(said))}
    told = folded(episode.words)
    of = " ".join(found["of"] for found in (_IS_OF.match(told), _POINTED_AT.search(told)) if found)
    shown = {_stem(word) for word in re.findall(r"\w+", of)}
    told_about = {_stem(word) for word in _LETTERS.findall(topic)}  # "what did I tell you about my mother?"
    return somebody | told_about | (things & shown)


def _names(episode: Episode, question: str) -> set[str]:
    """Names in a memory: words with a capital inside a sentence, of its place, or that the question writes so."""
    asked = set(re.findall(r"(?<=[\w,;:] )[^\W\d_]\w+", question))
    names = [word for word in _words(episode) if word in asked and word[:1].isupper()]
    names += re.findall(r"(?<=[\w,;:'’\"“] )[^\W\d_a-z]\w+", episode.words)
    said = names_of(episode.words)
    names += [part for name in (*said.shown, *said.mentioned) for part in name.split()]  # in small letters, too
    return {_stem(word) for word in [*names, *re.findall(r"\w+", episode.place or "")] if word[:1].isupper()}


def _words(episode: Episode) -> Iterable[str]:
    return re.findall(r"\w+", f"{episode.words} {episode.place or ''}")


def _says_little(word: str) -> bool:
    """Whether no memory is meant by a word; not so "Tim", though it is the stem of "times"."""
    return folded(word) in _SAYS_LITTLE or _stem(word) in _SAYS_LITTLE


def _stem(word: str) -> str:
    """A word without case, accents and the commonest English endings, to compare."""
    word = folded(word)
    return re.sub(r"(?:'s|ing|ed|es|s)$", "", word) if len(word) > 4 else word
