"""Words about somebody whom the memory knows from other photos: "Biscuit died last week", with a clock in view.

Whether they are about the photo in view cannot be known, so the app asks. English patterns; no model is asked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from memory.db import name_rows
from memory.naming.name_extraction import names
from memory.naming.named_things import Decided, names_of
from memory.store import Memory
from memory.text import folded

_PART_OF_NOW = r"(?:morning|afternoon|evening|week|weekend|month|year|spring|summer|autumn|fall|winter)"
_LEADS = re.compile(
    rf"""(?:(?:today|yesterday|sadly|unfortunately|luckily|also|and|oh|ah|well|so|but|by\ the\ way|btw
    |poor|dear|little|old|sweet|(?:last|this)\ (?:night|{_PART_OF_NOW})
    |(?:i|we)\ (?:(?:really|still|always|never|had\ to)\ )?(?:miss(?:ed)?|lost|buried|bury|love)
    |(?:my|our|the)(?-i:\ (?!\w+(?:\ (?:is|was|has)|ed)\b)[a-z]+)?)[,:]?\ )*""",
    re.IGNORECASE | re.VERBOSE,
)
"""What may stand before the name that words are about."""
_NAME = re.compile(r"(?P<name>[^\W\d_][^\W_]*)(?P<owns>['’]s)?(?P<after>[^.!?;\n]*)")
_WHEN = rf"(?:today|yesterday|tonight|just now|(?:last|this) (?:night|{_PART_OF_NOW}))"
_DID_TO = re.compile(
    rf"(?:(?:{_WHEN}|and|so|oh|well|also|btw)[,:]? )*(?P<who>i|we|he|she|they|[^\W\d_]+)(?:['’](?:ve|m|re|s|d|ll))? "
    r"(?:(?!(?:with|at|in|on|from|of|near|by|as|and|or|like|about|love|loved) )[^\W\d_]+ ){1,4}?$",
    re.IGNORECASE,
)
""" "I took ", "we had to bring our ": what stands before the name of somebody to whom something was done."""
_DIARY = re.compile(rf"\b{_WHEN}\b", re.IGNORECASE)
_MOST = 50
"""Memories that are read for one word: a name is told in the first of them, and common words are in thousands."""
_WHO = re.compile(r"([\w’']+), (?:my|our|the|his|her) [^,.;!?]{2,40}, (?=[^\W\d_]+ )")
""" "Biscuit, our dog, died": who somebody is, before what is told."""
_TELLS_MORE = re.compile(r" (?!(?:and|or|at|in|on|with|by|from|near|as|of|for)\b)[^\W\d_]{2,}")
_VERB = re.compile(r"\b(?:is|are|was|were|has|had|will|can|could|would|died|got|went|came|broke)\b")
_POINTS = re.compile(
    rf"\b(?:this(?! {_PART_OF_NOW}\b)|these|those|here|there|it|its|photo(?:graph)?|picture|(?:him|her|them) (?:to|for)"
    r"|that(?! (?:he|she|it|they|we|i|\w+ (?:is|was|has))\b))\b",
    re.IGNORECASE,
)
"""Words of a sentence that speak of what is in view: "Anna gave me this", "Nana bought it"."""
_NOUN = re.compile(r"\b(?:the|a|an|my|our|his|her|their) ([^\W\d_]{3,})")


def told_elsewhere(memory: Memory, words: str, in_view: Collection[str]) -> str:
    """The name that `words` are about, when the memory knows it from other photos only; else "".

    `in_view`: hashes of the photo in view and of those that it recalled. "" too where the words say that the photo
    shows the named one, point at it, or name a thing that was told of it; and where nothing was told of it yet, as the
    first words about a photo say what it shows. Raises MemoryFileError.
    """
    words = _WHO.sub(r"\1 ", words, count=1)
    about = [
        (found["name"], clause)
        for found, clause in _about(words)
        if not _POINTS.search(clause) and folded(found["name"]) not in _shown(words, folded(found["name"]))
    ]
    if not about:
        return ""
    marks = ", ".join("?" * len(in_view))
    of_photos = (
        f"SELECT words FROM episodes JOIN said ON said.rowid = row WHERE photo IN ({marks}) AND trim(words) <> ''"
    )
    with memory.transaction() as db:
        here = [folded(text) for (text,) in db.execute(of_photos, (*in_view,))]
        if not here:
            return ""
        decided = Decided(name_rows.every(db))
        like = (
            "SELECT photo, words FROM episodes JOIN said ON said.rowid = row "
            f"WHERE words LIKE ? AND photo NOT IN ({marks}) LIMIT {_MOST}"
        )
        for name, clause in about:
            if any(re.search(rf"\b{re.escape(one)}\b", text) for text in here for one in _told(folded(name), clause)):
                continue
            for photo, text in db.execute(like, (f"%{name}%", *in_view)):
                said = names_of(text)
                for one in (*said.shown, *said.mentioned):
                    if folded(name) in folded(one).split() and decided.called(folded(one), photo):
                        return one
    return ""


def _about(words: str) -> Iterator[tuple[re.Match[str], str]]:
    """The words that may be the name that `words` are about, each with the clause that speaks of it: the first one,
    and those to whom somebody did something ("I took Biscuit to the vet", "Today we went to the vet with Biscuit")."""
    found = _NAME.match(words, _LEADS.match(words).end())  # type: ignore[union-attr]  # the pattern fits an empty text
    if found and _says_more(found):
        yield found, found["after"].split(",")[0]
    sentence = re.split(r"[.!?;\n]", words)[0]
    diary = _DIARY.search(sentence) and re.search(r"\b(?:i|we)\b", sentence, re.IGNORECASE)
    for one in re.finditer(r"[^\W\d_][^\W_]+", sentence):
        if one.start() and (diary or _DID_TO.match(sentence[: one.start()])):
            named = _NAME.match(sentence, one.start())
            assert named is not None
            yield named, sentence


def _shown(words: str, name: str) -> set[str]:
    """The words of the names of which `words` say that the photo shows them; `name` surely is a name."""
    return {part for one in names(words, {name}).shown for part in folded(one).split()}


def _says_more(found: re.Match[str]) -> bool:
    """Whether a sentence follows the name: "Biscuit died", "Anna's leg is broken"; not "Anna's wedding in Rome"."""
    after = folded(found["after"])
    return bool(_VERB.search(after) if found["owns"] else _TELLS_MORE.match(after) or _lost(found))


def _lost(found: re.Match[str]) -> bool:
    """Whether a verb stood before the name: "I miss Biscuit"."""
    return bool(re.search(r"\b(?:miss(?:ed)?|lost|buried|bury|love) $", found.string[: found.start()], re.IGNORECASE))


def _told(name: str, clause: str) -> list[str]:
    """What would make the words those of the photo in view: the name, or a thing, told of it."""
    return [name, *_NOUN.findall(folded(clause))]
