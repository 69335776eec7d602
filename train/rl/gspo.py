"""GSPO, GRPO and their baseline: the objective on per-token log-probabilities, and the updates that follow it.

The objective (CoViP, paper section 4.3; GSPO, arXiv 2507.18071):

    A_i = (r_i - mean) / (std + 1e-4)                      over the group; std is the sample's (n - 1)
    s_i = exp((sum_t log p_new - sum_t log p_old) / |y_i|)  one ratio a completion ("sequence"), or one a token
    L   = mean_i -min(s_i A_i, clip(s_i, 1 - low, 1 + high) A_i) + beta * mean_i mean_t KL
    KL  = exp(d) - d - 1,  d = log p_reference - log p_new  (k3: never negative, unbiased)

With ratios by token, the clipped terms are averaged over a completion before the mean over completions (trl's loss
"grpo"). The baseline without rewards follows the cross-entropy of right answers instead. Both go over a rollout batch
`passes` times in `updates` mini-batches of whole groups, with an optimiser step each. What is in a batch, and all that
happens around an update, is up to `loop.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import fmean
from typing import Any, NamedTuple, TypeAlias

import torch
from peft import get_peft_model_state_dict, set_peft_model_state_dict
from torch.nn.utils.rnn import pad_sequence

from train.pretrain.language import Reader
from train.pretrain.token_cache import TokenCache
from train.recipe import Gspo
from train.rl.rollout import log_probs
from train.rl.scored_group import ScoredGroup

Tensor: TypeAlias = torch.Tensor


class Objective(NamedTuple):
    """The loss of one group, and what is logged about it."""

    loss: Tensor
    ratios: Tensor
    """All ratios, one for each completion or each token: (N,), detached."""
    clipped: Tensor
    """Whether clipping took the gradient of a ratio away: (N,) bool."""
    divergence: float
    """Mean KL estimate in nats; 0 without a reference."""


def advantages(rewards: Sequence[float]) -> Tensor:
    """Advantages (G,) of one group's rewards; exactly 0 when all are equal, so that nothing is learnt from rounding."""
    if max(rewards) == min(rewards):
        return torch.zeros(len(rewards))
    values = torch.tensor(rewards, dtype=torch.float32)
    return (values - values.mean()) / (values.std() + 1e-4)


