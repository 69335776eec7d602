"""Recognises requests for a list: "Which photos do you have of Anna?", "Show me everything from 2024". In English.

A question about one photo, or about what was said, is none: "When did we go to Rome?" wants a sentence.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import NamedTuple

from memory.naming.categories import category
from memory.text import terms
from memory.times import time_phrases


class ListRequest(NamedTuple):
    """What a list shall hold."""

    words: str = ""
    """Names, places or other words that all of it has; "" for no limit."""
    since: date | None = None
    """First local day; None: no limit."""
    before: date | None = None
    """The day after the last; None: no limit."""
    why: str = ""
    """The time in words: "from last summer (June to August 2026)"; "" when there is none."""
    here: bool = False
    """Whether it shall hold photos of what the photo in view shows: see `photo_lists.of_view`."""
    photos: tuple[str, ...] | None = None
    """Hashes of the photos that it may hold; None for no limit."""
    without: tuple[tuple[date, date], ...] = ()
    """Spans of days that are left out, each by its first day and the one after its last."""

    @property
    def title(self) -> str:
        """What the list holds, in words: "Photos: Anna, from 2024"; "All photos" without any limit."""
        like = "like this one" if self.here else ""
        limits = ", ".join(filter(None, (self.words, like, self.why)))
        return f"Photos: {limits}" if limits else "All photos"


_MANY = r"(?:photos|pictures|pics|images|snaps|snapshots|memories|shots|entries)"
_THINGS = rf"(?:photo|picture|pic|image|snap|snapshot|memory|shot|{_MANY}|ones)"
_KIND = r"(?:(?!(?:of|from|with|what|that|who|this|how|is|are|a|an|me|us|you|it|do|did|have)\b)[\w'-]+\s+)"
"""A word that says which: "the beach photos"."""
_PLEASE = r"(?:(?:please|hey|hi|ok|okay|and|now|so|well|keepsake)[, ]+)*"
_ASK = (
    r"(?:(?:can|could|would|will|may) (?:you|we|i) (?:please )?|i(?:'d| would) (?:like|love) (?:you )?to "
    r"|i want (?:you )?to |let me |let's )?"
)
_ALL = r"(?:(?:all|every|each|any|the|my|our|your|of|some|more|other|those|these|both|only|just)\s+)*"
_HEAD = rf"^{_PLEASE}{_ASK}"
_REST = r"(?P<rest>\b.*)?$"
_COMMANDED = re.compile(
    rf"{_HEAD}(?:(?:bring|pull|look|dig) up|(?:dig|pick|pull|get) out|(?:look|go|flip|scroll|leaf) (?:at|through"
    rf"|over|for)"
    r"|show|list|find|display|get|give|see|browse|open|fetch|bring|filter|search(?: for)?)"
    rf"(?: (?:me|us))?\s+(?:again\s+)?(?P<all>{_ALL})"
    rf"(?:(?P<kind>{_KIND}{{1,2}})(?P<many>{_MANY}|ones)"
    rf"|(?P<what>{_THINGS}|everything|everybody|all|anything|something|what)?)\b\s*{_REST}",
    re.IGNORECASE,
)
_ONE_OF = re.compile(
    rf"{_HEAD}(?:show|see|find|look at|open)(?: me)? (?:again )?(?:"
    r"the (?P<kind>(?!last|next|previous|first|other|same|new|whole|big|real|right|wrong|original|full|large|old)"
    r"[\w'-]+) (?:photo|picture|pic|image)"
    r"|(?:what|everything|all|the things?) (?:that )?i(?:'ve| have)? (?:said|told you|ever told you) (?:about|of)"
    r" (?:my |the |our )?(?P<topic>\S.*))$",
    re.IGNORECASE,
)
""" "I want to see the bear photo", "show me what I told you about my nan"."""
_WHICH = re.compile(
    rf"^{_PLEASE}(?:which|what|how many)\s+(?P<all>{_ALL})(?P<kind>{_KIND}{{0,2}}?)(?P<what>{_MANY}"
    rf"|ones)\b\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
_HAVE = re.compile(
    rf"^{_PLEASE}(?:(?:do (?:you|we|i) (?:still )?have|have (?:you|we|i)(?: (?:got|ever|already|shown|told|given"
    rf"|taken|kept"
    rf"|added|made|you))*|did (?:we|i) (?:ever )?(?:show you|take|give you|add|keep|make)|are there|is there"
    rf"|where are))\s+"
    rf"(?P<all>{_ALL})(?P<kind>{_KIND}{{0,2}}?)(?P<what>{_MANY}|anything|something|everything)\b\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
_BARE = re.compile(
    rf"^{_PLEASE}(?P<all>{_ALL})(?P<what>{_THINGS}|everything|all|anything|something)\b\s*(?P<rest>.*)$", re.IGNORECASE
)
_LIMITS = re.compile(
    r"(?:of|from|with|in|at|about|since|before|after|between|where|by|taken|that|on|during|\d)", re.IGNORECASE
)
"""How the words begin that limit a list."""
_ALL_OF = re.compile(
    rf"^{_PLEASE}(?:all|every one|each one)(?: of)? (?:my|our|the) (?P<rest>.+?) (?:over the years|through the years"
    rf"|so far"
    r"|until now|up to now|ever|(?:that )?(?:we|i|you) (?:have|know|took|kept|own|owned))$",
    re.IGNORECASE,
)
_OF_WHICH = re.compile(
    rf"^{_PLEASE}(?:which|what) (?P<rest>.+?) (?:do|did|have) (?:i|we|you) (?:have |got |take "
    rf"|taken )*(?:any )?{_MANY} (?:of|from|with)$",
    re.IGNORECASE,
)
_PHOTOS = rf"(?:(?:any|some) )?{_MANY}(?: (?:of|from|with))?"
_HAD = (
    r"(?:have|got|had|know|remember|kept|keep|seen?|shown?|photograph(?:ed)?|take|taken|(?:tell|told) you (?:about|of))"
)
_MINE = rf"(?:in|on) (?:any of )?(?:my|our|your|the|these) (?:{_MANY}|album|memory)"
_OF_KIND = re.compile(
    rf"^{_PLEASE}(?:(?:which|what|how many)(?: (?:kinds?|sorts?) of)?|show me|list)(?: of)? {_ALL}(?P<kind>[^\W\d_]+)"
    rf"(?:\s+(?:(?:do|did|have) (?:i|we|you)(?: {_HAD})?(?: you)?(?: {_PHOTOS})?|(?:are|is) there"
    rf"|(?:(?:are|is|appear) )?{_MINE}|can you (?:show me|find)))?(?: (?:so far|here|at all))?$",
    re.IGNORECASE,
)
""" "Which pets do I have?", "what drinks did I photograph": of a category, see `categories.py`."""
_WHO = re.compile(
    rf"^{_PLEASE}who(?:m|s|'s| all)? (?:(?:do|did|have) (?:i|we|you) (?:have|got|know|take|taken)?\s*(?:{_PHOTOS})"
    rf"|(?:is|are|appears?)? ?{_MINE})$",
    re.IGNORECASE,
)
_ELSE = re.compile(
    rf"^{_PLEASE}what (?:else )?(?:(?:do|did) (?:you|we|i) have|have (?:you|we|i)(?: got)?|is there)"
    r" (?P<rest>(?:of|from|about) .*)$",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"(?:him|her|it|them|this|that|me|us|you|these|those|mind|here|there|else)?$", re.IGNORECASE)
_DONE = re.compile(
    rf"^{_PLEASE}(?:what (?:did|have) (?:we|i|you)"
    r" (?:do|done|see|seen|photograph(?:ed)?|take|taken|get up to|been up to)\b"
    r"|what (?:happened|was (?:going on|there|up))|where (?:did|have) (?:we|i) (?:go|been|travel)|where were (?:we|i)"
    r"|what (?:do you have|have you got|is there))\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
_PLAIN = (
    rf"{_HEAD}(?:show|list|find|search(?: for)?) "
    r"(?!(?:(?:me|us) )?(?:the|some|any|a|more|other|those|these|both|just|only) )"
)
_NO_OBJECT = re.compile(
    r"^(?:how|why|when|whether|if|who|whom|whose|where|that|this|it|them|him|her|your?|out|to|something|me|us"
    r"|settings|help|again|more|less|another|the (?:last|next|previous|first|other|caption|answer|words?|way"
    r"|difference|time))\b",
    re.IGNORECASE,
)
_ONE = re.compile(r"^(?:a|an|one|this|that|the)\b", re.IGNORECASE)
_LINKS = re.compile(
    r"\b(?:do|did|have|had) (?:you|we|i)\b(?: (?:have|got|know|keep|kept|remember|take|taken|took|show|make|made|see))?"
    r"|\b(?:are|were|is|was) there\b"
    r"|\b(?:that|which|who)? ?(?:show|shows|have|has|contain|mention|mentions|i took|we took"
    r"|i have|we have|you have|you know|you remember)\b|\b(?:taken|made|shot|stored|remembered|exist|got)\b",
    re.IGNORECASE,
)
_FILLER = frozenset(
    """of from with in at on about the my our your me us we i you all any every where that which is are was were and do
    did have has there show shows please together both anywhere memory memories album for by to it here photos photo
    pictures picture pics images snaps shots entries everything anything things stuff something a an ones one some only
    just again over else got""".split()
)
_VIEW = re.compile(
    r"\b(?:him|hers?|his|its?|them|these|their|(?:this|that|the same)(?: \w+)?|(?:he|she|they)(?= (?:in|on)\b))\b",
    re.IGNORECASE,
)
"""Words that point to what the photo in view shows."""
_MORE = re.compile(r"\b(?:more|others?|another|additional|further)\b", re.IGNORECASE)
_ASKING = re.compile(
    rf"{_PLEASE}(?:is (?:he|she|it)(?= (?:in|on)\b)|are they(?= (?:in|on)\b)|(?:is|are) there|is it possible"
    rf"|i(?:'d| want| would)|(?:{_MANY}|you have|can|could|may|would|will|let|show|list|find|see|give|get|got|have|has"
    r"|do|does|did|any|all|which|what|how|where|more|other|others))\b",
    re.IGNORECASE,
)
_MEANT = frozenset(
    """show list find see give get got have has do does did any all every each which what how many where can could may
    would will let want like love please pls plz hey hi ok okay and now so well keepsake is are he she they there else
    by some maybe just too also already yet i'd shown other images alike similar ones one look looks saved possible
    kept""".split()
)
"""Words beside which a request for photos of what is in view has no others."""
_EDGE = re.compile(r"^[\s,:;.?!]+|[\s,:;.?!]+$")


def request(text: str, now: datetime | None = None, *, field: bool = False) -> ListRequest | None:
    """What list `text` asks for; None when it asks for none.

    `now`: the moment it is said, as `time_phrases.parse` takes it. `field`: the text stands in the search field, where
    "photos of Anna" alone can be nothing else.
    """
    asks, text = text.rstrip().endswith("?"), _EDGE.sub("", " ".join(text.replace("’", "'").split()))
    if len(text) > 200 or re.search(r"[.!?]\s+\w", text):
        return None  # a story, or more than one sentence
    if not field and (wanted := _of_view(text, now, asks=asks)):
        return wanted
    if (found := _OF_KIND.match(text)) and (category(found["kind"])) and found["kind"].endswith(("s", "e", "y")):
        return _limited(found["kind"], now)
    if _WHO.match(text):
        return ListRequest("people")
    if found := _ONE_OF.match(text):
        return _limited(found["kind"] or found["topic"], now)
    if found := _COMMANDED.match(text):
        return _commanded(found, text, now, field)
    if found := _WHICH.match(text) or _HAVE.match(text):
        rest = found["rest"]
        if re.match(
            rf"(?:is|are|was|were|did|does|do|looks?|has) (?!(?:there|you|we|i|{_LIMITS.pattern})\b)", rest, re.I
        ):
            return None  # "which photos are better"
        if found["what"].lower() in ("anything", "something", "ones") and not _LIMITS.match(rest):
            return None  # "do you have anything to say"
        alone = not rest or not terms(_LINKS.sub(" ", rest))
        return _limited(f"{found['kind']}{rest}", now, alone=alone and not found["kind"])
    if (found := _BARE.match(text)) and not re.search(
        r"\b(?:is|are|was|were|will|got|had|has|came|looks?)\b", found["rest"], re.IGNORECASE
    ):  # else it tells something of them
        what, one_of_all = found["what"].lower(), re.search(r"\b(?:all|every|each)\b", found["all"], re.IGNORECASE)
        many = re.fullmatch(_MANY, what) or what == "everything" or (re.fullmatch(_THINGS, what) and one_of_all)
        if (field or many or (asks and what != "all")) and _LIMITS.match(found["rest"]):
            return _limited(found["rest"], now)
        if what == "all" and found["all"].strip() and _LIMITS.match(found["rest"]):
            return _limited(found["rest"], now)
    if found := _ALL_OF.match(text) or _OF_WHICH.match(text) or _ELSE.match(text):
        return _limited(found["rest"], now)
    if found := _DONE.match(text):
        return _limited(found["rest"], now, timed=True)
    return None


def _of_view(text: str, now: datetime | None, *, asks: bool) -> ListRequest | None:
    """The request for photos of what the photo in view shows: "Any more of him?", "show me her other photos".

    It speaks of more, or of photos, points to what is in view or to nothing, and says nothing else.
    """
    asked = time_phrases.parse(text, now)
    said = asked.words
    if not (asks or re.match(rf"{_HEAD}(?:show|list|find|see|give|any|all|more|other|got)\b", said, re.I)):
        return None  # "one more of him" may tell what a photo shows
    more, many = _MORE.search(said), re.search(rf"\b(?:{_MANY}|ones)\b", said, re.I)
    if not _ASKING.match(said) or not (more or (many and _VIEW.search(said))):
        return None
    if re.fullmatch(r"(?:(?:and|so|but|tell me|what)\W+)*more\W*", said.strip(), re.I):
        return None  # "and more?" asks the model to go on
    left = _VIEW.sub(" ", _MORE.sub(" ", said)).replace("'s", " ")
    rest = [
        w for w in re.findall(r"[\w']+", left.lower()) if w not in _MEANT | _FILLER and not re.fullmatch(_THINGS, w)
    ]
    return ListRequest("", asked.since, asked.before, asked.why, here=True, without=asked.without) if not rest else None


def _commanded(found: re.Match[str], text: str, now: datetime | None, field: bool) -> ListRequest | None:
    """The list that "show me ..." asks for."""
    what, rest = (found["many"] or found["what"] or "").lower(), _EDGE.sub("", found["rest"] or "")
    if found["kind"]:
        return _limited(f"{found['kind']}{rest}", now)
    if what == "what":  # "show me what we did last summer"
        return _limited(rest, now, timed=True) if re.match(r"(?:we|i|you|happened|there)\b", rest, re.I) else None
    if what in ("anything", "something", "ones") and not _LIMITS.match(rest):
        return None
    if not what and (not rest or _NO_OBJECT.match(rest) or (_ONE.match(rest) and not field)):
        return None
    if not what and not field and not re.match(_PLAIN, text, re.IGNORECASE):
        return None  # "get some rest", "show me the way home"
    single = re.fullmatch(_THINGS, what) and not re.fullmatch(rf"{_MANY}|ones", what)
    if single and re.fullmatch(r"(?:the|my|our|your|those|these)?\s*", found["all"], re.I) and not field:
        return None  # "show the photo": one that is in view
    return _limited(rest, now, alone=bool(what) and (what == "everything" or not rest))


def _limited(rest: str, now: datetime | None, *, timed: bool = False, alone: bool = False) -> ListRequest | None:
    """The request with the limits that `rest` names. `timed`: only a time may stand there; `alone`: nothing need."""
    asked = time_phrases.parse(rest, now)
    if not asked.why and re.fullmatch(r"\D*(?:19|20)\d\d\D*", rest):  # "photos 2024"
        asked = time_phrases.parse(re.sub(r"((?:19|20)\d\d)", r"in \1", rest), now)
    words = _words(asked.words)
    if timed:
        done = re.sub(
            r"^(?:we|i|you)?\s*(?:did|do|saw|took|happened|have|has|was|there|went|been|were|got up to)*\s*",
            "",
            words,
            flags=re.I,
        )
        return _of(asked, "") if asked.why and not terms(done) else None
    if (not words and not asked.why and not alone) or (words and _PRONOUN.fullmatch(words)):
        return None
    return _of(asked, words)


def _of(asked: time_phrases.TimeQuery, words: str) -> ListRequest:
    return ListRequest(words, asked.since, asked.before, asked.why, without=asked.without)


def _words(text: str) -> str:
    """The words that limit a list, without those that only lead to them: "do you have of Anna" gives "Anna"."""
    words = _EDGE.sub("", _LINKS.sub(" ", text)).split()
    while words and words[0].lower().strip(",") in _FILLER:
        words.pop(0)
    while words and words[-1].lower().strip(",") in _FILLER:
        words.pop()
    return _EDGE.sub("", " ".join(words))
