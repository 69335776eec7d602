"""The second nano as a transformers folder: what the export reads, and what its MLX and transformers engines run.

The model folder has a LoRA and a connector; its language model lies in a package, as GGUF. Here all are together:
language model in f32 (the weights of the GGUF file, so that the LoRA fits it), tokenizer, `connector.npz`, and the LoRA
unmerged in `adapter/`.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from assistant.models.hf_config import CONNECTOR
from assistant.models.spec import Spec
from memory.errors import KeepsakeError
from train.nano2.adapter_gguf import read_lora, scale_of


def write_checkpoint(spec: Spec, folder: Path) -> Path:
    """Write the model of a folder with a connector and a LoRA as the new `folder`. If writing fails, nothing is left.

    Raises KeepsakeError when `folder` exists, or the model has no connector or no LoRA.
    """
    if not (spec.connector and spec.adapter):
        raise KeepsakeError(f"{spec.name} has no connector or no LoRA: only models of `train nano2` have both")
    if folder.exists():
        raise KeepsakeError(f"{folder} exists already: move it, or choose another --out")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        whole = Path(scratch) / "whole"
        model = _write_language(spec.language, whole)
        _write_adapter(model, spec.adapter, whole / "adapter")
        shutil.copyfile(spec.connector, whole / CONNECTOR)
        os.replace(whole, folder)
    return folder


def _write_language(gguf: Path, folder: Path) -> Any:
    """Write language model and tokenizer of a GGUF file in f32; returns the model."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

    base = AutoModelForCausalLM.from_pretrained(str(gguf.parent), gguf_file=gguf.name, dtype=torch.float32)
    settings = base.config.to_dict()
    for key in ("quantization_config", "_name_or_path"):  # the weights are dequantised; a folder of this machine
        settings.pop(key, None)
    model = LlamaForCausalLM(LlamaConfig(**settings))
    model.load_state_dict(base.state_dict())
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(str(gguf.parent), gguf_file=gguf.name).save_pretrained(folder)
    return model


def _write_adapter(model: Any, adapter: Path, folder: Path) -> None:
    """Write the LoRA in the GGUF file `adapter` as peft's folder for a llama model."""
    from peft import LoraConfig, get_peft_model, set_peft_model_state_dict

    from train.pretrain.language import LINEARS

    config = model.config
    state = read_lora(adapter, config.num_attention_heads, config.num_key_value_heads)
    rank = next(len(weight) for name, weight in state.items() if "lora_A" in name)
    settings = LoraConfig(r=rank, lora_alpha=int(scale_of(adapter)), target_modules=LINEARS)
    peft = get_peft_model(model.model, settings)
    set_peft_model_state_dict(peft, state)
    peft.save_pretrained(folder, save_embedding_layers=False)
    (folder / "README.md").unlink()  # peft's empty form, which names a folder of this machine
    path = folder / "adapter_config.json"
    saved = json.loads(path.read_text(encoding="utf-8")) | {"base_model_name_or_path": None}
    path.write_text(json.dumps(saved, indent=2) + "\n", encoding="utf-8")
