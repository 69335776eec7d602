"""Verifiable rewards of CoViP (paper sections 4.1 to 4.3): which concepts are there, and does the caption carry the
right memories and no others. No model, no trainer; what a caption tells is decided by a judge of the benchmark.

    r_vis  = 2 |H' n H| / (|H'| + |H|)                       recognition samples: boxed index list H' against H
    r_caps = -1                          if degenerate        caption samples
             sigma+ - alpha sigma-       otherwise

Variant "paper", as published:    sigma+ = right / 3 (0 to K: it grows with the number of positives K)
                                  sigma- = leaked / asked of the negatives;  no text at all is 0, silence is 0
Variant "keepsake", ours:         sigma+ = (right - wrong) / asked of the positives (-1 to 1)
                                  sigma- = leaked / asked of the negatives
                                  nothing known in the photo: sigma+ = 1 when nothing is told, else 0
                                  no text at all is degenerate
"Right", "wrong" and "leaked" are a judge's letters: the gold one, another one, and anything but D about a negative.
Ours asks one thing more of everybody in a seeded sample, whether the caption says the name, and counts everybody who is
introduced and in no memory as a leak: without the one, a stranger given a friend's name and nothing else cost nothing,
without the other an invented name, and that is what the nano learnt to say (LOG.md).
So in ours silence about a known thing (0) is better than telling it wrong (-1), copying every dialogue earns at most
1 - alpha, and a caption of a stranger that says so earns as much as a perfect one of a friend.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from benchmark.judges.judge import Judge, Verdict
from benchmark.judges.score import named
from benchmark.tasks import capeval
from benchmark.world.question import EACH
from benchmark.world.sample import Sample

Variant = Literal["paper", "keepsake"]
MOST_TOKENS = 511
"""A caption longer than this was cut off by the published limit of 512."""
REPEATED = 0.3
"""Share of repeated sentences or 5-grams from which a text is degenerate."""
REPEATED_CHUNKS = 0.2
CHUNKS = (10, 20, 30)
"""Words."""
INTRODUCED = re.compile(r"\b(?:This is ([^.,!?\n]+)|Here are ([^.!?\n]+))")
"""Who stands in the sentences that seeded captions introduce somebody with."""
PLAIN = re.compile(r"(?:an?|the|this|my|your|not|no)\b", re.I)
"""What begins so is said about the photo and gives nobody a name."""


@dataclass(frozen=True, slots=True)
class Reward:
    """A caption's reward with the parts it was made of, for people to read."""

    value: float
    plus: float = 0.0
    minus: float = 0.0
    degenerate: str | None = None
    """Why the text is none; then the judge was not asked."""


def recognition(text: str, there: Sequence[int]) -> float:
    """r_vis: set F1 of the last boxed index list in `text` against `there`; 1 when both are empty, 0 when there is no
    list of numbers to read. (The released code reads the first box; a single box is the same to both.)"""
    said = boxed(text)
    if said is None:
        return 0.0
    right = set(there)
    return 2 * len(said & right) / (len(said) + len(right)) if said or right else 1.0


def right(kind: str, sample: Sample) -> str:
    """The text that earns the most: the gold caption of a seeded sample, or the box ("recognition")."""
    return f"\\boxed{{{json.dumps(list(sample.positives))}}}" if kind == "recognition" else capeval.gold(sample)


def boxed(text: str) -> set[int] | None:
    r"""The indices of the last `\boxed{...}`: a list of integers or one integer. None when there is none to read."""
    found = re.findall(r"\\boxed\{\s*(\[[^\[\]{}]*\]|-?\d+)\s*\}", text)
    try:
        value = json.loads(found[-1]) if found else None
    except json.JSONDecodeError:
        return None
    values = [value] if isinstance(value, int) else value
    return set(values) if isinstance(values, list) and all(type(v) is int for v in values) else None


