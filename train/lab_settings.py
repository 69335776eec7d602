"""The settings of a lab run, the judge that they choose, and whether it can run at all; nothing heavy is loaded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from assistant.models.hardware import CONTEXT
from benchmark.judges.chat_client import Endpoint
from memory.errors import KeepsakeError
from train.lab_run import device_at
from train.recipe import Gspo, Recipe, Trl
from train.trl import batches, device_memory, recipe_check
from train.trl.model_shapes import SHAPES, kv_bytes, weights

GB = device_memory.GB


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is given besides its recipe."""

    recipe: Path
    devices: int
    device_bytes: int
    launch: Path
    cores: int
    official: Path
    """The folder with the authors' test files and rows."""
    references: Path
    """Photos that a person has described (DOCCI's list, or one of its form), for general captions."""
    judge: tuple[str, str] | None
    """Address and model of the chat judge; None: that of the recipe."""
    pre_tokenizer: str | None = None
    model: Path | None = None
    """The folder of a model that is measured, while nothing is trained; None: base and trained model."""
    quick: bool = False
    """Few samples: to see that everything runs through."""


def world_of(gspo: Gspo, given: Settings) -> int:
    """How many processes train: one for each device that no server on this machine occupies."""
    held = len(servers(gspo, given))
    return batches.processes_for(gspo, max(1, given.devices - held))


def wants_pictures(gspo: Gspo, given: Settings) -> bool:
    """Whether the picture world's other splits are needed: to train on, or for the importance matrix of the forms for
    laptops."""
    return not given.model and (not (gspo.trl or Trl()).data or not given.quick)


def servers(gspo: Gspo, given: Settings, used: int = 0) -> list[str]:
    """The commands that start what has to run on this machine beside the training: the chat judge, and vLLM's server
    for rollouts. Each gets one of the last devices to itself; on a single device a judge leaves `used` bytes free."""
    settings, out = gspo.trl or Trl(), []
    if judge_here(settings, given):
        _, _, _, url, _, model = judge_of(settings, given)
        share = f" --gpu-memory-utilization {max(0.0, 0.95 - used / given.device_bytes):.2f}"
        alone = share if given.devices == 1 else ""
        out.append(f"vllm serve {model} --port {urlsplit(url).port or 80} --max-model-len 8192{alone}")
    if settings.vllm == "server" and _here(settings.vllm_url) and not given.model:
        port = urlsplit(settings.vllm_url).port or 80
        out.append(f"trl vllm-serve --model {gspo.base} --port {port} --max-model-len {settings.context}")
    first = given.devices - len(out)
    return [f"CUDA_VISIBLE_DEVICES={device_at(max(0, first + i))} {command}" for i, command in enumerate(out)]


def judge_here(settings: Trl, given: Settings) -> bool:
    """Whether the chat judge runs on this machine."""
    judged = judge_of(settings, given)
    return bool(judged) and _here(judged[3])


def _here(url: str) -> bool:
    """Whether an address is one of this machine."""
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1", "0.0.0.0")


def checked(recipe: Recipe, given: Settings) -> tuple[Gspo, dict[str, Any]]:
    """[gspo] and the base's configuration. Raises KeepsakeError for a recipe that cannot run on these devices."""
    gspo = recipe.gspo
    if gspo is None or gspo.base in ("nano", "nano2"):
        raise KeepsakeError(f"recipe {recipe.name} trains no Qwen3-VL: use `python -m train gspo`")
    if judged := judge_of(gspo.trl or Trl(), given):
        Endpoint(judged[3], judged[5])  # an address that cannot be one is refused
    if given.model and not (given.model / "config.json").is_file():
        told = "must be a Qwen3-VL's folder for transformers (config.json)"
        raise KeepsakeError(f"model is {str(given.model)!r}, {told}")
    base = str(given.model or gspo.base)
    config = config_of(base)
    sharding, world = device_memory.sharding_of(given.launch), world_of(gspo, given)
    recipe_check.refuse_odd(gspo)
    recipe_check.refuse_base(gspo, config, trains=not given.model)
    try:
        if not given.model:
            shared = sharding if world > 1 else "none"
            device_memory.refuse_small(recipe.name, gspo, config, world, given.device_bytes, shared)
        scores = engine_bytes(config)
    except KeyError as error:
        raise KeepsakeError(f"{base}/config.json has no {error.args[0]!r}: is it a whole Qwen3-VL?") from error
    if scores > given.device_bytes:
        raise KeepsakeError(
            f"the scores of {given.model or recipe.name} need {scores / GB:.0f} GB of a device (weights in f16, a "
            f"context of 8,192), which has {given.device_bytes / GB:.0f}: take a smaller base"
        )
    return gspo, config


def engine_bytes(config: dict[str, Any]) -> int:
    """Bytes of llama.cpp with a model: weights in f16, the KV cache of the app's context, and buffers."""
    return 2 * weights(config) + CONTEXT * kv_bytes(config) + 2 * GB


def config_of(base: str) -> dict[str, Any]:
    """config.json of a base. Raises KeepsakeError for an unknown name, or a folder without a readable config.json."""
    path = Path(base) / "config.json"
    if base in SHAPES and not path.exists():
        return SHAPES[base]
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return dict(config)
    except OSError as error:
        close = [f"did you mean {name}?" for name in get_close_matches(base, SHAPES, 1)]
        known = f"give a folder with a config.json, or one of {', '.join(SHAPES)}"
        raise KeepsakeError(f"base is {base!r}: {''.join(close) or known}") from error
    except (ValueError, TypeError) as error:
        raise KeepsakeError(f"{path} cannot be read ({error})") from error


def judge_of(settings: Trl, given: Settings) -> Sequence[str]:
    """The options that choose the judge of a benchmark command; none for the lexical one."""
    own = (settings.judge_url, settings.judge_model) if settings.judge == "chat" else ("", "")
    url, model = given.judge or own
    return ["--judge", "chat", "--url", url, "--judge-model", model] if url and model else []
