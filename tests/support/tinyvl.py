"""A tiny random Qwen3-VL as trl loads one, with a processor, the real chat template and an output layer of its own.

It has samples of three photos, a recipe and a judge to go with it. Its texts mean nothing: tests look at whether every
part of training works.
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

from assistant.models.photo_budget import PhotoBudget
from benchmark.datasets.corpus_writer import CorpusWriter
from benchmark.judges.judge import Verdict
from benchmark.world.question import Question
from benchmark.world.sample import Sample, Spec
from benchmark.world.sample import build as draw
from tests.support import tinyqwen
from train.recipe import Gspo, Lora, Recipe, Trl

END = "<|im_end|>"


def build(folder: Path) -> Path:
    """Write the model into `folder`: three layers, and an end of turn so likely that lengths differ."""
    torch.manual_seed(0)
    words = tinyqwen.tokenizer()
    words.eos_token = END
    config = tinyqwen.config(words)
    config.text_config.num_hidden_layers = 3
    config.tie_word_embeddings = config.text_config.tie_word_embeddings = False
    model = Qwen3VLForConditionalGeneration(config)
    end = words.convert_tokens_to_ids(END)
    with torch.no_grad():
        model.get_input_embeddings().weight.add_(0.1)  # all hidden states share a part,
        shared = model.model(input_ids=torch.arange(100, 160)[None]).last_hidden_state[0].mean(0)
        model.lm_head.weight[end] = 5 * shared / (shared @ shared)  # for which the end of turn has a high logit
    model.generation_config = GenerationConfig(temperature=0.7, top_p=0.8, top_k=20, do_sample=True, eos_token_id=end)
    model.save_pretrained(folder)
    images = Qwen2VLImageProcessor(patch_size=16, image_mean=[0.5] * 3, image_std=[0.5] * 3)
    Qwen3VLProcessor(images, words, Qwen3VLVideoProcessor(), chat_template=template()).save_pretrained(folder)
    return folder


def template() -> str:
    """Qwen3-VL's chat template, of which trl carries a copy."""
    (trl,) = find_spec("trl").submodule_search_locations  # type: ignore[union-attr,misc]
    return (Path(trl) / "chat_templates" / "qwen3_vl.jinja").read_text(encoding="utf-8")


def samples(n: int) -> list[Sample]:
    """Samples with two memories of one turn; one of them is of the thing that the new photo shows."""
    out = []
    for i in range(n):
        whole = draw(Spec("test", 5, i))
        keep = sorted({whole.positives[0], (whole.positives[0] + 1) % 3})
        context = tuple(replace(whole.context[k], turns=whole.context[k].turns[:1]) for k in keep)
        questions = tuple(whole.questions[k] for k in keep)
        out.append(Sample(context, whole.query, (keep.index(whole.positives[0]),), questions))
    return out


def corpus(folder: Path, n: int = 4) -> Path:
    """Write `n` samples as a corpus; returns its folder."""
    data = CorpusWriter(folder)
    for i, sample in enumerate(samples(n)):
        data.accept(str(i), sample)
    return folder


def recipe(base: Path | str, data: Path | str, micro_batch: int = 4, **changed: object) -> Recipe:
    """A recipe of two steps: two prompts, four completions of each, and two updates a step."""
    settings = Trl(
        data=str(data), dtype="float32", attention="eager", micro_batch=micro_batch, photos=PhotoBudget(4, 4, 1)
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


class HashJudge:
    """A judge whose letters depend on a text's characters only, so that rewards differ within a group."""

    name = "hashing"

    def __init__(self) -> None:
        self.calls: list[int] = []

    def choose(self, asked: Sequence[tuple[str, Question]]) -> list[Verdict]:
        """A letter for each question, by the characters of caption and question; the number of questions is
        recorded."""
        self.calls.append(len(asked))
        return [Verdict("ABCD"[sum(map(ord, caption + question.text)) % 4]) for caption, question in asked]

    def check_replies(self, replies: Sequence[tuple[str, str, str]]) -> list[bool | None]:
        """Never called: rewards ask for letters only."""
        raise AssertionError("rewards ask for letters only")
