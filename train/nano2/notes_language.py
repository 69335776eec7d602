"""The language stage of the second nano: a LoRA, the first nano's or its own, learns notes beside drawn dialogues.

Visual tokens are the connector's; a square matrix behind the connector is trained with the LoRA and folded in at the
end. Every step is seeded by its number, and checkpoints hold the optimiser: a resumed run ends as one that was never
stopped.
"""

from __future__ import annotations

import json
import math
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from peft import set_peft_model_state_dict

from assistant import prompt
from assistant.backend import Message
from benchmark.world.concepts import Concept, all_concepts
from memory.files import append_lines, whole_file
from train.nano2.adapter_gguf import read_lora
from train.nano2.composite_scenes import Plan, Scenes
from train.nano2.connector_fit import Fitted
from train.nano2.nano2_settings import Settings
from train.nano2.note_trees import draw_note_tree
from train.pretrain import curriculum
from train.pretrain.conversation_trees import Tree, label_repeats
from train.pretrain.language import Reader
from train.pretrain.model import build_model
from train.pretrain.token_cache import TokenCache
from train.recipe import Tower
from train.resources import fast_dtype

CHAINS, CHAINS_LATER, OPENINGS, OLD, CHAT = 0.5, 0.03, 0.17, 0.29, 0.97
"""Bounds on a number from 0 to 1 that decides what a context is: a chain below the first (after the opening steps, the
second), else first sentences below OPENINGS, else a tree of the first nano's curriculum below OLD, ordinary chat above
CHAT, and notes in between."""
NEAR = 8
"""How many look-alikes of a concept or cut-out are listed."""


def token_cache(scene_plan: Plan, scenes: Scenes, connector: Fitted) -> TokenCache:
    """The token cache of the scenes, from which the curricula draw; visual tokens are in half precision."""
    tokens = connector.tokens(torch.from_numpy(scenes.cells.astype(np.float32))).half()
    known = {c.code: c for c in all_concepts()}
    words = {look.code: known.get(look.code) or _concept(look.code) for look in scene_plan.looks}
    single = {look: scene_plan.rows(i) for i, look in enumerate(scene_plan.looks)}
    groups = [(tuple(scene_plan.looks[i] for i in scene_plan.scenes[row]), row) for row in scene_plan.group_rows]
    codes = list(words)
    first = {look.code: single[look] for look in reversed(scene_plan.looks)}
    mean = torch.stack([tokens[first[code]].float().mean((0, 1)) for code in codes])
    mean = F.normalize(mean - mean.mean(0), dim=-1)
    order = (mean @ mean.T - 2 * torch.eye(len(codes))).topk(min(NEAR, len(codes) - 1)).indices.tolist()
    near = {code: [codes[j] for j in row] for code, row in zip(codes, order, strict=True)}
    return TokenCache(tokens, single, groups, words, near)


def train(
    settings: Settings, cache: TokenCache, base: Path, start: Path, work: Path, device: str, resume: bool
) -> Path:
    """Run the stage from the LoRA file `start`; returns the checkpoint, `language.pt` in `work`, beside which
    `language.jsonl` grows."""
    torch.manual_seed(settings.seed)
    model, tokenizer = build_model(base, Tower())
    text = model.model.text_model
    reader = Reader(text, settings.rank, settings.alpha, 1.0, fast_dtype(device)).to(device)
    heads = text.config.num_attention_heads, text.config.num_key_value_heads
    set_peft_model_state_dict(reader.text, read_lora(start, *heads))
    chat = json.loads((work / "chat.json").read_text(encoding="utf-8"))
    lora = [p for p in reader.text.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW([*lora, reader.adapt], lr=settings.rate, weight_decay=0.0, betas=(0.9, 0.98))
    checkpoint = work / "language.pt"
    first = reader.resume(checkpoint, optimiser) if resume else 0
    averages: dict[str, float] = {}
    losses: dict[str, list[float]] = defaultdict(list)
    began = time.monotonic()
    for step in range(first, settings.steps):
        for group in optimiser.param_groups:
            group["lr"] = _rate(settings, step)
        rng = np.random.default_rng((settings.seed + 1, 4, step))
        for _ in range(settings.trees):
            kind, tree = _draw(rng, tokenizer, cache, chat, settings, step)
            loss = reader.loss(tree, cache.tokens) / settings.trees
            loss.backward()
            losses[kind].append(loss.item() * settings.trees)
        torch.nn.utils.clip_grad_norm_([*lora, reader.adapt], 1.0)
        optimiser.step()
        optimiser.zero_grad()
        if (step + 1) % settings.save_every == 0 or step + 1 == settings.steps:
            averages = {kind: sum(some) / len(some) for kind, some in losses.items()}
            losses.clear()
            pace = (time.monotonic() - began) / (step + 1 - first)
            print(f"language {step + 1}/{settings.steps} {averages} {pace:.1f} s/step", flush=True)
            append_lines(work / "language.jsonl", [{"step": step + 1, **averages}])
            with whole_file(checkpoint) as partial:
                torch.save({**reader.state(), "optimiser": optimiser.state_dict(), "step": step + 1}, partial)
    return checkpoint


def _draw(rng, tokenizer, cache: TokenCache, chat: list[list[str]], settings: Settings, step: int) -> tuple[str, Tree]:
    """Draw a context, and the name of its kind."""
    at, visual = rng.random(), cache.tokens.shape[1]
    if at < (CHAINS if step < settings.chain_steps else CHAINS_LATER):
        branches, names = curriculum.draw_chain(rng, cache, "train")
        return "chain", label_repeats(Tree.of(tokenizer, branches, visual), tokenizer, names)
    if chat and at > CHAT:
        question, answer = chat[int(rng.integers(len(chat)))]
        branch = (*prompt.chat_messages([question]), Message("assistant", (answer,)))
        return "chat", Tree.of(tokenizer, [branch], visual)
    if at < OPENINGS:
        return "openings", Tree.of(tokenizer, curriculum.draw_openings(rng, cache, "train"), visual, ended=False)
    if at < OLD:
        return "old", Tree.of(tokenizer, curriculum.draw_tree(rng, cache, "train", short=False), visual)
    return "notes", Tree.of(tokenizer, draw_note_tree(rng, cache, "train"), visual)


def _rate(settings: Settings, step: int) -> float:
    """The learning rate of a step: it rises, and follows a cosine to 3 %."""
    cosine = (1 + math.cos(math.pi * step / settings.steps)) / 2
    return settings.rate * min(1, (step + 1) / settings.warmup) * (0.03 + 0.97 * cosine)


def _concept(code: str) -> Concept:
    """A stand-in concept for a cut-out from a file: called as the file if its name is a word, else "thing"."""
    word = Path(code).stem.replace("_", " ").replace("-", " ").strip().lower()
    plain = word.replace(" ", "").isalpha() and len(word) < 16
    return Concept(code, word if plain else "thing", "thing", "train")
