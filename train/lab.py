"""A whole run of a large recipe, from training to scores on the paper's benchmark, as a list of commands.

`python -m train lab RECIPE` runs the commands one after the other and goes on where it stopped; `--dry-run` prints each
with its devices, memory and hours, all computed (`lab_costs.py`), and refuses a run that would fail. `runs/full.sh`
calls it. Only a tiny model has been run through all of them so far.

Base and trained model are compared in one form (f16) and in the recipe's prompt layout. A chat judge on this machine
has the last device to itself; training shares the others, the measures are spread over them, and exports compute on the
first.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from memory.errors import KeepsakeError
from memory.paths import home
from train import lab_costs, lab_run, run_record
from train.lab_needs import CUDA_LLAMA, ask_judge, missing
from train.lab_run import Step, devices_seen
from train.lab_settings import Settings, checked, engine_bytes, judge_of, servers, wants_pictures, world_of
from train.recipe import Gspo, Recipe, Trl
from train.trl import batches, device_memory

GB = device_memory.GB
CAPEVAL, ROWS, DESCRIBED = 1386, 1000, 500
"""Samples of the authors' test file; rows of LSD, LAR and ITR, which are assumed; described photos of the full
evaluation."""
FORM = "f16"
"""The form in which both models are measured: a loss by fewer bits must not count as a loss by training."""
LAPTOP = ("f16", "Q8_0", "Q4_K_M")
"""The forms that are exported at the end; each ships if it passes acceptance."""


def steps(recipe: Recipe, given: Settings) -> list[Step]:
    """All commands of a run in their order. Raises KeepsakeError for a recipe that cannot run."""
    gspo, config = checked(recipe, given)
    settings, world = gspo.trl or Trl(), world_of(gspo, given)
    work, models, python = home() / "train" / recipe.name, home() / "models", sys.executable
    run, checkpoint = work / "gspo", work / "checkpoint"
    cost = lab_costs.Costs(gspo, config, given.device_bytes, given.cores)
    many = ["-m", "accelerate.commands.launch", "--config_file", str(given.launch), "--num_processes", str(world)]
    train = [python, *(many if world > 1 else ()), "-m", "train", "gspo", str(given.recipe), "--resume"]
    base = gspo.base if Path(gspo.base).is_dir() else str(work / "base")
    out = []
    if base != gspo.base:  # into the hub's own cache, where the training looks, too
        hf = shlex.quote(str(Path(python).with_name("hf")))
        found = f'found="$({hf} download {shlex.quote(gspo.base)} --quiet)"; ln -sfn "$found" {shlex.quote(base)}'
        command = ("sh", "-ec", f"mkdir -p {shlex.quote(str(work))}; {found}")
        out.append(Step("fetch base", command, 0, GB, cost.fetching))
    if wants_pictures(gspo, given):
        out.append(Step("fetch pictures", (python, "-m", "benchmark", "fetch"), 0, GB, 0.1))
    if given.judge and settings.judge == "chat":
        train += ["--url", given.judge[0], "--judge-model", given.judge[1]]
    sharding = device_memory.sharding_of(given.launch) if world > 1 else "none"
    needed = device_memory.needs(gspo, config, world, given.device_bytes, sharding).total
    out += [
        Step("train", tuple(train), world, needed, cost.training(world), run / "adapter"),
        Step("checkpoint", _links(base, run / "adapter", checkpoint), 0, GB, 0.0),
    ]
    trained, untrained = recipe.name, f"{recipe.name}-base"
    record = ["--run", str(run / "run.json")]

    def export(name: str, title: str, source: str, kinds: Sequence[str], *more: str) -> Step:
        command = [python, "-m", "quantize", "all", source, "--out", str(models / name), "--kinds", *kinds, *more]
        command += ["--prompts", "1"] if given.quick else ["--size", "full"]
        command += ["--pre-tokenizer", given.pre_tokenizer] if given.pre_tokenizer else []
        command += ["--threads", str(given.cores)]
        hours = cost.export(12 if given.quick else 100, len(kinds) + (name == trained))
        made = models / name / "manifest.json"
        return Step(title, tuple(command), int(cost.proof_on_device), cost.proof_bytes, hours, made)

    out.append(export(untrained, f"export {untrained}", base, [FORM], "--photos", str(given.recipe)))
    out.append(export(trained, f"export {trained}", str(checkpoint), [FORM], *record))
    scores = [step for name in (untrained, trained) for step in _scores(name, gspo, given, cost, engine_bytes(config))]
    out += _spread(scores, _lanes(gspo, given))
    if not given.quick:
        for name in (untrained, trained):
            page = home() / "runs" / name
            told = (python, "-m", "benchmark", "report", str(page), "--out", str(page / "page"))
            out.append(Step(f"page of {name}", told, 0, GB, 0.1))
        out.append(export(trained, f"laptop forms of {trained}", str(checkpoint), LAPTOP, *record))
    return out


def _lanes(gspo: Gspo, given: Settings) -> int:
    """How many measures run in parallel: one on each device that no server on this machine occupies."""
    free = max(1, given.devices - len(servers(gspo, given)))
    return min(free, len(devices_seen()) or free)


def _spread(measures: Sequence[Step], lanes: int) -> list[Step]:
    """The measures, each with its lane: from the longest on, each goes to the lane with the least to do."""
    busy = [0.0] * lanes
    lane: dict[str, int] = {}
    for step in sorted(measures, key=lambda step: -step.hours):
        lane[step.name] = busy.index(min(busy))
        busy[lane[step.name]] += step.hours
    return [replace(step, lane=lane[step.name]) for step in measures]


def _links(base: str, adapter: Path, target: Path) -> tuple[str, ...]:
    """The command that puts a base and its LoRA together in a folder, by links: 8B weights twice are 17 GB."""
    whole, lora, to = (shlex.quote(str(path)) for path in (Path(base).absolute(), adapter, target))
    return ("sh", "-ec", f"rm -rf {to} && mkdir -p {to} && ln -s {whole}/* {to} && ln -s {lora} {to}/adapter")


def _scores(name: str, gspo: Gspo, given: Settings, cost: lab_costs.Costs, memory: int) -> list[Step]:
    """The measures of a model: the paper's own, if its files are wanted, then ours. `memory`: bytes of the engine."""
    settings, python = gspo.trl or Trl(), sys.executable
    page, judged = home() / "runs" / name, judge_of(settings, given)
    ours = 2 if given.quick else 300
    few = ["--n", str(ours)] if given.quick else []
    threads = ["--threads", str(max(1, given.cores // _lanes(gspo, given)))]
    laid = ["--layout", gspo.layout]
    out: list[Step] = []

    def add(title: str, hours: float, *command: str) -> None:
        told = (python, "-m", "benchmark", *command, "--model", name, *judged, *threads)
        out.append(Step(f"{title} of {name}", told, 1, memory, hours))

    def hours(samples: int, texts: int, captions: int = 0) -> float:
        """Hours of a measure: for each sample, `texts` that the model writes and `captions` that a chat judge reads."""
        n = min(samples, ours) if given.quick else samples
        return n * (texts * cost.caption + (cost.scoring(captions) if judged else 0.0))

    if Path(settings.data).suffix == ".json":
        files = {"--questions": "QAS_GT_test.json", "--metadata": "meta_test_cleaned.jsonl", "--images": "images/"}
        asked = [word for option, file in files.items() for word in (option, str(given.official / file))]
        add("CapEval", hours(CAPEVAL, 1, 3), "capeval", *asked, *few, *laid)  # and two controls
        for task in ("lsd", "lar", "itr"):
            rows = ["--task", task, "--source", str(given.official / task)]
            add(task.upper(), hours(ROWS, 2), "official", *rows, *few, *laid)
        size = "quick" if given.quick else "full"
        described = ["--only", "detail", "--references", str(given.references), "--out", str(page / "general")]
        add("general captions", hours(DESCRIBED, 1), "diagnose", "--size", size, *described)
    positives = ["1"] if given.quick else ["1", "2", "3", "4"]
    drawn = ["--n", str(ours), "--positives", *positives, *laid]
    add("drawn samples", hours(len(positives) * ours, 1, 4), "capeval", *drawn)
    if not given.quick:
        add("evaluation", hours(900, 1, 1), "diagnose", "--size", "quick", "--out", str(page))
    return out


def run(recipe: Recipe, given: Settings) -> None:
    """Run every step that is not done yet. Raises KeepsakeError that names what is missing, or the step that failed, at
    which the next call begins."""
    if absent := missing(recipe, given):
        raise KeepsakeError(f"{absent[0]} is not here" + (f", and {len(absent) - 1} more" if absent[1:] else ""))
    ask_judge(recipe.gspo or Gspo(), given)
    lab_run.execute(steps(recipe, given), run_record.folder(recipe).parent / "lab.json")


def table(recipe: Recipe, given: Settings) -> str:
    """Every command with its devices, memory and hours (computed), then what the run needs and this machine lacks."""
    listed, gspo = steps(recipe, given), recipe.gspo or Gspo()
    settings, world = gspo.trl or Trl(), world_of(gspo, given)
    beside = servers(gspo, given, max(step.memory for step in listed if step.devices))
    completions, resting = batches.completions_of_update(gspo), max(0, given.devices - world - len(beside))
    lines = [
        f"{recipe.name}: {world} of {given.devices} devices share the {completions} "
        f"completions of an optimiser step, {batches.micro_batch(gspo, world)} at a time"
        + (f" ({world + resting} cannot share them: {resting} rest)" if resting else ""),
        f"attention: {batches.attention(settings)}",
    ]
    if beside:
        alone = "; better on another machine, with --url and --judge-model" if given.devices == 1 else ""
        lines += [f"start before, and keep{alone}:", *(f"  {command}" for command in beside)]
    if (judged := judge_of(settings, given)) and not any(f"serve {judged[5]} " in command for command in beside):
        lines.append(f"judge: {judged[5]} at {judged[3]}")
    lanes = len({step.lane for step in listed if step.lane is not None})
    where = f"scores on {lanes}, at one time" if lanes > 1 else "scores, too"
    lines.append(f"llama.cpp as built by `{CUDA_LLAMA}`: exports on the first device, {where}")
    if device_memory.sharding_of(given.launch) == "optimiser" and world > 1:
        lines.append("ZeRO-2 with gradient accumulation was found unusable by the authors' follow-up: prefer ddp.yaml")
    for step in listed:
        where = f"{step.devices} device{'s' * (step.devices > 1)} of" if step.devices else "processor and"
        lines += [f"\n{step.name}: {where} {step.memory / GB:.0f} GB, about {step.hours:.1f} hours"]
        lines.append("  " + lab_run.line(step))
    lines.append(f"\naltogether about {lab_run.hours(listed):.0f} hours (computed, never measured)")
    return "\n".join([*lines, *(f"needed, not here: {one}" for one in missing(recipe, given))])
