"""A trained model in memory to a checkpoint folder: what the export starts from.

Model, tokenizer and image processor as transformers reads them, and the LoRA beside them in `adapter/`, not merged.
For models of the SmolVLM family; a Qwen3-VL trained with trl is such a folder already.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from memory.errors import KeepsakeError


def save_hf(model: Any, tokenizer: Any, adapter: Any | None, folder: Path) -> Path:
    """Write `model` (SmolVLMForConditionalGeneration), its tokenizer and its LoRA into the new `folder`.

    `adapter` is the PeftModel around the model's language model, whose weights are saved as they were before it.
    Raises KeepsakeError when `folder` exists. Nothing stays when writing fails.
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
            config["text_config"]["architectures"] = ["LlamaForCausalLM"]  # how the converter knows the language model
            for key in ("_name_or_path", "quantization_config"):  # a folder of this machine; no longer true
                config["text_config"].pop(key, None)
        tokenizer.save_pretrained(whole)
        # a photo of this size passes llama.cpp and transformers unresized, as one tile
        SmolVLMImageProcessorPil(
            size=side, max_image_size=side, do_image_splitting=False, image_mean=[0.5] * 3, image_std=[0.5] * 3
        ).save_pretrained(whole)
        if adapter is not None:
            adapter.save_pretrained(whole / "adapter", save_embedding_layers=False)
            (whole / "adapter" / "README.md").unlink()  # an empty form, but for a folder of this machine
            with _edited(whole / "adapter" / "adapter_config.json") as config:
                config["base_model_name_or_path"] = None
        os.replace(whole, folder)
    return folder


@contextmanager
def _edited(path: Path) -> Iterator[dict[str, Any]]:
    content = json.loads(path.read_text(encoding="utf-8"))
    yield content
    path.write_text(json.dumps(content, indent=2), encoding="utf-8")
