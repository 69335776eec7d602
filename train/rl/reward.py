"""Verifiable rewards of CoViP (paper sections 4.1 to 4.3): are the right concepts recognised, and does a caption carry
their memories and no others?

There is no model and no trainer here; a judge of the benchmark decides what a caption tells.

    r_vis  = 2 |H' n H| / (|H'| + |H|)                       recognition samples: boxed index list H' against H
    r_caps = -1                          if degenerate        caption samples
             sigma+ - alpha sigma-       otherwise

Variant "paper", as published:    sigma+ = right / 3 (0 to K: it grows with the number of positives K)
                                  sigma- = leaked / asked of the negatives;  an empty text earns 0, silence 0
Variant "keepsake", ours:         sigma+ = (right - wrong) / asked of the positives (-1 to 1)
                                  sigma- = leaked / asked of the negatives
                                  nothing known in the photo: sigma+ = 1 when nothing is told, else 0
                                  an empty text is degenerate

"Right", "wrong" and "leaked" are letters that the judge chose: the gold one, another one, and anything but D about a
negative. A question about a fact that was never told counts with the negatives: inventing the fact is a leak, leaving
the question open earns nothing. In a seeded sample ours asks one more question about each thing of the context, whether
the caption says its name, and counts each name that is introduced and stands in no memory as a leak. Without the first,
giving a stranger a friend's name and nothing else cost nothing; without the second, an invented name cost nothing, and
the nano learnt to invent names (LOG.md). So in ours silence about a known thing (0) is better than a wrong fact (-1),
copying every dialogue earns at most 1 - alpha, and a caption that says a stranger is a stranger earns as much as a
perfect caption of a friend.
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
"""A caption longer than this was cut off by the published limit of 512 tokens."""
REPEATED = 0.3
"""Share of repeated sentences or 5-grams from which on a text is degenerate."""
REPEATED_CHUNKS = 0.2
"""Share of repeated chunks of words from which on a text is degenerate."""
CHUNKS = (10, 20, 30)
"""Lengths of these chunks in words."""
INTRODUCTION = re.compile(r"\b(?:This is ([^.,!?\n]+)|Here are ([^.!?\n]+))")
"""The sentences with which seeded captions introduce one thing, or several."""
NOT_A_NAME = re.compile(r"(?:an?|the|this|my|your|not|no)\b", re.I)
"""First words of a description ("a dog"), which gives nothing a name."""


@dataclass(frozen=True, slots=True)
class Reward:
    """The reward of a completion with the parts it was made of, which people read."""

    value: float
    plus: float = 0.0
    """sigma+ of a caption; our own loop puts r_vis of a recognition sample here, too."""
    minus: float = 0.0
    """sigma- of a caption."""
    degenerate: str | None = None
    """Why the caption is degenerate; the judge was not asked about it then."""


def recognition_reward(text: str, positives: Sequence[int], first: bool = False) -> float:
    """r_vis: the set F1 of the last boxed index list in `text` against `positives`; `first`: of the first box, as the
    released code reads it.

    It is 1 when both are empty, and 0 when there is no list of integers to read.
    """
    given = boxed(text, first)
    if given is None:
        return 0.0
    right = set(positives)
    return 2 * len(given & right) / (len(given) + len(right)) if given or right else 1.0


def gold_text(kind: str, sample: Sample) -> str:
    """The text that earns the most: the gold caption of a seeded sample ("caption"), or the box ("recognition")."""
    return f"\\boxed{{{json.dumps(list(sample.positives))}}}" if kind == "recognition" else capeval.gold(sample)


def boxed(text: str, first: bool = False) -> set[int] | None:
    r"""The indices in the last `\boxed{...}`, a list of integers or one integer; None when there is no such box.

    `first`: in the first box, whatever it holds; None when that is no such list.
    """
    pattern = r"\\boxed\{([^{}]*)\}" if first else r"\\boxed\{\s*(\[[^\[\]{}]*\]|-?\d+)\s*\}"
    boxes = re.findall(pattern, text)
    try:
        value = json.loads(boxes[0 if first else -1]) if boxes else None
    except json.JSONDecodeError:
        return None
    values = [value] if isinstance(value, int) else value
    return set(values) if isinstance(values, list) and all(type(v) is int for v in values) else None


def caption_rewards(
    texts: Sequence[str],
    samples: Sequence[Sample],
    judge: Judge,
    tokens: Sequence[int],
    variant: Variant = "keepsake",
    alpha: float = 1.0,
    filtered: bool = True,
) -> list[Reward]:
    """r_caps of each caption about its sample; the questions about all captions go to the judge in one batch.

    `tokens` are the captions' lengths. If not `filtered`, every text is judged, except that an empty text still earns
    -1 in variant "keepsake". Raises ValueError when a sample has no questions.
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
    """Why the published filter (section 4.3) gives a text of `tokens` tokens -1; None for an ordinary text."""
    lowered = " ".join(text.lower().split())
    words = lowered.split()
    sentences = [s.strip() for s in re.split(r"[.!?]+", lowered) if s.strip()]
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
    """The names that a caption introduces, known or not ("This is Milo.", "Here are Milo and Rex.")."""
    names = [name for one, several in INTRODUCTION.findall(text) for name in re.split(r", | and ", one or several)]
    return {name.strip() for name in names if name.strip() and not NOT_A_NAME.match(name.strip())}


def _reward(verdicts: Sequence[Sequence[Verdict]], sample: Sample, variant: Variant, alpha: float, text: str) -> Reward:
    """r_caps of a text that was judged; `verdicts` has a letter for each question about each thing of the context."""
    right = wrong = asked = leaked = others = 0
    for i, (questions, letters) in enumerate(zip(sample.questions, verdicts, strict=True)):
        for question, verdict in zip(questions, letters, strict=True):
            if i in sample.positives and question.answer != "D":
                asked += 1
                right += verdict.letter == question.answer
                wrong += verdict.letter not in (question.answer, "D")
            else:
                others += 1
                leaked += verdict.letter != "D"
    for i, facts in enumerate(sample.facts if variant == "keepsake" else ()):
        is_named = named(text, facts)
        if i in sample.positives:
            asked, right = asked + 1, right + is_named
        else:
            others, leaked = others + 1, leaked + is_named
    if variant == "keepsake" and sample.facts:  # no question is about a name that stands in no memory
        leaked += sum(not any(named(one, facts) for facts in sample.facts) for one in introduced(text))
    minus = leaked / others if others else 0.0
    ours = (right - wrong) / asked if asked else float(leaked == 0)
    plus = right / EACH if variant == "paper" else ours
    return Reward(plus - alpha * minus, plus, minus)
