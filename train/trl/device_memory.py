"""What a training run needs of each device's memory: computed from recipe and configuration, nothing is loaded.

None of it was measured: no large model ever ran here. A device that has less is refused before anything begins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from memory.errors import KeepsakeError
from train.recipe import Gspo, Trl
from train.trl.batches import micro_batch
from train.trl.model_shapes import kv_bytes, lora_weights, weights

GB = 10**9
BUFFERS = 2 * GB
"""Assumed bytes of CUDA itself, of fragmentation and of gradient buckets."""
PROFILED = 3 * GB
"""Assumed bytes with which vLLM, when it starts, tries the largest photo that the published processor allows (16,384
visual tokens), whatever photos there are: trl cannot tell it of smaller ones."""
DRAWN_PHOTO, OTHER_PHOTO = 64, 500
"""Visual tokens of a drawn photo (256 x 256 pixels), and assumed ones of another: CoViP's authors read thirteen photos
and all words in 8,192 tokens."""
MEMORIES, WORDS = 9, 800
"""Assumed of a prompt: photos beside the one asked about, and tokens of words."""
LOGIT = 10
"""Bytes of a logit while its gradient is computed: in bf16, in f32, and the gradient."""
Sharding = Literal["none", "optimiser", "all", "gathered"]
"""What the devices share: nothing (DDP); gradients and optimiser (ZeRO-2); weights, too (FSDP); weights, too, which are
gathered whole for rollouts (ZeRO-3)."""


@dataclass(frozen=True, slots=True)
class Needs:
    """Bytes of each device."""

    weights: int
    lora: int
    """The LoRA in f32, its gradient, two moments of Adam."""
    work: int
    """The larger of what a training pass keeps (activations) and what writing a rollout keeps."""
    completions: int
    """How many completions a device writes at once; 0: it writes none."""
    vllm: int
    """What vLLM on the same device takes for itself."""

    @property
    def total(self) -> int:
        """The sum of all."""
        return self.weights + self.lora + self.work + self.vllm + BUFFERS

    def __str__(self) -> str:
        written = f"to write {self.completions} completions at once" if self.completions else "of activations"
        parts = {"of weights": self.weights, "of the LoRA": self.lora, written: self.work, "of vLLM": self.vllm}
        return ", ".join(f"{size / GB:.0f} {name}" for name, size in parts.items() if size >= GB / 2)


def prompt_tokens(gspo: Gspo) -> int:
    """Tokens of a long prompt of the recipe, by its photo sizes."""
    settings = gspo.trl or Trl()
    photo = OTHER_PHOTO if settings.data else DRAWN_PHOTO
    return min(photo, settings.photos.query) + MEMORIES * min(photo, settings.photos.memory) + WORDS


def sharding_of(launch: Path) -> Sharding:
    """What the devices share by a configuration of accelerate. Raises KeepsakeError for a file that is none."""
    try:
        text = launch.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        known = "train/launch has ddp.yaml, fsdp.yaml, zero2.yaml and zero3.yaml"
        raise KeepsakeError(f"no such file: {launch}; {known}") from error
    kind = re.search(r"^distributed_type:\s*['\"]?(\w+)", text, re.MULTILINE)
    stage = re.search(r"^\s*zero_stage:\s*(\d)", text, re.MULTILINE)
    found: dict[str, Sharding] = {"MULTI_GPU": "none", "FSDP": "all", "DEEPSPEED": "gathered"}
    if not kind or kind[1] not in found:
        raise KeepsakeError(f"{launch}: distributed_type must be one of {', '.join(found)}")
    return "optimiser" if stage and int(stage[1]) < 3 else found[kind[1]]


def needs(gspo: Gspo, config: Mapping[str, Any], world: int, device: int, sharding: Sharding = "none") -> Needs:
    """What training in `world` processes needs of each device of `device` bytes."""
    settings, text = gspo.trl or Trl(), config["text_config"]
    whole, lora = 2 * weights(config), lora_weights(gspo, config)
    words = 4 * text["vocab_size"] * text["hidden_size"]  # embeddings and lm_head in bf16, which rollouts gather
    writes = gspo.learn == "rewards" and settings.vllm == "off"
    completions = gspo.prompts * gspo.group // world if writes else 0
    return Needs(
        weights=whole // world + words if sharding == "all" and world > 1 else whole,
        lora={"none": 16, "optimiser": 4 + 12 // world}.get(sharding, 16 // world) * lora,
        work=max(_activations(gspo, text, world), completions * _rollout(gspo, config)),
        completions=completions if completions * _rollout(gspo, config) > _activations(gspo, text, world) else 0,
        vllm=int(settings.vllm_memory * device) if settings.vllm == "colocate" else 0,
    )


def refuse_small(
    name: str, gspo: Gspo, config: Mapping[str, Any], world: int, device: int, sharding: Sharding = "none"
) -> None:
    """Raise KeepsakeError where a device of `device` bytes has no room for a recipe, and say what would help."""
    refuse_small_vllm(gspo, config, device)
    needed = needs(gspo, config, world, device, sharding)
    if needed.total <= device:
        return
    held = needed.weights + needed.lora + needed.vllm + BUFFERS
    if needed.completions and held + needed.work // needed.completions <= device:
        help = "take more devices, fewer prompts, or vllm = 'colocate'"
    elif needed.vllm:
        help = "take a smaller vllm_memory, or vllm = 'server'"
    else:
        help = "take train/launch/fsdp.yaml, more devices or a smaller base"
    raise KeepsakeError(
        f"{name} needs {needed.total / GB:.0f} GB of each device, which has {device / GB:.0f} ({needed}): {help}"
    )


def refuse_small_vllm(gspo: Gspo, config: Mapping[str, Any], device: int) -> None:
    """Raise KeepsakeError where vLLM's context is shorter than prompts, or where its share of a device (`device` bytes)
    cannot hold its weights and one context."""
    settings = gspo.trl or Trl()
    if settings.vllm == "off":
        return
    longest = prompt_tokens(gspo) + gspo.max_tokens
    if settings.context < longest:
        raise KeepsakeError(
            f"context is {settings.context}, must be at least {longest}: {prompt_tokens(gspo)} tokens of a prompt, and "
            f"max_tokens ({gspo.max_tokens})"
        )
    needed = 2 * weights(config) + settings.context * kv_bytes(config) + PROFILED
    share = settings.vllm_memory * device
    if settings.vllm == "colocate" and needed > share:
        raise KeepsakeError(
            f"vllm_memory is {settings.vllm_memory}, {share / GB:.0f} GB of a device, must be at least "
            f"{needed / device:.2f}: {2 * weights(config) / GB:.0f} GB of weights, {PROFILED / GB:.0f} to start, and "
            f"the KV cache of context {settings.context}"
        )


def _activations(gspo: Gspo, text: Mapping[str, Any], world: int) -> int:
    """Bytes of a forward and backward pass: what each layer keeps, one layer recomputed, logits of what is learnt.

    trl's supervised trainer computes logits of the whole prompt.
    """
    d, f, layers = text["hidden_size"], text["intermediate_size"], text["num_hidden_layers"]
    tokens = prompt_tokens(gspo) + gspo.max_tokens
    learnt = tokens if gspo.learn == "gold" else gspo.max_tokens
    one = tokens * 2 * (layers * d + 6 * d + 3 * f) + learnt * text["vocab_size"] * LOGIT
    return int(micro_batch(gspo, world) * one)


def _rollout(gspo: Gspo, config: Mapping[str, Any]) -> int:
    """Bytes of one completion that transformers writes: its KV cache, and its prompt in one layer, all at once."""
    text, tokens = config["text_config"], prompt_tokens(gspo)
    layer = 2 * (4 * text["hidden_size"] + 3 * text["intermediate_size"])
    return int((tokens + gspo.max_tokens) * kv_bytes(config) + tokens * layer)
