"""A whole run of a large recipe, from training to scores on the paper's benchmark, as a list of commands.

`python -m train lab RECIPE` runs them one after the other and goes on where it stopped; `--dry-run` prints each with
its devices, memory and hours, all computed, and fails on what would fail. `runs/full.sh` calls it. It was run through
here with a tiny model only: times of the large ones are computed from the assumptions below.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from memory.errors import KeepsakeError
from memory.files import write_text
from memory.paths import home
from train import run_record
from train.recipe import Gspo, Recipe, Trl
from train.trl import batches

GB = batches.GB
FLOPS, SECONDS_A_TOKEN, CORE_FLOPS = 140e12, 0.035, 30e9
"""Assumed: what a device computes in a second (35 % of 400 TFLOP/s), one step of writing with transformers, and what a
processor core computes in a second."""
PROMPT = 2500
"""Assumed tokens of a prompt: 512 of the photo asked about, nine memories of 128, and words."""


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


@dataclass(frozen=True, slots=True)
class Step:
    """A command of a run."""

    name: str
    command: tuple[str, ...]
    devices: int
    memory: int
    """Bytes of each device, or of the host where there is none."""
    hours: float
    made: Path | None = None
    """With this file there, the step has succeeded, whatever its exit status (an export may leave variants out)."""


def steps(recipe: Recipe, given: Settings) -> list[Step]:
    """All commands of a run in their order. Raises KeepsakeError for what cannot work."""
    gspo, config = _checked(recipe, given)
    settings, cores = gspo.trl or Trl(), given.cores
    world = batches.processes_for(gspo, given.devices)
    work, models, python = home() / "train" / recipe.name, home() / "models", sys.executable
    run, checkpoint = work / "gspo", work / "checkpoint"
    size, needed = batches.weights(config), batches.device_bytes(gspo, config, settings.vllm == "colocate")
    launch = [
        python,
        "-m",
        "accelerate.commands.launch",
        "--config_file",
        str(given.launch),
        "--num_processes",
        str(world),
    ]
    if world == 1:
        launch = [python]
    train = [*launch, "-m", "train", "gspo", str(given.recipe), "--resume"]
    out = [Step("train", tuple(train), world, needed, _training_hours(gspo, size, world), run / "adapter")]
    base = gspo.base if Path(gspo.base).is_dir() else str(work / "base")
    if base != gspo.base:
        out.insert(
            0, Step("fetch base", ("hf", "download", gspo.base, "--local-dir", base), 0, GB, size * 2 / 50e6 / 3600)
        )
    out.append(Step("checkpoint", _copy(base, checkpoint), 0, GB, 0.1))
    out.append(Step("adapter", _copy(str(run / "adapter"), checkpoint / "adapter"), 0, GB, 0.0))
    samples = ["--prompts", "1"] if given.quick else ["--size", "full"]
    proof = 12 if given.quick else 100
    form = proof * 2 * PROMPT * 2 * size / (cores * CORE_FLOPS) / 3600
    words = ["--pre-tokenizer", given.pre_tokenizer] if given.pre_tokenizer else []
    trained, untrained = recipe.name, f"{recipe.name}-base"
    for name, source, kinds in (
        (untrained, base, ["f16"] if given.quick else ["Q8_0"]),
        (trained, str(checkpoint), ["f16"] if given.quick else ["f16", "Q8_0", "Q4_K_M"]),
    ):
        command = [
            python,
            "-m",
            "quantize",
            "all",
            source,
            "--out",
            str(models / name),
            "--kinds",
            *kinds,
            *samples,
            *words,
        ]
        command += ["--threads", str(cores), *(["--run", str(run / "run.json")] if name == trained else [])]
        hours = form * (len(kinds) + 1 + (name == trained))
        out.append(Step(f"export {name}", tuple(command), 0, 5 * size, hours, models / name / "manifest.json"))
    for name in (untrained, trained):
        out += _scores(name, settings, given, size, cores, python)
    return out


def _copy(source: str, target: Path) -> tuple[str, ...]:
    """The command that copies the content of a folder into another."""
    return (
        "sh",
        "-c",
        f"mkdir -p {shlex.quote(str(target))} && cp -R {shlex.quote(source)}/. {shlex.quote(str(target))}",
    )


def _scores(name: str, settings: Trl, given: Settings, size: int, cores: int, python: str) -> list[Step]:
    """The measures of a model: the paper's own, if its files are wanted, then ours."""
    page, judged = home() / "runs" / name, _judge(settings, given)
    caption = (PROMPT + 150) * 2 * size / (cores * CORE_FLOPS) / 3600
    memory, ours = 2 * size + 3 * GB, 2 if given.quick else 300
    few = ["--n", str(ours)] if given.quick else []
    run = [python, "-m", "benchmark"]
    out = []
    if Path(settings.data).suffix == ".json":
        files = {"--questions": "QAS_GT_test.json", "--metadata": "meta_test_cleaned.jsonl", "--images": "images/"}
        asked = [word for option, file in files.items() for word in (option, str(given.official / file))]
        command = [*run, "capeval", "--model", name, *asked, *few, *judged, "--threads", str(cores)]
        out.append(Step(f"CapEval of {name}", tuple(command), 0, memory, 1000 * caption))
        for task in ("lsd", "lar", "itr"):
            rows = ["--task", task, "--source", str(given.official / task)]
            command = [*run, "official", "--model", name, *rows, *few, *judged, "--threads", str(cores)]
            out.append(Step(f"{task.upper()} of {name}", tuple(command), 0, memory, 500 * 2 * caption))
        described = ["--only", "detail", "--references", str(given.references), "--out", str(page / "general")]
        command = [*run, "diagnose", "--model", name, "--size", "quick" if given.quick else "full", *described, *judged]
        command += ["--threads", str(cores)]
        alone = caption / 4  # a prompt of one photo
        out.append(Step(f"general captions of {name}", tuple(command), 0, memory, 800 * alone))
    drawn = ["--n", str(ours), "--positives", *(["1"] if given.quick else ["1", "2", "3", "4"])]
    command = [*run, "capeval", "--model", name, *drawn, *judged, "--threads", str(cores)]
    out.append(Step(f"drawn samples of {name}", tuple(command), 0, memory, 4 * ours * caption))
    if not given.quick:
        command = [
            *run,
            "diagnose",
            "--model",
            name,
            "--size",
            "quick",
            "--out",
            str(page),
            *judged,
            "--threads",
            str(cores),
        ]
        out.append(Step(f"evaluation of {name}", tuple(command), 0, memory, 900 * caption))
        out.append(Step(f"page of {name}", (*run, "report", str(page), "--out", str(page / "page")), 0, GB, 0.1))
    return out


