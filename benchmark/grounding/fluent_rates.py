"""`python -m benchmark grounding --fluent`: the check on captions and answers as a capable model writes them.

Such a model keeps neither the words nor the order of what was told. The texts (`fluent/`) are labelled: half follow
from the memories, half say one thing that does not.
"""

from __future__ import annotations

from collections import Counter

from benchmark.grounding.checked import passes
from benchmark.grounding.fluent_texts import Part, scenes
from benchmark.judges.score import wilson


def lines(part: Part, *, errors: bool = False) -> list[str]:
    """The rates of a part as lines, with 95 % intervals (Wilson); with `errors` the texts that were misjudged."""
    counts: Counter[tuple[str, str, bool]] = Counter()
    wrongly = []
    for scene in scenes(part):
        for one in scene["texts"]:
            kind = "answers" if one["question"] else "captions"
            shown = passes(scene, one["question"], one["text"])
            counts[kind, one["label"], shown] += 1
            if shown != (one["label"] == "right"):
                wrongly.append(f"{scene['scene']}: {one['label']}: {one['question'] or 'caption'} → {one['text']}")
    out = []
    for kind in ("captions", "answers"):
        right, wrong = (counts[kind, label, True] + counts[kind, label, False] for label in ("right", "wrong"))
        for words, part_of, whole in (
            ("wrong ones not shown as they are", counts[kind, "wrong", False], wrong),
            ("right ones not shown as they are", counts[kind, "right", False], right),
        ):
            low, high = wilson(part_of, whole)
            out.append(f"{part}, {kind}: {words}: {part_of / whole:.1%} [{low:.1%}, {high:.1%}], n={whole}")
    return out + (wrongly if errors else [])
