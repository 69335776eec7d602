"""What a lab run needs and this machine lacks: files, packages, devices, room on the disk, and a judge that answers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path

from benchmark.world.concepts import fetched_folder
from memory.errors import KeepsakeError
from memory.paths import home
from train.lab_files import IMAGES, METADATA, QUESTIONS, TASKS, wants_official
from train.lab_run import devices_seen
from train.lab_settings import GB, Settings, config_of, judge_here, judge_of, servers, wants_pictures
from train.recipe import Gspo, Recipe, Trl
from train.trl.model_shapes import weights
from train.trl.recipe_check import VLLM

CUDA_LLAMA = "CMAKE_ARGS=-DGGML_CUDA=on make .venv/.llama"
"""The command that builds llama.cpp for CUDA. A wheel of another build in pip's cache must be removed before it (`pip
cache remove`)."""
DISK, MEASURED = 14, 5
"""Bytes on the disk for each weight: of a whole run (merged copies, two models in f16, the forms for laptops,
checkpoints), and of a model that is measured only (merged copy, f16)."""


def missing(recipe: Recipe, given: Settings) -> list[str]:
    """What a run needs and this machine lacks."""
    gspo = recipe.gspo or Gspo()
    settings = gspo.trl or Trl()
    wanted = [Path(settings.data)] if settings.data and not given.model else []
    if wants_official(gspo):
        names = (QUESTIONS, METADATA, IMAGES, *TASKS)
        wanted += [*([] if given.model else [Path(settings.images)]), *(given.official / name for name in names)]
    absent = dict.fromkeys(path for path in wanted if not path.exists())
    out = [f"{path} (links in the README of github.com/oyt9306/CoViP)" for path in absent]
    if wants_official(gspo) and not given.references.exists():
        out.append(f"{given.references} (DOCCI, or JSON Lines of your own with image_file and description)")
    if wants_pictures(gspo, given) and not fetched_folder().is_dir() and shutil.which("npm") is None:
        out.append("npm (Node.js), with which the pictures of the other splits are fetched")
    if shutil.which("nvidia-smi") and not llama_takes_devices():
        out.append(f"a llama.cpp built for CUDA, or the scores take weeks on the processor: {CUDA_LLAMA}")
    wants = {"vllm": settings.vllm != "off", "deepspeed": "DEEPSPEED" in given.launch.read_text(encoding="utf-8")}
    wants |= dict.fromkeys(settings.report, True)
    wants = {} if given.model else wants
    lacking = [name for name, wanted in wants.items() if wanted and find_spec(name) is None]
    out += [f"the package {VLLM if name == 'vllm' else name}" for name in lacking]
    config, each = config_of(str(given.model or gspo.base)), MEASURED if given.model else DISK
    return [*out, *_small(given, each * weights(config))]


def _small(given: Settings, disk: int) -> list[str]:
    """Lines about what this machine has too little of, compared with what was said or is needed: devices, their memory,
    the disk."""
    here, seen, out = devices_here(), devices_seen(), []
    if seen and len(seen) < given.devices:
        out.append(f"{given.devices} devices: CUDA_VISIBLE_DEVICES names {len(seen)}")
    elif here and len(here) < given.devices:
        out.append(f"{given.devices} devices: this machine has {len(here)}, say --devices {len(here)}")
    elif here and min(here) < given.device_bytes:
        smallest = min(here) // GB
        told = f"{given.device_bytes / GB:.0f} GB: this machine's have {smallest}, say --device-memory {smallest}"
        out.append(f"devices of {told}")
    place = next(path for path in (home(), *home().parents) if path.is_dir())
    if (free := shutil.disk_usage(place).free) < disk:
        out.append(f"{disk / GB:.0f} GB on the disk of {home()}: {free / GB:.0f} are free; KEEPSAKE_HOME names another")
    return out


def devices_here() -> list[int]:
    """Bytes of each NVIDIA device of this machine; empty where there is none, or none can be asked."""
    asked = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60).stdout
        return [int(line) << 20 for line in told.split("\n") if line.strip()]  # they are MiB
    except (OSError, ValueError, subprocess.SubprocessError):
        return []


def llama_takes_devices() -> bool:
    """Whether the llama.cpp of this environment computes on devices."""
    from llama_cpp import llama_cpp

    return bool(llama_cpp.llama_supports_gpu_offload())


def ask_judge(gspo: Gspo, given: Settings) -> None:
    """Raise KeepsakeError if the chat judge does not answer, or if a judge on this machine serves another model: better
    before the training than after it."""
    settings = gspo.trl or Trl()
    judged = judge_of(settings, given)
    if not judged:
        return
    url, model = judged[3].rstrip("/"), judged[5]
    key = os.environ.get("OPENAI_API_KEY", "").strip()
    request = urllib.request.Request(f"{url}/models", headers={"Authorization": f"Bearer {key}"} if key else {})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            names = [str(one["id"]) for one in json.load(answer)["data"]]
    except urllib.error.HTTPError as error:
        if error.code in (401, 403):
            raise KeepsakeError(f"the judge at {url} refuses the key ({error}): set OPENAI_API_KEY") from error
        if error.code >= 500:
            raise KeepsakeError(f"the judge at {url} fails ({error}): see its log") from error
        return  # it answers, but lists no models
    except OSError as error:
        start = f", as `{servers(gspo, given)[0]}`" if judge_here(settings, given) else ""
        raise KeepsakeError(f"no judge answers at {url} ({error}): start it{start}") from error
    except (ValueError, LookupError, TypeError):
        return
    if names and model not in names:
        told = f"the judge at {url} has {', '.join(names[:5])}, not {model}"
        if judge_here(settings, given):
            raise KeepsakeError(f"{told}: start it with that model, or name another with --judge-model")
        print(f"{told}: it may not be known there", file=sys.stderr)
