"""A generated text as sentences and clauses, and those of them that claim nothing: abstentions and small talk."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.grounding.words import lexicon
from assistant.grounding.words.phrases import is_verb
from assistant.grounding.words.tokens import Token, tokens

_END = re.compile(r"(?:[.!?…]+[\"”'’)]*|\n)(?=\s|$)\s*")
_TITLE = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Prof|Rev|St|e\.g|i\.e|approx|[A-Z])\.$")
_BEFORE_NUMBER = re.compile(
    r"\b(?:b|d|c|ca|est|nr|vol|pp?|abt|tel|max|min|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.$", re.IGNORECASE
)
""" "Born" and the like before a number, "b. 2016"."""
_ABSTAINS = re.compile(
    r"""^(?:sorry,?\s+|unfortunately,?\s+|but\s+)?(?:
    (?:i|we)\s(?:really\s)?(?:do\snot|don't|did\snot|didn't|cannot|can't|could\snot|couldn't|am\snot
      |'m\snot|have\sno|have\snot|haven't)
      \s(?:know|sure|certain|remember|recall|see\sany|tell|recogni[sz]e|have|able|been\stold|idea|memor|find|told)
    |i'm\snot\s(?:sure|certain|able)|no\sidea|i\shave\sno\s
    |(?:you|they)\s(?:did\snot|didn't|have\snot|haven't|never)\s(?:yet\s)?
      (?:tell|told|been\stold|mention|say|said|share|specif|describe)
    |(?:none\sof|nothing\sin)\s(?:your|the|my)\s(?:memor|words|photos)
    |there\s(?:are|is)\sno\s(?:memor|information|mention|record)
    |(?:your|the|my)\smemor(?:y|ies)\s(?:do\snot|don't|does\snot|doesn't)\s(?:say|mention|tell|match|include|contain)
    |(?:that|it|this)\s(?:is|was)\snot\s(?:mentioned|told|stated|clear|known|said)|nothing\swas\s(?:told|said)|(?:you|it|this)\b[^.]*\bday\s(?:is\s)?unknown
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_UNTOLD = re.compile(
    r"""\b(?:
    you\s(?:did\snot|didn't|have\snot|haven't|never)\s(?:yet\s)?
      (?:(?:tell|told)\sme|mention(?:ed)?|written|write|noted?|named?|(?:say|said|told|tell)(?:\sof)?\W*$)
    |you\s(?:told\sme\s(?:of|about)|mentioned|wrote\sof|spoke\sof|noted|named)\sno(?:body)?\b
    |(?:none|nothing)\sthat\si\sknow\sof|i\s(?:know|have\sheard)\snothing\b|(?:of|about)\s[^,.]*\si\sknow\snothing
    |i\s(?:do\snot|don't)\s(?:know\sof|have)\W*$|i\sknow\snothing\sof\W*$
    |(?:is|was|are|were)(?:\snot|n't)\s(?:mentioned|told|named|noted|said|given|part\sof\syour|in\s(?:your|the)\snote)
    |(?:is|are)\smissing\sin\syour|(?:never|not)\s(?:came|come|been)\s(?:up|mentioned)|no\s[\w\s-]{1,30}(?:was|were|is|been)\smentioned
    )""",
    re.IGNORECASE | re.VERBOSE,
)
"""The same in other words, which need not come first: "Where she moved never came up", "A price you did not note"."""
_TALK = re.compile(
    r"""^(?:hello|hi|hey|thanks?|thank\syou|you(?:'re|\sare)\s(?:very\s)?welcome
    |good\s(?:morning|evening|day|afternoon|night)
    |my\spleasure|no\sproblem|sure|of\scourse|great|nice|lovely|glad|i(?:'m|\sam)\s(?:glad|happy|here)
    |happy\sto|let\sme\sknow
    |how\s(?:can|may)\si
    |what\s(?:would|else|can)|feel\sfree|i\swill\s(?:remember|keep)|i'll\s(?:remember|keep)|noted|okay|ok
    |is\sthere\sanything
    |would\syou|do\syou\swant|bye|goodbye|see\syou)\b""",
    re.IGNORECASE | re.VERBOSE,
)
SMALL = re.compile(
    r"^\W*(?:hello|hi|hey|hiya|good (?:morning|evening|afternoon|night)|thanks?(?: you)?(?: (?:so|very) much| a lot)?"
    r"|thx|ty|cheers|bye|goodbye|how are you(?: (?:today|doing|feeling|now|this \w+))*|ok|okay|great|cool|nice)"
    r"(?: there| again| keepsake)?\W*$",
    re.IGNORECASE,
)
"""A message of the user that is small talk and asks nothing."""
_TOLD_FRAME = re.compile(
    r"^\W*(?:(?:as )?you (?:once |also )?(?:told me|said|mentioned|wrote|remember(?:ed)?)(?: (?:me )?that)?[:,]?|"
    r"i remember(?: that)?[:,]?|"
    r"according to (?:you|your memor\w+|what you told me),?|"
    r"(?:in|on) (?:this|the) (?:new )?(?:photo(?:graph)?|picture|image),?|"
    r"(?:this|the|a) (?:new )?(?:photo(?:graph)?|picture|image) (?:of|shows|features|depicts)|"
    r"(?:it|this|that) (?:looks like|seems to be|may be|might be|could be|must be)|"
    r"(?:maybe|perhaps|probably)[:,]?|and|but|because|since|while)\s+",
    re.IGNORECASE,
)
YES_NO = re.compile(
    r"^\W*(?:(?:yes|yeah|yep|correct|right|exactly|indeed|nope)\b"
    r"|no\b(?=\s*(?:[,.!:;–—-]|$)|\s+(?:i|you|he|she|it|we|they|this|that|there|not|never)\b))[\s,.!:;–—-]*",
    re.IGNORECASE,
)
"""How an answer begins that says yes or no; "No runners." tells of runners."""
_JOINING = frozenset("and but who which whom because while".split())
"""Words that join a clause to the one before it, and are part of neither."""


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text, with their ends and without the spaces between them."""
    yield from (piece.strip() for piece in pieces(text))


def pieces(text: str) -> Iterator[str]:
    """The sentences of a text, each with the spaces behind it: joined they are the text."""
    begin = 0
    for match in _END.finditer(text):
        piece = text[begin : match.end()]
        if _goes_on(piece, text[match.end() :]):
            continue
        if piece.strip():
            yield piece
            begin = match.end()
    if text[begin:].strip():
        yield text[begin:]


def ends_sentence(text: str) -> int:
    """The position after the last sentence that is surely complete, since another has begun; 0: there is none."""
    last = 0
    for match in _END.finditer(text):
        if match.end() < len(text) and not _goes_on(text[last : match.end()], text[match.end() :]):
            last = match.end()
    return last


def _goes_on(piece: str, rest: str) -> bool:
    """Whether a full stop ends a short form, and no sentence: "Dr. Nolan", "b. 2016"."""
    piece = piece.strip()
    return bool(rest and (_TITLE.search(piece) or (rest[0].isdigit() and _BEFORE_NUMBER.search(piece))))


def abstains(sentence: str) -> bool:
    """Whether a sentence says that something is not known."""
    plain = sentence.replace("’", "'")
    return bool(_ABSTAINS.search(plain) or _UNTOLD.search(plain))


def small_talk(sentence: str) -> bool:
    """Whether a sentence is politeness, and claims nothing about the user's life."""
    if not _TALK.search(sentence.replace("’", "'")) or re.search(r"remind|told", sentence):
        return False
    found = tokens(sentence)
    return len(found) <= 14 and not any(t.kind in ("name", "day", "number") for t in found)


def without_frame(sentence: str) -> str:
    """The sentence without "You told me that ...", "The photo shows ..." and the like."""
    while (match := _TOLD_FRAME.match(sentence)) and match.end() < len(sentence):
        rest = sentence[match.end() :]
        if re.match(r"\W*(?:it|this|that) (?:looks|seems|may|might|could|must)", match[0], re.IGNORECASE):
            return f"This is {rest}"
        sentence = rest
    return sentence


def clauses(found: Sequence[Token]) -> list[list[Token]]:
    """The clauses of a sentence: cut before "and you", "who", "which", and at commas before a new subject or verb."""
    out: list[list[Token]] = [[]]
    for i, t in enumerate(found):
        cut = _ends_clause(found, i, begun=bool(out[-1]))
        if cut:
            out.append([])
        if t.kind != "stop" and not (cut and t.text.lower() in _JOINING):
            out[-1].append(t)
    return [c for c in out if any(t.content or t.kind in ("me", "not") for t in c)]


def _ends_clause(found: Sequence[Token], i: int, *, begun: bool) -> bool:
    """Whether a clause, which has words already if it is `begun`, ends before a word, or with a comma."""
    low, behind = found[i].text.lower(), found[i + 1 : i + 3]
    if found[i].kind == "stop":
        return found[i].text in ",;:—–(" and bool(behind)
    if low in ("who", "which", "because", "while", "when", "where"):
        return begun
    if low not in ("and", "but", "whom") or not begun or not behind:
        return False
    after = behind[0]
    if after.kind in ("me", "be", "aux") or after.text.lower() in lexicon.SUBJECTS or is_verb(after):
        return True
    return after.kind in ("word", "name") and any(is_verb(t) or t.kind == "word" for t in behind[1:])


def small_reply(question: str, held: str) -> str:
    """An answer to small talk: the model's own (`held`), unless it has none or only repeats the user."""
    plain = re.sub(r"\W+", "", held).casefold()
    if held and plain != re.sub(r"\W+", "", question).casefold() and not any(map(abstains, sentences(held))):
        return held
    if re.search(r"\b(?:good ?)?bye\b|\bsee you\b|\bciao\b|\bgood night\b", question, re.IGNORECASE):
        return "Goodbye."
    return "You are welcome." if re.search(r"\bth(?:an|x)|cheers|\bty\b", question, re.IGNORECASE) else "Hello."
