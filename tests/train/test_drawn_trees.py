"""Trees as training draws them: what they teach, and what they leave open."""

from __future__ import annotations

import re

import numpy as np
import pytest

from assistant.prompt import CAPTION_REQUEST
from benchmark.world.dialogue import ABSTENTION
from memory.episode import Photo
from tests.support.tinynano import Tokenizer
from tests.support.tinytrees import small_cache, tree_of
from train.pretrain.conversation_trees import (
    label_repeats,
)
from train.pretrain.curriculum import draw_chain, draw_openings, draw_tree


@pytest.mark.parametrize("kind", ["short", "full", "glance"])
def test_drawn_trees_are_true(kind: str) -> None:
    """A branch names what its photo shows, by the words that stand with it; a stranger's tells nothing."""
    cache = small_cache()
    shown = {row: [look] for look, rows in cache.single.items() for row in rows}
    shown.update({row: list(looks) for looks, row in cache.groups})
    named = several = honest = boxed = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        glance = kind == "glance"
        for branch in (
            draw_openings(rng, cache, "test") if glance else draw_tree(rng, cache, "test", short=kind == "short")
        ):
            parts = branch[1].parts
            said = [str(m.parts[0]) for m in branch if m.role == "assistant"]
            assert branch[-1].role == "assistant"
            if "New photo:\n" not in parts:
                continue  # a question about memories without a photo
            rows = [(int(p.sha256), str(parts[i + 1])) for i, p in enumerate(parts) if isinstance(p, Photo)]
            *context, (query, _) = rows
            assert query not in [row for row, _ in context]
            there = [shown[row][0] in shown[query] for row, _ in context]
            words = [text for (_, text), is_there in zip(context, there, strict=True) if is_there]
            if "boxed" in said[0]:
                assert said == [f"\\boxed{{{[i for i, is_there in enumerate(there) if is_there]}}}"]
                boxed += 1
            elif not words:
                assert said[0] == ABSTENTION or said[0].startswith("I do not know"), said
                honest += 1
            elif "New photo" in str(parts[-3]) and CAPTION_REQUEST in str(parts[-1]):
                head, *rest = re.findall(r"(?:This is|Here are) ([^.]+)\.", said[0])
                names = re.split(", | and ", head)
                assert all(n in w for n, w in zip(names, words, strict=True)), said
                assert rest == ([] if glance or len(words) == 1 else names)
                named += 1
                several += len(words) > 1
    assert min(named, several, honest) > 5 and (boxed > 5) != glance


def test_strangers_can_be_rare() -> None:
    """At the end of the course: as few as the recall gate lets through, and never none."""
    cache = small_cache()

    def share(rare: bool) -> float:
        drawn = [draw_openings(np.random.default_rng(seed), cache, "test", rare=rare) for seed in range(12)]
        said = [str(branch[-1].parts[0]) for branches in drawn for branch in branches]
        return sum(text.startswith("I do not know") for text in said) / len(said)

    assert 0.05 < share(True) < 0.15 < 0.25 < share(False)


def test_in_a_chain_every_name_is_a_target_but_for_its_first_time() -> None:
    words, again = Tokenizer(), 0
    for seed in range(20):
        branches, names = draw_chain(np.random.default_rng(seed), small_cache(), "test")
        plain = tree_of(*branches)
        tree = label_repeats(plain, words, names)
        changed = (tree.labels != plain.labels).nonzero()[:, 0]
        assert tree.labels[changed].equal(tree.ids[changed])
        spelt = {i for name in names for i in words.encode(f" {name}")}
        assert set(tree.ids[changed].tolist()) <= spelt
        for name in names:
            at = (tree.ids == words.encode(name)[0]).nonzero()[:, 0]
            assert (tree.labels[at[1:]] == tree.ids[at[1:]]).all()
            assert (tree.labels[at[:1]] == -100).all()
            again += max(0, len(at) - 1)
        for branch in branches:
            [said] = [str(m.parts[0]) for m in branch if m.role == "assistant"]
            assert any(said == f"This is {name}." for name in names)
    assert again > 100
