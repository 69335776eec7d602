"""Tensors of a model and of a LoRA without a network around them, for tests of merging."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

HIDDEN, WIDE, WORDS = 6, 10, 16
SHAPES = {"self_attn.q_proj": (8, HIDDEN), "mlp.up_proj": (WIDE, HIDDEN), "mlp.down_proj": (HIDDEN, WIDE)}


def base(
    folder: Path, inside: str = "model.language_model.", dtype: torch.dtype = torch.float32, layers: int = 2
) -> Path:
    """A folder with the tensors of a model, enough of them for a merge."""
    torch.manual_seed(5)
    made = {f"{inside}embed_tokens.weight": torch.randn(WORDS, HIDDEN), f"{inside}norm.weight": torch.ones(HIDDEN)}
    made |= {f"{inside}layers.{i}.{k}.weight": torch.randn(s) for i in range(layers) for k, s in SHAPES.items()}
    made["model.visual.blocks.0.attn.proj.weight"] = torch.randn(7, 5)
    folder.mkdir(parents=True)
    save_file({name: tensor.to(dtype) for name, tensor in made.items()}, folder / "model.safetensors")
    (folder / "config.json").write_text('{"tie_word_embeddings": true, "text_config": {}}', encoding="utf-8")
    return folder


def lora(folder: Path, inside: str = "model.language_model.", size: float = 1.0, layers: int = 2) -> Path:
    """A LoRA of rank 2 on all linears, scaled by 3/2."""
    torch.manual_seed(6)
    made = {}
    for i in range(layers):
        for name, (out, into) in SHAPES.items():
            made[f"base_model.model.{inside}layers.{i}.{name}.lora_A.weight"] = torch.randn(2, into)
            made[f"base_model.model.{inside}layers.{i}.{name}.lora_B.weight"] = size * torch.randn(out, 2)
    folder.mkdir(parents=True)
    save_file(made, folder / "adapter_model.safetensors")
    targets = [name.split(".")[1] for name in SHAPES]
    config = {"peft_type": "LORA", "r": 2, "lora_alpha": 3, "target_modules": targets, "bias": "none"}
    (folder / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def weights(folder: Path) -> dict[str, torch.Tensor]:
    """All tensors of a checkpoint's folder."""
    return {name: tensor for file in folder.glob("*.safetensors") for name, tensor in load_file(file).items()}
