"""What a typed line is for: it tells something about the photo in view, asks, only talks, or cannot be known.

What tells is kept in the memory, so two errors count: a question that is kept, and a telling that is lost. A line that
is truly unclear is neither kept nor lost: the app asks. Rules, no model: the answer is the same at any time, at once.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from assistant.dialogue import act_lexicon as lex
from assistant.dialogue.about_app import ABOUT_APP, FEELS, HOW_TO, PARDON
from memory.instructions import tasks
from memory.naming.word_lists import GIVEN

Kind = Literal["tell", "question", "talk", "unclear"]


class Act(NamedTuple):
    """What a line is for."""

    kind: Kind
    words: str = ""
    """The words to be remembered, as the user wrote them, without "No," or "That's not Leo,". "" when none are."""
    verdict: bool | None = None
    """What the line says of the recalled memory: False, it is not the same; True, it is; None, nothing."""
    denied: str = ""
    """Who or what it is not, in lower case: "leo"; "" when no name was said."""
    question: str = ""
    """What the line asks, beside what it tells."""


def act_of(text: str, *, asked: bool = False) -> Act:
    """What `text` is for, typed with a photo in view. `asked`: the app has just asked who or what is in the photo."""
    written, text = text.strip(), " ".join(text.split())
    if len(re.findall(r"\w", text)) < 2:  # a "y" to a question that has gone
        return Act("talk")
    if HOW_TO.fullmatch(plain(text).rstrip(" .!?…)")):  # "Hi there! What can you do?"
        return Act("talk")
    if any(True for _ in tasks(text)):  # "When you see this plant again, remind me to water it."
        return Act("tell", written)
    verdict, denied, rest = _verdict(text)
    if not rest:
        return Act("talk", verdict=verdict, denied=denied)
    if verdict is False and not denied and lex.NO.match(plain(text)) and re.match(r"(?:i think )?you\b", plain(rest)):
        verdict = None  # "No, you got that wrong" complains about an answer
    tells, questions, kinds = _parts(rest, asked or verdict is False)
    kept, question = _sentence(" ".join(tells).strip()), " ".join(questions)
    kept = written if kept == _sentence(text) else kept  # with its own line breaks
    if "tell" in kinds:
        if verdict is False and not denied and lex.NO.match(plain(text)) and not _names(kept):
            verdict = None  # "No, it was in Vienna." corrects an answer, not who or what is in the photo
        if (
            denied
            and denied not in GIVEN
            and (of := lex.OF_ANOTHER.match(f"{denied}\n{plain(kept)}"))
            and (of["what"] or "") in plain(kept)
        ):
            verdict, denied = None, ""  # "not the wedding of Lena, it was that of Marta": the same boots
        return Act("tell", kept, verdict, denied, question)
    if "question" in kinds:
        return Act("question", question=text)
    if "unclear" in kinds:
        return Act("unclear", kept, verdict, denied)
    return Act("talk", verdict=verdict, denied=denied)


def _parts(rest: str, asked: bool) -> tuple[list[str], list[str], list[Kind]]:
    """The sentences of a line that tell, those that ask, and the kind of each."""
    tells: list[str] = []
    questions: list[str] = []
    kinds: list[Kind] = []
    sentences = re.split(r"(?<=[.!?])\s+|\n", rest)
    of = [_kind(sentence, asked) for sentence in sentences]
    for sentence, kind in zip(sentences, of, strict=True):
        if (after := _question_after(sentence)) and any(one.match(plain(sentence)) for one in lex.TELLS):
            kinds += ["tell", "question"]
            tells.append(sentence[:after] + ".")
            questions.append(sentence[after:].strip(" ,"))
            continue
        kinds.append(kind)
        if kind == "question":
            questions.append(sentence)
            if "tell" in of and _doubted(sentence):
                tells.append(sentence)  # "My cat. He was 5 here?": asked, and not lost
        elif kind != "talk" or tells:  # after a telling, all that is no question belongs to it
            tells.append(sentence)
    return tells, questions, kinds


def plain(text: str) -> str:
    """`text` in lower case with straight apostrophes, slips in small words mended. The length may change."""
    return _mended(text)[0]


def _mended(text: str) -> tuple[str, list[int]]:
    """The plain form of `text`; and for each of its characters, and for its end, where in `text` that comes from."""
    low = text.lower() if len(text.lower()) == len(text) else text
    low = low.translate(lex.APOSTROPHES)
    out, origin, at = "", [], 0
    for found in re.finditer(r"[a-zäöüß]+(?:'[a-z]+)?", low):
        word = lex.TYPOS.get(found[0], found[0])
        if found[0] == "its" and found.start() == 0 and lex.ITS_A.match(low):  # "its our car", but "its name"
            word = "it's"
        out += low[at : found.start()] + word
        origin += [*range(at, found.start()), *[min(found.start() + n, found.end() - 1) for n in range(len(word))]]
        at = found.end()
    return out + low[at:], [*origin, *range(at, len(low) + 1)]


def _verdict(text: str) -> tuple[bool | None, str, str]:
    """The verdict at the beginning of a line, who it is not, and what is left of the line, as the user wrote it."""
    verdict: bool | None = None
    rest, led = text, True
    while rest and led:
        led = False
        low, origin = _mended(rest)
        for pattern, said in ((lex.YES, True), (lex.NO, False), (lex.LEADS, None)):
            found = pattern.match(low)
            if found and not (said is None and _talks(low.rstrip(" .!"))):
                verdict = verdict if said is None else said
                rest, led = rest[origin[found.end()] :], True
                break
    low, origin = _mended(rest)
    bare = low.rstrip(" .!")
    if lex.ISNT.match(bare) or lex.SOMEONE_ELSE.match(bare):
        return False, "", ""
    if verdict is not False and lex.CONFIRMS.match(bare) and (verdict or not bare.endswith(("'s", " is"))):
        return True, "", ""
    if (found := lex.DENIED.match(low)) and (who := _denied(found, rest[origin[found.start("who")] :], low)):
        after = rest[origin[found.end("who")] :].lstrip(" ,.;:!?–—-").removeprefix("but ")
        return False, "" if lex.ANYBODY.match(who) else who, after
    if (found := lex.DENIED_AFTER.match(bare)) and not lex.ANYBODY.match(found["who"]):
        return False, found["who"], rest[: origin[found.start("rest")]]
    return verdict, "", rest


def _denied(found: re.Match[str], written: str, low: str) -> str:
    """Who or what a sentence denies to be in the photo; "" when it says how somebody is not: "he is not friendly"."""
    who, named = found["who"].strip(), written[:1].isupper()
    words = who.split()
    if lex.ANYBODY.match(who):
        return who
    if lex.NO_ONE.match(who) or (found[0].startswith(("he", "she", "they")) and not named):
        return ""
    if found[0].endswith("but ") and not _names(low[found.end() :]):
        return ""  # "it isn't expensive but it was my mother's"
    return who if named or len(words) == 1 or words[0] in ("the", "my", "our", "his", "her", "their") else ""


def _kind(sentence: str, asked: bool) -> Kind:
    """What one sentence is for."""
    low = plain(sentence)
    asks = low.endswith("?")
    low = low.rstrip(" .!?…)")
    if HOW_TO.fullmatch(low) or (asks and PARDON.match(low)):
        return "talk"
    if asks and lex.GUESSES.match(low):  # "I think he's called Gustl??"
        return "unclear"
    if asks or not low:
        return "question" if low else "talk"
    if _tagged(low):
        return "question"
    if _talks(low) or any(one.match(low) for one in ABOUT_APP):
        return "talk"
    if found := lex.THINKS.match(low):
        return _kind(low[found.end() :], asked) if not lex.DOUBT.match(low) else "unclear"
    if lex.DOUBT.match(low):
        return "tell" if re.search(r" but (?:this|that|it|he|she)(?:'s| is| was)\b", low) else "unclear"
    if FEELS.match(low):  # "I'm sad today, Biscuit died last week": maybe nothing that this photo shows
        return "unclear"
    if lex.ASKED_AFTER.search(low):
        return "question"
    if any(one.match(low) for one in lex.TELLS):
        return "tell"
    if not re.search(rf", {lex.AUX}\b|^(?:where|what|how)\b.* (?:do|does|did)\b", low):
        then = lex.IF_THEN.match(low)
        if lex.WHEN_SHE_WAS_SHE.match(low) or (then and not any(one.match(then["then"]) for one in lex.ASKS)):
            return "tell"
        if lex.WHEN_SHE_WAS.match(low):
            return "tell" if asked else "unclear"
    if re.match(r"may (?:\d|(?:in|at|on|with)\b|,)|will(?: (?:in|at|on|with|as)\b|,)", low):  # a month, or names
        return _statement(low, sentence, asked)
    if re.match(r"(?:was|were|is|did) (?:my|our)\b", low):  # "was my grandmother's", "was my grandmother there"
        return "tell" if asked else "unclear"
    wanted = re.sub(r"^(?:(?:just|please|then|now) )+", "", low)
    if any(one.match(wanted) for one in lex.ASKS):
        return "question"
    return _statement(low, sentence, asked)


def _talks(low: str) -> bool:
    return bool(lex.TALKS.fullmatch(low)) or any(one.match(low) for one in lex.TALKS_ABOUT)


def _question_after(sentence: str) -> int:
    """Where a question after a comma begins in `sentence`; 0 when there is none."""
    low = plain(sentence)
    found = None if _tagged(low.rstrip(" .!?")) else lex.ASKED_AFTER.search(low)
    return len(sentence) - (len(low) - found.start()) if found else 0


def _tagged(low: str) -> bool:
    """Whether a sentence ends like "..., right" or "..., isn't he"."""
    return bool(lex.TAG.search(low)) and len(low.split()) > 2 and not lex.FAMILY.match(low)


def _doubted(sentence: str) -> bool:
    """Whether a sentence ends in "?" and tells nevertheless: "my cousin, her name was Maria?"."""
    low = plain(sentence).rstrip(" .!?")
    if _tagged(low) or _talks(low) or re.match(r"(?:this|that|these|those|you|and|or|so|but)\b", low):
        return False
    if any(one.match(low) for one in lex.ASKS):
        return False
    return any(one.match(low) for one in lex.TELLS) or _statement(low, sentence, False) == "tell"


def _statement(low: str, sentence: str, asked: bool) -> Kind:
    """What a sentence is for that has no clear beginning."""
    words = re.findall(r"[\w'-]+", low)
    if not words:  # no letters
        return "talk"
    verbs = [w for w in words[1:] if w in lex.VERBS or (w.endswith("ed") and len(w) > 4)]
    if words[0] == "you":
        return "unclear"
    if re.match(rf"{lex.PRONOUN}(?:'\w+)?$", words[0]) and len(words) > 2:
        return "tell"
    if lex.POSSESSIVE.match(low) or lex.FAMILY.match(low) or lex.CLAUSE_AFTER.search(low) or (verbs and len(words) > 2):
        return "tell"
    told = len(words) > 4 or (len(words) > 2 and bool(re.search(r"\b(?:19|20)\d\d\b", low)))
    if asked or (told and words[0] not in ("the", "all")):
        return "tell"
    return "unclear"


def _names(words: str) -> bool:
    """Whether `words` say who or what is in the photo, and not where, when or how it was."""
    low = plain(words)
    if re.match(r"(?:it|he|she|this|that|they)(?:'s| is| are) (?:in|at|on|from|with|near|not|\d+)\b", low):
        return False
    return not re.match(r"(?:it|he|she|we|they|i)\b(?!'s| is|'re| are)", low)


def _sentence(text: str) -> str:
    """`text` as a sentence of its own: it begins with a capital letter."""
    return text[:1].upper() + text[1:]
