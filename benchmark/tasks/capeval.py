"""CapEval-QAs (paper section 3): caption a photo with its context, then let a judge answer questions from the caption.

There is no retrieval: every context episode is in the prompt, as in the paper. Every run scores three controls beside
the model: the gold caption, an empty one, and one that copies every dialogue. A scorer that can be tricked fails them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from assistant import prompt
from benchmark.judges.judge import Judge, Lexical
from benchmark.judges.score import Scores, harmonic, question_scores, score, tally
from benchmark.runner import CachedWriter, Condition, Result, Texts
from benchmark.world import dialogue
from benchmark.world.sample import Sample

CAPTION = "caption"
"""The condition whose captions the model writes."""
GOLD = "control/gold"
"""The condition whose captions are right; seeded samples only."""
MEASURES = (
    "acc_pos",
    "acc_neg",
    "true_abstention",
    "calibration",
    "name_recall",
    "misbinding",
    "exact",
    "facts_told",
    "facts_kept",
    "abstained",
)
"""The measures that `summary` averages."""


def conditions(writer: CachedWriter, judge: Judge | None = None, layout: prompt.Layout = "aligned") -> list[Condition]:
    """The model's captions and the three controls. `judge` None: the lexical one. `layout`: of the model's prompts."""
    own = judge or Lexical()
    return [
        captioning(writer, own, layout),
        Condition(GOLD, lambda s: {"caption": gold(s)}, scorer(own)),
        Condition("control/empty", lambda s: {"caption": ""}, scorer(own)),
        Condition("control/everything", lambda s: {"caption": everything(s)}, scorer(own)),
    ]


def captioning(writer: CachedWriter, judge: Judge, layout: prompt.Layout = "aligned") -> Condition:
    """The model captions the photo with its whole context in the prompt."""
    return Condition(
        CAPTION, lambda s: {"caption": writer.write(prompt.caption_messages(s.context, s.query, layout))}, scorer(judge)
    )


def scorer(judge: Judge) -> Callable[[Texts, Sample], Scores]:
    """A scorer of captions: by the judge's answers to the questions, and for seeded samples by names and facts."""

    def scores(texts: Texts, sample: Sample) -> Scores:
        caption = texts["caption"]
        answered = question_scores(caption, sample, judge)
        return {**answered, **score(caption, sample.facts, sample.positives)} if sample.facts else answered

    return scores


def gold(sample: Sample) -> str:
    """The right caption of a seeded sample."""
    return dialogue.caption([(sample.facts[i], sample.context[i]) for i in sample.positives])


def everything(sample: Sample) -> str:
    """All dialogues of the context, one after the other."""
    return " ".join(episode.words for episode in sample.context)


def summary(results: Iterable[Result]) -> dict[str, Any]:
    """Averages of one condition's rows, as `capeval --json` prints them; None where no row asked anything."""
    rows = list(results)
    good = [r for r in rows if r.error is None]
    averages = tally(r.score for r in good)
    out: dict[str, Any] = {"n": len(good), "errors": len(rows) - len(good)}
    for measure in MEASURES:
        t = averages.get(measure)
        out[measure] = t.value if t else None
        out[f"{measure}_interval"] = [t.low, t.high] if t else None
    known, others = averages.get("acc_pos"), averages.get("acc_neg")
    out["harmonic"] = harmonic(known.value, others.value) if known and others else None
    return out
