"""Rollouts: completions that are sampled for a prompt in groups, and their log-probabilities.

The prompt that a group has in common is read once. Sampling feeds the next tokens of all unfinished completions of a
prompt as one piece of one sequence, in which a token attends to its prompt and its own completion; so keys and values
of a prompt exist once, however many completions follow it. For gradients a group becomes one `Tree` in the same way.
Both use the model's own distribution at a temperature, without top_p, top_k or penalties, so that log-probabilities are
those of the distribution that was sampled. The app writes with its own engines (`assistant/backends`), not with this
module.
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
"""The token that ends a completion."""
PROMPT, PADDING = -1, -2
"""Owners of a cached key that belongs to no completion: the prompt, or nothing. Otherwise its completion's number."""


@dataclass(frozen=True, eq=False)
class Prompt:
    """A tokenised prompt. Each is equal to itself only: a group is known by its prompt."""

    ids: torch.Tensor  # (P,), 0 for visual tokens
    slots: list[tuple[int, int]]
    """(first token, row of the token cache) of every photo."""

    @staticmethod
    def of(tokenizer, messages: Sequence[Message], tokens_a_photo: int) -> Prompt:
        """Tokenise every piece alone, as the app's engines and `Tree.of` do."""
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
    """The completion's tokens; the last is `END` unless the completion was cut off."""
    text: str
    log_probs: tuple[float, ...]
    """Log-probability of each token under the weights that sampled it."""
    entropy: float
    """Mean entropy, in nats, of the distributions from which the tokens were drawn."""
    truncated: bool


def sample_groups(
    reader: Reader,
    tokenizer,
    prompts: Sequence[Prompt],
    visual_tokens: torch.Tensor,
    group: int,
    max_tokens: int,
    temperature: float,
    seeds: Sequence[int],
) -> list[tuple[Rollout, ...]]:
    """Sample `group` completions of each prompt; temperature 0 takes the likeliest token.

    All prompts go through the model together. Each has a random generator of its own, seeded by `seeds`.
    `visual_tokens` are those of the token cache, (N, T, D).
    """
    device = reader.adapt.device
    generators = [torch.Generator(device).manual_seed(seed) for seed in seeds]
    (end,) = tokenizer.encode(END, add_special_tokens=False)
    cache, owner, last = _prefill(reader, prompts, visual_tokens)
    drawn: list[list[list[tuple[int, float, float]]]] = [[[] for _ in range(group)] for _ in prompts]
    unfinished = [list(range(group)) for _ in prompts]  # completions of each prompt
    hidden = last[:, None].expand(-1, group, -1)  # (B, group, D)
    lengths = torch.tensor([len(prompt.ids) for prompt in prompts])
    output_weight = reader.embed.weight.float().T  # converted once, not for every token
    for t in range(max_tokens):
        likelihood = (hidden.float() @ output_weight / (temperature or 1.0)).log_softmax(-1)  # (B, width, V)
        width = max(map(len, unfinished))
        tokens = torch.zeros(len(prompts), width, dtype=torch.long)
        owners = torch.full((len(prompts), width), PADDING)
        for p, indices in enumerate(unfinished):
            if not indices:
                continue
            log_p = likelihood[p, : len(indices)]  # (unfinished completions, V)
            if temperature:
                chosen = torch.multinomial(log_p.exp(), 1, generator=generators[p])[:, 0]
            else:
                chosen = log_p.argmax(-1)
            entropy = -(log_p.exp() * log_p).sum(-1)
            scores = (x.tolist() for x in (chosen, log_p.gather(1, chosen[:, None])[:, 0], entropy))
            for i, *token_and_scores in zip(indices, *scores, strict=True):
                drawn[p][i].append(tuple(token_and_scores))
            unfinished[p] = [i for i, token in zip(indices, chosen.tolist(), strict=True) if token != end]
            n = len(unfinished[p])
            owners[p, :n] = torch.tensor(unfinished[p], dtype=torch.long)
            tokens[p, :n] = chosen[chosen != end].cpu()
        width = max(map(len, unfinished))
        if not width or t + 1 == max_tokens:
            break
        tokens, owners = tokens[:, :width], owners[:, :width]
        owner = torch.cat([owner, owners], 1)
        mask = (owner[:, None] == owners[:, :, None]) | (owner[:, None] == PROMPT)
        positions = (lengths + t)[:, None].expand(-1, width)
        with torch.no_grad():
            hidden = reader.read(reader.embed(tokens.to(device)), mask, positions, cache)
    return [
        tuple(_rollout(tokenizer, prompt, drawn[p][i], i in unfinished[p]) for i in range(group))
        for p, prompt in enumerate(prompts)
    ]


