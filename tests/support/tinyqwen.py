"""A tiny random Qwen3-VL with a vocabulary of its own, built in seconds: the flagship's shape without its weights.

Weights are drawn wide enough that every part moves the logits: with the usual deviation of 0.02, an export that
dropped DeepStack or turned a rope the wrong way would still look right.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from tokenizers.pre_tokenizers import ByteLevel
from transformers import PreTrainedTokenizerBase, Qwen2Tokenizer, Qwen3VLConfig, Qwen3VLForConditionalGeneration
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from assistant.models.photo_budget import PhotoBudget
from assistant.models.spec import Spec
from quantize.gguf import export

CONTROL = ["<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]
CORPUS = (
    "This is Milo, my dog. We found him at the harbour in May 2025, and he would not stop barking at the gulls.",
    "You help a person remember. Describe the new photo with what I told you about it. user system assistant",
    "Anna painted the blue boat; it isn't hers, they're keeping it for Noel until the 12th.",
)


def tokenizer() -> PreTrainedTokenizerBase:
    """A byte-level BPE of about 400 tokens that splits text as Qwen does, with Qwen's control tokens."""
    return Qwen2Tokenizer().train_new_from_iterator(
        CORPUS, 400, new_special_tokens=CONTROL, initial_alphabet=ByteLevel.alphabet(), show_progress=False
    )


DEEP: dict[str, Any] = {
    "depth": 24,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_heads": 1,
    "deepstack_visual_indexes": [5, 11, 17],
    "initializer_range": 0.05,
}
"""A vision tower as deep as that of Qwen3-VL 2B and 4B, with DeepStack from the same three blocks."""


def config(words: PreTrainedTokenizerBase, tower: Mapping[str, Any] | None = None) -> Qwen3VLConfig:
    """M-RoPE, grouped queries, heads wider than the model, DeepStack from two layers, positions that are resized.

    `tower`: what is different in the vision tower.
    """
    ids = {name: words.convert_tokens_to_ids(f"<|{name}|>") for name in ("image_pad", "video_pad")}
    edges = {name: words.convert_tokens_to_ids(f"<|{name}|>") for name in ("vision_start", "vision_end")}
    rope = {"rope_type": "default", "rope_theta": 1e5, "mrope_section": [12, 10, 10], "mrope_interleaved": True}
    return Qwen3VLConfig(
        text_config={
            "vocab_size": len(words),
            "hidden_size": 256,
            "intermediate_size": 640,
            "num_hidden_layers": 6,
            "num_attention_heads": 6,
            "num_key_value_heads": 2,
            "head_dim": 64,
            "rope_parameters": rope,
            "initializer_range": 0.08,
            "tie_word_embeddings": True,
        },
        vision_config={
            "depth": 4,
            "hidden_size": 192,
            "intermediate_size": 512,
            "num_heads": 3,
            "out_hidden_size": 256,
            "patch_size": 16,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "num_position_embeddings": 64,
            "deepstack_visual_indexes": [1, 2],
            "initializer_range": 0.08,
            **(tower or {}),
        },
        image_token_id=ids["image_pad"],
        video_token_id=ids["video_pad"],
        vision_start_token_id=edges["vision_start"],
        vision_end_token_id=edges["vision_end"],
        tie_word_embeddings=True,
    )


def build(folder: Path, seed: int = 0, tower: Mapping[str, Any] | None = None) -> Path:
    """Write model, tokenizer and image processor into `folder` (f32, about 8 million parameters)."""
    torch.manual_seed(seed)
    words = tokenizer()
    model = Qwen3VLForConditionalGeneration(config(words, tower))
    for name, weight in model.named_parameters():
        if weight.ndim == 1:  # norms and biases start at ones and zeros, which would hide a mix-up
            weight.data += 0.2 * torch.randn_like(weight)
        elif "embed" in name:
            weight.data += 0.3 * torch.randn_like(weight)
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    pixels = {"shortest_edge": 8 * 32 * 32, "longest_edge": 4096 * 32 * 32}  # llama.cpp's own bounds: 8 to 4096 tokens
    mean = [0.5, 0.5, 0.5]
    Qwen2VLImageProcessorPil(patch_size=16, size=pixels, image_mean=mean, image_std=mean).save_pretrained(folder)
    return folder


def exported(folder: Path) -> Spec:
    """The model for llama.cpp, in f32. A photo has up to 64 tokens, and moves the position by fewer (M-RoPE)."""
    torch.set_num_threads(1)
    build(folder / "model")
    export.export_mmproj(folder / "model", folder / "mmproj.gguf", "f32")
    export.export_language(folder / "model", folder / "language.gguf", "f32", pre_tokenizer="qwen2")
    return Spec("tiny", folder / "language.gguf", folder / "mmproj.gguf", budget=PhotoBudget(64, 16))
