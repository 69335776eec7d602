"""The nano's architecture with a few thousand random weights, and a tokenizer by words. No tests in here."""

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
    "initializer_range": 0.2,  # wide enough that every part moves the result
}
TOWER = Tower(width=32, layers=1, heads=2, feed_forward=48, image_size=64, patch_size=8)


class Tokenizer:
    """A word, a sign or a control token is a token; its id is a hash."""

    def encode(self, text: str, add_special_tokens: bool = False) -> list[int]:
        found = re.findall(r"<\|im_\w+\|>|\w+|\W", text)
        return [1 + zlib.crc32(word.encode()) % (VOCABULARY - 1) for word in found]

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = False) -> str:
        """There is no way back from a hash: the numbers."""
        return " ".join(map(str, ids))

    def save_pretrained(self, folder: Path) -> None:
        """There is nothing to save."""


def text_model() -> LlamaModel:
    """A language model without a vision tower, in f32."""
    torch.manual_seed(0)
    return LlamaModel(LlamaConfig(**TEXT)).eval()


def reader() -> Reader:
    """A reader in f32 whose LoRA does something already."""
    torch.set_num_threads(1)
    made = Reader(text_model(), 4, 8, 0.7, torch.float32)
    torch.manual_seed(2)
    for name, weight in made.named_parameters():
        if "lora_B" in name:  # zeros at first: nothing could be seen of lora_A
            torch.nn.init.normal_(weight, std=0.1)
    return made


def body(base_gguf: Path, tower: Tower) -> tuple[SmolVLMForConditionalGeneration, Tokenizer]:
    """Stands in for `train.pretrain.model.build_model`: the same kind of model, but for its size."""
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
