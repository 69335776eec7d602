"""The objective of GSPO and GRPO (paper section 4.3; arXiv 2507.18071), on per-token log-probabilities alone.

    A_i = (r_i - mean) / (std + 1e-4)                      over the group; std is the sample's (n - 1)
    s_i = exp((sum_t log p_new - sum_t log p_old) / |y_i|)  one ratio a completion ("sequence"), or one a token
    L   = mean_i -min(s_i A_i, clip(s_i, 1 - low, 1 + high) A_i) + beta * mean_i mean_t KL
    KL  = exp(d) - d - 1,  d = log p_reference - log p_new  (k3: never negative, right on average)

With ratios by token, the clipped terms are averaged over a completion before the mean over completions (trl's loss
"grpo"). No model, no sampling, no data: `rollout.py` makes what goes in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch

from train.recipe import Gspo

Tensor = torch.Tensor


class Objective(NamedTuple):
    """What an update follows, and what to watch about it."""

    loss: Tensor
    ratios: Tensor
    """All of them, one a completion or one a token: (N,), detached."""
    clipped: Tensor
    """Where clipping took the gradient away: (N,) bool."""
    divergence: float
    """Mean KL estimate; 0 without a reference."""


def advantages(rewards: Sequence[float]) -> Tensor:
    """Advantages (G,) of one group's rewards; exactly 0 when all are equal, so that nothing is learnt from rounding."""
    if max(rewards) == min(rewards):
        return torch.zeros(len(rewards))
    values = torch.tensor(rewards, dtype=torch.float32)
    return (values - values.mean()) / (values.std() + 1e-4)


def objective(
    new: Tensor, old: Tensor, mask: Tensor, advantage: Tensor, g: Gspo, reference: Tensor | None = None
) -> Objective:
    """The loss of completions (G, T) under the new, the old and the reference weights.

    `mask` (G, T) is True for tokens of a completion, its end included; `advantage` is (G,). Gradients flow to `new`.
    """
    lengths = mask.sum(1)
    shift = torch.where(mask, new - old.detach(), 0.0)  # (G, T)
    if g.importance == "sequence":
        shift, counted = (shift.sum(1) / lengths)[:, None], torch.ones_like(lengths, dtype=torch.bool)[:, None]
    else:
        counted = mask
    ratio, towards = shift.exp(), advantage[:, None]
    bounded = ratio.clamp(1 - g.epsilon_low, 1 + g.epsilon_high)
    gain = torch.minimum(ratio * towards, bounded * towards) * counted
    loss = -(gain.sum(1) / counted.sum(1)).mean()
    divergence = 0.0
    if reference is not None and g.beta > 0:
        d = torch.where(mask, reference.detach() - new, 0.0)
        kl = ((d.exp() - d - 1).sum(1) / lengths).mean()
        loss, divergence = loss + g.beta * kl, kl.item()
    lost = ((ratio < 1 - g.epsilon_low) & (towards < 0)) | ((ratio > 1 + g.epsilon_high) & (towards > 0))
    return Objective(loss, ratio.detach()[counted], lost[counted], divergence)
