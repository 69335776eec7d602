"""A tiny random Qwen3-VL as trl meets one: with a processor, the real chat template and an output layer of its own.

And samples of three photos for it. What it writes means nothing; that every part of training moves is what is tested.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import torch
from transformers import (
    GenerationConfig,
    Qwen2VLImageProcessor,
    Qwen3VLForConditionalGeneration,
    Qwen3VLProcessor,
    Qwen3VLVideoProcessor,
)

from benchmark.datasets.corpus_writer import CorpusWriter
from benchmark.judges.judge import Verdict
from benchmark.world.question import Question
from benchmark.world.sample import Sample, Spec
from benchmark.world.sample import build as draw
from tests.support import tinyqwen
from train.recipe import Gspo, Lora, Recipe, Trl

END = "<|im_end|>"


def build(folder: Path) -> Path:
    """Write it into `folder`: three layers, and an end of turn that comes often, so that lengths differ."""
    torch.manual_seed(0)
    words = tinyqwen.tokenizer()
    words.eos_token = END
    config = tinyqwen.config(words)
    config.text_config.num_hidden_layers = 3
    config.tie_word_embeddings = config.text_config.tie_word_embeddings = False
    model = Qwen3VLForConditionalGeneration(config)
    end = words.convert_tokens_to_ids(END)
    with torch.no_grad():
        model.get_input_embeddings().weight.add_(0.1)  # a part that all hidden states share,
        shared = model.model(input_ids=torch.arange(100, 160)[None]).last_hidden_state[0].mean(0)
        model.lm_head.weight[end] = 5 * shared / (shared @ shared)  # and that speaks for the end
    model.generation_config = GenerationConfig(temperature=0.7, top_p=0.8, top_k=20, do_sample=True, eos_token_id=end)
    model.save_pretrained(folder)
    eye = Qwen2VLImageProcessor(patch_size=16, image_mean=[0.5] * 3, image_std=[0.5] * 3)
    Qwen3VLProcessor(eye, words, Qwen3VLVideoProcessor(), chat_template=template()).save_pretrained(folder)
    return folder


def template() -> str:
    """Qwen3-VL's chat template, of which trl carries a copy."""
    (trl,) = find_spec("trl").submodule_search_locations  # type: ignore[union-attr,misc]
    return (Path(trl) / "chat_templates" / "qwen3_vl.jinja").read_text(encoding="utf-8")


def samples(n: int) -> list[Sample]:
    """Two memories of one turn, one of them of what the new photo shows."""
    found = []
    for i in range(n):
        whole = draw(Spec("test", 5, i))
        keep = sorted({whole.positives[0], (whole.positives[0] + 1) % 3})
        context = tuple(replace(whole.context[k], turns=whole.context[k].turns[:1]) for k in keep)
        asked = tuple(whole.questions[k] for k in keep)
        found.append(Sample(context, whole.query, (keep.index(whole.positives[0]),), asked))
    return found


def corpus(folder: Path, n: int = 4) -> Path:
    """The samples on disk."""
    data = CorpusWriter(folder)
    for i, sample in enumerate(samples(n)):
        data.accept(str(i), sample)
    return folder


def recipe(base: Path | str, data: Path | str, micro_batch: int = 4, **changed: object) -> Recipe:
    """Two rollouts of two prompts, four completions of each, two updates of each rollout."""
    settings = Trl(
        data=str(data), dtype="float32", attention="eager", micro_batch=micro_batch, min_pixels=1024, max_pixels=4096
    )
    gspo = Gspo(
        base=str(base),
        lora=Lora(rank=4, alpha=8, dropout=0.0),
        group=4,
        prompts=2,
        updates=2,
        steps=2,
        learning_rate=1e-2,
        max_tokens=40,
        recognition_share=0.5,
        save_every=1,
        show_every=1,
        trl=settings,
    )
    return Recipe("tiny", threads=1, gspo=replace(gspo, **changed))  # type: ignore[arg-type]


class Hashing:
    """A judge without sense whose letters differ from text to text, so that groups have something to learn from."""

    name = "hashing"

    def __init__(self) -> None:
        self.calls: list[int] = []

    def choose(self, asked: Sequence[tuple[str, Question]]) -> list[Verdict]:
        """See `Judge`."""
        self.calls.append(len(asked))
        return [Verdict("ABCD"[sum(map(ord, caption + question.text)) % 4]) for caption, question in asked]

    def check_replies(self, replies: Sequence[tuple[str, str, str]]) -> list[bool | None]:
        """See `Judge`; never asked here."""
        raise AssertionError("rewards ask for letters only")
