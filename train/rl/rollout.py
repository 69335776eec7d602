"""Completions of a prompt and their log-probabilities: what a group has in common, its prompt, is read once.

Sampling feeds the next tokens of all unfinished completions of a prompt as one piece of one sequence; a token sees its
prompt and its own completion. So keys and values of a prompt exist once, however many completions grow on it. For the
gradients a group becomes one `Tree` in the same way. Both see the distribution of the model itself at a temperature: no
top_p, no top_k, no penalty, so that log-probabilities mean what they say. Not the app's engine: that is `assistant/`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import Cache, DynamicCache
from transformers.cache_utils import DynamicLayer

from assistant.backend import Message
from assistant.chatml import pieces
from memory.episode import Photo
from train.pretrain.conversation_trees import Tree
from train.pretrain.language import Reader
from train.pretrain.token_cache import row_of

END = "<|im_end|>"
PROMPT, NOBODY = -1, -2
"""Whose a key is, if not of the completion with that number."""


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
    """A completion that was sampled for a prompt, with the log-probability of each of its tokens."""

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
    cache, owner, last = _read(reader, prompts, bank_tokens)
    drawn: list[list[list[tuple[int, float, float]]]] = [[[] for _ in range(group)] for _ in prompts]
    alive = [list(range(group)) for _ in prompts]  # completions of each prompt that go on
    hidden = last[:, None].expand(-1, group, -1)  # (B, group, D)
    lengths = torch.tensor([len(prompt.ids) for prompt in prompts])
    scoring = reader.embed.weight.float().T  # once, not for every token
    for t in range(most):
        likelihood = (hidden.float() @ scoring / (temperature or 1.0)).log_softmax(-1)  # (B, width, V)
        width = max(map(len, alive))
        tokens = torch.zeros(len(prompts), width, dtype=torch.long)
        rows = torch.full((len(prompts), width), NOBODY)
        for p, going in enumerate(alive):
            if not going:
                continue
            likely = likelihood[p, : len(going)]  # (going, V)
            chosen = torch.multinomial(likely.exp(), 1, generator=dice[p])[:, 0] if temperature else likely.argmax(-1)
            found = likely.gather(1, chosen[:, None])[:, 0], -(likely.exp() * likely).sum(-1)
            for i, token, *scores in zip(going, chosen.tolist(), *(x.tolist() for x in found), strict=True):
                drawn[p][i].append((token, scores[0], scores[1]))
            alive[p] = [i for i, token in zip(going, chosen.tolist(), strict=True) if token != end]
            n = len(alive[p])
            rows[p, :n] = torch.tensor(alive[p], dtype=torch.long)
            tokens[p, :n] = chosen[chosen != end].cpu()
        width = max(map(len, alive))
        if not width or t + 1 == most:
            break
        tokens, rows = tokens[:, :width], rows[:, :width]
        owner = torch.cat([owner, rows], 1)
        seen = (owner[:, None] == rows[:, :, None]) | (owner[:, None] == PROMPT)
        with torch.no_grad():
            hidden = reader.read(reader.embed(tokens.to(device)), seen, (lengths + t)[:, None].expand(-1, width), cache)
    return [
        tuple(_rollout(tokenizer, prompt, drawn[p][i], i in alive[p]) for i in range(group))
        for p, prompt in enumerate(prompts)
    ]


def written(tokenizer, prompt: Prompt, text: str) -> Rollout:
    """A completion that nobody drew, such as the right answer; it has no probabilities."""
    ids = (*tokenizer.encode(text, add_special_tokens=False), *tokenizer.encode(END, add_special_tokens=False))
    return Rollout(prompt, ids, text, (), 0.0, False)


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
) -> tuple[Cache, torch.Tensor, torch.Tensor]:
    """One cache of all prompts, a row each; whose each key in it is, (B, longest); the last hidden states (B, D)."""
    longest = max(len(prompt.ids) for prompt in prompts)
    both, last = Cache(layer_class_to_replicate=GrowingCache), []
    owner = torch.full((len(prompts), longest), NOBODY)
    for i, prompt in enumerate(prompts):
        n, own = len(prompt.ids), DynamicCache()
        x = reader.inputs(prompt.ids, prompt.slots, bank_tokens)
        last.append(reader.read(x, torch.ones(n, n, dtype=torch.bool).tril(), torch.arange(n), own)[-1])
        owner[i, :n] = PROMPT
        for at, layer in enumerate(own.layers):
            if i == 0:
                both.layers.append(GrowingCache())
                both.layers[at].begin(layer.keys, len(prompts), longest)
            both.layers[at].keys[i, :, :n], both.layers[at].values[i, :, :n] = layer.keys[0], layer.values[0]
    return both, owner, torch.stack(last)


class GrowingCache(DynamicLayer):
    """Keys and values that grow in place: a token is written, not everything copied."""

    def begin(self, like: torch.Tensor, rows: int, n: int) -> None:
        """Room for `n` tokens in each of `rows`, and half as many more; all zero."""
        self.lazy_initialization(like, like)
        _, heads, _, width = like.shape
        self.length = n
        self.keys, self.values = (like.new_zeros(rows, heads, n + n // 2, width) for _ in range(2))

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *args, **kwargs):
        """As `DynamicLayer.update`."""
        begin, self.length = self.length, self.length + key_states.shape[2]
        if self.length > self.keys.shape[2]:
            more = self.keys.new_zeros(*self.keys.shape[:2], self.length // 2, self.keys.shape[3])
            self.keys, self.values = torch.cat([self.keys, more], 2), torch.cat([self.values, more], 2)
        self.keys[:, :, begin : self.length], self.values[:, :, begin : self.length] = key_states, value_states
        return self.keys[:, :, : self.length], self.values[:, :, : self.length]

    def get_seq_length(self) -> int:
        """How many tokens the cache holds."""
        return self.length


def _rollout(tokenizer, prompt: Prompt, drawn: Sequence[tuple[int, float, float]], truncated: bool) -> Rollout:
    ids, log_probs, entropies = zip(*drawn, strict=True)
    said = ids if truncated else ids[:-1]
    text = tokenizer.decode(said, skip_special_tokens=True).strip()
    return Rollout(prompt, ids, text, log_probs, sum(entropies) / len(entropies), truncated)
