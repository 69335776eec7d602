"""Stage 2: connector and LoRA, so that SmolLM2 reads our visual tokens and grounds captions in memories.

The language model stays frozen, in bf16. Trained are a LoRA on all its linear layers and one square matrix behind the
connector, which `checkpoint.py` folds into the connector's projection at the end. Checkpoints hold weights and
optimiser, and every step is seeded by its number: a resumed run ends as one that was never stopped.
"""

from __future__ import annotations

import json
import math
import shutil
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from transformers import AttentionInterface

from assistant import prompt
from assistant.backend import Message
from benchmark.world import dialogue
from benchmark.world.scene import Look
from memory.episode import Episode
from memory.files import append_lines, whole_file
from train.pretrain import token_cache, tree_attention
from train.pretrain.conversation_trees import Tree, label_repeats
from train.pretrain.curriculum import draw_chain, draw_openings, draw_tree
from train.pretrain.model import build_model, load_vision
from train.pretrain.token_cache import TokenCache, photo_of
from train.pretrain.tree_attention import Shape
from train.recipe import Language, Recipe


def _grouped(
    module, query, key, value, attention_mask, scaling=None, shape: Shape | None = None, **_
) -> tuple[torch.Tensor, None]:
    """Grouped-query attention without copies of the keys: the query heads of a key head become more queries of one
    head.

    With a `shape`, attention in one tree (`tree_attention.py`).
    """
    if shape is not None:
        return tree_attention.attend(query, key, value, scaling, shape), None
    b, heads, n, d = query.shape
    per_key = heads // key.shape[1]
    mask = attention_mask if per_key == 1 else attention_mask.repeat(1, 1, per_key, 1)
    folded = query.reshape(b, key.shape[1], per_key * n, d)
    out = F.scaled_dot_product_attention(folded, key, value, attn_mask=mask.to(query.dtype), scale=scaling)
    return out.reshape(b, heads, n, d).transpose(1, 2).contiguous(), None


AttentionInterface.register("grouped", _grouped)
LINEARS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
"""The linear layers that the LoRA adapts."""


class Reader(torch.nn.Module):
    """SmolLM2 with a LoRA and a trainable matrix for cached visual tokens."""

    def __init__(self, text_model, rank: int, alpha: int, scale: float, dtype: torch.dtype = torch.bfloat16) -> None:
        """`scale` is the initial factor of the matrix; `dtype` is the type of the frozen weights and of the
        arithmetic."""
        super().__init__()
        self.dtype = dtype
        width = text_model.config.hidden_size
        text_model.config._attn_implementation = "grouped"
        self.text = get_peft_model(text_model.to(dtype), LoraConfig(r=rank, lora_alpha=alpha, target_modules=LINEARS))
        self.embed = text_model.get_input_embeddings()
        self.adapt = torch.nn.Parameter(scale * torch.eye(width))

    def forward(self, tree: Tree, visual_tokens: torch.Tensor) -> torch.Tensor:
        """Hidden states (L, D) of a tree; `visual_tokens` are those of the token cache, (N, T, D)."""
        x, shape = self.inputs(tree.ids, tree.slots, visual_tokens), Shape.of(tree.mask, tree.before)
        return self.read(x, tree.mask, tree.positions, shape=shape and shape.to(x.device))

    def inputs(self, ids: torch.Tensor, slots: list[tuple[int, int]], visual_tokens: torch.Tensor) -> torch.Tensor:
        """Embeddings (L, D) of tokens (L,) with photos at `slots`: (first token, row of the cache)."""
        device = self.adapt.device
        x = self.embed(ids.to(device))
        if slots:
            rows = torch.tensor([row for _, row in slots])
            photos = visual_tokens[rows].to(device).float() @ self.adapt.T  # (photos, T, D)
            at = torch.cat([torch.arange(s, s + photos.shape[1]) for s, _ in slots]).to(device)
            x = x.index_copy(0, at, photos.flatten(0, 1).to(x.dtype))
        return x

    def read(
        self, x: torch.Tensor, mask: torch.Tensor, positions: torch.Tensor, cache=None, shape: Shape | None = None
    ) -> torch.Tensor:
        """Hidden states (L, D) of embeddings (L, D), or a batch of both, (B, L, D).

        `mask` (L, keys) or (B, L, keys) is True where a token attends to a key. With a KV `cache` the cached keys come
        first, and those of `x` are added to the cache. `shape` is the mask of one tree in a form that is read faster.
        """
        device = self.adapt.device
        if x.dim() == 2:
            return self.read(x[None], mask[None], positions[None], cache, shape)[0]
        added = torch.zeros(mask.shape, dtype=self.dtype).masked_fill_(~mask.cpu(), -math.inf)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=self.dtype == torch.bfloat16):
            return self.text(
                inputs_embeds=x,
                attention_mask=added[:, None].to(device),
                position_ids=positions.to(device),
                cache=cache,
                use_cache=cache is not None,
                shape=shape,
            ).last_hidden_state

    def loss(self, tree: Tree, visual_tokens: torch.Tensor) -> torch.Tensor:
        """Weighted mean of the targets' cross-entropy."""
        hidden = self(tree, visual_tokens)
        at, before = self.predicted_from(tree)
        logits = (hidden[before] @ self.embed.weight.T).float()
        weights = tree.weights[at].to(logits.device)
        losses = F.cross_entropy(logits, tree.labels[at].to(logits.device), reduction="none")
        return (losses * weights).sum() / weights.sum()

    @staticmethod
    def predicted_from(tree: Tree) -> tuple[torch.Tensor, torch.Tensor]:
        """The index of each target, and of the token before it in its own branch."""
        at = (tree.labels != -100).nonzero()[:, 0]
        return at, tree.before[at]

    def resume(self, checkpoint: Path, optimiser: torch.optim.Optimizer) -> int:
        """Take weights and the optimiser's state from a checkpoint; returns its step, 0 when there is none."""
        if not checkpoint.exists():
            return 0
        state = torch.load(checkpoint, map_location=self.adapt.device, weights_only=True)
        set_peft_model_state_dict(self.text, state["lora"])
        self.adapt.data.copy_(state["adapt"])
        optimiser.load_state_dict(state["optimiser"])
        return int(state["step"])

    def state(self) -> dict:
        """The trained weights: the matrix behind the connector ("adapt") and the LoRA ("lora")."""
        return {"adapt": self.adapt.detach(), "lora": get_peft_model_state_dict(self.text)}


