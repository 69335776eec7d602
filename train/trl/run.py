"""Stage 3 of a Qwen3-VL: trl's GRPOTrainer (SFTTrainer for the baseline without rewards), by configuration only.

    python -m train gspo RECIPE.toml                       one device
    accelerate launch --config_file train/launch/... -m train gspo RECIPE.toml

Errors in a recipe are found before torch is imported. A new LoRA adapts the language model's linear layers and, if the
recipe says so, lm_head; the vision tower stays as it is. trl is pinned below 1.15: from 1.15 on it multiplies hidden
states with `lm_head.weight` itself and refuses a LoRA on lm_head, which the paper has. There is no training loop here;
the nano has one of its own (`rl/loop.py`).
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from memory.errors import KeepsakeError
from memory.paths import private_folder
from train.recipe import Gspo, Lora, Recipe, Trl
from train.run_record import PACKAGES, begin, folder, record
from train.trl import base_weights, dataset, recipe_check, vllm_prompts
from train.trl.batches import accumulation, attention, micro_batch
from train.trl.device_memory import refuse_small_vllm

LINEARS = "q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj"
ENDS = ("<|im_end|>", "<|endoftext|>")
"""Tokens that end a completion."""
PHOTO = "<|image_pad|>"
"""The token that stands for a photo."""
NEVER = (PHOTO, "<|video_pad|>")
"""Tokens that no completion may contain: the model would take them for a photo without pixels."""
RELEASED = {"temperature": 0.7, "top_p": 0.8, "top_k": 20}
"""How the authors' rollouts were sampled: by the model's own generation settings, according to their log."""


def takes(gspo: Gspo) -> bool:
    """Whether a recipe's base is a Qwen3-VL: a folder of one, or a repository's name ("Qwen/...")."""
    if Path(gspo.base).is_dir():
        return _config(gspo.base).get("model_type") == "qwen3_vl"
    return "/" in gspo.base


def run(recipe: Recipe, resume: bool) -> Path:
    """Train; returns the folder of the LoRA. Raises KeepsakeError for a recipe or data with which it cannot run
    here."""
    trainer, last = prepare(recipe, resume)
    out = folder(recipe)
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    trainer.save_model(str(out / "last"))
    if trainer.is_world_process_zero():
        _slim(out / "last", out / "adapter")
    return out / "adapter"


def prepare(recipe: Recipe, resume: bool) -> tuple[Any, Path | None]:
    """trl's trainer with model and data, and the checkpoint to resume from. Raises KeepsakeError as `run` does."""
    gspo, settings = _settings(recipe)
    world = int(os.environ.get("WORLD_SIZE", "1"))
    check(gspo, world)
    out, visits = folder(recipe), dataset.visits(gspo)
    note = record(recipe, dataset.digest(gspo, visits), world)
    last = begin(out, note, resume)
    import torch
    from huggingface_hub import constants
    from trl import GRPOTrainer, SFTTrainer

    from train.trl.callback import LogAndGuard
    from train.trl.reward_fn import RewardFunction

    constants.HF_HUB_DISABLE_TELEMETRY = True  # trl reports every run to its makers
    torch.set_num_threads(recipe.threads)
    if attention(settings) != settings.attention:
        print(
            f"{settings.attention} is not installed (flash_attn): attention is {attention(settings)}", file=sys.stderr
        )
    if torch.cuda.is_available():
        refuse_small_vllm(gspo, _config(gspo.base), torch.cuda.get_device_properties(0).total_memory)
    else:
        print("no CUDA device: trl trains on the processor, and transformers writes the rollouts", file=sys.stderr)
    processor = _processor(gspo.base)
    rows = dataset.rows_of(gspo, visits)
    assert gspo.lora is not None  # `check` refuses a recipe without
    common = {
        "model": gspo.base,
        "processing_class": processor,
        "peft_config": lora(gspo.lora),
        "callbacks": [LogAndGuard(out, note, gspo.updates * gspo.passes)],
    }
    if gspo.learn == "gold":
        data = rows.dataset(gold=True)
        return SFTTrainer(args=supervised(gspo, out, world), train_dataset=data, **common), last
    ends, never = (processor.tokenizer.convert_tokens_to_ids(list(tokens)) for tokens in (ENDS, NEVER))
    reward = RewardFunction(rows, recipe_check.judge(settings), gspo, ends, out)
    config = rewarded(gspo, out, world, never)
    trainer = GRPOTrainer(reward_funcs=reward, args=config, train_dataset=rows.dataset(), **common)
    for_vllm(trainer, settings, never[0])
    return trainer, last


