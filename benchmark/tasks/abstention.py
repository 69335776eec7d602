"""Abstention: questions about "it" in a new photo, some of which no memory answers (Omni-Persona, arXiv 2605.09996).

    told           the thing is in a memory, and so is the fact that is asked for: it has to be answered
    absent fact    the thing is in a memory, the fact was never told: the question has to be declined
    absent thing   the photo shows a stranger: the question has to be declined

Measures as in the authors' scorer ("guarded"; every item counts alike):

    answered         told items that are answered right and not declined          (theirs: Ans)
    attempted        told items that are not declined                             (theirs: 1 - FA)
    true_abstention  absent facts and things that are declined                    (theirs: TA); also each kind alone
    calibration      all items: answered right, or rightly declined               (theirs: Cal)

A sample without facts, or with several known things, has no items. Whether a text declines is read by the rules with
which the app reads a model's own words (`assistant/grounding/claims.py`), not by the authors' list of phrases.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from assistant import prompt
from assistant.grounding.claims import abstains, sentences
from benchmark.judges.judge import Judge
from benchmark.judges.score import Scores
from benchmark.runner import CachedWriter, Condition, Texts
from benchmark.world import dialogue
from benchmark.world.sample import UNTOLD, Sample

ItemKind = Literal["told", "absent fact", "absent thing"]


class Item(NamedTuple):
    """A question about the photo of a sample, and its right answer."""

    kind: ItemKind
    question: str
    fact: str
    """What the answer must tell; "" where the question must be declined."""
    answer: str
    """A right answer in whole words."""


def items(sample: Sample) -> list[Item]:
    """The items of a sample: one about a stranger; about a known thing, one on a told fact and one on each untold fact.

    The same sample always has the same items.
    """
    rng = np.random.default_rng(int(sample.id, 16))
    if not sample.facts or len(sample.positives) > 1 or len(sample.shown) > 1:
        return []
    if not sample.positives:
        key = str(rng.choice(UNTOLD))
        return [Item("absent thing", dialogue.question(rng, key), "", dialogue.answer(key, None, None))]
    facts, episode = sample.facts[sample.positives[0]], sample.context[sample.positives[0]]
    told = [key for key in UNTOLD if getattr(facts, key)]
    found: list[tuple[str, ItemKind]] = [(str(rng.choice(told)), "told")] if told else []
    found += [(key, "absent fact") for key in UNTOLD if key not in told]
    return [
        Item(kind, dialogue.question(rng, key), getattr(facts, key) or "", dialogue.answer(key, facts, episode))
        for key, kind in found
    ]


def declines(text: str) -> bool:
    """Whether any sentence of a text says that something is not known or was not told."""
    return any(abstains(sentence) for sentence in sentences(text))


def abstaining(writer: CachedWriter, judge: Judge) -> list[Condition]:
    """The items asked at once ("direct"), and after the model's own caption ("cag")."""

    def direct(sample: Sample) -> Texts:
        """Answer from the memories and the photo, without a caption."""
        context, query = sample.context, sample.query
        return _texts(sample, [writer.write(prompt.direct_messages(context, query, i.question)) for i in items(sample)])

    def cag(sample: Sample) -> Texts:
        """Answer after the model's own caption."""
        given = sample.context, sample.query
        caption = writer.write(prompt.caption_messages(*given))
        answers = [writer.write(prompt.answer_messages(*given, caption, i.question)) for i in items(sample)]
        return {"caption": caption, **_texts(sample, answers)}

    def score(texts: Texts, sample: Sample) -> Scores:
        """Score the answer of each item of the sample."""
        return item_scores(sample, [texts[item.kind] for item in items(sample)], judge)

    return [Condition(f"abstain/{way.__name__}", way, score) for way in (direct, cag)]


def item_scores(sample: Sample, answers: list[str], judge: Judge) -> Scores:
    """The measures of answers to the items of a sample."""
    marks: dict[str, list[bool]] = {"told": [], "absent fact": [], "absent thing": []}
    attempted = []
    for item, answer in zip(items(sample), answers, strict=True):
        declined = declines(answer)
        right = declined
        if item.kind == "told":
            attempted.append(not declined)
            [agreed] = judge.check_replies([(item.question, item.fact, answer)])
            right = agreed is True and not declined
        marks[item.kind].append(right)
    told, fact, thing = marks.values()
    return {
        "answered": (sum(told), len(told)),
        "attempted": (sum(attempted), len(attempted)),
        "absent_fact": (sum(fact), len(fact)),
        "absent_thing": (sum(thing), len(thing)),
        "true_abstention": (sum(fact + thing), len(fact + thing)),
        "calibration": (sum(told + fact + thing), len(told + fact + thing)),
    }


def _texts(sample: Sample, answers: list[str]) -> Texts:
    """The answers by the kind of their item, and the questions."""
    found = items(sample)
    return {
        "question": " / ".join(item.question for item in found),
        **{item.kind: answer for item, answer in zip(found, answers, strict=True)},
    }
