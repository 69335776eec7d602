"""Training conversations as trees: one context, many branches (query photo, caption, questions) that share it.

The shared prefix is read once; a branch sees the prefix and itself, at the positions it would have alone. So one
pass teaches as much as many prompts, with gradients equal to theirs (tested).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from assistant import prompt
from assistant.backend import Message
from assistant.chatml import Mark, Piece, Words, pieces
from benchmark.world import dialogue
from benchmark.world.dialogue import Facts
from benchmark.world.scene import TWIN_HUES, Look
from memory.episode import Episode, Photo
from train.pretrain.token_cache import TokenCache, photo, row_of

Rng = np.random.Generator
Known = tuple[Facts, Episode]
HEAD_WEIGHT = 3.0
"""Weight of a target's first tokens, and of all of its first sentence: there names are chosen, the rest follows."""
HEAD = 6
FIRST_WEIGHT = 6.0
"""Weight of a target's very first token, where naming and "I do not know" part, and of its end."""


@dataclass(frozen=True)
class Tree:
    """One training item, ready for the model. L tokens in all; visual tokens have id 0 and a row in `rows`."""

    ids: torch.Tensor  # (L,)
    positions: torch.Tensor  # (L,)
    labels: torch.Tensor  # (L,), the token itself where it must be predicted, else -100
    weights: torch.Tensor  # (L,)
    before: torch.Tensor  # (L,), the token before each one in its own branch, -1 at the root
    slots: list[tuple[int, int]]
    """(first token, bank row) of every photo."""
    mask: torch.Tensor  # (L, L) bool, True = may look

    @staticmethod
    def of(tokenizer, branches: Sequence[Sequence[Message]], tokens_a_photo: int, *, ended: bool = True) -> Tree:
        """Lay out conversations that end with an assistant turn; every assistant turn is a target. Pieces that
        branches have in common from their start become one path of a trie; a token sees its ancestors only.
        Not `ended`: the last turns are beginnings, and nothing is taught about what follows."""
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
        seen = torch.zeros(len(ancestors), len(ancestors), dtype=torch.bool)
        for i, above in enumerate(ancestors):
            seen[i, list(above)] = True
        nodes = torch.tensor(node_of)
        mask = torch.ones(len(ids), len(ids)).tril().bool() & seen[nodes][:, nodes]
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
    """What each token of a target weighs."""
    (stop,) = tokenizer.encode(".", add_special_tokens=False)
    head = max(HEAD, ids.index(stop) + 1 if stop in ids else 0)
    return [FIRST_WEIGHT, *(HEAD_WEIGHT if i < head else 1.0 for i in range(1, len(ids)))]


def draw_tree(rng: Rng, bank: TokenCache, split: str, *, short: bool, rare: bool = False) -> list[tuple[Message, ...]]:
    """Branches of one random training tree: captions and questions after them, or recognition. Strangers can be
    `rare`."""
    if rng.random() < 0.08:
        return _recognition(rng, bank)
    looks = _choose_looks(rng, bank, short)
    full = not short and rng.random() < (0.5 if len(looks) < 7 else 0.15)
    known = _meet(rng, bank, split, looks, short, full)
    queries = _queries(rng, bank, looks, known, 7 if short else 2, 1 if short or rare else 2, 3)
    episodes = [e for _, e in known]
    branches = [_branch(rng, episodes, [known[i] for i in which], p, short) for p, which in queries]
    if not short and rng.random() < 0.5:
        f, e = known[int(rng.integers(len(known)))]
        key = str(rng.choice(("place", "time", "habit")))
        asked = prompt.recollect_messages(episodes, dialogue.question(rng, key, f.name))
        branches.append((*asked, Message("assistant", (dialogue.answer(key, f, e),))))
    return branches


def draw_glance(rng: Rng, bank: TokenCache, split: str, *, rare: bool = False) -> list[tuple[Message, ...]]:
    """Many photos before one context, each with the beginning of its caption only: who, or nobody. Nearly all that
    is hard about a caption is decided there, so that a glance teaches most of it for a third of the tokens."""
    looks = _choose_looks(rng, bank, False)
    known = _meet(rng, bank, split, looks, False, bool(rng.random() < 0.3))
    episodes = [e for _, e in known]
    branches = []
    for seen, which in _queries(rng, bank, looks, known, 5, 1 if rare else 3, 6):
        told = dialogue.caption([known[i] for i in which]).split(".")[0] + "."
        branches.append((*prompt.caption_messages(episodes, seen), Message("assistant", (told,))))
    return branches


