"""How a recipe's completions are shared by devices, and what a run needs of their memory: computed, nothing is loaded.

An optimiser step has a fixed number of completions, whatever the number of devices: `micro_batch` is the most of them
in one forward pass of one device, and gradient accumulation does the rest. A recipe that cannot use all devices uses
the most that divide its completions.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from memory.errors import KeepsakeError
from train.recipe import Gspo, Trl

GB = 10**9
ACTIVATIONS = 6 * GB
"""Bytes of one device for activations (recomputed), logits and buffers: a rule of thumb, not measured."""


def completions_of_update(gspo: Gspo) -> int:
    """Completions in an optimiser step, over all processes."""
    of_prompt = 1 if gspo.learn == "gold" else gspo.group
    return gspo.prompts * of_prompt // gspo.updates


def processes_for(gspo: Gspo, devices: int) -> int:
    """The most processes of `devices` that can share the completions of an optimiser step."""
    completions = completions_of_update(gspo)
    return max(n for n in range(1, devices + 1) if completions % n == 0)


def micro_batch(gspo: Gspo, world: int) -> int:
    """Completions in one forward pass of one device. Raises KeepsakeError when `world` processes cannot share them."""
    completions, most = completions_of_update(gspo), (gspo.trl or Trl()).micro_batch
    if completions % world:
        fitting = ", ".join(str(n) for n in range(1, world) if completions % n == 0)
        raise KeepsakeError(
            f"an update has {completions} completions, which {world} processes cannot share: start {fitting} "
            "(--num_processes)"
        )
    return max(n for n in range(1, most + 1) if completions // world % n == 0)


def accumulation(gspo: Gspo, world: int) -> int:
    """Forward passes of one device in an optimiser step."""
    return completions_of_update(gspo) // (micro_batch(gspo, world) * world)


def attention(settings: Trl) -> str:
    """The attention that the model is loaded with: the recipe's, unless its package is not there."""
    if settings.attention == "flash_attention_2" and find_spec("flash_attn") is None:
        return "sdpa"
    return settings.attention


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


def device_bytes(gspo: Gspo, config: Mapping[str, Any], vllm: bool) -> int:
    """Bytes that training needs of each device (DDP): weights in bf16, LoRA in f32 with gradient and two moments of
    Adam, activations; with vLLM on the same devices its weights, and the KV cache of one sequence of the context."""
    settings = gspo.trl or Trl()
    own = 2 * weights(config) + 16 * lora_weights(gspo, config) + ACTIVATIONS
    return own + (2 * weights(config) + settings.context * kv_bytes(config) if vllm else 0)


def refuse_small_vllm(gspo: Gspo, config: Mapping[str, Any], device: int) -> None:
    """Raise KeepsakeError where vLLM's share of a device (`device` bytes) cannot hold its weights and context."""
    settings = gspo.trl or Trl()
    needed = 2 * weights(config) + settings.context * kv_bytes(config)
    share = settings.vllm_memory * device
    if settings.vllm == "colocate" and needed > share:
        raise KeepsakeError(
            f"vllm_memory is {settings.vllm_memory}, {share / GB:.0f} GB of a device, must be at least "
            f"{needed / device:.2f}: {2 * weights(config) / GB:.0f} GB of weights, and the KV cache of context "
            f"{settings.context}"
        )


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
