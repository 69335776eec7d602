"""The objective of GSPO and GRPO: numbers worked out by hand, what clipping takes away, and trl's own loss."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from types import SimpleNamespace
from typing import Literal

import pytest
import torch
from trl.trainer.grpo_trainer import GRPOTrainer

from train.recipe import Gspo
from train.rl.gspo import advantages, objective

SEQUENCE = Gspo(epsilon_low=0.1, epsilon_high=0.2)
TOKEN = replace(SEQUENCE, importance="token")
MASK = torch.tensor([[True, True, True], [True, False, False]])
OLD = torch.tensor([[-1.0, -2.0, -3.0], [-1.0, 0.0, 0.0]])
NEW = OLD + torch.tensor([[0.3, 0.2, -0.2], [-0.05, 9.0, 9.0]])
"""What stands after the end of a completion must not matter."""
MEAN = math.exp(0.1)
"""Of the first completion: (0.3 + 0.2 - 0.2) / 3."""


def by_hand(ratio: float, advantage: float) -> float:
    return min(ratio * advantage, min(max(ratio, 0.9), 1.2) * advantage)


def test_advantages_are_in_units_of_the_groups_spread() -> None:
    """(r - mean) / (sample std + 1e-4): of 0, 1, 2 and 5 the mean is 2 and the variance 14 / 3."""
    spread = math.sqrt(14 / 3) + 1e-4
    torch.testing.assert_close(advantages([0.0, 1.0, 2.0, 5.0]), torch.tensor([-2, -1, 0, 3]) / spread)


@pytest.mark.parametrize("value", [0.0, 0.1, -1.0, 1 / 3])
def test_equal_rewards_teach_nothing_at_all(value: float) -> None:
    """Also where the mean of equal numbers is not that number (0.1 in f32)."""
    assert advantages([value] * 7).tolist() == [0.0] * 7


def test_one_ratio_a_completion() -> None:
    found = objective(NEW, OLD, MASK, torch.tensor([2.0, -1.0]), SEQUENCE)
    expected = -(by_hand(MEAN, 2.0) + by_hand(math.exp(-0.05), -1.0)) / 2
    assert found.loss.item() == pytest.approx(expected, rel=1e-6)
    assert found.ratios.tolist() == pytest.approx([MEAN, math.exp(-0.05)])
    assert found.clipped.tolist() == [False, False]


def test_one_ratio_a_token_averaged_over_the_completion() -> None:
    found = objective(NEW, OLD, MASK, torch.tensor([2.0, -1.0]), TOKEN)
    ratios = [math.exp(x) for x in (0.3, 0.2, -0.2, -0.05)]
    first = sum(by_hand(r, 2.0) for r in ratios[:3]) / 3
    assert found.loss.item() == pytest.approx(-(first + by_hand(ratios[3], -1.0)) / 2, rel=1e-6)
    assert found.ratios.tolist() == pytest.approx(ratios)
    assert found.clipped.tolist() == [True, True, False, False]


@pytest.mark.parametrize(
    ("shift", "advantage", "clipped"),
    [(0.3, 1.0, True), (0.3, -1.0, False), (-0.3, -1.0, True), (-0.3, 1.0, False), (0.15, 1.0, False)],
)
def test_clipping_stops_what_goes_on_and_not_what_comes_back(shift: float, advantage: float, clipped: bool) -> None:
    """A ratio outside the bounds has no gradient when the update would drive it further out, and all of it when the
    update brings it back."""
    new = torch.full((1, 2), shift - 1.0, requires_grad=True)
    found = objective(new, torch.full((1, 2), -1.0), torch.ones(1, 2).bool(), torch.tensor([advantage]), SEQUENCE)
    found.loss.backward()
    assert found.clipped.tolist() == [clipped]
    expected = 0.0 if clipped else -advantage * math.exp(shift) / 2
    assert new.grad is not None
    assert new.grad.tolist() == [pytest.approx([expected] * 2)]


def test_on_policy_it_is_reinforce_by_length() -> None:
    """At ratio 1 both objectives have the gradient -A_i / (G |y_i|) on each token, and the loss is minus the mean A."""
    for g in (SEQUENCE, TOKEN):
        new = OLD.clone().requires_grad_()
        found = objective(new, new.detach(), MASK, torch.tensor([2.0, -1.0]), g)
        found.loss.backward()
        assert found.loss.item() == pytest.approx(-0.5)
        assert new.grad is not None
        torch.testing.assert_close(new.grad, torch.tensor([[-1 / 3, -1 / 3, -1 / 3], [0.5, 0.0, 0.0]]))


def test_the_divergence_is_k3_from_the_reference() -> None:
    reference = OLD + torch.tensor([[0.0, 0.5, 0.0], [-0.5, 7.0, 7.0]])
    g = replace(SEQUENCE, beta=0.3)
    found = objective(OLD, OLD, MASK, torch.zeros(2), g, reference)
    k3 = [math.exp(0.5) - 0.5 - 1, math.exp(-0.5) + 0.5 - 1]
    assert found.divergence == pytest.approx((k3[0] / 3 + k3[1]) / 2, rel=1e-5)
    assert found.loss.item() == pytest.approx(0.3 * found.divergence, rel=1e-5)
    assert objective(OLD, OLD, MASK, torch.zeros(2), SEQUENCE, reference).divergence == 0.0


@pytest.mark.parametrize("importance", ["sequence", "token"])
@pytest.mark.parametrize("beta", [0.0, 0.04])
def test_trl_says_the_same(importance: Literal["sequence", "token"], beta: float) -> None:
    """Loss and gradients of `GRPOTrainer` with the flags that stand for our recipe."""
    g = Gspo(importance=importance, beta=beta, epsilon_low=0.05, epsilon_high=0.08)
    torch.manual_seed(0)
    mask = torch.arange(7) < torch.tensor([7, 3, 1, 5])[:, None]
    old, reference = -torch.rand(4, 7), -torch.rand(4, 7)
    advantage = torch.tensor([1.5, -0.5, 0.3, -1.3])
    new = (old + 0.2 * torch.randn(4, 7)).requires_grad_()
    found = objective(new, old, mask, advantage, g, reference)
    found.loss.backward()
    theirs = new.detach().clone().requires_grad_()
    given = {
        "prompt_ids": torch.ones(4, 2),
        "prompt_mask": torch.ones(4, 2),
        "completion_ids": torch.ones(4, 7),
        "completion_mask": mask,
        "advantages": advantage,
        "old_per_token_logps": old,
        "ref_per_token_logps": reference,
    }
    loss = GRPOTrainer._compute_loss(_trainer(g, theirs), SimpleNamespace(training=True), given)
    loss.backward()
    assert new.grad is not None and theirs.grad is not None
    assert found.clipped.any() and not found.clipped.all()
    torch.testing.assert_close(found.loss, loss)
    torch.testing.assert_close(new.grad, theirs.grad)


def _trainer(g: Gspo, log_probs: torch.Tensor) -> SimpleNamespace:
    """What the loss of trl looks at, without a model."""
    return SimpleNamespace(
        _get_per_token_logps_and_entropies=lambda *args, **more: (log_probs, torch.zeros(4, 7), None),
        importance_sampling_level=g.importance,
        loss_type="grpo",
        beta=g.beta,
        epsilon_low=g.epsilon_low,
        epsilon_high=g.epsilon_high,
        args=SimpleNamespace(use_bias_correction_kl=False, delta=None),
        accelerator=SimpleNamespace(reduce=lambda x, reduction: x, gather=lambda x: x),
        model=SimpleNamespace(training=True),
        current_gradient_accumulation_steps=1,
        aux_loss_enabled=False,
        _entropy_bonus_enabled=False,
        _metrics=defaultdict(lambda: defaultdict(list)),
        top_entropy_quantile=1.0,
        off_policy_mask_threshold=None,
        use_vllm=False,
    )