def captions(
    texts: Sequence[str],
    samples: Sequence[Sample],
    judge: Judge,
    tokens: Sequence[int],
    variant: Variant = "keepsake",
    alpha: float = 1.0,
    filtered: bool = True,
) -> list[Reward]:
    """r_caps of each caption about its sample; all questions of all captions go to the judge at once.

    `tokens` are the captions' lengths. Not `filtered`: without the degeneration filter, every text is judged, but that
    no text at all stays -1 in ours. Raises ValueError when a sample has nothing to ask about.
    """
    out: list[Reward | None] = []
    asked = []
    for text, sample, n in zip(texts, samples, tokens, strict=True):
        if not any(sample.questions):
            raise ValueError(f"sample {sample.id} has no questions: nothing could be verified")
        why = degenerate(text, n) if filtered else None
        why = "empty" if variant == "keepsake" and not text.strip() else why
        out.append(Reward(-1.0, degenerate=why) if why else None)
        if not why:
            asked += [(text, question) for questions in sample.questions for question in questions]
    verdicts = iter(judge.choose(asked))
    for i, sample in enumerate(samples):
        if out[i] is None:
            own = [[next(verdicts) for _ in questions] for questions in sample.questions]
            out[i] = _reward(own, sample, variant, alpha, texts[i])
    return [reward for reward in out if reward is not None]


def degenerate(text: str, tokens: int) -> str | None:
    """Why the published filter (section 4.3) would give this text -1; None for ordinary text."""
    plain = " ".join(text.lower().split())
    words = plain.split()
    sentences = [s.strip() for s in re.split(r"[.!?]+", plain) if s.strip()]
    if len(sentences) >= 4 and 1 - len(set(sentences)) / len(sentences) >= REPEATED:
        return "repeated sentences"
    grams = [tuple(words[i : i + 5]) for i in range(len(words) - 4)]
    if len(words) >= 20 and 1 - len(set(grams)) / len(grams) >= REPEATED:
        return "repeated 5-grams"
    for size in CHUNKS:
        chunks = [tuple(words[i : i + size]) for i in range(len(words) - size + 1)]
        if len(words) >= 2 * size and sum(chunks.count(c) > 1 for c in chunks) / len(chunks) >= REPEATED_CHUNKS:
            return f"repeated chunks of {size} words"
    return f"longer than {MOST_TOKENS} tokens" if tokens > MOST_TOKENS else None


def introduced(text: str) -> set[str]:
    """Whom a caption introduces, known or not: "This is Milo.", "Here are Milo and Rex.", also "This is lighthouse"."""
    found = [name for one, several in INTRODUCED.findall(text) for name in re.split(r", | and ", one or several)]
    return {name.strip() for name in found if name.strip() and not PLAIN.match(name.strip())}


def _reward(verdicts: Sequence[Sequence[Verdict]], sample: Sample, variant: Variant, alpha: float, text: str) -> Reward:
    """From the letters about each thing of the context, and whether its name is told."""
    right = wrong = asked = leaked = others = 0
    for i, (questions, letters) in enumerate(zip(sample.questions, verdicts, strict=True)):
        for question, verdict in zip(questions, letters, strict=True):
            if i in sample.positives:
                asked += 1
                right += verdict.letter == question.answer
                wrong += verdict.letter not in (question.answer, "D")
            else:
                others += 1
                leaked += verdict.letter != "D"
    for i, facts in enumerate(sample.facts if variant == "keepsake" else ()):
        told = named(text, facts)
        if i in sample.positives:
            asked, right = asked + 1, right + told
        else:
            others, leaked = others + 1, leaked + told
    if variant == "keepsake" and sample.facts:  # somebody who is in no memory: nobody asks about them either
        leaked += sum(not any(named(one, facts) for facts in sample.facts) for one in introduced(text))
    minus = leaked / others if others else 0.0
    ours = (right - wrong) / asked if asked else float(leaked == 0)
    plus = right / EACH if variant == "paper" else ours
    return Reward(plus - alpha * minus, plus, minus)
