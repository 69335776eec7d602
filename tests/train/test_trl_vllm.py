"""Rollouts by vLLM: prompts that it can read, and the photos that the training sees. vLLM itself is not installed: a
stand-in replaces placeholders as vLLM's documentation says."""

from __future__ import annotations

from importlib.metadata import requires
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import trl.generation.vllm_generation as theirs
from packaging.requirements import Requirement
from peft import LoraConfig, get_peft_model

from assistant.models.photo_budget import PhotoBudget
from assistant.prompt import caption_messages
from memory.errors import KeepsakeError
from tests.support import tinyvl
from train.recipe import Gspo, Lora, Trl
from train.trl import dataset, recipe_check, run

# peft asks transformers by a name that transformers has just deprecated
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
PHOTOS = PhotoBudget(query=9, memory=6, least=4)


class Engine:
    """Prompts of tokens are read as by vLLM: a photo's tokens take the place of the first placeholder that is left."""

    def __init__(self, photo: int, cell: int) -> None:
        self.photo, self.cell, self.read = photo, cell, list[list[int]]()

    def generate(self, prompts: list[dict[str, Any]], **_: Any) -> list[Any]:
        for prompt in prompts:
            rest, read = list(prompt["prompt_token_ids"]), list[int]()
            for image in prompt["multi_modal_data"]["image"]:
                at = rest.index(self.photo)
                tokens = (image.width // self.cell) * (image.height // self.cell)
                read += rest[:at] + [self.photo] * tokens
                rest = rest[at + 1 :]
            self.read.append(read + rest)
        one = SimpleNamespace(token_ids=[1], logprobs=None)
        return [SimpleNamespace(prompt_token_ids=read, outputs=[one]) for read in self.read]


@pytest.mark.parametrize(("mode", "same"), [("colocate", True), ("server", False)])
def test_vllm_reads_the_prompt_that_is_trained_on(
    mode: Any, same: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Photo by photo. Previously every photo after the first lay within the first one, and nothing said so. For its
    server mode trl finds the photos by all their placeholders: these prompts stay."""
    monkeypatch.setattr(theirs, "SamplingParams", lambda **_: None, raising=False)
    processor = run._processor(str(tinyvl.build(tmp_path / "model")))
    photo = processor.tokenizer.convert_tokens_to_ids(run.PHOTO)
    (sample,) = tinyvl.samples(1)
    asked = caption_messages(sample.context, sample.query)
    messages, images = dataset.as_row(asked), dataset.images(asked, PHOTOS)
    seen = iter(images)
    for part in (part for message in messages for part in message["content"] if part["type"] == "image"):
        part["image"] = next(seen)
    told = processor.apply_chat_template([messages], add_generation_prompt=True, tokenize=True, return_dict=True)
    (expanded,) = told["input_ids"]
    assert len(images) > 2 and expanded.count(photo) > 3 * len(images)
    generation: Any = object.__new__(theirs.VLLMGeneration)
    engine = Engine(photo, 32)
    vars(generation).update(
        mode="colocate", accelerator=None, model=torch.nn.Identity(), llm=engine, generation_kwargs={},
        structured_outputs_regex=None, tensor_parallel_size=1, enable_sleep_mode=False, logprobs=0, min_p=None,
        temperature=1.0, top_p=1.0, top_k=0, repetition_penalty=1.0, max_completion_length=4,
    )  # fmt: skip
    kept: Any = get_peft_model(torch.nn.Sequential(torch.nn.Linear(2, 2)), LoraConfig(r=1, target_modules=["0"]))
    trainer = SimpleNamespace(
        vllm_generation=generation, model=kept, accelerator=SimpleNamespace(unwrap_model=lambda model: model)
    )
    run.for_vllm(trainer, Trl(vllm=mode, vllm_url="x"), photo)
    generation.generate(prompts=[expanded], images=[images], num_generations=1)
    assert (engine.read == [expanded]) is same


def test_photos_that_vllm_would_enlarge_are_refused() -> None:
    """Its processor is the published one, with at least 65,536 pixels: the training would see another picture."""
    small, enough = (Trl(vllm="colocate", photos=PhotoBudget(least=least)) for least in (63, 64))
    with pytest.raises(KeepsakeError, match=r"least is 63 in \[gspo\.trl\.photos\], must be at least 64 with vllm"):
        recipe_check.refuse_odd(Gspo(base="x/y", lora=Lora(dropout=0.0), trl=small))
    recipe_check.refuse_odd(Gspo(base="x/y", lora=Lora(dropout=0.0), trl=enough))


def test_the_divergence_is_the_published_one() -> None:
    """k3 alone, as `rl/gspo.py` and the authors have it. Previously it was multiplied with the ratio, trl's default
    since 1.10: with one ratio a completion that is no divergence at all (trl issue 6586)."""
    config = run.rewarded(Gspo(base="x/y", beta=0.04), Path("unused"), 1, [1])
    assert config.beta == 0.04 and config.use_bias_correction_kl is False


def test_sampling_as_released_is_corrected_by_nothing() -> None:
    """Previously vLLM's log-probabilities would have corrected the authors' oversight, in part: not their run."""
    released, ours = (
        run.rewarded(Gspo(base="x/y", trl=Trl(sampling=name)), Path("unused"), 1, [1])
        for name in ("released", "policy")
    )
    assert released.vllm_importance_sampling_correction is False and ours.vllm_importance_sampling_correction is True


def test_the_vllm_that_is_asked_for_is_what_trl_takes() -> None:
    """Previously any: pip would take a newer one, of which trl warns."""
    (taken,) = (one for one in map(Requirement, requires("trl") or []) if one.name == "vllm")
    assert Requirement(recipe_check.VLLM).specifier == taken.specifier