def _meet(rng: Rng, bank: TokenCache, split: str, looks: list[Look], short: bool, full: bool) -> list[Known]:
    """Facts and an episode for each look; `short`: one turn with the name only."""
    known: list[Known] = []
    for look, drawn in zip(looks, dialogue.draw_facts(rng, split, len(looks), full=full), strict=True):
        f = Facts(drawn.name) if short else drawn
        turns = 1 if short else 6 if full else int(rng.choice((1, 1, 2, 4)))
        said = dialogue.draw_dialogue(rng, f, bank.words[look.code].word, turns)
        place = f.place if f.place and not full and rng.random() < 0.3 else None
        known.append((f, Episode(photo(_view(rng, bank, look)), said, dialogue.draw_date(rng), place)))
    return known


def _queries(
    rng: Rng, bank: TokenCache, looks: list[Look], known: list[Known], alone: int, strangers: int, together: int
) -> list[tuple[Photo, list[int]]]:
    """Photos to ask about, and which of `known` each shows: some show one of them, some none, and as far as the bank
    has them some show several, or one among strangers."""
    out: list[tuple[Photo, list[int]]] = []
    for i in rng.integers(0, len(looks), alone):
        out.append((photo(_view(rng, bank, looks[i], known[i][1].photo)), [int(i)]))
    shown = {row: [looks.index(k) for k in group if k in looks] for group, row in bank.groups}
    for several, most in ((True, together), (False, 1)):
        rows = [row for row, which in shown.items() if which and (len(which) > 1) == several]
        picked = rng.choice(rows, min(most, len(rows)), replace=False) if rows else []
        out += [(photo(int(row)), shown[int(row)]) for row in picked]
    for _ in range(strangers):  # to say that one knows nobody is learnt last, and needs its share
        out.append((photo(_view(rng, bank, _stranger(rng, bank, looks))), []))
    return out


def draw_chain(rng: Rng, bank: TokenCache, split: str) -> tuple[list[tuple[Message, ...]], list[str]]:
    """A context in which a few things come again and again, each time introduced by name; and these names.

    The names' repetitions are targets too (`label_repeats`). What a pretrained model can do is to go on as it went
    before: here "photo, then this name" is that. Captions start from this circuit; without it, they stayed at chance.
    """
    n = int(rng.integers(2, 5))
    looks = _choose_looks(rng, bank, True)[:n]
    facts = dialogue.draw_facts(rng, split, len(looks), full=False)
    dates = sorted(dialogue.draw_date(rng) for _ in range(int(rng.integers(7, 12))))
    episodes = []
    for date in dates:
        i = int(rng.integers(len(looks)))
        seen_as = photo(_view(rng, bank, looks[i]))
        episodes.append(Episode(seen_as, dialogue.draw_dialogue(rng, Facts(facts[i].name), None, 1), date))
    seen = [i for i, f in enumerate(facts[: len(looks)]) if any(f.name in e.words for e in episodes)]
    branches = []
    for i in rng.choice(seen, 3):
        asked = prompt.caption_messages(episodes, photo(_view(rng, bank, looks[int(i)])))
        branches.append((*asked, Message("assistant", (f"This is {facts[int(i)].name}.",))))
    return branches, [f.name for f in facts]


def label_repeats(tree: Tree, tokenizer, names: Sequence[str]) -> Tree:
    """Make every occurrence of a name after its first a target."""
    labels, weights, ids = tree.labels.clone(), tree.weights.clone(), tree.ids.tolist()
    for name in names:
        spelt = tokenizer.encode(f" {name}", add_special_tokens=False)
        at = [i for i in range(len(ids) - len(spelt) + 1) if ids[i : i + len(spelt)] == spelt]
        for start in at[1:]:
            labels[start : start + len(spelt)] = tree.ids[start : start + len(spelt)]
            weights[start : start + len(spelt)] = HEAD_WEIGHT
    return replace(tree, labels=labels, weights=weights)


