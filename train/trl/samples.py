"""Samples of a run with trl: kinds, prompts and right answers, and the control tokens that none of them may contain.

Kinds "told", "absent fact" and "absent thing" are the items of `benchmark/tasks/abstention.py`: a question about a new
photo that a memory answers, and two that none does. "pair" is a pair of `benchmark/tasks/pairs.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from assistant import prompt
from assistant.backend import Message
from benchmark.tasks.abstention import Item, ItemKind, items
from benchmark.tasks.pairs import one_pair
from benchmark.world.sample import Sample
from memory.errors import KeepsakeError
from train.rl.reward import gold_text

Kind = Literal["caption", "recognition", "pair", "told", "absent fact", "absent thing"]
"""What a prompt asks for: a caption (r_caps), which photos show the same (r_vis), whether two photos do, or the answer
to a question."""
ITEMS = get_args(ItemKind)
"""The kinds that are questions."""
CONTROL = ("<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>")
"""Control tokens: a chat template cannot tell those in a text from its own, as the app's engines can."""


def refuse_control(key: str, words: Sequence[str]) -> None:
    """Raise KeepsakeError when a sample's words contain a control token."""
    if found := [token for token in CONTROL if any(token in text for text in words)]:
        raise KeepsakeError(f"sample {key}: {found[0]!r} in its words; leave it out of the training data")


def item_of(kind: Kind, sample: Sample) -> Item:
    """The question of a kind about a sample."""
    return next(item for item in items(sample) if item.kind == kind)


def messages_of(
    kind: Kind, sample: Sample, layout: prompt.Layout, heading: str = prompt.HEADINGS[0]
) -> tuple[Message, ...]:
    """The prompt of a sample, as the app would send it. `heading`: of the new photo, in the reference layout."""
    if kind == "caption":
        return prompt.caption_messages(sample.context, sample.query, layout, heading=heading)
    if kind == "recognition":
        return prompt.recognise_messages([e.photo for e in sample.context], sample.query, layout, heading)
    if kind == "pair":
        return one_pair(sample).messages
    return prompt.direct_messages(sample.context, sample.query, item_of(kind, sample).question)


def right_answer(kind: Kind, sample: Sample) -> str:
    """The answer that earns the most."""
    if kind == "pair":
        return "Yes." if one_pair(sample).same else "No."
    return item_of(kind, sample).answer if kind in ITEMS else gold_text(kind, sample)
