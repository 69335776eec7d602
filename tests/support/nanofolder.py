"""The nano as a transformers folder, made from files that every clone has: its base's GGUF, mmproj and LoRA.

Training's own checkpoint is not in the repository. Here every weight is the shipped one, with its rounding to f16.
"""

from __future__ import annotations

from pathlib import Path

import torch
from gguf import MODEL_ARCH, GGUFReader, TensorNameMap, get_tensor_name_map
from peft import LoraConfig, get_peft_model

from assistant.models.spec import Spec
from quantize.gguf.export import tensors
from train.pretrain.checkpoint import save_hf
from train.pretrain.language import LINEARS
from train.pretrain.model import build_model
from train.recipe import Tower


def build(nano: Spec, folder: Path) -> Path:
    """Write the checkpoint `folder`: language model and vision tower in f32, the LoRA beside them."""
    assert nano.adapter
    model, tokenizer = build_model(nano.language, Tower())
    vision, names = tensors(nano.mmproj), get_tensor_name_map(MODEL_ARCH.MMPROJ, Tower().layers)
    with torch.no_grad():
        for part in ("vision_model", "connector"):
            for name, weight in model.model.get_submodule(part).named_parameters():
                weight.copy_(_tensor(vision, _gguf_name(names, f"model.{part}.{name}")))
    header = GGUFReader(nano.adapter).fields
    text = model.config.text_config
    lora, names = tensors(nano.adapter), get_tensor_name_map(MODEL_ARCH.LLAMA, text.num_hidden_layers)
    rank = int(lora["blk.0.attn_q.weight.lora_a"].shape[1])
    config = LoraConfig(r=rank, lora_alpha=int(header["adapter.lora.alpha"].contents()), target_modules=LINEARS)
    adapter = get_peft_model(model.model.text_model, config)
    with torch.no_grad():
        for name, weight in adapter.named_parameters():
            if ".lora_" not in name:
                continue
            linear, half = name.removeprefix("base_model.model.").split(".lora_")
            values = _tensor(lora, f"{_gguf_name(names, f'model.{linear}.weight')}.lora_{half[0].lower()}")
            if half[0] == "B" and linear.endswith(("q_proj", "k_proj")):  # rotary pairs: neighbours there, halves here
                values = values.unflatten(0, (-1, text.head_dim // 2, 2)).transpose(1, 2).flatten(0, 2)
            weight.copy_(values)
    return save_hf(model, tokenizer, adapter, folder)


def _gguf_name(names: TensorNameMap, name: str) -> str:
    """llama.cpp's name of a tensor of transformers."""
    gguf_name = names.get_name(name, try_suffixes=(".weight", ".bias"))
    assert gguf_name, name
    return gguf_name


def _tensor(stored: dict[str, object], name: str) -> torch.Tensor:
    """A tensor of a GGUF file, in f32."""
    return torch.tensor(stored[name].data).float()  # type: ignore[attr-defined]