@torch.inference_mode()
def name_accuracy(
    reader: Reader, tokenizer, cache: TokenCache, split: str, *, n: int, seed: int, context: int
) -> dict[str, float]:
    """Teacher-forced accuracy on `n` held-out contexts of `context` episodes, as shares.

    "name": photos of a known thing for which all tokens of its name are predicted; "honest": photos of a stranger for
    which "I do not know" is.
    """
    rng, right, honest = np.random.default_rng(seed), 0, 0
    for _ in range(n):
        codes = rng.choice(list(cache.words), context + 1, replace=False)
        looks = [Look(str(c)) for c in codes]
        facts = dialogue.draw_facts(rng, split, context, full=True)
        known = []
        for look, f in zip(looks, facts, strict=False):
            turns = dialogue.draw_dialogue(rng, f, cache.words[look.code].word, 6)
            known.append((f, Episode(photo_of(cache.single[look][0]), turns, dialogue.draw_date(rng))))
        i = int(rng.integers(context))
        episodes = [e for _, e in known]
        branches, heads = [], []
        for look, shown in ((looks[i], [known[i]]), (looks[-1], [])):
            request = prompt.caption_messages(episodes, photo_of(cache.single[look][1]))
            branches.append((*request, Message("assistant", (dialogue.caption(shown),))))
            heads.append(f"This is {shown[0][0].name}" if shown else dialogue.ABSTENTION[:13])
        tree = Tree.of(tokenizer, branches, cache.tokens.shape[1])
        hidden = reader(tree, cache.tokens)
        target = tree.labels != -100
        starts = (target & ~target.roll(1)).nonzero()[:, 0].tolist()
        ok = []
        for start, head in zip(starts, heads, strict=True):
            at = torch.arange(start, start + len(tokenizer.encode(head, add_special_tokens=False)))
            predicted = (hidden[tree.before[at]] @ reader.embed.weight.T).argmax(-1).cpu()
            ok.append(bool((predicted == tree.ids[at]).all()))
        right, honest = right + ok[0], honest + ok[1]
    return {"name": right / n, "honest": honest / n}


