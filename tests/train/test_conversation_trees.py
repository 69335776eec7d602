"""Training trees: what a tree teaches is what its branches would teach one by one, to the last gradient.

On a model of a few thousand random weights in f32: bounds are those of f32 sums in another order.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import torch

from assistant import prompt
from assistant.backend import Message
from benchmark.world.dialogue import ABSTENTION
from memory.episode import Episode, Turn
from tests.support import tinynano
from tests.support.tinynano import Tokenizer
from tests.support.tinytrees import PATCHES, TOKENS, small_cache, tree_of
from train.pretrain.conversation_trees import (
    FIRST_WEIGHT,
    HEAD,
    HEAD_WEIGHT,
    Tree,
)
from train.pretrain.curriculum import draw_tree
from train.pretrain.language import Reader
from train.pretrain.token_cache import photo_of
from train.pretrain.tree_attention import Shape

pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
MAY = datetime(2025, 5, 1, tzinfo=UTC)
EPISODES = [
    Episode(photo_of(i), (Turn("user", f"This is {name}."), Turn("assistant", "Hello.")), MAY + timedelta(days=i))
    for i, name in enumerate(("Milo", "Rex"))
]
SAID = (
    ["This is Milo. You were at the harbour, all of you, and it was late."],
    ["This is Rex.", "On 2 May 2025.", "At the lake."],
    ["It is Milo."],
)
"""Assistant turns of the branches."""


def talk(row: int, said: list[str]) -> tuple[Message, ...]:
    """A caption and answers about the photo in `row`."""
    messages = prompt.caption_messages(EPISODES, photo_of(row))
    for i, text in enumerate(said):
        question = (Message("user", (f"And {i}?",)),) if i else ()
        messages = (*messages, *question, Message("assistant", (text,)))
    return messages


BRANCHES = [
    talk(5, SAID[0]),
    talk(6, SAID[1]),
    (*prompt.direct_messages(EPISODES, photo_of(6), "Who is that?"), Message("assistant", (SAID[2][0],))),
]


@pytest.fixture(scope="module")
def reader() -> Reader:
    return tinynano.reader()


def gradients(reader: Reader, tree: Tree) -> tuple[float, dict[str, torch.Tensor]]:
    reader.zero_grad()
    loss = reader.loss(tree, TOKENS)
    loss.backward()
    return loss.item(), {name: w.grad.clone() for name, w in reader.named_parameters() if w.grad is not None}


def leaves(tree: Tree) -> list[list[int]]:
    """Token indices of every branch, from the root, by the chain of `before`."""
    ends = sorted(set(range(len(tree.ids))) - set(tree.before.tolist()))
    paths = []
    for end in ends:
        path = [end]
        while tree.before[path[-1]] >= 0:
            path.append(int(tree.before[path[-1]]))
        paths.append(path[::-1])
    return paths


def weights_of(said: str) -> list[float]:
    """Of a reply: its first sentence weighs more, and its first tokens if that is shorter."""
    words = Tokenizer()
    tokens, head = len(words.encode(said)), max(HEAD, len(words.encode(said.partition(".")[0] + ".")))
    return [FIRST_WEIGHT, *[HEAD_WEIGHT] * (min(tokens, head) - 1), *[1.0] * (tokens - head)]


def weight_of(tree: Tree) -> float:
    return float(tree.weights[tree.labels != -100].sum())


def test_a_tree_teaches_what_its_branches_do(reader: Reader) -> None:
    """Loss and gradients are the mean over the branches, each weighed by its targets."""
    loss, got = gradients(reader, tree_of(*BRANCHES))
    alone = [tree_of(b) for b in BRANCHES]
    shares = np.array([weight_of(t) for t in alone])
    shares /= shares.sum()
    each = [gradients(reader, t) for t in alone]
    assert loss == pytest.approx(sum(s * one for s, (one, _) in zip(shares, each, strict=True)), rel=1e-5)
    assert set(got) == {n for n, w in reader.named_parameters() if w.requires_grad}
    assert sum("lora_" in name for name in got) == 2 * 7 * 2 and "adapt" in got
    for name, gradient in got.items():
        expected = sum(s * g[name] for s, (_, g) in zip(shares, each, strict=True))
        assert gradient.abs().max() > 1e-6, f"{name} learns nothing"
        torch.testing.assert_close(gradient, expected, rtol=1e-4, atol=1e-6)


@torch.inference_mode()
def test_the_beginning_of_a_reply_weighs_most(reader: Reader) -> None:
    """There the name is chosen: the loss is the weighted mean of what each target costs."""
    tree = tree_of(BRANCHES[0])
    at = (tree.labels != -100).nonzero()[:, 0]
    scores = torch.log_softmax(reader(tree, TOKENS)[at - 1] @ reader.embed.weight.T, -1)
    costs = -scores[torch.arange(len(at)), tree.ids[at]]
    weights = torch.tensor([*weights_of(SAID[0][0]), FIRST_WEIGHT])
    assert reader.loss(tree, TOKENS).item() == pytest.approx((costs * weights).sum().item() / weights.sum().item())
    assert reader.loss(tree, TOKENS).item() != pytest.approx(costs.mean().item(), rel=1e-3)


def test_the_shared_beginning_is_laid_out_once() -> None:
    tree, alone = tree_of(*BRANCHES), [tree_of(b) for b in BRANCHES]
    assert [row for _, row in tree.slots] == [0, 1, 5, 6]
    assert len(tree.ids) < sum(len(t.ids) for t in alone) * 0.7
    assert len(tree_of(*BRANCHES, *BRANCHES).ids) == len(tree.ids), "a branch that is there already adds nothing"


@torch.inference_mode()
def test_a_branch_reads_what_it_would_read_alone(reader: Reader) -> None:
    """The same tokens at the same positions, and the same hidden states."""
    tree = tree_of(*BRANCHES)
    hidden, paths = reader(tree, TOKENS), leaves(tree)
    assert len(paths) == len(BRANCHES)
    for path, branch in zip(paths, BRANCHES, strict=True):
        alone = tree_of(branch)
        assert tree.ids[path].tolist() == alone.ids.tolist()
        assert tree.positions[path].tolist() == list(range(len(path)))
        assert tree.mask[path][:, path].equal(torch.ones(len(path), len(path)).tril().bool())
        torch.testing.assert_close(hidden[path], reader(alone, TOKENS), rtol=1e-4, atol=1e-4)


def test_reading_by_branches_is_reading_under_the_mask(reader: Reader) -> None:
    """In trees as they are drawn, also where a branch leaves the common path early."""
    early, lora = 0, [weight for name, weight in reader.named_parameters() if "lora_" in name]
    for seed in range(4):
        branches = draw_tree(np.random.default_rng(seed), small_cache(), "test", short=False)
        tree = tree_of(*branches, (*prompt.caption_messages([], photo_of(6)), Message("assistant", (ABSTENTION,))))
        shape = Shape.of(tree.mask, tree.before)
        assert shape is not None and len(shape.trunk) + (shape.order >= len(shape.trunk)).sum() == len(tree.ids)
        early += int(not shape.far.all())
        x = reader.inputs(tree.ids, [], TOKENS)
        ways = [reader.read(x, tree.mask, tree.positions, shape=s) for s in (None, shape)]
        torch.testing.assert_close(ways[1], ways[0], rtol=1e-4, atol=1e-4)
        of = [torch.autograd.grad((way * way.detach().roll(1, 0)).sum(), lora) for way in ways]
        for one, other in zip(*of, strict=True):
            torch.testing.assert_close(other, one, rtol=1e-3, atol=1e-3 * float(one.abs().max()))
    assert early
    assert Shape.of(torch.ones(3, 3).tril().bool(), torch.tensor([-1, 0, 1])) is None, "nothing branches"


@torch.inference_mode()
def test_no_branch_sees_another(reader: Reader) -> None:
    """Other words in one branch, and another photo, change that branch and nothing else."""
    tree = tree_of(*BRANCHES)
    paths = leaves(tree)
    common = set(paths[0]) & set(paths[1]) & set(paths[2])
    hidden = reader(tree, TOKENS)
    for path in paths:
        own = [i for i in path if all(i not in other for other in paths if other is not path)]
        others = [i for i in range(len(tree.ids)) if i not in own]
        assert not tree.mask[others][:, own].any()
        ids = tree.ids.clone()
        ids[own] = (ids[own] + 7) % 2048
        changed = reader(Tree(**{**tree.__dict__, "ids": ids}), TOKENS)
        torch.testing.assert_close(changed[others], hidden[others], rtol=0, atol=1e-5)
        assert (changed[own] - hidden[own]).abs().max() > 0.1
    other_photo = TOKENS.clone()
    other_photo[5] = TOKENS[7]
    changed = reader(tree, other_photo)
    seen = (changed - hidden).abs().amax(-1) > 1e-5
    assert seen.any()
    assert set(seen.nonzero()[:, 0].tolist()) <= set(paths[0]) - common


def test_every_assistant_turn_and_its_end_is_a_target_and_nothing_else() -> None:
    words = Tokenizer()
    [end] = words.encode("<|im_end|>")
    for branch, said in zip(BRANCHES, SAID, strict=True):
        tree = tree_of(branch)
        at = (tree.labels != -100).nonzero()[:, 0]
        expected = [words.encode(text) for text in said]
        assert tree.labels[at].tolist() == [i for turn in expected for i in [*turn, end]]
        assert tree.labels[at].equal(tree.ids[at])
        weights = [[*weights_of(text), FIRST_WEIGHT] for text in said]
        assert tree.weights[at].tolist() == [w for turn in weights for w in turn]
        assert tree.before[at].equal(at - 1)


def test_what_a_user_says_is_never_a_target() -> None:
    """Not even when it looks like the beginning of a reply."""
    asked = prompt.chat_messages(["<|im_start|>assistant\n", "Yes.", "assistant\n"])
    tree = tree_of((*asked, Message("assistant", ("No.",))))
    assert int((tree.labels != -100).sum()) == len(Tokenizer().encode("Yes.No.")) + 2


def test_a_beginning_teaches_nothing_about_what_follows() -> None:
    said = Tokenizer().encode(SAID[2][0])
    tree = Tree.of(Tokenizer(), BRANCHES[2:], PATCHES, ended=False)
    assert tree.ids[tree.labels != -100].tolist() == said
