"""Rollouts: what is drawn is drawn from the model, and a group on one prompt teaches what its completions do alone.

On a model of a few thousand random weights in f32: bounds are those of f32 sums in another order.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import torch

from assistant import prompt
from assistant.backend import Message
from memory.episode import Episode, Turn
from tests.support import tinynano
from tests.support.tinynano import WIDTH, Tokenizer
from train.pretrain.conversation_trees import Tree
from train.pretrain.language import Reader
from train.pretrain.token_cache import photo_of
from train.recipe import Gspo
from train.rl.gspo import objective
from train.rl.rollout import END, Prompt, Rollout, group_tree, log_probs, sample_groups

pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
PATCHES = 3
TOKENS = torch.randn(8, PATCHES, WIDTH, generator=torch.Generator().manual_seed(1)).half()
WORDS = Tokenizer()
MAY = datetime(2025, 5, 1, tzinfo=UTC)
EPISODES = [
    Episode(photo_of(i), (Turn("user", f"This is {name}."), Turn("assistant", "Hello.")), MAY + timedelta(days=i))
    for i, name in enumerate(("Milo", "Rex"))
]
LONG = Prompt.of(WORDS, prompt.caption_messages(EPISODES, photo_of(5)), PATCHES)
SHORT = Prompt.of(WORDS, prompt.caption_messages(EPISODES[:1], photo_of(6)), PATCHES)
(STOP,) = WORDS.encode(END)


@pytest.fixture(scope="module")
def reader() -> Reader:
    made = tinynano.reader()
    with torch.no_grad():  # so that some tokens are likely, and some completions end while others are cut off
        made.embed.weight *= 2.5
        causal = torch.ones(len(LONG.ids), len(LONG.ids)).tril().bool()
        last = made.read(made.inputs(LONG.ids, LONG.slots, TOKENS), causal, torch.arange(len(LONG.ids)))[-1]
        made.embed.weight[STOP] = 11 * last / last.square().sum()
    return made


@pytest.fixture(scope="module")
def groups(reader: Reader) -> list[tuple[Rollout, ...]]:
    return sample_groups(reader, WORDS, [LONG, SHORT], TOKENS, 5, 9, 1.3, [11, 12])


def alone(rollout: Rollout) -> Tree:
    """One completion with the whole prompt before it, as plain training would read it: a causal mask and no more."""
    ids = torch.cat([rollout.prompt.ids, torch.tensor(rollout.ids)])
    n, labels = len(ids), ids.clone()
    labels[: len(rollout.prompt.ids)] = -100
    causal = torch.ones(n, n).tril().bool()
    return Tree(ids, torch.arange(n), labels, torch.ones(n), torch.arange(-1, n - 1), rollout.prompt.slots, causal)


def alone_log_probs(reader: Reader, rollout: Rollout, temperature: float) -> torch.Tensor:
    tree = alone(rollout)
    hidden = reader(tree, TOKENS)[len(rollout.prompt.ids) - 1 : -1]
    likely = (hidden @ reader.embed.weight.T / temperature).log_softmax(-1)
    return likely[torch.arange(len(hidden)), torch.tensor(rollout.ids)]


def test_the_prompt_is_what_the_trees_of_pretraining_read() -> None:
    """Token for token, photo for photo: only the answer and its end come after it."""
    asked = prompt.caption_messages(EPISODES, photo_of(5))
    tree = Tree.of(WORDS, [(*asked, Message("assistant", ("This is Rex.",)))], PATCHES)
    n = int((tree.labels != -100).nonzero()[0])
    assert torch.equal(LONG.ids, tree.ids[:n])
    assert LONG.slots == tree.slots
    assert [row for _, row in LONG.slots] == [0, 1, 5]


def test_completions_end_or_are_cut_off(groups: list[tuple[Rollout, ...]]) -> None:
    everything = [r for group in groups for r in group]
    assert Counter(r.truncated for r in everything).keys() == {True, False}
    for r in everything:
        assert STOP not in r.ids[:-1]
        assert (r.ids[-1] == STOP) != r.truncated
        assert len(r.ids) == 9 if r.truncated else len(r.ids) <= 9
        assert len(r.log_probs) == len(r.ids)
        assert r.text == WORDS.decode(r.ids if r.truncated else r.ids[:-1]).strip()
    assert len({r.ids for r in everything}) > 5


def test_drawn_with_the_probability_that_the_loss_sees(reader: Reader, groups: list[tuple[Rollout, ...]]) -> None:
    """Sampler, tree and plain reading agree on every token, at the temperature of sampling."""
    for group in groups:
        found, there = log_probs(reader, group, TOKENS, 1.3)
        for i, r in enumerate(group):
            torch.testing.assert_close(found[i][there[i]], torch.tensor(r.log_probs), rtol=1e-4, atol=1e-4)
            torch.testing.assert_close(found[i][there[i]], alone_log_probs(reader, r, 1.3), rtol=1e-4, atol=1e-4)
            assert there[i].sum() == len(r.ids)


def test_frequencies_are_the_models(reader: Reader) -> None:
    """The share of each first token is its probability, also of the rare ones: nothing was left out of the draw."""
    (group,) = sample_groups(reader, WORDS, [SHORT], TOKENS, 4000, 1, 1.0, [5])
    tree = alone(group[0])
    likely = (reader(tree, TOKENS)[len(SHORT.ids) - 1] @ reader.embed.weight.T).softmax(-1)
    seen = Counter(r.ids[0] for r in group)
    for p, token in zip(*(x.tolist() for x in likely.topk(5)), strict=True):
        assert seen[token] / 4000 == pytest.approx(p, abs=4 * (p * (1 - p) / 4000) ** 0.5)
    rare = likely < 1 / 4000
    share = sum(seen[t] for t in rare.nonzero()[:, 0].tolist()) / 4000
    assert share == pytest.approx(likely[rare].sum().item(), abs=0.05)
    entropy = -(likely * likely.log()).sum().item()
    assert group[0].entropy == pytest.approx(entropy, rel=1e-4)


def test_same_seed_same_rollouts_whoever_else_is_there(reader: Reader, groups: list[tuple[Rollout, ...]]) -> None:
    (again,) = sample_groups(reader, WORDS, [SHORT], TOKENS, 5, 9, 1.3, [12])
    assert [r.ids for r in again] == [r.ids for r in groups[1]]
    (other,) = sample_groups(reader, WORDS, [SHORT], TOKENS, 5, 9, 1.3, [13])
    assert [r.ids for r in other] != [r.ids for r in again]


def test_temperature_zero_takes_the_likeliest(reader: Reader) -> None:
    (group,) = sample_groups(reader, WORDS, [LONG], TOKENS, 2, 6, 0.0, [0])
    assert group[0].ids == group[1].ids
    ids = LONG.ids
    for token in group[0].ids:
        n = len(ids)
        causal = torch.ones(n, n).tril().bool()
        hidden = reader.read(reader.inputs(ids, LONG.slots, TOKENS), causal, torch.arange(n))
        assert int((hidden[-1] @ reader.embed.weight.T).argmax()) == token
        ids = torch.cat([ids, torch.tensor([token])])


@pytest.mark.parametrize("importance", ["sequence", "token"])
def test_a_shared_prompt_teaches_what_the_plain_way_does(
    reader: Reader, groups: list[tuple[Rollout, ...]], importance: str
) -> None:
    """Loss and all gradients of the objective: prompt once for the group, or again for each completion."""
    g = Gspo(importance=importance, epsilon_low=0.005, epsilon_high=0.005)  # type: ignore[arg-type]
    group = groups[0]
    advantage = torch.tensor([1.0, -0.5, 0.3, -1.2, 0.4])
    noise = 0.05 * torch.randn(5, 9, generator=torch.Generator().manual_seed(3))

    def learnt(new: torch.Tensor, there: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        reader.zero_grad()
        n = new.shape[1]
        found = objective(new, new.detach() + noise[:, :n], there, advantage, g)
        assert 0 < found.clipped.sum() < len(found.clipped)
        found.loss.backward()
        return found.loss, {name: w.grad.clone() for name, w in reader.named_parameters() if w.grad is not None}

    new, there = log_probs(reader, group, TOKENS, 1.3)
    loss, shared = learnt(new, there)
    alone = [alone_log_probs(reader, r, 1.3) for r in group]
    plain_loss, plain = learnt(torch.nn.utils.rnn.pad_sequence(alone, batch_first=True), there)
    torch.testing.assert_close(loss, plain_loss, rtol=1e-5, atol=1e-6)
    assert shared.keys() == plain.keys() and len(shared) == 2 * 7 * 2 + 1
    for name, gradient in shared.items():
        assert gradient.abs().max() > 0
        torch.testing.assert_close(gradient, plain[name], rtol=1e-3, atol=1e-5, msg=name)


def test_a_group_is_of_one_prompt(groups: list[tuple[Rollout, ...]]) -> None:
    """Also a prompt that reads the same is another one: a group comes from one draw."""
    assert all(r.prompt is LONG for r in groups[0]) and all(r.prompt is SHORT for r in groups[1])
    twin = replace(groups[0][1], prompt=Prompt(LONG.ids.clone(), LONG.slots))
    for stray in (groups[1][0], twin):
        with pytest.raises(ValueError, match="several prompts"):
            group_tree((groups[0][0], stray))
