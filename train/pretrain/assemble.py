"""The trained parts put together: one checkpoint folder in transformers' format, with the LoRA in `adapter/`."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model, set_peft_model_state_dict

from train.pretrain.checkpoint import save_hf
from train.pretrain.language import LINEARS
from train.pretrain.model import build_model
from train.recipe import Recipe


def assemble(recipe: Recipe, base_gguf: Path, work: Path, trained: Path | None = None) -> Path:
    """Fold the trained matrix into the connector, add the LoRA, write `checkpoint` anew, beside `language.pt`: in the
    folder of pretraining, `work`, or in that of a later stage, `trained`."""
    trained = trained or work
    model, tokenizer = build_model(base_gguf, recipe.tower)
    seeing = torch.nn.ModuleList([model.model.vision_model, model.model.connector])
    seeing.load_state_dict(torch.load(work / "vision.pt", map_location="cpu", weights_only=True)["seeing"])
    state = torch.load(trained / "language.pt", map_location="cpu", weights_only=True)
    projection = model.model.connector.modality_projection.proj.weight
    with torch.no_grad():
        projection.copy_(state["adapt"] @ projection)
    g = recipe.language
    adapter = get_peft_model(model.model.text_model, LoraConfig(r=g.rank, lora_alpha=g.alpha, target_modules=LINEARS))
    set_peft_model_state_dict(adapter, state["lora"])
    folder = trained / "checkpoint"
    shutil.rmtree(folder, ignore_errors=True)
    return save_hf(model, tokenizer, adapter, folder)
