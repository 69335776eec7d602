"""Stage 2: connector and LoRA, so that SmolLM2 reads our visual tokens and grounds captions in memories.

The language model stays as it is packaged (bf16, frozen); what learns is a LoRA on all its linears and one square
matrix behind the connector, folded into the connector's projection at the end. Checkpoints resume.
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
from train.pretrain import token_cache as banks
from train.pretrain import tree_attention
from train.pretrain.conversation_trees import Tree, draw_chain, draw_glance, draw_tree, label_repeats
from train.pretrain.model import build_model
from train.pretrain.tree_attention import Shape
from train.recipe import Language, Recipe


def _grouped(
    module, query, key, value, attention_mask, scaling=None, shape: Shape | None = None, **_
) -> tuple[torch.Tensor, None]:
    """Attention of several query heads to one key head without copies of the keys: these heads become more queries.
    With a `shape`, that of one tree."""
    if shape is not None:
        return tree_attention.attend(query, key, value, scaling, shape), None
    b, heads, n, d = query.shape
    many = heads // key.shape[1]
    mask = attention_mask if many == 1 else attention_mask.repeat(1, 1, many, 1)
    folded = query.reshape(b, key.shape[1], many * n, d)
    out = F.scaled_dot_product_attention(folded, key, value, attn_mask=mask.to(query.dtype), scale=scaling)
    return out.reshape(b, heads, n, d).transpose(1, 2).contiguous(), None


AttentionInterface.register("grouped", _grouped)
LINEARS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


class Reader(torch.nn.Module):
    """SmolLM2 with a LoRA and the trainable matrix for visual tokens."""

    def __init__(self, text_model, rank: int, alpha: int, scale: float, dtype: torch.dtype = torch.bfloat16) -> None:
        """`dtype` of the frozen weights and of the arithmetic; float32 to compare with a reference."""
        super().__init__()
        self.dtype = dtype
        width = text_model.config.hidden_size
        text_model.config._attn_implementation = "grouped"
        self.text = get_peft_model(text_model.to(dtype), LoraConfig(r=rank, lora_alpha=alpha, target_modules=LINEARS))
        self.embed = text_model.get_input_embeddings()
        self.adapt = torch.nn.Parameter(scale * torch.eye(width))

    def forward(self, tree: Tree, bank_tokens: torch.Tensor) -> torch.Tensor:
        """Hidden states (L, D) of one tree."""
        x, shape = self.inputs(tree.ids, tree.slots, bank_tokens), Shape.of(tree.mask, tree.before)
        return self.read(x, tree.mask, tree.positions, shape=shape and shape.to(x.device))

    def inputs(self, ids: torch.Tensor, slots: list[tuple[int, int]], bank_tokens: torch.Tensor) -> torch.Tensor:
        """Embeddings (L, D) of tokens (L,) in which photos stand at `slots` (first token, bank row)."""
        device = self.adapt.device
        x = self.embed(ids.to(device))
        if slots:
            rows = torch.tensor([row for _, row in slots])
            seen = bank_tokens[rows].to(device).float() @ self.adapt.T  # (photos, T, D)
            at = torch.cat([torch.arange(s, s + seen.shape[1]) for s, _ in slots]).to(device)
            x = x.index_copy(0, at, seen.flatten(0, 1).to(x.dtype))
        return x

    def read(
        self, x: torch.Tensor, mask: torch.Tensor, positions: torch.Tensor, cache=None, shape: Shape | None = None
    ) -> torch.Tensor:
        """Hidden states (L, D) of embeddings (L, D), or (B, L, D) of (B, L, D); `mask` (L, keys) or (B, L, keys): True
        may look. What is read joins `cache`, if there is one, and its keys come first. `shape`: of the mask of one
        tree, read faster so."""
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

    def loss(self, tree: Tree, bank_tokens: torch.Tensor) -> torch.Tensor:
        """Weighted mean cross-entropy over the targets."""
        hidden = self(tree, bank_tokens)
        at, before = self.predicted_from(tree)
        logits = (hidden[before] @ self.embed.weight.T).float()
        weights = tree.weights[at].to(logits.device)
        losses = F.cross_entropy(logits, tree.labels[at].to(logits.device), reduction="none")
        return (losses * weights).sum() / weights.sum()

    @staticmethod
    def predicted_from(tree: Tree) -> tuple[torch.Tensor, torch.Tensor]:
        """Indices of the targets, and of the token before each in its own branch."""
        at = (tree.labels != -100).nonzero()[:, 0]
        return at, tree.before[at]

    def state(self) -> dict:
        """The trained weights by part: the LoRA, and the matrix behind the connector."""
        return {"adapt": self.adapt.detach(), "lora": get_peft_model_state_dict(self.text)}


@torch.inference_mode()
def name_accuracy(reader: Reader, tokenizer, bank, split: str, n: int, seed: int, context: int) -> dict[str, float]:
    """Teacher-forced: share of held-out single queries whose name tokens are all predicted, and of strangers for
    whom the first words are "I do not know"."""
    rng, right, honest = np.random.default_rng(seed), 0, 0
    for _ in range(n):
        codes = rng.choice(list(bank.words), context + 1, replace=False)
        looks = [Look(str(c)) for c in codes]
        facts = dialogue.draw_facts(rng, split, context, full=True)
        known = []
        for look, f in zip(looks, facts, strict=False):
            said = dialogue.draw_dialogue(rng, f, bank.words[look.code].word, 6)
            known.append((f, Episode(banks.photo(bank.single[look][0]), said, dialogue.draw_date(rng))))
        i = int(rng.integers(context))
        episodes = [e for _, e in known]
        branches, heads = [], []
        for look, which in ((looks[i], [known[i]]), (looks[-1], [])):
            asked = prompt.caption_messages(episodes, banks.photo(bank.single[look][1]))
            branches.append((*asked, Message("assistant", (dialogue.caption(which),))))
            heads.append(f"This is {which[0][0].name}" if which else dialogue.ABSTENTION[:13])
        tree = Tree.of(tokenizer, branches, bank.tokens.shape[1])
        hidden = reader(tree, bank.tokens)
        target = tree.labels != -100
        starts = (target & ~target.roll(1)).nonzero()[:, 0].tolist()
        ok = []
        for start, head in zip(starts, heads, strict=True):
            at = torch.arange(start, start + len(tokenizer.encode(head, add_special_tokens=False)))
            said_ids = (hidden[tree.before[at]] @ reader.embed.weight.T).argmax(-1).cpu()
            ok.append(bool((said_ids == tree.ids[at]).all()))
        right, honest = right + ok[0], honest + ok[1]
    return {"name": right / n, "honest": honest / n}


def train(recipe: Recipe, base_gguf: Path, work: Path, device: str, resume: bool) -> Path:
    """Run stage 2 on the tower of stage 1; returns the checkpoint. Writes `language.jsonl` beside it."""
    g = recipe.language
    torch.manual_seed(recipe.seed)
    model, tokenizer = build_model(base_gguf, recipe.tower)
    seeing = torch.nn.ModuleList([model.model.vision_model, model.model.connector])
    seeing.load_state_dict(torch.load(work / "vision.pt", map_location="cpu", weights_only=True)["seeing"])
    seeing.to(device).eval()
    size = recipe.tower.image_size
    data = banks.cached(work, model, "train", g.views, 6000, recipe.seed, size, device)
    held_out = banks.cached(work, model, "dev", 2, 2, recipe.seed + 1, size, device)
    embedding_std = model.get_input_embeddings().weight.std().item()
    reader = Reader(model.model.text_model, g.rank, g.alpha, embedding_std / data.tokens.float().std().item()).to(
        device
    )
    chat = json.loads((work / "chat.json").read_text(encoding="utf-8"))
    learnt = [p for p in reader.text.parameters() if p.requires_grad]
    groups = [{"params": learnt}, {"params": [reader.adapt]}]
    optimiser = torch.optim.AdamW(groups, lr=g.learning_rate, weight_decay=0.0, betas=(0.9, 0.98))
    checkpoint, start = work / "language.pt", 0
    if resume and checkpoint.exists():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        set_peft_model_state_dict(reader.text, state["lora"])
        reader.adapt.data.copy_(state["adapt"])
        optimiser.load_state_dict(state["optimiser"])
        start = state["step"]
    average, began, tokens = None, time.monotonic(), 0
    for step in range(start, g.steps):
        for group in optimiser.param_groups:
            group["lr"] = _learning_rate(g, step)
        rng = np.random.default_rng((recipe.seed, 4, step))
        for _ in range(g.trees):
            tree = _tree(rng, tokenizer, data, chat, g, step)
            loss = reader.loss(tree, data.tokens) / g.trees
            loss.backward()
            tokens += len(tree.ids)
            average = loss.item() * g.trees if average is None else 0.98 * average + 0.02 * loss.item() * g.trees
        torch.nn.utils.clip_grad_norm_([*learnt, reader.adapt], 1.0)
        optimiser.step()
        optimiser.zero_grad()
        if (step + 1) % 10 == 0:
            spent = time.monotonic() - began
            pace = f"{tokens / spent:.0f} tokens/s {spent / (step + 1 - start):.2f} s/step"
            print(f"language {step + 1}/{g.steps} loss {average:.3f} {pace}", flush=True)
        if (step + 1) % g.eval_every == 0 or step + 1 == g.steps:
            reader.eval()
            row = {"step": step + 1, "loss": average, **name_accuracy(reader, tokenizer, held_out, "dev", 60, 12, 3)}
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
    """Warm-up and a cosine down to 3 %; the last `settle_steps` at 10 %."""
    course = g.steps - g.settle_steps
    if step >= course:
        return g.learning_rate * 0.1
    cosine = (1 + math.cos(math.pi * step / course)) / 2
    return g.learning_rate * (min(1, (step + 1) / g.warmup) * (0.03 + 0.97 * cosine))


def _tree(rng: np.random.Generator, tokenizer, data, chat: list[list[str]], g: Language, step: int) -> Tree:
    """The tree of one moment in the course: chains first, then short memories, then everything."""
    tokens_a_photo = data.tokens.shape[1]
    if rng.random() < (0.85 if step < g.chain_steps else 0.04):
        branches, names = draw_chain(rng, data, "train")
        return label_repeats(Tree.of(tokenizer, branches, tokens_a_photo), tokenizer, names)
    rare = step >= g.steps - g.settle_steps
    if step >= g.short_steps and rng.random() < 0.75:
        return Tree.of(tokenizer, draw_glance(rng, data, "train", rare=rare), tokens_a_photo, ended=False)
    return Tree.of(tokenizer, _branches(rng, data, chat, step < g.short_steps, rare), tokens_a_photo)


def _branches(rng: np.random.Generator, data, chat: list[list[str]], short: bool, rare: bool):
    """The conversations of one tree; now and then ordinary talk."""
    if chat and not short and rng.random() < 0.06:
        asked, said = chat[int(rng.integers(len(chat)))]
        return [(*prompt.chat_messages([asked]), Message("assistant", (said,)))]
    return draw_tree(rng, data, "train", short=short, rare=rare)
