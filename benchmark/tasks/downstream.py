"""Downstream tasks (paper: LSD, LAR, ITR): questions about "it" in a new photo, so that only sight tells who is meant.

    lsd   where was it last seen?      f1 of the answer's words with the place, and hit: the whole place is told
    lar   what were we doing?          hit: the answer says the event, as a judge finds
    itr   the question of lsd, where one thing in the photo and one that is not came with "if you ever see it, say ...":
          fired: the first reminder is said; false_alarm: the second one is (the published task asks for no silence)

Each is asked in three ways with the same words: `direct` from memories and photo, `cag` after the model's own caption,
both in the aligned layout so that the caption is all that differs; `reference` is the published two-call flow.
What the released scorers do and this one does not: punctuation stuck to words ("park." is not "park"), two empty sets
scoring 1, nothing read but "//boxed{}", "incorrect" taken for "correct", no item on which a reminder must stay silent.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from assistant import prompt
from benchmark.judges.judge import Judge, Lexical
from benchmark.judges.score import Scores
from benchmark.runner import CachedWriter, Condition, Texts
from benchmark.world.question import EVENT_QUESTION, PLACE_QUESTION
from benchmark.world.sample import Sample
from benchmark.world.text import content_words

AROUND = frozenset("i you we it this they them last saw seen see met found took together there".split())
"""Words of a polite sentence around a place; no place has any of them."""
Score = Callable[[Texts, Sample], Scores]


def lsd_lar(writer: CachedWriter, judge: Judge) -> list[Condition]:
    """Both reactive tasks, for samples with one positive; those that share what the model has read stand together."""
    where, what = (
        _asked("lsd", PLACE_QUESTION, writer, place_scores(judge)),
        _asked("lar", EVENT_QUESTION, writer, event_scores(judge)),
    )
    return [*where[:2], *what[:2], where[2], what[2]]


def itr(writer: CachedWriter) -> list[Condition]:
    """The proactive task, for samples with reminders. No judge: a reminder is a marker that is said or not."""
    return _asked("itr", PLACE_QUESTION, writer, reminder_scores)


def _asked(task: str, question: str, writer: CachedWriter, score: Score) -> list[Condition]:
    def direct(sample: Sample) -> Texts:
        """What the memories and the photo alone are worth: no caption."""
        answer = writer.write(prompt.direct_messages(sample.context, sample.query, question))
        return {"question": question, "answer": answer}

    def cag(sample: Sample, layout: prompt.Layout = "aligned") -> Texts:
        """What the model's own caption adds before the same question."""
        seen = sample.context, sample.query
        caption = writer.write(prompt.caption_messages(*seen, layout))
        answer = writer.write(prompt.answer_messages(*seen, caption, question, layout))
        return {"question": question, "caption": caption, "answer": answer}

    def reference(sample: Sample) -> Texts:
        """The published order of the prompt in both calls: what that costs a model trained on another."""
        return cag(sample, "reference")

    return [Condition(f"{task}/{way.__name__}", way, score) for way in (direct, cag, reference)]


def place_scores(judge: Judge) -> Score:
    """f1 and hit of an answer against the place of the one positive; nothing is asked where there is not one."""

    def scores(texts: Texts, sample: Sample) -> Scores:
        gold = _fact(sample, "place")
        if gold is None:
            return {"f1": (0, 0), "hit": (0, 0)}
        return {"f1": (token_f1(texts["answer"], gold), 1), **_judged(judge, texts, gold)}

    return scores


def event_scores(judge: Judge) -> Score:
    """hit: the answer says what the person was doing with the one positive."""

    def scores(texts: Texts, sample: Sample) -> Scores:
        gold = _fact(sample, "event")
        return {"hit": (0, 0)} if gold is None else _judged(judge, texts, gold)

    return scores


def reminder_scores(texts: Texts, sample: Sample) -> Scores:
    """fired: reminders of what is in the photo that caption or answer say; false_alarm: the others that they say."""
    said = "\n".join(texts[part] for part in ("caption", "answer") if part in texts)
    marks: dict[bool, list[bool]] = {True: [], False: []}
    for i, facts in enumerate(sample.facts):
        if facts.reminder:
            [told] = Lexical().check_replies([("", facts.reminder, said)])
            marks[i in sample.positives].append(bool(told))
    return {
        "fired": (sum(marks[True]), len(marks[True])),
        "false_alarm": (sum(marks[False]), len(marks[False])),
    }


def token_f1(answer: str, gold: str) -> float:
    """F1 of two sets of words, 0..1: lower case, no punctuation, small words and `AROUND` left out, so that a whole
    sentence scores as well as the bare place. Of an answer with \\boxed{...} only the last box counts."""
    boxes = re.findall(r"boxed\{([^{}]*)\}", answer)
    said, wanted = (content_words(text) - AROUND for text in (boxes[-1] if boxes else answer, gold))
    return 2 * len(said & wanted) / (len(said) + len(wanted)) if said and wanted else 0.0


def _fact(sample: Sample, key: str) -> str | None:
    """What was said of the thing in the photo, where there is exactly one known thing."""
    known = [sample.facts[i] for i in sample.positives] if sample.facts else []
    return getattr(known[0], key) if len(known) == 1 else None


def _judged(judge: Judge, texts: Texts, gold: str) -> Scores:
    """hit, and apart from it the verdicts that could not be read."""
    [told] = judge.check_replies([(texts["question"], gold, texts["answer"])])
    return {"hit": (float(told is True), 1), "unread": (float(told is None), 1)}