def for_vllm(trainer: Any, settings: Trl, photo: int) -> None:
    """Mend what trl does with vLLM: weights that stay when the LoRA is merged in for a sync, and, on the same devices,
    prompts in which a photo is one token, `photo`."""
    if settings.vllm != "off":
        base_weights.keep(trainer.accelerator.unwrap_model(trainer.model))
    if settings.vllm == "colocate":
        vllm_prompts.shorten(trainer.vllm_generation, photo)


def check(gspo: Gspo, world: int) -> None:
    """Raise KeepsakeError for a recipe that cannot run in `world` processes. Nothing heavy is loaded."""
    settings = gspo.trl or Trl()
    recipe_check.refuse_odd(gspo)
    micro_batch(gspo, world)
    for name in (*PACKAGES, *settings.report, *(["vllm"] if settings.vllm != "off" else [])):
        if find_spec(name) is None:
            asked = f"'{recipe_check.VLLM}'" if name == "vllm" else name
            how = "pip install '.[train]' in the clone" if name in PACKAGES else f"pip install {asked}"
            raise KeepsakeError(f"this recipe needs {name}: {how}")
    if settings.data and not Path(settings.data).exists():
        raise KeepsakeError(f"data is {settings.data!r}: there is no such file or folder")
    recipe_check.refuse_base(gspo, _config(gspo.base))


def rewarded(gspo: Gspo, out: Path, world: int, never: Sequence[int]) -> Any:
    """The recipe as trl's GRPOConfig; tokens with the ids `never` are not sampled.

    Rollouts are sampled from the distribution whose log-probabilities are used, without top_p and top_k. trl deals the
    completions of a rollout to its updates at random, not in whole groups; advantages are still those of whole groups.
    """
    from trl import GRPOConfig

    settings = gspo.trl or Trl()
    passes = accumulation(gspo, world)
    without = {"suppress_tokens": list(never)} if settings.vllm == "off" else {"logit_bias": dict.fromkeys(never, -100)}
    return GRPOConfig(
        **_common(gspo, out, world),
        max_steps=gspo.steps * gspo.updates * gspo.passes,
        save_steps=gspo.save_every * gspo.updates * gspo.passes,  # between rollouts: a resumed run repeats none
        importance_sampling_level=gspo.importance,
        loss_type="grpo",
        scale_rewards="group",
        beta=gspo.beta,
        use_bias_correction_kl=False,  # k3 alone, as published and as in rl/gspo.py; trl's default since 1.10 is not
        epsilon=gspo.epsilon_low,
        epsilon_high=gspo.epsilon_high,
        num_generations=gspo.group,
        steps_per_generation=passes * gspo.updates,
        num_iterations=gspo.passes,
        shuffle_dataset=False,  # dataset.py has done it
        max_completion_length=gspo.max_tokens,
        temperature=gspo.temperature,
        top_p=1.0,
        top_k=0,
        generation_kwargs={**without, **(RELEASED if settings.sampling == "released" else {})},
        use_vllm=settings.vllm != "off",
        vllm_mode="server" if settings.vllm == "server" else "colocate",
        vllm_server_base_url=settings.vllm_url or None,
        vllm_gpu_memory_utilization=settings.vllm_memory,
        vllm_max_model_length=settings.context,
        vllm_importance_sampling_correction=settings.sampling == "policy",  # as released, nothing corrects
        vllm_importance_sampling_mode="token_truncate",  # by sequence, long completions would be masked
    )


