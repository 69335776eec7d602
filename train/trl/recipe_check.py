"""Checks of recipes for trl: what cannot work is refused before anything is loaded, in a dry run as in a real one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from benchmark.judges.judge import Judge, Lexical
from memory.errors import KeepsakeError
from memory.paths import home
from train.recipe import Gspo, Trl

VLLM = "vllm>=0.20.0,<=0.30.0"
"""What the pinned trl takes; 0.30 wants torch 2.13, which is in our range."""
VLLM_LEAST = 64
"""Visual tokens of the smallest photo that the published processor leaves as it is (65,536 pixels). vLLM reads photos
with that one; the training has sized them already, and resizes none."""


def refuse_odd(gspo: Gspo) -> None:
    """Raise KeepsakeError for settings that contradict each other, whatever the base is."""
    settings = gspo.trl or Trl()
    if gspo.lora is None:
        raise KeepsakeError(f"base is {gspo.base!r}, which needs a [gspo.lora]: what to train on it")
    if gspo.start:
        raise KeepsakeError(f"start is {gspo.start!r}, must be empty: {gspo.base!r} begins with a new LoRA")
    if gspo.lora.dropout and gspo.updates * gspo.passes > 1 and gspo.learn == "rewards":
        raise KeepsakeError(
            f"dropout is {gspo.lora.dropout} with {gspo.updates * gspo.passes} updates a rollout, must be 0: it moves "
            "the ratio further than the clipping range, and every update would be clipped by chance"
        )
    if settings.data.endswith(".json") and settings.judge == "lexical":
        raise KeepsakeError(
            f"judge is 'lexical', must be 'chat' for {settings.data}: the lexical judge misreads the authors' questions"
        )
    if settings.vllm != "off" and settings.photos.least < VLLM_LEAST:
        raise KeepsakeError(
            f"least is {settings.photos.least} in [gspo.trl.photos], must be at least {VLLM_LEAST} with vllm: it "
            "enlarges smaller photos, which the training does not"
        )
    judge(settings)


def refuse_base(gspo: Gspo, config: Mapping[str, Any], trains: bool = True) -> None:
    """Raise KeepsakeError for a base that the recipe cannot train; `config`: its config.json. `trains`: whether that is
    asked, or only a Qwen3-VL to measure."""
    if config.get("model_type") != "qwen3_vl":
        raise KeepsakeError(f"{'base' if trains else 'model'} is a {config.get('model_type')}, must be a qwen3_vl")
    if not trains:
        return
    tied = config.get("tie_word_embeddings", config["text_config"].get("tie_word_embeddings"))
    if gspo.lora and gspo.lora.lm_head and tied:
        raise KeepsakeError(
            f"lm_head is true, must be false: {gspo.base} ties its output layer to its input embeddings, so that a "
            "merged LoRA would change both, and llama.cpp has no output layer to put it on"
        )


def judge(settings: Trl) -> Judge:
    """The judge of captions. Raises KeepsakeError when `judge_url` is no server's address."""
    if settings.judge == "lexical":
        return Lexical()
    from benchmark.judges.chat_client import Endpoint
    from benchmark.judges.llm_judge import LlmJudge

    key = os.environ.get("OPENAI_API_KEY", "").strip() or None
    answers = home() / "judged"
    endpoint = Endpoint(settings.judge_url, settings.judge_model, key, cache=answers, concurrency=64)
    return LlmJudge(endpoint, compatible=settings.parity == "released")