def objective(
    new: Tensor, old: Tensor, mask: Tensor, advantage: Tensor, g: Gspo, reference: Tensor | None = None
) -> Objective:
    """The objective on log-probabilities (G, T) under the new, the old and the reference weights.

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
    clipped = ((ratio < 1 - g.epsilon_low) & (towards < 0)) | ((ratio > 1 + g.epsilon_high) & (towards > 0))
    return Objective(loss, ratio.detach()[counted], clipped[counted], divergence)


class Setup(NamedTuple):
    """A model in training and the cached photos that it reads."""

    reader: Reader
    tokenizer: Any
    cache: TokenCache
    """Photos of the training split."""
    held_out: TokenCache
    """Photos of the dev split."""
    g: Gspo


def rewarded_update(
    setup: Setup,
    optimiser: torch.optim.Optimizer,
    groups: Sequence[ScoredGroup],
    step: int,
    reference: dict[str, Tensor] | None,
) -> dict[str, float | None]:
    """Move the LoRA after the rewards of a rollout batch; returns metrics, none if no group had anything to teach.

    `reference` is the LoRA from which `beta` measures the divergence.
    """
    reader, tokens, g = setup.reader, setup.cache.tokens, setup.g
    device = reader.adapt.device
    advantage = [advantages([r.value for r in group.rewards]).to(device) for group in groups]
    useful = [i for i, a in enumerate(advantage) if g.beta > 0 or a.any()]  # equal rewards have no gradient

    base: dict[int, Tensor] = {}
    if reference is not None:
        with _other_lora(reader, reference), torch.no_grad():
            base = {i: log_probs(reader, groups[i].rollouts, tokens, g.temperature)[0] for i in useful}
    per, old = g.prompts // g.updates, {}
    with torch.no_grad():  # read as the loss reads, so that a ratio leaves 1 only by what is learnt
        for i in useful if g.passes > 1 else [i for i in useful if i >= per]:
            old[i] = log_probs(reader, groups[i].rollouts, tokens, g.temperature)[0]
    logged: list[tuple[float, Tensor, Tensor, float]] = []
    noise = []

    def loss_of(i: int, turn: int) -> Tensor:
        new, mask = log_probs(reader, groups[i].rollouts, tokens, g.temperature)
        result = objective(new, old.get(i, new), mask, advantage[i], g, base.get(i))
        logged.append((result.loss.item(), result.ratios.cpu(), result.clipped.cpu(), result.divergence))
        if turn == 0:  # the weights are still those that sampled
            drawn = pad_sequence([torch.tensor(r.log_probs) for r in groups[i].rollouts], batch_first=True)
            noise.append((new.detach().cpu() - drawn).where(mask.cpu(), 0.0).abs().sum().item() / mask.sum().item())
        return result.loss

    norm_and_rate = _optimise(setup, optimiser, useful, step, loss_of)
    if not logged:
        return {}
    losses, ratios, clipped, divergences = zip(*logged, strict=True)
    ratio = torch.cat(ratios)
    return {
        "loss": fmean(losses),
        **norm_and_rate,
        "ratio": ratio.mean().item(),
        "ratio_deviation": (ratio - 1).abs().max().item(),
        "clipped": torch.cat(clipped).float().mean().item(),
        "divergence": fmean(divergences) if base else None,
        "noise": max(noise) if noise else None,
    }


def supervised_update(
    setup: Setup, optimiser: torch.optim.Optimizer, groups: Sequence[ScoredGroup], step: int
) -> dict[str, float | None]:
    """Move the LoRA after right answers, each the only member of its group; returns metrics.

    The loss is the mean cross-entropy, to which every answer contributes equally.
    """
    reader, tokens, losses = setup.reader, setup.cache.tokens, []

    def loss_of(i: int, turn: int) -> Tensor:
        answer, _ = log_probs(reader, groups[i].rollouts, tokens, 1.0)
        losses.append(-answer.mean().item())
        return -answer.mean()

    norm_and_rate = _optimise(setup, optimiser, range(len(groups)), step, loss_of)
    return {"loss": fmean(losses), **norm_and_rate, "tokens_right": fmean(len(x.rollouts[0].ids) for x in groups)}


def _optimise(
    setup: Setup,
    optimiser: torch.optim.Optimizer,
    useful: Sequence[int],
    step: int,
    loss_of: Callable[[int, int], Tensor],
) -> dict[str, float]:
    """Go through the mini-batches of a batch; returns the mean gradient norm and the last learning rate.

    `loss_of` takes a group's index and the number of the mini-batch, and is called for the `useful` groups only.
    """
    g, per, norms = setup.g, setup.g.prompts // setup.g.updates, []
    for turn in range(g.passes * g.updates):
        begin = turn % g.updates * per
        for i in (i for i in useful if begin <= i < begin + per):
            (loss_of(i, turn) / per).backward()
        norms.append(torch.nn.utils.clip_grad_norm_(trainable(setup.reader), 1.0).item())
        for group in optimiser.param_groups:
            group["lr"] = _learning_rate(g, step * g.passes * g.updates + turn)
        optimiser.step()
        optimiser.zero_grad()
    return {"grad_norm": fmean(norms), "learning_rate": optimiser.param_groups[0]["lr"]}


def _learning_rate(g: Gspo, update: int) -> float:
    """The learning rate of an optimiser step: it rises for `warmup` steps, then falls linearly to 0."""
    return g.learning_rate * min(1.0, (update + 1) / (g.warmup + 1)) * (1 - update / (g.steps * g.passes * g.updates))


def trainable(reader: Reader) -> list[torch.nn.Parameter]:
    """The parameters that stage 3 trains: those of the LoRA."""
    return [p for p in reader.parameters() if p.requires_grad]


def copy_lora(reader: Reader) -> dict[str, Tensor]:
    """A copy of the LoRA's weights by name."""
    return {name: weight.clone() for name, weight in get_peft_model_state_dict(reader.text).items()}


@contextmanager
def _other_lora(reader: Reader, lora: dict[str, Tensor]) -> Iterator[None]:
    """Have the reader use another LoRA within the block."""
    own = copy_lora(reader)
    set_peft_model_state_dict(reader.text, lora)
    try:
        yield
    finally:
        set_peft_model_state_dict(reader.text, own)
