"""What a lab run is given, who judges it, and whether it can run here at all; nothing heavy is loaded."""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmark.world.concepts import fetched_folder
from memory.errors import KeepsakeError
from train.recipe import Gspo, Recipe, Trl
from train.trl import batches

GB = batches.GB
CUDA_LLAMA = "CMAKE_ARGS=-DGGML_CUDA=on make .venv/.llama"
"""How llama.cpp is built for CUDA; with the wheel of another build in pip's cache, after `pip cache remove`."""


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
    quick: bool = False
    """Few samples: to see that everything runs through."""


def world_of(gspo: Gspo, given: Settings) -> int:
    """How many processes train: one for each device that no judge of this machine has."""
    held = int(bool(given.devices > 1 and judge_here(gspo.trl or Trl(), given)))
    return batches.processes_for(gspo, given.devices - held)


def judge_here(settings: Trl, given: Settings) -> bool:
    """Whether the chat judge runs on this machine."""
    judged = judge_of(settings, given)
    return bool(judged) and urlsplit(judged[3]).hostname in ("127.0.0.1", "localhost", "::1")


def start_judge(settings: Trl, given: Settings) -> str:
    """The command that starts the chat judge of this machine, on its last device."""
    _, _, _, url, _, model = judge_of(settings, given)
    where = f"CUDA_VISIBLE_DEVICES={given.devices - 1} " if given.devices > 1 else ""
    return f"{where}vllm serve {model} --port {urlsplit(url).port or 80} --max-model-len 8192"


def missing(recipe: Recipe, given: Settings) -> list[str]:
    """What a run needs and this machine lacks: files and packages."""
    settings = (recipe.gspo or Gspo()).trl or Trl()
    wanted = [Path(settings.data)] if settings.data else []
    if Path(settings.data).suffix == ".json":
        names = ("QAS_GT_test.json", "meta_test_cleaned.jsonl", "images", "lsd", "lar", "itr")
        wanted += [Path(settings.images), *(given.official / name for name in names)]
    out = [f"{path} (links in the README of github.com/oyt9306/CoViP)" for path in wanted if not path.exists()]
    if Path(settings.data).suffix == ".json" and not given.references.exists():
        out.append(f"{given.references} (DOCCI, or JSON Lines of your own with image_file and description)")
    if not settings.data and not fetched_folder().is_dir() and shutil.which("npm") is None:
        out.append("npm (Node.js), with which the pictures of the training split are fetched")
    if shutil.which("nvidia-smi") and not llama_takes_devices():
        out.append(f"a llama.cpp built for CUDA, or the scores take weeks on the processor: {CUDA_LLAMA}")
    if settings.vllm != "off" and find_spec("vllm") is None:
        out.append("the package vllm")
    return out


def llama_takes_devices() -> bool:
    """Whether the llama.cpp of this environment computes on devices."""
    from llama_cpp import llama_cpp

    return bool(llama_cpp.llama_supports_gpu_offload())


def checked(recipe: Recipe, given: Settings) -> tuple[Gspo, dict[str, Any]]:
    """[gspo] and the base's configuration. Raises KeepsakeError for a recipe that cannot run on these devices."""
    gspo = recipe.gspo
    if gspo is None or gspo.base == "nano":
        raise KeepsakeError(f"recipe {recipe.name} trains no Qwen3-VL: use `python -m train gspo`")
    if not given.launch.is_file():
        raise KeepsakeError(
            f"no such file: {given.launch}; train/launch has ddp.yaml, fsdp.yaml, zero2.yaml and zero3.yaml"
        )
    folder = Path(gspo.base) / "config.json"
    config = json.loads(folder.read_text(encoding="utf-8")) if folder.exists() else batches.SHAPES.get(gspo.base)
    if config is None:
        raise KeepsakeError(f"base is {gspo.base!r}: give a folder, or one of {', '.join(batches.SHAPES)}")
    settings = gspo.trl or Trl()
    if settings.data.endswith(".json") and not judge_of(settings, given):
        raise KeepsakeError("the authors' questions want a chat judge: judge = 'chat' in the recipe")
    batches.refuse_small_vllm(gspo, config, given.device_bytes)
    needed = batches.device_bytes(gspo, config, settings.vllm == "colocate")
    if given.launch.name == "ddp.yaml" and needed > given.device_bytes:
        raise KeepsakeError(
            f"{recipe.name} needs {needed / GB:.0f} GB of each device, which has {given.device_bytes / GB:.0f}: "
            "take train/launch/fsdp.yaml, or a smaller base"
        )
    return gspo, config


def judge_of(settings: Trl, given: Settings) -> Sequence[str]:
    """The options that choose the judge of a benchmark command; none for the lexical one."""
    url, model = given.judge or (settings.judge_url, settings.judge_model)
    return ["--judge", "chat", "--url", url, "--judge-model", model] if url and model else []


def ask_judge(settings: Trl, given: Settings) -> None:
    """Raise KeepsakeError where the chat judge does not answer: better now than after the training."""
    judged = judge_of(settings, given)
    if not judged:
        return
    url = judged[3].rstrip("/")
    try:
        with urllib.request.urlopen(f"{url}/models", timeout=20):
            return
    except (OSError, ValueError) as error:
        start = f", as `{start_judge(settings, given)}`" if judge_here(settings, given) else ""
        raise KeepsakeError(f"no judge answers at {url} ({error}): start it{start}") from error
