"""The nano's architecture with a few thousand random weights, and a tokenizer that splits words. No tests in here."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaModel, SmolVLMConfig, SmolVLMForConditionalGeneration

from train.pretrain.language import Reader
from train.recipe import Tower

VOCABULARY, WIDTH = 2048, 32
TEXT = {
    "vocab_size": VOCABULARY,
    "hidden_size": WIDTH,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "initializer_range": 0.2,  # so large that every part changes the result
}
TOWER = Tower(width=32, layers=1, heads=2, feed_forward=48, image_size=64, patch_size=8)


class Tokenizer:
    """A tokenizer whose tokens are words, other characters and control tokens; an id is a hash."""

    def encode(self, text: str, add_special_tokens: bool = False) -> list[int]:
        words = re.findall(r"<\|im_\w+\|>|\w+|\W", text)
        return [1 + zlib.crc32(word.encode()) % (VOCABULARY - 1) for word in words]

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = False) -> str:
        """The ids as text: a hash has no way back."""
        return " ".join(map(str, ids))

    def save_pretrained(self, folder: Path) -> None:
        """Save nothing: the tokenizer has no files."""


def text_model() -> LlamaModel:
    """A random language model without a vision tower, in f32."""
    torch.manual_seed(0)
    return LlamaModel(LlamaConfig(**TEXT)).eval()


def reader() -> Reader:
    """A reader in f32 whose LoRA is not zero."""
    torch.set_num_threads(1)
    made = Reader(text_model(), 4, 8, 0.7, torch.float32)
    torch.manual_seed(2)
    for name, weight in made.named_parameters():
        if "lora_B" in name:  # zero at first, so that lora_A would have no effect
            torch.nn.init.normal_(weight, std=0.1)
    return made


def build_model(base_gguf: Path, tower: Tower) -> tuple[SmolVLMForConditionalGeneration, Tokenizer]:
    """A model like that of `train.pretrain.model.build_model`, but tiny and random; `base_gguf` is not read."""
    vision = {
        "hidden_size": tower.width,
        "intermediate_size": tower.feed_forward,
        "num_hidden_layers": tower.layers,
        "num_attention_heads": tower.heads,
        "image_size": tower.image_size,
        "patch_size": tower.patch_size,
    }
    config = SmolVLMConfig(
        text_config={"model_type": "llama", **TEXT},
        vision_config=vision,
        scale_factor=tower.merge,
        image_token_id=14,
        tie_word_embeddings=True,
        pad_token_id=2,
    )
    return SmolVLMForConditionalGeneration(config), Tokenizer()
