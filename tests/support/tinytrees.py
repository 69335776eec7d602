"""A small cache of photos and trees over it, for tests of training."""

from __future__ import annotations

import numpy as np
import torch

from assistant.backend import Message
from benchmark.world.concepts import concepts
from benchmark.world.scene import TWIN_HUES, Look
from tests.support.tinynano import WIDTH, Tokenizer
from train.pretrain.conversation_trees import (
    Tree,
)
from train.pretrain.token_cache import TokenCache

PATCHES = 3
"""Visual tokens of a photo: a number that nothing else has."""
TOKENS = torch.randn(8, PATCHES, WIDTH, generator=torch.Generator().manual_seed(1)).half()


def tree_of(*branches: tuple[Message, ...]) -> Tree:
    return Tree.of(Tokenizer(), branches, PATCHES)


def small_cache() -> TokenCache:
    """Two views of every look of 30 concepts and some groups; rows only, since nothing is looked at."""
    pool = concepts("test")[:30]
    looks = [Look(c.code, hue) for c in pool for hue in (0, *TWIN_HUES)]
    single = {look: [2 * i, 2 * i + 1] for i, look in enumerate(looks)}
    rng = np.random.default_rng(0)
    groups = [tuple(Look(pool[j].code) for j in rng.choice(30, 2 + i % 3, replace=False)) for i in range(12)]
    near = {c.code: [o.code for o in pool if o != c][:8] for c in pool}
    numbered = [(shown, 2 * len(looks) + i) for i, shown in enumerate(groups)]
    return TokenCache(torch.zeros(1, PATCHES, WIDTH), single, numbered, {c.code: c for c in pool}, near)
