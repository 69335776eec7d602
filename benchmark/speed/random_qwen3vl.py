"""A random Qwen3-VL of half a billion parameters, so that a speed run has enough to compute; built once.

The model has learnt nothing. Its vocabulary comes from the benchmark's dialogues, and it can write whole words only: so
a text that it writes reads back as the same tokens, as a trained model's does, and never ends by itself. Building needs
the extra "train". `python -m benchmark.speed.random_qwen3vl FOLDER [PART]` writes the checkpoint, for slow engines PART
(1 to 4) times narrower and with PART times fewer layers; `find` has the quantize room export the full one to GGUF.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from assistant import prompt
from assistant.models import local
from assistant.models.spec import Spec
from benchmark.world.dialogue import draw_dialogue, draw_facts
from memory.errors import KeepsakeError
from memory.paths import home, private_folder

ROOT = Path(__file__).resolve().parents[2]
CONTROL = ["<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]
"""Qwen's control tokens that a prompt needs."""
VOCABULARY = 4000
"""Tokens, control tokens not counted."""
KIND = "Q8_0"
"""Quantisation of the exported language model."""


def load(model: str) -> Spec:
    """Load a model by its name or folder, or "large" for this random one. Raises KeepsakeError."""
    return local.load(str(find()) if model == "large" else model)


def find() -> Path:
    """The folder of the exported model, which is built when it is missing (minutes). Raises KeepsakeError."""
    folder = home() / "speed" / "large"
    if folder.exists():
        return folder
    if missing := [name for name in ("torch", "transformers") if not find_spec(name)]:
        raise KeepsakeError(f"the large model is built with {missing[0]}: pip install '.[train]' in the clone, once")
    with tempfile.TemporaryDirectory(dir=private_folder(folder.parent)) as scratch:
        checkpoint, out = Path(scratch) / "checkpoint", Path(scratch) / folder.name
        print("building the large random model: once, takes minutes", file=sys.stderr)
        _run("benchmark.speed.random_qwen3vl", str(checkpoint))
        # In its own process: this room imports nothing of the quantize room.
        _run("quantize", "gguf", str(checkpoint), "--out", str(out), "--language", KIND, "--pre-tokenizer", "qwen2")
        os.replace(out, folder)
    return folder


def _run(*command: str) -> None:
    """Run a module of the project in its own process. Raises KeepsakeError."""
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise KeepsakeError(f"the large model cannot be built: {why}")


def vocabulary_texts() -> list[str]:
    """Texts to learn the vocabulary from: dialogues, and the fixed words of a prompt."""
    rng = np.random.default_rng(0)
    facts = [f for _ in range(100) for f in draw_facts(rng, "test", 8, full=True)]
    dialogues = [f"I said: {turn.text}\nYou said:" for f in facts for turn in draw_dialogue(rng, f, "dog", 6)]
    months = " ".join(f"Memory of {np.datetime64('2025-01') + i}" for i in range(12))
    return [*dialogues, *[prompt.INSTRUCTION, prompt.CAPTION_REQUEST, months, "New photo: system user assistant"] * 50]


def tokenizer() -> Any:
    """Train a byte-level BPE that splits text as Qwen does, with Qwen's control tokens (a `Qwen2Tokenizer`)."""
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import Qwen2Tokenizer

    return Qwen2Tokenizer().train_new_from_iterator(
        vocabulary_texts(),
        VOCABULARY,
        new_special_tokens=CONTROL,
        initial_alphabet=ByteLevel.alphabet(),
        show_progress=False,
    )


def never_written(words: Any) -> set[int]:
    """Ids of tokens that are not a whole ASCII word after a space; such tokens might not read back as themselves."""
    vocabulary = words.get_vocab().items()
    return {i for name, i in vocabulary if not (name[0] == "Ġ" and name[1:].isascii() and name[1:].isalpha())}


def config(words: Any, part: int = 1) -> Any:
    """A `Qwen3VLConfig`: layers of Qwen3-0.6B's shape, a vision tower half as wide as Qwen3-VL-2B's, DeepStack from
    three of its layers. `part`, 1 to 4, divides widths and layers; the width of a head stays.
    """
    from transformers import Qwen3VLConfig

    ids = {name: words.convert_tokens_to_ids(f"<|{name}|>") for name in ("image_pad", "video_pad")}
    edges = {name: words.convert_tokens_to_ids(f"<|{name}|>") for name in ("vision_start", "vision_end")}
    rope = {"rope_type": "default", "rope_theta": 5e6, "mrope_section": [24, 20, 20], "mrope_interleaved": True}
    return Qwen3VLConfig(
        text_config={
            "vocab_size": len(words),
            "hidden_size": 1024 // part,
            "intermediate_size": 3072 // part,
            "num_hidden_layers": 24 // part,
            "num_attention_heads": 16 // part,
            "num_key_value_heads": 8 // part,
            "head_dim": 128,
            "rope_parameters": rope,
            "max_position_embeddings": 32768,
            "tie_word_embeddings": False,
        },
        vision_config={
            "depth": 12 // part,
            "hidden_size": 768 // part,
            "intermediate_size": 3072 // part,
            "num_heads": 12 // part,
            "out_hidden_size": 1024 // part,
            "patch_size": 16,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "num_position_embeddings": 2304,
            "deepstack_visual_indexes": [3 // part, 6 // part, 9 // part],
        },
        image_token_id=ids["image_pad"],
        video_token_id=ids["video_pad"],
        vision_start_token_id=edges["vision_start"],
        vision_end_token_id=edges["vision_end"],
        tie_word_embeddings=False,
    )


def build(folder: Path, part: int = 1) -> None:
    """Write model (f16, about a gigabyte), tokenizer and image processor into `folder`; see `config` for `part`."""
    import torch
    from transformers import Qwen3VLForConditionalGeneration
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    torch.manual_seed(0)
    torch.set_default_dtype(torch.float16)
    words = tokenizer()
    model = Qwen3VLForConditionalGeneration(config(words, part))
    with torch.no_grad():
        model.lm_head.weight[sorted(never_written(words))] = 0  # their logit is 0, the likeliest one's is above
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    bounds = {"shortest_edge": 8 * 32 * 32, "longest_edge": 4096 * 32 * 32}  # llama.cpp's own: 8 to 4096 tokens
    mean = [0.5, 0.5, 0.5]
    Qwen2VLImageProcessorPil(patch_size=16, size=bounds, image_mean=mean, image_std=mean).save_pretrained(folder)


if __name__ == "__main__":
    build(Path(sys.argv[1]), *map(int, sys.argv[2:3]))
