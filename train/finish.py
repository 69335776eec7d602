"""The trained parts put together: one checkpoint folder in transformers' format, with the LoRA in `adapter/`."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model, set_peft_model_state_dict

from train.checkpoint import save_hf
from train.language import LINEARS
from train.nano import body
from train.recipe import Recipe


def assemble(recipe: Recipe, base_gguf: Path, work: Path) -> Path:
    """Fold the trained matrix into the connector, add the LoRA, write `work/checkpoint` anew."""
    model, tokenizer = body(base_gguf, recipe.tower)
    seeing = torch.nn.ModuleList([model.model.vision_model, model.model.connector])
    seeing.load_state_dict(torch.load(work / "vision.pt", map_location="cpu", weights_only=True)["seeing"])
    state = torch.load(work / "language.pt", map_location="cpu", weights_only=True)
    projection = model.model.connector.modality_projection.proj.weight
    with torch.no_grad():
        projection.copy_(state["adapt"] @ projection)
    g = recipe.language
    adapter = get_peft_model(model.model.text_model, LoraConfig(r=g.rank, lora_alpha=g.alpha, target_modules=LINEARS))
    set_peft_model_state_dict(adapter, state["lora"])
    folder = work / "checkpoint"
    shutil.rmtree(folder, ignore_errors=True)
    return save_hf(model, tokenizer, adapter, folder)
