"""How a batch of tasks moves the weights: by rewards (GSPO, GRPO), or by the right answers (the supervised baseline).

Both take `passes` times over the groups in `updates` mini-batches of whole groups, an optimiser step each. What a batch
is, and everything around it, is the loop's (`loop.py`); the objective is in `gspo.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import fmean
from typing import Any, NamedTuple

import torch
from peft import get_peft_model_state_dict, set_peft_model_state_dict
from torch.nn.utils.rnn import pad_sequence

from train.pretrain.language import Reader
from train.pretrain.token_cache import TokenCache
from train.recipe import Gspo
from train.rl.gspo import advantages, objective
from train.rl.metrics import ScoredGroup
from train.rl.rollout import log_probs


class Setup(NamedTuple):
    """A model that can practise, and its photos."""

    reader: Reader
    tokenizer: Any
    bank: TokenCache
    held_out: TokenCache
    g: Gspo


def update(
    setup: Setup, optimiser: torch.optim.Optimizer, tried: Sequence[ScoredGroup], step: int, reference: dict | None
) -> dict[str, float | None]:
    """Follow the rewards; what is to be watched about it. `reference`: the LoRA that `beta` measures from."""
    reader, tokens, g = setup.reader, setup.bank.tokens, setup.g
    device = reader.adapt.device
    scored = [advantages([r.value for r in t.rewards]).to(device) for t in tried]
    useful = [i for i, a in enumerate(scored) if g.beta > 0 or a.any()]  # equal rewards have no gradient

    base: dict[int, torch.Tensor] = {}
    if reference is not None:
        with _weights(reader, reference), torch.no_grad():
            base = {i: log_probs(reader, tried[i].group, tokens, g.temperature)[0] for i in useful}
    per, old = g.prompts // g.updates, {}
    with torch.no_grad():  # read as the loss reads, so that a ratio leaves 1 only by what is learnt
        for i in useful if g.passes > 1 else [i for i in useful if i >= per]:
            old[i] = log_probs(reader, tried[i].group, tokens, g.temperature)[0]
    seen: list[tuple[float, torch.Tensor, torch.Tensor, float]] = []
    gaps = []

    def loss_of(i: int, turn: int) -> torch.Tensor:
        new, there = log_probs(reader, tried[i].group, tokens, g.temperature)
        found = objective(new, old.get(i, new), there, scored[i], g, base.get(i))
        seen.append((found.loss.item(), found.ratios.cpu(), found.clipped.cpu(), found.divergence))
        if turn == 0:  # still the weights that drew them
            drawn = pad_sequence([torch.tensor(r.log_probs) for r in tried[i].group], batch_first=True)
            gaps.append((new.detach().cpu() - drawn).where(there.cpu(), 0.0).abs().sum().item() / there.sum().item())
        return found.loss

    moved = _turns(setup, optimiser, useful, step, loss_of)
    if not seen:
        return {}
    losses, ratios, clipped, divergences = zip(*seen, strict=True)
    ratio = torch.cat(ratios)
    return {
        "loss": fmean(losses),
        **moved,
        "ratio": ratio.mean().item(),
        "ratio_deviation": (ratio - 1).abs().max().item(),
        "clipped": torch.cat(clipped).float().mean().item(),
        "divergence": fmean(divergences) if base else None,
        "noise": max(gaps) if gaps else None,
    }


def supervised_update(
    setup: Setup, optimiser: torch.optim.Optimizer, tried: Sequence[ScoredGroup], step: int
) -> dict[str, float | None]:
    """Follow the right answers, each the only member of its group: mean cross-entropy, every answer counting alike."""
    reader, tokens, losses = setup.reader, setup.bank.tokens, []

    def loss_of(i: int, turn: int) -> torch.Tensor:
        found, _ = log_probs(reader, tried[i].group, tokens, 1.0)
        losses.append(-found.mean().item())
        return -found.mean()

    moved = _turns(setup, optimiser, range(len(tried)), step, loss_of)
    return {"loss": fmean(losses), **moved, "tokens_right": fmean(len(t.group[0].ids) for t in tried)}


def _turns(
    setup: Setup,
    optimiser: torch.optim.Optimizer,
    useful: Sequence[int],
    step: int,
    loss_of: Callable[[int, int], torch.Tensor],
) -> dict[str, float]:
    """The mini-batches of a batch; `loss_of` (group, turn) is called for the `useful` groups."""
    g, per, norms = setup.g, setup.g.prompts // setup.g.updates, []
    for turn in range(g.passes * g.updates):
        begin = turn % g.updates * per
        for i in (i for i in useful if begin <= i < begin + per):
            (loss_of(i, turn) / per).backward()
        norms.append(torch.nn.utils.clip_grad_norm_(trained(setup.reader), 1.0).item())
        for group in optimiser.param_groups:
            group["lr"] = _rate(g, step * g.passes * g.updates + turn)
        optimiser.step()
        optimiser.zero_grad()
    return {"grad_norm": fmean(norms), "learning_rate": optimiser.param_groups[0]["lr"]}


def _rate(g: Gspo, update: int) -> float:
    """Learning rate of an optimiser step: up, then linearly to 0."""
    return g.learning_rate * min(1.0, (update + 1) / (g.warmup + 1)) * (1 - update / (g.steps * g.passes * g.updates))


def trained(reader: Reader) -> list[torch.nn.Parameter]:
    """What stage 3 trains: the LoRA."""
    return [p for p in reader.parameters() if p.requires_grad]


def copied(reader: Reader) -> dict[str, torch.Tensor]:
    """The LoRA as it is now."""
    return {name: weight.clone() for name, weight in get_peft_model_state_dict(reader.text).items()}


@contextmanager
def _weights(reader: Reader, lora: dict[str, torch.Tensor]) -> Iterator[None]:
    """Look through another LoRA for a while."""
    own = copied(reader)
    set_peft_model_state_dict(reader.text, lora)
    try:
        yield
    finally:
        set_peft_model_state_dict(reader.text, own)