def _branch(rng: Rng, episodes: list[Episode], known: list[Known], query: Photo, short: bool) -> tuple[Message, ...]:
    """Caption, mostly followed by questions; now and then a question without a caption."""
    if not known and rng.random() < 0.25:
        episodes = []
    messages = prompt.caption_messages(episodes, query)
    told = dialogue.caption(known)
    f, e = known[int(rng.integers(len(known)))] if known else (None, None)
    if not short and len(known) < 2 and rng.random() < 0.2:
        key = _key(rng, f)
        direct = prompt.direct_messages(episodes, query, dialogue.question(rng, key))
        return (*direct, Message("assistant", (dialogue.answer(key, f, e),)))
    messages = (*messages, Message("assistant", (told,)))
    for _ in range(0 if short else int(rng.integers(1, 3))):
        named = f is not None and (len(known) > 1 or rng.random() < 0.3)
        key = str(rng.choice(("place", "time", "habit"))) if named else _key(rng, f)
        asked = Message("user", (dialogue.question(rng, key, f.name if named and f else "it"),))
        messages = (*messages, asked, Message("assistant", (dialogue.answer(key, f, e),)))
    return messages


def _key(rng: Rng, facts: Facts | None) -> str:
    keys = ["name", "place", "time", "event", "habit", "both", "both"] + (
        ["reminder"] * 2 if facts and facts.reminder else []
    )
    return str(rng.choice(keys))


def _choose_looks(rng: Rng, bank: TokenCache, short: bool) -> list[Look]:
    """Looks of the context: at times around a group photo, with two others for each look in it; the others are twins,
    look-alikes, others of a kind, or anything."""
    codes = list(bank.words)
    sizes, shares = ((2, 3, 4, 5), (0.25,) * 4) if short else ((1, 2, 3, 4, 6), (0.05, 0.15, 0.5, 0.2, 0.1))
    n = int(rng.choice(sizes, p=shares))
    looks = [Look(str(rng.choice(codes)), int(rng.choice((0, 0, 0, *TWIN_HUES))))]
    if rng.random() < (0.25 if short else 0.75) and n > 1:
        looks = list(bank.groups[int(rng.integers(len(bank.groups)))][0])
        n = max(n, len(looks)) if short or rng.random() < 0.4 else 3 * len(looks)
        if not short and rng.random() < 0.4:
            others = bank.groups[int(rng.integers(len(bank.groups)))][0]
            looks += [look for look in others if look not in looks]
    while len(looks) < n:
        base, dice = looks[int(rng.integers(len(looks)))], rng.random()
        if dice < 0.12:
            new = Look(base.code, int(rng.choice((0, *TWIN_HUES))))
        elif dice < 0.4:
            new = Look(str(rng.choice(bank.near[base.code])))
        elif dice < 0.55:
            kind = bank.words[base.code].kind
            new = Look(str(rng.choice([c for c in codes if bank.words[c].kind == kind])))
        else:
            new = Look(str(rng.choice(codes)))
        if new not in looks:
            looks.append(new)
    return looks


def _stranger(rng: Rng, bank: TokenCache, looks: list[Look]) -> Look:
    """A look that is not in the context; at times a look-alike of one that is."""
    codes = list(bank.words)
    while True:
        code = str(rng.choice(bank.near[looks[0].code] if rng.random() < 0.2 else codes))
        if all(k.code != code for k in looks):
            return Look(code)


def _view(rng: Rng, bank: TokenCache, look: Look, other_than: Photo | None = None) -> int:
    rows = bank.single[look]
    used = row_of(other_than) if other_than else -1
    return int(rng.choice([r for r in rows if r != used]))


def _recognition(rng: Rng, bank: TokenCache) -> list[tuple[Message, ...]]:
    """Numbered photos without words; the target is a boxed list of indices."""
    looks = _choose_looks(rng, bank, True)
    order = [looks[i] for i in rng.permutation(len(looks))]
    known: list[Known] = [(Facts(""), Episode(photo(_view(rng, bank, k)), (), dialogue.draw_date(rng))) for k in order]
    branches = []
    for seen, which in _queries(rng, bank, order, known, 5, 1, 2):
        boxed = Message("assistant", (f"\\boxed{{{json.dumps(sorted(which))}}}",))
        branches.append((*prompt.recognise_messages([e.photo for _, e in known], seen), boxed))
    return branches