def train(recipe: Recipe, base_gguf: Path, work: Path, device: str, resume: bool) -> Path:
    """Run stage 2 on the tower of stage 1; returns the checkpoint. Writes `language.jsonl`, a row for each evaluation,
    beside it."""
    g = recipe.language
    torch.manual_seed(recipe.seed)
    model, tokenizer = build_model(base_gguf, recipe.tower)
    load_vision(model, work).to(device).eval()
    size = recipe.tower.image_size
    cache = token_cache.load_or_build(work, model, "train", g.views, 6000, recipe.seed, size, device)
    held_out = token_cache.load_or_build(work, model, "dev", 2, 2, recipe.seed + 1, size, device)
    scale = model.get_input_embeddings().weight.std().item() / cache.tokens.float().std().item()
    reader = Reader(model.model.text_model, g.rank, g.alpha, scale).to(device)
    chat = json.loads((work / "chat.json").read_text(encoding="utf-8"))
    lora = [p for p in reader.text.parameters() if p.requires_grad]
    groups = [{"params": lora}, {"params": [reader.adapt]}]
    optimiser = torch.optim.AdamW(groups, lr=g.learning_rate, weight_decay=0.0, betas=(0.9, 0.98))
    checkpoint = work / "language.pt"
    start = reader.resume(checkpoint, optimiser) if resume else 0
    average, began, tokens = None, time.monotonic(), 0
    for step in range(start, g.steps):
        for group in optimiser.param_groups:
            group["lr"] = _learning_rate(g, step)
        rng = np.random.default_rng((recipe.seed, 4, step))
        for _ in range(g.trees):
            tree = _draw_tree(rng, tokenizer, cache, chat, g, step)
            loss = reader.loss(tree, cache.tokens) / g.trees
            loss.backward()
            tokens += len(tree.ids)
            average = loss.item() * g.trees if average is None else 0.98 * average + 0.02 * loss.item() * g.trees
        torch.nn.utils.clip_grad_norm_([*lora, reader.adapt], 1.0)
        optimiser.step()
        optimiser.zero_grad()
        if (step + 1) % 10 == 0:
            spent = time.monotonic() - began
            pace = f"{tokens / spent:.0f} tokens/s {spent / (step + 1 - start):.2f} s/step"
            print(f"language {step + 1}/{g.steps} loss {average:.3f} {pace}", flush=True)
        if (step + 1) % g.eval_every == 0 or step + 1 == g.steps:
            reader.eval()
            accuracy = name_accuracy(reader, tokenizer, held_out, "dev", n=60, seed=12, context=3)
            row = {"step": step + 1, "loss": average, **accuracy}
            reader.train()
            print("language", json.dumps(row), flush=True)
            append_lines(work / "language.jsonl", [row])
            with whole_file(checkpoint) as partial:
                torch.save({**reader.state(), "optimiser": optimiser.state_dict(), "step": step + 1}, partial)
            if step + 1 == g.keep_step:
                with whole_file(work / "early.pt") as partial:
                    shutil.copyfile(checkpoint, partial)
    return checkpoint


def _learning_rate(g: Language, step: int) -> float:
    """The learning rate of a step: it rises, follows a cosine to 3 %, and is 10 % in the closing steps."""
    course = g.steps - g.settle_steps
    if step >= course:
        return g.learning_rate * 0.1
    cosine = (1 + math.cos(math.pi * step / course)) / 2
    return g.learning_rate * (min(1, (step + 1) / g.warmup) * (0.03 + 0.97 * cosine))


def _draw_tree(
    rng: np.random.Generator, tokenizer, cache: TokenCache, chat: list[list[str]], g: Language, step: int
) -> Tree:
    """Draw a tree of the curriculum: mostly chains at first, then short memories, then everything."""
    tokens_a_photo = cache.tokens.shape[1]
    if rng.random() < (0.85 if step < g.chain_steps else 0.04):
        branches, names = draw_chain(rng, cache, "train")
        return label_repeats(Tree.of(tokenizer, branches, tokens_a_photo), tokenizer, names)
    rare = step >= g.steps - g.settle_steps
    if step >= g.short_steps and rng.random() < 0.75:
        return Tree.of(tokenizer, draw_openings(rng, cache, "train", rare=rare), tokens_a_photo, ended=False)
    return Tree.of(tokenizer, _draw_branches(rng, cache, chat, step < g.short_steps, rare), tokens_a_photo)


def _draw_branches(rng: np.random.Generator, cache: TokenCache, chat: list[list[str]], short: bool, rare: bool):
    """Draw the conversations of one tree; now and then an ordinary question from `chat` takes their place."""
    if chat and not short and rng.random() < 0.06:
        question, answer = chat[int(rng.integers(len(chat)))]
        return [(*prompt.chat_messages([question]), Message("assistant", (answer,)))]
    return draw_tree(rng, cache, "train", short=short, rare=rare)
