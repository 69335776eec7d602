"""Sizes of a Qwen3-VL, computed from its config.json; the shapes of the published ones, so that nothing is fetched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from train.recipe import Gspo


def kv_bytes(config: Mapping[str, Any]) -> int:
    """Bytes of one token in the KV cache of a model in bf16; `config`: its config.json."""
    text = config["text_config"]
    width = text.get("head_dim") or text["hidden_size"] // text["num_attention_heads"]
    return int(text["num_hidden_layers"] * text["num_key_value_heads"] * width * 2 * 2)


def weights(config: Mapping[str, Any]) -> int:
    """About how many parameters a Qwen3-VL has; `config`: its config.json."""
    text, vision = config["text_config"], config["vision_config"]
    d, f, heads = text["hidden_size"], text["intermediate_size"], text["num_attention_heads"]
    width = text.get("head_dim") or d // heads
    layer = 2 * d * heads * width + 2 * d * text["num_key_value_heads"] * width + 3 * d * f
    tied = config.get("tie_word_embeddings", text.get("tie_word_embeddings", False))
    words = text["vocab_size"] * d * (1 if tied else 2)
    v, merged = vision["hidden_size"], vision["hidden_size"] * vision["spatial_merge_size"] ** 2
    merger = merged * merged + merged * vision["out_hidden_size"]
    tower = vision["depth"] * (4 * v * v + 2 * v * vision["intermediate_size"])
    return int(
        text["num_hidden_layers"] * layer + words + tower + merger * (1 + len(vision["deepstack_visual_indexes"]))
    )


def lora_weights(gspo: Gspo, config: Mapping[str, Any]) -> int:
    """Parameters of the recipe's LoRA on the language model's linear layers, and on lm_head if it says so."""
    text, lora = config["text_config"], gspo.lora
    if lora is None:
        return 0
    d, f, heads = text["hidden_size"], text["intermediate_size"], text["num_attention_heads"]
    width = text.get("head_dim") or d // heads
    q, kv = heads * width, text["num_key_value_heads"] * width
    layer = 2 * (d + q) + 2 * (d + kv) + 3 * (d + f)
    return lora.rank * (text["num_hidden_layers"] * layer + (d + text["vocab_size"] if lora.lm_head else 0))


VISION: dict[str, Any] = {"spatial_merge_size": 2}
SMALL_TOWER = {
    **VISION,
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "depth": 24,
    "deepstack_visual_indexes": [5, 11, 17],
}
LARGE_TOWER = {
    **VISION,
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "depth": 27,
    "deepstack_visual_indexes": [8, 16, 24],
}


def _shape(d: int, f: int, layers: int, heads: int, tied: bool, tower: dict[str, Any]) -> dict[str, Any]:
    """The part of a published config.json that memory is computed from."""
    text = {"hidden_size": d, "intermediate_size": f, "num_hidden_layers": layers, "num_attention_heads": heads}
    text |= {"num_key_value_heads": 8, "head_dim": 128, "vocab_size": 151936, "tie_word_embeddings": tied}
    return {"model_type": "qwen3_vl", "text_config": text, "vision_config": {**tower, "out_hidden_size": d}}


SHAPES = {
    "Qwen/Qwen3-VL-2B-Instruct": _shape(2048, 6144, 28, 16, True, SMALL_TOWER),
    "Qwen/Qwen3-VL-4B-Instruct": _shape(2560, 9728, 36, 32, True, SMALL_TOWER),
    "Qwen/Qwen3-VL-8B-Instruct": _shape(4096, 12288, 36, 32, False, LARGE_TOWER),
}
"""Published shapes, so that nothing has to be fetched to compute."""