def rollout_of(tokenizer, prompt: Prompt, text: str) -> Rollout:
    """A given text, such as the right answer, as a completion: it was not sampled and has no log-probabilities."""
    ids = (*tokenizer.encode(text, add_special_tokens=False), *tokenizer.encode(END, add_special_tokens=False))
    return Rollout(prompt, ids, text, (), 0.0, False)


def group_tree(group: Sequence[Rollout]) -> Tree:
    """A group as one tree: the prompt is its trunk, and every completion a branch whose tokens are targets.

    Raises ValueError when the completions are not all of one prompt.
    """
    prompt = group[0].prompt
    if any(rollout.prompt is not prompt for rollout in group):
        raise ValueError("completions of several prompts are not a group")
    start = len(prompt.ids)
    completions = [torch.tensor(rollout.ids) for rollout in group]
    ids = torch.cat([prompt.ids, *completions])
    branch = torch.repeat_interleave(torch.tensor([start, *map(len, completions)]))  # (L,), 0 is the prompt
    positions = torch.cat([torch.arange(start), *(start + torch.arange(len(c)) for c in completions)])
    before = torch.arange(-1, len(ids) - 1)
    before[positions == start] = start - 1
    labels = ids.where(branch > 0, -100)
    own = (branch == 0) | (branch == branch[:, None])
    mask = own & torch.ones(len(ids), len(ids)).tril().bool()
    return Tree(ids, positions, labels, torch.ones(len(ids)), before, prompt.slots, mask)


def log_probs(
    reader: Reader, group: Sequence[Rollout], visual_tokens: torch.Tensor, temperature: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probabilities (G, T) of a group's tokens under the reader's weights, and a mask (G, T) without the
    padding."""
    tree = group_tree(group)
    hidden = reader(tree, visual_tokens)
    at, before = reader.predicted_from(tree)
    scores = logits(reader, hidden[before], temperature)
    flat = -torch.nn.functional.cross_entropy(scores, tree.labels[at].to(scores.device), reduction="none")
    parts = flat.split([len(rollout.ids) for rollout in group])
    mask = [torch.ones_like(part, dtype=torch.bool) for part in parts]
    return pad_sequence(list(parts), batch_first=True), pad_sequence(mask, batch_first=True)


def logits(reader: Reader, hidden: torch.Tensor, temperature: float) -> torch.Tensor:
    """Logits (N, V) of the next token, in f32: rounded to bf16 they would blur the ratios more than an update does."""
    return hidden.float() @ reader.embed.weight.float().T / temperature


@torch.no_grad()
def _prefill(
    reader: Reader, prompts: Sequence[Prompt], visual_tokens: torch.Tensor
) -> tuple[Cache, torch.Tensor, torch.Tensor]:
    """Read the prompts: a KV cache with a row for each, the owner of each cached key (B, longest prompt), and the last
    hidden state of each prompt (B, D)."""
    longest = max(len(prompt.ids) for prompt in prompts)
    cache, last = Cache(layer_class_to_replicate=GrowingCache), []
    owner = torch.full((len(prompts), longest), PADDING)
    for i, prompt in enumerate(prompts):
        n, own = len(prompt.ids), DynamicCache()
        x = reader.inputs(prompt.ids, prompt.slots, visual_tokens)
        last.append(reader.read(x, torch.ones(n, n, dtype=torch.bool).tril(), torch.arange(n), own)[-1])
        owner[i, :n] = PROMPT
        for at, layer in enumerate(own.layers):
            if i == 0:
                cache.layers.append(GrowingCache())
                cache.layers[at].begin(layer.keys, len(prompts), longest)
            cache.layers[at].keys[i, :, :n], cache.layers[at].values[i, :, :n] = layer.keys[0], layer.values[0]
    return cache, owner, torch.stack(last)


class GrowingCache(DynamicLayer):
    """A layer's keys and values in a buffer with spare room: a new token is written to it, and nothing is copied."""

    def begin(self, like: torch.Tensor, rows: int, n: int) -> None:
        """Make a buffer of zeros like `like` (1, heads, T, width): `rows` rows of `n` tokens and half as many more."""
        self.lazy_initialization(like, like)
        _, heads, _, width = like.shape
        self.length = n
        self.keys, self.values = (like.new_zeros(rows, heads, n + n // 2, width) for _ in range(2))

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *args, **kwargs):
        """Append keys and values (B, heads, new tokens, width); returns all of them, as `DynamicLayer.update` does."""
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
    """A completion from (token, log-probability, entropy) of each of its tokens."""
    ids, log_probs, entropies = zip(*drawn, strict=True)
    text = tokenizer.decode(ids if truncated else ids[:-1], skip_special_tokens=True).strip()
    return Rollout(prompt, ids, text, log_probs, sum(entropies) / len(entropies), truncated)
