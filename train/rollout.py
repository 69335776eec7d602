"""Completions of a prompt and their log-probabilities: what a group has in common, its prompt, is read once.

Sampling feeds the next token of every unfinished completion as one row of one sequence; a token sees its prompt and
its own completion. So keys and values of a prompt exist once, however many completions grow on it. For the gradients
a group becomes one `Tree` in the same way. Both see the distribution of the model itself at a temperature: no top_p,
no top_k, no penalty, so that log-probabilities mean what they say. Not the app's engine: that is `assistant/`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import DynamicCache

from assistant.backend import Message
from assistant.chatml import pieces
from memory.episode import Photo
from train.bank import row_of
from train.language import Reader
from train.trees import Tree

END = "<|im_end|>"


@dataclass(frozen=True, eq=False)
class Prompt:
    """A rendered prompt. It is itself only: groups are told apart by it."""

    ids: torch.Tensor  # (P,), 0 for visual tokens
    slots: list[tuple[int, int]]
    """(first token, bank row) of every photo."""

    @staticmethod
    def of(tokenizer, messages: Sequence[Message], tokens_a_photo: int) -> Prompt:
        """Every piece tokenised alone, as in the engine and in `Tree.of`."""
        ids: list[int] = []
        slots: list[tuple[int, int]] = []
        for piece in pieces(messages):
            if isinstance(piece, Photo):
                slots.append((len(ids), row_of(piece)))
                ids += [0] * tokens_a_photo
            else:
                ids += tokenizer.encode(piece.text, add_special_tokens=False)
        return Prompt(torch.tensor(ids), slots)


@dataclass(frozen=True, eq=False)
class Rollout:
    """One completion."""

    prompt: Prompt
    ids: tuple[int, ...]
    """Its tokens; the last is `END`, unless it was cut off."""
    text: str
    log_probs: tuple[float, ...]
    """Of each token, when it was drawn."""
    entropy: float
    """Of the distributions that its tokens were drawn from: their mean, in nats."""
    truncated: bool


def sample(
    reader: Reader,
    tokenizer,
    prompts: Sequence[Prompt],
    bank_tokens: torch.Tensor,
    group: int,
    most: int,
    temperature: float,
    seeds: Sequence[int],
) -> list[tuple[Rollout, ...]]:
    """`group` completions of each prompt, at most `most` tokens long; temperature 0 takes the likeliest token.

    Each prompt has dice of its own, seeded by `seeds`. All prompts go through the model together.
    """
    device = reader.adapt.device
    dice = [torch.Generator(device).manual_seed(seed) for seed in seeds]
    (end,) = tokenizer.encode(END, add_special_tokens=False)
    cache, owner, hidden = _read(reader, prompts, bank_tokens)
    of_prompt = torch.arange(len(prompts), device=device).repeat_interleave(group)  # (N,), N completions
    position = torch.tensor([len(p.ids) for p in prompts], device=device)[of_prompt]
    hidden, alive = hidden[of_prompt], torch.arange(len(of_prompt), device=device)
    drawn: list[list[tuple[int, float, float]]] = [[] for _ in of_prompt]
    for t in range(most):
        likely = logits(reader, hidden, temperature or 1.0).log_softmax(-1)  # (alive, V)
        chosen = _choose(likely, of_prompt[alive], dice) if temperature else likely.argmax(-1)
        log_probs = likely.gather(1, chosen[:, None])[:, 0]
        entropies = -(likely.exp() * likely).sum(-1)
        for i, *row in zip(*(x.tolist() for x in (alive, chosen, log_probs, entropies)), strict=True):
            drawn[i].append((row[0], row[1], row[2]))
        going = chosen != end
        alive, chosen = alive[going], chosen[going]
        if not len(alive) or t + 1 == most:
            break
        owner = torch.cat([owner, alive])
        seen = (owner == alive[:, None]) | (owner == -1 - of_prompt[alive, None])
        with torch.no_grad():
            hidden = reader.read(reader.embed(chosen), seen, position[alive] + t, cache)
    cut = set(alive.tolist())
    found = [_rollout(tokenizer, prompts[p], drawn[i], i in cut) for i, p in enumerate(of_prompt.tolist())]
    return [tuple(found[i : i + group]) for i in range(0, len(found), group)]


def grow(group: Sequence[Rollout]) -> Tree:
    """A group as one tree: its prompt once, every completion a branch whose tokens are targets.

    Raises ValueError when the completions are not all of one prompt.
    """
    prompt = group[0].prompt
    if any(rollout.prompt is not prompt for rollout in group):
        raise ValueError("completions of several prompts are not a group")
    start = len(prompt.ids)
    said = [torch.tensor(rollout.ids) for rollout in group]
    ids = torch.cat([prompt.ids, *said])
    branch = torch.repeat_interleave(torch.tensor([start, *map(len, said)]))  # (L,), 0 is the prompt
    positions = torch.cat([torch.arange(start), *(start + torch.arange(len(s)) for s in said)])
    before = torch.arange(-1, len(ids) - 1)
    before[positions == start] = start - 1
    labels = ids.where(branch > 0, -100)
    seen = (branch == 0) | (branch == branch[:, None])
    mask = seen & torch.ones(len(ids), len(ids)).tril().bool()
    return Tree(ids, positions, labels, torch.ones(len(ids)), before, prompt.slots, mask)


def log_probs(
    reader: Reader, group: Sequence[Rollout], bank_tokens: torch.Tensor, temperature: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probabilities (G, T) of a group's tokens under the reader as it is, and which of them are there (G, T)."""
    tree = grow(group)
    hidden = reader(tree, bank_tokens)
    at, before = reader.predicted_from(tree)
    scores = logits(reader, hidden[before], temperature)
    flat = -torch.nn.functional.cross_entropy(scores, tree.labels[at].to(scores.device), reduction="none")
    parts = flat.split([len(rollout.ids) for rollout in group])
    there = [torch.ones_like(part, dtype=torch.bool) for part in parts]
    return pad_sequence(list(parts), batch_first=True), pad_sequence(there, batch_first=True)


