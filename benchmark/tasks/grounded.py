"""Captions as the app shows them (`capeval --grounded`): what the check lets through, or the user's own words.

All other conditions score what the model itself writes.
"""

from __future__ import annotations

from assistant import prompt
from assistant.backend import MaySay
from assistant.grounding.evidence import grounded_text
from assistant.grounding.text_checks import Checks
from benchmark.judges.judge import Judge
from benchmark.runner import CachedWriter, Condition
from benchmark.tasks.capeval import scorer
from benchmark.world.sample import Sample
from memory.episode import Recall

GROUNDED = "control/grounded"
"""The condition whose captions are checked."""


def grounding(writer: CachedWriter, judge: Judge, may_say: MaySay) -> Condition:
    """The model's captions with the whole context in the prompt, checked against it."""

    def caption(sample: Sample) -> str:
        recalls = [Recall(episode, 1.0, "in the context") for episode in sample.context]
        checked = grounded_text(recalls, sample.query, None, Checks(may_say))
        checked.write(writer.write(prompt.caption_messages(sample.context, sample.query)))
        checked.finish()
        return checked.shown

    return Condition(GROUNDED, lambda s: {"caption": caption(s)}, scorer(judge))
