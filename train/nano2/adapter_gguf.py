"""Read a LoRA back from the GGUF file that the export wrote, so that training can go on from what ships.

llama.cpp keeps the rows of a llama model's query and key projections in another order than transformers (its rotary
embedding pairs neighbours); the converter permutes them, and so the B matrices of a LoRA, and this turns them back.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from memory.errors import KeepsakeError

_NAMES = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
"""llama.cpp's names of a block's linear layers, and transformers'."""


def read_lora(path: Path, heads: int, key_heads: int) -> dict[str, torch.Tensor]:
    """The weights of a LoRA in peft's names, f32, for a llama model with `heads` query and `key_heads` key heads.

    Raises KeepsakeError when the file is no LoRA of such a model.
    """
    from gguf import GGUFReader

    state: dict[str, torch.Tensor] = {}
    for tensor in GGUFReader(path).tensors:
        block, number, layer, _, part = (tensor.name.split(".") + [""] * 5)[:5]
        if block != "blk" or layer not in _NAMES or part not in ("lora_a", "lora_b"):
            raise KeepsakeError(f"{path}: {tensor.name} is not a LoRA's weight on a llama model's linear layer")
        weight = torch.from_numpy(np.array(tensor.data, np.float32))
        if part == "lora_b" and layer in ("attn_q", "attn_k"):
            weight = _turned_back(weight, heads if layer == "attn_q" else key_heads)
        end = "lora_A" if part == "lora_a" else "lora_B"
        state[f"base_model.model.layers.{number}.{_NAMES[layer]}.{end}.weight"] = weight
    if not state:
        raise KeepsakeError(f"{path} has no weights of a LoRA")
    return state


def scale_of(path: Path) -> float:
    """The alpha of a LoRA in a GGUF file, which scales its change by alpha / rank. Raises KeepsakeError for others."""
    from gguf import GGUFReader

    field = GGUFReader(path).fields.get("adapter.lora.alpha")
    if field is None:
        raise KeepsakeError(f"{path} is no LoRA: it has no alpha")
    return float(field.contents())


def _turned_back(weight: torch.Tensor, heads: int) -> torch.Tensor:
    """Rows in transformers' order: halves of a head, where llama.cpp has neighbours."""
    rows = weight.shape[0] // heads // 2
    return weight.reshape(heads, rows, 2, -1).transpose(1, 2).reshape(weight.shape)


def write_lora(state: dict[str, torch.Tensor], path: Path, heads: int, key_heads: int, alpha: float) -> None:
    """Write a LoRA in peft's names as GGUF, f16: what `read_lora` reads, and llama.cpp loads onto a llama model."""
    from gguf import GGUFWriter

    writer = GGUFWriter(path, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    ours = {layer: name for name, layer in _NAMES.items()}
    for key in sorted(state, key=lambda key: (int(key.split(".")[3]), key)):
        _, _, _, number, *layer, part, _ = key.split(".")
        weight = state[key].float()
        name = ours[".".join(layer)]
        if part == "lora_B" and name in ("attn_q", "attn_k"):
            weight = _turned(weight, heads if name == "attn_q" else key_heads)
        end = "lora_a" if part == "lora_A" else "lora_b"
        writer.add_tensor(f"blk.{number}.{name}.weight.{end}", weight.numpy().astype(np.float16))
    try:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()


def _turned(weight: torch.Tensor, heads: int) -> torch.Tensor:
    """Rows in llama.cpp's order: neighbours, where transformers has the halves of a head."""
    rows = weight.shape[0] // heads // 2
    return weight.reshape(heads, 2, rows, -1).transpose(1, 2).reshape(weight.shape)
