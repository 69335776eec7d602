"""Checkpoint folders: the form in which a trained model of the SmolVLM family leaves training and enters the export.

A folder holds model, tokenizer and image processor as transformers reads them, and the LoRA beside them in `adapter/`,
not merged. `assemble` makes one of the files that the stages wrote.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model, set_peft_model_state_dict

from memory.errors import KeepsakeError
from train.pretrain.language import LINEARS
from train.pretrain.model import build_model, load_vision
from train.recipe import Recipe


def assemble(recipe: Recipe, base_gguf: Path, work: Path, trained: Path | None = None) -> Path:
    """Write the folder `checkpoint` from `vision.pt` of the folder of pretraining, `work`, and from `language.pt`.

    `language.pt` and the checkpoint lie in `work`, or in the folder `trained` of a later stage. The trained matrix is
    folded into the connector's projection. A checkpoint that is already there is replaced.
    """
    trained = trained or work
    model, tokenizer = build_model(base_gguf, recipe.tower)
    load_vision(model, work)
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


def save_hf(model: Any, tokenizer: Any, adapter: Any | None, folder: Path) -> Path:
    """Write `model` (SmolVLMForConditionalGeneration), its tokenizer and its LoRA into the new `folder`.

    `adapter` is the PeftModel around the language model, whose own weights are saved without it. Raises KeepsakeError
    when `folder` exists. If writing fails, no part of the folder is left.
    """
    from transformers.models.smolvlm.image_processing_pil_smolvlm import SmolVLMImageProcessorPil

    if folder.exists():
        raise KeepsakeError(f"{folder} exists already: choose a new folder for the checkpoint")
    # peft puts its layers inside the model: "q_proj.weight" has become "q_proj.base_layer.weight"
    weights = {k.replace(".base_layer.", "."): v for k, v in model.state_dict().items() if ".lora_" not in k}
    side = {"longest_edge": model.config.vision_config.image_size}
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        whole = Path(scratch) / "whole"
        model.save_pretrained(whole, state_dict=weights)
        with _edited(whole / "config.json") as config:
            # by this the GGUF converter knows the language model
            config["text_config"]["architectures"] = ["LlamaForCausalLM"]
            for key in ("_name_or_path", "quantization_config"):  # a folder of this machine; weights are dequantised
                config["text_config"].pop(key, None)
        tokenizer.save_pretrained(whole)
        # llama.cpp and transformers take a photo of this size as one tile, without resizing it
        SmolVLMImageProcessorPil(
            size=side, max_image_size=side, do_image_splitting=False, image_mean=[0.5] * 3, image_std=[0.5] * 3
        ).save_pretrained(whole)
        if adapter is not None:
            adapter.save_pretrained(whole / "adapter", save_embedding_layers=False)
            (whole / "adapter" / "README.md").unlink()  # peft's empty form, which names a folder of this machine
            with _edited(whole / "adapter" / "adapter_config.json") as config:
                config["base_model_name_or_path"] = None
        os.replace(whole, folder)
    return folder


@contextmanager
def _edited(path: Path) -> Iterator[dict[str, Any]]:
    """The content of a JSON file, which is written back when the block ends."""
    content = json.loads(path.read_text(encoding="utf-8"))
    yield content
    path.write_text(json.dumps(content, indent=2), encoding="utf-8")
