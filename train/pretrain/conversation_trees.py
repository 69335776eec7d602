"""Conversation trees: training items with one context and many branches (query photo, caption, questions).

The context is read once; a branch attends to the context and to itself, at the positions that it would have alone. So
one pass teaches as much as many prompts, with gradients equal to theirs (tested). Which conversations are taught is up
to `curriculum.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from assistant.backend import Message
from assistant.chatml import Mark, Piece, Words, pieces
from memory.episode import Photo
from train.pretrain.token_cache import row_of

HEAD = 6
HEAD_WEIGHT = 3.0
"""Weight of a target's first `HEAD` tokens and of its whole first sentence, where names are chosen."""
FIRST_WEIGHT = 6.0
"""Weight of a target's very first token, which decides between a name and "I do not know", and of its end."""


@dataclass(frozen=True)
class Tree:
    """A training item of L tokens, ready for the model."""

    ids: torch.Tensor  # (L,), 0 for visual tokens
    positions: torch.Tensor  # (L,)
    labels: torch.Tensor  # (L,), the token itself where it is a target, else -100
    weights: torch.Tensor  # (L,), of the targets in the loss
    before: torch.Tensor  # (L,), index of the token before each one in its own branch, -1 at the root
    slots: list[tuple[int, int]]
    """(first token, row of the token cache) of every photo."""
    mask: torch.Tensor  # (L, L) bool, True = attends

    @staticmethod
    def of(tokenizer, branches: Sequence[Sequence[Message]], tokens_a_photo: int, *, ended: bool = True) -> Tree:
        """Lay out conversations that end with an assistant turn; every assistant turn is a target.

        Pieces that branches have in common from their start become one path of a trie, in which a token attends to its
        ancestors only. If not `ended`, the last turns are beginnings of texts, and their end is no target.
        """
        ids: list[int] = []
        labels: list[int] = []
        weights: list[float] = []
        positions: list[int] = []
        node_of: list[int] = []
        slots: list[tuple[int, int]] = []
        before: list[int] = []
        children: dict[tuple[int, Piece], tuple[int, int, int]] = {}
        ancestors = [{0}]
        for branch in branches:
            node, at, last, ends, mark = 0, 0, -1, False, ""
            for piece in [*pieces(branch)[:-1], *([Mark("<|im_end|>\n")] if ended else [])]:
                target = isinstance(piece, Words) and mark.endswith("assistant\n")
                if (node, piece) in children:
                    node, at, last = children[node, piece]
                else:
                    if isinstance(piece, Photo):
                        slots.append((len(ids), row_of(piece)))
                        new = [0] * tokens_a_photo
                    else:
                        new = tokenizer.encode(piece.text, add_special_tokens=False)
                    ancestors.append(ancestors[node] | {len(ancestors)})
                    key, node = (node, piece), len(ancestors) - 1
                    before += [last, *range(len(ids), len(ids) + len(new) - 1)]
                    ids += new
                    last = len(ids) - 1
                    labels += new if target else new[:1] + [-100] * (len(new) - 1) if ends else [-100] * len(new)
                    weights += _weights(tokenizer, new) if target else [FIRST_WEIGHT if ends else 1.0] * len(new)
                    positions += range(at, at + len(new))
                    node_of += [node] * len(new)
                    at += len(new)
                    children[key] = (node, at, last)
                ends, mark = target, piece.text if isinstance(piece, Mark) else ""
        attends = torch.zeros(len(ancestors), len(ancestors), dtype=torch.bool)
        for i, above in enumerate(ancestors):
            attends[i, list(above)] = True
        nodes = torch.tensor(node_of)
        mask = torch.ones(len(ids), len(ids)).tril().bool() & attends[nodes][:, nodes]
        return Tree(
            torch.tensor(ids),
            torch.tensor(positions),
            torch.tensor(labels),
            torch.tensor(weights),
            torch.tensor(before),
            slots,
            mask,
        )


def _weights(tokenizer, ids: list[int]) -> list[float]:
    """The weight in the loss of each token of a target."""
    (stop,) = tokenizer.encode(".", add_special_tokens=False)
    head = max(HEAD, ids.index(stop) + 1 if stop in ids else 0)
    return [FIRST_WEIGHT, *(HEAD_WEIGHT if i < head else 1.0 for i in range(1, len(ids)))]


def label_repeats(tree: Tree, tokenizer, names: Sequence[str]) -> Tree:
    """A tree in which every occurrence of a name but its first is a target, too."""
    labels, weights, ids = tree.labels.clone(), tree.weights.clone(), tree.ids.tolist()
    for name in names:
        spelt = tokenizer.encode(f" {name}", add_special_tokens=False)
        at = [i for i in range(len(ids) - len(spelt) + 1) if ids[i : i + len(spelt)] == spelt]
        for start in at[1:]:
            labels[start : start + len(spelt)] = tree.ids[start : start + len(spelt)]
            weights[start : start + len(spelt)] = HEAD_WEIGHT
    return replace(tree, labels=labels, weights=weights)
