"""Tree attention: attention within a tree of conversations, without the pairs of tokens that the mask rules out.

The path that most tokens share, the trunk, is read causally; each branch off the trunk attends to its part of the trunk
and to itself. The result equals attention under a dense mask and is computed faster.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F


@dataclass(frozen=True)
class Shape:
    """The trunk (T tokens) and the S branches (of at most M tokens) of a tree of L tokens."""

    trunk: torch.Tensor  # (T,) indices of the trunk's tokens, from the root
    rows: torch.Tensor  # (S, M) indices of each branch's tokens; a shorter branch is padded with its first token
    far: torch.Tensor  # (S, T) bool, True = the branch attends to this token of the trunk
    own: torch.Tensor  # (S, M, M) bool, True = attends, within a branch
    order: torch.Tensor  # (L,) place of every token in the trunk followed by the flattened rows

    @staticmethod
    def of(mask: torch.Tensor, before: torch.Tensor) -> Shape | None:
        """The shape of a tree from its mask (L, L) and the index of the token before each (L,), -1 at the root.

        None when nothing branches.
        """
        seen_by = mask.sum(0)  # how many tokens attend to each
        in_trunk = [True]
        for last, n in zip(before[1:].tolist(), seen_by[1:].tolist(), strict=True):
            in_trunk.append(in_trunk[last] and 2 * n > seen_by[last].item() - 1)
        trunk, rest = torch.tensor(in_trunk).nonzero()[:, 0], (~torch.tensor(in_trunk)).nonzero()[:, 0]
        if not len(rest):
            return None
        root = mask[rest][:, rest].int().argmax(1)  # the first token off the trunk that a token attends to
        branches = [rest[root == r] for r in root.unique()]
        s, longest = len(branches), max(map(len, branches))
        rows, own = torch.zeros(s, longest, dtype=torch.long), torch.zeros(s, longest, longest, dtype=torch.bool)
        order = torch.zeros(len(mask), dtype=torch.long)
        order[trunk] = torch.arange(len(trunk))
        for i, at in enumerate(branches):
            rows[i], rows[i, : len(at)] = at[0], at
            own[i, :, 0], own[i, : len(at), : len(at)] = True, mask[at][:, at]
            order[at] = len(trunk) + i * longest + torch.arange(len(at))
        return Shape(trunk, rows, mask[rows[:, 0]][:, trunk], own, order)

    def to(self, device: torch.device) -> Shape:
        """A copy of the shape on another device."""
        return Shape(*(getattr(self, field.name).to(device) for field in fields(self)))


def attend(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, scaling: float, shape: Shape) -> torch.Tensor:
    """Attention of queries (1, heads, L, d) to keys and values (1, kv heads, L, d) in a tree: (1, L, heads, d).

    `scaling` multiplies the scores.
    """
    _, heads, _, d = query.shape
    kv, t = key.shape[1], len(shape.trunk)
    many, (s, m) = heads // kv, shape.rows.shape
    q, k, v = (x[0, :, shape.trunk] for x in (query, key, value))  # (heads or kv, t, d)
    trunk = F.scaled_dot_product_attention(
        q[None],
        k[None].repeat_interleave(many, 1),
        v[None].repeat_interleave(many, 1),
        is_causal=True,
        scale=scaling,
    )
    flat = shape.rows.flatten()
    q = query[0, :, flat].view(kv, many, s, m, d).transpose(1, 2).reshape(kv, s * many * m, d) * scaling
    near_k, near_v = (x[0, :, flat].view(kv * s, m, d) for x in (key, value))
    far = (q @ k.transpose(1, 2)).view(kv, s, many * m, t)  # scores of the branches' tokens on the trunk
    if not shape.far.all():
        far = far.masked_fill(~shape.far[:, None], float("-inf"))
    # and on their own branch: (kv, S, heads of a key head, M, M)
    near = (q.view(kv * s, many * m, d) @ near_k.transpose(1, 2)).view(kv, s, many, m, m)
    near = near.masked_fill(~shape.own[:, None], float("-inf"))
    weights = torch.cat([far, near.view(kv, s, many * m, m)], -1).softmax(-1)
    out = (weights[..., :t].reshape(kv, s * many * m, t) @ v).view(kv * s, many * m, d)
    out = out + weights[..., t:].reshape(kv * s, many * m, m) @ near_v
    out = out.view(kv, s, many, m, d).transpose(1, 2).reshape(heads, s * m, d)
    return torch.cat([trunk[0], out], 1)[:, shape.order].transpose(0, 1)[None].contiguous()