def logits(reader: Reader, hidden: torch.Tensor, temperature: float) -> torch.Tensor:
    """Scores (N, V) of the next token. In f32: rounded to bf16 they would blur the ratios more than an update does."""
    return hidden.float() @ reader.embed.weight.float().T / temperature


@torch.no_grad()
def _read(
    reader: Reader, prompts: Sequence[Prompt], bank_tokens: torch.Tensor
) -> tuple[DynamicCache, torch.Tensor, torch.Tensor]:
    """One cache of all prompts, the prompt of each key in it (-1, -2, ...), and the last hidden states (B, D)."""
    device = reader.adapt.device
    cache, owner, last = DynamicCache(), torch.zeros(0, dtype=torch.long, device=device), []
    for i, prompt in enumerate(prompts):
        n = len(prompt.ids)
        own = torch.ones(n, n, dtype=torch.bool, device=device).tril()
        seen = torch.cat([torch.zeros(n, len(owner), dtype=torch.bool, device=device), own], 1)
        x = reader.inputs(prompt.ids, prompt.slots, bank_tokens)
        last.append(reader.read(x, seen, torch.arange(n), cache)[-1])
        owner = torch.cat([owner, torch.full((n,), -1 - i, device=device)])
    return cache, owner, torch.stack(last)


def _choose(likely: torch.Tensor, of_prompt: torch.Tensor, dice: Sequence[torch.Generator]) -> torch.Tensor:
    """A token for each row, by the dice of its prompt."""
    parts = [torch.multinomial(likely[of_prompt == p].exp(), 1, generator=dice[p])[:, 0] for p in of_prompt.unique()]
    return torch.cat(parts)  # rows of one prompt stand together, in order


def _rollout(tokenizer, prompt: Prompt, drawn: Sequence[tuple[int, float, float]], truncated: bool) -> Rollout:
    ids, log_probs, entropies = zip(*drawn, strict=True)
    said = ids if truncated else ids[:-1]
    text = tokenizer.decode(said, skip_special_tokens=True).strip()
    return Rollout(prompt, ids, text, log_probs, sum(entropies) / len(entropies), truncated)
