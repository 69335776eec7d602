"""A tiny random SmolVLM with a real tokenizer, saved as training saves the nano: its shape, in a second."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import SmolVLMConfig, SmolVLMForConditionalGeneration

from tests.support import tinyqwen
from train.pretrain.checkpoint import save_hf

WIDTH, SIDE, TOKENS = 128, 64, 16


def build(folder: Path, seed: int = 0) -> Path:
    """Write model, tokenizer and image processor into the new `folder` (f32, half a million parameters)."""
    torch.manual_seed(seed)
    words = tinyqwen.tokenizer()
    config = SmolVLMConfig(
        text_config={
            "model_type": "llama",
            "vocab_size": len(words),
            "hidden_size": WIDTH,
            "intermediate_size": 192,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "rope_parameters": {"rope_type": "default", "rope_theta": 100.0},  # no library's default
            "initializer_range": 0.15,
            "tie_word_embeddings": True,
        },
        vision_config={
            "hidden_size": 64,
            "intermediate_size": 96,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": SIDE,
            "patch_size": 8,
        },
        scale_factor=2,
        image_token_id=words.convert_tokens_to_ids("<|image_pad|>"),
        tie_word_embeddings=True,
        pad_token_id=0,
    )
    model = SmolVLMForConditionalGeneration(config)
    for name, weight in model.named_parameters():  # as in tinyqwen: every part has to move the logits
        if weight.ndim == 1 or "vision" in name or "connector" in name or "embed" in name:
            weight.data += 0.2 * torch.randn_like(weight)
    return save_hf(model, words, None, folder)