def supervised(gspo: Gspo, out: Path, world: int) -> Any:
    """The recipe as trl's SFTConfig: as many visits and optimiser steps as with rewards, on right answers."""
    from trl import SFTConfig

    return SFTConfig(
        **_common(gspo, out, world),
        max_steps=gspo.steps * gspo.updates,
        save_steps=gspo.save_every * gspo.updates,
        loss_type="nll",  # trl's other losses leave out a LoRA on lm_head
        max_length=None,
        train_sampling_strategy="sequential",
        remove_unused_columns=False,
    )


def lora(given: Lora) -> Any:
    """The recipe's LoRA as a peft configuration, whose pattern never matches "visual": the vision tower is frozen."""
    from peft import LoraConfig

    head = "|lm_head" if given.lm_head else ""
    return LoraConfig(
        r=given.rank,
        lora_alpha=given.alpha,
        lora_dropout=given.dropout,
        target_modules=rf".*language_model\..*\.({LINEARS}){head}",
        task_type="CAUSAL_LM",
    )


def _settings(recipe: Recipe) -> tuple[Gspo, Trl]:
    """[gspo] and [gspo.trl] of a recipe. Raises KeepsakeError when there is no [gspo]."""
    if recipe.gspo is None:
        raise KeepsakeError(f"recipe {recipe.name} has no [gspo]")
    return recipe.gspo, recipe.gspo.trl or Trl()


def _common(gspo: Gspo, out: Path, world: int) -> dict[str, Any]:
    """The settings that both of trl's trainers share."""
    import torch

    settings = gspo.trl or Trl()
    return {
        "output_dir": str(out),
        "seed": gspo.seed,
        "data_seed": gspo.seed,
        "learning_rate": gspo.learning_rate,
        "lr_scheduler_type": "linear",
        "warmup_steps": gspo.warmup,
        "per_device_train_batch_size": micro_batch(gspo, world),
        "gradient_accumulation_steps": accumulation(gspo, world),
        "activation_checkpointing": True,
        "bf16": settings.dtype == "bfloat16",
        "model_init_kwargs": {"dtype": settings.dtype, "attn_implementation": attention(settings)},
        "save_total_limit": 2,
        "logging_steps": 1,
        "logging_nan_inf_filter": False,  # a guard has to see them
        "report_to": list(settings.report) or "none",
        "disable_tqdm": True,
        "use_cpu": not torch.cuda.is_available(),
        "dataloader_pin_memory": torch.cuda.is_available(),
    }


def _processor(base: str) -> Any:
    """The base's processor, to which `dataset.py` gives photos of the size they keep. Raises KeepsakeError without a
    template."""
    from transformers import Qwen3VLProcessor  # once mlx-vlm is imported, AutoProcessor returns one of mlx-vlm's

    processor = Qwen3VLProcessor.from_pretrained(base, padding_side="left", truncation_side="left")
    if not getattr(processor, "chat_template", None):
        raise KeepsakeError(f"{base} has no chat template: take the Instruct model, with all of its files")
    processor.image_processor.do_resize = False
    return processor


def _config(base: str) -> dict[str, Any]:
    """`config.json` of a folder or a repository. Raises KeepsakeError when there is none."""
    path = Path(base) / "config.json"
    try:
        if not Path(base).is_dir():
            from huggingface_hub import hf_hub_download

            path = Path(hf_hub_download(base, "config.json"))
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        why = str(error).strip().splitlines()[0]
        raise KeepsakeError(f"base is {base!r}, must be a folder or a repository of a Qwen3-VL: {why}") from error
    return config


def _slim(saved: Path, out: Path) -> None:
    """Move the LoRA from `saved` to `out`, without what peft adds: the frozen lm_head (1.2 GB of an 8B), and the base's
    folder on this machine."""
    from safetensors.torch import load_file, save_file

    partial = out.with_name(f"{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    weights = {k: v for k, v in load_file(saved / "adapter_model.safetensors").items() if ".lora_" in k}
    config = json.loads((saved / "adapter_config.json").read_text(encoding="utf-8"))
    if Path(config["base_model_name_or_path"]).is_dir():
        config["base_model_name_or_path"] = None
    save_file(weights, private_folder(partial) / "adapter_model.safetensors", {"format": "pt"})
    (partial / "adapter_config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
    shutil.rmtree(out, ignore_errors=True)
    partial.rename(out)
    shutil.rmtree(saved)