def run(recipe: Recipe, given: Settings) -> None:
    """Run every step that is not done yet. Raises KeepsakeError naming the step that failed; the next call begins
    there."""
    if absent := missing(recipe, given):
        raise KeepsakeError(f"{absent[0]} is not here" + (f", and {len(absent) - 1} more" if absent[1:] else ""))
    _ask_judge((recipe.gspo or Gspo()).trl or Trl(), given)
    done = run_record.folder(recipe).parent / "lab.json"
    finished: list[list[str]] = json.loads(done.read_text(encoding="utf-8")) if done.exists() else []
    for step in steps(recipe, given):
        if list(step.command) in finished:
            continue
        print(f"\n== {step.name}\n{shlex.join(step.command)}", file=sys.stderr)
        status = subprocess.run(step.command, check=False).returncode
        if status and not (step.made and step.made.exists()):
            raise KeepsakeError(
                f"{step.name} failed with exit status {status}: mend it, and run the same command again"
            )
        finished.append(list(step.command))
        write_text(done, json.dumps(finished))


def table(recipe: Recipe, given: Settings) -> str:
    """Every command with its devices, memory and hours, computed; then what has to be there before."""
    listed, gspo = steps(recipe, given), recipe.gspo or Gspo()
    lines = [
        f"{recipe.name}: {batches.processes_for(gspo, given.devices)} of {given.devices} devices share the "
        f"{batches.completions_of_update(gspo)} completions of an optimiser step, "
        f"{batches.micro_batch(gspo, batches.processes_for(gspo, given.devices))} at a time",
        f"attention: {batches.attention(gspo.trl or Trl())}",
    ]
    if "zero2" in given.launch.name:
        lines.append("ZeRO-2 with gradient accumulation was found unusable by the authors' follow-up: prefer ddp.yaml")
    for step in listed:
        where = f"{step.devices} devices of" if step.devices else "processor and"
        lines += [f"\n{step.name}: {where} {step.memory / GB:.0f} GB, about {step.hours:.1f} hours"]
        lines.append("  " + shlex.join(step.command))
    lines.append(f"\naltogether about {sum(step.hours for step in listed):.0f} hours (computed, never measured)")
    return "\n".join([*lines, *(f"needed, not here: {one}" for one in missing(recipe, given))])


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
    if settings.vllm != "off" and batches.find_spec("vllm") is None:
        out.append("the package vllm")
    return out


def _checked(recipe: Recipe, given: Settings) -> tuple[Gspo, dict[str, Any]]:
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
    if settings.data.endswith(".json") and not _judge(settings, given):
        raise KeepsakeError("the authors' questions want a chat judge: judge = 'chat' in the recipe")
    batches.refuse_small_vllm(gspo, config, given.device_bytes)
    needed = batches.device_bytes(gspo, config, settings.vllm == "colocate")
    if given.launch.name == "ddp.yaml" and needed > given.device_bytes:
        raise KeepsakeError(
            f"{recipe.name} needs {needed / GB:.0f} GB of each device, which has {given.device_bytes / GB:.0f}: "
            "take train/launch/fsdp.yaml, or a smaller base"
        )
    return gspo, config


def _judge(settings: Trl, given: Settings) -> Sequence[str]:
    """The options that choose the judge of a benchmark command; none for the lexical one."""
    url, model = given.judge or (settings.judge_url, settings.judge_model)
    return ["--judge", "chat", "--url", url, "--judge-model", model] if url and model else []


def _ask_judge(settings: Trl, given: Settings) -> None:
    """Raise KeepsakeError where the chat judge does not answer: better now than after the training."""
    judged = _judge(settings, given)
    if not judged:
        return
    url = judged[3].rstrip("/")
    try:
        with urllib.request.urlopen(f"{url}/models", timeout=20):
            return
    except (OSError, ValueError) as error:
        start = f"vllm serve {judged[5]} --port 8001 --max-model-len 8192"
        raise KeepsakeError(
            f"no judge answers at {url} ({error}): start it on devices of its own, as `{start}`"
        ) from error


def _training_hours(gspo: Gspo, size: int, world: int) -> float:
    """Hours of training: reading and writing completions, then four times the work for recomputed gradients."""
    completions = gspo.prompts * (1 if gspo.learn == "gold" else gspo.group)
    tokens = completions * (PROMPT + gspo.max_tokens / 2)
    work = 2 * size * tokens * (4 * gspo.passes + 1) / (world * FLOPS)
    writing = 0 if gspo.learn == "gold" else SECONDS_A_TOKEN * gspo.max_tokens
    return gspo.steps * (work + writing) / 3600
