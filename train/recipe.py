"""Recipes: what a training run does, as frozen dataclasses. Every default stands here and nowhere else.

`recipe_file.py` reads them from TOML.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from typing import Literal

from assistant.models.photo_budget import PhotoBudget
from train.mixture import Mixture


@dataclass(frozen=True, slots=True)
class Tower:
    """[tower]: the shape of the vision tower (transformers' `SmolVLMVisionConfig`)."""

    width: int = 256
    layers: int = 6
    heads: int = 4
    feed_forward: int = 768
    image_size: int = 128
    """Pixels on a side; every photo becomes one square of this size."""
    patch_size: int = 16
    merge: int = 2
    """Patches on a side that become one visual token: a photo has (image_size / patch_size / merge)^2 tokens."""


@dataclass(frozen=True, slots=True)
class Vision:
    """[vision]: stage 1 brings the visual tokens of one look together and parts them from those of other looks."""

    steps: int = 2400
    batch: int = 96
    """Scenes in a step."""
    learning_rate: float = 1.0e-3
    weight_decay: float = 0.05
    warmup: int = 150
    """Steps of rising learning rate."""
    temperature: float = 0.06
    negatives: int = 1500
    """Looks outside the batch that every token must differ from, too."""
    eval_every: int = 200
    """Steps between evaluations, each of which writes a checkpoint."""


@dataclass(frozen=True, slots=True)
class Language:
    """[language]: stage 2 trains the connector's matrix and a LoRA on cached visual tokens."""

    steps: int = 1500
    trees: int = 2
    """Contexts in a step; each carries several branches (query photo, caption, answers)."""
    learning_rate: float = 6.0e-4
    warmup: int = 60
    rank: int = 16
    alpha: int = 32
    views: int = 6
    """Cached photos of each look alone."""
    chain_steps: int = 120
    """Opening steps on contexts in which a few things come again and again: matching is learnt there."""
    short_steps: int = 200
    """Steps until which dialogues are short and episodes few."""
    keep_step: int = 0
    """Step whose checkpoint stays as `early.pt`, for stage 3 to begin at: a multiple of `eval_every`; 0: none."""
    settle_steps: int = 0
    """Closing steps with few strangers, as few as the app's recall gate lets through: many strangers teach the model to
    tell them from known things, and to doubt known things too."""
    eval_every: int = 100

    def __post_init__(self) -> None:
        if self.keep_step % self.eval_every or not 0 <= self.keep_step <= self.steps:
            span = f"0 or a multiple of eval_every ({self.eval_every}), at most steps ({self.steps})"
            raise ValueError(f"keep_step is {self.keep_step}, must be {span}")


@dataclass(frozen=True, slots=True)
class Lora:
    """[gspo.lora]: a new LoRA on the linear layers of the language model; the defaults are the paper's."""

    rank: int = 64
    alpha: int = 128
    dropout: float = 0.05
    lm_head: bool = True
    """Whether the output layer is adapted, too."""

    def __post_init__(self) -> None:
        for key in ("rank", "alpha"):
            if getattr(self, key) < 1:
                raise ValueError(f"{key} is {getattr(self, key)}, must be at least 1")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout is {self.dropout}, must be between 0 and 1")


@dataclass(frozen=True, slots=True)
class Trl:
    """[gspo.trl]: how `train/trl/run.py` runs stage 3 of a Qwen3-VL through trl; our own loop reads none of it."""

    data: str = ""
    """A folder that `python -m benchmark build` wrote, or the authors' training list (.json). Empty: the training split
    of the picture world, drawn as `positives`, `modes` and the shares say."""
    images: str = ""
    """Prefix of the image paths in the authors' list."""
    judge: Literal["lexical", "chat"] = "lexical"
    judge_url: str = ""
    judge_model: str = ""
    photos: PhotoBudget = field(default_factory=PhotoBudget)
    """[gspo.trl.photos]: visual tokens of a photo; the default is what the app shows the model."""
    micro_batch: int = 1
    """Most completions in one forward pass of one device."""
    dtype: Literal["bfloat16", "float32"] = "bfloat16"
    attention: Literal["sdpa", "flash_attention_2", "eager"] = "sdpa"
    parity: Literal["ours", "released"] = "ours"
    """"released", as in the authors' code: the new photo's heading is drawn for each prompt (50 / 25 / 25 % of three),
    and the first box counts, in recognition samples and in the chat judge's answers; an answer of the judge without a
    box counts as D, which is no leak."""
    sampling: Literal["policy", "released"] = "policy"
    """"released": rollouts at T 0.7, top_p 0.8, top_k 20 while log-probabilities are those of `temperature`, as the
    authors' run had it by oversight."""
    vllm: Literal["off", "colocate", "server"] = "off"
    """What writes the rollouts: transformers, vLLM on the same devices, or a vLLM server."""
    vllm_url: str = ""
    vllm_memory: float = 0.3
    """Share of a device's memory for vLLM on the same devices."""
    context: int = 8192
    """Most tokens of a prompt with its completion in vLLM, which reserves its KV cache for them."""
    report: tuple[Literal["tensorboard", "trackio", "wandb"], ...] = ()
    """Trackers that get the metrics besides `metrics.jsonl`."""

    def __post_init__(self) -> None:
        if self.micro_batch < 1:
            raise ValueError(f"micro_batch is {self.micro_batch}, must be at least 1")
        if not 0 < self.vllm_memory < 1:
            raise ValueError(f"vllm_memory is {self.vllm_memory}, must be between 0 and 1")
        if self.judge == "chat" and not (self.judge_url and self.judge_model):
            raise ValueError("judge is 'chat', which needs judge_url and judge_model")
        if self.vllm == "server" and not self.vllm_url:
            raise ValueError("vllm is 'server', which needs vllm_url")


@dataclass(frozen=True, slots=True)
class Gspo:
    """[gspo]: stage 3, training with rewards.

    A step samples a rollout batch, `prompts` groups of `group` completions each, and goes through it `passes` times in
    `updates` mini-batches of whole groups, with an optimiser step for each mini-batch (trl: `num_iterations` and
    `steps_per_generation`). In the first mini-batch the ratio is 1, so that clipping acts only if there are more.
    """

    base: str = "nano"
    """"nano": the checkpoint that `pretrain` left, trained by our own loop; else a model's folder or repository."""
    lora: Lora | None = None
    """None: go on with the LoRA of the base (the nano)."""
    start: str = ""
    """File in the base's folder to begin at ("early.pt"); empty: where pretraining ended. For the nano only."""
    learn: Literal["rewards", "gold"] = "rewards"
    """"gold": supervised training on the right answers of the same tasks, the baseline without rewards. Nothing is
    sampled then, `group` and `epsilon_...` have no effect, and the data must be seeded."""
    layout: Literal["aligned", "reference"] = "aligned"
    """The prompt's layout (`assistant/prompt.py`)."""
    variant: Literal["keepsake", "paper"] = "keepsake"
    """The variant of the caption reward (`train/rl/reward.py`)."""
    alpha: float = 1.0
    """Weight of sigma- in the caption reward."""
    degeneration_filter: bool = True
    """Whether repetitive and overlong captions earn -1, as published."""
    importance: Literal["sequence", "token"] = "sequence"
    """One ratio for each completion (GSPO) or for each token (GRPO)."""
    epsilon_low: float = 3e-4
    epsilon_high: float = 4e-4
    beta: float = 0.0
    """Weight of the k3 estimate of the KL divergence from the initial weights; 0 needs no reference."""
    group: int = 8
    prompts: int = 8
    updates: int = 4
    passes: int = 1
    steps: int = 100
    """Rollout batches of the whole run."""
    learning_rate: float = 5e-6
    warmup: int = 0
    """Optimiser steps of rising learning rate, which then falls linearly to 0."""
    temperature: float = 1.0
    """Temperature of sampling and of the log-probabilities; top_p is 1, and top_k is off."""
    max_tokens: int = 512
    recognition_share: float = 0.25
    """Share of prompts that are recognition samples (r_vis); the others are caption samples (r_caps)."""
    positives: tuple[float, ...] = (0.4, 0.2, 0.25, 0.15)
    """Shares of caption samples that show 1, 2, 3, ... known things, in a context of three times as many."""
    mixture: Mixture = field(default_factory=Mixture)
    """[gspo.mixture]: prompts of other kinds, through trl only."""
    strangers_share: float = 0.2
    """Share of caption samples whose photo shows nothing known."""
    notes_share: float = 0.0
    """Share of prompts about natural notes (`train/rl/note_tasks.py`), for the second nano."""
    modes: tuple[Literal["random", "near", "kind", "twin"], ...] = ("random", "near", "kind", "twin")
    """What else is in the context (`benchmark/world/sample.py`): one of these for each sample, drawn evenly."""
    eval_every: int = 10
    eval_samples: int = 40
    """Held-out samples of each kind (one known thing in the photo, three, none), read greedily; our own loop only."""
    save_every: int = 10
    show_every: int = 5
    """Steps between rollouts in `rollouts.txt`, which people read."""
    seed: int = 0
    trl: Trl | None = None
    """Settings for a Qwen3-VL; None: the defaults."""

    def __post_init__(self) -> None:
        for key, low, high in (
            ("group", 2, None),
            ("updates", 1, self.prompts),
            *((key, 1, None) for key in ("prompts", "passes", "steps", "max_tokens")),
            *((key, 1, None) for key in ("eval_every", "eval_samples", "save_every", "show_every")),
            ("warmup", 0, None),
            ("beta", 0, None),
            *((key, 0, 1) for key in ("recognition_share", "strangers_share", "notes_share")),
        ):
            value = getattr(self, key)
            if value < low or (high is not None and value > high):
                span = f"at least {low}" if high is None else f"between {low} and {high}"
                raise ValueError(f"{key} is {value}, must be {span}")
        for key in ("temperature", "learning_rate", "epsilon_low", "epsilon_high"):
            if not 0 < getattr(self, key) < math.inf:
                raise ValueError(f"{key} is {getattr(self, key)}, must be above 0")
        if self.prompts % self.updates:
            raise ValueError(f"prompts is {self.prompts}, must be a multiple of updates ({self.updates})")
        if not 1 <= len(self.positives) <= 4 or min(self.positives) < 0 or abs(sum(self.positives) - 1) > 1e-6:
            raise ValueError(f"positives is {list(self.positives)}, must be 1 to 4 shares that sum to 1")
        if not self.modes:
            raise ValueError("modes is empty: name at least one of random, near, kind and twin")
        self.mixture.check(self.recognition_share, self.lora is not None, not (self.trl and self.trl.data))
        if self.learn == "gold" and self.trl and (self.trl.data or self.trl.vllm != "off"):
            raise ValueError("learn is 'gold', which takes neither data (only seeded samples have answers) nor vllm")
        if self.learn == "gold" and self.beta > 0:
            raise ValueError(f"beta is {self.beta}, must be 0 when learn is 'gold': there is no divergence to weigh")


@dataclass(frozen=True, slots=True)
class Recipe:
    """A whole recipe file: everything that `python -m train` needs besides data."""

    name: str
    seed: int = 0
    threads: int = 2
    tower: Tower = field(default_factory=Tower)
    vision: Vision = field(default_factory=Vision)
    language: Language = field(default_factory=Language)
    gspo: Gspo | None = None
    """None: the recipe is for pretraining only."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\w[\w. +-]*", self.name):  # a folder is called so
            raise ValueError(f"name is {self.name!r}, must be letters, digits, dots and dashes")
        if self.threads < 1:
            raise ValueError(f"threads is {self.threads}, must be at least 1")

    @property
    def of_second_nano(self) -> bool:
        """Whether rewards begin at the second nano, which ships, and not at a checkpoint of pretraining."""
        return self.gspo is not None and self.gspo.base == "nano2"


def judged_by(recipe: Recipe, url: str | None, model: str | None) -> Recipe:
    """The recipe with another chat judge; itself when none is given. Raises ValueError for half of one."""
    if not (url or model):
        return recipe
    if not (url and model and recipe.gspo):
        raise ValueError("a chat judge needs --url and --judge-model")
    settings = replace(recipe.gspo.trl or Trl(), judge="chat", judge_url=url, judge_model=model)
    return replace(recipe, gspo=replace(recipe.gspo, trl=settings))
