"""Downstream tasks (paper: LSD, LAR, ITR): questions about "it" in a new photo, so that only sight shows what is meant.

    lsd   where was it last seen?   f1: words that answer and place share; hit: the answer says the whole place
    lar   what were we doing?       hit: the answer says the event, in the judge's opinion
    itr   the question of lsd, with a reminder ("if you ever see it, say ...") on one thing in the photo and on one that
          is not. fired: the first is said; false_alarm: the second is said (the published task never asks for silence)

Each question is asked in three ways: `direct` from memories and photo; `cag` after the model's own caption, also in the
aligned layout, so that only the caption differs; `reference`, the published flow of two calls.
Faults of the released scorers that are avoided here: punctuation counts as part of a word, two empty sets score 1, only
"//boxed{}" is read, "incorrect" passes for "correct", and no reminder ever has to stay silent.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from assistant import prompt
from benchmark.judges.judge import Judge, Lexical
from benchmark.judges.score import Scores
from benchmark.runner import CachedWriter, Condition, Texts
from benchmark.world.content_words import content_words
from benchmark.world.question import EVENT_QUESTION, PLACE_QUESTION
from benchmark.world.sample import Sample

AROUND = frozenset("i you we it this they them last saw seen see met found took together there".split())
"""Words that an answer may put around a place; no place of the benchmark contains one."""
Score = Callable[[Texts, Sample], Scores]


def lsd_lar(writer: CachedWriter, judge: Judge) -> list[Condition]:
    """LSD and LAR, for samples with one positive. Conditions with the same prompt beginning follow each other."""
    where = _three_ways("lsd", PLACE_QUESTION, writer, place_scores(judge))
    what = _three_ways("lar", EVENT_QUESTION, writer, event_scores(judge))
    return [*where[:2], *what[:2], where[2], what[2]]


def itr(writer: CachedWriter) -> list[Condition]:
    """ITR, for samples with reminders. It needs no judge: a reminder is a fixed phrase that is said or not."""
    return _three_ways("itr", PLACE_QUESTION, writer, reminder_scores)


def _three_ways(task: str, question: str, writer: CachedWriter, score: Score) -> list[Condition]:
    """The conditions `direct`, `cag` and `reference` of a task; see the module."""

    def direct(sample: Sample) -> Texts:
        """Answer from the memories and the photo, without a caption."""
        answer = writer.write(prompt.direct_messages(sample.context, sample.query, question))
        return {"question": question, "answer": answer}

    def cag(sample: Sample, layout: prompt.Layout = "aligned") -> Texts:
        """Answer the same question after the model's own caption."""
        given = sample.context, sample.query
        caption = writer.write(prompt.caption_messages(*given, layout))
        answer = writer.write(prompt.answer_messages(*given, caption, question, layout))
        return {"question": question, "caption": caption, "answer": answer}

    def reference(sample: Sample) -> Texts:
        """As `cag`, with the published layout in both calls, to see what it costs a model trained on another layout."""
        return cag(sample, "reference")

    return [Condition(f"{task}/{way.__name__}", way, score) for way in (direct, cag, reference)]


def place_scores(judge: Judge) -> Score:
    """Scores f1 and hit of an answer against the place of the positive; (0, 0) unless there is exactly one."""

    def scores(texts: Texts, sample: Sample) -> Scores:
        gold = _only_fact(sample, "place")
        if gold is None:
            return {"f1": (0, 0), "hit": (0, 0)}
        return {"f1": (token_f1(texts["answer"], gold), 1), **_judged(judge, texts, gold)}

    return scores


def event_scores(judge: Judge) -> Score:
    """Scores hit: the answer says the event of the positive; (0, 0) unless there is exactly one."""

    def scores(texts: Texts, sample: Sample) -> Scores:
        gold = _only_fact(sample, "event")
        return {"hit": (0, 0)} if gold is None else _judged(judge, texts, gold)

    return scores


def reminder_scores(texts: Texts, sample: Sample) -> Scores:
    """Reminders that caption or answer say: fired, of things in the photo; false_alarm, of others."""
    written = "\n".join(texts[part] for part in ("caption", "answer") if part in texts)
    marks: dict[bool, list[bool]] = {True: [], False: []}
    for i, facts in enumerate(sample.facts):
        if facts.reminder:
            [is_said] = Lexical().check_replies([("", facts.reminder, written)])
            marks[i in sample.positives].append(bool(is_said))
    return {
        "fired": (sum(marks[True]), len(marks[True])),
        "false_alarm": (sum(marks[False]), len(marks[False])),
    }


def token_f1(answer: str, gold: str) -> float:
    """F1 of the content words of answer and gold, 0..1. Words of `AROUND` do not count, so that a whole sentence scores
    as well as the bare place. If the answer has a \\boxed{...}, only the last box counts."""
    boxes = re.findall(r"boxed\{([^{}]*)\}", answer)
    given, wanted = (content_words(text) - AROUND for text in (boxes[-1] if boxes else answer, gold))
    return 2 * len(given & wanted) / (len(given) + len(wanted)) if given and wanted else 0.0


def _only_fact(sample: Sample, key: str) -> str | None:
    """A fact of the positive, or None unless there is exactly one positive."""
    facts = [sample.facts[i] for i in sample.positives] if sample.facts else []
    return getattr(facts[0], key) if len(facts) == 1 else None


def _judged(judge: Judge, texts: Texts, gold: str) -> Scores:
    """hit by the judge's verdict; unread: the verdict could not be read, and counts as no hit."""
    [right] = judge.check_replies([(texts["question"], gold, texts["answer"])])
    return {"hit": (float(right is True), 1), "unread": (float(right is None), 1)}
