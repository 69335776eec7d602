"""What a typed line is for: it tells something about the photo in view, asks, only talks, or cannot be known.

What tells is kept in the memory, so two errors count: a question that is kept, and a telling that is lost. A line that
is truly unclear is neither kept nor lost: the app asks. Rules, no model: the answer is the same at any time, at once.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from assistant.dialogue.sentences.about_app import HOW_TO, OF_ANSWER
from assistant.dialogue.sentences.app_questions import topic_of
from assistant.dialogue.sentences.left_out import STOPPED_IT
from assistant.dialogue.sentences.plain_text import plain
from assistant.dialogue.sentences.sentence_kinds import Kind, doubted, kind_of, question_after
from assistant.dialogue.spoken_verdict import NO, OF_ANOTHER, says_who, verdict_of
from assistant.dialogue.taken_back import settled
from memory.instructions import tasks
from memory.naming.word_lists import GIVEN


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
    of_answer: bool = False
    """Whether a verdict without more may be of an answer as well as of a recall: "wrong", "you mixed them up"."""


def act_of(text: str, *, asked: bool = False) -> Act:
    """What `text` is for, typed with a photo in view. `asked`: the app has just asked who or what is in the photo."""
    written, text = text.strip(), " ".join(text.split())
    if len(re.findall(r"\w", text)) < 2:  # a "y" to a question that has gone
        return Act("talk")
    low = plain(text).rstrip(" .!?…)")
    if HOW_TO.fullmatch(low) or topic_of(low):  # "Hi there! What can you do?"
        return Act("talk")
    if any(True for _ in tasks(text)):  # "When you see this plant again, remind me to water it."
        return Act("tell", written)
    verdict, denied, rest = verdict_of(text)
    if not rest:
        bare = verdict is False and not denied and OF_ANSWER.match(plain(text))
        return Act("talk", verdict=verdict, denied=denied, of_answer=bool(bare))
    if verdict is False and not denied and NO.match(plain(text)) and re.match(r"(?:i think )?you\b", plain(rest)):
        verdict = None  # "No, you got that wrong" complains about an answer
    if denied and re.match(r"(?:is|are)\b", plain(rest)):
        rest = f"It {rest}"  # "is not Bruno, is Mia"
    tells, questions, kinds = _parts(rest, asked or verdict is False)
    kept, question = _sentence(" ".join(tells).strip()), " ".join(questions)
    kept = written if kept == _sentence(text) else kept  # with its own line breaks
    if "tell" in kinds:
        return Act("tell", settled(kept), *_said_of_recall(text, kept, verdict, denied), question)
    if "question" in kinds:
        return Act("question", question=text)
    if "unclear" in kinds:
        return Act("unclear", kept, verdict, denied)
    if not denied and re.match(r"(?:i|that's (?:not )?what i) (?:meant?|asked|wanted|don't|didn't)\b", plain(rest)):
        verdict = None  # "Wrong, I meant the other market" says nothing of what the photo shows
    return Act("talk", verdict=verdict, denied=denied)


def _said_of_recall(text: str, kept: str, verdict: bool | None, denied: str) -> tuple[bool | None, str]:
    """What a line that tells something (`kept`) says of the recalled memory besides, and whom or what it denies."""
    if verdict is False and not denied and NO.match(plain(text)) and not says_who(kept):
        return None, ""  # "No, it was in Vienna." corrects an answer, not who or what is in the photo
    another = OF_ANOTHER.match(f"{denied}\n{plain(kept)}") if denied and denied not in GIVEN else None
    if another and (another["what"] or "") in plain(kept):
        return None, ""  # "not the wedding of Lena, it was that of Marta": the same boots
    return verdict, denied


def _parts(rest: str, asked: bool) -> tuple[list[str], list[str], list[Kind]]:
    """The sentences of a line that tell, those that ask, and the kind of each."""
    tells: list[str] = []
    questions: list[str] = []
    kinds: list[Kind] = []
    sentences = re.split(r"(?<=[.!?])\s+|\n", rest)
    of: list[Kind] = []
    for sentence in sentences:  # "This is Mum's clock. Don't move it.": behind what tells, a wish tells, too
        of.append(kind_of(sentence, asked or "tell" in of))
    for n, (sentence, following) in enumerate(zip(sentences, of[1:], strict=False)):
        if of[n] == "question" and following == "tell" and STOPPED_IT.match(plain(sentence)):
            of[n] = "tell"  # "Is the dog of my brother. He likes the water": what was not asked is not lost
    for sentence, kind in zip(sentences, of, strict=True):
        if after := question_after(sentence):
            kinds += ["tell", "question"]
            tells.append(sentence[:after] + ".")
            questions.append(sentence[after:].strip(" ,"))
            continue
        kinds.append(kind)
        if kind == "question":
            questions.append(sentence)
            if "tell" in of and doubted(sentence):
                tells.append(sentence)  # "My cat. He was 5 here?": asked, and not lost
        elif kind != "talk" or tells:  # after a telling, all that is no question belongs to it
            tells.append(sentence)
    return tells, questions, kinds


def _sentence(text: str) -> str:
    """`text` as a sentence of its own: it begins with a capital letter."""
    return text[:1].upper() + text[1:]
