"""Chat data: the base model's own answers to everyday questions, so that the LoRA does not unlearn ordinary chat.

This is self-distillation: it teaches nothing new, only to go on answering as SmolLM2 did.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assistant.backends.llama import llama_loader
from memory.files import write_json

TOPICS = (
    "France;Japan;Kenya;Brazil;the moon;rain;honey;volcanoes;bicycles;chess;bread;whales;glass;jazz;paper;tea;salt;"
    "bees;bridges;winter"
).split(";")
TEMPLATES = (
    "What is {x}?",
    "Tell me something about {x}.",
    "Write two sentences about {x}.",
    "Why do people like {x}?",
)
QUESTIONS = (
    "Hello!;How are you?;Thank you.;What can you do?;What is 2 plus 3?;What is the capital of Italy?;Good morning!;"
    "Tell me a joke.;Give me three ideas for dinner.;How do I make tea?;What day comes after Monday?;"
    "What colour is the sky?;Name three animals.;How do I fall asleep faster?;Translate 'good night' into French."
).split(";")


def load_or_write(base_gguf: Path, cache: Path) -> list[list[str]]:
    """Pairs of a question and the base model's greedy answer, from the JSON file `cache`, which is written if it is
    missing. An answer that is cut off at 120 tokens is left out."""
    if cache.exists():
        pairs: list[list[str]] = json.loads(cache.read_text(encoding="utf-8"))
        return pairs
    from llama_cpp import Llama

    with llama_loader.safe_defaults():
        base = Llama(str(base_gguf), n_ctx=512, n_threads=1, n_threads_batch=1, verbose=False)
    pairs = []
    for question in [*QUESTIONS, *(form.format(x=x) for x in TOPICS for form in TEMPLATES)]:
        prompt = f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n"
        out: Any = base.create_completion(prompt, max_tokens=120, temperature=0.0, stop=["<|im_end|>"])
        choice = out["choices"][0]
        if choice["finish_reason"] == "stop":
            pairs.append([question, choice["text"].strip()])
    base.close()
    write_json(cache, pairs, indent=1)
    return pairs
