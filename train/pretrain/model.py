"""The nano's model: SmolLM2's language model with a vision tower and a connector of ours (SmolVLM's architecture).

llama.cpp, MLX and transformers load this family unmodified (LOG.md 2026-11-23). The language model's weights are the
dequantised Q4_1 weights of the file that people run, so that the LoRA fits that file.
"""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, SmolVLMConfig, SmolVLMForConditionalGeneration

from train.recipe import Tower

IMAGE_TOKEN = 14
"""`<jupyter_output>`, which SmolLM2 never uses in chat: it stands for a visual token in transformers."""


def build_model(base_gguf: Path, tower: Tower) -> tuple[SmolVLMForConditionalGeneration, AutoTokenizer]:
    """The whole model in f32 with an untrained vision tower and connector, and SmolLM2's tokenizer."""
    folder, name = str(base_gguf.parent), base_gguf.name
    base = AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=name)
    text = base.config.to_dict()
    for key in ("quantization_config", "_name_or_path"):  # the weights are dequantised; a folder of this machine
        text.pop(key, None)
    text["model_type"] = "llama"
    model = SmolVLMForConditionalGeneration(
        SmolVLMConfig(
            text_config=text,
            vision_config={
                "hidden_size": tower.width,
                "intermediate_size": tower.feed_forward,
                "num_hidden_layers": tower.layers,
                "num_attention_heads": tower.heads,
                "image_size": tower.image_size,
                "patch_size": tower.patch_size,
            },
            scale_factor=tower.merge,
            image_token_id=IMAGE_TOKEN,
            tie_word_embeddings=True,
            pad_token_id=2,
        )
    )
    model.model.text_model.load_state_dict(base.model.state_dict())
    model.tie_weights()
    return model, tokenizer


def vision_parts(model: SmolVLMForConditionalGeneration) -> torch.nn.ModuleList:
    """The parts that stage 1 trains, vision tower and connector, under the names that `vision.pt` gives their
    weights."""
    return torch.nn.ModuleList([model.model.vision_model, model.model.connector])


def load_vision(model: SmolVLMForConditionalGeneration, work: Path) -> torch.nn.ModuleList:
    """Load vision tower and connector from `vision.pt` of the folder of pretraining; returns both."""
    parts = vision_parts(model)
    parts.load_state_dict(torch.load(work / "vision.pt", map_location="cpu", weights_only=True)["seeing"])
    return parts


def encode_image(model: SmolVLMForConditionalGeneration, pixels: torch.Tensor) -> torch.Tensor:
    """Visual tokens (B, T, D) of pixels (B, 3, S, S) in -1..1."""
    return model.model.connector(model.model.vision_model(pixel_values=pixels).last_hidden_state)
