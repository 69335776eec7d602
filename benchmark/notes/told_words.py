"""Which words of a text are facts, and whether a note told them: names, numbers, kin, colours, months and places.

A measure by words, not by meaning: it catches a caption that invents, and cannot prove that one is true.
"""

from __future__ import annotations

import re
from functools import cache

from benchmark.notes.day_forms import MONTHS, WEEKDAYS, number_of

WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+(?:['’-][A-Za-z\u00c0-\u024f]+)*|\d+(?:[.,:]\d+)*(?:st|nd|rd|th)?")
SENTENCE_START = re.compile(r"(?:^|[.!?:;]\s+|[\"“'(]\s*|\n\s*)$")
KIN = (
    "mother mum mom mama mummy mommy ma",
    "father dad papa daddy pa",
    "grandmother grandma granny gran nan nana nonna oma babcia grandmum abuela",
    "grandfather grandpa grandad granddad grampa opa nonno abuelo",
    "sister sisters sis",
    "brother brothers bro",
    "aunt auntie aunty",
    "uncle",
    "cousin cousins",
    "wife",
    "husband",
    "girlfriend",
    "boyfriend",
    "son sons",
    "daughter daughters",
    "nephew nephews",
    "niece nieces",
    "neighbour neighbours neighbor neighbors",
    "boss",
    "teacher teachers",
    "colleague colleagues",
    "landlord landlady",
)
COLOURS = "red blue green yellow orange purple pink brown black white grey gray golden silver turquoise".split()
FREE_NUMBERS = {0, 1, 2}
"""Numbers that are grammar as often as facts: "no one", "one of", "the two of you", "second"."""
FREE_WORDS = {"i", "i'm", "i've", "i'd", "i'll"}
STOP = frozenset(
    "a an the in on at of and to my your his her our their its it he she they them you we me him us was were is are be "
    "been am do did does done had has have with by for from that this these those there here so but or as not no nor "
    "never only just when where who whom whose what which how why very too also all any some one ones then than again "
    "about into onto over out up down off back after before until still yet ever more most much many such own same "
    "i've i'm i'd i'll you've you're you'd you'll we've we're it's he's she's they're there's that's "
    "would could will can may might must should if while because though both each every other another now i".split()
)
ALWAYS_TOLD = frozenset(
    "tell told say said says know photo picture photograph mention mentioned ask asked remind reminded see seen saw "
    "wrote written write note call called name named show shows".split()
)
"""Words of the assistant's own speech."""


def words(text: str) -> list[str]:
    """The words and numbers of a text, in order, as they stand."""
    return WORD.findall(text)


@cache
def stem(word: str) -> str:
    """A rough stem, so that "bought" stays and "books", "booked", "booking" meet."""
    low = re.sub(r"['’]s?$", "", word.lower()).replace("’", "'")
    for end in ("ing", "ies", "ied", "ed", "es", "ly", "s", "y", "e"):
        if low.endswith(end) and len(low) - len(end) >= 3:
            low = low[: -len(end)]
            break
    return low[:-1] if len(low) > 3 and low[-1] == low[-2] else low


def content(text: str) -> list[str]:
    """The stems of the words that carry content, in order; numbers stand as numbers, "4th" and "four" alike."""
    out = []
    for word in words(text):
        number = number_of(word)
        if number is not None and word.lower() not in STOP:
            out.append(f"{number:g}")
        elif word.lower() not in STOP or word == "May":
            out += [stem(part) for part in re.split("-", word) if part and (part.lower() not in STOP or part == "May")]
    return out


def numbers(text: str) -> set[float]:
    """Every number of a text, in digits or in words, alone or as the part of a word ("four-year-old")."""
    found = {number_of(w) for word in words(text) for w in (word, *word.split("-"), *re.split("[.:,/]", word))}
    return {n for n in found if n is not None} | {float(n) for n in re.findall(r"\d+", text)}


def untold(text: str, told: str) -> list[str]:
    """Words of `text` that are facts and that `told` does not hold, in order.

    Facts here: words with a capital inside a sentence, months and weekdays, numbers above 2, kin, colours.
    """
    low = {part for word in words(told) for part in _parts(word)}
    stems, count = {stem(w) for w in low}, numbers(told)
    out = []
    for found in WORD.finditer(text):
        word = found[0]
        number = number_of(word)
        if number is not None:
            if number not in FREE_NUMBERS and number not in count:
                out.append(word)
        elif word.lower() not in FREE_WORDS and _is_fact(word, text[: found.start()]):
            kin = {other for group in KIN if stem(word) in {stem(k) for k in group.split()} for other in group.split()}
            if not (_parts(word) | kin) & low and stem(word) not in stems:
                out.append(word)
    return out


def _parts(word: str) -> set[str]:
    """A word in lower case, whole, without its possessive ending ("gregorys", too), and its parts around a hyphen."""
    low = word.lower().replace("’", "'")
    bare = re.sub(r"'?s$|'$", "", low)
    return {low, bare, *bare.split("-")}


def _is_fact(word: str, before: str) -> bool:
    low = re.sub(r"['’]s$", "", word.lower())
    if low in COLOURS or any(low in group.split() for group in KIN):
        return True
    if low.capitalize() in (*MONTHS, *WEEKDAYS):
        return low not in ("march", "may") or word[0].isupper()
    return word[0].isupper() and not SENTENCE_START.search(before)


def new_share(text: str, told: str) -> float:
    """The share of content words of `text` that neither `told` nor the assistant's own speech holds."""
    held = set(content(told))
    said = content(text)
    new = [w for w in said if w not in held and w not in {stem(x) for x in ALWAYS_TOLD}]
    return len(new) / len(said) if said else 0.0
